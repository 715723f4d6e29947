//! The clinic's settings, as the screen edits them.

use common_site::{
    Contact as SiteContact, ContactRole, DayHours as SiteHours, Monitored as SiteMonitored, Site, SiteError,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::View;
use super::word::Mode;

/// The clinic's settings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    clinic: String,
    /// A name of the IANA time zone database.
    timezone: String,
    /// Monday is 0. A day without times is closed.
    hours: Vec<DayHours>,
    contacts: Vec<Contact>,
    monitored: Monitored,
    /// Whether the clinic's own names of devices may leave it.
    share_device_names: bool,
}

/// When a day begins and ends: `08:00`, `16:00`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DayHours {
    day: u8,
    #[schema(required)]
    from: Option<String>,
    #[schema(required)]
    until: Option<String>,
}

/// Whom the clinic can call. Empty texts are nothing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contact {
    role: String,
    /// What the role is called; not read.
    #[serde(default)]
    #[schema(required)]
    role_name: String,
    name: String,
    phone: String,
    after_hours_phone: String,
    email: String,
    hours_from: String,
    hours_until: String,
}

/// What counts as inside.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Monitored {
    mode: Mode,
    /// For `segments`: prefixes, as `10.0.0.0/24`.
    segments: Vec<String>,
    /// For `whole_network`: why the network cannot be divided.
    reason: String,
}

/// Which field of the form is wrong, and the phrase of `terms/tablet` that says what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) phrase: &'static str,
}

fn wrong(field: impl Into<String>, phrase: &'static str) -> Wrong {
    Wrong { field: field.into(), phrase }
}

/// What is wrong with a `site.toml` that was made from the form, as the form calls it.
impl From<&SiteError> for Wrong {
    fn from(err: &SiteError) -> Self {
        match err.field.as_deref().unwrap_or_default() {
            "inside" => wrong("monitored.segments", "wrong_segments"),
            "whole_network" => wrong("monitored.reason", "wrong_reason"),
            field => wrong(field, of_contact(field).unwrap_or("wrong_setting")),
        }
    }
}

/// What is wrong with a field of the contact card.
fn of_contact(field: &str) -> Option<&'static str> {
    match field.strip_prefix("contacts.")?.split_once('.')?.1 {
        "name" => Some("wrong_contact_name"),
        "phone" | "after_hours_phone" => Some("wrong_phone"),
        "email" => Some("wrong_email"),
        _ => None,
    }
}

/// What was saved, and is not all that a card needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Saved {
    /// A sentence for each whom a card may say to call and who has no number.
    without_number: Vec<String>,
}

impl View {
    /// These settings are kept now.
    pub(crate) fn saved(mut self, site: Site) -> anyhow::Result<Saved> {
        self.site = site;
        Ok(Saved { without_number: self.words().without_number()? })
    }

    /// The settings.
    pub(crate) fn settings(&self) -> Settings {
        let words = self.words();
        let site = &self.site;
        let halves = |hours: Option<SiteHours>| {
            let text = hours.map(|hours| hours.to_string());
            let halves = text.as_deref().and_then(|text| text.split_once('-'));
            halves.map(|(from, until)| (from.to_owned(), until.to_owned()))
        };
        let hours = (0..).zip(site.opening_hours.0).map(|(day, hours)| {
            let (from, until) = halves(hours).unzip();
            DayHours { day, from, until }
        });
        let contacts = ContactRole::ALL.into_iter().map(|role| {
            let contact = site.contacts.get(&role);
            let text = |of: fn(&SiteContact) -> Option<String>| contact.and_then(of).unwrap_or_default();
            let (hours_from, hours_until) =
                contact.and_then(|contact| halves(contact.hours)).unwrap_or_default();
            Contact {
                role: role.as_str().to_owned(),
                role_name: words.contact(role),
                name: text(|contact| Some(contact.name.clone())),
                phone: text(|contact| contact.phone.clone()),
                after_hours_phone: text(|contact| contact.after_hours_phone.clone()),
                email: text(|contact| contact.email.clone()),
                hours_from,
                hours_until,
            }
        });
        let (mode, segments, reason) = match &site.monitored {
            SiteMonitored::Automatic => (Mode::Automatic, Vec::new(), String::new()),
            SiteMonitored::Segments(segments) => {
                (Mode::Segments, segments.iter().map(ToString::to_string).collect(), String::new())
            }
            SiteMonitored::WholeNetwork { reason } => (Mode::WholeNetwork, Vec::new(), reason.clone()),
        };
        Settings {
            clinic: site.clinic.clone(),
            timezone: site.timezone.iana_name().unwrap_or("UTC").to_owned(),
            hours: hours.collect(),
            contacts: contacts.collect(),
            monitored: Monitored { mode, segments, reason },
            share_device_names: site.share_device_names,
        }
    }
}

impl Settings {
    /// These settings in place of what stood in `site`; everything that the screen does not show stays.
    pub(crate) fn put_into(self, mut site: Site) -> Result<Site, Wrong> {
        site.clinic = self.clinic;
        site.timezone =
            jiff::tz::TimeZone::get(&self.timezone).map_err(|_| wrong("timezone", "wrong_timezone"))?;
        for DayHours { day, from, until } in self.hours {
            let slot = site.opening_hours.0.get_mut(usize::from(day));
            let slot = slot.ok_or_else(|| wrong("hours", "wrong_setting"))?;
            *slot = day_hours(from.as_deref().unwrap_or_default(), until.as_deref().unwrap_or_default())
                .map_err(|_| wrong(format!("hours.{day}"), "wrong_hours"))?;
        }
        for contact in self.contacts {
            let field = format!("contacts.{}", contact.role);
            let role = ContactRole::from_word(&contact.role).ok_or_else(|| wrong(&field, "wrong_setting"))?;
            let hours = day_hours(&contact.hours_from, &contact.hours_until)
                .map_err(|_| wrong(format!("{field}.hours"), "wrong_hours"))?;
            let text = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let written = SiteContact {
                name: contact.name.trim().to_owned(),
                phone: text(contact.phone),
                email: text(contact.email),
                hours,
                after_hours_phone: text(contact.after_hours_phone),
            };
            if written == SiteContact::default() {
                site.contacts.remove(&role);
            } else {
                site.contacts.insert(role, written);
            }
        }
        site.check_contacts().map_err(|err| Wrong::from(&err))?;
        site.monitored = self.monitored.read()?;
        site.share_device_names = self.share_device_names;
        Ok(site)
    }
}

impl Monitored {
    fn read(self) -> Result<SiteMonitored, Wrong> {
        match self.mode {
            Mode::Automatic => Ok(SiteMonitored::Automatic),
            Mode::Segments => {
                let segment = |text: &String| {
                    text.trim().parse().map_err(|_| wrong("monitored.segments", "wrong_segments"))
                };
                Ok(SiteMonitored::Segments(self.segments.iter().map(segment).collect::<Result<_, _>>()?))
            }
            Mode::WholeNetwork => Ok(SiteMonitored::WholeNetwork { reason: self.reason }),
        }
    }
}

fn day_hours(from: &str, until: &str) -> Result<Option<SiteHours>, &'static str> {
    if from.is_empty() && until.is_empty() {
        return Ok(None);
    }
    format!("{from}-{until}").parse().map(Some)
}

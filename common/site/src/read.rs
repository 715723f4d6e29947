//! From the form of the file to [`Site`]: each check says where, which field, and what was probably meant.

use std::collections::{BTreeMap, BTreeSet};

use common_model::DeviceType;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use toml::Spanned;
use toml::value::Datetime;

use crate::error::Source;
use crate::file::{ContactFile, DeviceFile, KnownFile, SiteFile, WeekFile};
use crate::monitored::{SEGMENTS_MAX, segment};
use crate::site::DEFAULT_TIMEZONE;
use crate::{
    Contact, ContactRole, DayHours, KnownDevice, KnownRule, Monitored, NamedDevice, OpeningHours, Site,
    SiteError,
};

/// Reads and checks the text of a file.
pub(crate) fn site(text: &str) -> Result<Site, SiteError> {
    let source = Source(text);
    let file: SiteFile = toml::from_str(text).map_err(|error| source.unreadable(&error))?;

    let devices = devices(&file.device, source)?;
    let known = file.known.iter().map(|rule| known(rule, &devices, source)).collect::<Result<_, _>>()?;
    Ok(Site {
        clinic: file.clinic,
        timezone: timezone(file.timezone.as_ref(), source)?,
        opening_hours: file.opening_hours.map_or(Ok(OpeningHours::default()), |week| week.read(source))?,
        monitored: monitored(file.inside.as_ref(), file.whole_network.as_ref(), source)?,
        contacts: contacts(&file.contacts, source)?,
        devices,
        known,
        share_device_names: file.share_device_names,
        trusted_domains: file
            .trusted_domains
            .iter()
            .map(|it| domain(it, source))
            .collect::<Result<_, _>>()?,
        detectors: file.detectors,
    })
}

/// A time zone from the bundled database.
pub(crate) fn bundled_timezone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

impl WeekFile {
    fn days(&self) -> [(&'static str, Option<&Spanned<String>>); 7] {
        [
            ("monday", self.monday.as_ref()),
            ("tuesday", self.tuesday.as_ref()),
            ("wednesday", self.wednesday.as_ref()),
            ("thursday", self.thursday.as_ref()),
            ("friday", self.friday.as_ref()),
            ("saturday", self.saturday.as_ref()),
            ("sunday", self.sunday.as_ref()),
        ]
    }

    fn read(&self, source: Source<'_>) -> Result<OpeningHours, SiteError> {
        let mut week = [None; 7];
        for (hours, (day, text)) in week.iter_mut().zip(self.days()) {
            *hours = text.map(|text| day_hours(text, &format!("opening_hours.{day}"), source)).transpose()?;
        }
        Ok(OpeningHours(week))
    }
}

fn day_hours(text: &Spanned<String>, field: &str, source: Source<'_>) -> Result<DayHours, SiteError> {
    text.as_ref().parse().map_err(|problem| source.at(text, field, format!("“{}”: {problem}", text.as_ref())))
}

fn timezone(name: Option<&Spanned<String>>, source: Source<'_>) -> Result<TimeZone, SiteError> {
    match name {
        None => bundled_timezone(DEFAULT_TIMEZONE).ok_or_else(|| {
            SiteError::about("timezone", format!("{DEFAULT_TIMEZONE} is not in the zone data"))
        }),
        Some(name) => bundled_timezone(name.as_ref()).ok_or_else(|| {
            let problem = format!("“{}” is not a time zone, as Europe/Copenhagen is one", name.as_ref());
            source.at(name, "timezone", problem)
        }),
    }
}

fn monitored(
    inside: Option<&Spanned<Vec<Spanned<String>>>>,
    whole_network: Option<&Spanned<String>>,
    source: Source<'_>,
) -> Result<Monitored, SiteError> {
    match (inside, whole_network) {
        (Some(_), Some(reason)) => {
            Err(source.at(reason, "whole_network", "stands beside `inside`; there can be only one of them"))
        }
        (Some(segments), None) if segments.as_ref().is_empty() => Err(source.at(
            segments,
            "inside",
            "names no segment; leave it out to have it found out from the traffic",
        )),
        (Some(segments), None) if segments.as_ref().len() > SEGMENTS_MAX => Err(source.at(
            segments,
            "inside",
            format!("names more than {SEGMENTS_MAX} segments; join some into larger ones"),
        )),
        (Some(segments), None) => {
            let read = |text: &Spanned<String>| {
                segment(text.as_ref()).map_err(|(problem, suggestion)| SiteError {
                    suggestion,
                    ..source.at(text, "inside", format!("“{}” {problem}", text.as_ref()))
                })
            };
            segments.as_ref().iter().map(read).collect::<Result<_, _>>().map(Monitored::Segments)
        }
        (None, Some(reason)) if reason.as_ref().trim().is_empty() => {
            Err(source.at(reason, "whole_network", "needs its reason: why can the network not be divided?"))
        }
        (None, Some(reason)) => Ok(Monitored::WholeNetwork { reason: reason.as_ref().clone() }),
        (None, None) => Ok(Monitored::Automatic),
    }
}

fn contacts(
    file: &BTreeMap<Spanned<String>, ContactFile>,
    source: Source<'_>,
) -> Result<BTreeMap<ContactRole, Contact>, SiteError> {
    let mut contacts = BTreeMap::new();
    for (word, contact) in file {
        let role = ContactRole::from_word(word.as_ref()).ok_or_else(|| {
            source
                .at(word, format!("contacts.{}", word.as_ref()), "there is no such contact")
                .or_all(word.as_ref(), ContactRole::ALL.into_iter().map(ContactRole::as_str))
        })?;
        let field = format!("contacts.{}.hours", role.as_str());
        let hours = contact.hours.as_ref().map(|text| day_hours(text, &field, source)).transpose()?;
        let read = Contact {
            name: contact.name.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
            hours,
            after_hours_phone: contact.after_hours_phone.clone(),
        };
        contacts.insert(role, read);
    }
    Ok(contacts)
}

fn devices(file: &[DeviceFile], source: Source<'_>) -> Result<Vec<NamedDevice>, SiteError> {
    let (mut names, mut macs, mut ips) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut devices = Vec::with_capacity(file.len());
    for entry in file {
        let device = device(entry, source)?;
        let twice = |value: &Spanned<String>, field: &str| {
            source.at(value, field, format!("“{}” stands at another device too", value.as_ref()))
        };
        if let Some(name) = &entry.name
            && !names.insert(name.as_ref())
        {
            return Err(twice(name, "device.name"));
        }
        if let (Some(mac), Some(text)) = (device.mac, &entry.mac)
            && !macs.insert(mac)
        {
            return Err(twice(text, "device.mac"));
        }
        if let (Some(ip), Some(text)) = (device.ip, &entry.ip)
            && !ips.insert(ip)
        {
            return Err(twice(text, "device.ip"));
        }
        devices.push(device);
    }
    Ok(devices)
}

fn device(entry: &DeviceFile, source: Source<'_>) -> Result<NamedDevice, SiteError> {
    if let Some(name) = entry.name.as_ref().filter(|name| name.as_ref().trim().is_empty()) {
        return Err(source.at(name, "device.name", "is empty"));
    }
    let mac = entry.mac.as_ref().map(|text| address(text, "device.mac", source)).transpose()?;
    let ip = entry.ip.as_ref().map(|text| address(text, "device.ip", source)).transpose()?;
    if mac.is_none() && ip.is_none() {
        let problem = "has neither mac nor ip, so nothing is known by what stands here";
        return Err(source.at(entry.name.as_ref().unwrap_or(&entry.r#type), "device", problem));
    }
    let word = &entry.r#type;
    let device_type = DeviceType::from_word(word.as_ref()).ok_or_else(|| {
        source
            .at(word, "device.type", format!("“{}” is not a type of device", word.as_ref()))
            .or_all(word.as_ref(), DeviceType::ALL.into_iter().map(DeviceType::as_str))
    })?;
    if entry.confirmed && device_type == DeviceType::Unknown {
        return Err(source.at(word, "device.type", "“unknown” cannot be confirmed"));
    }
    let name = entry.name.as_ref().map(|name| name.as_ref().clone());
    if name.is_none() && !entry.confirmed {
        return Err(source.at(word, "device", "says nothing: give it a name, or confirm its type"));
    }
    Ok(NamedDevice { name, mac, ip, device_type, confirmed: entry.confirmed })
}

fn known(entry: &KnownFile, devices: &[NamedDevice], source: Source<'_>) -> Result<KnownRule, SiteError> {
    let device = match (&entry.device, &entry.mac, &entry.ip) {
        (Some(name), None, None) => {
            let names = devices.iter().filter_map(|device| device.name.as_deref());
            if !names.clone().any(|known| known == name.as_ref()) {
                let problem = format!("“{}” is the name of no device", name.as_ref());
                return Err(source.at(name, "known.device", problem).or_all(name.as_ref(), names));
            }
            KnownDevice::Name(name.as_ref().clone())
        }
        (None, Some(text), None) => KnownDevice::Mac(address(text, "known.mac", source)?),
        (None, None, Some(text)) => KnownDevice::Ip(address(text, "known.ip", source)?),
        _ => return Err(source.at(&entry.kind, "known", "needs exactly one of device, mac and ip")),
    };
    let until = match &entry.until {
        None => None,
        Some(moment) => Some(date(*moment.as_ref()).ok_or_else(|| {
            source.at(moment, "known.until", "must be a day, as in 2026-12-31 (without quotes)")
        })?),
    };
    Ok(KnownRule { kind: entry.kind.as_ref().clone(), device, until })
}

fn date(moment: Datetime) -> Option<jiff::civil::Date> {
    let Datetime { date: Some(date), time: None, offset: None } = moment else { return None };
    let part = |number: u8| i8::try_from(number).ok();
    jiff::civil::Date::new(i16::try_from(date.year).ok()?, part(date.month)?, part(date.day)?).ok()
}

fn address<T>(text: &Spanned<String>, field: &str, source: Source<'_>) -> Result<T, SiteError>
where
    T: core::str::FromStr<Err: core::fmt::Display>,
{
    text.as_ref()
        .parse()
        .map_err(|error: T::Err| source.at(text, field, format!("“{}”: {error}", text.as_ref())))
}

fn domain(text: &Spanned<String>, source: Source<'_>) -> Result<String, SiteError> {
    let name = text.as_ref();
    let bare = name.trim().trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if bare.contains('.') && !bare.contains("..") && bare.bytes().all(letters) {
        if bare == *name {
            return Ok(bare);
        }
        let problem = format!("“{name}” is not written as the name of a domain");
        return Err(source.at(text, "trusted_domains", problem).perhaps(format!("“{bare}”")));
    }
    Err(source.at(
        text,
        "trusted_domains",
        format!("“{name}” is not the name of a domain, as example.com is one"),
    ))
}

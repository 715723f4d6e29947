//! The form of `site.toml`: what stands in the file, field by field, and how it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::value::Datetime;

use crate::explain::explained;
use crate::{Contact, KnownDevice, KnownRule, Monitored, NamedDevice, OpeningHours, Site};

/// Writes the text of a file, with comments.
pub(crate) fn print(site: &Site) -> String {
    // Fails only for values that TOML cannot hold; the forms below have none.
    explained(&toml::to_string(&SiteFile::from(site)).unwrap_or_default())
}

/// Values before tables, or TOML would read a value as the last table's.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SiteFile {
    pub(crate) clinic: String,
    pub(crate) timezone: Option<Spanned<String>>,
    pub(crate) inside: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) whole_network: Option<Spanned<String>>,
    pub(crate) share_device_names: bool,
    pub(crate) trusted_domains: Vec<Spanned<String>>,
    pub(crate) opening_hours: Option<WeekFile>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) contacts: BTreeMap<Spanned<String>, ContactFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) device: Vec<DeviceFile>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) known: Vec<KnownFile>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) detectors: BTreeMap<String, toml::Table>,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WeekFile {
    pub(crate) monday: Option<Spanned<String>>,
    pub(crate) tuesday: Option<Spanned<String>>,
    pub(crate) wednesday: Option<Spanned<String>>,
    pub(crate) thursday: Option<Spanned<String>>,
    pub(crate) friday: Option<Spanned<String>>,
    pub(crate) saturday: Option<Spanned<String>>,
    pub(crate) sunday: Option<Spanned<String>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactFile {
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) hours: Option<Spanned<String>>,
    pub(crate) after_hours_phone: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceFile {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) mac: Option<Spanned<String>>,
    pub(crate) ip: Option<Spanned<String>>,
    pub(crate) r#type: Spanned<String>,
    #[serde(default)]
    pub(crate) confirmed: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownFile {
    pub(crate) kind: Spanned<String>,
    pub(crate) device: Option<Spanned<String>>,
    pub(crate) mac: Option<Spanned<String>>,
    pub(crate) ip: Option<Spanned<String>>,
    pub(crate) until: Option<Spanned<Datetime>>,
}

impl From<&Site> for SiteFile {
    fn from(site: &Site) -> Self {
        let (inside, whole_network) = match &site.monitored {
            Monitored::Automatic => (None, None),
            Monitored::Segments(segments) => {
                (Some(unplaced(segments.iter().map(|it| unplaced(it.to_string())).collect())), None)
            }
            Monitored::WholeNetwork { reason } => (None, Some(unplaced(reason.clone()))),
        };
        SiteFile {
            clinic: site.clinic.clone(),
            timezone: site.timezone.iana_name().map(|name| unplaced(name.to_owned())),
            inside,
            whole_network,
            share_device_names: site.share_device_names,
            trusted_domains: site.trusted_domains.iter().cloned().map(unplaced).collect(),
            opening_hours: Some(WeekFile::from(&site.opening_hours)),
            contacts: site
                .contacts
                .iter()
                .map(|(role, contact)| (unplaced(role.as_str().to_owned()), ContactFile::from(contact)))
                .collect(),
            device: site.devices.iter().map(DeviceFile::from).collect(),
            known: site.known.iter().map(KnownFile::from).collect(),
            detectors: site.detectors.clone(),
        }
    }
}

impl From<&OpeningHours> for WeekFile {
    fn from(week: &OpeningHours) -> Self {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] =
            week.0.map(|hours| hours.map(|hours| unplaced(hours.to_string())));
        WeekFile { monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }
}

impl From<&Contact> for ContactFile {
    fn from(contact: &Contact) -> Self {
        ContactFile {
            name: contact.name.clone(),
            phone: contact.phone.clone(),
            email: contact.email.clone(),
            hours: contact.hours.map(|hours| unplaced(hours.to_string())),
            after_hours_phone: contact.after_hours_phone.clone(),
        }
    }
}

impl From<&NamedDevice> for DeviceFile {
    fn from(device: &NamedDevice) -> Self {
        DeviceFile {
            name: device.name.clone().map(unplaced),
            mac: device.mac.map(|mac| unplaced(mac.to_string())),
            ip: device.ip.map(|ip| unplaced(ip.to_string())),
            r#type: unplaced(device.device_type.as_str().to_owned()),
            confirmed: device.confirmed,
        }
    }
}

impl From<&KnownRule> for KnownFile {
    fn from(rule: &KnownRule) -> Self {
        let (device, mac, ip) = match &rule.device {
            KnownDevice::Name(name) => (Some(unplaced(name.clone())), None, None),
            KnownDevice::Mac(mac) => (None, Some(unplaced(mac.to_string())), None),
            KnownDevice::Ip(ip) => (None, None, Some(unplaced(ip.to_string()))),
        };
        // A date prints as TOML writes one.
        let until = rule.until.and_then(|day| day.to_string().parse().ok()).map(unplaced);
        KnownFile { kind: unplaced(rule.kind.clone()), device, mac, ip, until }
    }
}

/// A value that was not read from a file and so has no place in one.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

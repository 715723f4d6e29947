//! The settings in memory, and the questions they answer.

use std::collections::BTreeMap;

use core::net::IpAddr;

use common_model::{Mac, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::hours::{minute_of, monday_first};
use crate::{
    Contact, ContactRole, KnownRule, LocalHour, Monitored, NamedDevice, OpeningHours, SiteError, file, read,
};

/// The time zone when the file names none.
pub(crate) const DEFAULT_TIMEZONE: &str = "Europe/Copenhagen";

/// What the clinic chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The clinic's name.
    pub clinic: String,
    /// Where its clock stands; from bundled zone data, never the machine's.
    pub timezone: TimeZone,
    /// When it is open.
    pub opening_hours: OpeningHours,
    /// What counts as inside.
    pub monitored: Monitored,
    /// Whom it can call.
    pub contacts: BTreeMap<ContactRole, Contact>,
    /// The devices it named or confirmed, in the order of the file.
    pub devices: Vec<NamedDevice>,
    /// What it knows and finds harmless.
    pub known: Vec<KnownRule>,
    /// Whether its own names of devices may leave the clinic.
    pub share_device_names: bool,
    /// Domains to which its own systems tunnel lookups. Lower case.
    pub trusted_domains: Vec<String>,
    /// Settings of detectors, by their id; each detector reads its own.
    pub detectors: BTreeMap<String, toml::Table>,
}

impl Default for Site {
    /// A clinic that has said nothing yet.
    fn default() -> Self {
        Site {
            clinic: String::new(),
            timezone: read::bundled_timezone(DEFAULT_TIMEZONE).unwrap_or(TimeZone::UTC),
            opening_hours: OpeningHours::default(),
            monitored: Monitored::Automatic,
            contacts: BTreeMap::new(),
            devices: Vec::new(),
            known: Vec::new(),
            share_device_names: false,
            trusted_domains: Vec::new(),
            detectors: BTreeMap::new(),
        }
    }
}

impl Site {
    /// Reads the text of a `site.toml`.
    ///
    /// # Errors
    /// [`SiteError`] names the first thing that is wrong: syntax, an unknown field, or a value that cannot be.
    pub fn parse(text: &str) -> Result<Self, SiteError> {
        read::site(text)
    }

    /// The text of a `site.toml` that reads back as these settings, with a comment at each part and an example of each part
    /// that is not used.
    #[must_use]
    pub fn to_toml(&self) -> String {
        file::print(self)
    }

    /// Whether whoever is on the contact card can be called or written to, as far as something is said of them. Asked when settings are
    /// saved, and not when they are read: what was kept before stays.
    ///
    /// # Errors
    /// [`SiteError`] names the first field that is none.
    pub fn check_contacts(&self) -> Result<(), SiteError> {
        let check =
            |(role, contact): (&ContactRole, &Contact)| contact.check(&format!("contacts.{}", role.as_str()));
        self.contacts.iter().try_for_each(check)
    }

    /// The clinic's own date and time of day. Allocates nothing.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        // A `Timestamp` ends in 2554; jiff's ends in 9999.
        let at = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())).unwrap_or(jiff::Timestamp::MAX);
        self.timezone.to_datetime(at)
    }

    /// The hour of the day and of the week on the clinic's own clock. Allocates nothing.
    #[must_use]
    pub fn local_hour(&self, at: Timestamp) -> LocalHour {
        self.local(at).into()
    }

    /// Whether the clinic is open.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.opening_hours.hold(self.local(at))
    }

    /// Whether this contact answers its ordinary telephone: it is on the card, and inside its hours (Monday to Friday).
    #[must_use]
    pub fn answers(&self, role: ContactRole, at: Timestamp) -> bool {
        let Some(contact) = self.contacts.get(&role) else { return false };
        let local = self.local(at);
        contact.hours.is_none_or(|hours| monday_first(local.weekday()) < 5 && hours.holds(minute_of(local)))
    }

    /// What the clinic said of the device with this Ethernet address, else of the one with this network address.
    #[must_use]
    pub fn device(&self, mac: Option<Mac>, ip: Option<IpAddr>) -> Option<&NamedDevice> {
        let by_mac = self.devices.iter().find(|device| mac.is_some() && device.mac == mac);
        by_mac.or_else(|| {
            let by_ip = |device: &&NamedDevice| device.mac.is_none() || mac.is_none();
            self.devices.iter().filter(by_ip).find(|device| ip.is_some() && device.ip == ip)
        })
    }

    /// Whether the clinic knows this kind of trouble on this device and finds it harmless.
    #[must_use]
    pub fn is_known(
        &self,
        kind: &str,
        name: Option<&str>,
        mac: Option<Mac>,
        ips: &[IpAddr],
        at: Timestamp,
    ) -> bool {
        if self.known.is_empty() {
            return false;
        }
        let today = self.local(at).date();
        self.known.iter().any(|rule| rule.covers(kind, name, mac, ips, today))
    }

    /// Whether this name is, or lies under, a domain to which the clinic's own systems tunnel lookups. Lower case.
    #[must_use]
    pub fn is_trusted_domain(&self, name: &str) -> bool {
        self.trusted_domains.iter().any(|domain| {
            name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// The settings of one detector, if the file has any.
    #[must_use]
    pub fn detector(&self, id: &str) -> Option<&toml::Table> {
        self.detectors.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wednesday 2026-03-18, 09:30 in Copenhagen (winter time), 08:30 UTC.
    const WEDNESDAY_0930: Timestamp = Timestamp::from_secs(1_773_822_600);

    #[test]
    fn default_is_a_clinic_in_copenhagen_open_on_weekdays() {
        let site = Site::default();
        assert_eq!(site.timezone.iana_name(), Some(DEFAULT_TIMEZONE));
        assert_eq!(site.local(WEDNESDAY_0930).to_string(), "2026-03-18T09:30:00");
        assert!(site.is_open(WEDNESDAY_0930));
        let saturday = Timestamp::from_secs(WEDNESDAY_0930.as_secs() + 3 * 86_400);
        assert!(!site.is_open(saturday));
        assert_eq!(
            site.local_hour(saturday),
            LocalHour { hour_of_day: 9, weekday: 5, hour_of_week: 5 * 24 + 9 }
        );
    }

    #[test]
    fn clock_follows_summer_time() {
        let site = Site::default();
        // 2026-03-29, 00:59:59 and 01:00:00 UTC: the clock goes from 01:59:59 to 03:00:00.
        let before = Timestamp::from_secs(1_774_745_999);
        assert_eq!(site.local_hour(before).hour_of_day, 1);
        assert_eq!(site.local_hour(Timestamp::from_secs(1_774_746_000)).hour_of_day, 3);
        assert_eq!(site.local(Timestamp::MAX).year(), 2554);
    }

    #[test]
    fn trusted_domains_cover_what_lies_under_them() {
        let site = Site { trusted_domains: vec!["vendor.example".into()], ..Site::default() };
        assert!(site.is_trusted_domain("vendor.example"));
        assert!(site.is_trusted_domain("a.b.vendor.example"));
        assert!(!site.is_trusted_domain("badvendor.example"));
        assert!(!site.is_trusted_domain("example"));
    }

    #[test]
    fn ethernet_address_decides_before_network_address() {
        let text = "[[device]]\nname = \"A\"\ntype = \"pc\"\nmac = \"02:00:00:00:00:01\"\nip = \"10.0.0.1\"\n\
                    [[device]]\nname = \"B\"\ntype = \"printer\"\nip = \"10.0.0.2\"\n";
        let site = Site::parse(text).unwrap();
        let name = |mac: Option<&str>, ip: &str| {
            let mac = mac.map(|mac| mac.parse().unwrap());
            site.device(mac, Some(ip.parse().unwrap())).and_then(|device| device.name.as_deref())
        };
        assert_eq!(name(Some("02:00:00:00:00:01"), "10.0.0.9"), Some("A"));
        assert_eq!(name(None, "10.0.0.1"), Some("A"));
        assert_eq!(name(Some("02:00:00:00:00:05"), "10.0.0.1"), None, "another device has its address now");
        assert_eq!(name(Some("02:00:00:00:00:05"), "10.0.0.2"), Some("B"));
    }

    #[test]
    fn supplier_answers_in_its_hours_on_weekdays() {
        let site = Site::parse(
            "[contacts.it_supplier]\nname = \"It\"\nphone = \"+45 70 00 00 01\"\nhours = \"08:00-16:00\"\n",
        )
        .unwrap();
        assert!(site.answers(ContactRole::ItSupplier, WEDNESDAY_0930));
        let after = |hours: u64| Timestamp::from_secs(WEDNESDAY_0930.as_secs() + hours * 3_600);
        assert!(!site.answers(ContactRole::ItSupplier, after(10)));
        assert!(!site.answers(ContactRole::ItSupplier, after(72)));
        assert!(!site.answers(ContactRole::Owner, WEDNESDAY_0930));
    }
}

//! "Kendt": what the clinic knows and finds harmless.

use core::net::IpAddr;

use common_model::Mac;
use jiff::civil::Date;

/// One kind of trouble on one device, which the clinic knows and does not want to hear of again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRule {
    /// The id of the kind: `port-scan`.
    pub kind: String,
    /// Which device.
    pub device: KnownDevice,
    /// The last day on which the rule holds, in the clinic's own days; `None` = until it is taken away.
    pub until: Option<Date>,
}

/// How a rule names its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownDevice {
    /// By the clinic's own name, which stands in a `[[device]]` of the same file.
    Name(String),
    /// By Ethernet address.
    Mac(Mac),
    /// By network address, inside or outside.
    Ip(IpAddr),
}

impl core::fmt::Display for KnownDevice {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            KnownDevice::Name(name) => f.write_str(name),
            KnownDevice::Mac(mac) => mac.fmt(f),
            KnownDevice::Ip(ip) => ip.fmt(f),
        }
    }
}

impl KnownRule {
    /// Whether the rule holds for this kind on this device on this day.
    #[must_use]
    pub fn covers(
        &self,
        kind: &str,
        name: Option<&str>,
        mac: Option<Mac>,
        ips: &[IpAddr],
        today: Date,
    ) -> bool {
        let same_device = match &self.device {
            KnownDevice::Name(known) => name == Some(known),
            KnownDevice::Mac(known) => mac == Some(*known),
            KnownDevice::Ip(known) => ips.contains(known),
        };
        same_device && self.kind == kind && self.until.is_none_or(|last| today <= last)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_rule_ends_after_its_last_day_and_holds_for_its_device_only() {
        let rule = KnownRule {
            kind: "port-scan".into(),
            device: KnownDevice::Name("Reception".into()),
            until: Some(date(2026, 3, 31)),
        };
        assert!(rule.covers("port-scan", Some("Reception"), None, &[], date(2026, 3, 31)));
        assert!(!rule.covers("port-scan", Some("Reception"), None, &[], date(2026, 4, 1)));
        assert!(!rule.covers("dns-tunnel", Some("Reception"), None, &[], date(2026, 3, 1)));
        assert!(!rule.covers("port-scan", Some("Server"), None, &[], date(2026, 3, 1)));
        assert!(!rule.covers("port-scan", None, None, &[], date(2026, 3, 1)));
    }
}

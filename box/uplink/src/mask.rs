//! What may leave, by its type: devices under this box's key, things outside under the epoch's, and nothing that is inside.

use core::net::IpAddr;
use std::collections::BTreeMap;

use box_store::record::{FactRecord, PartyRecord, from_hex};
use box_store::uplink::Keys;
use common_model::Timestamp;
use common_model::hash::StableHash;
use common_site::Site;
use common_wire::hex::unhex;
use common_wire::limits::FACTS_MAX;
use common_wire::v1::{Device, DeviceType, Fact, Indicator, Peer};
use common_wire::{EpochKey, IndicatorKind, KEY_BYTES, canonical, device_pseudonym, kind_of};
use common_words::Catalogue;

use crate::tell::word;

/// So many digits of a device's pseudonym are shown to people.
const SHOWN_DIGITS: usize = 4;

/// Names that are never outside. Source: RFC 6762 (local), RFC 8375 (home.arpa), RFC 6761 (localhost, test, invalid), ICANN 2024 (internal),
/// draft-chapin-rfc2606bis (lan, home, corp, localdomain, workgroup).
const INSIDE_ENDINGS: [&str; 11] = [
    "local",
    "lan",
    "home",
    "corp",
    "internal",
    "localdomain",
    "localhost",
    "home.arpa",
    "workgroup",
    "test",
    "invalid",
];

/// What decides who is shown as what.
#[derive(Debug)]
pub struct Mask<'a> {
    site: &'a Site,
    catalogue: &'a Catalogue,
    box_key: [u8; KEY_BYTES],
    epochs: Vec<EpochKey>,
}

impl<'a> Mask<'a> {
    /// With the keys that are in force now; `None` when the box's own is not one.
    #[must_use]
    pub fn new(keys: &Keys, site: &'a Site, catalogue: &'a Catalogue, now: Timestamp) -> Option<Self> {
        let in_force = keys.in_force(now.as_nanos());
        Some(Mask {
            site,
            catalogue,
            box_key: unhex(&keys.box_key)?,
            epochs: in_force.filter_map(|row| EpochKey::from_hex(&row.epoch, &row.key)).collect(),
        })
    }

    /// A device of the clinic; `None` when the party is none.
    #[must_use]
    pub fn device(&self, party: &PartyRecord) -> Option<Device> {
        let id = from_hex("id", party.id.as_ref()?).ok()?;
        let device_type = word(&party.device_type).unwrap_or(DeviceType::Unknown);
        Some(Device {
            device_type,
            type_confirmed: party.type_confirmed,
            pseudonym: device_pseudonym(&self.box_key, id),
            name: self.shared_name(party),
        })
    }

    /// A device whoever it is: an address inside that belongs to none is an unknown one.
    #[must_use]
    pub fn any_device(&self, party: &PartyRecord) -> Device {
        self.device(party).unwrap_or_else(|| {
            let address = party.ip.map_or_else(String::new, |ip| ip.to_string());
            let id = StableHash::new("address").bytes(address.as_bytes()).finish();
            Device {
                device_type: DeviceType::Unknown,
                type_confirmed: false,
                pseudonym: device_pseudonym(&self.box_key, id),
                name: None,
            }
        })
    }

    /// The other end: something outside, or a device.
    #[must_use]
    pub fn peer(&self, party: &PartyRecord) -> Peer {
        let outside = party.ip.filter(|ip| party.id.is_none() && self.is_outside(*ip));
        match outside.and_then(|ip| self.indicator(&ip.to_string(), false)) {
            Some(indicator) => Peer::Outside(indicator),
            None => Peer::Device(self.any_device(party)),
        }
    }

    /// How a device is called in the words that leave: what it is and the beginning of its pseudonym.
    #[must_use]
    pub fn called(device: &Device) -> String {
        let kind = serde_json::to_value(device.device_type).ok();
        let kind = kind.as_ref().and_then(|word| word.as_str()).unwrap_or("unknown");
        let digits = device.pseudonym.get(..SHOWN_DIGITS).unwrap_or(&device.pseudonym);
        device.name.clone().unwrap_or_else(|| format!("{kind} {digits}"))
    }

    /// Facts as they may leave.
    #[must_use]
    pub fn facts(&self, facts: &[(String, FactRecord)]) -> BTreeMap<String, Fact> {
        facts.iter().take(FACTS_MAX).map(|(name, fact)| (name.clone(), self.fact(fact))).collect()
    }

    fn fact(&self, fact: &FactRecord) -> Fact {
        match fact {
            FactRecord::Device(id) => match from_hex("id", id) {
                Ok(id) => Fact::Device { pseudonym: device_pseudonym(&self.box_key, id) },
                Err(_) => Fact::Withheld,
            },
            FactRecord::Person(_) | FactRecord::InternalName(_) | FactRecord::InternalAddress(_) => {
                Fact::Withheld
            }
            FactRecord::Indicator { value, known_bad } => {
                self.indicator(value, *known_bad).map_or(Fact::Withheld, Fact::Indicator)
            }
            FactRecord::Count(value) => Fact::Count { value: *value },
            FactRecord::Bytes(value) => Fact::Bytes { value: *value },
            FactRecord::DurationNs(nanos) => Fact::Duration { value_ms: nanos / 1_000_000 },
            FactRecord::TimeNs(nanos) => Fact::Time { at: Timestamp::from_nanos(*nanos) },
            FactRecord::Choice(word) if self.catalogue.knows_choice(word) => {
                Fact::Choice { word: word.clone() }
            }
            FactRecord::Choice(_) => Fact::Withheld,
        }
    }

    /// Something outside; `None` when it is not, or has no form of an indicator.
    fn indicator(&self, value: &str, known_bad: bool) -> Option<Indicator> {
        let kind = kind_of(value)?;
        let is_inside = match kind {
            IndicatorKind::Ip => value.parse().is_ok_and(|ip| !self.is_outside(ip)),
            IndicatorKind::Domain => is_inside_name(value),
            IndicatorKind::Url => self.is_inside_url(value),
            IndicatorKind::Ja4 => false,
        };
        if is_inside {
            return None;
        }
        Some(Indicator {
            kind,
            pseudonyms: self.epochs.iter().map(|epoch| epoch.pseudonym(kind, value)).collect(),
            value: known_bad.then(|| canonical(kind, value)),
        })
    }

    fn is_outside(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.site.monitored.holds(ip) != Some(true) && is_public(ip)
    }

    fn is_inside_url(&self, url: &str) -> bool {
        let after = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = after.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let bare = host.rsplit_once(':').map_or(host, |(host, _)| host).trim_matches(['[', ']']);
        match bare.parse() {
            Ok(ip) => !self.is_outside(ip),
            Err(_) => is_inside_name(bare),
        }
    }

    /// The name that the clinic itself gave, where it said that names may leave.
    fn shared_name(&self, party: &PartyRecord) -> Option<String> {
        if !self.site.share_device_names {
            return None;
        }
        let name = party.name.as_deref()?;
        let is_given = self.site.devices.iter().any(|device| device.name.as_deref() == Some(name));
        is_given.then(|| name.to_owned())
    }
}

/// One label alone, and endings that no public name has.
fn is_inside_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let has_ending =
        |ending: &&str| name.strip_suffix(*ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || INSIDE_ENDINGS.iter().any(has_ending)
}

/// Handed out to the internet. Source: IANA's special-purpose address registries.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || is_shared
                || a >= 240)
        }
        IpAddr::V6(ip) => {
            !(ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast())
        }
    }
}

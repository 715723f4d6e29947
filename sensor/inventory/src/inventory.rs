//! The devices, and which of them an address belongs to.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use arrayvec::{ArrayString, ArrayVec};
use common_model::hash::StableHash;
use common_model::{Category, DeviceId, Fact, Facts, Kind, Mac, Party, Subject, Timestamp};
use common_site::Site;
use sensor_decode::{PortId, Vlan};
use sensor_protocols::{Announce, Software};
use sensor_tables::Recent;
use serde::{Deserialize, Serialize};

use crate::clues::{Clues, Source};
use crate::device::{Device, NAME_BYTES_MAX, vendor};

/// Most devices remembered; the one silent longest makes room. Guess: a clinic has 10 to 60, a shared house with guests 500.
const DEVICES_MAX: usize = 2_048;

/// Most addresses remembered, of all devices.
const PLACES_MAX: usize = 4 * DEVICES_MAX;

/// Most outside addresses whose looked-up name is remembered.
const NAMES_MAX: usize = 4_096;

/// An address stays with the device that last used it until that one has been silent for so long, or DHCP gives it to another.
/// Without this, whoever claims another's address by ARP would be taken for it. Guess: longer than an ARP cache lives (60 s to 20 min).
const ADDRESS_KEPT: Duration = Duration::from_secs(1_200);

/// Most news waiting to be taken; more are dropped, the devices themselves are not.
const NEWS_MAX: usize = 4_096;

/// A router carries packets of at least so many networks that are not the clinic's. Guess: a device that speaks from an address of its own
/// that is not known to be inside has one such, or two where its provider changes them.
pub(crate) const ROUTED_NETS_MIN: usize = 3;

/// How an address was tied to an Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// ARP said so.
    Arp,
    /// IPv6 neighbour discovery said so.
    Neighbour,
    /// A DHCP server leased it.
    Lease,
}

/// How a frame of a device was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// By which port.
    pub port: PortId,
    /// It was sent to one device, not to all.
    pub is_direct: bool,
}

/// What leads to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Mac(Mac),
    Ip(Option<Vlan>, IpAddr),
}

/// What a snapshot keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The devices, longest silent first, so that restoring keeps the order.
    pub devices: Vec<SavedDevice>,
    /// Names under which outside addresses were found, oldest first.
    pub names: Vec<(IpAddr, String)>,
}

/// A device as a snapshot keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedDevice {
    /// Its id.
    pub id: u64,
    /// Its Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// The VLAN and addresses that lead to it.
    pub places: Vec<(Option<u16>, IpAddr)>,
    /// What it calls itself.
    pub announced_name: String,
    /// What points to its type, each as `source text`.
    pub clues: Vec<String>,
    /// When it was first heard, in nanoseconds since the epoch.
    pub first_seen_ns: u64,
    /// When it was last heard, in nanoseconds since the epoch.
    pub last_seen_ns: u64,
    /// Carries other devices' packets.
    pub is_router: bool,
}

/// The devices.
#[derive(Debug)]
pub struct Inventory {
    devices: Recent<DeviceId, Device>,
    places: Recent<Place, DeviceId>,
    aliases: Recent<DeviceId, DeviceId>,
    names: Recent<IpAddr, ArrayString<NAME_BYTES_MAX>>,
    site: Arc<Site>,
    /// Which device, and whether it is new.
    news: VecDeque<(DeviceId, bool)>,
    /// Which device turned out to be which other, by the last binding.
    merged: Option<(DeviceId, DeviceId)>,
}

impl Inventory {
    /// No devices yet; `site` says what the clinic calls those that may come.
    #[must_use]
    pub fn new(site: Arc<Site>, seed: u64) -> Self {
        Inventory {
            devices: Recent::new(DEVICES_MAX, seed),
            places: Recent::new(PLACES_MAX, seed),
            aliases: Recent::new(DEVICES_MAX, seed),
            names: Recent::new(NAMES_MAX, seed),
            site,
            news: VecDeque::with_capacity(NEWS_MAX),
            merged: None,
        }
    }

    /// Memory it may take, in bytes.
    #[must_use]
    pub const fn memory_bytes_max() -> usize {
        Recent::<DeviceId, Device>::memory_bytes(DEVICES_MAX)
            + Recent::<Place, DeviceId>::memory_bytes(PLACES_MAX)
            + Recent::<DeviceId, DeviceId>::memory_bytes(DEVICES_MAX)
            + Recent::<IpAddr, ArrayString<NAME_BYTES_MAX>>::memory_bytes(NAMES_MAX)
            + NEWS_MAX * size_of::<(DeviceId, bool)>()
    }

    /// How many devices there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// How many devices were forgotten because there were too many.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.devices.forgotten()
    }

    /// An inside address sent something: which device is it? Made, if it is new.
    pub fn heard(&mut self, now: Timestamp, vlan: Option<Vlan>, ip: IpAddr, on: Hearing) -> DeviceId {
        let place = Place::Ip(vlan, ip);
        if let Some(id) = self.places.get_mut(&place).copied()
            && let Some(device) = self.devices.get_mut(&id)
        {
            device.last_seen = device.last_seen.max(now);
            device.heard_on(on);
            return id;
        }
        let hash =
            StableHash::new("device by address").u64(vlan.map_or(0, |vlan| u64::from(vlan.0) + 1)).ip(ip);
        let id = self.make(now, DeviceId(hash.finish()), None, Some((vlan, ip)));
        self.heard_on(id, on);
        id
    }

    /// A port heard a device.
    pub fn heard_on(&mut self, id: DeviceId, on: Hearing) {
        if let Some(device) = self.devices.get_mut(&id) {
            device.heard_on(on);
        }
    }

    /// An hour begins: which ports hear which devices is found out anew.
    pub fn begin_hour(&mut self) {
        self.devices.change_all(Device::begin_hour);
    }

    /// The device that has this inside address, if it was ever heard.
    #[must_use]
    pub fn at(&self, vlan: Option<Vlan>, ip: IpAddr) -> Option<DeviceId> {
        self.places.get(&Place::Ip(vlan, ip)).copied()
    }

    /// The network said that this address belongs to this Ethernet address. Returns whose it is now.
    pub fn bind(&mut self, now: Timestamp, vlan: Option<Vlan>, mac: Mac, ip: IpAddr, how: How) -> DeviceId {
        let place = Place::Ip(vlan, ip);
        let by_mac = self.places.get_mut(&Place::Mac(mac)).copied();
        let by_ip = self.places.get_mut(&place).copied();
        match (by_mac, by_ip) {
            (Some(one), Some(other)) if one == other => {
                if let Some(device) = self.devices.get_mut(&one) {
                    device.last_seen = device.last_seen.max(now);
                }
                one
            }
            (None, Some(owner)) => match self.devices.get_mut(&owner) {
                Some(device) if device.mac.is_none() => {
                    device.mac = Some(mac);
                    device.last_seen = device.last_seen.max(now);
                    self.places.entry(Place::Mac(mac), || owner);
                    self.describe(owner);
                    owner
                }
                _ => {
                    let newcomer = self.make(now, DeviceId(mac_hash(mac)), Some(mac), None);
                    self.claim(now, newcomer, owner, vlan, ip, how)
                }
            },
            (Some(owner), None) => {
                self.give(owner, vlan, ip, now);
                owner
            }
            (None, None) => self.make(now, DeviceId(mac_hash(mac)), Some(mac), Some((vlan, ip))),
            (Some(claimant), Some(owner)) => self.claim(now, claimant, owner, vlan, ip, how),
        }
    }

    /// Two devices for one address: one and the same, or the address changed hands, or somebody lies.
    fn claim(
        &mut self,
        now: Timestamp,
        claimant: DeviceId,
        owner: DeviceId,
        vlan: Option<Vlan>,
        ip: IpAddr,
        how: How,
    ) -> DeviceId {
        let Some(old) = self.devices.get(&owner) else {
            self.give(claimant, vlan, ip, now);
            return claimant;
        };
        if old.mac.is_none() {
            return self.merge(claimant, owner);
        }
        let is_free = how == How::Lease || now.since(old.last_seen) > ADDRESS_KEPT;
        if is_free {
            if let Some(old) = self.devices.get_mut(&owner) {
                old.ips.retain(|known| *known != ip);
            }
            self.give(claimant, vlan, ip, now);
        }
        claimant
    }

    /// Two are one: the one heard first stays.
    fn merge(&mut self, one: DeviceId, other: DeviceId) -> DeviceId {
        let first_seen = |id: &DeviceId| self.devices.get(id).map(|device| (device.first_seen, *id));
        let (stays, goes) = if first_seen(&one) <= first_seen(&other) { (one, other) } else { (other, one) };
        let Some(gone) = self.devices.remove(&goes) else { return stays };
        let mut moved: ArrayVec<Place, 64> =
            self.places.iter().filter(|(_, id)| **id == goes).map(|(place, _)| *place).take(64).collect();
        for place in moved.drain(..) {
            *self.places.entry(place, || stays) = stays;
        }
        self.aliases.entry(goes, || stays);
        self.merged = Some((goes, stays));
        if let Some(device) = self.devices.get_mut(&stays) {
            device.mac = device.mac.or(gone.mac);
            for ip in gone.ips {
                remember(device, ip);
            }
            device.last_seen = device.last_seen.max(gone.last_seen);
            device.clues.0 |= gone.clues.0;
            device.is_router |= gone.is_router;
            device.given = device.given.take().or(gone.given);
            if device.announced_name.is_empty() {
                device.announced_name = gone.announced_name;
            }
        }
        self.describe(stays);
        stays
    }

    fn make(
        &mut self,
        now: Timestamp,
        id: DeviceId,
        mac: Option<Mac>,
        at: Option<(Option<Vlan>, IpAddr)>,
    ) -> DeviceId {
        let device = Device {
            id,
            mac,
            ips: ArrayVec::new(),
            announced_name: ArrayString::new(),
            given: None,
            first_seen: now,
            last_seen: now,
            is_router: false,
            routed_nets: ArrayVec::new(),
            clues: Clues::default(),
            ports: [0; 2],
        };
        self.devices.entry(id, || device);
        if self.news.len() < NEWS_MAX {
            self.news.push_back((id, true));
        }
        if let Some(mac) = mac {
            self.places.entry(Place::Mac(mac), || id);
        }
        match at {
            Some((vlan, ip)) => self.give(id, vlan, ip, now),
            None => self.describe(id),
        }
        id
    }

    fn give(&mut self, id: DeviceId, vlan: Option<Vlan>, ip: IpAddr, now: Timestamp) {
        *self.places.entry(Place::Ip(vlan, ip), || id) = id;
        if let Some(device) = self.devices.get_mut(&id) {
            device.last_seen = device.last_seen.max(now);
            remember(device, ip);
        }
        self.describe(id);
    }

    /// Looks up what the clinic and the IEEE say of a device whose addresses changed.
    fn describe(&mut self, id: DeviceId) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        let by_ip = || device.ips.iter().find_map(|ip| self.site.device(device.mac, Some(*ip)));
        if let Some(given) = self.site.device(device.mac, None).or_else(by_ip)
            && device.given.as_ref() != Some(given)
        {
            device.given = Some(given.clone());
        }
        if let Some(mac) = device.mac {
            if let Some(vendor) = vendor(mac) {
                device.clues.add(Source::Vendor, vendor);
            }
            if mac.is_randomised() {
                device.clues.add(Source::Habit, "randomised-address");
            }
        }
        self.tell(id);
    }

    fn tell(&mut self, id: DeviceId) {
        if self.news.len() < NEWS_MAX && self.news.back().is_none_or(|(last, _)| *last != id) {
            self.news.push_back((id, false));
        }
    }

    /// The next device that is new (true) or of which something new is known.
    pub fn next_news(&mut self) -> Option<(DeviceId, bool)> {
        self.news.pop_front()
    }

    /// Which device the last [`Inventory::bind`] found to be which other: the first of the two is no more. Told once.
    pub const fn take_merge(&mut self) -> Option<(DeviceId, DeviceId)> {
        self.merged.take()
    }

    /// The device with this id, or the one it turned out to be.
    #[must_use]
    pub fn get(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(&self.resolve(id))
    }

    /// The id that this one turned out to be.
    #[must_use]
    pub fn resolve(&self, id: DeviceId) -> DeviceId {
        let mut id = id;
        // Aliases are never made of aliases' targets in a ring; eight steps are more than a lifetime of merges.
        for _ in 0..8 {
            match self.aliases.get(&id) {
                Some(next) => id = *next,
                None => break,
            }
        }
        id
    }

    /// All devices, the one heard last first.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter().map(|(_, device)| device)
    }

    /// This Ethernet address carried a packet of somebody outside. It is a router's when it carries those of several networks: a device
    /// has addresses of its own that nobody has told of yet.
    pub fn forwards(&mut self, mac: Mac, ip: IpAddr) {
        if let Some(id) = self.places.get(&Place::Mac(mac)).copied()
            && let Some(device) = self.devices.get_mut(&id)
            && !device.is_router
        {
            let net = network(ip);
            if !device.routed_nets.contains(&net) {
                device.routed_nets.push(net);
            }
            if !device.routed_nets.is_full() {
                return;
            }
            device.is_router = true;
            device.routed_nets.clear();
            device.clues.add(Source::Habit, "forwards");
            self.tell(id);
        }
    }

    /// The device that has this Ethernet address.
    #[must_use]
    pub fn with_mac(&self, mac: Mac) -> Option<DeviceId> {
        self.places.get(&Place::Mac(mac)).copied()
    }

    /// A device said something of itself.
    pub fn announced(&mut self, id: DeviceId, announce: &Announce<'_>) {
        let id = self.resolve(id);
        let Some(device) = self.devices.get_mut(&id) else { return };
        let is_new = match announce {
            Announce::HostName(name) => {
                let name = cut(name);
                let is_new = device.announced_name != name;
                device.announced_name = name;
                device.clues.add(Source::Name, &name) | is_new
            }
            Announce::Service(service) => device.clues.add(Source::Service, service),
            Announce::VendorClass(class) => device.clues.add(Source::VendorClass, class),
            Announce::Model(model) => device.clues.add(Source::Model, model),
            Announce::Address { .. } | Announce::ParameterList(_) => false,
        };
        if is_new {
            self.tell(id);
        }
    }

    /// A device said which program it runs.
    pub fn runs(&mut self, id: DeviceId, software: &Software<'_>) {
        let id = self.resolve(id);
        if self.devices.get_mut(&id).is_some_and(|device| device.clues.add(Source::Software, software.text)) {
            self.tell(id);
        }
    }

    /// A device answered on a server port.
    pub fn serves(&mut self, id: DeviceId, port: u16) {
        /// Above this no clue points anywhere.
        const PORT_MAX: u16 = 11_112;
        if port > PORT_MAX {
            return;
        }
        let mut digits = ArrayString::<5>::new();
        let id = self.resolve(id);
        if core::fmt::Write::write_fmt(&mut digits, format_args!("{port}")).is_ok()
            && self.devices.get_mut(&id).is_some_and(|device| device.clues.add(Source::Port, &digits))
        {
            self.tell(id);
        }
    }

    /// An outside address was found under this name.
    pub fn name_outside(&mut self, ip: IpAddr, name: &str) {
        *self.names.entry(ip, ArrayString::new) = cut(name);
    }

    /// The name under which an outside address was last found.
    #[must_use]
    pub fn outside_name(&self, ip: IpAddr) -> Option<&str> {
        self.names.get(&ip).map(ArrayString::as_str)
    }

    /// What an outside address counts as when data goes there: the registered domain of the name under which it was found, else its
    /// network, because services move between addresses.
    #[must_use]
    pub fn destination(&self, ip: IpAddr) -> u64 {
        let hash = StableHash::new("destination");
        match (self.outside_name(ip).and_then(psl::domain_str), ip) {
            (Some(domain), _) => hash.bytes(domain.as_bytes()),
            (None, IpAddr::V4(v4)) => hash.u64(u64::from(v4.to_bits() >> 8)),
            (None, IpAddr::V6(v6)) => hash.u64((v6.to_bits() >> 80) as u64),
        }
        .finish()
    }

    /// How an output names this end.
    #[must_use]
    pub fn party(&self, subject: Subject) -> Party {
        match subject {
            Subject::Device(id) => match self.get(id) {
                Some(device) => Party {
                    id: Some(device.id),
                    name: device.name().map(str::to_owned),
                    ip: device.ips.first().copied(),
                    mac: device.mac,
                    device_type: device.device_type(),
                    type_confirmed: device.is_type_confirmed(),
                    vendor: device.vendor().map(Into::into),
                },
                None => Party { id: Some(id), ..Party::default() },
            },
            Subject::Address(ip) => {
                Party { ip: Some(ip), name: self.outside_name(ip).map(str::to_owned), ..Party::default() }
            }
        }
    }

    /// How an output names whom a finding is about. Whoever passes itself off as another is not named by the address that it claims.
    #[must_use]
    pub fn accused(&self, kind: &Kind, subject: Subject, facts: &Facts) -> Party {
        let mut party = self.party(subject);
        if kind.category == Category::Spoofing
            && let Subject::Device(id) = subject
            && let Some(device) = self.get(id)
        {
            let is_claimed = |ip: &IpAddr| facts.iter().any(|(_, fact)| *fact == Fact::InternalAddress(*ip));
            party.ip = device.ips.iter().find(|ip| !is_claimed(ip)).copied();
        }
        party
    }

    /// What the clinic says of devices changed.
    pub fn set_site(&mut self, site: Arc<Site>) {
        self.site = site;
        let ids: Vec<DeviceId> = self.devices.iter().map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(device) = self.devices.get_mut(&id) {
                device.given = None;
            }
            self.describe(id);
        }
    }

    /// What a snapshot keeps.
    #[must_use]
    pub fn save(&self) -> Saved {
        let mut devices: Vec<SavedDevice> = self
            .devices
            .iter()
            .map(|(id, device)| SavedDevice {
                id: id.0,
                mac: device.mac.map(|mac| mac.0),
                places: self
                    .places
                    .iter()
                    .filter_map(|(place, owner)| match place {
                        Place::Ip(vlan, ip) if owner == id => Some((vlan.map(|vlan| vlan.0), *ip)),
                        Place::Ip(..) | Place::Mac(_) => None,
                    })
                    .collect(),
                announced_name: device.announced_name.to_string(),
                clues: device.clues.names().collect(),
                first_seen_ns: device.first_seen.as_nanos(),
                last_seen_ns: device.last_seen.as_nanos(),
                is_router: device.is_router,
            })
            .collect();
        let mut names: Vec<(IpAddr, String)> =
            self.names.iter().map(|(ip, name)| (*ip, name.to_string())).collect();
        devices.reverse();
        names.reverse();
        Saved { devices, names }
    }

    /// Puts back what a snapshot kept. Nothing of it is news.
    pub fn restore(&mut self, saved: &Saved) {
        for old in &saved.devices {
            let (id, first_seen) = (DeviceId(old.id), Timestamp::from_nanos(old.first_seen_ns));
            self.make(first_seen, id, old.mac.map(Mac), None);
            for (vlan, ip) in old.places.iter().rev() {
                self.give(id, vlan.map(Vlan), *ip, first_seen);
            }
            if let Some(device) = self.devices.get_mut(&id) {
                device.announced_name = cut(&old.announced_name);
                device.clues.add_names(&old.clues);
                device.last_seen = Timestamp::from_nanos(old.last_seen_ns);
                device.is_router = old.is_router;
            }
        }
        for (ip, name) in &saved.names {
            self.name_outside(*ip, name);
        }
        self.news.clear();
    }
}

fn mac_hash(mac: Mac) -> u64 {
    StableHash::new("device by mac").u64(mac.as_u64()).finish()
}

/// Which network an address is of: IPv4 addresses are handed out one by one, IPv6 addresses by 64 bits (RFC 4291 §2.5.1).
fn network(ip: IpAddr) -> u32 {
    let ip = match ip {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => core::net::Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    };
    // Half a hash: two networks of three are taken for one once in a billion times, and then the fourth counts.
    StableHash::new("routed net").ip(ip).finish() as u32
}

fn cut(name: &str) -> ArrayString<NAME_BYTES_MAX> {
    let mut short = ArrayString::new();
    short.push_str(&name[..name.floor_char_boundary(NAME_BYTES_MAX)]);
    short
}

fn remember(device: &mut Device, ip: IpAddr) {
    if device.ips.first() == Some(&ip) {
        return;
    }
    device.ips.retain(|known| *known != ip);
    if device.ips.is_full() {
        device.ips.pop();
    }
    device.ips.insert(0, ip);
}

#[cfg(test)]
mod tests {
    use common_model::DeviceType;

    use super::*;

    const MAC: Mac = Mac([0, 0x1b, 0x63, 0, 0, 7]);
    const OTHER: Mac = Mac([0, 0x1b, 0x63, 0, 0, 8]);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn an_address_becomes_a_device_and_arp_ties_it_down() {
        let mut inventory = Inventory::new(Arc::default(), 1);
        let first = inventory.heard(at(1), None, ip(7), Hearing::default());
        assert_eq!(inventory.bind(at(2), None, MAC, ip(7), How::Arp), first);
        let device = inventory.get(first).unwrap();
        assert_eq!((device.mac, device.ips.as_slice()), (Some(MAC), &[ip(7)][..]));
        assert_eq!(
            inventory.bind(at(3), None, MAC, ip(9), How::Lease),
            first,
            "its new address is the same device"
        );
        assert_eq!(inventory.heard(at(4), None, ip(9), Hearing::default()), first);
    }

    #[test]
    fn two_that_are_one_keep_the_first_id() {
        let mut inventory = Inventory::new(Arc::default(), 1);
        let by_mac = inventory.bind(at(1), None, MAC, ip(7), How::Arp);
        let by_ip = inventory.heard(at(2), None, "fe80::7".parse().unwrap(), Hearing::default());
        assert_ne!(by_mac, by_ip);
        assert_eq!(inventory.bind(at(3), None, MAC, "fe80::7".parse().unwrap(), How::Neighbour), by_mac);
        assert_eq!(inventory.resolve(by_ip), by_mac);
        assert_eq!((inventory.take_merge(), inventory.take_merge()), (Some((by_ip, by_mac)), None));
        assert_eq!(inventory.len(), 1);
        assert_eq!(inventory.get(by_ip).unwrap().ips.len(), 2);
    }

    #[test]
    fn who_claims_anothers_address_does_not_become_the_other() {
        let mut inventory = Inventory::new(Arc::default(), 1);
        let owner = inventory.bind(at(1), None, MAC, ip(1), How::Arp);
        let liar = inventory.bind(at(2), None, OTHER, ip(1), How::Arp);
        assert_ne!(owner, liar);
        assert_eq!(inventory.heard(at(3), None, ip(1), Hearing::default()), owner);
        inventory.bind(at(4), None, OTHER, ip(1), How::Lease);
        assert_eq!(inventory.heard(at(5), None, ip(1), Hearing::default()), liar, "DHCP gave it away");
    }

    #[test]
    fn the_clinic_knows_best() {
        let text = "[[device]]\nname = \"Ultralyd\"\nmac = \"00:1b:63:00:00:07\"\ntype = \"medical\"\nconfirmed = true\n";
        let mut inventory = Inventory::new(Arc::new(Site::parse(text).unwrap()), 1);
        let id = inventory.bind(at(1), None, MAC, ip(7), How::Arp);
        inventory.announced(id, &Announce::HostName("iphone"));
        let party = inventory.party(Subject::Device(id));
        assert_eq!(
            (party.name.as_deref(), party.device_type, party.type_confirmed),
            (Some("Ultralyd"), DeviceType::Medical, true)
        );
    }

    #[test]
    fn a_router_carries_packets_of_several_networks() {
        let mut inventory = Inventory::new(Arc::default(), 1);
        let id = inventory.bind(at(1), None, MAC, ip(7), How::Arp);
        for host in 1..100_u16 {
            inventory.forwards(MAC, core::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host).into());
        }
        inventory.forwards(MAC, IpAddr::from([192, 0, 2, 1]));
        assert!(!inventory.get(id).unwrap().is_router, "addresses of its own");
        inventory.forwards(MAC, IpAddr::from([192, 0, 2, 2]));
        assert!(inventory.get(id).unwrap().is_router);
    }

    #[test]
    fn a_liar_is_not_named_by_the_address_that_it_claims() {
        static KIND: Kind = Kind {
            id: "x",
            category: Category::Spoofing,
            techniques: &[],
            message: "x",
            facts: &[],
            severity: common_model::Severity::High,
            alone: common_model::Due::Today,
            card_from: common_model::Confidence::percent(50),
            needs_profile: false,
            quiet_for: Duration::from_secs(1),
        };
        let mut inventory = Inventory::new(Arc::default(), 1);
        // The liar is the first who was heard to have the address.
        let liar = Subject::Device(inventory.bind(at(1), None, MAC, ip(1), How::Arp));
        let claims = Facts::new().with("addresses", Fact::InternalAddress(ip(1)));
        let named = |inventory: &Inventory| {
            let party = inventory.accused(&KIND, liar, &claims);
            (party.ip, party.mac)
        };
        assert_eq!(named(&inventory), (None, Some(MAC)));
        inventory.bind(at(2), None, MAC, ip(66), How::Arp);
        inventory.bind(at(3), None, MAC, ip(1), How::Arp);
        assert_eq!(named(&inventory), (Some(ip(66)), Some(MAC)));
        assert_eq!(inventory.accused(&KIND, liar, &Facts::new()).ip, Some(ip(66)));
    }

    #[test]
    fn a_snapshot_gives_the_same_devices_back() {
        let mut inventory = Inventory::new(Arc::default(), 1);
        for last in 1..20 {
            inventory.bind(at(u64::from(last)), None, Mac([0, 0, 0, 0, 1, last]), ip(last), How::Arp);
        }
        let id = inventory.heard(at(30), Some(Vlan(4)), ip(3), Hearing::default());
        inventory.announced(id, &Announce::HostName("printer"));
        let mut again = Inventory::new(Arc::default(), 2);
        again.restore(&inventory.save());
        assert_eq!(again.save(), inventory.save());
        assert!(again.next_news().is_none());
        assert_eq!(again.heard(at(31), Some(Vlan(4)), ip(3), Hearing::default()), id);
    }
}

//! Who takes part: devices of this net and addresses out there, and how a packet from one to the other looks here.

use core::fmt::Display;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use common_model::Mac;

use super::build::Station;
use super::words::{Said, unknown};

/// Most devices and addresses of a script. Guess: a clinic has a hundredth.
const MEMBERS_MAX: usize = 4_096;

/// Somebody with a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) v4: Option<Ipv4Addr>,
    pub(super) v6: Option<Ipv6Addr>,
    /// Of a device; derived from its address where the script does not say it.
    pub(super) mac: Option<Mac>,
    pub(super) is_gateway: bool,
    pub(super) is_outside: bool,
}

/// Everybody.
#[derive(Debug, Default)]
pub(super) struct Cast {
    members: BTreeMap<String, Member>,
}

/// A device of this net, with its Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Device {
    pub(super) mac: Mac,
    pub(super) v4: Option<Ipv4Addr>,
    pub(super) v6: Option<Ipv6Addr>,
}

impl Cast {
    /// Somebody new.
    pub(super) fn add(&mut self, name: &str, member: Member) -> Said<()> {
        if self.members.len() >= MEMBERS_MAX {
            return Err(format!("more than {MEMBERS_MAX} devices and addresses"));
        }
        if member.is_gateway && self.gateway().is_some() {
            return Err("there is a gateway already".to_owned());
        }
        match self.members.insert(name.to_owned(), member) {
            Some(_) => Err(format!("there is a `{name}` already")),
            None => Ok(()),
        }
    }

    /// A device got another address.
    pub(super) fn lease(&mut self, name: &str, address: Ipv4Addr) {
        if let Some(member) = self.members.get_mut(name) {
            // It stays the same device.
            member.mac = Some(mac_of(member));
            member.v4 = Some(address);
        }
    }

    /// A device of this net, by name.
    pub(super) fn device(&self, name: &str) -> Said<Device> {
        let member = self.member(name)?;
        if member.is_outside {
            return Err(format!("`{name}` is outside, not a device of this net"));
        }
        Ok(Device { mac: mac_of(member), v4: member.v4, v6: member.v6 })
    }

    /// A device of this net, by name, and its IPv4 address.
    pub(super) fn device_v4(&self, name: &str) -> Said<(Device, Ipv4Addr)> {
        let device = self.device(name)?;
        device.v4.map(|v4| (device, v4)).ok_or_else(|| format!("`{name}` has no IPv4 address"))
    }

    /// The IPv4 address of somebody, by name or as such.
    pub(super) fn v4(&self, who: &str) -> Said<Ipv4Addr> {
        match who.parse() {
            Ok(v4) => Ok(v4),
            Err(_) => self.member(who)?.v4.ok_or_else(|| format!("`{who}` has no IPv4 address")),
        }
    }

    /// The Ethernet address at which somebody is reached, by name or by any address.
    pub(super) fn mac(&self, who: &str) -> Said<Mac> {
        if let Ok(mac) = who.parse() {
            return Ok(mac);
        }
        if let Ok(ip) = who.parse() {
            return Ok(self.station(ip, self.holder(ip))?.mac);
        }
        match self.member(who)? {
            member if member.is_outside => self.gateway_mac(who),
            member => Ok(mac_of(member)),
        }
    }

    /// The way out.
    pub(super) fn gateway(&self) -> Option<&Member> {
        self.members.values().find(|member| member.is_gateway)
    }

    /// The two ends of what one sends to the other, both by IPv4 if they can.
    pub(super) fn ends(&self, from: &str, to: &str) -> Said<[Station; 2]> {
        let ((source, sources), (target, targets)) = (self.find(from)?, self.find(to)?);
        let mut pairs = sources.into_iter().zip(targets);
        let pair = pairs.find_map(|(source, target)| source.zip(target));
        let pair = pair.ok_or_else(|| format!("`{from}` and `{to}` have no addresses of the same kind"))?;
        let ends = [self.station(pair.0, source)?, self.station(pair.1, target)?];
        if ends[0].mac.is_group() {
            return Err(format!("`{from}` is a group: it sends nothing"));
        }
        if ends[0].mac == ends[1].mac {
            return Err(format!(
                "`{from}` and `{to}` are at the same Ethernet address: this net does not hear them"
            ));
        }
        Ok(ends)
    }

    /// The two ends of what one says to the other and gets answered.
    pub(super) fn answering_ends(&self, from: &str, to: &str) -> Said<[Station; 2]> {
        let ends = self.ends(from, to)?;
        if ends[1].mac.is_group() { Err(format!("`{to}` is a group: it does not answer")) } else { Ok(ends) }
    }

    fn member(&self, name: &str) -> Said<&Member> {
        let names = self.members.keys().map(String::as_str);
        self.members.get(name).ok_or_else(|| unknown("device", name, names))
    }

    /// Somebody, by name or by address: who it is, and the IPv4 and IPv6 addresses that are meant.
    fn find(&self, who: &str) -> Said<(Option<&Member>, [Option<IpAddr>; 2])> {
        Ok(match who.parse() {
            Ok(ip @ IpAddr::V4(_)) => (self.holder(ip), [Some(ip), None]),
            Ok(ip @ IpAddr::V6(_)) => (self.holder(ip), [None, Some(ip)]),
            Err(_) => {
                let member = self.member(who)?;
                (Some(member), [member.v4.map(IpAddr::from), member.v6.map(IpAddr::from)])
            }
        })
    }

    /// Who has this address, if it is somebody with a name.
    fn holder(&self, ip: IpAddr) -> Option<&Member> {
        self.members
            .values()
            .find(|member| member.v4.is_some_and(|v4| v4 == ip) || member.v6.is_some_and(|v6| v6 == ip))
    }

    /// How an address looks on this net, and whoever has it.
    fn station(&self, ip: IpAddr, member: Option<&Member>) -> Said<Station> {
        if let Some(mac) = self.group_mac(ip) {
            return Ok(Station::near(mac, ip));
        }
        match member {
            Some(member) if !member.is_outside => Ok(Station::near(mac_of(member), ip)),
            None if self.is_on_link(ip) => Ok(Station::near(derived(ip), ip)),
            _ => Ok(Station::far(self.gateway_mac(ip)?, ip)),
        }
    }

    fn gateway_mac(&self, to: impl Display) -> Said<Mac> {
        let lacking =
            || format!("`{to}` is outside, and there is no gateway: `device router 10.0.0.1 gateway`");
        self.gateway().map(mac_of).ok_or_else(lacking)
    }

    /// Whether a device is in the same /24 (IPv4) or /64 (IPv6).
    fn is_on_link(&self, ip: IpAddr) -> bool {
        let devices = || self.members.values().filter(|member| !member.is_outside);
        match ip {
            IpAddr::V4(v4) => {
                devices().filter_map(|device| device.v4).any(|own| own.to_bits() >> 8 == v4.to_bits() >> 8)
            }
            IpAddr::V6(v6) => {
                let is_near = |own: Ipv6Addr| own.to_bits() >> 64 == v6.to_bits() >> 64;
                v6.is_unicast_link_local() || devices().filter_map(|device| device.v6).any(is_near)
            }
        }
    }

    /// The Ethernet address of a group (RFC 1112 §6.4, RFC 2464 §7), or of everybody.
    fn group_mac(&self, ip: IpAddr) -> Option<Mac> {
        match ip {
            IpAddr::V4(v4) if v4.is_broadcast() || v4.octets()[3] == 255 && self.is_on_link(ip) => {
                Some(Mac::BROADCAST)
            }
            IpAddr::V4(v4) if v4.is_multicast() => {
                let [_, b, c, d] = v4.octets();
                Some(Mac([0x01, 0x00, 0x5e, b & 0x7f, c, d]))
            }
            IpAddr::V6(v6) if v6.is_multicast() => Some(multicast_mac(v6)),
            _ => None,
        }
    }
}

/// The Ethernet address of an IPv6 group (RFC 2464 §7).
pub(super) const fn multicast_mac(group: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    Mac([0x33, 0x33, a, b, c, d])
}

/// A device's own, else derived from its address.
fn mac_of(member: &Member) -> Mac {
    let address = member.v4.map(IpAddr::from).or_else(|| member.v6.map(IpAddr::from));
    member.mac.or_else(|| address.map(derived)).unwrap_or_default()
}

/// A locally administered Ethernet address with the end of the IP address in it.
const fn derived(ip: IpAddr) -> Mac {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            Mac([0x02, 0x00, a, b, c, d])
        }
        IpAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.octets();
            Mac([0x02, 0x06, a, b, c, d])
        }
    }
}

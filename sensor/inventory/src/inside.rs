//! Which addresses are the clinic's. Decided for each packet by what is known then, never by looking ahead.
//!
//! Private addresses are, without being asked. A public one is when something that outsiders cannot send says so: a router's advertisement
//! of the link's prefix, a lease. The word of a mere neighbour (ARP, neighbour discovery) counts as long as nothing better was heard, because
//! any device can say any address. Whoever sends false advertisements or leases can still make an outside address an inside one; that changes
//! the way out of every device, and is seen by other means.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arrayvec::ArrayVec;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Most networks learned; the one not confirmed for longest makes room. Guess: a clinic has one to four, and some providers give a new
/// prefix each day.
const LEARNED_MAX: usize = 64;

/// A lease's subnet is not believed to be larger than this. Guess: a clinic's fits in a /16 many times over.
const LEASED_BITS_MIN: u8 = 16;

/// Nor a prefix of a link. Source: RFC 4291 §2.5.1, an interface's half of an address has 64 bits.
const LINK_BITS_MIN: u8 = 64;

/// Public addresses that neighbours have are this near to each other. Guess: providers hand out at most so many in a row.
const NEAR_BITS: u8 = 24;

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// In the clinic.
    Inside,
    /// Not in the clinic.
    Outside,
    /// Everybody's: multicast, broadcast, unspecified.
    Group,
}

/// What the network told of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Learned {
    net: IpNet,
    /// Only a neighbour said so: anybody may.
    is_hearsay: bool,
}

/// What is inside.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// What the clinic listed; when there is a list it is the whole truth, for IPv6 only if it names IPv6.
    segments: Vec<IpNet>,
    learned: ArrayVec<Learned, LEARNED_MAX>,
    forgotten: u64,
    /// Somebody inside was heard.
    is_found: bool,
    /// Somebody with a private IPv4 address was heard.
    has_private: bool,
    /// A router has said which prefix this link has.
    has_advertised: bool,
}

impl Inside {
    /// The listed segments; without any, private and on-link addresses are inside.
    #[must_use]
    pub fn new(segments: Vec<IpNet>) -> Self {
        Inside { segments, ..Inside::default() }
    }

    /// Takes the list of segments of `other`; what was learned stays.
    pub fn set_segments(&mut self, other: Inside) {
        self.segments = other.segments;
    }

    /// Where this address is.
    #[must_use]
    pub fn place(&self, ip: IpAddr) -> Where {
        if is_group(ip) {
            return Where::Group;
        }
        let is_inside = if self.segments.is_empty() {
            is_private(ip) || self.is_learned(ip)
        } else {
            self.segments.iter().any(|net| net.contains(&ip))
                || is_link_local(ip)
                || self.learns(ip) && self.is_learned(ip)
        };
        if is_inside { Where::Inside } else { Where::Outside }
    }

    /// Where this address is when it talks with `other`: as long as nobody inside was ever heard, both may be.
    #[must_use]
    pub fn place_beside(&self, ip: IpAddr, other: IpAddr) -> Where {
        match self.place(ip) {
            Where::Outside if !self.is_found && self.place(other) != Where::Inside => Where::Inside,
            here => here,
        }
    }

    /// This address was somebody's who spoke.
    pub fn heard(&mut self, ip: IpAddr) {
        if self.has_private && self.is_found || is_link_local(ip) || ip.is_loopback() {
            return;
        }
        if self.place(ip) == Where::Inside {
            self.is_found = true;
            self.has_private |= ip.is_ipv4() && is_private(ip);
        }
    }

    /// A neighbour said that it has this address (ARP, neighbour discovery). A public IPv4 address is believed where no private ones are in
    /// use, or next to one that was; an IPv6 address as long as no router has said what the link's prefix is.
    pub fn neighbour(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(v4) if !self.has_private || self.is_near(v4) => self.learn(v4.into(), 32, true),
            IpAddr::V6(v6) if !self.has_advertised => self.learn(v6.into(), LINK_BITS_MIN, true),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
    }

    /// A router said that this prefix is the link's: what neighbours said counts no more.
    pub fn advertised(&mut self, prefix: Ipv6Addr, bits: u8) {
        if bits < LINK_BITS_MIN || is_link_local(prefix.into()) || is_group(prefix.into()) {
            return;
        }
        if !self.has_advertised && !is_private(prefix.into()) {
            self.has_advertised = true;
            self.learned.retain(|learned| !(learned.is_hearsay && learned.net.addr().is_ipv6()));
        }
        self.learn(prefix.into(), bits, false);
    }

    /// An address server leased this address, of a subnet of so many bits.
    pub fn leased(&mut self, ip: Ipv4Addr, bits: Option<u8>) {
        self.learn(ip.into(), bits.filter(|bits| *bits >= LEASED_BITS_MIN).unwrap_or(32), false);
    }

    /// How many networks were forgotten because there were too many.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Whether what the network says of such addresses counts beside the list.
    fn learns(&self, ip: IpAddr) -> bool {
        let lists = |is_ipv6: bool| self.segments.iter().any(|net| net.addr().is_ipv6() == is_ipv6);
        self.segments.is_empty() || ip.is_ipv6() && !lists(true)
    }

    fn is_learned(&self, ip: IpAddr) -> bool {
        self.learned.iter().any(|learned| learned.net.contains(&ip))
    }

    fn is_near(&self, ip: Ipv4Addr) -> bool {
        let near = Ipv4Net::new(ip, NEAR_BITS).map(|net| IpNet::from(net.trunc()));
        near.is_ok_and(|near| self.learned.iter().any(|learned| near.contains(&learned.net.addr())))
    }

    fn learn(&mut self, ip: IpAddr, bits: u8, is_hearsay: bool) {
        let net = match ip {
            IpAddr::V4(v4) => Ipv4Net::new(v4, bits).map(|net| IpNet::from(net.trunc())),
            IpAddr::V6(v6) => Ipv6Net::new(v6, bits).map(|net| IpNet::from(net.trunc())),
        };
        let Ok(net) = net else { return };
        let is_plain = self.segments.is_empty() && is_private(ip);
        if is_plain || is_group(ip) || is_link_local(ip) || ip.is_loopback() || !self.learns(ip) {
            return;
        }
        let known = self.learned.iter().position(|known| known.net.contains(&net));
        let learned = match known.map(|at| self.learned.remove(at)) {
            Some(known) => Learned { is_hearsay: known.is_hearsay && is_hearsay, ..known },
            None => Learned { net, is_hearsay },
        };
        if self.learned.is_full() {
            self.learned.remove(0);
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.learned.push(learned);
    }
}

fn is_group(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_unspecified()
                || v4.octets()[3] == 255 && v4.is_private()
        }
        IpAddr::V6(v6) => v6.is_multicast() || v6.is_unspecified(),
    }
}

/// RFC 1918, RFC 6598 (shared by carriers, used behind their routers), RFC 4193.
fn is_private(ip: IpAddr) -> bool {
    let is_own = match ip {
        IpAddr::V4(v4) => v4.is_private() || matches!(v4.octets(), [100, 64..=127, ..]) || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    };
    is_own || is_link_local(ip)
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn place(inside: &Inside, text: &str) -> Where {
        inside.place(ip(text))
    }

    fn advertised(inside: &mut Inside, prefix: &str, bits: u8) {
        inside.advertised(prefix.parse().unwrap(), bits);
    }

    #[test]
    fn private_addresses_are_inside_until_a_list_says_which() {
        let automatic = Inside::default();
        for ip in ["10.0.0.1", "192.168.1.9", "fe80::1", "fd00::7", "169.254.3.4", "100.64.0.1"] {
            assert_eq!(place(&automatic, ip), Where::Inside, "{ip}");
        }
        assert_eq!(place(&automatic, "192.0.2.9"), Where::Outside);
        let listed = Inside::new(vec!["10.20.30.0/24".parse().unwrap()]);
        assert_eq!(place(&listed, "10.20.30.7"), Where::Inside);
        assert_eq!(place(&listed, "192.168.1.9"), Where::Outside);
    }

    #[test]
    fn both_may_be_inside_until_somebody_inside_was_heard() {
        let mut inside = Inside::default();
        let (here, there) = (ip("2001:db8:1::7"), ip("2001:db8:2::7"));
        inside.heard(ip("fe80::7"));
        assert_eq!(inside.place_beside(here, there), Where::Inside, "every device has a link-local address");
        inside.heard(ip("10.0.0.7"));
        assert_eq!(inside.place_beside(here, there), Where::Outside);
        advertised(&mut inside, "2001:db8:1::", 64);
        assert_eq!(inside.place_beside(here, there), Where::Inside);
        assert_eq!(inside.place_beside(there, here), Where::Outside);
    }

    #[test]
    fn one_neighbour_tells_the_prefix_of_all() {
        let mut inside = Inside::default();
        inside.heard(ip("10.0.0.7"));
        inside.neighbour(ip("2001:db8:1::7"));
        assert_eq!(place(&inside, "2001:db8:1::8"), Where::Inside);
        for host in 1..=1_000_u128 {
            inside.neighbour(Ipv6Addr::from_bits(0x2001_0db8_0001 << 80 | host).into());
        }
        assert_eq!((inside.learned.len(), inside.forgotten()), (1, 0));
    }

    #[test]
    fn neighbours_are_not_heard_once_a_router_has_spoken() {
        let mut inside = Inside::default();
        inside.neighbour(ip("2001:db8:66::7"));
        advertised(&mut inside, "2001:db8:1::", 64);
        inside.neighbour(ip("2001:db8:67::7"));
        for lie in ["2001:db8:66::7", "2001:db8:67::7"] {
            assert_eq!(place(&inside, lie), Where::Outside, "{lie}");
        }
        advertised(&mut inside, "::", 0);
        advertised(&mut inside, "2001:db8::", 32);
        assert_eq!(place(&inside, "2001:db8:66::7"), Where::Outside, "no link has such a prefix");
    }

    #[test]
    fn a_public_address_is_believed_where_no_private_ones_are_in_use() {
        let mut inside = Inside::default();
        inside.neighbour(ip("198.51.100.7"));
        inside.heard(ip("198.51.100.7"));
        inside.heard(ip("10.0.0.7"));
        inside.neighbour(ip("203.0.113.9"));
        inside.neighbour(ip("198.51.100.8"));
        assert_eq!(place(&inside, "198.51.100.8"), Where::Inside, "next to one that was believed");
        assert_eq!(place(&inside, "198.51.100.9"), Where::Outside);
        assert_eq!(place(&inside, "203.0.113.9"), Where::Outside);
    }

    #[test]
    fn a_lease_tells_its_subnet() {
        let mut inside = Inside::default();
        inside.heard(ip("10.0.0.7"));
        inside.leased(Ipv4Addr::new(198, 51, 100, 7), Some(24));
        inside.leased(Ipv4Addr::new(203, 0, 113, 7), Some(0));
        assert_eq!(place(&inside, "198.51.100.77"), Where::Inside);
        assert_eq!(place(&inside, "203.0.113.7"), Where::Inside);
        assert_eq!(place(&inside, "203.0.113.8"), Where::Outside);
    }

    #[test]
    fn a_list_that_does_not_name_ipv6_leaves_the_links_prefix_inside() {
        let mut listed = Inside::new(vec!["10.20.30.0/24".parse().unwrap()]);
        advertised(&mut listed, "2001:db8:1::", 64);
        listed.leased(Ipv4Addr::new(198, 51, 100, 7), Some(24));
        assert_eq!(place(&listed, "2001:db8:1::7"), Where::Inside);
        assert_eq!(place(&listed, "198.51.100.7"), Where::Outside);
        let mut both =
            Inside::new(vec!["10.20.30.0/24".parse().unwrap(), "2001:db8:5::/64".parse().unwrap()]);
        advertised(&mut both, "2001:db8:1::", 64);
        assert_eq!(place(&both, "2001:db8:1::7"), Where::Outside);
        assert_eq!(place(&both, "2001:db8:5::7"), Where::Inside);
    }

    #[test]
    fn the_network_not_confirmed_for_longest_is_forgotten() {
        let mut inside = Inside::default();
        for net in 1..=64 {
            inside.advertised(Ipv6Addr::new(0x2001, 0xdb8, net, 0, 0, 0, 0, 0), 64);
        }
        advertised(&mut inside, "2001:db8:1::", 64);
        advertised(&mut inside, "2001:db8:99::", 64);
        assert_eq!(place(&inside, "2001:db8:1::7"), Where::Inside);
        assert_eq!(place(&inside, "2001:db8:2::7"), Where::Outside);
        assert_eq!(inside.forgotten(), 1);
    }

    #[test]
    fn everybodys_addresses_are_nobodys() {
        for ip in ["224.0.0.251", "255.255.255.255", "192.168.1.255", "ff02::fb", "0.0.0.0"] {
            assert_eq!(place(&Inside::default(), ip), Where::Group, "{ip}");
        }
    }
}

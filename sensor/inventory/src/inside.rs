//! Which addresses are the clinic's. Decided for each packet by what is known then, never by looking ahead.

use core::net::IpAddr;

use arrayvec::ArrayVec;
use ipnet::IpNet;

/// Most networks learned from leases and neighbours; later ones are not learned. Guess: a clinic has one to four.
const LEARNED_MAX: usize = 64;

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

/// What is inside.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// What the clinic listed; when there is a list it is the whole truth.
    segments: Vec<IpNet>,
    /// What the network told of itself.
    learned: ArrayVec<IpNet, LEARNED_MAX>,
}

impl Inside {
    /// The listed segments; without any, private and on-link addresses are inside.
    #[must_use]
    pub const fn new(segments: Vec<IpNet>) -> Self {
        Inside { segments, learned: ArrayVec::new_const() }
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
            is_private(ip) || self.learned.iter().any(|net| net.contains(&ip))
        } else {
            self.segments.iter().any(|net| net.contains(&ip)) || is_link_local(ip)
        };
        if is_inside { Where::Inside } else { Where::Outside }
    }

    /// The network said that these addresses are on its own link (a lease's subnet, an ARP answer).
    pub fn learn(&mut self, net: IpNet) {
        if self.segments.is_empty()
            && !is_private(net.addr())
            && !self.learned.iter().any(|known| known.contains(&net))
        {
            // Full is full: the first ones learned are the ones in daily use.
            let _full = self.learned.try_push(net);
        }
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

    fn place(inside: &Inside, ip: &str) -> Where {
        inside.place(ip.parse().unwrap())
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
    fn what_is_on_the_link_is_learned() {
        let mut inside = Inside::default();
        inside.learn("198.51.100.0/24".parse().unwrap());
        assert_eq!(place(&inside, "198.51.100.77"), Where::Inside);
    }

    #[test]
    fn everybodys_addresses_are_nobodys() {
        for ip in ["224.0.0.251", "255.255.255.255", "192.168.1.255", "ff02::fb", "0.0.0.0"] {
            assert_eq!(place(&Inside::default(), ip), Where::Group, "{ip}");
        }
    }
}

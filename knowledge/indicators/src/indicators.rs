//! The indicators, ready to be asked.

use core::hash::BuildHasher;
use core::net::IpAddr;

use common_model::Timestamp;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use ipnet::IpNet;
use prefix_trie::PrefixMap;

/// What an indicator is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndicatorKind {
    /// An address or a network.
    Ip,
    /// A name and all names below it.
    Domain,
    /// A web address: host and path.
    Url,
    /// A JA4 fingerprint of a TLS client.
    Ja4,
}

impl IndicatorKind {
    /// The word used in lists and machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            IndicatorKind::Ip => "ip",
            IndicatorKind::Domain => "domain",
            IndicatorKind::Url => "url",
            IndicatorKind::Ja4 => "ja4",
        }
    }
}

/// Something known to be bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// What it is about.
    pub kind: IndicatorKind,
    /// Its canonical form: lower case, no trailing dot, no scheme.
    pub value: String,
    /// Which list says so.
    pub source: String,
    /// When it was last seen to be bad, where the list says.
    pub last_seen: Option<Timestamp>,
    /// Why, in the list's words.
    pub reason: String,
}

impl Indicator {
    /// Whether it was seen to be bad within so many days before `now`. One without a date counts as fresh: the list is what dates it.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, days_max: u64) -> bool {
        self.last_seen.is_none_or(|seen| now.since(seen).as_secs() <= days_max.saturating_mul(86_400))
    }
}

/// The lists that are compiled in: `lists/README.md`.
const BUILT_IN: [(&str, &str); 2] =
    [("reports.csv", include_str!("../lists/reports.csv")), ("test.csv", include_str!("../lists/test.csv"))];

/// All indicators.
#[derive(Debug, Default)]
pub struct Indicators {
    all: Vec<Indicator>,
    /// By (kind, value): domains, web addresses and fingerprints.
    by_text: HashTable<u32>,
    v4: PrefixMap<ipnet::Ipv4Net, u32>,
    v6: PrefixMap<ipnet::Ipv6Net, u32>,
    hasher: FixedState,
}

impl Indicators {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Indicators::default()
    }

    /// Those of the lists that are compiled in.
    #[must_use]
    pub fn built_in() -> Self {
        let mut indicators = Indicators::new();
        for (name, text) in BUILT_IN {
            // A test has read them all.
            let _read = crate::parse(name, text, &mut indicators);
        }
        indicators
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds one; of two with the same value the first stays.
    pub fn add(&mut self, indicator: Indicator) {
        let Ok(at) = u32::try_from(self.all.len()) else { return };
        match (
            indicator.kind,
            indicator.value.parse::<IpNet>().or_else(|_| indicator.value.parse().map(IpAddr::into)),
        ) {
            (IndicatorKind::Ip, Ok(IpNet::V4(net))) if !self.v4.contains_key(&net.trunc()) => {
                self.v4.insert(net.trunc(), at);
            }
            (IndicatorKind::Ip, Ok(IpNet::V6(net))) if !self.v6.contains_key(&net.trunc()) => {
                self.v6.insert(net.trunc(), at);
            }
            (IndicatorKind::Ip, _) => return,
            (kind, _) => {
                if self.text(kind, &indicator.value).is_some() {
                    return;
                }
                let (all, hasher) = (&self.all, &self.hasher);
                let rehash = |at: &u32| {
                    all.get(*at as usize).map_or(0, |known| hash(hasher, known.kind, &known.value))
                };
                self.by_text.insert_unique(hash(hasher, kind, &indicator.value), at, rehash);
            }
        }
        self.all.push(indicator);
    }

    /// What is known of an address.
    #[must_use]
    pub fn ip(&self, ip: IpAddr) -> Option<&Indicator> {
        let at = match ip {
            IpAddr::V4(v4) => self.v4.get_lpm(&v4.into()).map(|(_, at)| at),
            IpAddr::V6(v6) => self.v6.get_lpm(&v6.into()).map(|(_, at)| at),
        };
        self.all.get(*at? as usize)
    }

    /// What is known of a name or of any name above it. `name` in lower case without a trailing dot.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<&Indicator> {
        let mut rest = name;
        loop {
            if let Some(found) = self.text(IndicatorKind::Domain, rest) {
                return Some(found);
            }
            (_, rest) = rest.split_once('.')?;
        }
    }

    /// What is known of a web address; `host` in lower case, `target` as sent. A listed address without a query fits any query.
    #[must_use]
    pub fn url(&self, host: &str, target: &str) -> Option<&Indicator> {
        let without_query = target.split_once('?').map_or(target, |(path, _)| path);
        [target, without_query].into_iter().find_map(|target| {
            let hash = hash_parts(&self.hasher, IndicatorKind::Url, &[host, target]);
            let is_it = |known: &Indicator| {
                known.kind == IndicatorKind::Url
                    && known.value.strip_prefix(host).is_some_and(|rest| rest == target)
            };
            self.find(hash, is_it)
        })
    }

    /// What is known of a fingerprint.
    #[must_use]
    pub fn ja4(&self, fingerprint: &str) -> Option<&Indicator> {
        self.text(IndicatorKind::Ja4, fingerprint)
    }

    fn text(&self, kind: IndicatorKind, value: &str) -> Option<&Indicator> {
        self.find(hash(&self.hasher, kind, value), |known| known.kind == kind && known.value == value)
    }

    fn find(&self, hash: u64, is_it: impl Fn(&Indicator) -> bool) -> Option<&Indicator> {
        let at = self.by_text.find(hash, |at| self.all.get(*at as usize).is_some_and(&is_it))?;
        self.all.get(*at as usize)
    }
}

fn hash(hasher: &FixedState, kind: IndicatorKind, value: &str) -> u64 {
    hash_parts(hasher, kind, &[value])
}

/// The same for a text however it is cut into parts.
fn hash_parts(hasher: &FixedState, kind: IndicatorKind, parts: &[&str]) -> u64 {
    use core::hash::Hasher as _;
    let mut state = hasher.build_hasher();
    state.write_u8(kind as u8);
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        state.write_u8(byte);
    }
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(kind: IndicatorKind, value: &str) -> Indicator {
        Indicator { kind, value: value.into(), source: "test".into(), last_seen: None, reason: String::new() }
    }

    #[test]
    fn a_name_matches_with_all_below_it_and_nothing_beside_it() {
        let mut indicators = Indicators::new();
        indicators.add(known(IndicatorKind::Domain, "bad.example"));
        for name in ["bad.example", "www.bad.example", "a.b.bad.example"] {
            assert!(indicators.domain(name).is_some(), "{name}");
        }
        for name in ["example", "notbad.example", "bad.example.org", ""] {
            assert!(indicators.domain(name).is_none(), "{name}");
        }
    }

    #[test]
    fn built_in_lists_are_read_without_a_slip() {
        for (name, text) in BUILT_IN {
            assert_eq!(crate::parse(name, text, &mut Indicators::new()), Ok(crate::Skipped::default()));
        }
        let built_in = Indicators::built_in();
        let now = Timestamp::from_secs(1_773_839_100);
        assert!(built_in.domain("test.cyberalarm.example").is_some_and(|known| known.is_fresh(now, 90)));
        assert!(built_in.domain("x.avsvmcloud.com").is_some_and(|known| !known.is_fresh(now, 90)));
    }

    #[test]
    fn the_narrowest_network_speaks() {
        let mut indicators = Indicators::new();
        for net in ["203.0.113.0/24", "203.0.113.66", "2001:db8::/32"] {
            indicators.add(known(IndicatorKind::Ip, net));
        }
        let find = |ip: &str| indicators.ip(ip.parse().unwrap()).map(|known| known.value.as_str());
        assert_eq!(find("203.0.113.66"), Some("203.0.113.66"));
        assert_eq!(find("203.0.113.7"), Some("203.0.113.0/24"));
        assert_eq!(find("2001:db8::5"), Some("2001:db8::/32"));
        assert_eq!(find("198.51.100.1"), None);
    }

    #[test]
    fn a_web_address_matches_with_any_query() {
        let mut indicators = Indicators::new();
        indicators.add(known(IndicatorKind::Url, "bad.example/drop/x.bin"));
        assert!(indicators.url("bad.example", "/drop/x.bin").is_some());
        assert!(indicators.url("bad.example", "/drop/x.bin?id=7").is_some());
        assert!(indicators.url("bad.example", "/drop/").is_none());
    }

    #[test]
    fn grows_stale() {
        let old = Indicator {
            last_seen: Some(Timestamp::from_secs(0)),
            ..known(IndicatorKind::Domain, "x.example")
        };
        assert!(old.is_fresh(Timestamp::from_secs(89 * 86_400), 90));
        assert!(!old.is_fresh(Timestamp::from_secs(91 * 86_400), 90));
    }
}

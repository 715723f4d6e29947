//! DNS tunnel: a device hides data in the names it looks up.
//!
//! Counts the different names below one registered domain for each device, how long they are and of which record types. It does not look
//! inside answers. What it sees and what fools it: `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "dns-tunnel",
    kinds: &[&DNS_TUNNEL],
    wants: &[Topic::NameLookup],
    memory_bytes_max: Recent::<(Subject, u64), Tally>::memory_bytes(DOMAINS_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| {
        Ok(Box::new(DnsTunnel { limits: settings.read()?, tallies: Recent::new(DOMAINS_MAX, settings.seed) }))
    },
};

static DNS_TUNNEL: Kind = Kind {
    id: "dns-tunnel",
    category: Category::DnsTunnel,
    techniques: &["T1071.004", "T1048.003"],
    message: "hidden_channel",
    facts: &["domain", "names", "bytes", "window"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(6 * 3_600),
};

/// Most pairs of (device, registered domain) counted at once. Guess: a PC asks for some 300 domains an hour.
const DOMAINS_MAX: usize = 2_048;

/// How sure: what is done in minutes is no habit of a program; the same over hours may be one that nobody has described.
const SURE_FAST: [u8; 3] = [80, 75, 70];
const SURE_SLOW: [u8; 3] = [65, 65, 65];

/// Overridden in `[detectors.dns-tunnel]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    names_min: u32,
    bytes_mean_min: u64,
    bytes_min: u64,
    bytes_slow_min: u64,
    odd_bytes_mean_min: u64,
    odd_bytes_min: u64,
    odd_bytes_slow_min: u64,
    fetched_bytes_min: u64,
    fetched_bytes_slow_min: u64,
    window_secs: u64,
    window_slow_secs: u64,
    everyday_times: u64,
    everyday_domains: Vec<String>,
}

/// What one device asked for below one domain.
#[derive(Clone, Copy, Debug)]
struct Tally {
    fast: Halves<Counts>,
    slow: Halves<Counts>,
    told: Told,
    sighted: Told,
}

/// What was asked for in one half of a window.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    names: Distinct,
    /// How many names were surely different from each other and from those of the half before, and their bytes in front of the domain.
    counted: u32,
    bytes: u64,
    /// Of these bytes, those of names asked for with a record type that carries much.
    odd_bytes: u64,
    /// Bytes of answers of such a type.
    fetched_bytes: u64,
}

/// What was asked for in a window.
#[derive(Clone, Copy, Debug)]
struct Seen {
    names: u32,
    bytes_mean: u64,
    bytes: u64,
    odd_bytes: u64,
    fetched_bytes: u64,
    span: Duration,
}

struct DnsTunnel {
    limits: Limits,
    tallies: Recent<(Subject, u64), Tally>,
}

impl Detector for DnsTunnel {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Said(Event::NameLookup(lookup)) = seen.what else { return };
        if lookup.is_local || !seen.source.is_inside() {
            return;
        }
        let everyday = self.limits.split_at_everyday_domain(lookup.name);
        let Some((below, domain)) = everyday.or_else(|| split_at_registered_domain(lookup.name)) else {
            return;
        };
        if below.is_empty() || is_left_out(below, domain, context) {
            return;
        }

        let now = context.now;
        let identity = StableHash::new("domain").bytes(domain.as_bytes()).finish();
        let tally = self.tallies.entry((seen.source.subject(), identity), || Tally::new(now));
        let windows = tally.add(lookup, below, self.limits.halves(), now);
        let judge = |times| self.limits.judge(windows, everyday.is_some(), times);
        let finding = judge(1);
        let is_sure = finding.is_some();
        // Half of what makes a finding is worth comparing with other clinics.
        let Some((sure, mut counts)) = finding.or_else(|| judge(2)) else { return };
        let told = if is_sure { &mut tally.told } else { &mut tally.sighted };
        let [_, slow] = windows;
        if u64::from(counts.names) < told.count() {
            counts = slow;
        }
        if !told.is_news(u64::from(counts.names), sure, now, DNS_TUNNEL.quiet_for) {
            out.goes_on(seen, &DNS_TUNNEL, identity);
            return;
        }
        let finding = Finding {
            identity,
            facts: Facts::new()
                .with("domain", Fact::indicator(domain, false))
                .with("names", Fact::Count(u64::from(counts.names)))
                .with("bytes", Fact::Bytes(counts.bytes.saturating_add(counts.fetched_bytes)))
                .with("window", Fact::Duration(counts.span)),
            ..seen.finding(&DNS_TUNNEL, sure)
        };
        if is_sure { out.report(finding) } else { out.sight(finding) }
    }

    fn forgotten(&self) -> u64 {
        self.tallies.forgotten()
    }
}

impl Tally {
    fn new(now: Timestamp) -> Tally {
        let halves = Halves::new(now);
        Tally { fast: halves, slow: halves, told: Told::default(), sighted: Told::default() }
    }

    /// Adds a look-up; returns what there was in the fast window and in the slow one.
    fn add(
        &mut self,
        lookup: &NameLookup<'_>,
        below: &str,
        halves: [Duration; 2],
        now: Timestamp,
    ) -> [Seen; 2] {
        let [fast, slow] = halves;
        [(&mut self.fast, fast), (&mut self.slow, slow)].map(|(window, half)| {
            window.roll(now, half);
            let mut names = window.newer.names;
            if !window.older.names.is_empty() {
                names.merge(&window.older.names);
            }
            window.newer.add(lookup, below, &mut names);
            Seen::of(window, &names, window.span(now, half, !window.older.names.is_empty()))
        })
    }
}

impl Counts {
    /// Adds a look-up to a half, and its name to those of the whole window.
    fn add(&mut self, lookup: &NameLookup<'_>, below: &str, names: &mut Distinct) {
        let is_odd = carries_much(lookup.record);
        match lookup.phase {
            LookupPhase::Asked => {
                let hash = StableHash::new("name").bytes(below.as_bytes()).finish();
                self.names.add(hash);
                if names.add(hash) {
                    let bytes = data_bytes(below);
                    self.counted = self.counted.saturating_add(1);
                    self.bytes = self.bytes.saturating_add(bytes);
                    self.odd_bytes = self.odd_bytes.saturating_add(if is_odd { bytes } else { 0 });
                }
            }
            LookupPhase::Answered { code: 0, .. } if is_odd => {
                self.fetched_bytes = self.fetched_bytes.saturating_add(u64::from(lookup.message_bytes));
            }
            LookupPhase::Answered { .. } => {}
        }
    }
}

impl Seen {
    /// Both halves. The names that were counted stand for those that could not be told apart.
    fn of(window: &Halves<Counts>, names: &Distinct, span: Duration) -> Seen {
        let Halves { newer, older, .. } = window;
        let names = names.estimate();
        let counted = u64::from(newer.counted.saturating_add(older.counted));
        let of_all = |one: u64, other: u64| {
            let sum = one.saturating_add(other).saturating_mul(u64::from(names));
            sum.checked_div(counted).unwrap_or(0)
        };
        let bytes = of_all(newer.bytes, older.bytes);
        Seen {
            names,
            bytes_mean: bytes.checked_div(u64::from(names)).unwrap_or(0),
            bytes,
            odd_bytes: of_all(newer.odd_bytes, older.odd_bytes),
            fetched_bytes: newer.fetched_bytes.saturating_add(older.fetched_bytes),
            span: span.max(Duration::from_secs(1)),
        }
    }
}

impl Limits {
    /// Half of the fast window and of the slow one.
    fn halves(&self) -> [Duration; 2] {
        [self.window_secs, self.window_slow_secs].map(|secs| half_of(Duration::from_secs(secs)))
    }

    /// How sure, if at all, when everything counts `times` as much, and of which window: much in names of odd types, much in names of
    /// any, much fetched with odd types. Below a domain where that is everyday only very much in names says anything.
    fn judge(&self, windows: [Seen; 2], is_everyday: bool, times: u64) -> Option<(Confidence, Seen)> {
        let mins = [
            [self.odd_bytes_min, self.bytes_min, self.fetched_bytes_min],
            [self.odd_bytes_slow_min, self.bytes_slow_min, self.fetched_bytes_slow_min],
        ];
        windows.into_iter().zip(mins).zip([SURE_FAST, SURE_SLOW]).find_map(|((seen, mins), sure)| {
            let [odd_min, any_min, fetched_min] = mins;
            let [odd_sure, any_sure, fetched_sure] = sure;
            let reaches = |bytes: u64, min: u64| bytes.saturating_mul(times) >= min;
            let any_min = if is_everyday { any_min.saturating_mul(self.everyday_times) } else { any_min };
            let sure = if u64::from(seen.names).saturating_mul(times) < u64::from(self.names_min) {
                None
            } else if !is_everyday
                && reaches(seen.odd_bytes, odd_min)
                && seen.bytes_mean >= self.odd_bytes_mean_min
            {
                Some(odd_sure)
            } else if reaches(seen.bytes, any_min) && seen.bytes_mean >= self.bytes_mean_min {
                Some(any_sure)
            } else if !is_everyday && reaches(seen.fetched_bytes, fetched_min) {
                Some(fetched_sure)
            } else {
                None
            };
            sure.map(|sure| (Confidence::percent(sure), seen))
        })
    }

    /// The same as below, at a domain where everyday programs ask for much.
    fn split_at_everyday_domain<'a>(&self, name: &'a str) -> Option<(&'a str, &'a str)> {
        self.everyday_domains.iter().find_map(|domain| {
            let below = name.strip_suffix(domain.as_str())?.strip_suffix('.')?;
            Some((below, name.get(below.len().saturating_add(1)..)?))
        })
    }
}

/// The part before the registered domain, and the registered domain: "a.b" and "shop.example". `None` for a name that has none.
fn split_at_registered_domain(name: &str) -> Option<(&str, &str)> {
    let domain = psl::domain_str(name)?;
    let below = name.strip_suffix(domain)?;
    Some((below.strip_suffix('.').unwrap_or(below), domain))
}

/// Addresses are looked up backwards by nature, in `.arpa` and in block lists of mail; names of services and keys (`_ldap._tcp`,
/// `_domainkey`) have types of their own; trusted domains are the clinic's word.
fn is_left_out(below: &str, domain: &str, context: &Context<'_>) -> bool {
    domain.ends_with(".arpa")
        || is_address_backwards(below)
        || below.split('.').any(|label| label.starts_with('_'))
        || context.site.is_trusted_domain(domain)
}

/// Four numbers below 256 at the beginning: `7.2.0.192.zen`.
fn is_address_backwards(below: &str) -> bool {
    below.split('.').take_while(|label| label.parse::<u8>().is_ok()).count() >= 4
}

/// How many bytes a name carries: an escaped byte is one, a dot between labels none.
fn data_bytes(below: &str) -> u64 {
    let mut bytes = 0_u64;
    let mut rest = below.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'.' => continue,
            // `\ddd`, or a dot or backslash escaped.
            b'\\' if rest.next().is_some_and(|next| next.is_ascii_digit()) => {
                rest.nth(1);
            }
            _ => {}
        }
        bytes = bytes.saturating_add(1);
    }
    bytes
}

/// Record types whose answers carry free data: NULL, MX, TXT, SRV, private use (IANA "DNS parameters"). CNAME is left out: browsers
/// ask for addresses only, but some resolvers ask for it.
fn carries_much(record: u16) -> bool {
    matches!(record, 10 | 15 | 16 | 33 | 65_280..=65_535)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_what_is_not_a_dot() {
        assert_eq!(data_bytes("abc.def"), 6);
        assert_eq!(data_bytes("a\\.b\\255\\\\c"), 6);
    }

    #[test]
    fn names_are_split_at_the_registered_domain() {
        assert_eq!(split_at_registered_domain("a.b.shop.co.uk"), Some(("a.b", "shop.co.uk")));
        assert_eq!(split_at_registered_domain("shop.example"), Some(("", "shop.example")));
        assert_eq!(split_at_registered_domain("example"), None);
    }
}

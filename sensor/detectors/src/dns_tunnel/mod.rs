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

/// Overridden in `[detectors.dns-tunnel]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    long_names_min: u32,
    long_bytes_mean_min: u32,
    odd_names_min: u32,
    odd_bytes_mean_min: u32,
    fetched_bytes_min: u32,
    fetched_answers_min: u32,
    many_names_min: u32,
    many_bytes_mean_min: u32,
    window_secs: u64,
}

/// What one device asked for below one registered domain, in one window.
#[derive(Clone, Copy, Debug)]
struct Tally {
    began_at: Timestamp,
    names: Distinct,
    /// Bytes of the names in front of the registered domain, each different name once.
    bytes: u32,
    /// How many of the names were asked for with a record type that carries much.
    odd: u32,
    /// Answers of such a type, and their bytes.
    answers: u32,
    answer_bytes: u32,
    told: u32,
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
        let Some((below, domain)) = split_at_registered_domain(lookup.name) else { return };
        if below.is_empty() || is_left_out(below, domain, context) {
            return;
        }

        let identity = StableHash::new("domain").bytes(domain.as_bytes()).finish();
        let window = Duration::from_secs(self.limits.window_secs);
        let fresh = Tally::new(context.now);
        let tally = self.tallies.entry((seen.source.subject(), identity), || fresh);
        if context.now.since(tally.began_at) > window {
            *tally = fresh;
        }
        tally.add(lookup, below);

        let steps = tally.names.estimate().max(tally.answers);
        if steps < tally.told.saturating_mul(2) {
            out.goes_on(seen, &DNS_TUNNEL, identity);
            return;
        }
        let sure = self.limits.judge(tally, 1);
        // Half of what makes a finding is worth comparing with other clinics.
        let Some(confidence) = sure.or_else(|| self.limits.judge(tally, 2)) else { return };
        tally.told = steps;
        let finding = Finding {
            identity,
            facts: Facts::new()
                .with("domain", Fact::indicator(domain, false))
                .with("names", Fact::Count(u64::from(tally.names.estimate())))
                .with("bytes", Fact::Bytes(u64::from(tally.bytes.saturating_add(tally.answer_bytes))))
                .with("window", Fact::Duration(context.now.since(tally.began_at))),
            ..seen.finding(&DNS_TUNNEL, confidence)
        };
        if sure.is_some() { out.report(finding) } else { out.sight(finding) }
    }

    fn forgotten(&self) -> u64 {
        self.tallies.forgotten()
    }
}

impl Tally {
    fn new(now: Timestamp) -> Tally {
        Tally {
            began_at: now,
            names: Distinct::default(),
            bytes: 0,
            odd: 0,
            answers: 0,
            answer_bytes: 0,
            told: 0,
        }
    }

    fn add(&mut self, lookup: &NameLookup<'_>, below: &str) {
        let is_odd = carries_much(lookup.record);
        match lookup.phase {
            LookupPhase::Asked => {
                if self.names.add(StableHash::new("name").bytes(below.as_bytes()).finish()) {
                    self.bytes = self.bytes.saturating_add(data_bytes(below));
                    self.odd = self.odd.saturating_add(u32::from(is_odd));
                }
            }
            LookupPhase::Answered { code: 0, .. } if is_odd => {
                self.answers = self.answers.saturating_add(1);
                self.answer_bytes = self.answer_bytes.saturating_add(u32::from(lookup.message_bytes));
            }
            LookupPhase::Answered { .. } => {}
        }
    }
}

impl Limits {
    /// How sure, if at all, when everything counts `times` as much: a few very long names, some names of odd types, much fetched with
    /// such types, or very many names.
    fn judge(&self, tally: &Tally, times: u32) -> Option<Confidence> {
        let names = tally.names.estimate();
        let bytes_mean = tally.bytes.checked_div(names.max(1)).unwrap_or(0);
        let are_odd = tally.odd.saturating_mul(10) >= names.saturating_mul(8);
        let reaches = |count: u32, min: u32| count.saturating_mul(times) >= min;
        if reaches(names, self.long_names_min) && bytes_mean >= self.long_bytes_mean_min {
            Some(Confidence::percent(85))
        } else if are_odd && reaches(names, self.odd_names_min) && bytes_mean >= self.odd_bytes_mean_min {
            Some(Confidence::percent(80))
        } else if reaches(names, self.many_names_min) && bytes_mean >= self.many_bytes_mean_min {
            Some(Confidence::percent(75))
        } else if reaches(tally.answers, self.fetched_answers_min)
            && reaches(tally.answer_bytes, self.fetched_bytes_min)
        {
            Some(Confidence::percent(70))
        } else {
            None
        }
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
fn data_bytes(below: &str) -> u32 {
    let mut bytes = 0_u32;
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

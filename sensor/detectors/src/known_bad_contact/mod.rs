//! Known-bad contact: a device has to do with an address, a name, a web address or a program that a list says is bad.
//!
//! Matches exactly and asks how old the list's word is. What it sees and what fools it: `README.md` beside this file.

use knowledge_indicators::Indicator;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "known-bad-contact",
    kinds: &[&KNOWN_BAD_CONTACT, &KNOWN_BAD_HINT],
    wants: &[Topic::Contact, Topic::NameLookup, Topic::Request, Topic::ServerName, Topic::Fingerprint],
    memory_bytes_max: Recent::<(Subject, u64), Told>::memory_bytes(PAIRS_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| {
        Ok(Box::new(KnownBadContact {
            limits: settings.read()?,
            told: Recent::new(PAIRS_MAX, settings.seed),
        }))
    },
};

/// Red by itself when exact and fresh; what is stale or was only tried stays below `card_from`. Source: the product's noise rules, which name
/// the few signs that need no second one.
static KNOWN_BAD_CONTACT: Kind = ROW;

/// A name was looked up and nothing more was seen (a mail filter does that, too), or a program looks like a bad one (another may, too).
static KNOWN_BAD_HINT: Kind =
    Kind { id: "known-bad-hint", severity: Severity::High, alone: Due::Today, ..ROW };

const ROW: Kind = Kind {
    id: "known-bad-contact",
    category: Category::C2Beacon,
    techniques: &["T1071"],
    message: "known_bad_contact",
    facts: &["indicator"],
    severity: Severity::Critical,
    alone: Due::Now,
    card_from: Confidence::percent(70),
    needs_profile: false,
    quiet_for: Duration::from_secs(24 * 3_600),
};

/// Most pairs of (device, indicator) remembered. Guess: a clinic that has more has other worries.
const PAIRS_MAX: usize = 1_024;

/// How sure a match makes us: contact was made; there is a hint of it; something was only tried, or came from outside and was answered.
const MADE: Match = Match { kind: &KNOWN_BAD_CONTACT, sure: 95 };
const HINTED: Match = Match { kind: &KNOWN_BAD_HINT, sure: 70 };
const TRIED: Match = Match { kind: &KNOWN_BAD_CONTACT, sure: 50 };
/// What a stale match is worth at most.
const STALE_MAX: u8 = 40;

/// What a match is worth.
#[derive(Clone, Copy, Debug)]
struct Match {
    kind: &'static Kind,
    sure: u8,
}

/// Overridden in `[detectors.known-bad-contact]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    fresh_days_max: u64,
}

/// How often a device had to do with an indicator, and how sure we have said to be.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    times: u32,
    sure: u8,
}

struct KnownBadContact {
    limits: Limits,
    told: Recent<(Subject, u64), Told>,
}

impl Detector for KnownBadContact {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        if context.indicators.is_empty() {
            return;
        }
        let Some((indicator, Match { kind, sure })) = find(seen, context) else { return };
        let is_fresh = indicator.is_fresh(context.wall_now, self.limits.fresh_days_max);
        let sure = if is_fresh { sure } else { sure.min(STALE_MAX) };
        let identity = StableHash::new("indicator").bytes(indicator.value.as_bytes()).finish();
        // Whichever of them it was, a device that has to do with what is bad is one trouble.
        let finding = Finding {
            facts: Facts::new().with("indicator", Fact::indicator(&indicator.value, true)),
            ..seen.finding(kind, Confidence::percent(sure))
        };
        let told = self.told.entry((finding.device, identity), Told::default);
        let growth = Growth { before: told.times, after: told.times.saturating_add(1) };
        told.times = growth.after;
        if growth.reached(1) || sure > told.sure {
            told.sure = told.sure.max(sure);
            out.report(finding);
        } else {
            out.goes_on(seen, kind, finding.identity);
        }
    }

    fn forgotten(&self) -> u64 {
        self.told.forgotten()
    }
}

/// What is known of what was seen, and how sure it makes us.
fn find<'a>(seen: &Observation<'_>, context: &Context<'a>) -> Option<(&'a Indicator, Match)> {
    let known = context.indicators;
    match seen.what {
        What::Contact(contact) => {
            let (outside, sure) = match (contact.phase, seen.source.is_inside()) {
                (Phase::Answered, true) => (seen.target.ip, MADE),
                // The world knocks at every door; an answer to it is what counts.
                (Phase::Answered, false) => (seen.source.ip, TRIED),
                (Phase::Refused | Phase::Unanswered, true) => (seen.target.ip, TRIED),
                _ => return None,
            };
            known.ip(outside).map(|known| (known, sure))
        }
        What::Said(Event::NameLookup(lookup)) if lookup.phase == LookupPhase::Asked => {
            known.domain(lookup.name).map(|known| (known, HINTED))
        }
        What::Said(Event::ServerName(name)) => known.domain(name).map(|known| (known, MADE)),
        What::Said(Event::Request(request)) => {
            let by_url = known.url(request.host, request.target);
            by_url.or_else(|| known.domain(request.host)).map(|known| (known, MADE))
        }
        What::Said(Event::Fingerprint(print)) if print.method == FingerprintMethod::Ja4 => {
            known.ja4(print.value).map(|known| (known, HINTED))
        }
        What::Said(_) | What::Passed | What::Arp(_) | What::NewDevice => None,
    }
}

//! Known-bad contact: a device has to do with an address, a name, a web address or a program that a list says is bad.
//!
//! Matches exactly and asks how old the list's word is. What it sees and what fools it: `README.md` beside this file.

use knowledge_indicators::Indicator;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "known-bad-contact",
    kinds: &[&KNOWN_BAD_CONTACT],
    wants: Wants { contacts: true, arp: false, said: true, new_devices: false },
    memory_bytes_max: 0,
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(KnownBadContact { limits: settings.read()? })),
};

/// Red by itself when exact and fresh (PRODUCT decision 3); what is stale or only asked for stays below `card_from`.
static KNOWN_BAD_CONTACT: Kind = Kind {
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

/// Overridden in `[detectors.known-bad-contact]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    fresh_days_max: u64,
}

struct KnownBadContact {
    limits: Limits,
}

/// How sure a match makes us: contact was made; a name was looked up (a mail filter does that, too); something was only tried.
const MADE: u8 = 95;
const LOOKED_UP: u8 = 70;
const TRIED: u8 = 50;
/// What a stale match is worth at most.
const STALE_MAX: u8 = 40;

impl Detector for KnownBadContact {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        if context.indicators.is_empty() {
            return;
        }
        let (inside, outside, role) = match (seen.source.is_inside(), seen.target.is_inside()) {
            (true, false) => (seen.source, seen.target, FindingRole::Source),
            (false, true) => (seen.target, seen.source, FindingRole::Target),
            // A name is asked of a server inside, too.
            _ => (seen.source, seen.target, FindingRole::Source),
        };
        let known = context.indicators;
        let found: Option<(&Indicator, u8)> = match seen.what {
            What::Contact(contact) => {
                let sure = match (contact.phase, role) {
                    (Phase::Answered, FindingRole::Source) => MADE,
                    // The world knocks at every door; an answer to it is what counts.
                    (Phase::Answered, FindingRole::Target) => LOOKED_UP - 1,
                    (Phase::Refused | Phase::Unanswered, FindingRole::Source) => TRIED,
                    _ => return,
                };
                known.ip(outside.ip).map(|known| (known, sure))
            }
            What::Said(Event::NameLookup(lookup)) if lookup.phase == LookupPhase::Asked => {
                known.domain(lookup.name).map(|known| (known, LOOKED_UP))
            }
            What::Said(Event::ServerName(name)) => known.domain(name).map(|known| (known, MADE)),
            What::Said(Event::Request(request)) => known
                .url(request.host, request.target)
                .or_else(|| known.domain(request.host))
                .map(|known| (known, MADE)),
            What::Said(Event::Fingerprint(print)) if print.method == FingerprintMethod::Ja4 => {
                known.ja4(print.value).map(|known| (known, LOOKED_UP))
            }
            What::Said(_) | What::Arp(_) | What::NewDevice => None,
        };
        let Some((indicator, sure)) = found else { return };
        let is_fresh = indicator.is_fresh(context.now, self.limits.fresh_days_max);
        out.findings.push(Finding {
            kind: &KNOWN_BAD_CONTACT,
            at: seen.at,
            device: inside.subject(),
            role,
            peer: Some(outside.subject()),
            identity: StableHash::new("indicator").bytes(indicator.value.as_bytes()).finish(),
            confidence: Confidence::percent(if is_fresh { sure } else { sure.min(STALE_MAX) }),
            facts: Facts::new().with("indicator", Fact::indicator(&indicator.value, true)),
            evidence: Vec::new(),
        });
    }

    fn forgotten(&self) -> u64 {
        0
    }
}

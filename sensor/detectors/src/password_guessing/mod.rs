//! Password guessing: many failed logins from one end to one service, and a success after them.
//!
//! Counts failed logins by (who, where, service). It hears of logins from whichever protocol tells of them. What it sees and what fools it:
//! `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "password-guessing",
    kinds: &[&PASSWORD_GUESSING, &LOGIN_AFTER_GUESSING],
    wants: &[Topic::Login],
    memory_bytes_max: SumPerWindow::<Door>::memory_bytes(DOORS_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(PasswordGuessing::new(settings.read()?, settings.seed))),
};

static PASSWORD_GUESSING: Kind = Kind {
    id: "password-guessing",
    category: Category::Bruteforce,
    techniques: &["T1110.001"],
    message: "password_guessing",
    facts: &["service", "count", "window"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(2 * 3_600),
};

/// Red by itself: somebody is in. Source: the product's noise rules, which name the few signs that need no second one.
static LOGIN_AFTER_GUESSING: Kind = Kind {
    id: "login-after-guessing",
    category: Category::Bruteforce,
    techniques: &["T1110.001", "T1078"],
    message: "login_after_guessing",
    facts: &["service", "count"],
    severity: Severity::Critical,
    alone: Due::Now,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(24 * 3_600),
};

/// Most (who, where, service) counted at once.
const DOORS_MAX: usize = 2_048;

/// Overridden in `[detectors.password-guessing]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    failed_min: u32,
    window_secs: u64,
}

/// Who tries where.
type Door = (Subject, Subject, &'static str);

struct PasswordGuessing {
    limits: Limits,
    failed: SumPerWindow<Door>,
}

impl PasswordGuessing {
    fn new(limits: Limits, seed: u64) -> Self {
        let window = Duration::from_secs(limits.window_secs);
        PasswordGuessing { failed: SumPerWindow::new(DOORS_MAX, window, seed), limits }
    }
}

impl Detector for PasswordGuessing {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Said(Event::Login(login)) = seen.what else { return };
        let door = (seen.source.subject(), seen.target.subject(), login.service);
        let min = u64::from(self.limits.failed_min);
        match login.outcome {
            LoginOutcome::Failed => {
                let Sum { amount: count, span } = self.failed.add(door, 1, context.now);
                if count >= min && count.is_multiple_of(min) {
                    let mut finding = finding(&PASSWORD_GUESSING, seen, login.service, count);
                    finding.facts.set("window", Fact::Duration(span));
                    out.report(finding);
                } else if count > min {
                    out.goes_on(seen, &PASSWORD_GUESSING, identity(seen, login.service));
                }
            }
            LoginOutcome::Succeeded => {
                let Sum { amount: count, .. } = self.failed.sum(&door, context.now);
                if count >= min {
                    out.report(finding(&LOGIN_AFTER_GUESSING, seen, login.service, count));
                    self.failed.forget(&door);
                }
            }
        }
    }

    fn forgotten(&self) -> u64 {
        self.failed.forgotten()
    }
}

/// The same service of the same other end is the same trouble.
fn identity(seen: &Observation<'_>, service: &'static str) -> u64 {
    let other = if seen.source.is_inside() { seen.target } else { seen.source };
    StableHash::new("service").bytes(service.as_bytes()).ip(other.ip).finish()
}

fn finding(kind: &'static Kind, seen: &Observation<'_>, service: &'static str, count: u64) -> Finding {
    Finding {
        identity: identity(seen, service),
        facts: Facts::new().with("service", Fact::choice(service)).with("count", Fact::Count(count)),
        ..seen.finding(kind, Confidence::percent(85))
    }
}

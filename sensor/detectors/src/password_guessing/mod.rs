//! Password guessing: many failed logins at one door, at many doors by one, at one by many; and a success after them.
//!
//! Counts failed logins by (who, where, service), and by device. It hears of logins from whichever protocol tells of them. What it sees and
//! what fools it: `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "password-guessing",
    kinds: &[&PASSWORD_GUESSING, &PASSWORD_SPRAYING, &LOGIN_AFTER_GUESSING],
    wants: &[Topic::Login],
    memory_bytes_max: SumPerWindow::<Count>::memory_bytes(COUNTS_MAX) * 2
        + Recent::<(Subject, u64), Told>::memory_bytes(TROUBLES_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(PasswordGuessing::new(settings.read()?, settings.seed))),
};

static PASSWORD_GUESSING: Kind = ROW;

/// One device tries a few passwords in each of many places.
static PASSWORD_SPRAYING: Kind = Kind {
    id: "password-spraying",
    techniques: &["T1110.003"],
    message: "password_spraying",
    facts: &["count", "window"],
    ..ROW
};

const ROW: Kind = Kind {
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

/// Most things counted at once in each window: doors, and two for each device.
const COUNTS_MAX: usize = 4_096;

/// Most troubles of which it is remembered what was said. Guess: as many as incidents may be open.
const TROUBLES_MAX: usize = 512;

/// How sure: somebody tries in minutes what a program with an old password does in a day. What one program does at one door in a day
/// looks the same whether it guesses or not: a note.
const SURE_FAST: Confidence = Confidence::percent(85);
const SURE_SLOW: Confidence = Confidence::percent(65);
const SURE_SLOW_AT_ONE_DOOR: Confidence = Confidence::percent(50);

/// Overridden in `[detectors.password-guessing]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    failed_min: u32,
    failed_slow_min: u32,
    spread_min: u32,
    spread_slow_min: u32,
    window_secs: u64,
    window_slow_secs: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Count {
    /// Who fails where.
    Door(Subject, Subject, &'static str),
    /// All failures of one device at whatever door, or, of a door, of everybody outside.
    All(Subject, FindingRole),
    /// The same, of each door at most as many as make no guessing by themselves: one program with an old password is not many doors.
    Spread(Subject, FindingRole),
}

/// One trouble: what is said of it, how sure, and what makes it the same.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    kind: &'static Kind,
    sure: Confidence,
    identity: u64,
    /// Failed logins in the slow window, which holds all that the fast one does and sinks less soon.
    failed: Sum,
}

struct PasswordGuessing {
    limits: Limits,
    /// Fast and slow.
    failed: [SumPerWindow<Count>; 2],
    told: Recent<(Subject, u64), Told>,
}

impl PasswordGuessing {
    fn new(limits: Limits, seed: u64) -> Self {
        let windows = [limits.window_secs, limits.window_slow_secs].map(Duration::from_secs);
        PasswordGuessing {
            limits,
            failed: windows.map(|window| SumPerWindow::new(COUNTS_MAX, window, seed)),
            told: Recent::new(TROUBLES_MAX, seed),
        }
    }

    /// One more failed login: the worst that there is to say of it.
    fn fails(&mut self, seen: &Observation<'_>, service: &'static str, now: Timestamp) -> Option<Trouble> {
        let Limits { failed_min, failed_slow_min, spread_min, spread_slow_min, .. } = self.limits;
        let (about, role) = about(seen);
        let mut add = |count, amount| self.failed.each_mut().map(|failed| failed.add(count, amount, now));
        let at_door = add(Count::Door(seen.source.subject(), seen.target.subject(), service), 1);
        let of_all = add(Count::All(about, role), 1);
        let mut spread = at_door.map(|at_door| u64::from(at_door.amount <= u64::from(failed_min)));
        for (failed, more) in self.failed.iter_mut().zip(&mut spread) {
            *more = failed.add(Count::Spread(about, role), *more, now).amount;
        }

        let reach = |sum: u64, min: u32| sum >= u64::from(min);
        let ([door_fast, door], [_, all], [spread_fast, spread]) = (at_door, of_all, spread);
        let guessing = |sure| Trouble {
            kind: &PASSWORD_GUESSING,
            sure,
            identity: identity(seen, service),
            failed: door,
        };
        let everywhere = |sure| {
            let is_source = role == FindingRole::Source;
            let (kind, what) = if is_source {
                (&PASSWORD_SPRAYING, "everywhere")
            } else {
                (&PASSWORD_GUESSING, "everybody")
            };
            Trouble { kind, sure, identity: StableHash::new(what).finish(), failed: all }
        };
        if reach(spread_fast, spread_min) {
            Some(everywhere(SURE_FAST))
        } else if reach(door_fast.amount, failed_min) {
            Some(guessing(SURE_FAST))
        } else if reach(spread, spread_slow_min) {
            Some(everywhere(SURE_SLOW))
        } else {
            reach(door.amount, failed_slow_min).then(|| guessing(SURE_SLOW_AT_ONE_DOOR))
        }
    }

    /// A login that succeeds: how sure we are that it was guessed.
    fn succeeds(&self, seen: &Observation<'_>, service: &'static str, now: Timestamp) -> Option<Trouble> {
        let Limits { failed_min, failed_slow_min, spread_min, .. } = self.limits;
        let (about, role) = about(seen);
        let door = Count::Door(seen.source.subject(), seen.target.subject(), service);
        let [door_fast, failed] = self.failed.each_ref().map(|failed| failed.sum(&door, now));
        let [spread, _] = self.failed.each_ref().map(|failed| failed.sum(&Count::Spread(about, role), now));
        // Everybody comes in at a door that strangers try; a device that tries everywhere comes in where it tried.
        let is_sprayed =
            role == FindingRole::Source && failed.amount > 0 && spread.amount >= u64::from(spread_min);
        let sure = if is_sprayed || door_fast.amount >= u64::from(failed_min) {
            SURE_FAST
        } else if failed.amount >= u64::from(failed_slow_min) {
            SURE_SLOW_AT_ONE_DOOR
        } else {
            return None;
        };
        Some(Trouble { kind: &LOGIN_AFTER_GUESSING, sure, identity: identity(seen, service), failed })
    }

    /// Says it, when it is news.
    fn say(
        &mut self,
        seen: &Observation<'_>,
        service: &'static str,
        trouble: Trouble,
        now: Timestamp,
        out: &mut Findings,
    ) {
        let Trouble { kind, sure, identity, failed } = trouble;
        let key = StableHash::new(kind.id).u64(identity).finish();
        let told = self.told.entry((about(seen).0, key), Told::default);
        if !told.is_news(failed.amount, sure, now, kind.quiet_for) {
            out.goes_on(seen, kind, identity);
            return;
        }
        // The window may sink; what was said does not.
        let trouble = Trouble { failed: Sum { amount: told.count(), ..failed }, ..trouble };
        // Whoever is in was guessing until then: what was said of that says how much it was in the end.
        if kind.id == LOGIN_AFTER_GUESSING.id {
            let guessing = StableHash::new(PASSWORD_GUESSING.id).u64(identity).finish();
            let was_told = self.told.get(&(about(seen).0, guessing)).is_some_and(|told| told.count() > 0);
            if was_told {
                out.report(finding(seen, service, Trouble { kind: &PASSWORD_GUESSING, ..trouble }));
            }
        }
        out.report(finding(seen, service, trouble));
    }
}

impl Detector for PasswordGuessing {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Said(Event::Login(login)) = seen.what else { return };
        let now = context.now;
        let trouble = match login.outcome {
            LoginOutcome::Failed => self.fails(seen, login.service, now),
            LoginOutcome::Succeeded => self.succeeds(seen, login.service, now),
        };
        if let Some(trouble) = trouble {
            self.say(seen, login.service, trouble, now, out);
        }
    }

    fn forgotten(&self) -> u64 {
        self.failed.iter().map(SumPerWindow::forgotten).sum()
    }
}

/// Whom it is about: who tries, or, when that is somebody outside, where.
fn about(seen: &Observation<'_>) -> (Subject, FindingRole) {
    let role = if seen.source.is_inside() { FindingRole::Source } else { FindingRole::Target };
    (seen.about().subject(), role)
}

/// The same service of the same other end is the same trouble.
fn identity(seen: &Observation<'_>, service: &'static str) -> u64 {
    let other = if seen.source.is_inside() { seen.target } else { seen.source };
    StableHash::new("service").bytes(service.as_bytes()).ip(other.ip).finish()
}

fn finding(seen: &Observation<'_>, service: &'static str, trouble: Trouble) -> Finding {
    let Trouble { kind, sure, identity, failed } = trouble;
    let all = [
        ("service", Fact::choice(service)),
        ("count", Fact::Count(failed.amount)),
        ("window", Fact::Duration(failed.span.max(Duration::from_secs(1)))),
    ];
    let mut facts = Facts::new();
    for (name, fact) in all.into_iter().filter(|(name, _)| kind.facts.contains(name)) {
        facts.set(name, fact);
    }
    Finding { identity, facts, ..seen.finding(kind, sure) }
}

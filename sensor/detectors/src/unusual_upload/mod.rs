//! Unusual upload: a device sends much to a place outside where the clinic does not usually send anything.
//!
//! Adds up what each device sends to each destination over some hours. What it sees and what fools it: `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "unusual-upload",
    kinds: &[&UNUSUAL_UPLOAD],
    wants: &[Topic::Contact],
    memory_bytes_max: SumPerWindow::<(Subject, u64)>::memory_bytes(PAIRS_MAX) * 2,
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| Ok(Box::new(UnusualUpload::new(settings.read()?, settings.seed))),
};

static UNUSUAL_UPLOAD: Kind = Kind {
    id: "unusual-upload",
    category: Category::Exfiltration,
    techniques: &["T1048", "T1567"],
    message: "unusual_upload",
    facts: &["bytes", "window"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: true,
    quiet_for: Duration::from_secs(12 * 3_600),
};

/// Most pairs of (device, destination) counted at once.
const PAIRS_MAX: usize = 2_048;

/// Overridden in `[detectors.unusual-upload]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    bytes_min: u64,
    sent_per_received_min: u64,
    usual_times_max: u64,
    window_secs: u64,
}

struct UnusualUpload {
    limits: Limits,
    sent: SumPerWindow<(Subject, u64)>,
    received: SumPerWindow<(Subject, u64)>,
}

impl UnusualUpload {
    fn new(limits: Limits, seed: u64) -> Self {
        let window = Duration::from_secs(limits.window_secs);
        UnusualUpload {
            sent: SumPerWindow::new(PAIRS_MAX, window, seed),
            received: SumPerWindow::new(PAIRS_MAX, window, seed),
            limits,
        }
    }
}

impl Detector for UnusualUpload {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let What::Contact(contact) = seen.what else { return };
        let Some(Crossing { inside, outside, up, down }) = seen.crossing() else { return };
        let destination = context.inventory.destination(outside.ip);
        let key = (inside.subject(), destination);
        let Sum { amount: sent, span } = self.sent.add_within(key, up, contact.within, context.now);
        let received = self.received.add(key, down, context.now).amount;

        let Limits { bytes_min, sent_per_received_min, usual_times_max, .. } = self.limits;
        let usual = context.normal.destination(destination).map_or(0, |known| known.bytes_day_max);
        if sent < received.saturating_mul(sent_per_received_min)
            || sent < usual.saturating_mul(usual_times_max)
        {
            return;
        }
        // The limit crossed by this report, or doubled since, is news. Half of it is worth comparing with other clinics.
        let before = sent.saturating_sub(up);
        let doubled = |min: u64| steps(sent, min) > steps(before, min);
        if !doubled(bytes_min / 2) {
            out.goes_on(seen, &UNUSUAL_UPLOAD, destination);
            return;
        }
        let confidence = Confidence::percent(if usual == 0 { 80 } else { 60 });
        let finding = Finding {
            identity: destination,
            role: FindingRole::Source,
            facts: Facts::new()
                .with("bytes", Fact::Bytes(sent))
                .with("window", Fact::Duration(span.max(Duration::from_secs(1)))),
            ..seen.finding(&UNUSUAL_UPLOAD, confidence)
        };
        if doubled(bytes_min) {
            out.report(finding);
        } else if sent < bytes_min {
            let name = context.inventory.outside_name(outside.ip);
            let place = name.map_or_else(|| outside.ip.to_string(), str::to_owned);
            let facts = Facts::new().with("destination", Fact::indicator(&place, false));
            out.sight(Finding { facts: facts.with("bytes", Fact::Bytes(sent)), ..finding });
        }
    }

    fn forgotten(&self) -> u64 {
        self.sent.forgotten()
    }
}

/// How often `sent` has come to `min`, counting the first time and each doubling.
fn steps(sent: u64, min: u64) -> u32 {
    sent.checked_div(min).and_then(u64::checked_ilog2).map_or(0, |doublings| doublings.saturating_add(1))
}

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
        if !contact.phase.is_report() || seen.source.is_inside() == seen.target.is_inside() {
            return;
        }
        let (inside, outside, up, down) = if seen.source.is_inside() {
            (seen.source, seen.target, contact.sent.bytes, contact.received.bytes)
        } else {
            (seen.target, seen.source, contact.received.bytes, contact.sent.bytes)
        };
        let destination = context.inventory.destination(outside.ip);
        let key = (inside.subject(), destination);
        let sent = self.sent.add(key, up, context.now);
        let received = self.received.add(key, down, context.now);

        let Limits { bytes_min, sent_per_received_min, usual_times_max, window_secs } = self.limits;
        let is_much = sent >= bytes_min && sent >= received.saturating_mul(sent_per_received_min);
        // The limit crossed by this report, or doubled since, is news.
        let before = sent.saturating_sub(up);
        let is_news = before < bytes_min || (sent / bytes_min).ilog2() > (before / bytes_min).max(1).ilog2();
        let usual = context.normal.destination(destination).map_or(0, |known| known.bytes_day_max);
        if !is_much || !is_news || sent < usual.saturating_mul(usual_times_max) {
            return;
        }
        out.report(Finding {
            identity: destination,
            role: FindingRole::Source,
            facts: Facts::new()
                .with("bytes", Fact::Bytes(sent))
                .with("window", Fact::Duration(Duration::from_secs(window_secs))),
            ..seen.finding(&UNUSUAL_UPLOAD, Confidence::percent(if usual == 0 { 80 } else { 60 }))
        });
    }

    fn forgotten(&self) -> u64 {
        self.sent.forgotten()
    }
}

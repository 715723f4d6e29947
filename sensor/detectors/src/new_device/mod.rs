//! New device: a device is heard for the first time in a clinic whose devices are known.
//!
//! Speaks in cards only when the clinic has been learned. What it sees and what fools it: `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "new-device",
    kinds: &[&NEW_DEVICE],
    wants: &[Topic::NewDevice],
    memory_bytes_max: 0,
    readme: include_str!("README.md"),
    settings_toml: "",
    build: |_settings| Ok(Box::new(NewDevice)),
};

static NEW_DEVICE: Kind = Kind {
    id: "new-device",
    category: Category::NewDevice,
    techniques: &["T1200"],
    message: "new_device",
    facts: &[],
    severity: Severity::Low,
    alone: Due::Week,
    card_from: Confidence::percent(50),
    needs_profile: true,
    quiet_for: Duration::from_secs(7 * 24 * 3_600),
};

struct NewDevice;

impl Detector for NewDevice {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let Some(device) = seen.source.device.and_then(|id| context.inventory.get(id)) else { return };
        if device.given.is_some() {
            return;
        }
        // A phone that made its own address up is a visitor, or an old friend under a new name: a note.
        let sure = if device.is_visitor() { 30 } else { 80 };
        out.report(Finding { peer: None, ..seen.finding(&NEW_DEVICE, Confidence::percent(sure)) });
    }

    fn forgotten(&self) -> u64 {
        0
    }
}

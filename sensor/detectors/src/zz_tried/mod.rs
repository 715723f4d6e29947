//! ZzTried: a device keeps talking to a door that nobody uses (say what yours sees).
//!
//! Counts conversations that were answered at one port, for each device. It does not look at what was said. What it sees and what fools
//! it: `README.md` beside this file.

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "zz-tried",
    kinds: &[&ZZ_TRIED],
    wants: &[Topic::Contact],
    memory_bytes_max: Recent::<Subject, u32>::memory_bytes(DEVICES_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| {
        Ok(Box::new(ZzTried { limits: settings.read()?, contacts: Recent::new(DEVICES_MAX, settings.seed) }))
    },
};

static ZZ_TRIED: Kind = Kind {
    id: "zz-tried",
    category: Category::Anomaly,
    techniques: &[],
    // Until it has its own: `cargo xtask new message NAME`.
    message: "new_device",
    facts: &[],
    severity: Severity::Low,
    // A note. A new kind earns its card by calm days without a false one.
    alone: Due::None,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: Duration::from_secs(2 * 3_600),
};

/// Most devices counted at once. Guess: a clinic has some thirty.
const DEVICES_MAX: usize = 256;

/// Overridden in `[detectors.zz-tried]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    port: u16,
    contacts_min: u32,
}

struct ZzTried {
    limits: Limits,
    /// How many conversations each device had at the port.
    contacts: Recent<Subject, u32>,
}

impl Detector for ZzTried {
    fn look(&mut self, seen: &Observation<'_>, _context: &Context<'_>, out: &mut Findings) {
        let What::Contact(Contact { phase: Phase::Answered, .. }) = seen.what else { return };
        if seen.target.port != self.limits.port || !seen.source.is_inside() {
            return;
        }

        let contacts = self.contacts.entry(seen.source.subject(), || 0);
        *contacts = contacts.saturating_add(1);
        if *contacts != self.limits.contacts_min {
            return;
        }

        out.report(Finding {
            // The same port is the same trouble of a device.
            identity: StableHash::new("port").u64(u64::from(self.limits.port)).finish(),
            ..seen.finding(&ZZ_TRIED, Confidence::percent(60))
        });
    }

    fn forgotten(&self) -> u64 {
        self.contacts.forgotten()
    }
}

//! Increased activity: a device does far more in an hour than it usually does in such an hour.
//!
//! Compares bytes, conversations and ends with the device's own habits (`sensor/normal`). What it sees and what fools it: `README.md` beside
//! this file.

use common_model::DeviceId;
use sensor_normal::Measure;

use crate::prelude::*;

/// What it is.
pub(crate) static SPEC: Spec = Spec {
    id: "increased-activity",
    kinds: &[&INCREASED_ACTIVITY],
    wants: &[Topic::Contact],
    memory_bytes_max: Recent::<DeviceId, Timestamp>::memory_bytes(DEVICES_MAX),
    readme: include_str!("README.md"),
    settings_toml: include_str!("settings.toml"),
    build: |settings| {
        Ok(Box::new(IncreasedActivity {
            limits: settings.read()?,
            looked: Recent::new(DEVICES_MAX, settings.seed),
        }))
    },
};

static INCREASED_ACTIVITY: Kind = Kind {
    id: "increased-activity",
    category: Category::Anomaly,
    techniques: &[],
    message: "increased_activity",
    facts: &["measure", "times"],
    severity: Severity::Medium,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: true,
    quiet_for: Duration::from_secs(4 * 3_600),
};

/// Most devices of which we remember when we last looked.
const DEVICES_MAX: usize = 1_024;

/// So often a device's hour is looked at: the comparison costs some microseconds.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Overridden in `[detectors.increased-activity]`; what each means and where the defaults come from: `settings.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    deviations_min: f64,
    times_min: f64,
    bytes_min: u64,
    flows_min: u64,
    peers_min: u64,
}

struct IncreasedActivity {
    limits: Limits,
    looked: Recent<DeviceId, Timestamp>,
}

impl Detector for IncreasedActivity {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let Some(device) = seen.source.device else { return };
        let looked = self.looked.entry(device, || context.now);
        if context.now.since(*looked) < LOOK_EVERY {
            return;
        }
        *looked = context.now;
        for measure in Measure::ALL {
            let (least, word) = match measure {
                Measure::Bytes => (self.limits.bytes_min, "bytes"),
                Measure::Flows => (self.limits.flows_min, "flows"),
                Measure::Peers => (self.limits.peers_min, "peers"),
            };
            let value = context.normal.so_far(device, measure);
            if value < least {
                continue;
            }
            let Some(usual) = context.normal.usual(device, measure, context.now, context.calendar) else {
                continue;
            };
            let times = usual.times(value);
            if times < self.limits.times_min || usual.deviations_above(value) < self.limits.deviations_min {
                continue;
            }
            out.report(Finding {
                peer: None,
                facts: Facts::new()
                    .with("measure", Fact::Choice(word))
                    .with("times", Fact::Count(times.round() as u64)),
                ..seen.finding(&INCREASED_ACTIVITY, Confidence::percent(75))
            });
            return;
        }
    }

    fn forgotten(&self) -> u64 {
        self.looked.forgotten()
    }
}

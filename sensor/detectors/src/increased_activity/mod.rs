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
    memory_bytes_max: Recent::<DeviceId, Looked>::memory_bytes(DEVICES_MAX),
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
    largest_times_min: f64,
    bytes_min: u64,
    flows_min: u64,
    peers_min: u64,
}

/// When a device's hour was looked at last, and what was told of it.
#[derive(Clone, Copy, Debug)]
struct Looked {
    at: Timestamp,
    /// How many times the usual we have said; 0 once it was usual again.
    told: f64,
}

struct IncreasedActivity {
    limits: Limits,
    looked: Recent<DeviceId, Looked>,
}

impl Detector for IncreasedActivity {
    fn look(&mut self, seen: &Observation<'_>, context: &Context<'_>, out: &mut Findings) {
        let Some(device) = seen.source.device else { return };
        let now = context.now;
        let looked = self.looked.entry(device, || Looked { at: now, told: 0.0 });
        if now.since(looked.at) < LOOK_EVERY {
            return;
        }
        looked.at = now;
        let Some((word, times)) = self.limits.most_unusual(device, context) else {
            looked.told = 0.0;
            return;
        };
        if times < 2.0 * looked.told {
            out.goes_on(seen, &INCREASED_ACTIVITY, 0);
            return;
        }
        looked.told = times;
        out.report(Finding {
            peer: None,
            facts: Facts::new()
                .with("measure", Fact::choice(word))
                .with("times", Fact::Count(times.round() as u64)),
            ..seen.finding(&INCREASED_ACTIVITY, Confidence::percent(75))
        });
    }

    fn forgotten(&self) -> u64 {
        self.looked.forgotten()
    }
}

impl Limits {
    /// The measure that is farthest above the usual of this hour, and how many times; `None` when all are usual.
    fn most_unusual(&self, device: DeviceId, context: &Context<'_>) -> Option<(&'static str, f64)> {
        let unusual = |measure| {
            let (least, word) = match measure {
                Measure::Bytes => (self.bytes_min, "bytes"),
                Measure::Flows => (self.flows_min, "flows"),
                Measure::Peers => (self.peers_min, "peers"),
            };
            let value = context.normal.so_far(device, measure);
            if value < least {
                return None;
            }
            let usual = context.normal.usual(device, measure, context.now, context.calendar)?;
            let times = usual.times(value, (least as f64 / self.times_min) as u64);
            let is_unusual = times >= self.times_min
                && usual.deviations_above(value) >= self.deviations_min
                && value as f64 >= usual.largest as f64 * self.largest_times_min;
            is_unusual.then_some((word, times))
        };
        Measure::ALL.into_iter().filter_map(unusual).max_by(|(_, one), (_, other)| one.total_cmp(other))
    }
}

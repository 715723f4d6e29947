//! One device's hours.

use arrayvec::ArrayVec;
use common_model::Timestamp;

use crate::normal::{Calendar, HourOf};

/// Eight weeks.
pub(crate) const HOURS_MAX: usize = 8 * 7 * 24;

/// A device has a profile when its hours reach so far back, in hours. Guess: one week, so that every weekday was seen once.
pub(crate) const LEARNED_HOURS_MIN: u64 = 7 * 24;

/// Fewer hours alike than this say nothing. Guess: three days of one sort (open or closed) are in every week.
const SAMPLES_MIN: usize = 3;

/// More hours alike there cannot be: one a day, and a few where the clock was changed.
const SAMPLES_MAX: usize = 8 * 7 + 8;

/// What is measured of a device in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Bytes on the wire, both ways.
    Bytes,
    /// Conversations it opened.
    Flows,
    /// Different ends it opened conversations to.
    Peers,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 3] = [Measure::Bytes, Measure::Flows, Measure::Peers];
}

/// One hour, each measure as `log2(1 + value) · 1024`: 0.07 % precise from 0 to 2^62.
pub(crate) type Hour = [u16; 3];

/// Nothing is known of that hour: the box did not listen, or the device had a card.
pub(crate) const UNKNOWN: Hour = [u16::MAX; 3];

const STEPS: f64 = 1_024.0;

pub(crate) fn packed(value: u64) -> u16 {
    // 64 · 1024 fits in 16 bits but for its last value, which is UNKNOWN's.
    (((value as f64) + 1.0).log2() * STEPS).round().min(65_534.0) as u16
}

fn unpacked(packed: u16) -> u64 {
    ((f64::from(packed) / STEPS).exp2() - 1.0).round() as u64
}

/// What is usual of one measure at one hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The median of the hours alike.
    pub median: u64,
    /// The largest of all hours.
    pub largest: u64,
    /// How many hours alike there were.
    pub samples: u32,
    median_log2: f64,
    deviation_log2: f64,
}

impl Usual {
    /// How many usual deviations above usual this is; at least a sixth of a doubling counts as one, so that a device that always does the
    /// same is not odd for doing a little more.
    #[must_use]
    pub fn deviations_above(&self, value: u64) -> f64 {
        /// 1.4826 turns a median deviation into a standard one (Rousseeuw and Croux, 1993).
        const TO_STANDARD: f64 = 1.482_6;
        let above = ((value as f64) + 1.0).log2() - self.median_log2;
        above / (self.deviation_log2 * TO_STANDARD).max(1.0 / 6.0)
    }

    /// How many times the usual this is, when that is at least `floor`: what is many times nothing may still be little.
    #[must_use]
    pub fn times(&self, value: u64, floor: u64) -> f64 {
        value as f64 / self.median.max(floor).max(1) as f64
    }
}

/// The hours of one device.
#[derive(Debug)]
pub(crate) struct Habits {
    /// A ring: hour number n (since the epoch) stands at `n % HOURS_MAX`.
    hours: [Hour; HOURS_MAX],
    /// The first and one past the last hour number that the ring holds.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Habits {
    pub(crate) fn new(hour: u64) -> Self {
        Habits { hours: [UNKNOWN; HOURS_MAX], from: hour, to: hour }
    }

    /// Writes one hour down; those skipped are unknown, those older than eight weeks are gone.
    pub(crate) fn learn(&mut self, number: u64, hour: Hour) {
        if number < self.to {
            return;
        }
        if number - self.to >= HOURS_MAX as u64 {
            *self = Habits::new(number);
        }
        for skipped in self.to..number {
            self.put(skipped, UNKNOWN);
        }
        self.put(number, hour);
        self.to = number + 1;
        self.from = self.from.max(self.to.saturating_sub(HOURS_MAX as u64));
    }

    fn put(&mut self, number: u64, hour: Hour) {
        if let Some(place) = self.hours.get_mut((number % HOURS_MAX as u64) as usize) {
            *place = hour;
        }
    }

    pub(crate) fn get(&self, number: u64) -> Hour {
        self.hours.get((number % HOURS_MAX as u64) as usize).copied().unwrap_or(UNKNOWN)
    }

    pub(crate) fn is_learned(&self) -> bool {
        self.to - self.from >= LEARNED_HOURS_MIN
    }

    /// Whether the device was heard at all within half a day of this hour. One that was away (a laptop at home, a closed clinic) was not
    /// quiet: that says nothing of what is usual when it is here.
    fn was_here(&self, number: u64) -> bool {
        const HALF_A_DAY: u64 = 12;
        let (from, to) = (number.saturating_sub(HALF_A_DAY), number.saturating_add(HALF_A_DAY));
        (from.max(self.from)..to.min(self.to)).any(|near| !matches!(self.get(near), UNKNOWN | [0, 0, 0]))
    }

    /// What is usual of a measure in the hour of `now`.
    pub(crate) fn usual(&self, measure: Measure, now: Timestamp, calendar: &dyn Calendar) -> Option<Usual> {
        if !self.is_learned() {
            return None;
        }
        let this = calendar.hour_of(now);
        let is_long = self.to - self.from >= HOURS_MAX as u64;
        let alike = |other: HourOf| {
            if is_long {
                other.hour_of_week == this.hour_of_week
            } else {
                other.hour_of_day == this.hour_of_day && other.is_open == this.is_open
            }
        };
        let this_number = now.as_secs() / 3_600;
        let mut largest = 0;
        let mut samples = ArrayVec::<u16, SAMPLES_MAX>::new();
        for number in self.from..self.to {
            // The same hour of the day, or one beside it where the clock was changed between.
            let is_near = matches!(number.abs_diff(this_number) % 24, 0 | 1 | 23);
            let hour = self.get(number);
            if hour == UNKNOWN {
                continue;
            }
            largest = largest.max(hour[measure as usize]);
            if is_near
                && self.was_here(number)
                && alike(calendar.hour_of(Timestamp::from_secs(number * 3_600)))
                && samples.try_push(hour[measure as usize]).is_err()
            {
                break;
            }
        }
        if samples.len() < SAMPLES_MIN {
            return None;
        }
        let median = median(&mut samples)?;
        let count = samples.len() as u32;
        samples.iter_mut().for_each(|sample| *sample = sample.abs_diff(median));
        let deviation = self::median(&mut samples)?;
        let median_log2 = f64::from(median) / STEPS;
        Some(Usual {
            median: unpacked(median),
            largest: unpacked(largest),
            samples: count,
            median_log2,
            deviation_log2: f64::from(deviation) / STEPS,
        })
    }
}

/// The middle one (of an even number, the upper of the two).
fn median(samples: &mut [u16]) -> Option<u16> {
    let middle = samples.len() / 2;
    (!samples.is_empty()).then(|| *samples.select_nth_unstable(middle).1)
}

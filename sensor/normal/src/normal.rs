//! All devices' habits, the hour in progress, and where the clinic sends data.

use common_model::{DeviceId, Timestamp};
use sensor_tables::{Distinct, Recent};
use serde::{Deserialize, Serialize};

use crate::destinations::{DESTINATIONS_MAX, Destinations, SavedDestination};
use crate::habits::{HOURS_MAX, Habits, Hour, LEARNED_HOURS_MIN, Measure, UNKNOWN, Usual, packed};

/// Most devices with habits: 8 kB each. Guess: a clinic has 10 to 60; guests' phones need none but may have one.
const DEVICES_MAX: usize = 512;

const HOUR_SECS: u64 = 3_600;

/// What sort of hour a moment is in, for the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourOf {
    /// 0 to 23, local time.
    pub hour_of_day: u8,
    /// 0 (Monday, midnight) to 167, local time.
    pub hour_of_week: u8,
    /// Whether the clinic is open.
    pub is_open: bool,
}

/// Knows the clinic's hours.
pub trait Calendar {
    /// What sort of hour a moment is in.
    fn hour_of(&self, at: Timestamp) -> HourOf;
}

/// The hour in progress.
#[derive(Clone, Copy, Debug, Default)]
struct Now {
    bytes: u64,
    flows: u64,
    peers: Distinct,
}

impl Now {
    fn value(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Bytes => self.bytes,
            Measure::Flows => self.flows,
            Measure::Peers => u64::from(self.peers.estimate()),
        }
    }
}

#[derive(Debug)]
struct Entry {
    habits: Habits,
    now: Now,
}

/// A device's habits as a snapshot keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedHabits {
    /// Whose: a device's id.
    pub device: u64,
    /// The first hour, in hours since the epoch.
    pub from: u64,
    /// Each hour's three measures, packed.
    pub hours: Vec<Hour>,
}

/// What is normal, as a snapshot keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedNormal {
    /// The first hour that the box listened, in hours since the epoch.
    pub since: Option<u64>,
    /// The hour after the last that it listened.
    pub until: u64,
    /// Each device's.
    pub devices: Vec<SavedHabits>,
    /// Where the clinic sends data.
    pub destinations: Vec<SavedDestination>,
}

impl SavedNormal {
    /// The same a number of hours later (or, below zero, earlier): for a clock that was corrected.
    #[must_use]
    pub fn moved(mut self, hours: i64) -> SavedNormal {
        self.since = self.since.map(|since| since.saturating_add_signed(hours));
        self.until = self.until.saturating_add_signed(hours);
        for device in &mut self.devices {
            device.from = device.from.saturating_add_signed(hours);
        }
        for destination in &mut self.destinations {
            destination.day = destination.day.saturating_add_signed(hours / 24);
        }
        self
    }
}

/// What is normal in this clinic.
#[derive(Debug)]
pub struct Normal {
    devices: Recent<DeviceId, Entry>,
    destinations: Destinations,
    /// The first hour that the box listened.
    since: Option<u64>,
    /// The hour in progress.
    hour: u64,
    /// The hour in progress was not heard from its beginning.
    is_partial: bool,
}

impl Normal {
    /// Nothing is known.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Normal {
            devices: Recent::new(DEVICES_MAX, seed),
            destinations: Destinations::new(seed),
            since: None,
            hour: 0,
            is_partial: true,
        }
    }

    /// Memory it may take, in bytes.
    #[must_use]
    pub const fn memory_bytes_max() -> usize {
        Recent::<DeviceId, Entry>::memory_bytes(DEVICES_MAX)
            + Recent::<u64, SavedDestination>::memory_bytes(DESTINATIONS_MAX)
    }

    /// When the hour in progress ends; call [`Normal::close_hour`] then.
    #[must_use]
    pub fn hour_ends_at(&self) -> Timestamp {
        Timestamp::from_secs(self.hour.saturating_add(1).saturating_mul(HOUR_SECS))
    }

    /// Time has come to `now`: hours that ended are learned, but not of those devices that `leave_out` names.
    pub fn close_hour(&mut self, now: Timestamp, leave_out: &dyn Fn(DeviceId) -> bool) {
        let number = now.as_secs() / HOUR_SECS;
        if self.since.is_none() {
            self.since = Some(number);
            self.hour = number;
        }
        if number <= self.hour {
            return;
        }
        // An hour of which a part was not heard says nothing.
        let is_whole =
            !core::mem::replace(&mut self.is_partial, false) && number == self.hour.saturating_add(1);
        for (device, Entry { habits, now }) in self.devices.values_mut() {
            let hour = if is_whole && !leave_out(*device) {
                Measure::ALL.map(|measure| packed(now.value(measure)))
            } else {
                UNKNOWN
            };
            habits.learn(self.hour, hour);
            *now = Now::default();
        }
        self.hour = number;
    }

    /// The clock leaps to `now`: nobody listened in the hours between, so they do not count as hours that are known.
    pub fn leap(&mut self, now: Timestamp) {
        let leapt = (now.as_secs() / HOUR_SECS).saturating_sub(self.hour);
        self.since = self.since.map(|since| since.saturating_add(leapt));
    }

    /// A device opened a conversation to this end (a hash of it).
    pub fn opened(&mut self, device: DeviceId, peer: u64) {
        let now = self.now_of(device);
        now.flows = now.flows.saturating_add(1);
        now.peers.add(peer);
    }

    /// So many bytes went from or to a device.
    pub fn carried(&mut self, device: DeviceId, bytes: u64) {
        let now = self.now_of(device);
        now.bytes = now.bytes.saturating_add(bytes);
    }

    fn now_of(&mut self, device: DeviceId) -> &mut Now {
        let hour = self.hour;
        &mut self.devices.entry(device, || Entry { habits: Habits::new(hour), now: Now::default() }).now
    }

    /// What a device has done in the hour in progress.
    #[must_use]
    pub fn so_far(&self, device: DeviceId, measure: Measure) -> u64 {
        self.devices.get(&device).map_or(0, |entry| entry.now.value(measure))
    }

    /// What is usual for a device at this hour; `None` before that was learned.
    #[must_use]
    pub fn usual(
        &self,
        device: DeviceId,
        measure: Measure,
        now: Timestamp,
        calendar: &dyn Calendar,
    ) -> Option<Usual> {
        self.devices.get(&device)?.habits.usual(measure, now, calendar)
    }

    /// Whether what is normal for this device was learned.
    #[must_use]
    pub fn has_profile(&self, device: DeviceId) -> bool {
        self.devices.get(&device).is_some_and(|entry| entry.habits.is_learned())
    }

    /// Whether the box has listened long enough to know the clinic.
    #[must_use]
    pub fn knows_clinic(&self) -> bool {
        self.since.is_some_and(|since| self.hour.saturating_sub(since) >= LEARNED_HOURS_MIN)
    }

    /// Notes that so much was sent to a destination outside (a hash of its name).
    pub fn sent_to(&mut self, destination: u64, bytes: u64, now: Timestamp) {
        self.destinations.note(destination, bytes, now);
    }

    /// Forgets what was sent to a destination today: it turned out to be a part of some trouble.
    pub fn forget_today(&mut self, destination: u64) {
        self.destinations.forget_today(destination);
    }

    /// What is known of a destination.
    #[must_use]
    pub fn destination(&self, destination: u64) -> Option<SavedDestination> {
        self.destinations.known.get(&destination).copied()
    }

    /// What a snapshot keeps. The hour in progress is not kept.
    #[must_use]
    pub fn save(&self) -> SavedNormal {
        let mut devices: Vec<SavedHabits> = self
            .devices
            .iter()
            .map(|(device, Entry { habits, .. })| SavedHabits {
                device: device.0,
                from: habits.from,
                hours: (habits.from..habits.to).map(|number| habits.get(number)).collect(),
            })
            .collect();
        let mut destinations: Vec<SavedDestination> =
            self.destinations.known.iter().map(|(_, destination)| *destination).collect();
        devices.reverse();
        destinations.reverse();
        SavedNormal { since: self.since, until: self.hour, devices, destinations }
    }

    /// Puts back what a snapshot kept.
    pub fn restore(&mut self, saved: &SavedNormal) {
        self.since = saved.since;
        self.hour = saved.until;
        self.is_partial = true;
        for old in &saved.devices {
            let mut habits = Habits::new(old.from);
            for (number, hour) in (old.from..).zip(old.hours.iter().take(HOURS_MAX)) {
                habits.learn(number, *hour);
            }
            self.devices.entry(DeviceId(old.device), || Entry { habits, now: Now::default() });
        }
        for old in &saved.destinations {
            self.destinations.known.entry(old.key, || *old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UTC, open from 8 to 16 on weekdays.
    struct Office;

    impl Calendar for Office {
        fn hour_of(&self, at: Timestamp) -> HourOf {
            let hour = at.as_secs() / HOUR_SECS;
            let hour_of_day = (hour % 24) as u8;
            // 1970-01-01 was a Thursday.
            let weekday = (hour / 24 + 3) % 7;
            HourOf {
                hour_of_day,
                hour_of_week: (weekday * 24) as u8 + hour_of_day,
                is_open: weekday < 5 && (8..16).contains(&hour_of_day),
            }
        }
    }

    const PC: DeviceId = DeviceId(7);

    /// A PC that opens about forty conversations an hour when the clinic is open, for `days` days; `busy` more on the last day.
    fn lived(days: u64, leave_out: bool) -> Normal {
        let mut normal = Normal::new(1);
        for hour in 0..days * 24 {
            let now = Timestamp::from_secs(hour * HOUR_SECS);
            normal.close_hour(now, &|_| leave_out && hour > 24);
            if Office.hour_of(now).is_open {
                for flow in 0..40 + hour % 7 {
                    normal.opened(PC, (flow % 9) << 48);
                    normal.carried(PC, 10_000);
                }
            } else {
                normal.carried(PC, 500);
            }
        }
        normal.close_hour(Timestamp::from_secs(days * 24 * HOUR_SECS), &|_| false);
        normal
    }

    /// Tuesday of the second or a later week, 10:00 UTC, after `days` days.
    fn ten_oclock(days: u64) -> Timestamp {
        Timestamp::from_secs((days * 24 + 10) * HOUR_SECS)
    }

    #[test]
    fn knows_the_usual_after_a_week() {
        assert!(lived(6, false).usual(PC, Measure::Flows, ten_oclock(6), &Office).is_none());
        let normal = lived(12, false);
        let usual = normal.usual(PC, Measure::Flows, ten_oclock(12), &Office).unwrap();
        assert!((38..=48).contains(&usual.median), "{usual:?}");
        assert!(usual.deviations_above(45) < 3.0 && usual.deviations_above(400) > 10.0, "{usual:?}");
        assert_eq!(normal.usual(PC, Measure::Peers, ten_oclock(12), &Office).unwrap().median, 9);
        let night = Timestamp::from_secs((12 * 24 + 3) * HOUR_SECS);
        assert_eq!(normal.usual(PC, Measure::Flows, night, &Office).unwrap().median, 0);
    }

    #[test]
    fn after_eight_weeks_the_hour_of_the_week_counts() {
        let normal = lived(57, false);
        let usual = normal.usual(PC, Measure::Flows, ten_oclock(61), &Office).unwrap();
        assert_eq!(usual.samples, 8);
    }

    #[test]
    fn does_not_learn_from_a_device_in_trouble() {
        assert!(lived(12, true).usual(PC, Measure::Flows, ten_oclock(12), &Office).is_none());
    }

    #[test]
    fn what_was_sent_today_can_be_forgotten_and_earlier_days_stay() {
        let mut normal = Normal::new(1);
        for day in 10..13 {
            normal.sent_to(99, day * 1_000, ten_oclock(day));
        }
        normal.forget_today(99);
        normal.sent_to(99, 1, ten_oclock(13));
        assert_eq!(normal.destination(99).unwrap().bytes_day_max, 11_000);
    }

    #[test]
    fn a_snapshot_gives_the_same_back() {
        let mut normal = lived(12, false);
        normal.sent_to(99, 5_000_000, ten_oclock(12));
        let mut again = Normal::new(2);
        again.restore(&normal.save());
        assert_eq!(again.save(), normal.save());
        assert_eq!(
            again.usual(PC, Measure::Bytes, ten_oclock(12), &Office),
            normal.usual(PC, Measure::Bytes, ten_oclock(12), &Office)
        );
        assert!(again.knows_clinic() && again.has_profile(PC));
    }
}

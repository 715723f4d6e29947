//! Epochs: a key for each month, in force a day longer on both ends, so that round the change both are used for 48 hours.

use core::time::Duration;

use common_model::Timestamp;
use jiff::civil::{Date, date};
use jiff::{ToSpan as _, tz::TimeZone};

use crate::pass::DAY;

/// A key is made and sent so long before it is in force: a box that is offline for days has it in time. Guess.
pub const AHEAD: Duration = Duration::from_secs(7 * 86_400);

/// A month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// As `2026-03`.
    pub name: String,
    /// In force from then.
    pub from: Timestamp,
    /// In force until then.
    pub until: Timestamp,
}

/// The epochs whose keys boxes must have now: what is in force, and what soon will be.
#[must_use]
pub fn needed(now: Timestamp) -> Vec<Epoch> {
    let months = [now - DAY, now, now + AHEAD + DAY].map(first_of_month);
    let mut epochs: Vec<Epoch> = Vec::new();
    for first in months {
        let epoch = of_month(first);
        let is_needed = epoch.until > now && epoch.from <= now + AHEAD;
        if is_needed && epochs.last() != Some(&epoch) {
            epochs.push(epoch);
        }
    }
    epochs
}

fn of_month(first: Date) -> Epoch {
    let next = first.checked_add(1.month()).unwrap_or(first);
    Epoch {
        name: format!("{:04}-{:02}", first.year(), first.month()),
        from: start_of(first) - DAY,
        until: start_of(next) + DAY,
    }
}

fn first_of_month(at: Timestamp) -> Date {
    let secs = i64::try_from(at.as_secs()).unwrap_or_default();
    let day = jiff::Timestamp::from_second(secs).map(|at| TimeZone::UTC.to_datetime(at).date());
    day.map_or(date(1970, 1, 1), Date::first_of_month)
}

fn start_of(day: Date) -> Timestamp {
    let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    let secs = midnight.map(jiff::Timestamp::as_second).unwrap_or_default();
    Timestamp::from_secs(u64::try_from(secs).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(at: &str) -> Vec<String> {
        let nanos = at.parse::<jiff::Timestamp>().unwrap().as_nanosecond();
        needed(Timestamp::from_nanos(u64::try_from(nanos).unwrap())).into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn both_keys_round_the_change_and_the_next_one_in_time() {
        assert_eq!(names("2026-03-12T00:00:00Z"), ["2026-03"]);
        assert_eq!(names("2026-03-25T00:00:00Z"), ["2026-03", "2026-04"]);
        assert_eq!(names("2026-03-31T12:00:00Z"), ["2026-03", "2026-04"]);
        assert_eq!(names("2026-04-01T12:00:00Z"), ["2026-03", "2026-04"]);
        assert_eq!(names("2026-04-02T12:00:00Z"), ["2026-04"]);
        assert_eq!(names("2026-12-28T00:00:00Z"), ["2026-12", "2027-01"]);
    }

    #[test]
    fn an_epoch_is_a_day_longer_on_both_ends() {
        let march = of_month(date(2026, 3, 1));
        assert_eq!(march.from.to_string(), "2026-02-28T00:00:00.000000000Z");
        assert_eq!(march.until.to_string(), "2026-04-02T00:00:00.000000000Z");
    }
}

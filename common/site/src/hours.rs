//! Opening hours, and the hour of the day and of the week as the clinic's own clock shows it.

use core::fmt;
use core::str::FromStr;

use jiff::civil::{DateTime, Weekday};

/// When a day begins and ends, in minutes since midnight: `08:00-16:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayHours {
    opens_minute: u16,
    closes_minute: u16,
}

/// Minutes of a day; the latest a day can close (`24:00`).
const MINUTES_A_DAY: u16 = 24 * 60;

impl DayHours {
    /// From minutes since midnight; `None` unless it opens before it closes, on the same day.
    #[must_use]
    pub const fn new(opens_minute: u16, closes_minute: u16) -> Option<Self> {
        if opens_minute < closes_minute && closes_minute <= MINUTES_A_DAY {
            Some(DayHours { opens_minute, closes_minute })
        } else {
            None
        }
    }

    /// Whether this minute of the day lies inside. The last minute does not: at 16:00 a clinic that closes at 16:00 is closed.
    #[must_use]
    pub const fn holds(self, minute_of_day: u16) -> bool {
        self.opens_minute <= minute_of_day && minute_of_day < self.closes_minute
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (opens, closes) = (self.opens_minute, self.closes_minute);
        write!(f, "{:02}:{:02}-{:02}:{:02}", opens / 60, opens % 60, closes / 60, closes % 60)
    }
}

impl FromStr for DayHours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (opens, closes) = text.split_once('-').ok_or("hours are written as in 08:00-16:00")?;
        let opens = minute_of_day(opens.trim()).ok_or("the first time is not written as in 08:00")?;
        let closes = minute_of_day(closes.trim()).ok_or("the second time is not written as in 16:00")?;
        DayHours::new(opens, closes).ok_or("hours end before they begin")
    }
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= MINUTES_A_DAY).then_some(total)
}

/// Opening hours of a week, Monday first; a day without hours is closed. Knows no holidays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningHours(pub [Option<DayHours>; 7]);

impl OpeningHours {
    /// Whether the clinic is open at this local time.
    #[must_use]
    pub fn hold(&self, local: DateTime) -> bool {
        self.0[monday_first(local.weekday())].is_some_and(|hours| hours.holds(minute_of(local)))
    }
}

impl Default for OpeningHours {
    /// Monday to Friday, 08:00 to 16:00.
    fn default() -> Self {
        let day = DayHours::new(8 * 60, 16 * 60);
        OpeningHours([day, day, day, day, day, None, None])
    }
}

/// The hour as the clinic's clock shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalHour {
    /// 0 to 23.
    pub hour_of_day: u8,
    /// 0 = Monday to 6 = Sunday.
    pub weekday: u8,
    /// 0 = Monday 00 to 167 = Sunday 23.
    pub hour_of_week: u16,
}

impl From<DateTime> for LocalHour {
    fn from(local: DateTime) -> Self {
        let hour_of_day = u8::try_from(local.hour()).unwrap_or(0);
        let weekday = u8::try_from(monday_first(local.weekday())).unwrap_or(0);
        LocalHour { hour_of_day, weekday, hour_of_week: u16::from(weekday) * 24 + u16::from(hour_of_day) }
    }
}

/// 0 = Monday to 6 = Sunday.
pub(crate) fn monday_first(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

/// Minutes since midnight.
pub(crate) fn minute_of(local: DateTime) -> u16 {
    u16::try_from(local.hour()).unwrap_or(0) * 60 + u16::try_from(local.minute()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_what_they_print() {
        for text in ["08:00-16:00", "00:00-24:00", "07:45-12:30"] {
            assert_eq!(text.parse::<DayHours>().unwrap().to_string(), text);
        }
        let spaced: DayHours = "08:00 - 16:00".parse().unwrap();
        assert_eq!(spaced.to_string(), "08:00-16:00");
        for wrong in
            ["", "8-16", "08:00", "16:00-08:00", "08:00-08:00", "08:60-16:00", "08:00-24:01", "+8:00-16:00"]
        {
            assert!(wrong.parse::<DayHours>().is_err(), "{wrong}");
        }
    }
}

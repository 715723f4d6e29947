//! Whether the clock can be believed so far that what is old may be forgotten: a clock that was set wrong must not cost the history, and a box
//! that is switched off every night must forget as well.

use core::time::Duration;

use common_model::Timestamp;

/// More than this between two sounds is no time that was lived through. Guess: more than frames are late, less than a night.
const STEP_MIN: Duration = Duration::from_secs(3_600);

/// A step ahead that is longer is doubted. Guess: longer than any weekend; one that was wrong makes the history a week shorter.
const AHEAD_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);

/// After a step that is doubted, and at first, so much time must have been lived through. Guess: longer than a wrong clock goes unseen.
const EVEN_MIN: Duration = Duration::from_secs(24 * 3_600);

/// How long the clock has gone without a step that is doubted, over restarts.
#[derive(Debug, Default)]
pub(crate) struct Even {
    last: Option<Timestamp>,
    lived: Duration,
}

impl Even {
    /// Goes on from a run before.
    pub(crate) fn new(last: Option<Timestamp>, lived: Duration) -> Self {
        Even { last, lived }
    }

    /// It is this time now.
    pub(crate) fn come_to(&mut self, at: Timestamp) {
        let last = self.last.replace(at).unwrap_or(at);
        let (ahead, back) = (at.since(last), last.since(at));
        if ahead > AHEAD_MAX || back > STEP_MIN {
            self.lived = Duration::ZERO;
        } else if ahead <= STEP_MIN {
            self.lived = self.lived.saturating_add(ahead);
        }
    }

    /// Whether what is old may be forgotten.
    pub(crate) fn is_believed(&self) -> bool {
        self.lived >= EVEN_MIN
    }

    pub(crate) fn lived(&self) -> Duration {
        self.lived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    /// Hears something every half hour.
    fn live(even: &mut Even, from: u64, hours: u64) {
        for half in 0..=2 * hours {
            even.come_to(Timestamp::from_secs(from + half * HOUR / 2));
        }
    }

    #[test]
    fn nights_and_weekends_are_no_doubt_but_nobody_lived_through_them() {
        let mut even = Even::default();
        live(&mut even, 100 * DAY, 10);
        live(&mut even, 101 * DAY, 10);
        assert!(!even.is_believed(), "{even:?}");
        live(&mut even, 104 * DAY, 10);
        assert_eq!((even.is_believed(), even.lived()), (true, Duration::from_secs(30 * HOUR)));
        // The next run goes on from there.
        let mut again = Even::new(Some(Timestamp::from_secs(104 * DAY + 10 * HOUR)), even.lived());
        live(&mut again, 105 * DAY, 1);
        assert!(again.is_believed());
    }

    #[test]
    fn a_clock_that_is_set_far_or_back_is_believed_after_a_day() {
        for step in [400 * DAY, 92 * DAY] {
            let mut even = Even::default();
            live(&mut even, 100 * DAY, 30);
            assert!(even.is_believed());
            live(&mut even, step, 23);
            assert!(!even.is_believed(), "{step}");
            live(&mut even, step + 23 * HOUR, 1);
            assert!(even.is_believed(), "{step}");
        }
    }
}

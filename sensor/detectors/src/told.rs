//! What was said of a trouble that goes on, so that it is said again only when it grew.
//!
//! A count over a window that slides sways: it reaches a limit, sinks below it and reaches it again. Whoever has said something remembers
//! what, and says no more until there is twice as much of it, or more certainty.

use core::time::Duration;

use common_model::{Confidence, Timestamp};

/// What was said last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    count: u64,
    sure: Option<Confidence>,
    seen: Timestamp,
}

impl Told {
    /// The trouble was seen, so large and so sure: whether that is worth saying. What was not seen for longer than `quiet_for` is over,
    /// and begins anew.
    pub(crate) fn is_news(
        &mut self,
        count: u64,
        sure: Confidence,
        now: Timestamp,
        quiet_for: Duration,
    ) -> bool {
        if now.since(self.seen) > quiet_for {
            *self = Told::default();
        }
        self.seen = now;
        let is_news =
            self.sure.is_none_or(|told| sure > told) || count >= self.count.saturating_mul(2).max(1);
        if is_news {
            self.count = self.count.max(count);
            self.sure = self.sure.max(Some(sure));
        }
        is_news
    }

    /// How much was said to be there.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sways_is_said_once_and_again_when_doubled_surer_or_back() {
        let mut told = Told::default();
        let mut says = |count, sure, secs| {
            told.is_news(
                count,
                Confidence::percent(sure),
                Timestamp::from_secs(secs),
                Duration::from_secs(60),
            )
        };
        let said = [
            says(10, 50, 100),
            says(7, 50, 110),
            says(10, 50, 120),
            says(11, 80, 130),
            says(19, 80, 140),
            says(22, 80, 150),
            says(10, 50, 300),
        ];
        assert_eq!(said, [true, false, false, true, false, true, true]);
    }
}

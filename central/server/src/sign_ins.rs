//! Sign-ins at the desk that were refused, as the audit log has them: one a minute is written, and the others are counted with the next, so that a
//! flood does not fill it.

use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use common_model::Timestamp;

/// One is written down at most so often.
const EVERY: Duration = Duration::from_secs(60);

/// When one was written down last, and how many were refused since.
#[derive(Debug, Default)]
pub(crate) struct SignIns(Mutex<(Option<Timestamp>, u64)>);

impl SignIns {
    /// One was refused. When it is to be written down: how many before it were not.
    pub(crate) fn refused(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (written_at, more) = *state;
        let is_due = written_at.is_none_or(|at| now.since(at) >= EVERY);
        *state = if is_due { (Some(now), 0) } else { (written_at, more + 1) };
        is_due.then_some(more)
    }

    /// How many were refused and not written down, once the minute is over.
    pub(crate) fn left(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (written_at, more) = *state;
        if more == 0 || written_at.is_some_and(|at| now.since(at) < EVERY) {
            return None;
        }
        *state = (Some(now), 0);
        Some(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_is_written_and_none_is_lost() {
        let sign_ins = SignIns::default();
        let at = |secs: u64| Timestamp::from_secs(1_773_000_000 + secs);
        assert_eq!(sign_ins.left(at(0)), None);
        assert_eq!(sign_ins.refused(at(0)), Some(0));
        assert_eq!([10, 20, 59].map(|secs| sign_ins.refused(at(secs))), [None; 3]);
        assert_eq!(sign_ins.left(at(59)), None);
        assert_eq!(sign_ins.refused(at(60)), Some(3));
        assert_eq!(sign_ins.refused(at(70)), None);
        assert_eq!(sign_ins.left(at(130)), Some(1));
        assert_eq!(sign_ins.left(at(500)), None);
    }
}

//! How fast something may come: so many at once, so many more each second.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A bucket that fills again.
#[derive(Debug)]
pub(crate) struct Allowance {
    at_once: f64,
    per_sec: f64,
    left: Mutex<(f64, Instant)>,
}

impl Allowance {
    pub(crate) fn new(at_once: f64, per_sec: f64) -> Self {
        Allowance { at_once, per_sec, left: Mutex::new((at_once, steady())) }
    }

    /// Whether one more may come; if so it is counted.
    pub(crate) fn take(&self) -> bool {
        let now = steady();
        let mut state = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, counted_at) = *state;
        let left = (left + now.duration_since(counted_at).as_secs_f64() * self.per_sec).min(self.at_once);
        let may = left >= 1.0;
        *state = (if may { left - 1.0 } else { left }, now);
        may
    }

    /// What was left when it was asked last.
    #[cfg(test)]
    pub(crate) fn left(&self) -> f64 {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).0
    }
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how fast requests come is counted here")]
    Instant::now()
}

//! Faults of ours, told to whoever runs the box: one line each, and the same one not again and again.

use core::time::Duration;
use std::io::{Write as _, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The same fault is told again after this. Guess: screens are made anew each second, people read logs by the hour.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// What was told last, and when.
static TOLD: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// Tells of a fault.
pub(crate) fn complain(err: &anyhow::Error) {
    #[expect(clippy::disallowed_methods, reason = "how often a line is told is the machine's business")]
    let now = Instant::now();
    let line = format!("{err:#}");
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.as_ref().is_some_and(|(last, at)| *last == line && now.duration_since(*at) < AGAIN_AFTER) {
        return;
    }
    // Whoever closed the error output does not want to hear it.
    let _closed = writeln!(stderr(), "cyberalarm tablet: {line}");
    *told = Some((line, now));
}

//! Faults leave a trace on the error output: one line for each sort, and not the same again for a while.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io::{Write as _, stderr};
use std::time::Instant;

/// The same sort of fault is told again after so long. Guess: often enough to see in a log that it goes on.
const AGAIN_AFTER: Duration = Duration::from_secs(3_600);

/// Which sorts were told, and when.
#[derive(Debug, Default)]
pub(crate) struct Faults(BTreeMap<&'static str, Instant>);

impl Faults {
    /// Tells a fault of this sort, unless it was told lately.
    pub(crate) fn tell(&mut self, sort: &'static str, now: Instant, what: &dyn core::error::Error) {
        if self.is_due(sort, now) {
            tell(&format!("{sort}: {}", chain(what)));
        }
    }

    fn is_due(&mut self, sort: &'static str, now: Instant) -> bool {
        let is_due = self.0.get(sort).is_none_or(|told| now.saturating_duration_since(*told) >= AGAIN_AFTER);
        if is_due {
            self.0.insert(sort, now);
        }
        is_due
    }
}

/// One line on the error output. Nothing of what was heard belongs there.
pub(crate) fn tell(line: &str) {
    // Whoever closed the error output does not want to hear it.
    let _closed = writeln!(stderr(), "cyberalarm: sensor: {line}");
}

/// An error and its causes in one line.
fn chain(error: &dyn core::error::Error) -> String {
    let causes = core::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_is_told_once_an_hour() {
        #[expect(clippy::disallowed_methods, reason = "where the test's time begins")]
        let now = Instant::now();
        let mut faults = Faults::default();
        let mut due = |sort, secs| faults.is_due(sort, now + Duration::from_secs(secs));
        assert!(due("disk_full", 0) && !due("disk_full", 3_599));
        assert!(due("broken", 1));
        assert!(due("disk_full", 3_600) && !due("disk_full", 3_601));
    }
}

//! A sign of life: a role that runs but does nothing any more has not fallen, and would never be started again.
//!
//! Each role has a pipe to its supervisor in the place of its standard input, and writes a byte into it from the loop that does its work.

use core::time::Duration;
use std::io::{self, PipeReader, Read as _};
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl};

/// A sign is given so often at most, however often the loop turns.
const EVERY: Duration = Duration::from_millis(500);

/// Whether this process has a supervisor.
static IS_SUPERVISED: AtomicBool = AtomicBool::new(false);

/// When this process first gave a sign, and how many milliseconds after that it did so last.
static BEGAN: LazyLock<Instant> = LazyLock::new(crate::steady);
static LAST_MS: AtomicU64 = AtomicU64::new(0);

/// The supervisor's end of a role's pipe.
#[derive(Debug)]
pub(crate) struct Pulse(PipeReader);

impl Pulse {
    /// A pipe, and the role's end of it, to be its standard input. Neither end ever waits for the other.
    pub(crate) fn new() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = io::pipe()?;
        fcntl_setfl(&ours, OFlags::NONBLOCK)?;
        fcntl_setfl(&theirs, OFlags::NONBLOCK)?;
        Ok((Pulse(ours), theirs.into()))
    }

    /// Whether there was a sign since this was last asked.
    pub(crate) fn was_felt(&mut self) -> bool {
        let mut signs = [0; 64];
        matches!(self.0.read(&mut signs), Ok(felt) if felt > 0)
    }
}

/// From now on signs are given: somebody waits for them.
pub(crate) fn begin() {
    IS_SUPERVISED.store(true, Ordering::Relaxed);
}

/// A sign of life, from the loop that does a role's work; nothing in a process that nobody supervises.
pub fn beat() {
    if !IS_SUPERVISED.load(Ordering::Relaxed) {
        return;
    }
    let after_ms = u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX);
    let last_ms = LAST_MS.load(Ordering::Relaxed);
    if last_ms == 0 || after_ms.saturating_sub(last_ms) >= EVERY.as_millis() as u64 {
        LAST_MS.store(after_ms.max(1), Ordering::Relaxed);
        // A full pipe has signs enough, and a supervisor that is gone needs none.
        let _felt = rustix::io::write(io::stdin(), b".");
    }
}

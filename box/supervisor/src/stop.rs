//! Somebody says stop: Ctrl-C, a signal to end, or the terminal closes.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

/// Becomes true when somebody says stop. The same signal a second time ends the process at once: a terminal's Ctrl-C, which goes to all, and a
/// supervisor's request after it are one stop, so that each has the time to write.
///
/// # Errors
/// When signals cannot be caught.
pub fn stop_flag() -> anyhow::Result<&'static AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(Arc::default);
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let was_heard = Arc::new(AtomicBool::new(false));
        let again = register_conditional_shutdown(signal, 1, Arc::clone(&was_heard));
        let heard =
            again.and_then(|_| register(signal, was_heard)).and_then(|_| register(signal, Arc::clone(flag)));
        heard.context("could not listen for signals")?;
    }
    Ok(flag)
}

//! Somebody says stop: Ctrl-C, or a signal to end.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use signal_hook::consts::{SIGINT, SIGTERM};

/// Becomes true when somebody says stop. A second time ends the process at once.
///
/// # Errors
/// When signals cannot be caught.
pub fn stop_flag() -> anyhow::Result<&'static AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM] {
        let again = signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(flag));
        again.context("could not listen for signals")?;
        signal_hook::flag::register(signal, Arc::clone(flag)).context("could not listen for signals")?;
    }
    Ok(flag)
}

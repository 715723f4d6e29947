//! The roles: each says what can be asked for, and hands it to the room that does it.

pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod box_;
pub(crate) mod central;
pub(crate) mod circle;
pub(crate) mod claim;
pub(crate) mod config;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod sensor;
pub(crate) mod simulate;
pub(crate) mod tablet;
pub(crate) mod uplink;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, ensure};

/// Where the box keeps its state when nobody says otherwise.
pub(crate) const STATE: &str = "/var/lib/cyberalarm";

/// Where the tablet listens when nobody says otherwise.
pub(crate) const ADDRESS: &str = "127.0.0.1:8080";

/// What every role of the box does first: it hears when to stop, and has its folder.
pub(crate) fn begin(state: &Path) -> anyhow::Result<&'static AtomicBool> {
    ensure!(state.is_dir(), "there is no folder {}: `cyberalarm box` makes it", state.display());
    box_supervisor::stop_flag()
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(file) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            Err(err).with_context(|| format!("could not remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

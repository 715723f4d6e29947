//! `cyberalarm explain`: what a kind of trouble is.

use std::io::{Write as _, stdout};

use clap::Args;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The kind, as it stands in the output: `dns-tunnel`.
    kind: String,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let text = sensor_replay::explain(&arguments.kind)?;
    stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

//! `cyberalarm bench`: how fast, and where the time goes.

use std::io::{BufWriter, Write as _, stdout};
use std::path::PathBuf;

use clap::Args;
use sensor_replay::Inputs;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The capture.
    #[arg(value_name = "CAPTURE")]
    capture: PathBuf,
    /// Play it so many times, each time with other addresses and ports, so that conversations stay distinct.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// The clinic's settings.
    #[arg(long, value_name = "site.toml")]
    settings: Option<PathBuf>,
    /// Write one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut inputs = Inputs::default();
    inputs.read_indicators(&[])?;
    if let Some(path) = &arguments.settings {
        inputs.read_site(path)?;
    }
    let mut out = BufWriter::new(stdout().lock());
    sensor_replay::bench(&arguments.capture, arguments.repeat, &inputs, arguments.json, &mut out)?;
    out.flush()?;
    Ok(())
}

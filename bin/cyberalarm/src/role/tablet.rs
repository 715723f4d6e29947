//! `cyberalarm tablet`: shows one face, and takes what people press. Started by `cyberalarm box`.

use core::net::SocketAddr;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use sensor_replay::Inputs;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of the box's state.
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    state: PathBuf,
    /// Where it listens; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = super::ADDRESS)]
    listen: SocketAddr,
    /// The clinic's settings, until the tablet keeps them.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stop = super::begin(&arguments.state)?;
    box_supervisor::drop_all()?;
    let mut inputs = Inputs::default();
    let site = match &arguments.settings {
        Some(path) => {
            inputs.read_site(path)?;
            Some(inputs.site.to_toml())
        }
        None => None,
    };
    let Arguments { state, listen, .. } = arguments;
    let options =
        tablet_web::Options { folder: state.clone(), address: *listen, site, beat: box_supervisor::beat };
    tablet_web::serve(&options, stop, |address| {
        // Whoever closed the output does not want to know.
        let _closed = writeln!(std::io::stdout(), "The tablet is at http://localhost:{}", address.port());
    })
    .context("tablet")
}

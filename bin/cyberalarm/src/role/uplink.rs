//! `cyberalarm uplink`: brings what was found to the centre, and warnings back. Started by `cyberalarm box`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of the box's state.
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    state: PathBuf,
    #[command(flatten)]
    way: Way,
}

/// The way out.
#[derive(Args, Clone)]
pub(crate) struct Way {
    /// The interface of the box's own modem: what goes to the centre leaves by it and by no other.
    #[arg(long, value_name = "PORT")]
    uplink_interface: Option<String>,
    /// Bytes a day for everything but alerts.
    #[arg(long, value_name = "N", default_value_t = 20_000_000)]
    uplink_budget: u64,
}

impl Way {
    /// The same, as it is told to another process.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--uplink-budget".into(), self.uplink_budget.to_string().into()];
        words
            .extend(self.uplink_interface.iter().flat_map(|name| ["--uplink-interface".into(), name.into()]));
        words
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stop = super::begin(&arguments.state)?;
    box_supervisor::drop_all()?;
    let Way { uplink_interface, uplink_budget } = arguments.way.clone();
    let folder = arguments.state.clone();
    box_uplink::run(
        &box_uplink::Setup { folder, interface: uplink_interface, budget_bytes: uplink_budget },
        stop,
    )
}

//! `cyberalarm uplink`: brings what was found to the centre, and warnings back. Started by `cyberalarm box`.

use std::ffi::OsString;
use std::path::PathBuf;

use box_store::uplink::WayOut;
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
    /// The interface of the box's own modem: what goes to the centre leaves by it and by no other. Unless it is said here it is the one that was said
    /// when the box was claimed.
    #[arg(long, value_name = "PORT|any", value_parser = way_out)]
    uplink_interface: Option<WayOut>,
    /// Bytes a day for everything but alerts.
    #[arg(long, value_name = "N", default_value_t = 20_000_000)]
    uplink_budget: u64,
}

impl Way {
    /// The same, as it is told to another process.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--uplink-budget".into(), self.uplink_budget.to_string().into()];
        words.extend(self.uplink_interface.iter().flat_map(|way| {
            let way = match way {
                WayOut::Port(name) => name.into(),
                WayOut::Any => ANY.into(),
            };
            ["--uplink-interface".into(), way]
        }));
        words
    }
}

/// What is said for "whichever way leads there".
const ANY: &str = "any";

/// By which way a box reaches its centre, as it is typed.
pub(crate) fn way_out(typed: &str) -> Result<WayOut, String> {
    // Source: Linux's IFNAMSIZ, 16 with the end.
    let is_name = (1..16).contains(&typed.len()) && !typed.contains(['/', ':', ' ']);
    match typed {
        ANY => Ok(WayOut::Any),
        _ if is_name => Ok(WayOut::Port(typed.to_owned())),
        _ => Err("a network interface's name has 1 to 15 characters".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stop = super::begin(&arguments.state)?;
    box_supervisor::drop_all()?;
    let Way { uplink_interface, uplink_budget } = arguments.way.clone();
    let folder = arguments.state.clone();
    box_uplink::run(
        &box_uplink::Setup {
            folder,
            way_out: uplink_interface,
            budget_bytes: uplink_budget,
            beat: box_supervisor::beat,
        },
        stop,
    )
}

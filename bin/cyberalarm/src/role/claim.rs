//! `cyberalarm claim`: makes this box known to a centre, with a code that works once.

use std::io::{Write as _, stdout};
use std::path::PathBuf;

use box_store::uplink::WayOut;
use box_uplink::Claim;
use clap::Args;
use common_wire::ClaimText;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The code, as the centre printed it: cyberalarm:1:…
    #[arg(value_name = "CODE")]
    code: ClaimText,
    /// The folder of the box's state.
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    state: PathBuf,
    /// The interface of the box's own modem, by which it reaches the centre from now on; `any`: whichever way leads there.
    #[arg(long, value_name = "PORT|any", value_parser = super::uplink::way_out)]
    uplink_interface: Option<WayOut>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { code, state, uplink_interface } = arguments;
    let Claim { member, box_id } = box_uplink::claim(state, code, uplink_interface.as_ref())?;
    // A running box looks by itself within a second.
    let _heard = box_store::nudge::ring(state, "uplink", b"");
    writeln!(stdout(), "This is a box of {member} now, and the centre knows it as {box_id}.")?;
    Ok(())
}

//! `cyberalarm box`: the whole box, each role a process of its own; `cyberalarm box prepare`: makes ports that only listen.

use core::net::SocketAddr;
use std::ffi::OsString;
use std::io::{Write as _, stderr, stdout};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use anyhow::{Context as _, ensure};
use box_supervisor::{Role, supervise};
use clap::{Args, Subcommand};
use sensor_capture::files::check_place;
use sensor_capture::live::{Missing, PortName, prepare};

use super::sensor::Source;
use super::uplink::Way;

/// What can be asked for.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// The folder of the box's state; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    state: PathBuf,
    /// Forget everything first: an empty folder.
    #[arg(long)]
    fresh: bool,
    /// Where the tablet listens; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = super::ADDRESS)]
    listen: SocketAddr,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    way: Way,
}

/// What can be asked for instead of a box.
#[derive(Subcommand)]
enum Instead {
    /// As root, once after each start of the machine: take everything off ports that would let them send, so that they only listen.
    Prepare {
        /// The ports that are wired to a mirror port or a tap.
        #[arg(required = true, value_name = "PORT")]
        ports: Vec<PortName>,
    },
}

/// Files that the box's roles make in the folder of its state.
const OURS: [&str; 3] = ["sensor", "tablet", "uplink"];
const ENDINGS: [&str; 5] = ["db", "db-wal", "db-shm", "bell", "keys"];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(Instead::Prepare { ports }) = &arguments.instead {
        return prepare_all(ports);
    }
    // What is wrong is said once, before anything is started.
    arguments.source.check()?;
    check_port(arguments.listen)?;
    let state = &arguments.state;
    if arguments.fresh {
        forget(state)?;
    }
    std::fs::create_dir_all(state).with_context(|| format!("could not make {}", state.display()))?;
    check_place(&state.join("sensor.db"))
        .context("the box must be able to write in the folder of its state")?;
    let (start, roles) = channel();
    let role = |name: &str, more: Vec<OsString>| {
        let mut words: Vec<OsString> = vec![name.into(), "--state".into(), state.into()];
        words.extend(more);
        start.send(Role { name: name.to_owned(), arguments: words, is_silent: false })
    };
    let settings =
        arguments.source.settings_file().map_or_else(Vec::new, |path| vec!["--settings".into(), path.into()]);
    let listen = vec!["--listen".into(), arguments.listen.to_string().into()];
    role("tablet", [listen, settings].concat())?;
    role("sensor", arguments.source.words())?;
    role("uplink", arguments.way.words())?;
    let stop = box_supervisor::stop_flag()?;
    supervise(&roles, stop, &mut |said| {
        // Whoever closed the error output does not want to hear it.
        let _closed = writeln!(stderr(), "cyberalarm: {said}");
    })
}

/// Prepares ports, and says what was done.
fn prepare_all(ports: &[PortName]) -> anyhow::Result<()> {
    for port in ports {
        let found = prepare(port)?;
        let found: Vec<String> = found.iter().map(Missing::to_string).collect();
        let done = match &found[..] {
            [] => "it was prepared already".to_owned(),
            found => format!("put right: {}", found.join(", ")),
        };
        writeln!(stdout(), "{port} only listens ({done})")?;
    }
    Ok(())
}

/// Whether the tablet will be able to listen there.
pub(crate) fn check_port(address: SocketAddr) -> anyhow::Result<()> {
    ensure!(
        address.ip().is_loopback(),
        "{address}: the tablet is served to this machine alone, as 127.0.0.1"
    );
    TcpListener::bind(address).map(drop).with_context(|| format!("could not listen on {address}"))
}

/// Removes what the box's roles wrote, and nothing else.
pub(crate) fn forget(state: &Path) -> anyhow::Result<()> {
    let files = OURS.iter().flat_map(|role| ENDINGS.map(|ending| format!("{role}.{ending}")));
    files.map(|file| state.join(file)).try_for_each(|file| super::remove(&file))
}

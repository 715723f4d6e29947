//! `cyberalarm box`: the whole box, each role a process of its own; `cyberalarm box prepare`: makes ports that only listen;
//! `cyberalarm box backup` and `restore`: copies of what it remembers.

use core::net::SocketAddr;
use core::time::Duration;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io::{ErrorKind, Write as _, stderr, stdout};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use anyhow::{Context as _, bail, ensure};
use box_store::backup::{back_up, restore};
use box_supervisor::{Hold, Role, supervise};
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
    /// A part of the box that gives no sign of life for so many seconds is killed and started again. Longer than a slow disk's worst write.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(2..))]
    hung_after: u64,
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
    /// Copy everything that the box remembers into a new folder, while it runs. The copy holds the box's keys: keep it safe.
    Backup {
        /// The folder of the copy; it is made.
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// The folder of the box's state.
        #[arg(long, value_name = "DIR", default_value = super::STATE)]
        state: PathBuf,
    },
    /// Put a copy in the place of what the box remembers, while it does not run.
    Restore {
        /// The folder of the copy.
        #[arg(value_name = "DIR")]
        from: PathBuf,
        /// The folder of the box's state; made when it is not there.
        #[arg(long, value_name = "DIR", default_value = super::STATE)]
        state: PathBuf,
    },
}

/// Files that the box's roles make in the folder of its state.
const OURS: [&str; 3] = ["sensor", "tablet", "uplink"];
const ENDINGS: [&str; 6] = ["db", "db-wal", "db-shm", "bell", "keys", "lock"];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.instead {
        Some(Instead::Prepare { ports }) => return prepare_all(ports),
        Some(Instead::Backup { to, state }) => {
            return say_files("copied to", to, &back_up(state, to)?);
        }
        Some(Instead::Restore { from, state }) => return put_back(from, state),
        None => {}
    }
    // Neither the box nor any of its roles ever has more rights than this.
    match arguments.source.is_live() {
        true => box_supervisor::pass_on_listening()?,
        false => box_supervisor::drop_all()?,
    }
    // What is wrong is said once, before anything is started.
    arguments.source.check()?;
    check_port(arguments.listen, "--listen")?;
    let state = &arguments.state;
    make_folder(state)?;
    let _hold = Hold::of(state)?;
    if arguments.fresh {
        forget(state)?;
    }
    check_place(&state.join("sensor.db"))
        .context("the box must be able to write in the folder of its state")?;
    let (start, roles) = channel();
    let patience = Some(Duration::from_secs(arguments.hung_after));
    let role = |name: &str, more: Vec<OsString>| {
        let mut words: Vec<OsString> = vec![name.into(), "--state".into(), state.into()];
        words.extend(more);
        start.send(Role { name: name.to_owned(), arguments: words, is_silent: false, patience })
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

/// Makes the folder of the box's state, for the users of its roles alone.
fn make_folder(state: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o750).create(state);
    made.with_context(|| format!("could not make {}", state.display()))
}

/// Puts a copy in the place of what the box remembers.
fn put_back(from: &Path, state: &Path) -> anyhow::Result<()> {
    let is_new = !state.exists();
    make_folder(state)?;
    let hold = Hold::of(state)?;
    let restored = restore(from, state);
    drop(hold);
    if is_new && restored.is_err() {
        // It goes only when it is empty.
        let _stays = std::fs::remove_dir(state);
    }
    say_files("put back from", from, &restored?)
}

fn say_files(done: &str, folder: &Path, files: &[&str]) -> anyhow::Result<()> {
    writeln!(stdout(), "{done} {}: {}", folder.display(), files.join(", "))?;
    Ok(())
}

/// Whether a page for this machine alone can be served there.
pub(crate) fn check_port(address: SocketAddr, option: &str) -> anyhow::Result<()> {
    ensure!(address.ip().is_loopback(), "{address}: {option} serves this machine alone, as 127.0.0.1");
    check_free(address, option)
}

/// Whether somebody listens there already; `option` names another place.
pub(crate) fn check_free(address: SocketAddr, option: &str) -> anyhow::Result<()> {
    match TcpListener::bind(address) {
        Err(err) if err.kind() == ErrorKind::AddrInUse => {
            bail!("another program listens on {address}: stop it, or name another place with {option}")
        }
        tried => tried.map(drop).with_context(|| format!("could not listen on {address}")),
    }
}

/// Removes what the box's roles wrote, and nothing else.
pub(crate) fn forget(state: &Path) -> anyhow::Result<()> {
    let files = OURS.iter().flat_map(|role| ENDINGS.map(|ending| format!("{role}.{ending}")));
    files.map(|file| state.join(file)).try_for_each(|file| super::remove(&file))
}

//! Keeps the roles running.

use core::time::Duration;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// So often it is looked whether a role has ended. Guess.
const TURN: Duration = Duration::from_millis(50);

/// A role that fell is started again after this, twice as long each time that it falls soon after.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The longest time after which a role is started again.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(5);

/// A role that ran for so long is taken for well again.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// Roles that were asked to stop are killed after this. Guess: writing down what was learned takes a tenth.
const KILL_AFTER: Duration = Duration::from_secs(5);

/// The program that runs here, also when its file was replaced by a newer one meanwhile: all roles are of one version.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// What a process of ours is told, so that it ends with whoever started it.
pub const SUPERVISED: &str = "--supervised";

/// A process to be kept running.
#[derive(Clone, Debug)]
pub struct Role {
    /// What it is called.
    pub name: String,
    /// What this program is told.
    pub arguments: Vec<OsString>,
    /// What it prints is not shown.
    pub is_silent: bool,
}

struct Running {
    role: Role,
    child: Option<Child>,
    began: Instant,
    starts_at: Instant,
    waits: Duration,
}

/// Keeps running what it is told to, each from when it is told, until somebody says stop. `tell` hears what happens: a role fell.
///
/// # Errors
/// When a role cannot be started at all.
pub fn supervise(
    roles: &Receiver<Role>,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    let mut running = Vec::new();
    let watched = watch(roles, &mut running, stop, tell);
    end(&mut running);
    watched
}

fn watch(
    roles: &Receiver<Role>,
    running: &mut Vec<Running>,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        running.extend(roles.try_iter().map(Running::new));
        for one in &mut *running {
            one.turn(tell)?;
        }
        std::thread::sleep(TURN);
    }
    Ok(())
}

impl Running {
    fn new(role: Role) -> Self {
        let now = steady();
        Running { role, child: None, began: now, starts_at: now, waits: AGAIN_AFTER }
    }

    fn turn(&mut self, tell: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
        let now = steady();
        if let Some(child) = &mut self.child {
            let Some(status) = child.try_wait().context("could not look after a process")? else {
                return Ok(());
            };
            self.child = None;
            self.fell(now, status, tell);
        }
        if now >= self.starts_at {
            self.start(now)?;
        }
        Ok(())
    }

    fn start(&mut self, now: Instant) -> anyhow::Result<()> {
        let Role { name, arguments, is_silent } = &self.role;
        let mut command = Command::new(THIS_PROGRAM);
        command.arg0("cyberalarm").args(arguments).arg(SUPERVISED);
        if *is_silent {
            command.stdout(Stdio::null());
        }
        let child = command.spawn();
        self.child = Some(child.with_context(|| format!("could not start {name}"))?);
        self.began = now;
        Ok(())
    }

    fn fell(&mut self, now: Instant, status: ExitStatus, tell: &mut dyn FnMut(&str)) {
        if now.duration_since(self.began) >= WELL_AFTER {
            self.waits = AGAIN_AFTER;
        }
        tell(&format!(
            "{} fell ({status}); it is started again in {} ms",
            self.role.name,
            self.waits.as_millis()
        ));
        self.starts_at = now + self.waits;
        self.waits = (self.waits * 2).min(AGAIN_AFTER_MAX);
    }
}

/// Asks all to stop, and kills those that do not.
fn end(running: &mut [Running]) {
    let children = || running.iter().filter_map(|one| one.child.as_ref());
    for child in children() {
        if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            // One that has ended already cannot be asked.
            let _ended = kill_process(pid, Signal::TERM);
        }
    }
    let until = steady() + KILL_AFTER;
    for child in running.iter_mut().filter_map(|one| one.child.as_mut()) {
        while matches!(child.try_wait(), Ok(None)) && steady() < until {
            std::thread::sleep(TURN);
        }
        let _ended = child.kill();
        let _ended = child.wait();
    }
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long a process has run is the machine's business")]
    Instant::now()
}

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

use crate::pulse::Pulse;

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

/// When this supervisor itself was away for so long (stopped in a terminal, and let go on), so were the roles, and nobody gave a sign.
const AWAY: Duration = Duration::from_secs(2);

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
    /// It is killed, and started again, when it gives no [sign of life](crate::beat) for so long; `None`: it gives none.
    pub patience: Option<Duration>,
}

struct Running {
    role: Role,
    child: Option<Child>,
    pulse: Option<Pulse>,
    felt_at: Instant,
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
    let mut turned_at = steady();
    while !stop.load(Ordering::Relaxed) {
        running.extend(roles.try_iter().map(Running::new));
        let now = steady();
        let was_away = now.duration_since(turned_at) >= AWAY;
        turned_at = now;
        for one in &mut *running {
            if was_away {
                one.felt_at = now;
            }
            one.turn(tell)?;
        }
        std::thread::sleep(TURN);
    }
    Ok(())
}

impl Running {
    fn new(role: Role) -> Self {
        let now = steady();
        Running {
            role,
            child: None,
            pulse: None,
            felt_at: now,
            began: now,
            starts_at: now,
            waits: AGAIN_AFTER,
        }
    }

    fn turn(&mut self, tell: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
        let now = steady();
        if let Some(child) = &mut self.child {
            let Some(status) = child.try_wait().context("could not look after a process")? else {
                self.feel(now, tell);
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

    /// Kills a role that hangs; that it fell is seen at the next turn.
    fn feel(&mut self, now: Instant, tell: &mut dyn FnMut(&str)) {
        if self.pulse.as_mut().is_some_and(Pulse::was_felt) {
            self.felt_at = now;
        }
        let Some(patience) = self.role.patience else { return };
        if now.duration_since(self.felt_at) < patience {
            return;
        }
        tell(&format!("{} gave no sign of life for {} s; it is killed", self.role.name, patience.as_secs()));
        self.felt_at = now;
        if let Some(child) = &mut self.child {
            // One that has ended by now cannot be.
            let _ended = child.kill();
        }
    }

    fn start(&mut self, now: Instant) -> anyhow::Result<()> {
        let Role { name, arguments, is_silent, patience } = &self.role;
        let mut command = Command::new(THIS_PROGRAM);
        command.arg0("cyberalarm").args(arguments).arg(SUPERVISED);
        if *is_silent {
            command.stdout(Stdio::null());
        }
        if patience.is_some() {
            let (ours, theirs) = Pulse::new().context("could not make a pipe")?;
            command.stdin(theirs);
            self.pulse = Some(ours);
        }
        let child = command.spawn();
        self.child = Some(child.with_context(|| format!("could not start {name}"))?);
        (self.began, self.felt_at) = (now, now);
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

pub(crate) fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long a process has run is the machine's business")]
    Instant::now()
}

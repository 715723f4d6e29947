//! `cyberalarm circle`: the whole circle on one machine, to be tried. A centre, the recorded clinic's box, and two smaller clinics beside it that
//! meet the same. All are the real programs, each a process of its own.
//!
//! The box comes first, so that its face is there as soon as without a centre; then the centre, which takes it in; the others when the box has
//! learned its calm days, so that they do not slow it.

use core::net::SocketAddr;
use core::time::Duration;
use std::ffi::OsString;
use std::io::{Write as _, stderr, stdout};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use anyhow::{Context as _, ensure};
use box_store::SensorReader;
use box_store::uplink::Keys;
use box_supervisor::{Role, supervise};
use central_core::Member;
use central_server::{machine_time, random_hex};
use central_store::{Account, Store};
use clap::Args;
use common_model::Timestamp;
use common_site::Site;
use common_wire::ClaimText;
use sensor_capture::files::read_text_capped;
use serde::Deserialize;
use testing_days::Clinic;

use super::box_::{check_free, check_port, forget};
use super::central::{self, Place};
use super::sensor::check_speed;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of all state: of the centre and of each box.
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Forget everything first.
    #[arg(long)]
    fresh: bool,
    /// The folder of the recorded clinic.
    #[arg(long, value_name = "DIR", default_value = "testing/days/clinic")]
    clinic: PathBuf,
    /// Calm days before the day of the attack.
    #[arg(long, value_name = "N", default_value_t = 14)]
    calm_days: u16,
    /// Play so many times as fast.
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    speed: f64,
    /// Where the clinic's tablet listens; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = super::ADDRESS)]
    listen: SocketAddr,
    /// Where the centre listens to boxes.
    #[arg(long, value_name = "ADDRESS", default_value = central::BOXES)]
    centre: SocketAddr,
    /// Where the centre's desk is; a loopback address.
    #[arg(long, value_name = "ADDRESS", default_value = central::DESK)]
    console: SocketAddr,
}

/// The centre's members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Neighbours {
    member: Vec<Member>,
}

/// Longest file of members and of settings that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// So often it is looked whether what is waited for is there.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let circle = Circle::new(arguments)?;
    if arguments.fresh {
        circle.forget()?;
    }
    circle.announce();
    let stop = box_supervisor::stop_flag()?;
    let (start, roles) = channel();
    std::thread::scope(|scope| {
        let brought_up = scope.spawn(|| {
            let done = circle.bring_up(&start, stop);
            if done.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            done
        });
        let watched = supervise(&roles, stop, &mut say);
        stop.store(true, Ordering::Relaxed);
        watched.and(brought_up.join().unwrap_or(Ok(())))
    })
}

struct Circle<'a> {
    arguments: &'a Arguments,
    members: Vec<Member>,
    /// Where each member's tablet is.
    tablets: Vec<SocketAddr>,
    /// When the day of the attack begins.
    begins_at: Timestamp,
}

impl<'a> Circle<'a> {
    /// What is wrong is said before anything is started.
    fn new(arguments: &'a Arguments) -> anyhow::Result<Self> {
        let Arguments { clinic: folder, speed, listen, centre, console, .. } = arguments;
        check_speed(*speed)?;
        let is_there = folder.join("timetable.toml").exists();
        ensure!(
            is_there,
            "there is no recorded clinic in {}: name its folder with --clinic",
            folder.display()
        );
        let begins_at = Clinic::open(folder)?.attack_day(1, 1.0)?.starts_at();
        let path = folder.join("neighbours.toml");
        let text = read_text_capped(&path, FILE_BYTES_MAX)?;
        let neighbours: Neighbours = toml::from_str(&text).with_context(|| path.display().to_string())?;
        check_port(*listen, "--listen")?;
        check_port(*console, "--console")?;
        check_free(*centre, "--centre")?;
        ensure!(
            listen != console && listen != centre && console != centre,
            "tablet, centre and desk need an address each"
        );
        let others = neighbours.member.iter().skip(1).map(|_| free_port());
        let tablets = core::iter::once(Ok(*listen)).chain(others).collect::<anyhow::Result<_>>()?;
        Ok(Circle { arguments, members: neighbours.member, tablets, begins_at })
    }

    fn forget(&self) -> anyhow::Result<()> {
        central::forget(&self.centre().state)?;
        (0..self.members.len()).try_for_each(|number| forget(&self.folder(number)))
    }

    /// Says what there will be to see.
    fn announce(&self) {
        let Arguments { state, listen, calm_days, speed, .. } = self.arguments;
        let after = |secs: f64| secs / speed;
        // Whoever closed the error output does not want to know.
        let _closed = match SensorReader::open(&self.folder(0)).and_then(|sensor| sensor.status()) {
            Ok(Some(_)) => writeln!(
                stderr(),
                "\nThe day of {state} was shown before. Tablet and desk show what they remember, and the face is grey: nothing more is heard.\n\
                 To see the day again, from the beginning: --fresh.\n",
                state = state.display(),
            ),
            _ => writeln!(
                stderr(),
                "\nWhat you see is a recording of a small clinic's day: open http://localhost:{port}, and watch.\n  \
                 at once       grey, then green: the box has learned {calm_days} calm days\n  \
                 after {yellow:<6.0}  yellow: a laptop that nobody knows, then a PC that is busier than it ever was\n  \
                 after {red:<6.0}  red: somebody has guessed a password; then one thing after the other. Press a card, press \u{201c}Jeg har set det\u{201d}\n  \
                 after {green:<6.0}  green: the supplier has solved it\n  \
                 after {grey:<6.0}  grey: the cable is pulled\n\
                 Seconds, counted from the first green. Try the devices, the history, the settings, and \u{201c}Test alarmen\u{201d} under help. The centre's desk \
                 follows at once. Ctrl-C stops all of it.\n",
                port = listen.port(),
                yellow = after(6.0),
                red = after(30.0),
                green = after(90.0),
                grey = after(100.0),
            ),
        };
    }

    fn centre(&self) -> Place {
        Place { state: self.arguments.state.join("centre"), database: None }
    }

    /// The state of a member's box.
    fn folder(&self, number: usize) -> PathBuf {
        let name = if number == 0 { "box".to_owned() } else { format!("box-{}", number + 1) };
        self.arguments.state.join(name)
    }

    /// Starts all in their order, and ends early when somebody says stop.
    fn bring_up(&self, start: &Sender<Role>, stop: &AtomicBool) -> anyhow::Result<()> {
        self.start_box(0, start)?;
        if !until(stop, || TcpStream::connect(self.arguments.listen).is_ok()) {
            return Ok(());
        }
        self.start_centre(start)?;
        if !until(stop, || TcpStream::connect(self.arguments.console).is_ok()) {
            return Ok(());
        }
        let codes = self.take_in()?;
        self.claim(0, &codes)?;
        let first = self.folder(0);
        if !until(stop, || has_learned(&first, self.begins_at)) {
            return Ok(());
        }
        for number in 1..self.members.len() {
            self.claim(number, &codes)?;
            self.start_box(number, start)?;
        }
        Ok(())
    }

    fn start_centre(&self, start: &Sender<Role>) -> anyhow::Result<()> {
        let Arguments { centre, console, .. } = self.arguments;
        let mut words: Vec<OsString> = vec!["central".into(), "--count-exercises".into()];
        words.extend(["--state".into(), self.centre().state.into()]);
        words.extend(["--listen".into(), centre.to_string().into()]);
        words.extend(["--console".into(), console.to_string().into()]);
        start.send(Role {
            name: "the centre".to_owned(),
            arguments: words,
            is_silent: true,
            patience: None,
        })?;
        Ok(())
    }

    fn start_box(&self, number: usize, start: &Sender<Role>) -> anyhow::Result<()> {
        let (Arguments { clinic, calm_days, speed, .. }, folder) = (self.arguments, self.folder(number));
        let (Some(member), Some(tablet)) = (self.members.get(number), self.tablets.get(number)) else {
            return Ok(());
        };
        let mut words: Vec<OsString> = vec!["box".into(), "--clinic".into(), clinic.into()];
        words.extend(["--speed".into(), speed.to_string().into()]);
        words.extend(["--listen".into(), tablet.to_string().into()]);
        if number > 0 {
            // They have learned little; what they meet is known to be bad.
            words.extend([
                "--calm-days".into(),
                "1".into(),
                "--seed".into(),
                (number + 1).to_string().into(),
            ]);
            words.extend(["--settings".into(), self.settings_of(member, &folder)?.into()]);
        } else {
            words.extend(["--calm-days".into(), calm_days.to_string().into()]);
        }
        words.extend(["--state".into(), folder.into()]);
        let name = format!("the box of {}", member.name);
        start.send(Role { name, arguments: words, is_silent: number > 0, patience: None })?;
        Ok(())
    }

    /// The recorded clinic's settings under another name.
    fn settings_of(&self, member: &Member, folder: &Path) -> anyhow::Result<PathBuf> {
        let path = self.arguments.clinic.join("site.toml");
        let text = read_text_capped(&path, FILE_BYTES_MAX)?;
        let mut site = Site::parse(&text).with_context(|| path.display().to_string())?;
        site.clinic.clone_from(&member.name);
        let path = folder.join("site.toml");
        std::fs::write(&path, site.to_toml())
            .with_context(|| format!("could not write {}", path.display()))?;
        Ok(path)
    }

    /// Makes a member and a code for each box that is not claimed, and says where the desk is.
    fn take_in(&self) -> anyhow::Result<Vec<Option<ClaimText>>> {
        let Arguments { centre, console, .. } = self.arguments;
        let place = self.centre();
        central::with_store(&place, async |store| {
            let mut codes = Vec::new();
            for (number, member) in self.members.iter().enumerate() {
                let folder = self.folder(number);
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("could not make {}", folder.display()))?;
                let is_claimed = Keys::open(&folder, &random_hex::<32>()?)?.identity.is_some();
                codes.push(match is_claimed {
                    true => None,
                    false => {
                        let no = member_no(store, member).await?;
                        Some(central::new_claim(&place, store, no, centre.to_string()).await?)
                    }
                });
            }
            let account = Account { name: "administrator".into(), role: central_core::Role::Administrator };
            let token = central_server::new_link(store, &account, machine_time()).await?;
            self.tell(&central_server::link_text(*console, &token));
            Ok(codes)
        })
    }

    fn tell(&self, link: &str) {
        let Arguments { listen, console, .. } = self.arguments;
        let others = self.tablets.iter().zip(&self.members).skip(1);
        let others: String = others
            .map(|(tablet, member)| format!("  http://localhost:{}  {}\n", tablet.port(), member.name))
            .collect();
        // Whoever closed the output does not want to know.
        let _closed = write!(
            stdout(),
            "\nThe centre's desk is at http://localhost:{desk}. This link lets you in, once:\n  {link}\n\
             Another one: {program} central link --state {state} --desk {console}\n\n\
             Try: write a warning at the desk, and watch the tablet at http://localhost:{tablet}; press “seen” there, and watch the desk.\n\
             Two more clinics begin when the first has learned. Within two minutes the desk says what all three met. Their tablets:\n{others}\n",
            desk = console.port(),
            program = std::env::args().next().unwrap_or_default(),
            state = self.centre().state.display(),
            tablet = listen.port(),
        );
        let _closed = stdout().flush();
    }

    fn claim(&self, number: usize, codes: &[Option<ClaimText>]) -> anyhow::Result<()> {
        let Some(Some(code)) = codes.get(number) else { return Ok(()) };
        let folder = self.folder(number);
        box_uplink::claim(&folder, code, None)?;
        // One that does not run yet will look by itself.
        let _heard = box_store::nudge::ring(&folder, "uplink", b"");
        Ok(())
    }
}

/// The member of this name, taken in when it is not there.
async fn member_no(store: &Store, member: &Member) -> anyhow::Result<i64> {
    let known = store.members().await?.into_iter().find(|row| row.member.name == member.name);
    match known {
        Some(row) => Ok(row.no),
        None => central::new_member(store, member).await,
    }
}

/// Whether the box in this folder is in the day of the attack.
fn has_learned(folder: &Path, begins_at: Timestamp) -> bool {
    let status = SensorReader::open(folder).and_then(|sensor| sensor.status());
    status.is_ok_and(|status| status.is_some_and(|status| status.now_ns >= begins_at.as_nanos()))
}

/// Looks until it is so; false when somebody said stop before.
fn until(stop: &AtomicBool, is_so: impl Fn() -> bool) -> bool {
    while !stop.load(Ordering::Relaxed) {
        if is_so() {
            return true;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    false
}

/// A port that is free now, so that a tablet that was killed comes back on the same.
fn free_port() -> anyhow::Result<SocketAddr> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.context("could not find a free port")
}

fn say(said: &str) {
    // Whoever closed the error output does not want to hear it.
    let _closed = writeln!(stderr(), "cyberalarm: {said}");
}

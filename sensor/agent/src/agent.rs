//! The loop: hear, detect, remember, obey.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use box_store::nudge::ring;
use box_store::record::{EventRecord, IncidentRecord, from_hex};
use box_store::sensor::{Batch, PortStatus, Status, TestStatus};
use box_store::tablet::CommandRecord;
use box_store::{SensorDb, SensorReader, StoreError, TabletReader};
use common_model::{ClosedBy, Incident, IncidentId, Timestamp};
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_engine::{Command, Engine, Snapshot};

use crate::talks::Listener;
use crate::{Ears, Heard, canary, outputs};

/// So often it looks at the clock while frames come one after the other. Source: a look takes 25 ns, a frame 550.
const FRAMES_PER_LOOK: u32 = 64;

/// So often what came out is written, commands are read, and the tablet is told how the sensor is. Guess: an eye's blink, so that event to
/// tablet stays under 300 ms.
const TURN: Duration = Duration::from_millis(100);

/// How the sensor is, is told so often even when nothing changed. Source: the product's
/// rule of silence, by which a tablet that hears nothing of its box for 90 s is grey; a second leaves room for many that are lost.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// Devices' last hearing and ports' hours are written so often. Guess.
const DEVICES_EVERY: Duration = Duration::from_secs(30);

/// What was learned is written after so much of the frames' own time: a killed sensor loses no more of its counting than this.
const LEARNED_EVERY: Duration = Duration::from_secs(300);

/// And not more often than this, when a recording is played faster than it was heard.
const LEARNED_PAUSE: Duration = Duration::from_secs(1);

/// A silence longer than this between two runs is told as a gap.
const GAP_MIN: Duration = Duration::from_secs(5);

/// Most events that wait for a full disk; more push out the oldest sightings and devices first, and then are dropped and counted.
const WAITING_MAX: usize = 10_000;

/// Most commands read at once. Guess: more than people press.
const COMMANDS_MAX: u32 = 100;

/// What an agent is made from.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The folder of the box's state.
    pub folder: PathBuf,
    /// What the clinic chose, until the tablet says something else.
    pub site: Arc<Site>,
    /// What is known to be bad.
    pub indicators: Arc<Indicators>,
}

/// The sensor at work.
pub struct Agent {
    ears: Box<dyn Ears>,
    engine: Engine,
    talks: Listener,
    db: SensorDb,
    folder: PathBuf,
    /// What is not on the disk yet.
    waiting: Batch,
    /// Events that found no place while the disk was full.
    dropped: u64,
    status: Status,
    /// When it was last heard of before this run, until the first sound says how long that is ago.
    before: Option<Timestamp>,
    now: Timestamp,
    next: Turns,
}

/// When each thing is due next, by the machine's steady clock.
#[derive(Debug)]
struct Turns {
    turn: Instant,
    status: Instant,
    devices: Instant,
    learned: Instant,
    learned_at: Timestamp,
}

impl core::fmt::Debug for Agent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Agent")
            .field("folder", &self.folder)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// Opens its memory, and puts back what was learned and what was open.
    ///
    /// # Errors
    /// When the memory cannot be opened or read, or the settings are wrong.
    pub fn new(setup: Setup, mut ears: Box<dyn Ears>) -> anyhow::Result<Self> {
        let Setup { folder, site, indicators } = setup;
        let db = SensorDb::open(&folder)?;
        let reader = SensorReader::open(&folder)?;
        let before = reader.status()?;
        let learned = reader.learned()?.map(|text| Snapshot::parse(&text)).transpose()?;
        let open = reader.open_incidents()?.iter().map(incident).collect::<anyhow::Result<Vec<_>>>()?;
        drop(reader);
        let site = chosen(&folder)?.unwrap_or(site);
        let mut engine = Engine::new(sensor_engine::Setup {
            site,
            indicators,
            learned,
            open,
            ..sensor_engine::Setup::default()
        })?;
        let talks = Listener::default();
        talks.listen_to(&mut engine);
        let is_recording = ears.is_recording();
        let command_done = before.as_ref().map_or(0, |status| status.command_done);
        let heard_until = before.map(|status| Timestamp::from_nanos(status.now_ns));
        if let Some(at) = heard_until {
            ears.go_on_from(at);
        }
        let now = steady();
        Ok(Agent {
            ears,
            engine,
            talks,
            db,
            folder,
            waiting: Batch::default(),
            dropped: 0,
            status: Status { is_recording, is_learning: true, command_done, ..Status::default() },
            before: heard_until.filter(|_| !is_recording),
            now: heard_until.unwrap_or_default(),
            next: Turns {
                turn: now,
                status: now,
                devices: now + DEVICES_EVERY,
                learned: now + LEARNED_PAUSE,
                learned_at: Timestamp::EPOCH,
            },
        })
    }

    /// Listens until somebody says stop, and writes what is left.
    ///
    /// # Errors
    /// When nothing can be heard any more.
    pub fn run(&mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut frames = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            let is_quiet = self.hear()?;
            frames = frames.wrapping_add(1);
            if is_quiet || frames.is_multiple_of(FRAMES_PER_LOOK) {
                self.turn(steady());
            }
        }
        self.take_learned();
        self.take_devices();
        self.take_status();
        self.write();
        Ok(())
    }

    /// Takes the next thing that was heard. Returns whether it was silence.
    fn hear(&mut self) -> anyhow::Result<bool> {
        let (at, is_quiet) = match self.ears.next()? {
            Heard::Frame(frame) => {
                self.engine.handle_frame(&frame);
                (frame.at, false)
            }
            Heard::Silence(at) => {
                self.engine.handle_silence(at);
                (at, true)
            }
            Heard::AllSolved(at, by) => {
                let open = self.engine.open_incidents().map(|open| open.id).collect::<Vec<_>>();
                for id in open {
                    self.engine.handle_command(at, Command::Close(id, by));
                }
                (at, true)
            }
        };
        self.now = at;
        if let Some(before) = self.before.take()
            && at.since(before) >= GAP_MIN
        {
            self.waiting.events.push((at.as_nanos(), EventRecord::Gap { from_ns: before.as_nanos() }));
        }
        let ports = &self.status.ports;
        let name = |port: u8| {
            ports.get(usize::from(port)).map_or_else(|| format!("port {port}"), |port| port.name.clone())
        };
        outputs::take(&mut self.engine, &self.talks, &mut self.waiting, &name);
        Ok(is_quiet)
    }

    /// What is due at this moment of the machine's steady clock.
    fn turn(&mut self, now: Instant) {
        if now < self.next.turn {
            return;
        }
        self.next.turn = now + TURN;
        self.look_at_ports();
        self.obey();
        if now >= self.next.devices {
            self.next.devices = now + DEVICES_EVERY;
            self.take_devices();
        }
        if now >= self.next.learned && self.now >= self.next.learned_at {
            self.next.learned = now + LEARNED_PAUSE;
            self.next.learned_at = self.now + LEARNED_EVERY;
            self.take_learned();
            // What is old can wait for another time.
            let _forgot = self.db.prune(self.now.as_nanos());
        }
        if now >= self.next.status || !self.waiting.is_empty() {
            self.next.status = now + STATUS_EVERY;
            self.take_status();
            self.write();
        }
    }

    /// What the operating system says of the ports goes into the engine.
    fn look_at_ports(&mut self) {
        let ports = self.ears.ports();
        for (number, port) in (0_u8..).zip(&ports) {
            let was = self.status.ports.get(usize::from(number));
            let lost_signal = was.is_none_or(|was| was.has_carrier) && !port.report.has_carrier;
            if lost_signal || port.report.dropped > 0 {
                self.engine.handle_port(self.now, sensor_decode::PortId(number), port.report);
            }
        }
        let sight = self.engine.sight();
        let status = (0_u8..).zip(ports).map(|(number, port)| {
            let seen = sight.iter().find(|seen| seen.port.0 == number);
            PortStatus {
                number,
                name: port.name,
                sees: seen.is_some_and(|seen| seen.sees),
                has_carrier: port.report.has_carrier,
                last_heard_ns: seen.map_or(0, |seen| seen.last_heard.as_nanos()),
            }
        });
        self.status.ports = status.collect();
    }

    /// Does what was asked at the tablet. The number of the last command is written together with what came of it.
    fn obey(&mut self) {
        let Ok(tablet) = TabletReader::open(&self.folder) else { return };
        let Ok(commands) = tablet.commands_after(self.status.command_done, COMMANDS_MAX) else { return };
        for command in commands {
            match command.what {
                CommandRecord::Close { incident, by } => {
                    let by = ClosedBy::ALL.into_iter().find(|who| who.as_str() == by);
                    if let (Ok(id), Some(by)) = (from_hex("incident", &incident), by) {
                        self.engine.handle_command(self.now, Command::Close(IncidentId(id), by));
                    }
                }
                CommandRecord::Site => {
                    // The tablet has checked it; one that cannot be read leaves what was chosen before.
                    if let Ok(Some(site)) = chosen(&self.folder) {
                        self.engine.handle_command(self.now, Command::Site(site));
                        self.take_devices();
                    }
                }
                CommandRecord::Test => self.test(command.seq),
            }
            self.status.command_done = command.seq;
        }
        let name = |port: u8| format!("port {port}");
        outputs::take(&mut self.engine, &self.talks, &mut self.waiting, &name);
    }

    /// Lets the canary fly, and says which links of the chain it passed.
    fn test(&mut self, id: i64) {
        let passed = canary::fly().unwrap_or_default();
        let capture = self.status.ports.iter().any(|port| port.sees);
        let mut test =
            TestStatus { id, capture, decoder: passed.decoder, detectors: passed.detectors, store: false };
        // Written, and read back.
        let status = Status { test: Some(test.clone()), ..self.status.clone() };
        let written = self.db.write(&Batch { status: Some(status), ..Batch::default() });
        let read = written.and_then(|()| SensorReader::open(&self.folder)?.status());
        test.store =
            read.is_ok_and(|status| status.is_some_and(|status| status.test.as_ref() == Some(&test)));
        self.status.test = Some(test);
    }

    fn take_devices(&mut self) {
        let ids: Vec<_> = self.engine.inventory().iter().map(|device| device.id).collect();
        let devices = ids.into_iter().filter_map(|id| outputs::device(&self.engine, &self.talks, id));
        self.waiting.devices.extend(devices);
    }

    fn take_learned(&mut self) {
        if let Ok(text) = self.engine.snapshot().to_json() {
            self.waiting.learned = Some((self.now.as_nanos(), text));
        }
    }

    fn take_status(&mut self) {
        self.status.now_ns = self.now.as_nanos();
        self.status.said_at_ns = machine_time();
        self.status.is_learning = !self.engine.normal().knows_clinic();
        self.waiting.status = Some(self.status.clone());
    }

    /// Writes what waits. What a full disk does not take waits on; the tablet is told by its bell.
    fn write(&mut self) {
        let had_news = !self.waiting.events.is_empty();
        let problem = match self.db.write(&self.waiting) {
            Ok(()) => {
                self.waiting = Batch::default();
                None
            }
            Err(StoreError::Full { .. }) => Some("disk_full"),
            Err(_) => Some("read_only"),
        };
        self.status.problem = problem.map(str::to_owned);
        if had_news && problem.is_none() {
            // An uplink that is not there will look by itself.
            let _heard = ring(&self.folder, "uplink", b"");
        }
        if problem.is_some() {
            self.make_room();
        }
        if let Ok(with) = serde_json::to_vec(&self.status) {
            // A tablet that is not there will look by itself.
            let _heard = ring(&self.folder, "tablet", &with);
        }
    }

    fn make_room(&mut self) {
        let Batch { events, sightings, devices, .. } = &mut self.waiting;
        // Devices are told again at their next turn.
        devices.clear();
        sightings.truncate(WAITING_MAX);
        let over = events.len().saturating_sub(WAITING_MAX);
        events.drain(..over);
        self.dropped = self.dropped.saturating_add(over as u64);
    }
}

/// What the clinic chose last.
fn chosen(folder: &Path) -> anyhow::Result<Option<Arc<Site>>> {
    let toml = match TabletReader::open(folder).and_then(|tablet| tablet.site()) {
        Ok(toml) => toml,
        Err(StoreError::Missing { .. }) => None,
        Err(err) => return Err(err.into()),
    };
    let Some(toml) = toml else { return Ok(None) };
    let site = Site::parse(&toml).context("the settings in tablet.db")?;
    Engine::check(&site).context("the settings in tablet.db")?;
    Ok(Some(Arc::new(site)))
}

/// An open incident of before; its kind is the row that it names.
fn incident(record: &IncidentRecord) -> anyhow::Result<Incident> {
    let kind = sensor_detectors::kinds().find(|kind| kind.id == record.kind);
    let kind = kind.with_context(|| format!("sensor.db: there is no kind `{}`", record.kind))?;
    Ok(record.to_incident(kind)?)
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "when to write is the machine's business, not the frames'")]
    Instant::now()
}

fn machine_time() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the tablet compares it with its own clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

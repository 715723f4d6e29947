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
use sensor_engine::{Command, Engine, Given, Snapshot};

use crate::hours::Hours;
use crate::record::{Beginning, Record, RecordState};
use crate::talks::Listener;
use crate::{EarPort, Ears, Heard, RecordTo, canary, outputs};

/// So often it looks at the clock while frames come one after the other. Source: a look takes 25 ns, a frame 550.
const FRAMES_PER_LOOK: u32 = 64;

/// And when so much of the frames' own time has passed, because few frames may come in a turn.
const TIME_PER_LOOK: Duration = Duration::from_millis(50);

/// Feeds hash tables. Any is as good as another, except when what was heard is played again.
const SEED: u64 = 0;

/// So often what came out is written, commands are read, and the tablet is told how the sensor is. Guess: an eye's blink, so that event to
/// tablet stays under 300 ms.
const TURN: Duration = Duration::from_millis(100);

/// How the sensor is, is told so often even when nothing changed. Source: the product's
/// rule of silence, by which a tablet that hears nothing of its box for 90 s is grey; a second leaves room for many that are lost.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// Devices' last hearing and ports' hours are written after so much of the frames' own time. Guess.
const DEVICES_EVERY: Duration = Duration::from_secs(30);

/// What was learned is written after so much of the frames' own time: a killed sensor loses no more of its counting than this.
const LEARNED_EVERY: Duration = Duration::from_secs(300);

/// Neither of the two more often than this, when a recording is played faster than it was heard.
const PLAYED_PAUSE: Duration = Duration::from_secs(1);

/// A step of the clock that is longer than this, either way, is no time that passed. Guess: more than frames are late, less than a night.
const STEP_MIN: Duration = Duration::from_secs(3_600);

/// What is old is forgotten only when the clock has gone so long without a step: a clock that was set wrong must not cost the history.
const EVEN_MIN: Duration = Duration::from_secs(24 * 3_600);

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
    /// Where to keep everything that is heard, if anywhere.
    pub record: Option<RecordTo>,
}

/// The sensor at work.
pub struct Agent {
    ears: Box<dyn Ears>,
    engine: Engine,
    /// Where what is heard is kept, if it is to be and there is room.
    record: Option<Record>,
    is_to_record: bool,
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
    /// Since when the clock has gone without a step, as far as this run knows.
    even_since: Timestamp,
    hours: Hours,
    next: Turns,
}

/// When each thing is due next, by the machine's steady clock.
#[derive(Debug)]
struct Turns {
    turn: Instant,
    status: Instant,
    devices: Instant,
    devices_at: Timestamp,
    learned: Instant,
    /// When it was written last, by the frames' own time.
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
        let Setup { folder, site, indicators, record } = setup;
        let db = SensorDb::open(&folder)?;
        let reader = SensorReader::open(&folder)?;
        let before = reader.status()?;
        let learned = reader.learned()?;
        let open = reader.open_incidents()?;
        drop(reader);
        let site = chosen(&folder)?.unwrap_or(site);
        ears.listen_for(&site.monitored)?;
        let begin = |to: &RecordTo| {
            let ports = ears.ports().into_iter().map(|port| (port.name, port.link)).collect();
            let learned = learned.as_deref();
            Record::begin(to, &Beginning { site: &site, learned, open: open.clone(), seed: SEED, ports })
        };
        let is_to_record = record.is_some();
        let record = record.as_ref().map(begin).transpose()?.flatten();
        let learned = learned.map(|text| Snapshot::parse(&text)).transpose()?;
        let open = open.iter().map(incident).collect::<anyhow::Result<Vec<_>>>()?;
        let mut engine = Engine::new(sensor_engine::Setup {
            site,
            indicators,
            learned,
            open,
            seed: SEED,
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
        let mut agent = Agent {
            ears,
            engine,
            record,
            is_to_record,
            talks,
            db,
            folder,
            waiting: Batch::default(),
            dropped: 0,
            status: Status { is_recording, is_learning: true, command_done, ..Status::default() },
            before: heard_until.filter(|_| !is_recording),
            now: heard_until.unwrap_or_default(),
            even_since: heard_until.unwrap_or_default(),
            hours: Hours::default(),
            next: Turns {
                turn: now,
                status: now,
                devices: now,
                devices_at: Timestamp::EPOCH,
                learned: now + PLAYED_PAUSE,
                learned_at: Timestamp::EPOCH,
            },
        };
        agent.look_at_ports();
        Ok(agent)
    }

    /// Listens until somebody says stop, and writes what is left.
    ///
    /// # Errors
    /// When nothing can be heard any more.
    pub fn run(&mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let (mut frames, mut looked_at) = (0, Timestamp::EPOCH);
        while !stop.load(Ordering::Relaxed) {
            let is_quiet = self.hear()?;
            frames += 1;
            let is_time = apart(self.now, looked_at) >= TIME_PER_LOOK;
            if is_quiet || frames >= FRAMES_PER_LOOK || is_time {
                (frames, looked_at) = (0, self.now);
                self.turn(steady())?;
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
        let Agent { ears, engine, record, hours, waiting, status, folder, .. } = self;
        let mut come_to = |at: Timestamp, engine: &mut Engine| {
            let over = hours.come_to(at, engine, status.ports.len(), &waiting.port_hours, folder);
            waiting.port_hours.extend(over);
        };
        let mut give = |given: Given<'_>| {
            come_to(given.at(), engine);
            give(engine, record.as_mut(), given);
        };
        let (at, is_quiet) = match ears.next()? {
            Heard::Frame(frame) => {
                give(Given::Frame(frame));
                (frame.at, false)
            }
            Heard::Port(at, port, report) => {
                give(Given::Port(at, port, report));
                (at, true)
            }
            Heard::Silence(at) => {
                give(Given::Silence(at));
                (at, true)
            }
            Heard::AllSolved(at, by) => {
                let open = engine.open_incidents().map(|open| open.id).collect::<Vec<_>>();
                for id in open {
                    self.tell(at, Command::Close(id, by));
                }
                (at, true)
            }
        };
        if apart(at, self.now) > STEP_MIN {
            self.even_since = at;
        }
        self.now = at;
        if let Some(before) = self.before.take()
            && at.since(before) >= GAP_MIN
        {
            self.waiting.events.push((at.as_nanos(), EventRecord::Gap { from_ns: before.as_nanos() }));
        }
        self.take_outputs();
        Ok(is_quiet)
    }

    /// The engine is told what somebody asked.
    fn tell(&mut self, at: Timestamp, command: Command) {
        give(&mut self.engine, self.record.as_mut(), Given::Command(at, command));
    }

    /// What came out of the engine waits to be written.
    fn take_outputs(&mut self) {
        let ports = &self.status.ports;
        let name = |port: u8| {
            ports.get(usize::from(port)).map_or_else(|| format!("port {port}"), |port| port.name.clone())
        };
        outputs::take(&mut self.engine, &self.talks, &mut self.waiting, &name);
    }

    /// What is due at this moment of the machine's steady clock.
    fn turn(&mut self, now: Instant) -> anyhow::Result<()> {
        if now < self.next.turn {
            return Ok(());
        }
        self.next.turn = now + TURN;
        self.look_at_ports();
        self.obey()?;
        if now >= self.next.devices && apart(self.now, self.next.devices_at) >= DEVICES_EVERY {
            self.next.devices = now + PLAYED_PAUSE;
            self.next.devices_at = self.now;
            self.take_devices();
        }
        if now >= self.next.learned && apart(self.now, self.next.learned_at) >= LEARNED_EVERY {
            self.next.learned = now + PLAYED_PAUSE;
            self.next.learned_at = self.now;
            self.take_learned();
            let is_even = self.now.since(self.even_since) >= EVEN_MIN;
            // What is old can wait for another time.
            let _forgot = self.db.prune(is_even.then_some(self.now.as_nanos()));
        }
        if now >= self.next.status || !self.waiting.is_empty() {
            self.next.status = now + STATUS_EVERY;
            self.take_status();
            self.write();
        }
        Ok(())
    }

    /// How the ports are, by the operating system and by the engine.
    fn look_at_ports(&mut self) {
        let sight = self.engine.sight();
        let status =
            (0_u8..).zip(self.ears.ports()).map(|(number, EarPort { name, state, dropped, lost_at, .. })| {
                let seen = sight.iter().find(|seen| seen.port.0 == number);
                PortStatus {
                    number,
                    name,
                    sees: seen.is_some_and(|seen| seen.sees),
                    has_carrier: state.has_carrier(),
                    state: state.as_str().to_owned(),
                    last_heard_ns: seen.map_or(0, |seen| seen.last_heard.as_nanos()),
                    dropped: [dropped.card, dropped.kernel, dropped.handover],
                    lost_at_ns: lost_at.map_or(0, Timestamp::as_nanos),
                    trouble: seen.and_then(|seen| Some(seen.trouble?.as_str().to_owned())),
                }
            });
        self.status.ports = status.collect();
    }

    /// Does what was asked at the tablet. The number of the last command is written together with what came of it.
    fn obey(&mut self) -> anyhow::Result<()> {
        let Ok(tablet) = TabletReader::open(&self.folder) else { return Ok(()) };
        let Ok(commands) = tablet.commands_after(self.status.command_done, COMMANDS_MAX) else {
            return Ok(());
        };
        for command in commands {
            match command.what {
                CommandRecord::Close { incident, by } => {
                    let by = ClosedBy::ALL.into_iter().find(|who| who.as_str() == by);
                    if let (Ok(id), Some(by)) = (from_hex("incident", &incident), by) {
                        self.tell(self.now, Command::Close(IncidentId(id), by));
                    }
                }
                CommandRecord::Site => {
                    // The tablet has checked it; one that cannot be read leaves what was chosen before.
                    if let Ok(Some(site)) = chosen(&self.folder) {
                        self.ears.listen_for(&site.monitored)?;
                        self.tell(self.now, Command::Site(site));
                        self.take_devices();
                    }
                }
                CommandRecord::Test => self.test(command.seq),
            }
            self.status.command_done = command.seq;
        }
        self.take_outputs();
        Ok(())
    }

    /// Lets the canary fly, and says which links of the chain it passed.
    fn test(&mut self, id: i64) {
        let passed = canary::fly().unwrap_or_default();
        let capture = self.status.ports.iter().any(|port| port.sees && port.trouble.is_none());
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
        self.waiting.port_hours.extend(self.hours.rows(&self.engine, self.status.ports.len()));
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
        let record = self.record.as_mut().map_or(RecordState::Full, |record| {
            record.flush();
            record.state()
        });
        self.status.record = self.is_to_record.then(|| record.as_str().to_owned());
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
        let Batch { events, sightings, devices, port_hours, .. } = &mut self.waiting;
        // Devices are told again at their next turn.
        devices.clear();
        let over = port_hours.len().saturating_sub(WAITING_MAX);
        port_hours.drain(..over);
        sightings.truncate(WAITING_MAX);
        let over = events.len().saturating_sub(WAITING_MAX);
        events.drain(..over);
        self.dropped = self.dropped.saturating_add(over as u64);
    }
}

/// How far two moments are from each other, whichever is the earlier.
fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

/// The engine is given something, which is kept when it is to be kept.
fn give(engine: &mut Engine, record: Option<&mut Record>, given: Given<'_>) {
    if let Some(record) = record {
        record.keep(&given);
    }
    engine.handle(given);
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
pub(crate) fn incident(record: &IncidentRecord) -> anyhow::Result<Incident> {
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

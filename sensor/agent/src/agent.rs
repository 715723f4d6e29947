//! The loop: hear, detect, remember, obey. What is remembered and how, and what is obeyed, stand in files of their own.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use box_store::record::EventRecord;
use box_store::sensor::{HISTORY_NS, PortStatus, Status};
use common_model::Timestamp;
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_engine::{Command, Engine, Given};

use crate::before::Before;
use crate::even::Even;
use crate::hours::Hours;
use crate::memory::Memory;
use crate::obey::chosen;
use crate::record::{Beginning, Record, RecordState};
use crate::talks::Listener;
use crate::{EarPort, Ears, Heard, RecordTo, outputs};

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

/// A silence longer than this between two runs is told as a gap.
const GAP_MIN: Duration = Duration::from_secs(5);

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
    /// Called at each turn: a sign that the sensor does not hang.
    pub beat: Option<fn()>,
}

/// The sensor at work.
pub struct Agent {
    pub(crate) ears: Box<dyn Ears>,
    engine: Engine,
    /// Where what is heard is kept, if it is to be and there is room.
    record: Option<Record>,
    is_to_record: bool,
    beat: Option<fn()>,
    talks: Listener,
    pub(crate) memory: Memory,
    pub(crate) status: Status,
    /// The clinic's latest settings cannot be used by this version.
    pub(crate) are_settings_refused: bool,
    /// When it was last heard of before this run, until the first sound says how long that is ago.
    before: Option<Timestamp>,
    pub(crate) now: Timestamp,
    even: Even,
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
            .field("folder", &self.memory.folder())
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
        let Setup { folder, site, indicators, record, beat } = setup;
        let mut memory = Memory::open(&folder)?;
        let Before { status: before, learned, open, devices } = Before::read(&mut memory)?;
        let chosen = chosen(&folder);
        let site = chosen.site.unwrap_or(site);
        ears.listen_for(&site.monitored)?;
        let is_to_record = record.is_some();
        let (records, open): (Vec<_>, Vec<_>) = open.into_iter().unzip();
        let begin = |to: &RecordTo| {
            let ports = ears.ports().into_iter().map(|port| (port.name, port.link)).collect();
            let learned = learned.as_ref().map(|(text, _)| text.as_str());
            Record::begin(to, &Beginning { site: &site, learned, open: records, seed: SEED, ports })
        };
        let record = record.as_ref().map(begin).transpose()?.flatten();
        let mut engine = Engine::new(sensor_engine::Setup {
            site,
            indicators,
            learned: learned.map(|(_, learned)| learned),
            open,
            seed: SEED,
            ..sensor_engine::Setup::default()
        })?;
        let talks = Listener::default();
        talks.restore(&devices);
        talks.listen_to(&mut engine);
        let is_recording = ears.is_recording();
        let before = before.unwrap_or_default();
        let heard_until = (before.now_ns > 0).then(|| Timestamp::from_nanos(before.now_ns));
        if let Some(at) = heard_until {
            ears.go_on_from(at);
        }
        let now = steady();
        let mut agent = Agent {
            ears,
            engine,
            record,
            is_to_record,
            beat,
            talks,
            memory,
            status: Status {
                is_recording,
                is_learning: true,
                command_done: before.command_done,
                commands_of: before.commands_of,
                ..Status::default()
            },
            are_settings_refused: chosen.is_refused,
            before: heard_until.filter(|_| !is_recording),
            now: heard_until.unwrap_or_default(),
            even: Even::new(heard_until, Duration::from_nanos(before.even_for_ns)),
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
        self.memory.write(&mut self.status);
        Ok(())
    }

    /// Takes the next thing that was heard. Returns whether it was silence.
    fn hear(&mut self) -> anyhow::Result<bool> {
        let Agent { ears, engine, record, hours, memory, status, .. } = self;
        let mut come_to = |at: Timestamp, engine: &mut Engine| {
            let over =
                hours.come_to(at, engine, status.ports.len(), &memory.waiting.port_hours, memory.folder());
            memory.waiting.port_hours.extend(over);
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
        self.even.come_to(at);
        self.now = at;
        if let Some(before) = self.before.take()
            && at.since(before) >= GAP_MIN
        {
            self.memory.waiting.events.push((at.as_nanos(), EventRecord::Gap { from_ns: before.as_nanos() }));
        }
        self.take_outputs();
        Ok(is_quiet)
    }

    /// The engine is told what somebody asked.
    pub(crate) fn tell(&mut self, at: Timestamp, command: Command) {
        give(&mut self.engine, self.record.as_mut(), Given::Command(at, command));
    }

    /// What came out of the engine waits to be written.
    pub(crate) fn take_outputs(&mut self) {
        let ports = &self.status.ports;
        let name = |port: u8| {
            ports.get(usize::from(port)).map_or_else(|| format!("port {port}"), |port| port.name.clone())
        };
        outputs::take(&mut self.engine, &self.talks, &mut self.memory.waiting, &name);
    }

    /// What is due at this moment of the machine's steady clock.
    fn turn(&mut self, now: Instant) -> anyhow::Result<()> {
        if now < self.next.turn {
            return Ok(());
        }
        self.next.turn = now + TURN;
        if let Some(beat) = self.beat {
            beat();
        }
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
            self.memory.forget(self.even.is_believed().then_some(self.now));
        }
        if now >= self.next.status || self.memory.has_news() {
            self.next.status = now + STATUS_EVERY;
            self.take_status();
            self.memory.write(&mut self.status);
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
                    saw_ns: seen.and_then(|seen| seen.saw).map_or(0, Timestamp::as_nanos),
                }
            });
        self.status.ports = status.collect();
    }

    pub(crate) fn take_devices(&mut self) {
        self.talks.tidy(&self.engine, self.now);
        let ids: Vec<_> = self.engine.inventory().iter().map(|device| device.id).collect();
        let devices = ids.into_iter().filter_map(|id| outputs::device(&self.engine, &self.talks, id));
        self.memory.waiting.devices.extend(devices);
        self.memory.waiting.port_hours.extend(self.hours.rows(&self.engine, self.status.ports.len()));
    }

    fn take_learned(&mut self) {
        if let Ok(text) = self.engine.snapshot().to_json() {
            self.memory.waiting.learned = Some((self.now.as_nanos(), text));
        }
    }

    fn take_status(&mut self) {
        self.status.now_ns = self.now.as_nanos();
        self.status.said_at_ns = machine_time();
        self.status.even_for_ns = u64::try_from(self.even.lived().as_nanos()).unwrap_or(u64::MAX);
        self.status.forget_before_ns =
            if self.even.is_believed() { self.status.now_ns.saturating_sub(HISTORY_NS) } else { 0 };
        self.status.problem = self.are_settings_refused.then(|| "settings_refused".to_owned());
        self.status.is_learning = !self.engine.normal().knows_clinic();
        let record = self.record.as_mut().map_or(RecordState::Full, |record| {
            record.flush();
            record.state()
        });
        self.status.record = self.is_to_record.then(|| record.as_str().to_owned());
        // Once it is written, nothing waits to be written.
        let status = Status { unwritten: Vec::new(), unwritten_more: 0, ..self.status.clone() };
        self.memory.waiting.status = Some(status);
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

pub(crate) fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "when to write is the machine's business, not the frames'")]
    Instant::now()
}

fn machine_time() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the tablet compares it with its own clock")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

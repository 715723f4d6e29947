//! `sensor.db`: what was heard. The sensor writes it, everybody reads it.

mod reader;
mod writer;

pub use reader::{SensorReader, Stored};
pub use writer::{Batch, SensorDb};

use serde::{Deserialize, Serialize};

use crate::record::IncidentRecord;

/// What brings a file up to date, oldest first. Append only.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sensor/0001-first.sql"),
    include_str!("../../migrations/sensor/0002-name.sql"),
];

/// The file's name in the folder of the box's state.
pub const FILE: &str = "sensor.db";

/// History is kept so long, in nanoseconds: 90 days, as the tablet promises.
pub const HISTORY_NS: u64 = 90 * 86_400 * 1_000_000_000;

/// Most events that are kept; older ones go first. Guess: a hundred a day for the time of the history, and as many again in a bad week.
pub const EVENTS_MAX: u64 = 20_000;

/// Most rows of what ports heard. Source: eight ports in each hour of the history.
pub const PORT_HOURS_MAX: u64 = 8 * 24 * 90;

/// Most sightings that wait for somebody to fetch them. Guess: a month of the most that may leave in a day.
pub const SIGHTINGS_MAX: u64 = 20_000;

/// Most incidents that are told with how the sensor is while they cannot be written. Guess: more than fit on the tablet.
pub const UNWRITTEN_MAX: usize = 16;

/// How the sensor is: written once a second, and sent with each nudge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The frames' own time.
    pub now_ns: u64,
    /// The machine's time when this was said.
    pub said_at_ns: u64,
    /// Whether it plays a recording instead of listening.
    pub is_recording: bool,
    /// Whether it is still learning what is normal.
    pub is_learning: bool,
    /// Each port that it listens to.
    pub ports: Vec<PortStatus>,
    /// The last command that it has done.
    pub command_done: i64,
    /// What keeps it from remembering: `disk_full`, `read_only` or `broken`; or `settings_refused`: the clinic's latest settings are of another
    /// version, and older ones hold.
    pub problem: Option<String>,
    /// The self-test that it did last.
    pub test: Option<TestStatus>,
    /// Whether all that is heard is kept: `on`, `full` or `failed`.
    #[serde(default)]
    pub record: Option<String>,
    /// The latest step of each open incident that could not be written, the worst first; whoever shows incidents takes these for newer than
    /// those in the file. At most [`UNWRITTEN_MAX`].
    #[serde(default)]
    pub unwritten: Vec<IncidentRecord>,
    /// How many more there are.
    #[serde(default)]
    pub unwritten_more: u32,
    /// Rows that were lost since the sensor was started, because too many waited for a disk.
    #[serde(default)]
    pub dropped: u64,
    /// Which file's commands are counted: the name of a `tablet.db`.
    #[serde(default)]
    pub commands_of: Option<String>,
    /// How long the clock has gone without a step that is doubted.
    #[serde(default)]
    pub even_for_ns: u64,
    /// What is older than this is to be forgotten; zero: nobody knows what time it is.
    #[serde(default)]
    pub forget_before_ns: u64,
}

/// How a port is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortStatus {
    /// Its number in events.
    pub number: u8,
    /// What it is called.
    pub name: String,
    /// Whether it hears.
    pub sees: bool,
    /// Whether its cable has a signal.
    pub has_carrier: bool,
    /// How it is: `hears`, `no_signal`, `gone`, `not_prepared` or `refused`.
    #[serde(default)]
    pub state: String,
    /// Frames lost since the sensor was started: by the card, by the kernel, by the sensor itself.
    #[serde(default)]
    pub dropped: [u64; 3],
    /// When frames were lost last; zero: never.
    #[serde(default)]
    pub lost_at_ns: u64,
    /// When it was last heard; zero: never.
    pub last_heard_ns: u64,
    /// What is wrong with what it hears: `mirror_off` or `one_way`.
    #[serde(default)]
    pub trouble: Option<String>,
    /// When it last saw the network as a mirror port shows it; zero: never.
    #[serde(default)]
    pub saw_ns: u64,
}

/// A self-test: a marked canary went through the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestStatus {
    /// Which one: the number of the command that asked for it.
    pub id: i64,
    /// Whether a port hears frames now.
    pub capture: bool,
    /// Whether the canary was decoded.
    pub decoder: bool,
    /// Whether it was found.
    pub detectors: bool,
    /// Whether what was found could be written and read back.
    pub store: bool,
}

/// What a port heard in an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortHour {
    /// Hours since 1970.
    pub hour: u64,
    /// Which port.
    pub port: u8,
    /// All frames.
    #[serde(default)]
    pub frames: u64,
    /// Their bytes on the wire.
    #[serde(default)]
    pub bytes: u64,
    /// Packets from the clinic's devices.
    pub frames_from_inside: u64,
    /// Packets from outside to them.
    pub frames_to_inside: u64,
    /// The bytes of those from inside.
    #[serde(default)]
    pub bytes_from_inside: u64,
    /// The bytes of those to inside.
    #[serde(default)]
    pub bytes_to_inside: u64,
    /// Frames lost before they came to us.
    pub dropped: u64,
    /// Bytes acknowledged but never seen.
    pub unseen_bytes: u64,
    /// Known devices that were heard.
    pub devices_heard: u32,
    /// Known devices that were not.
    pub devices_silent: u32,
    /// Devices of which only broadcast was heard.
    pub devices_broadcast_only: u32,
}

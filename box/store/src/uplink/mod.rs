//! `uplink.db`: what goes to the centre, what went, and what the centre said. The uplink writes it, the tablet reads it; what is secret is in
//! `uplink.keys`, which nobody else can read.

mod keys;
mod reader;
mod writer;

pub(crate) use keys::FILE as KEYS_FILE;
pub use keys::{EpochRow, Identity, Keys, WayOut};
pub use reader::UplinkReader;
pub use writer::{Entry, Letter, UplinkDb};

/// What brings a file up to date, oldest first. Append only.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/uplink/0001-first.sql"),
    include_str!("../../migrations/uplink/0002-past.sql"),
];

/// The file's name in the folder of the box's state.
pub const FILE: &str = "uplink.db";

/// Says in a copy that it is about to be put back: the uplink then begins a new spool.
pub(crate) const MARK_PUT_BACK: &str = "INSERT OR REPLACE INTO kept VALUES ('put back', '')";

/// How many lanes there are: alert, sighting, inventory, health.
pub const LANES: usize = 4;

/// What went is kept so long, in nanoseconds: 90 days, as the tablet promises; and what could not be sent is kept as long.
pub const KEPT_NS: u64 = 90 * 86_400 * 1_000_000_000;

/// Most records that are kept, sent or not. Guess: a hundred alerts and four hundred sightings a day for 90 days.
pub const RECORDS_MAX: u64 = 50_000;

/// How far a lane is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneRow {
    /// The last number that was given.
    pub last: u64,
    /// The last number that the centre has.
    pub committed: u64,
    /// How many a full spool forced out, were gone before they were read, or were never numbered: over a day's cap, or not to be told in words.
    pub dropped: u64,
}

/// A record with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number in its lane.
    pub seq: u64,
    /// When it was numbered.
    pub at_ns: u64,
    /// The type of its body.
    pub what: String,
    /// JSON of the wire's types.
    pub body: String,
}

/// A record that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRow {
    /// When it left first.
    pub sent_at_ns: u64,
    /// Its lane.
    pub lane: u8,
    /// Its number there.
    pub seq: u64,
    /// The type of its body.
    pub what: String,
    /// The bytes of its line.
    pub bytes: u64,
    /// JSON of the wire's types.
    pub body: String,
}

/// Records of one kind that left within a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSum {
    /// The type of their bodies.
    pub what: String,
    /// How many.
    pub records: u64,
    /// The bytes of their lines.
    pub bytes: u64,
    /// When the first left.
    pub first_ns: u64,
    /// When the last left.
    pub last_ns: u64,
}

/// A warning of the centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningRow {
    /// Its name.
    pub id: String,
    /// When it was issued.
    pub at_ns: u64,
    /// It is shown until then.
    pub until_ns: u64,
    /// Whether it was taken back.
    pub is_recalled: bool,
    /// JSON of the wire's types.
    pub body: String,
}

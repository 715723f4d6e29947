//! `tablet.db`: what people did at the tablet, and what the clinic chose. The tablet writes it, the others read it.

use std::path::Path;

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::db::{Db, bits, body};

/// What brings a file up to date, oldest first. Append only.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/tablet/0001-first.sql"),
    include_str!("../../migrations/tablet/0002-answers.sql"),
    include_str!("../../migrations/tablet/0003-name.sql"),
];

/// The file's name in the folder of the box's state.
pub const FILE: &str = "tablet.db";

/// Most versions of the clinic's settings that are kept. Guess: a year of somebody who likes to change them.
const SITES_MAX: i64 = 200;

/// What somebody asked of the sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CommandRecord {
    /// An incident is solved, or known and harmless.
    Close {
        /// Which one: sixteen hexadecimal digits.
        incident: String,
        /// Who says so: a word of `ClosedBy`.
        by: String,
    },
    /// The clinic's settings changed: read the newest.
    Site,
    /// Test the alarm.
    Test,
}

/// A command with its number and when it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Grows with each command, and never comes back.
    pub seq: i64,
    /// The machine's time, in nanoseconds since 1970.
    pub at_ns: u64,
    /// What.
    pub what: CommandRecord,
}

/// How commands are numbered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbering {
    /// The file's own name, which no other file has; none in one of an older version.
    pub of: Option<String>,
    /// The last number that was given.
    pub last: i64,
}

/// What somebody answered to a warning of the centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Grows with each answer, and never comes back.
    pub seq: i64,
    /// The machine's time, in nanoseconds since 1970.
    pub at_ns: u64,
    /// Which warning.
    pub warning: String,
    /// What: a word of the wire's.
    pub answer: String,
}

/// `tablet.db`, to be written.
#[derive(Debug)]
pub struct TabletDb(Db);

/// `tablet.db`, to be read.
#[derive(Debug)]
pub struct TabletReader(Db);

impl TabletDb {
    /// Opens the file in this folder, and makes it when it is not there.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, or the file is of a newer version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(TabletDb(Db::open(&folder.join(FILE), MIGRATIONS)?))
    }

    /// Remembers that somebody has seen an incident; the first time counts.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was written.
    pub fn see(&mut self, incident: u64, at_ns: u64) -> Result<(), StoreError> {
        self.0.write("remembering what was seen", |tx| {
            tx.prepare_cached("INSERT OR IGNORE INTO seen (incident, at_ns) VALUES (?1, ?2)")?
                .execute(params![bits(incident), bits(at_ns)])?;
            Ok(())
        })
    }

    /// Asks something of the sensor. Returns its number.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was asked.
    pub fn ask(&mut self, what: &CommandRecord, at_ns: u64) -> Result<i64, StoreError> {
        self.0.write("asking the sensor", |tx| {
            tx.prepare_cached("INSERT INTO command (at_ns, body) VALUES (?1, ?2)")?
                .execute(params![bits(at_ns), body(what)?])?;
            Ok(tx.last_insert_rowid())
        })
    }

    /// Keeps what the clinic chose, and asks the sensor to read it, both or neither. `also` is asked after it.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn choose(&mut self, toml: &str, also: Option<&CommandRecord>, at_ns: u64) -> Result<(), StoreError> {
        self.0.write("keeping the settings", |tx| {
            tx.prepare_cached("INSERT INTO site (at_ns, toml) VALUES (?1, ?2)")?
                .execute(params![bits(at_ns), toml])?;
            tx.execute("DELETE FROM site WHERE seq <= (SELECT max(seq) FROM site) - ?1", [SITES_MAX])?;
            let mut ask = tx.prepare_cached("INSERT INTO command (at_ns, body) VALUES (?1, ?2)")?;
            for what in core::iter::once(&CommandRecord::Site).chain(also) {
                ask.execute(params![bits(at_ns), body(what)?])?;
            }
            Ok(())
        })
    }

    /// Answers a warning of the centre.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was answered.
    pub fn answer(&mut self, warning: &str, answer: &str, at_ns: u64) -> Result<(), StoreError> {
        self.0.write("answering a warning", |tx| {
            tx.prepare_cached("INSERT INTO answer (at_ns, warning, answer) VALUES (?1, ?2, ?3)")?
                .execute(params![bits(at_ns), warning, answer])?;
            Ok(())
        })
    }

    /// Forgets what people did before this moment, in nanoseconds since 1970. What the clinic chose stays. Returns how many rows went.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was forgotten.
    pub fn prune(&mut self, before_ns: u64) -> Result<usize, StoreError> {
        self.0.write("forgetting what is old", |tx| {
            ["command", "seen", "answer"].iter().try_fold(0, |gone, table| {
                let now_gone =
                    tx.execute(&format!("DELETE FROM {table} WHERE at_ns < ?1"), [bits(before_ns)])?;
                Ok(gone + now_gone)
            })
        })
    }

    /// The same file, to be read.
    #[must_use]
    pub fn into_reader(self) -> TabletReader {
        TabletReader(self.0)
    }
}

impl TabletReader {
    /// Opens the file in this folder.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the tablet has never run, else why it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(TabletReader(Db::open_to_read(&folder.join(FILE))?))
    }

    /// Commands after the one with this number, in order; without those that this version cannot read.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn commands_after(&self, seq: i64, most: u32) -> Result<Vec<Command>, StoreError> {
        let what = "asking for commands";
        let rows = self.0.read(what, |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT seq, at_ns, body FROM command WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            )?;
            let rows = ask.query_map(params![seq, most], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let command = |(seq, at, body): (i64, i64, String)| {
            Some(Command { seq, at_ns: at.cast_unsigned(), what: self.0.parse(what, &body).ok()? })
        };
        Ok(rows.into_iter().filter_map(command).collect())
    }

    /// How commands are numbered.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn numbering(&self) -> Result<Numbering, StoreError> {
        self.0.read("asking how commands are numbered", |connection| {
            let mut named = connection
                .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'kept'")?;
            let of = match named.exists([])? {
                true => connection
                    .prepare_cached("SELECT body FROM kept WHERE name = 'name'")?
                    .query_row([], |row| row.get(0))
                    .optional()?,
                false => None,
            };
            let last = connection
                .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'command'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(Numbering { of, last: last.unwrap_or(0) })
        })
    }

    /// When somebody first saw this incident, in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn seen_at(&self, incident: u64) -> Result<Option<u64>, StoreError> {
        let at = self.0.read("asking what was seen", |connection| {
            connection
                .prepare_cached("SELECT at_ns FROM seen WHERE incident = ?1")?
                .query_row([bits(incident)], |row| row.get::<_, i64>(0))
                .optional()
        })?;
        Ok(at.map(i64::cast_unsigned))
    }

    /// Answers to warnings after the one with this number, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn answers_after(&self, seq: i64, most: u32) -> Result<Vec<Answer>, StoreError> {
        self.answers("WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![seq, most])
    }

    /// Answers to warnings from this moment until before that one, latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn answers_between(&self, from_ns: u64, to_ns: u64, most: u32) -> Result<Vec<Answer>, StoreError> {
        // A time of later than the year 2262 is none of ours.
        let to_ns = to_ns.min(u64::MAX >> 1);
        self.answers(
            "WHERE at_ns >= ?1 AND at_ns < ?2 ORDER BY seq DESC LIMIT ?3",
            params![bits(from_ns), bits(to_ns), most],
        )
    }

    /// What was answered last to this warning.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn last_answer(&self, warning: &str) -> Result<Option<Answer>, StoreError> {
        Ok(self.answers("WHERE warning = ?1 ORDER BY seq DESC LIMIT 1", [warning])?.pop())
    }

    fn answers(&self, which: &str, with: impl rusqlite::Params) -> Result<Vec<Answer>, StoreError> {
        self.0.read("asking for answers", |connection| {
            let mut ask = connection
                .prepare_cached(&format!("SELECT seq, at_ns, warning, answer FROM answer {which}"))?;
            let rows = ask.query_map(with, |row| {
                Ok(Answer {
                    seq: row.get(0)?,
                    at_ns: row.get::<_, i64>(1)?.cast_unsigned(),
                    warning: row.get(2)?,
                    answer: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    /// The number of the last answer to a warning; 0 when there is none, and in a file of an older version.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn last_answer_row(&self) -> Result<i64, StoreError> {
        self.0.read("asking for the last answer", |connection| {
            let last = connection
                .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'answer'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(last.unwrap_or(0))
        })
    }

    /// Everything that the clinic chose, the latest first, as texts of a `site.toml`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn sites(&self) -> Result<Vec<String>, StoreError> {
        self.0.read("asking for the settings", |connection| {
            let mut ask = connection.prepare_cached("SELECT toml FROM site ORDER BY seq DESC")?;
            ask.query_map([], |row| row.get(0))?.collect()
        })
    }

    /// What the clinic chose last, as the text of a `site.toml`.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn site(&self) -> Result<Option<String>, StoreError> {
        self.0.read("asking for the settings", |connection| {
            connection
                .prepare_cached("SELECT toml FROM site ORDER BY seq DESC LIMIT 1")?
                .query_row([], |row| row.get(0))
                .optional()
        })
    }
}

//! Everybody's view of `uplink.db`.

use std::path::Path;

use rusqlite::{OptionalExtension as _, params};

use super::{FILE, LANES, LaneRow, Numbered, SentRow, SentSum, WarningRow};
use crate::StoreError;
use crate::db::{Db, bits};

/// A day, in nanoseconds.
pub(crate) const DAY_NS: u64 = 86_400 * 1_000_000_000;

/// `uplink.db`, to be read: on its own, or through the writer's connection.
#[derive(Debug)]
pub struct UplinkReader<'d>(Opened<'d>);

#[derive(Debug)]
enum Opened<'d> {
    Own(Db),
    Writers(&'d Db),
}

impl UplinkReader<'static> {
    /// Opens the file in this folder.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the uplink has never run, else why it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(UplinkReader(Opened::Own(Db::open_to_read(&folder.join(FILE))?)))
    }
}

impl<'d> UplinkReader<'d> {
    pub(crate) const fn of(db: &'d Db) -> Self {
        UplinkReader(Opened::Writers(db))
    }

    const fn db(&self) -> &Db {
        match &self.0 {
            Opened::Own(db) => db,
            Opened::Writers(db) => db,
        }
    }

    /// The spool's name.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn spool(&self) -> Result<String, StoreError> {
        self.db().read("asking for the spool's name", |connection| {
            connection.query_row("SELECT body FROM kept WHERE name = 'spool'", [], |row| row.get(0))
        })
    }

    /// Whether the file was put back from a copy, and no new spool was begun since.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn was_put_back(&self) -> Result<bool, StoreError> {
        self.db().read("asking whether it was put back", |connection| {
            connection.prepare_cached("SELECT 1 FROM kept WHERE name = 'put back'")?.exists([])
        })
    }

    /// How far each lane is, in order.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn lanes(&self) -> Result<[LaneRow; LANES], StoreError> {
        let rows = self.db().read("asking how far the lanes are", |connection| {
            let mut ask =
                connection.prepare_cached("SELECT last, committed, dropped FROM lane ORDER BY lane")?;
            let rows = ask.query_map([], |row| {
                let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
                Ok(LaneRow { last: number(0)?, committed: number(1)?, dropped: number(2)? })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let mut lanes = [LaneRow::default(); LANES];
        for (lane, row) in lanes.iter_mut().zip(rows) {
            *lane = row;
        }
        Ok(lanes)
    }

    /// What waits in a lane after this number, in order.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn records_after(&self, lane: u8, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        self.db().read("asking what waits", |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT seq, at_ns, what, body FROM record WHERE lane = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            )?;
            let rows = ask.query_map(params![lane, bits(seq), most], |row| {
                Ok(Numbered {
                    seq: row.get::<_, i64>(0)?.cast_unsigned(),
                    at_ns: row.get::<_, i64>(1)?.cast_unsigned(),
                    what: row.get(2)?,
                    body: row.get(3)?,
                })
            })?;
            rows.collect()
        })
    }

    /// How many records of a lane were numbered since this moment.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn numbered_since(&self, lane: u8, at_ns: u64) -> Result<u64, StoreError> {
        self.db().read("counting records", |connection| {
            let mut ask =
                connection.prepare_cached("SELECT count(*) FROM record WHERE lane = ?1 AND at_ns >= ?2")?;
            let rows: i64 = ask.query_row(params![lane, bits(at_ns)], |row| row.get(0))?;
            Ok(rows.cast_unsigned())
        })
    }

    /// How far another file was read; 0 at the beginning.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn cursor(&self, source: &str) -> Result<i64, StoreError> {
        self.db().read("asking how far it was read", |connection| {
            let mut ask = connection.prepare_cached("SELECT seq FROM cursor WHERE source = ?1")?;
            Ok(ask.query_row([source], |row| row.get(0)).optional()?.unwrap_or(0))
        })
    }

    /// Bytes that left on the day of this moment.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn bytes_of_day(&self, now_ns: u64) -> Result<u64, StoreError> {
        self.db().read("asking how much left", |connection| {
            let mut ask = connection.prepare_cached("SELECT bytes FROM day WHERE day = ?1")?;
            let bytes = ask.query_row([bits(now_ns / DAY_NS)], |row| row.get::<_, i64>(0)).optional()?;
            Ok(bytes.unwrap_or(0).cast_unsigned())
        })
    }

    /// When something left last before this moment.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn last_sent_before(&self, at_ns: u64) -> Result<Option<u64>, StoreError> {
        self.db().read("asking when something left last", |connection| {
            // Not of the view, of which SQLite would count all.
            let mut ask = connection.prepare_cached(
                "SELECT max(last) FROM (SELECT max(sent_at_ns) AS last FROM record WHERE sent_at_ns < ?1 UNION ALL SELECT max(sent_at_ns) FROM past WHERE sent_at_ns < ?1)",
            )?;
            let last: Option<i64> = ask.query_row([bits(at_ns)], |row| row.get(0))?;
            Ok(last.map(i64::cast_unsigned))
        })
    }

    /// What left from this moment until before that one, each kind as a sum, what matters most first.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn sent_sums(&self, from_ns: u64, to_ns: u64) -> Result<Vec<SentSum>, StoreError> {
        self.db().read("asking how much left", |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT what, count(*), sum(sent_bytes), min(sent_at_ns), max(sent_at_ns) FROM sent WHERE sent_at_ns >= ?1 AND sent_at_ns < ?2 GROUP BY what ORDER BY min(lane), max(sent_at_ns) DESC, what DESC",
            )?;
            let rows = ask.query_map(params![bits(from_ns), bits(to_ns)], |row| {
                let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
                Ok(SentSum {
                    what: row.get(0)?,
                    records: number(1)?,
                    bytes: number(2)?,
                    first_ns: number(3)?,
                    last_ns: number(4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// What of this kind left from this moment until before that one, the latest first.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn sent_of(
        &self,
        what: &str,
        from_ns: u64,
        to_ns: u64,
        most: u32,
    ) -> Result<Vec<SentRow>, StoreError> {
        self.sent(
            "SELECT sent_at_ns, lane, seq, what, sent_bytes, body FROM sent WHERE what = ?1 AND sent_at_ns >= ?2 AND sent_at_ns < ?3 ORDER BY sent_at_ns DESC, lane, seq DESC LIMIT ?4",
            params![what, bits(from_ns), bits(to_ns), most],
        )
    }

    /// What left from this moment until before that one, in order.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn sent_between(&self, from_ns: u64, to_ns: u64) -> Result<Vec<SentRow>, StoreError> {
        self.sent(
            "SELECT sent_at_ns, lane, seq, what, sent_bytes, body FROM sent WHERE sent_at_ns >= ?1 AND sent_at_ns < ?2 ORDER BY sent_at_ns, lane, seq",
            params![bits(from_ns), bits(to_ns)],
        )
    }

    /// The number of the last letter that was kept.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn last_letter(&self) -> Result<u64, StoreError> {
        self.db().read("asking for the last letter", |connection| {
            let last: Option<i64> =
                connection.query_row("SELECT max(seq) FROM letter", [], |row| row.get(0))?;
            Ok(last.unwrap_or(0).cast_unsigned())
        })
    }

    /// Warnings, latest first.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn warnings(&self) -> Result<Vec<WarningRow>, StoreError> {
        self.db().read("asking for warnings", |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT id, at_ns, until_ns, is_recalled, body FROM warning ORDER BY at_ns DESC, id",
            )?;
            let rows = ask.query_map([], |row| {
                Ok(WarningRow {
                    id: row.get(0)?,
                    at_ns: row.get::<_, i64>(1)?.cast_unsigned(),
                    until_ns: row.get::<_, i64>(2)?.cast_unsigned(),
                    is_recalled: row.get(3)?,
                    body: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Names of warnings whose letters came after the one with this number, with those numbers, in order.
    ///
    /// # Errors
    /// As [`Self::spool`].
    pub fn warnings_after(&self, letter: i64) -> Result<Vec<(i64, String)>, StoreError> {
        self.db().read("asking for new warnings", |connection| {
            let mut ask = connection
                .prepare_cached("SELECT letter, id FROM warning WHERE letter > ?1 ORDER BY letter")?;
            let rows = ask.query_map([letter], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
    }

    fn sent(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Vec<SentRow>, StoreError> {
        self.db().read("asking what left", |connection| {
            let mut ask = connection.prepare_cached(sql)?;
            let rows = ask.query_map(params, |row| {
                Ok(SentRow {
                    sent_at_ns: row.get::<_, i64>(0)?.cast_unsigned(),
                    lane: row.get(1)?,
                    seq: row.get::<_, i64>(2)?.cast_unsigned(),
                    what: row.get(3)?,
                    bytes: row.get::<_, i64>(4)?.cast_unsigned(),
                    body: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }
}

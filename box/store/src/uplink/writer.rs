//! The uplink's own side of `uplink.db`.

use std::path::Path;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{FILE, KEPT_NS, LANES, MIGRATIONS, RECORDS_MAX, UplinkReader, WarningRow};
use crate::StoreError;
use crate::db::{Db, bits};

/// `uplink.db`, to be written.
#[derive(Debug)]
pub struct UplinkDb(Db);

/// Something to be numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its lane.
    pub lane: u8,
    /// When it is numbered.
    pub at_ns: u64,
    /// The type of its body.
    pub what: &'static str,
    /// JSON of the wire's types.
    pub body: String,
}

/// What a letter of the centre changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// A warning.
    Warning(WarningRow),
    /// The warning of this name is taken back.
    Recall(String),
    /// Nothing in this file.
    Other,
}

impl UplinkDb {
    /// Opens the file in this folder; a new one is born with this name for its spool.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, or the file is of a newer version.
    pub fn open(folder: &Path, spool: &str) -> Result<Self, StoreError> {
        let mut db = Db::open(&folder.join(FILE), MIGRATIONS)?;
        db.write("naming the spool", |tx| {
            tx.execute("INSERT OR IGNORE INTO kept VALUES ('spool', ?1)", [spool]).map(drop)
        })?;
        Ok(UplinkDb(db))
    }

    /// The same file, to be read.
    #[must_use]
    pub fn reader(&self) -> UplinkReader<'_> {
        UplinkReader::of(&self.0)
    }

    /// Numbers these, each in its lane, and notes how far the other files were read and how many records of a lane were never numbered: all of
    /// it or nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was numbered, and the same can be read again.
    pub fn put(
        &mut self,
        entries: &[Entry],
        cursors: &[(&str, i64)],
        dropped: &[(u8, u64)],
    ) -> Result<(), StoreError> {
        self.0.write("numbering what goes to the centre", |tx| {
            for entry in entries {
                let seq = bump(tx, entry.lane)?;
                tx.prepare_cached(
                    "INSERT INTO record (lane, seq, at_ns, what, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    entry.lane,
                    seq,
                    bits(entry.at_ns),
                    entry.what,
                    entry.body
                ])?;
            }
            for (lane, records) in dropped {
                tx.prepare_cached("UPDATE lane SET dropped = dropped + ?2 WHERE lane = ?1")?
                    .execute(params![lane, bits(*records)])?;
            }
            cursors.iter().try_for_each(|cursor| note(tx, *cursor))
        })
    }

    /// Numbers so many records of a lane that were gone before they were read, as one gap, and notes how far the other file was read: all of it or
    /// nothing. `gap` writes its body.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn miss(
        &mut self,
        (lane, records): (u8, u64),
        at_ns: u64,
        cursor: (&str, i64),
        gap: &dyn Fn(u64, u64) -> String,
    ) -> Result<(), StoreError> {
        self.0.write("numbering what is gone", |tx| {
            let last: i64 = tx
                .prepare_cached(
                    "UPDATE lane SET last = last + ?2, dropped = dropped + ?2 WHERE lane = ?1 RETURNING last",
                )?
                .query_row(params![lane, bits(records)], |row| row.get(0))?;
            let to = last.cast_unsigned();
            let text = gap(to.saturating_sub(records) + 1, to);
            tx.prepare_cached(
                "INSERT INTO record (lane, seq, at_ns, what, body) VALUES (?1, ?2, ?3, 'gap', ?4)",
            )?
            .execute(params![lane, last, bits(at_ns), text])?;
            note(tx, cursor)
        })
    }

    /// Notes what is about to leave: numbers `from..=to` of lanes, and how many bytes each takes. The first time counts.
    ///
    /// # Errors
    /// [`StoreError`]; then it may not leave.
    pub fn leaving(&mut self, lines: &[(u8, u64, u64)], packed: u64, now_ns: u64) -> Result<(), StoreError> {
        self.0.write("noting what leaves", |tx| {
            for (lane, seq, bytes) in lines {
                tx.prepare_cached(
                    "UPDATE record SET sent_at_ns = coalesce(sent_at_ns, ?3), sent_bytes = ?4 WHERE lane = ?1 AND seq = ?2",
                )?
                .execute(params![lane, bits(*seq), bits(now_ns), bits(*bytes)])?;
            }
            tx.prepare_cached(
                "INSERT INTO day VALUES (?1, ?2) ON CONFLICT (day) DO UPDATE SET bytes = bytes + excluded.bytes",
            )?
            .execute(params![bits(now_ns / super::reader::DAY_NS), bits(packed)])?;
            Ok(())
        })
    }

    /// The centre has this lane up to this number. A smaller one than before is believed too: it has forgotten, and is told again.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was noted, and the same is sent again.
    pub fn commit(&mut self, lanes: &[(u8, u64)]) -> Result<(), StoreError> {
        self.0.write("noting what the centre has", |tx| {
            for (lane, seq) in lanes {
                tx.prepare_cached("UPDATE lane SET committed = ?2 WHERE lane = ?1 AND last >= ?2")?
                    .execute(params![lane, bits(*seq)])?;
            }
            Ok(())
        })
    }

    /// Notes for which box of a centre this file speaks from now on. When that is another than before: what waits was meant for the other's
    /// centre and goes, and so do its letters and warnings; a new spool begins, and the other files are read on from these numbers.
    /// Returns whether it was another.
    ///
    /// # Errors
    /// [`StoreError`]; then it speaks for the one before.
    pub fn speak_for(
        &mut self,
        box_id: &str,
        spool: &str,
        cursors: &[(&str, i64)],
    ) -> Result<bool, StoreError> {
        self.0.write("noting for whom this file speaks", |tx| {
            let was: Option<String> =
                tx.query_row("SELECT body FROM kept WHERE name = 'box'", [], |row| row.get(0)).optional()?;
            tx.execute("INSERT OR REPLACE INTO kept VALUES ('box', ?1)", [box_id])?;
            if was.is_none_or(|was| was == box_id) {
                return Ok(false);
            }
            tx.execute("UPDATE kept SET body = ?1 WHERE name = 'spool'", [spool])?;
            tx.execute_batch(
                "DELETE FROM record; DELETE FROM past; UPDATE lane SET last = 0, committed = 0, dropped = 0; \
                 DELETE FROM letter; DELETE FROM warning; DELETE FROM cursor;",
            )?;
            cursors.iter().try_for_each(|cursor| note(tx, *cursor))?;
            Ok(true)
        })
    }

    /// Begins a new spool: this file was put back, and its numbers were given a second time. What the centre does not have as far as
    /// this file knows is numbered anew, and leaves anew; what left stays in the clinic's record as it left. `lowered` writes the body of a gap
    /// whose numbers are by so many lower.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn begin_again(
        &mut self,
        spool: &str,
        lowered: &dyn Fn(&str, u64) -> String,
    ) -> Result<(), StoreError> {
        self.0.write("beginning a new spool", |tx| {
            tx.execute(
                "INSERT INTO past SELECT kept.body, lane, seq, what, record.body, sent_at_ns, sent_bytes FROM record JOIN kept ON kept.name = 'spool' WHERE sent_at_ns IS NOT NULL",
                [],
            )?;
            tx.execute("UPDATE kept SET body = ?1 WHERE name = 'spool'", [spool])?;
            tx.execute("DELETE FROM kept WHERE name = 'put back'", [])?;
            tx.execute(
                "DELETE FROM record WHERE seq <= (SELECT committed FROM lane WHERE lane.lane = record.lane)",
                [],
            )?;
            lower_gaps(tx, lowered)?;
            // In two steps, because a number must not be there twice on the way.
            tx.execute(
                "UPDATE record SET seq = -(seq - (SELECT committed FROM lane WHERE lane.lane = record.lane)), sent_at_ns = NULL, sent_bytes = 0",
                [],
            )?;
            tx.execute("UPDATE record SET seq = -seq", [])?;
            tx.execute("UPDATE lane SET last = last - committed, committed = 0", [])?;
            Ok(())
        })
    }

    /// Makes room: what left long ago goes first; then, while there are more than may be, the oldest that wait in the lanes that matter
    /// least, and a gap takes their place. `gap` writes its body. By a clock that is not believed nothing is old: a box that began in 1970 would
    /// throw away what it has not sent yet.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn make_room(
        &mut self,
        now_ns: u64,
        is_believed: bool,
        gap: &dyn Fn(u64, u64, &str) -> String,
    ) -> Result<(), StoreError> {
        self.make_room_for(RECORDS_MAX, now_ns, is_believed, gap)
    }

    pub(crate) fn make_room_for(
        &mut self,
        most: u64,
        now_ns: u64,
        is_believed: bool,
        gap: &dyn Fn(u64, u64, &str) -> String,
    ) -> Result<(), StoreError> {
        self.0.write("making room", |tx| {
            let old = if is_believed { bits(now_ns.saturating_sub(KEPT_NS)) } else { 0 };
            tx.execute(
                "DELETE FROM record WHERE at_ns < ?1 AND seq <= (SELECT committed FROM lane WHERE lane.lane = record.lane)",
                [old],
            )?;
            tx.execute("DELETE FROM past WHERE sent_at_ns < ?1", [old])?;
            for lane in (0..u8::try_from(LANES).unwrap_or(u8::MAX)).rev() {
                let until: Option<i64> = tx
                    .query_row("SELECT max(seq) FROM record WHERE lane = ?1 AND at_ns < ?2", params![lane, old], |row| row.get(0))
                    .optional()?
                    .flatten();
                if let Some(until) = until {
                    force_out(tx, lane, until, now_ns, &|from, to| gap(from, to, "old"))?;
                }
            }
            let mut over = over(tx, most)?;
            if over > 0 {
                tx.execute(
                    "DELETE FROM past WHERE (spool, lane, seq) IN (SELECT spool, lane, seq FROM past ORDER BY sent_at_ns LIMIT ?1)",
                    [over],
                )?;
                over = self::over(tx, most)?;
            }
            if over > 0 {
                tx.execute(
                    "DELETE FROM record WHERE (lane, seq) IN (SELECT lane, seq FROM record WHERE seq <= (SELECT committed FROM lane WHERE lane.lane = record.lane) ORDER BY at_ns LIMIT ?1)",
                    [over],
                )?;
                over = self::over(tx, most)?;
            }
            for lane in (0..u8::try_from(LANES).unwrap_or(u8::MAX)).rev() {
                if over <= 0 {
                    break;
                }
                // One more, because the gap takes a place.
                let until: Option<i64> = tx
                    .query_row(
                        "SELECT max(seq) FROM (SELECT seq FROM record WHERE lane = ?1 ORDER BY seq LIMIT ?2)",
                        params![lane, over + 1],
                        |row| row.get(0),
                    )
                    .optional()?
                    .flatten();
                if let Some(until) = until {
                    force_out(tx, lane, until, now_ns, &|from, to| gap(from, to, "full"))?;
                }
                over = self::over(tx, most)?;
            }
            Ok(())
        })
    }

    /// Notes that a letter was taken, with what it changes: all of it or nothing. One that was taken before changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; then it was not taken, and comes again.
    pub fn take_letter(&mut self, seq: u64, at_ns: u64, letter: &Letter) -> Result<(), StoreError> {
        self.0.write("taking a letter", |tx| {
            let is_new = tx
                .prepare_cached("INSERT OR IGNORE INTO letter VALUES (?1, ?2)")?
                .execute(params![bits(seq), bits(at_ns)])?;
            if is_new == 0 {
                return Ok(());
            }
            match letter {
                Letter::Warning(row) => {
                    tx.execute(
                        "INSERT OR IGNORE INTO warning (id, letter, at_ns, until_ns, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![row.id, bits(seq), bits(row.at_ns), bits(row.until_ns), row.body],
                    )?;
                }
                Letter::Recall(id) => {
                    tx.execute("UPDATE warning SET is_recalled = 1 WHERE id = ?1", [id])?;
                }
                Letter::Other => {}
            }
            Ok(())
        })
    }
}

/// Notes how far another file was read.
fn note(tx: &Transaction<'_>, (source, seq): (&str, i64)) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO cursor VALUES (?1, ?2)")?
        .execute(params![source, seq])
        .map(drop)
}

/// The next number of a lane.
fn bump(tx: &Transaction<'_>, lane: u8) -> rusqlite::Result<i64> {
    tx.prepare_cached("UPDATE lane SET last = last + 1 WHERE lane = ?1 RETURNING last")?
        .query_row([lane], |row| row.get(0))
}

fn over(tx: &Transaction<'_>, most: u64) -> rusqlite::Result<i64> {
    let rows: i64 =
        tx.query_row("SELECT (SELECT count(*) FROM record) + (SELECT count(*) FROM past)", [], |row| {
            row.get(0)
        })?;
    Ok(rows - bits(most))
}

/// Gaps name numbers of their lane, which begin anew behind what the centre has.
fn lower_gaps(tx: &Transaction<'_>, lowered: &dyn Fn(&str, u64) -> String) -> rusqlite::Result<()> {
    let gaps: Vec<(u8, i64, i64, String)> = tx
        .prepare("SELECT lane, seq, committed, body FROM record JOIN lane USING (lane) WHERE what = 'gap'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut put = tx.prepare("UPDATE record SET body = ?3 WHERE lane = ?1 AND seq = ?2")?;
    for (lane, seq, committed, body) in gaps {
        put.execute(params![lane, seq, lowered(&body, committed.cast_unsigned())])?;
    }
    Ok(())
}

/// Replaces what waits in a lane up to this number by one gap. A gap among it is swallowed.
fn force_out(
    tx: &Transaction<'_>,
    lane: u8,
    until: i64,
    now_ns: u64,
    gap: &dyn Fn(u64, u64) -> String,
) -> rusqlite::Result<()> {
    let committed: i64 =
        tx.query_row("SELECT committed FROM lane WHERE lane = ?1", [lane], |row| row.get(0))?;
    if until <= committed {
        return Ok(());
    }
    let waiting = "FROM record WHERE lane = ?1 AND seq > ?2 AND seq <= ?3";
    let (lost, gaps): (i64, i64) = tx.query_row(
        &format!("SELECT count(*), coalesce(sum(what = 'gap'), 0) {waiting}"),
        params![lane, committed, until],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if lost == gaps {
        return Ok(());
    }
    tx.execute(&format!("DELETE {waiting}"), params![lane, committed, until])?;
    let text = gap((committed + 1).cast_unsigned(), until.cast_unsigned());
    tx.execute(
        "INSERT INTO record (lane, seq, at_ns, what, body) VALUES (?1, ?2, ?3, 'gap', ?4)",
        params![lane, until, bits(now_ns), text],
    )?;
    tx.execute("UPDATE lane SET dropped = dropped + ?2 WHERE lane = ?1", params![lane, lost - gaps])?;
    Ok(())
}

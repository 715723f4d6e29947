//! Everybody else's side of `sensor.db`.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, ToSql};
use serde::de::DeserializeOwned;

use super::{FILE, PortHour, Status};
use crate::StoreError;
use crate::db::Db;
use crate::record::{DeviceRecord, EventRecord, IncidentRecord, SightingRecord};

/// `sensor.db`, to be read. In lists, a row that this version cannot read is left out: one bad row must not hide all the others.
#[derive(Debug)]
pub struct SensorReader(Db);

/// A row with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// Grows with each row, and never comes back.
    pub seq: i64,
    /// When it happened, in nanoseconds since 1970.
    pub at_ns: u64,
    /// What.
    pub value: T,
}

impl SensorReader {
    /// Opens the file in this folder.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the sensor has never run, else why it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(SensorReader(Db::open_to_read(&folder.join(FILE))?))
    }

    /// The file's own name, which no other file has; none in one of an older version.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn name(&self) -> Result<Option<String>, StoreError> {
        self.kept("asking for its name", "name")
    }

    /// How the sensor was when it last said so.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn status(&self) -> Result<Option<Status>, StoreError> {
        let row = self.kept("asking how the sensor is", "status")?;
        row.map(|body| self.0.parse("asking how the sensor is", &body)).transpose()
    }

    /// What was learned.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn learned(&self) -> Result<Option<String>, StoreError> {
        self.kept("asking for what was learned", "learned")
    }

    /// The incidents that are not closed, latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn open_incidents(&self) -> Result<Vec<IncidentRecord>, StoreError> {
        self.bodies(
            "asking for open incidents",
            "SELECT body FROM incident WHERE state <> 'closed' ORDER BY last_seen_ns DESC, id",
            &[],
        )
    }

    /// The incident with this id.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn incident(&self, id: u64) -> Result<Option<IncidentRecord>, StoreError> {
        let what = "asking for an incident";
        Ok(self.bodies(what, "SELECT body FROM incident WHERE id = ?1", &[&id.cast_signed()])?.pop())
    }

    /// What happened before the row with this number, latest first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn events_before(&self, seq: i64, most: u32) -> Result<Vec<Stored<EventRecord>>, StoreError> {
        self.stored(
            "asking for the history",
            "SELECT seq, at_ns, body FROM event WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
            &[&seq, &most],
        )
    }

    /// What happened after the row with this number, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn events_after(&self, seq: i64, most: u32) -> Result<Vec<Stored<EventRecord>>, StoreError> {
        self.stored(
            "asking for what is new",
            "SELECT seq, at_ns, body FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            &[&seq, &most],
        )
    }

    /// Sightings after the row with this number, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn sightings_after(&self, seq: i64, most: u32) -> Result<Vec<Stored<SightingRecord>>, StoreError> {
        self.stored(
            "asking for sightings",
            "SELECT seq, at_ns, body FROM sighting WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            &[&seq, &most],
        )
    }

    /// The numbers of the last event and of the last sighting; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn last_rows(&self) -> Result<(i64, i64), StoreError> {
        let sql =
            "SELECT coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT max(seq) FROM sighting), 0)";
        self.0.read("asking for the last rows", |connection| {
            connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }

    /// The devices, last heard first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn devices(&self) -> Result<Vec<DeviceRecord>, StoreError> {
        self.bodies("asking for devices", "SELECT body FROM device ORDER BY last_seen_ns DESC, id", &[])
    }

    /// What ports heard since this hour, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn port_hours(&self, since_hour: u64) -> Result<Vec<PortHour>, StoreError> {
        self.bodies(
            "asking what ports heard",
            "SELECT body FROM port_hour WHERE hour >= ?1 ORDER BY hour, port",
            &[&since_hour.cast_signed()],
        )
    }

    fn kept(&self, what: &'static str, name: &str) -> Result<Option<String>, StoreError> {
        self.0.read(what, |connection| {
            connection
                .prepare_cached("SELECT body FROM kept WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()
        })
    }

    fn bodies<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &str,
        params: &[&dyn ToSql],
    ) -> Result<Vec<T>, StoreError> {
        let ask = |connection: &Connection| {
            let mut ask = connection.prepare_cached(sql)?;
            let rows = ask.query_map(params, |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(self.0.read(what, ask)?.iter().filter_map(|body| self.0.parse(what, body).ok()).collect())
    }

    fn stored<T: DeserializeOwned>(
        &self,
        what: &'static str,
        sql: &str,
        params: &[&dyn ToSql],
    ) -> Result<Vec<Stored<T>>, StoreError> {
        let ask = |connection: &Connection| {
            let mut ask = connection.prepare_cached(sql)?;
            let rows = ask.query_map(params, |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = self.0.read(what, ask)?;
        let stored = |(seq, at, body): (i64, i64, String)| {
            Some(Stored { seq, at_ns: at.cast_unsigned(), value: self.0.parse(what, &body).ok()? })
        };
        Ok(rows.into_iter().filter_map(stored).collect())
    }
}

//! The sensor's side of `sensor.db`.

use std::path::Path;

use rusqlite::{Transaction, params};

use super::{EVENTS_MAX, FILE, HISTORY_NS, MIGRATIONS, PORT_HOURS_MAX, PortHour, SIGHTINGS_MAX, Status};
use crate::StoreError;
use crate::db::{Db, bits, body};
use crate::record::{DeviceRecord, EventRecord, IncidentRecord, SightingRecord, from_hex};

/// `sensor.db`, to be written.
#[derive(Debug)]
pub struct SensorDb(Db);

/// What is written together, or not at all. Times are nanoseconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<(u64, EventRecord)>,
    /// Too weak for a card.
    pub sightings: Vec<(u64, SightingRecord)>,
    /// Devices that are new, or of which something new is known.
    pub devices: Vec<DeviceRecord>,
    /// What ports heard.
    pub port_hours: Vec<PortHour>,
    /// How the sensor is.
    pub status: Option<Status>,
    /// What was learned, and when that was taken.
    pub learned: Option<(u64, String)>,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.sightings.is_empty()
            && self.devices.is_empty()
            && self.port_hours.is_empty()
            && self.status.is_none()
            && self.learned.is_none()
    }
}

impl SensorDb {
    /// Opens the file in this folder, and makes it when it is not there.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written, or the file is of a newer version.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(SensorDb(Db::open(&folder.join(FILE), MIGRATIONS)?))
    }

    /// Writes a batch. When this returns it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it was written.
    pub fn write(&mut self, batch: &Batch) -> Result<(), StoreError> {
        self.0.write("writing what was heard", |tx| {
            for (at_ns, event) in &batch.events {
                tx.prepare_cached("INSERT INTO event (at_ns, what, body) VALUES (?1, ?2, ?3)")?
                    .execute(params![bits(*at_ns), event.what(), body(event)?])?;
                if let EventRecord::Incident(incident) = event {
                    put_incident(tx, incident)?;
                }
            }
            for (at_ns, sighting) in &batch.sightings {
                tx.prepare_cached("INSERT INTO sighting (at_ns, body) VALUES (?1, ?2)")?
                    .execute(params![bits(*at_ns), body(sighting)?])?;
            }
            for device in &batch.devices {
                put_device(tx, device)?;
            }
            for hour in &batch.port_hours {
                tx.prepare_cached("INSERT OR REPLACE INTO port_hour (hour, port, body) VALUES (?1, ?2, ?3)")?
                    .execute(params![bits(hour.hour), hour.port, body(hour)?])?;
            }
            if let Some(status) = &batch.status {
                keep(tx, "status", status.now_ns, &body(status)?)?;
            }
            if let Some((taken_at_ns, learned)) = &batch.learned {
                keep(tx, "learned", *taken_at_ns, learned)?;
            }
            Ok(())
        })
    }

    /// Forgets what is older than the history, when it is known what time it is, and what is too much. Returns how many rows went.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was forgotten.
    pub fn prune(&mut self, now_ns: Option<u64>) -> Result<usize, StoreError> {
        const HOUR_NS: u64 = 3_600 * 1_000_000_000;
        let before = now_ns.map_or(0, |now_ns| now_ns.saturating_sub(HISTORY_NS));
        self.0.write("forgetting what is old", |tx| {
            let mut gone = tx.execute("DELETE FROM event WHERE at_ns < ?1", [bits(before)])?;
            gone += tx.execute(
                "DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?1",
                [bits(EVENTS_MAX)],
            )?;
            gone += tx.execute("DELETE FROM sighting WHERE at_ns < ?1", [bits(before)])?;
            gone += tx.execute(
                "DELETE FROM sighting WHERE seq <= (SELECT max(seq) FROM sighting) - ?1",
                [bits(SIGHTINGS_MAX)],
            )?;
            gone += tx.execute(
                "DELETE FROM incident WHERE state = 'closed' AND last_seen_ns < ?1",
                [bits(before)],
            )?;
            gone += tx.execute("DELETE FROM device WHERE last_seen_ns < ?1", [bits(before)])?;
            gone += tx.execute("DELETE FROM port_hour WHERE hour < ?1", [bits(before / HOUR_NS)])?;
            gone += tx.execute(
                "DELETE FROM port_hour WHERE hour < (SELECT hour FROM port_hour ORDER BY hour DESC, port LIMIT 1 OFFSET ?1)",
                [bits(PORT_HOURS_MAX)],
            )?;
            Ok(gone)
        })
    }

    /// Closes the open incidents whose rows cannot be read. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing was changed.
    pub fn close_unreadable(&mut self) -> Result<usize, StoreError> {
        self.0.write("closing what cannot be read", |tx| {
            let mut ask = tx.prepare("SELECT id, body FROM incident WHERE state <> 'closed'")?;
            let rows = ask.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let is_unreadable = |body: &str| serde_json::from_str::<IncidentRecord>(body).is_err();
            let unreadable: Vec<i64> =
                rows.into_iter().filter(|(_, body)| is_unreadable(body)).map(|(id, _)| id).collect();
            for id in &unreadable {
                tx.execute("UPDATE incident SET state = 'closed' WHERE id = ?1", [id])?;
            }
            Ok(unreadable.len())
        })
    }
}

fn put_incident(tx: &Transaction<'_>, incident: &IncidentRecord) -> rusqlite::Result<()> {
    let mut put = tx.prepare_cached(
        "INSERT OR REPLACE INTO incident (id, state, due, last_seen_ns, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    put.execute(params![
        key("id", &incident.id)?,
        incident.state,
        incident.due,
        bits(incident.last_seen_ns),
        body(incident)?
    ])?;
    Ok(())
}

fn put_device(tx: &Transaction<'_>, device: &DeviceRecord) -> rusqlite::Result<()> {
    let Some(id) = &device.party.id else { return Ok(()) };
    tx.prepare_cached("INSERT OR REPLACE INTO device (id, last_seen_ns, body) VALUES (?1, ?2, ?3)")?
        .execute(params![key("device", id)?, bits(device.last_seen_ns), body(device)?])?;
    Ok(())
}

fn keep(tx: &Transaction<'_>, name: &str, at_ns: u64, body: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO kept (name, at_ns, body) VALUES (?1, ?2, ?3)")?
        .execute(params![name, bits(at_ns), body])?;
    Ok(())
}

fn key(field: &'static str, id: &str) -> rusqlite::Result<i64> {
    from_hex(field, id).map(bits).map_err(|err| rusqlite::Error::ToSqlConversionFailure(Box::new(err)))
}

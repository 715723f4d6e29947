//! What was there before this run. What this version cannot read costs itself and nothing else, and is told.

use anyhow::Context as _;
use box_store::record::{DeviceRecord, EventRecord, IncidentRecord};
use box_store::sensor::Status;
use box_store::{SensorReader, StoreError};
use common_model::{ClosedBy, Incident, IncidentState};
use sensor_engine::Snapshot;

use crate::faults::tell;
use crate::memory::Memory;

/// What is known of an earlier run.
pub(crate) struct Before {
    pub(crate) status: Option<Status>,
    /// What was learned, as it was written and as it is used.
    pub(crate) learned: Option<(String, Snapshot)>,
    pub(crate) open: Vec<(IncidentRecord, Incident)>,
    pub(crate) devices: Vec<DeviceRecord>,
}

impl Before {
    /// Reads it. Incidents that were open and cannot be read are closed.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub(crate) fn read(memory: &mut Memory) -> anyhow::Result<Self> {
        let reader = SensorReader::open(memory.folder())?;
        let status = readable(reader.status(), "how the sensor was")?;
        let learned = readable(reader.learned(), "what was learned")?.and_then(snapshot);
        let records = reader.open_incidents()?;
        let devices = reader.devices()?;
        drop(reader);
        memory.close_unreadable();
        let mut open = Vec::new();
        for record in records {
            match incident(&record) {
                Ok(incident) => open.push((record, incident)),
                Err(err) => {
                    tell(&format!("an open incident is of another version and is closed: {err:#}"));
                    memory.waiting.events.push(closed(record, status.as_ref()));
                }
            }
        }
        Ok(Before { status, learned, open, devices })
    }
}

/// A row that cannot be read is as good as none.
fn readable<T>(read: Result<Option<T>, StoreError>, what: &str) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Row { .. }) => {
            tell(&format!("{what} is of another version and is left out"));
            Ok(None)
        }
        read => read,
    }
}

fn snapshot(text: String) -> Option<(String, Snapshot)> {
    match Snapshot::parse(&text) {
        Ok(learned) => Some((text, learned)),
        Err(err) => {
            tell(&format!("what was learned is of another version, and is learned again: {err}"));
            None
        }
    }
}

/// The step that closes an incident of which nothing more can be known.
fn closed(record: IncidentRecord, status: Option<&Status>) -> (u64, EventRecord) {
    let at_ns = status.map_or(record.last_seen_ns, |status| status.now_ns.max(record.last_seen_ns));
    let closed = IncidentRecord {
        state: IncidentState::Closed.as_str().to_owned(),
        closed_by: Some(ClosedBy::Quiet.as_str().to_owned()),
        ..record
    };
    (at_ns, EventRecord::Incident(Box::new(closed)))
}

/// An open incident of before; its kind is the row that it names.
pub(crate) fn incident(record: &IncidentRecord) -> anyhow::Result<Incident> {
    let kind = sensor_detectors::kinds().find(|kind| kind.id == record.kind);
    let kind = kind.with_context(|| format!("sensor.db: there is no kind `{}`", record.kind))?;
    Ok(record.to_incident(kind)?)
}

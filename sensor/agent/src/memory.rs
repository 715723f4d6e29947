//! What is to be on the disk. While the disk does not take it, it waits here, and the worst of it is told without a disk.

use core::time::Duration;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use box_store::nudge::{RING_BYTES_MAX, ring};
use box_store::record::{EventRecord, IncidentRecord};
use box_store::sensor::{Batch, Status, UNWRITTEN_MAX};
use box_store::{SensorDb, SensorReader, StoreError};
use common_model::{IncidentState, Timestamp};

use crate::agent::steady;
use crate::faults::{Faults, tell};

/// Most rows of each sort that wait for a disk. More push out the oldest, which are counted. Guess: a week of a bad one.
const WAITING_MAX: usize = 10_000;

/// A file that cannot be written is opened again so often. Guess.
const OPENED_EVERY: Duration = Duration::from_secs(1);

/// Incidents that could not be written take so much of a ring of the bell; ports and all the rest of how the sensor is take the other half.
const UNWRITTEN_BYTES_MAX: usize = RING_BYTES_MAX / 2;

/// The sensor's own file, and what is not in it yet.
pub(crate) struct Memory {
    /// None while it is to be opened again.
    db: Option<SensorDb>,
    folder: PathBuf,
    pub(crate) waiting: Batch,
    /// Rows that found no place while the disk did not take them.
    dropped: u64,
    faults: Faults,
    /// When the file was last closed because of a fault.
    closed_at: Option<Instant>,
}

impl Memory {
    /// Opens the file in this folder, and makes it when it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let db = Some(SensorDb::open(folder)?);
        Ok(Memory {
            db,
            folder: folder.to_owned(),
            waiting: Batch::default(),
            dropped: 0,
            closed_at: None,
            faults: Faults::default(),
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether something waits to be written.
    pub(crate) fn has_news(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes what waits. What the disk does not take waits on, and `status` says so; the tablet is told by its bell.
    pub(crate) fn write(&mut self, status: &mut Status) {
        let has_events = !self.waiting.events.is_empty();
        let problem = match self.write_waiting() {
            Ok(()) => {
                self.waiting = Batch::default();
                None
            }
            Err(err) => {
                self.faults.tell(err.word(), steady(), &err);
                self.close(err.word());
                Some(err.word())
            }
        };
        if let Some(problem) = problem {
            status.problem = Some(problem.to_owned());
            self.make_room();
        } else if has_events {
            // An uplink that is not there will look by itself.
            let _heard = ring(&self.folder, "uplink", b"");
        }
        status.dropped = self.dropped;
        (status.unwritten, status.unwritten_more) = unwritten(&self.waiting.events);
        if let Ok(with) = serde_json::to_vec(status) {
            // A tablet that is not there will look by itself.
            let _heard = ring(&self.folder, "tablet", &with);
        }
    }

    /// Whether this can be written, and is read back as it was.
    pub(crate) fn keeps(&mut self, status: &Status) -> bool {
        let batch = Batch { status: Some(status.clone()), ..Batch::default() };
        let written = self.db().and_then(|db| db.write(&batch));
        let read = written.and_then(|()| SensorReader::open(&self.folder)?.status());
        read.is_ok_and(|read| read.as_ref() == Some(status))
    }

    /// Forgets what is too much and, when it is known what time it is, what is too old.
    pub(crate) fn forget(&mut self, now: Option<Timestamp>) {
        // What is old can wait for another time.
        let _forgot = self.db().and_then(|db| db.prune(now.map(Timestamp::as_nanos)));
    }

    /// Incidents that are open in rows which cannot be read would stay open for ever.
    pub(crate) fn close_unreadable(&mut self) {
        match self.db().and_then(SensorDb::close_unreadable) {
            Ok(0) => {}
            Ok(closed) => tell(&format!("{closed} open incidents could not be read and are closed")),
            // The next start tries again.
            Err(err) => self.faults.tell(err.word(), steady(), &err),
        }
    }

    fn write_waiting(&mut self) -> Result<(), StoreError> {
        let db = opened(&mut self.db, &self.folder)?;
        db.write(&self.waiting)
    }

    fn db(&mut self) -> Result<&mut SensorDb, StoreError> {
        opened(&mut self.db, &self.folder)
    }

    /// A file that was opened while it could not be written stays so when it can be, and one that was put in another's place is another: it is
    /// opened again.
    fn close(&mut self, word: &str) {
        let now = steady();
        let is_due = self.closed_at.is_none_or(|at| now.saturating_duration_since(at) >= OPENED_EVERY);
        if word != "disk_full" && is_due {
            self.closed_at = Some(now);
            self.db = None;
        }
    }

    fn make_room(&mut self) {
        let Batch { events, sightings, devices, port_hours, .. } = &mut self.waiting;
        // Devices are told again at their next turn.
        devices.clear();
        let gone = drop_oldest(events) + drop_oldest(sightings) + drop_oldest(port_hours);
        self.dropped = self.dropped.saturating_add(gone);
    }
}

fn opened<'a>(db: &'a mut Option<SensorDb>, folder: &Path) -> Result<&'a mut SensorDb, StoreError> {
    let open = match db.take() {
        Some(open) => open,
        None => SensorDb::open(folder)?,
    };
    Ok(db.insert(open))
}

/// Returns how many went.
fn drop_oldest<T>(rows: &mut Vec<T>) -> u64 {
    rows.drain(..rows.len().saturating_sub(WAITING_MAX)).len() as u64
}

/// The latest step of each incident that is open and waits to be written, the worst and latest first, and how many more there are than fit.
fn unwritten(events: &[(u64, EventRecord)]) -> (Vec<IncidentRecord>, u32) {
    let mut seen = BTreeSet::new();
    let steps = events.iter().rev().filter_map(|(_, event)| match event {
        EventRecord::Incident(incident) if seen.insert(&incident.id) => Some(incident.as_ref()),
        _ => None,
    });
    let mut open: Vec<&IncidentRecord> =
        steps.filter(|incident| incident.state != IncidentState::Closed.as_str()).collect();
    open.sort_by_key(|incident| core::cmp::Reverse((incident.due().ok(), incident.last_seen_ns)));
    let mut bytes = 0;
    let fits = |incident: &&&IncidentRecord| {
        bytes += serde_json::to_vec(incident).map_or(UNWRITTEN_BYTES_MAX, |text| text.len());
        bytes <= UNWRITTEN_BYTES_MAX
    };
    let told: Vec<IncidentRecord> =
        open.iter().take(UNWRITTEN_MAX).take_while(fits).copied().cloned().collect();
    let more = open.len().saturating_sub(told.len());
    (told, u32::try_from(more).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: u64, state: &str, due: &str, text: &str) -> (u64, EventRecord) {
        let incident = IncidentRecord {
            id: box_store::record::hex(id),
            state: state.into(),
            due: due.into(),
            last_seen_ns: id,
            message: text.into(),
            ..IncidentRecord::default()
        };
        (id, EventRecord::Incident(Box::new(incident)))
    }

    fn ids((told, more): (Vec<IncidentRecord>, u32)) -> (Vec<u64>, u32) {
        let id = |incident: &IncidentRecord| box_store::record::from_hex("id", &incident.id).unwrap();
        (told.iter().map(id).collect(), more)
    }

    #[test]
    fn the_latest_step_of_what_is_open_is_told_the_worst_first() {
        let gap = (4, EventRecord::Gap { from_ns: 1 });
        let events = [
            step(1, "opened", "today", ""),
            step(2, "opened", "week", ""),
            step(3, "opened", "now", ""),
            gap,
            step(1, "updated", "now", ""),
            step(3, "closed", "now", ""),
        ];
        assert_eq!(ids(unwritten(&events)), (vec![1, 2], 0));
        assert_eq!(unwritten(&events).0[0].state, "updated");
    }

    #[test]
    fn no_more_is_told_than_a_ring_carries() {
        let many: Vec<_> = (0..40).map(|id| step(id, "opened", "week", "")).collect();
        let (told, more) = ids(unwritten(&many));
        assert_eq!((told.len(), told[0], more), (UNWRITTEN_MAX, 39, 40 - UNWRITTEN_MAX as u32));
        let text = "x".repeat(10_000);
        let long: Vec<_> = (0..5).map(|id| step(id, "opened", "now", &text)).collect();
        let (unwritten, unwritten_more) = unwritten(&long);
        assert_eq!((unwritten.len(), unwritten_more), (3, 2));
        let status = Status { unwritten, unwritten_more, ..Status::default() };
        assert!(serde_json::to_vec(&status).unwrap().len() < RING_BYTES_MAX);
    }

    #[test]
    fn the_oldest_rows_make_room_and_are_counted() {
        let mut rows: Vec<usize> = (0..WAITING_MAX + 7).collect();
        assert_eq!((drop_oldest(&mut rows), rows.len(), rows[0]), (7, WAITING_MAX, 7));
        assert_eq!(drop_oldest(&mut rows), 0);
    }
}

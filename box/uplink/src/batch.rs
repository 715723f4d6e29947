//! The next batch, out of the spool: whole records in order, with a gap where the spool has none.

use box_store::StoreError;
use box_store::uplink::Numbered;
use common_model::Timestamp;
use common_wire::limits::RECORD_BYTES_MAX;
use common_wire::v1::{Body, Gap, GapCause};
use common_wire::{BoxId, Draft, Lane, Record, RecordError, SpoolId};

use crate::delivery::Ask;

/// So many records of a lane are read at once.
const READ_AT_ONCE: u32 = 200;

/// Where records come from.
pub trait Spool {
    /// What a lane has after this number, in order.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    fn records_after(&self, lane: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError>;
}

/// A batch that is ready to go.
#[derive(Debug)]
pub struct Filled {
    /// The batch.
    pub draft: Draft,
    /// Each record in it: lane, number, bytes of its line.
    pub lines: Vec<(Lane, u64, u64)>,
    /// The last number of each lane in it.
    pub until: Vec<(Lane, u64)>,
}

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The spool cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in it cannot be sent.
    #[error("record {seq} of lane {lane} cannot be sent: {err}")]
    Record {
        /// Its lane.
        lane: Lane,
        /// Its number.
        seq: u64,
        /// Why.
        err: RecordError,
    },
}

/// Fills the batch that was asked for.
///
/// # Errors
/// [`FillError`] when the spool cannot be read, or holds what nobody can send.
pub fn fill(
    ask: &Ask,
    (from, spool_id): (BoxId, SpoolId),
    now: Timestamp,
    spool: &impl Spool,
) -> Result<Filled, FillError> {
    let mut filled = Filled { draft: Draft::default(), lines: Vec::new(), until: Vec::new() };
    let mut left = ask.budget_bytes;
    for &(lane, after) in &ask.lanes {
        let mut at = after;
        'lane: loop {
            let records = spool.records_after(lane, at, READ_AT_ONCE)?;
            if records.is_empty() {
                break;
            }
            for record in records {
                let first = first_of(&record);
                // The spool no longer has what the centre has forgotten.
                let missing = (first > at + 1).then(|| gap_record(at + 1, first - 1, now));
                for record in missing.into_iter().chain([record]) {
                    let is_over = lane != Lane::Alert && left < RECORD_BYTES_MAX as u64;
                    if filled.draft.records() >= ask.records_max || is_over {
                        break 'lane;
                    }
                    let wired = wire(&record, (from, spool_id), lane, now)?;
                    let pushed = filled.draft.push(&wired);
                    let pushed = pushed.map_err(|err| FillError::Record { lane, seq: record.seq, err })?;
                    let Some(bytes) = pushed else { break 'lane };
                    if lane != Lane::Alert {
                        left = left.saturating_sub(bytes as u64);
                    }
                    filled.lines.push((lane, record.seq, bytes as u64));
                    at = record.seq;
                }
            }
        }
        if at > after {
            filled.until.push((lane, at));
        }
    }
    Ok(filled)
}

fn first_of(record: &Numbered) -> u64 {
    if record.what != "gap" {
        return record.seq;
    }
    match serde_json::from_str(&record.body) {
        Ok(Body::Gap(gap)) => gap.from,
        _ => record.seq,
    }
}

fn gap_record(from: u64, to: u64, now: Timestamp) -> Numbered {
    let body = gap_body(from, to, now, GapCause::ForgottenByCentre);
    Numbered { seq: to, at_ns: now.as_nanos(), what: "gap".to_owned(), body }
}

/// The same gap with numbers that are by so many lower; what is no gap stays.
pub(crate) fn lowered_gap(body: &str, by: u64) -> String {
    match serde_json::from_str(body) {
        Ok(Body::Gap(Gap { from, to, at, cause })) => {
            gap_body(from.saturating_sub(by), to.saturating_sub(by), at, cause)
        }
        _ => body.to_owned(),
    }
}

/// The body of a gap.
pub(crate) fn gap_body(from: u64, to: u64, at: Timestamp, cause: GapCause) -> String {
    serde_json::to_string(&Body::Gap(Gap { from, to, at, cause })).unwrap_or_default()
}

fn wire(record: &Numbered, names: (BoxId, SpoolId), lane: Lane, now: Timestamp) -> Result<Record, FillError> {
    let failed = |err| FillError::Record { lane, seq: record.seq, err };
    let body = serde_json::value::RawValue::from_string(record.body.clone())
        .map_err(|err| failed(RecordError::Body(err.to_string())))?;
    Record::of_text(names, (lane, record.seq), now, body).map_err(failed)
}

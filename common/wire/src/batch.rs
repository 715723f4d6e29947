//! A batch: records as lines of JSON, packed with zstd.
//!
//! It is read in two steps. What says whose record this is and which number it has must be right in every line, or the batch is refused as a
//! whole: nothing of it was acknowledged, the box sends it again. A body that cannot be read is the record's own trouble: the centre
//! puts it aside with the reason, and its number counts as committed, so that one bad record never holds up a lane.

use std::io::Read as _;

use common_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::limits::{BATCH_BYTES_MAX, BATCH_LINES_BYTES_MAX, BATCH_RECORDS_MAX, RECORD_BYTES_MAX};
use crate::v1::{Body, VERSION, form};
use crate::{BoxId, Lane, SpoolId, time};

/// zstd's own default: a third of the size, some 200 MB/s.
const LEVEL: i32 = 3;

/// One record, its body not read yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Version of the body.
    pub v: u16,
    /// Who sends it.
    #[serde(rename = "box")]
    pub from: BoxId,
    /// Out of which spool.
    pub spool: SpoolId,
    /// In which lane.
    pub lane: Lane,
    /// Its number there: 1, 2, 3, …
    pub seq: u64,
    /// When it was sent, by the box's clock.
    #[serde(with = "time")]
    pub sent_at: Timestamp,
    /// What it tells, as it was sent.
    pub body: Box<RawValue>,
}

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A version that this end does not know.
    #[error("version {0} is not known here")]
    Version(u16),
    /// Not a body.
    #[error("not a body of version 1: {0}")]
    Body(String),
    /// A body that belongs into another lane.
    #[error("a body of type {body} does not go in lane {lane}")]
    Lane {
        /// What it tells.
        body: &'static str,
        /// Where it was.
        lane: Lane,
    },
    /// A gap that does not end at its own number.
    #[error("a gap from {from} to {to} as number {seq}")]
    Gap {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
        /// Its own number.
        seq: u64,
    },
}

impl Record {
    /// A record of this version.
    ///
    /// # Errors
    /// [`RecordError::Body`] when it is longer than [`RECORD_BYTES_MAX`].
    pub fn new(
        (from, spool): (BoxId, SpoolId),
        (lane, seq): (Lane, u64),
        sent_at: Timestamp,
        body: &Body,
    ) -> Result<Self, RecordError> {
        let body = serde_json::value::to_raw_value(body).map_err(|err| RecordError::Body(err.to_string()))?;
        Record::of_text((from, spool), (lane, seq), sent_at, body)
    }

    /// The same with a body that was written before.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of_text(
        (from, spool): (BoxId, SpoolId),
        (lane, seq): (Lane, u64),
        sent_at: Timestamp,
        body: Box<RawValue>,
    ) -> Result<Self, RecordError> {
        if body.get().len() > RECORD_BYTES_MAX {
            return Err(RecordError::Body(format!("longer than {RECORD_BYTES_MAX} bytes")));
        }
        Ok(Record { v: VERSION, from, spool, lane, seq, sent_at, body })
    }

    /// What it tells.
    ///
    /// # Errors
    /// [`RecordError`]: the reason with which it is put aside.
    pub fn body(&self) -> Result<Body, RecordError> {
        if self.v != VERSION {
            return Err(RecordError::Version(self.v));
        }
        let body: Body =
            serde_json::from_str(self.body.get()).map_err(|err| RecordError::Body(err.to_string()))?;
        if body.lane().is_some_and(|lane| lane != self.lane) {
            return Err(RecordError::Lane { body: body.type_name(), lane: self.lane });
        }
        if form::holds_nul(self.body.get()) {
            return Err(RecordError::Body("a text with the character NUL".to_owned()));
        }
        if let Some(why) = form::misshapen(&body) {
            return Err(RecordError::Body(why.to_owned()));
        }
        match &body {
            Body::Gap(gap) if gap.to != self.seq || gap.from > gap.to || gap.from == 0 => {
                Err(RecordError::Gap { from: gap.from, to: gap.to, seq: self.seq })
            }
            _ => Ok(body),
        }
    }

    /// The first number that it stands for: its own, or a gap's first.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        match self.body() {
            Ok(Body::Gap(gap)) => gap.from,
            _ => self.seq,
        }
    }
}

/// Why a batch is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Longer than may be sent.
    #[error("longer than {BATCH_BYTES_MAX} bytes")]
    TooLong,
    /// Longer than may be unpacked.
    #[error("longer than {BATCH_LINES_BYTES_MAX} bytes when unpacked")]
    Bomb,
    /// Not zstd.
    #[error("not zstd: {0}")]
    Packing(String),
    /// Not lines of records.
    #[error("line {line}: {why}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Too many of them.
    #[error("more than {BATCH_RECORDS_MAX} records")]
    TooMany,
    /// None.
    #[error("no record")]
    Empty,
}

/// A batch that is being filled.
#[derive(Debug, Default)]
pub struct Draft {
    lines: Vec<u8>,
    records: usize,
}

impl Draft {
    /// Adds a record, and says how many bytes its line takes; `None` when it must wait for the next batch.
    ///
    /// # Errors
    /// [`RecordError::Body`] when it cannot be written.
    pub fn push(&mut self, record: &Record) -> Result<Option<usize>, RecordError> {
        let line = serde_json::to_vec(record).map_err(|err| RecordError::Body(err.to_string()))?;
        let is_full =
            self.records >= BATCH_RECORDS_MAX || self.lines.len() + line.len() + 1 > BATCH_LINES_BYTES_MAX;
        if is_full {
            return Ok(None);
        }
        self.lines.extend_from_slice(&line);
        self.lines.push(b'\n');
        self.records += 1;
        Ok(Some(line.len() + 1))
    }

    /// How many records it has.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    /// The batch as it is sent.
    ///
    /// # Errors
    /// [`BatchError::Packing`] when zstd cannot get its memory.
    pub fn pack(&self) -> Result<Vec<u8>, BatchError> {
        zstd::bulk::compress(&self.lines, LEVEL).map_err(|err| BatchError::Packing(err.to_string()))
    }
}

/// A batch that came.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In the order in which they were sent.
    pub records: Vec<Record>,
}

impl Batch {
    /// Reads a batch as it was sent.
    ///
    /// # Errors
    /// [`BatchError`]; work and memory are bounded by the limits, whatever the bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, BatchError> {
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLong);
        }
        let lines = unpack(bytes)?;
        let mut records = Vec::new();
        for (number, line) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
            if line.is_empty() {
                continue;
            }
            if records.len() >= BATCH_RECORDS_MAX {
                return Err(BatchError::TooMany);
            }
            records.push(read_line(line).map_err(|why| BatchError::Line { line: number, why })?);
        }
        if records.is_empty() {
            return Err(BatchError::Empty);
        }
        Ok(Batch { records })
    }
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, BatchError> {
    let packing = |err: std::io::Error| BatchError::Packing(err.to_string());
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(packing)?;
    // A window larger than what may come out is of no use; 2^20 is the largest that our own packing has.
    decoder.window_log_max(20).map_err(packing)?;
    let mut lines = Vec::new();
    let one_more = u64::try_from(BATCH_LINES_BYTES_MAX).unwrap_or(u64::MAX) + 1;
    decoder.take(one_more).read_to_end(&mut lines).map_err(packing)?;
    if lines.len() > BATCH_LINES_BYTES_MAX {
        return Err(BatchError::Bomb);
    }
    Ok(lines)
}

fn read_line(line: &[u8]) -> Result<Record, String> {
    // The envelope takes some 200 bytes beside the body.
    if line.len() > RECORD_BYTES_MAX + 1_024 {
        return Err(format!("longer than {RECORD_BYTES_MAX} bytes"));
    }
    let record: Record = serde_json::from_slice(line).map_err(|err| err.to_string())?;
    if record.seq == 0 {
        return Err("number 0: the first is 1".to_owned());
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::v1::{Answer, AnswerWord, Gap, GapCause};

    const WHO: (BoxId, SpoolId) = (BoxId::from_bytes([1; 16]), SpoolId::from_bytes([2; 16]));
    const AT: Timestamp = Timestamp::from_secs(1_773_000_000);

    fn answer(seq: u64) -> Record {
        let body = Answer { warning: "0123456789abcdef".into(), answer: AnswerWord::Seen, at: AT };
        Record::new(WHO, (Lane::Alert, seq), AT, &Body::Answer(body)).unwrap()
    }

    fn of_text(lane: Lane, seq: u64, body: &str) -> Record {
        let body = RawValue::from_string(body.to_owned()).unwrap();
        Record::of_text(WHO, (lane, seq), AT, body).unwrap()
    }

    fn packed(lines: &str) -> Vec<u8> {
        zstd::bulk::compress(lines.as_bytes(), LEVEL).unwrap()
    }

    #[test]
    fn what_no_database_could_keep_is_no_body() {
        let seen = |warning: &str| {
            format!(
                r#"{{"type":"answer","warning":"{warning}","answer":"seen","at":"2026-03-12T09:00:00Z"}}"#
            )
        };
        assert!(of_text(Lane::Alert, 1, &seen("0123456789abcdef")).body().is_ok());
        // A backslash and what looks like NUL is a text as any other.
        assert!(of_text(Lane::Alert, 1, &seen(r"\\u0000")).body().is_ok());
        for (warning, why) in [(r"\u0000".to_owned(), "NUL"), ("x".repeat(65), "longer than it may be")] {
            let err = of_text(Lane::Alert, 1, &seen(&warning)).body().unwrap_err();
            assert!(err.to_string().contains(why), "{err}");
        }
    }

    #[test]
    fn what_is_sent_arrives() {
        let mut draft = Draft::default();
        for seq in 1..=3 {
            assert!(draft.push(&answer(seq)).unwrap().is_some());
        }
        let batch = Batch::read(&draft.pack().unwrap()).unwrap();
        let seqs: Vec<u64> = batch.records.iter().map(|record| record.seq).collect();
        assert_eq!(seqs, [1, 2, 3]);
        assert!(batch.records.iter().all(|record| matches!(record.body(), Ok(Body::Answer(_)))));
    }

    #[test]
    fn a_full_batch_fits_even_when_it_cannot_be_packed() {
        // Letters that look random: zstd gains nothing.
        let noise = |seed: u64| {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let letters = core::iter::repeat_with(move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'!' + u8::try_from(state >> 58).unwrap())
            });
            letters.filter(|letter| !matches!(letter, '"' | '\\')).take(60_000).collect::<String>()
        };
        let mut draft = Draft::default();
        let mut seq = 0;
        while draft.push(&of_text(Lane::Alert, seq + 1, &format!("\"{}\"", noise(seq)))).unwrap().is_some() {
            seq += 1;
        }
        let packed = draft.pack().unwrap();
        assert!(draft.records() > 10 && packed.len() <= BATCH_BYTES_MAX, "{} bytes", packed.len());
        assert_eq!(Batch::read(&packed).unwrap().records.len(), draft.records());
    }

    #[test]
    fn a_body_that_cannot_be_read_is_the_records_own_trouble() {
        for (lane, body, why) in [
            (Lane::Alert, r#"{"type":"poem"}"#, "unknown variant `poem`"),
            (Lane::Alert, r#"{"type":"answer"}"#, "missing field `warning`"),
            (Lane::Health, answer(1).body.get(), "a body of type answer does not go in lane health"),
            (
                Lane::Alert,
                r#"{"type":"gap","from":9,"to":8,"at":"2026-03-12T09:30:00Z","cause":"full"}"#,
                "a gap from 9 to 8 as number 7",
            ),
        ] {
            let err = of_text(lane, 7, body).body().unwrap_err().to_string();
            assert!(err.contains(why), "{err}");
        }
        let tomorrow = Record { v: 2, ..answer(1) };
        assert_eq!(tomorrow.body(), Err(RecordError::Version(2)));
    }

    #[test]
    fn a_gap_stands_for_all_that_is_missing() {
        let gap = Gap { from: 4, to: 9, at: AT, cause: GapCause::Full };
        let record = Record::new(WHO, (Lane::Sighting, 9), AT, &Body::Gap(gap)).unwrap();
        assert_eq!((record.first_seq(), record.seq), (4, 9));
        assert_eq!(answer(5).first_seq(), 5);
    }

    #[test]
    fn batches_that_are_none_are_refused_with_the_reason() {
        let line = serde_json::to_string(&answer(1)).unwrap();
        let many = format!("{line}\n").repeat(BATCH_RECORDS_MAX + 1);
        for (bytes, why) in [
            (vec![0; BATCH_BYTES_MAX + 1], "longer than 1048576 bytes"),
            (b"not packed".to_vec(), "not zstd"),
            (packed(&" ".repeat(BATCH_LINES_BYTES_MAX + 1)), "when unpacked"),
            (packed("\n\n"), "no record"),
            (packed(&format!("{line}\n{{}}\n")), "line 2: missing field"),
            (packed(&line.replace("\"seq\":1", "\"seq\":0")), "line 1: number 0"),
            (packed(&many), "more than 1000 records"),
            (packed(&format!("\"{}\"", "x".repeat(RECORD_BYTES_MAX + 2_000))), "line 1: longer than"),
        ] {
            let err = Batch::read(&bytes).unwrap_err().to_string();
            assert!(err.contains(why), "{err}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let _either = Batch::read(&bytes);
            let _either = Batch::read(&zstd::bulk::compress(&bytes, LEVEL).unwrap());
        }

        #[test]
        fn a_batch_with_one_byte_changed_is_refused_or_read(at in 0_usize..400, with in any::<u8>()) {
            let mut draft = Draft::default();
            draft.push(&answer(1)).unwrap();
            let mut packed = draft.pack().unwrap();
            if let Some(byte) = packed.get_mut(at) {
                *byte ^= with;
            }
            let _either = Batch::read(&packed);
        }
    }
}

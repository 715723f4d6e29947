//! What a box sends to the centre.

use common_wire::limits::{BATCH_LINES_BYTES_MAX, BATCH_RECORDS_MAX};
use common_wire::{Batch, Draft};

/// A batch: packed as it is sent, or its lines, which are packed first so that a search gets past the packing.
pub(crate) fn batch(input: &[u8]) {
    read(input);
    if input.len() <= BATCH_LINES_BYTES_MAX
        && let Ok(packed) = zstd::bulk::compress(input, 1)
    {
        read(&packed);
    }
}

fn read(packed: &[u8]) {
    let Ok(batch) = Batch::read(packed) else { return };
    assert!((1..=BATCH_RECORDS_MAX).contains(&batch.records.len()), "a batch has records, and not too many");
    let mut draft = Draft::default();
    for record in &batch.records {
        assert!(record.seq > 0, "the first is 1");
        assert!(record.first_seq() <= record.seq, "what a record stands for ends with itself");
        if let Ok(body) = record.body() {
            assert!(body.lane().is_none_or(|lane| lane == record.lane), "a body in another lane");
        }
        // A line is at most some bytes longer when it is written by us.
        let Ok(Some(_)) = draft.push(record) else { return };
    }
    let again = draft.pack().ok().and_then(|packed| Batch::read(&packed).ok());
    let again = again.expect("what was read can be sent again");
    assert_eq!(again.records.len(), batch.records.len());
    for (one, other) in again.records.iter().zip(&batch.records) {
        assert_eq!(
            (one.seq, one.lane, one.from, one.spool),
            (other.seq, other.lane, other.from, other.spool)
        );
        assert_eq!((one.sent_at, one.body.get()), (other.sent_at, other.body.get()));
    }
}

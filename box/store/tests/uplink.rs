//! `uplink.db`: numbers without gaps, nothing twice, and what does not fit leaves a gap that can be seen.

use std::path::Path;

use box_store::uplink::{Entry, KEPT_NS, LaneRow, Letter, RECORDS_MAX, WarningRow};
use box_store::{UplinkDb, UplinkReader};

const NOW: u64 = 1_773_000_000_000_000_000;
const DAY_NS: u64 = 86_400 * 1_000_000_000;
const FOR_EVER: u64 = u64::MAX >> 1;
const ALERT: u8 = 0;
const SIGHTING: u8 = 1;

fn open(folder: &Path) -> UplinkDb {
    UplinkDb::open(folder, "first").unwrap_or_else(|err| panic!("{err}"))
}

fn entry(lane: u8, at_ns: u64) -> Entry {
    Entry { lane, at_ns, what: "sighting", body: format!("{{\"at\":{at_ns}}}") }
}

fn gap(from: u64, to: u64, cause: &str) -> String {
    format!("{from}-{to} {cause}")
}

fn seqs(db: &UplinkDb, lane: u8) -> Vec<u64> {
    let records = db.reader().records_after(lane, 0, 1_000).unwrap_or_else(|err| panic!("{err}"));
    records.iter().map(|record| record.seq).collect()
}

#[test]
fn numbers_have_no_gaps_and_begin_at_one_in_each_lane() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, NOW), entry(SIGHTING, NOW), entry(ALERT, NOW)], &[("event", 7)], &[]).unwrap();
    drop(db);
    let mut db = UplinkDb::open(folder.path(), "another").unwrap();
    assert_eq!(db.reader().spool().unwrap(), "first", "a file is born once");
    db.put(&[entry(ALERT, NOW)], &[("event", 9)], &[]).unwrap();
    assert_eq!((seqs(&db, ALERT), seqs(&db, SIGHTING)), (vec![1, 2, 3], vec![1]));
    let reader = UplinkReader::open(folder.path()).unwrap();
    assert_eq!((reader.cursor("event").unwrap(), reader.cursor("answer").unwrap()), (9, 0));
}

#[test]
fn what_the_centre_has_is_believed_forwards_and_backwards_but_not_beyond_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, NOW), entry(ALERT, NOW)], &[], &[]).unwrap();
    let committed = |db: &UplinkDb| db.reader().lanes().unwrap()[0].committed;
    db.commit(&[(ALERT, 2)]).unwrap();
    assert_eq!(committed(&db), 2);
    db.commit(&[(ALERT, 1)]).unwrap();
    assert_eq!(committed(&db), 1, "it was put back, and is told again");
    db.commit(&[(ALERT, 3)]).unwrap();
    assert_eq!(committed(&db), 1);
}

#[test]
fn what_leaves_is_kept_for_the_clinic_with_its_day_and_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, NOW), entry(SIGHTING, NOW)], &[], &[]).unwrap();
    db.leaving(&[(ALERT, 1, 120)], 90, NOW).unwrap();
    db.leaving(&[(ALERT, 1, 120), (SIGHTING, 1, 80)], 150, NOW + 1).unwrap();
    let sent = db.reader().sent_of("sighting", 0, FOR_EVER, 10).unwrap();
    let times: Vec<(u8, u64, u64)> = sent.iter().map(|row| (row.lane, row.sent_at_ns, row.bytes)).collect();
    assert_eq!(times, [(SIGHTING, NOW + 1, 80), (ALERT, NOW, 120)], "the first time counts");
    let last_before = |at_ns| db.reader().last_sent_before(at_ns).unwrap();
    assert_eq!([FOR_EVER, NOW + 1, NOW].map(last_before), [Some(NOW + 1), Some(NOW), None]);
    assert_eq!(db.reader().bytes_of_day(NOW).unwrap(), 240);
    assert_eq!(db.reader().sent_between(NOW, NOW + 1).unwrap().len(), 1);
}

#[test]
fn a_full_spool_forces_out_what_matters_least_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    let many = RECORDS_MAX + 5;
    let entries: Vec<Entry> = (0..many).map(|_| entry(SIGHTING, NOW)).chain([entry(ALERT, NOW)]).collect();
    db.put(&entries, &[], &[]).unwrap();
    db.make_room(NOW, true, &gap).unwrap();
    let first = &db.reader().records_after(SIGHTING, 0, 2).unwrap();
    assert_eq!((first[0].seq, first[0].what.as_str(), first[0].body.as_str()), (7, "gap", "1-7 full"));
    assert_eq!(first[1].seq, 8);
    assert_eq!(seqs(&db, ALERT), [1]);
    let lanes = db.reader().lanes().unwrap();
    assert_eq!(lanes[1], LaneRow { last: many, committed: 0, dropped: 7 });
    // A gap that grows swallows the one before.
    db.put(&[entry(SIGHTING, NOW)], &[], &[]).unwrap();
    db.make_room(NOW, true, &gap).unwrap();
    assert_eq!(db.reader().records_after(SIGHTING, 0, 1).unwrap()[0].body, "1-8 full");
    assert_eq!(db.reader().lanes().unwrap()[1].dropped, 8);
}

#[test]
fn what_is_old_goes_and_a_gap_says_what_was_never_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, NOW), entry(ALERT, NOW), entry(ALERT, NOW + KEPT_NS)], &[], &[]).unwrap();
    db.commit(&[(ALERT, 1)]).unwrap();
    db.make_room(NOW + KEPT_NS, true, &gap).unwrap();
    assert_eq!(seqs(&db, ALERT), [1, 2, 3], "to the day");
    db.make_room(NOW + KEPT_NS + 1, false, &gap).unwrap();
    assert_eq!(seqs(&db, ALERT), [1, 2, 3], "nobody knows what time it is");
    db.make_room(NOW + KEPT_NS + 1, true, &gap).unwrap();
    let left = db.reader().records_after(ALERT, 0, 10).unwrap();
    assert_eq!(left.iter().map(|record| record.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(left[0].body, "2-2 old");
}

#[test]
fn a_file_that_was_put_back_begins_a_new_spool() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, 1), entry(ALERT, 2), entry(ALERT, 3), entry(SIGHTING, 4)], &[], &[]).unwrap();
    db.commit(&[(ALERT, 1)]).unwrap();
    db.begin_again("second", &lowered).unwrap();
    assert_eq!(db.reader().spool().unwrap(), "second");
    let times = |lane| -> Vec<(u64, u64)> {
        db.reader().records_after(lane, 0, 9).unwrap().iter().map(|row| (row.seq, row.at_ns)).collect()
    };
    assert_eq!((times(ALERT), times(SIGHTING)), (vec![(1, 2), (2, 3)], vec![(1, 4)]));
    let lanes = db.reader().lanes().unwrap();
    assert_eq!(lanes[0], LaneRow { last: 2, committed: 0, dropped: 0 });
}

#[test]
fn what_left_stays_in_the_record_when_a_new_spool_begins() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, 1), entry(ALERT, 2), entry(ALERT, 3)], &[], &[]).unwrap();
    db.leaving(&[(ALERT, 1, 100), (ALERT, 2, 10)], 110, NOW).unwrap();
    db.commit(&[(ALERT, 1)]).unwrap();
    db.begin_again("second", &lowered).unwrap();
    let left = |db: &UplinkDb| {
        let sums = db.reader().sent_sums(0, FOR_EVER).unwrap();
        sums.iter().map(|sum| (sum.records, sum.bytes, sum.first_ns, sum.last_ns)).collect::<Vec<_>>()
    };
    assert_eq!(left(&db), [(2, 110, NOW, NOW)], "nothing of it is gone");
    assert_eq!(seqs(&db, ALERT), [1, 2]);
    // What the centre did not have leaves a second time, under its new number.
    db.leaving(&[(ALERT, 1, 10)], 10, NOW + DAY_NS).unwrap();
    assert_eq!(left(&db), [(3, 120, NOW, NOW + DAY_NS)]);
    db.begin_again("third", &lowered).unwrap();
    assert_eq!(left(&db), [(3, 120, NOW, NOW + DAY_NS)]);
    assert_eq!(db.reader().sent_between(NOW, NOW + 1).unwrap().len(), 2);

    db.make_room(NOW + KEPT_NS + 1, false, &gap).unwrap();
    assert_eq!(left(&db).len(), 1, "nobody knows what time it is");
    db.make_room(NOW + KEPT_NS + 1, true, &gap).unwrap();
    assert_eq!(left(&db), [(1, 10, NOW + DAY_NS, NOW + DAY_NS)], "kept as long as everything that left");
}

#[test]
fn what_left_under_an_old_name_goes_first_when_there_is_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    db.put(&[entry(ALERT, NOW), entry(ALERT, NOW)], &[], &[]).unwrap();
    db.leaving(&[(ALERT, 1, 1)], 1, NOW).unwrap();
    db.leaving(&[(ALERT, 2, 1)], 1, NOW + 1).unwrap();
    db.commit(&[(ALERT, 2)]).unwrap();
    db.begin_again("second", &lowered).unwrap();
    let entries: Vec<Entry> = (1..RECORDS_MAX).map(|_| entry(SIGHTING, NOW)).collect();
    db.put(&entries, &[], &[]).unwrap();
    db.make_room(NOW, true, &gap).unwrap();
    let left = db.reader().sent_between(0, FOR_EVER).unwrap();
    assert_eq!(left.iter().map(|row| row.sent_at_ns).collect::<Vec<_>>(), [NOW + 1]);
    assert_eq!(db.reader().lanes().unwrap()[1].dropped, 0, "nothing that waits had to go");
}

#[test]
fn who_speaks_for_another_box_has_nothing_of_what_the_one_before_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    assert!(!db.speak_for("one", "second", &[]).unwrap());
    db.put(&[entry(ALERT, NOW)], &[], &[]).unwrap();
    db.leaving(&[(ALERT, 1, 10)], 10, NOW).unwrap();
    db.begin_again("third", &lowered).unwrap();
    assert!(!db.speak_for("one", "fourth", &[]).unwrap());
    assert_eq!(db.reader().last_sent_before(FOR_EVER).unwrap(), Some(NOW));
    assert!(db.speak_for("two", "fifth", &[]).unwrap());
    assert_eq!(db.reader().last_sent_before(FOR_EVER).unwrap(), None);
}

/// The numbers of a gap as the tests here write it: "from-to why".
fn lowered(body: &str, by: u64) -> String {
    let (numbers, why) = body.split_once(' ').expect("two words");
    let (from, to) = numbers.split_once('-').expect("two numbers");
    let less = |number: &str| number.parse::<u64>().expect("a number") - by;
    format!("{}-{} {why}", less(from), less(to))
}

#[test]
fn a_gap_that_waits_is_numbered_anew_with_its_lane() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    let old = [entry(ALERT, NOW), entry(ALERT, NOW), entry(ALERT, NOW), entry(ALERT, NOW + KEPT_NS)];
    db.put(&old, &[], &[]).unwrap();
    db.commit(&[(ALERT, 1)]).unwrap();
    db.make_room(NOW + KEPT_NS + 1, true, &gap).unwrap();
    db.begin_again("second", &lowered).unwrap();
    let waiting = db.reader().records_after(ALERT, 0, 9).unwrap();
    let waiting: Vec<_> = waiting.iter().map(|row| (row.seq, row.what.as_str(), row.body.as_str())).collect();
    assert_eq!(waiting[0], (2, "gap", "1-2 old"));
    assert_eq!((waiting.len(), waiting[1].0), (2, 3));
}

#[test]
fn a_letter_is_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = open(folder.path());
    let warning = |body: &str| {
        let row = WarningRow { id: "a".into(), at_ns: 1, until_ns: 9, is_recalled: false, body: body.into() };
        Letter::Warning(row)
    };
    db.take_letter(1, NOW, &warning("one")).unwrap();
    db.take_letter(1, NOW, &warning("two")).unwrap();
    db.take_letter(2, NOW, &Letter::Recall("a".into())).unwrap();
    let reader = UplinkReader::open(folder.path()).unwrap();
    let warnings = reader.warnings().unwrap();
    assert_eq!((warnings.len(), warnings[0].body.as_str(), warnings[0].is_recalled), (1, "one", true));
    assert_eq!(reader.last_letter().unwrap(), 2);
}

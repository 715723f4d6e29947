//! What cannot be told is told of: rows that were gone before they were read, and incidents that cannot be put in words.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use box_store::record::{EventRecord, FactRecord, IncidentRecord, PartyRecord};
use box_store::sensor::{Batch, EVENTS_MAX, Status};
use box_store::uplink::{Keys, Letter, WarningRow};
use box_store::{SensorDb, TabletDb, UplinkDb};
use box_uplink::{gather, speak_for};
use common_model::Timestamp;
use common_wire::Lane;
use common_wire::v1::{Body, Gap, GapCause};
use common_words::Catalogue;

const NOW: Timestamp = Timestamp::from_secs(1_773_000_000);

fn incident(number: u64, message: &str) -> (u64, EventRecord) {
    let record = IncidentRecord {
        id: format!("{number:016x}"),
        state: "opened".into(),
        closed_by: None,
        solved_by: None,
        solved_at_ns: None,
        opened_at_ns: NOW.as_nanos(),
        last_seen_ns: NOW.as_nanos(),
        kind: "port-scan".into(),
        category: "scan".into(),
        techniques: Vec::new(),
        message: message.into(),
        device: PartyRecord { device_type: "pc".into(), ..PartyRecord::default() },
        role: "source".into(),
        identity: "00000000000000b2".into(),
        peer: None,
        severity: "high".into(),
        confidence_percent: 90,
        due: "today".into(),
        findings: 1,
        facts: vec![("window".into(), FactRecord::DurationNs(60_000_000_000))],
    };
    (NOW.as_nanos(), EventRecord::Incident(Box::new(record)))
}

/// A box that heard this, and its uplink.
struct Box_ {
    folder: tempfile::TempDir,
    sensor: SensorDb,
    uplink: UplinkDb,
}

impl Box_ {
    fn new() -> Box_ {
        let folder = tempfile::tempdir().unwrap();
        let sensor = SensorDb::open(folder.path()).unwrap();
        let uplink = UplinkDb::open(folder.path(), &"02".repeat(16)).unwrap();
        Box_ { folder, sensor, uplink }
    }

    fn hear(&mut self, events: Vec<(u64, EventRecord)>) {
        let status = Some(Status { now_ns: NOW.as_nanos(), ..Status::default() });
        self.sensor.write(&Batch { events, status, ..Batch::default() }).unwrap();
    }

    fn gather(&mut self) {
        let keys = Keys::born(&"01".repeat(32));
        let catalogue = Catalogue::load().unwrap();
        while gather(self.folder.path(), &mut self.uplink, &keys, catalogue, 1_000, NOW).unwrap() {}
    }

    fn lane(&self, lane: Lane) -> Vec<(u64, Body)> {
        let records = self.uplink.reader().records_after(lane as u8, 0, 10_000).unwrap();
        records.iter().map(|record| (record.seq, serde_json::from_str(&record.body).unwrap())).collect()
    }
}

#[test]
fn a_gap_stands_for_what_was_gone_before_it_was_read() {
    let mut here = Box_::new();
    here.hear(vec![incident(1, "internal_probe")]);
    here.gather();
    // Nobody reads while more is heard than is kept.
    for turn in 0..5 {
        here.hear(
            (0..EVENTS_MAX / 4)
                .map(|number| incident(turn * EVENTS_MAX + number, "internal_probe"))
                .collect(),
        );
    }
    here.sensor.prune(None).unwrap();
    here.gather();
    let told = here.lane(Lane::Alert);
    let gone = EVENTS_MAX / 4 + 1 - 1;
    assert!(matches!(told[0], (1, Body::Incident(_))));
    let wanted = Gap { from: 2, to: gone + 1, at: NOW, cause: GapCause::Old };
    assert_eq!(told[1], (gone + 1, Body::Gap(wanted)));
    assert!(matches!(told[2], (seq, Body::Incident(_)) if seq == gone + 2));
    let lanes = here.uplink.reader().lanes().unwrap();
    assert_eq!((lanes[0].last, lanes[0].dropped), (1 + EVENTS_MAX + gone, gone));
}

#[test]
fn an_incident_that_cannot_be_put_in_words_is_counted_and_said() {
    let mut here = Box_::new();
    here.hear(vec![
        incident(1, "internal_probe"),
        incident(2, "no_such_message"),
        incident(3, "internal_probe"),
    ]);
    here.gather();
    let ids: Vec<String> = here
        .lane(Lane::Alert)
        .into_iter()
        .filter_map(|(_, body)| match body {
            Body::Incident(incident) => Some(incident.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["0000000000000001", "0000000000000003"]);
    let health = here.lane(Lane::Health);
    let (_, Body::Health(health)) = &health[0] else { panic!("{health:?}") };
    assert_eq!(health.waiting[&Lane::Alert].dropped, 1);
}

#[test]
fn a_sensor_that_begins_with_an_empty_file_is_heard_from_its_first_row() {
    let mut here = Box_::new();
    here.hear((0..9).map(|number| incident(number, "internal_probe")).collect());
    here.gather();
    // Somebody took the file away, and the sensor has made another.
    for end in ["", "-wal", "-shm"] {
        std::fs::remove_file(here.folder.path().join(format!("sensor.db{end}"))).unwrap();
    }
    here.sensor = SensorDb::open(here.folder.path()).unwrap();
    here.hear(vec![incident(9, "internal_probe"), incident(10, "internal_probe")]);
    here.gather();
    let told = here.lane(Lane::Alert);
    assert_eq!((told.len(), told.last().unwrap().0), (11, 11));
    assert!(told.iter().all(|(_, body)| matches!(body, Body::Incident(_))), "no gap");
}

#[test]
fn a_sensor_that_has_stopped_is_told_at_once_and_never_as_calm() {
    let mut here = Box_::new();
    let said = |at_ns| Some(Status { now_ns: NOW.as_nanos(), said_at_ns: at_ns, ..Status::default() });
    let minute = 60_000_000_000;
    let mut tell = |status| {
        here.sensor.write(&Batch { status, ..Batch::default() }).unwrap();
        here.gather();
        here.lane(Lane::Health)
            .into_iter()
            .map(|(_, body)| match body {
                Body::Health(health) => health.problem,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(tell(said(NOW.as_nanos() - minute)), [None]);
    let silent = Some("sensor_silent".to_owned());
    assert_eq!(tell(said(NOW.as_nanos() - 2 * minute)), [None, silent.clone()]);
    assert_eq!(tell(said(NOW.as_nanos())), [None, silent, None]);
}

#[test]
fn the_ledger_of_each_day_is_told_also_by_a_box_that_was_off() {
    const DAY_NS: u64 = 86_400_000_000_000;
    let mut here = Box_::new();
    here.hear(vec![incident(1, "internal_probe"), incident(2, "internal_probe")]);
    here.gather();
    for (seq, days) in [(1, 3), (2, 1)] {
        here.uplink.leaving(&[(Lane::Alert as u8, seq, 100)], 50, NOW.as_nanos() - days * DAY_NS).unwrap();
    }
    let ledgers = |here: &mut Box_| -> Vec<String> {
        here.gather();
        let told = here.lane(Lane::Health);
        told.into_iter()
            .filter_map(|(_, body)| match body {
                Body::Ledger(ledger) => Some(ledger.day),
                _ => None,
            })
            .collect()
    };
    // The day on which it last told is four days ago.
    let day = i64::try_from(NOW.as_nanos() / DAY_NS).unwrap();
    here.uplink.put(&[], &[("ledger", day - 4)], &[]).unwrap();
    assert_eq!(ledgers(&mut here), ["2026-03-05", "2026-03-07"]);
    assert_eq!(ledgers(&mut here).len(), 2, "each once");
}

#[test]
fn another_member_is_told_nothing_of_the_one_before() {
    let mut here = Box_::new();
    let folder = here.folder.path().to_owned();
    let answer = |warning: &str| {
        let mut tablet = TabletDb::open(&folder).unwrap();
        tablet.answer(warning, "seen", NOW.as_nanos()).unwrap();
    };
    let mut letter = 0;
    let mut warn = |uplink: &mut UplinkDb, id: &str| {
        letter += 1;
        let (at_ns, until_ns) = (NOW.as_nanos(), NOW.as_nanos());
        let row = WarningRow { id: id.to_owned(), at_ns, until_ns, is_recalled: false, body: String::new() };
        uplink.take_letter(letter, NOW.as_nanos(), &Letter::Warning(row)).unwrap();
    };
    let speak = |uplink: &mut UplinkDb, box_id: &str| speak_for(&folder, uplink, box_id, NOW).unwrap();
    assert!(!speak(&mut here.uplink, "first"));
    warn(&mut here.uplink, "of the first");
    here.hear(vec![incident(1, "internal_probe")]);
    here.gather();
    // The same box again changes nothing.
    assert!(!speak(&mut here.uplink, "first"));
    assert_eq!(here.lane(Lane::Alert).len(), 2, "an incident, and that a warning is on the tablet");
    let spool = here.uplink.reader().spool().unwrap();
    // Not read yet when the box becomes another's.
    here.hear(vec![incident(2, "internal_probe")]);
    answer("of the first");
    assert!(speak(&mut here.uplink, "second"));
    let reader = here.uplink.reader();
    assert_ne!(reader.spool().unwrap(), spool);
    assert_eq!((reader.last_letter().unwrap(), reader.warnings().unwrap().len()), (0, 0));
    here.gather();
    assert!(here.lane(Lane::Alert).is_empty(), "{:?}", here.lane(Lane::Alert));
    assert!(here.lane(Lane::Health).iter().all(|(_, body)| !matches!(body, Body::Ledger(_))));
    here.hear(vec![incident(3, "internal_probe")]);
    here.gather();
    let told = here.lane(Lane::Alert);
    assert!(matches!(&told[..], [(1, Body::Incident(one))] if one.id == "0000000000000003"), "{told:?}");
}

#[test]
fn settings_of_a_later_version_do_not_stop_what_is_told() {
    let mut here = Box_::new();
    let mut tablet = TabletDb::open(here.folder.path()).unwrap();
    let mut choose = |toml: &str| tablet.choose(toml, None, NOW.as_nanos()).unwrap();
    choose("of_a_later_version = true");
    here.hear(vec![incident(1, "internal_probe")]);
    let keys = Keys::born(&"01".repeat(32));
    let gathered = |here: &mut Box_| {
        let catalogue = Catalogue::load().unwrap();
        gather(here.folder.path(), &mut here.uplink, &keys, catalogue, 1_000, NOW)
    };
    // By no settings at all an inner address may pass for one outside.
    gathered(&mut here).unwrap_err();
    assert!(here.lane(Lane::Alert).is_empty());
    choose("");
    choose("of_a_later_version = true");
    gathered(&mut here).unwrap();
    assert_eq!(here.lane(Lane::Alert).len(), 1);
}

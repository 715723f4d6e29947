//! The files of the box: written in one piece, read while they are written and after their writer has stopped, and never half changed.

use std::os::unix::fs::PermissionsExt as _;

use box_store::backup::{BackupError, back_up, restore};
use box_store::record::{DeviceRecord, EventRecord, IncidentRecord, PartyRecord, SightingRecord};
use box_store::sensor::{Batch, HISTORY_NS, PortHour, PortStatus, Status};
use box_store::tablet::CommandRecord;
use box_store::{SensorDb, SensorReader, StoreError, TabletDb, TabletReader};
use common_model::{
    Category, ClosedBy, Confidence, DeviceId, DeviceType, Due, Fact, Facts, FindingRole, Incident,
    IncidentId, IncidentState, Kind, Party, Severity, Solved, Subject, Timestamp,
};

static KIND: Kind = Kind {
    id: "port-scan",
    category: Category::Scan,
    techniques: &["T1046"],
    message: "internal_probe",
    facts: &["ports"],
    severity: Severity::High,
    alone: Due::Today,
    card_from: Confidence::percent(60),
    needs_profile: false,
    quiet_for: core::time::Duration::from_secs(7_200),
};

fn incident(id: u64, at: u64) -> Incident {
    let facts = Facts::new()
        .with("ports", Fact::Count(40))
        .with("who", Fact::Person("anna".into()))
        .with("where", Fact::InternalAddress("10.0.0.5".parse().expect("an address")))
        .with("bad", Fact::indicator("203.0.113.9", true))
        .with("moved", Fact::Bytes(1 << 40))
        .with("window", Fact::Duration(core::time::Duration::from_millis(1_500)))
        .with("since", Fact::Time(Timestamp::from_nanos(u64::MAX)))
        .with("device", Fact::Device(DeviceId(u64::MAX)))
        .with("service", Fact::choice("ssh"))
        .with("name", Fact::internal_name("NAS-\u{e5}"));
    Incident {
        id: IncidentId(id),
        state: IncidentState::Opened,
        closed_by: None,
        solved: Some(Solved { by: ClosedBy::Clinic, at: Timestamp::from_secs(at + 1) }),
        opened_at: Timestamp::from_secs(at),
        last_seen: Timestamp::from_secs(at),
        kind: &KIND,
        device: Subject::Device(DeviceId(0xfedc_ba98_7654_3210)),
        role: FindingRole::Source,
        identity: u64::MAX,
        peer: Some(Subject::Address("192.0.2.7".parse().expect("an address"))),
        severity: Severity::Critical,
        confidence: Confidence::percent(85),
        due: Due::Now,
        findings: 3,
        facts,
    }
}

fn party() -> Party {
    Party {
        id: Some(DeviceId(0xfedc_ba98_7654_3210)),
        name: Some("Reception".into()),
        ip: Some("10.0.0.21".parse().expect("an address")),
        mac: Some("00:00:5e:00:53:21".parse().expect("an address")),
        device_type: DeviceType::Pc,
        type_confirmed: true,
        vendor: Some("Dell".into()),
    }
}

fn record(id: u64, at: u64, state: IncidentState) -> IncidentRecord {
    let closed_by = (state == IncidentState::Closed).then_some(ClosedBy::Clinic);
    let incident = Incident { state, closed_by, ..incident(id, at) };
    IncidentRecord::new(&incident, &party(), Some(&Party::default()))
}

fn step(id: u64, at: u64, state: IncidentState) -> (u64, EventRecord) {
    (at * 1_000_000_000, EventRecord::Incident(Box::new(record(id, at, state))))
}

fn device(id: u64, last_seen_ns: u64) -> DeviceRecord {
    let party = PartyRecord { id: Some(box_store::record::hex(id)), ..PartyRecord::default() };
    DeviceRecord {
        party,
        announced_name: None,
        addresses: vec!["fe80::1".parse().expect("an address")],
        first_seen_ns: 1,
        last_seen_ns,
        is_router: false,
        is_visitor: false,
        evidence: vec!["it prints".into()],
        talks_to: vec![],
    }
}

#[test]
fn an_incident_comes_back_as_it_went() {
    let before = incident(7, 1_000);
    let record = IncidentRecord::new(&before, &party(), Some(&Party::default()));
    let text = serde_json::to_string(&record).unwrap();
    let record: IncidentRecord = serde_json::from_str(&text).unwrap();
    let after = record.to_incident(&KIND).unwrap();
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(record.device.to_party(), party());
}

#[test]
fn an_incident_that_an_older_version_wrote_is_not_solved() {
    let mut old = serde_json::to_value(record(7, 1, IncidentState::Opened)).unwrap();
    for new in ["solved_by", "solved_at_ns"] {
        old.as_object_mut().unwrap().remove(new).unwrap();
    }
    let record: IncidentRecord = serde_json::from_value(old).unwrap();
    assert_eq!(record.to_incident(&KIND).unwrap().solved, None);
}

#[test]
fn a_word_that_is_not_ours_is_named() {
    let wrong = IncidentRecord { due: "soon".into(), ..record(7, 1, IncidentState::Opened) };
    assert_eq!(wrong.to_incident(&KIND).unwrap_err().to_string(), "`soon` is no due");
    let wrong = IncidentRecord { id: "+0000000000000007".into(), ..record(7, 1, IncidentState::Opened) };
    assert_eq!(wrong.to_incident(&KIND).unwrap_err().to_string(), "`+0000000000000007` is no id");
}

#[test]
fn a_batch_is_read_while_its_writer_goes_on_and_after_it_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(SensorReader::open(folder.path()), Err(StoreError::Missing { .. })));
    // Its writer is about to make it.
    std::fs::write(folder.path().join("sensor.db"), "").unwrap();
    assert!(matches!(SensorReader::open(folder.path()), Err(StoreError::Missing { .. })));
    let mut db = SensorDb::open(folder.path()).unwrap();
    let reader = SensorReader::open(folder.path()).unwrap();
    let port = PortStatus { name: "eth1".into(), sees: true, ..PortStatus::default() };
    let status = Status { now_ns: 5, command_done: 9, ports: vec![port], ..Status::default() };
    let sighting = SightingRecord {
        kind: "dns-tunnel".into(),
        device: PartyRecord::default(),
        facts: record(1, 1, IncidentState::Opened).facts,
    };
    let hour = PortHour { hour: 490_000, port: 1, dropped: 3, ..PortHour::default() };
    let batch = Batch {
        events: vec![
            step(1, 10, IncidentState::Opened),
            step(2, 11, IncidentState::Opened),
            step(1, 12, IncidentState::Closed),
            (13, EventRecord::Gap { from_ns: 12 }),
        ],
        sightings: vec![(11, sighting.clone())],
        devices: vec![device(3, 7), device(u64::MAX, 8)],
        port_hours: vec![hour.clone()],
        status: Some(status.clone()),
        learned: Some((12, "{}".into())),
    };
    db.write(&batch).unwrap();
    let check = |reader: &SensorReader| {
        assert_eq!(reader.status().unwrap(), Some(status.clone()));
        assert_eq!(reader.learned().unwrap().as_deref(), Some("{}"));
        assert_eq!(reader.open_incidents().unwrap(), [record(2, 11, IncidentState::Opened)]);
        assert_eq!(reader.incident(1).unwrap(), Some(record(1, 12, IncidentState::Closed)));
        let seqs = |events: Vec<box_store::sensor::Stored<EventRecord>>| {
            events.into_iter().map(|event| event.seq).collect::<Vec<_>>()
        };
        assert_eq!(seqs(reader.events_before(i64::MAX, 3).unwrap()), [4, 3, 2]);
        assert_eq!(seqs(reader.events_after(2, 10).unwrap()), [3, 4]);
        assert_eq!(reader.sightings_after(0, 10).unwrap()[0].value, sighting);
        assert_eq!(reader.devices().unwrap(), [device(u64::MAX, 8), device(3, 7)]);
        assert_eq!(reader.port_hours(490_000).unwrap(), std::slice::from_ref(&hour));
        assert_eq!(reader.port_hours(490_001).unwrap(), []);
    };
    check(&reader);
    drop(reader);
    drop(db);
    // Its writer has stopped, and the reader may write nothing at all, as under another user.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let file = entry.unwrap().path();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    check(&SensorReader::open(folder.path()).unwrap());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_cannot_be_written_whole_is_not_written_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = SensorDb::open(folder.path()).unwrap();
    let mut bad = record(2, 2, IncidentState::Opened);
    bad.id = "no id".into();
    let events = vec![step(1, 1, IncidentState::Opened), (2, EventRecord::Incident(Box::new(bad)))];
    assert!(db.write(&Batch { events, ..Batch::default() }).is_err());
    let reader = SensorReader::open(folder.path()).unwrap();
    assert_eq!(reader.open_incidents().unwrap(), []);
    assert_eq!(reader.events_after(0, 10).unwrap(), []);
}

#[test]
fn history_is_kept_for_ninety_days() {
    const DAY_SECS: u64 = 86_400;
    let folder = tempfile::tempdir().unwrap();
    let mut db = SensorDb::open(folder.path()).unwrap();
    let events = vec![
        step(1, DAY_SECS, IncidentState::Closed),
        step(2, 2 * DAY_SECS, IncidentState::Opened),
        step(3, 80 * DAY_SECS, IncidentState::Closed),
    ];
    db.write(&Batch { events, devices: vec![device(1, 5)], ..Batch::default() }).unwrap();
    assert_eq!(db.prune(Some(95 * DAY_SECS * 1_000_000_000)).unwrap(), 4);
    let reader = SensorReader::open(folder.path()).unwrap();
    // What is open is never forgotten.
    assert!(reader.incident(1).unwrap().is_none() && reader.incident(2).unwrap().is_some());
    assert_eq!(reader.events_after(0, 10).unwrap().len(), 1);
    assert_eq!(reader.devices().unwrap(), []);
}

#[test]
fn sightings_and_what_people_did_are_forgotten_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = SensorDb::open(folder.path()).unwrap();
    let sighting = |at| {
        let party = PartyRecord::default();
        (at, SightingRecord { kind: "dns-tunnel".into(), device: party, facts: vec![] })
    };
    let sightings = vec![sighting(1), sighting(HISTORY_NS), sighting(HISTORY_NS + 9)];
    db.write(&Batch { sightings, ..Batch::default() }).unwrap();
    assert_eq!(db.prune(Some(HISTORY_NS + 5)).unwrap(), 1);
    let left = SensorReader::open(folder.path()).unwrap().sightings_after(0, 10).unwrap();
    assert_eq!(left.iter().map(|sighting| sighting.seq).collect::<Vec<_>>(), [2, 3]);

    let mut tablet = TabletDb::open(folder.path()).unwrap();
    tablet.choose("clinic = \"A\"", None, 10).unwrap();
    for at in [10, 20] {
        tablet.ask(&CommandRecord::Test, at).unwrap();
        tablet.see(at, at).unwrap();
        tablet.answer("w1", "seen", at).unwrap();
    }
    assert_eq!(tablet.prune(15).unwrap(), 4);
    let reader = TabletReader::open(folder.path()).unwrap();
    assert_eq!(reader.commands_after(0, 10).unwrap().iter().map(|asked| asked.seq).collect::<Vec<_>>(), [3]);
    assert_eq!((reader.seen_at(10).unwrap(), reader.seen_at(20).unwrap()), (None, Some(20)));
    assert_eq!(reader.answers_after(0, 10).unwrap().len(), 1);
    assert_eq!(reader.site().unwrap().as_deref(), Some("clinic = \"A\""));
    // Numbers go on when all are forgotten.
    tablet.prune(100).unwrap();
    assert_eq!(reader.numbering().unwrap().last, 3);
    assert_eq!(tablet.ask(&CommandRecord::Test, 200).unwrap(), 4);
}

#[test]
fn a_row_that_cannot_be_read_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = SensorDb::open(folder.path()).unwrap();
    let events = vec![step(1, 1, IncidentState::Opened), step(2, 2, IncidentState::Opened)];
    db.write(&Batch { events, ..Batch::default() }).unwrap();
    let raw = rusqlite::Connection::open(folder.path().join("sensor.db")).unwrap();
    raw.execute_batch(
        "UPDATE incident SET body = '{}' WHERE id = 1; UPDATE event SET body = '{}' WHERE seq = 1",
    )
    .unwrap();
    let reader = SensorReader::open(folder.path()).unwrap();
    assert_eq!(reader.open_incidents().unwrap(), [record(2, 2, IncidentState::Opened)]);
    assert_eq!(reader.events_after(0, 10).unwrap()[0].seq, 2);
    // And it does not stay open for ever.
    assert_eq!((db.close_unreadable().unwrap(), db.close_unreadable().unwrap()), (1, 0));
    let open: i64 =
        raw.query_row("SELECT count(*) FROM incident WHERE state <> 'closed'", [], |row| row.get(0)).unwrap();
    assert_eq!(open, 1);
    TabletDb::open(folder.path()).unwrap().ask(&CommandRecord::Test, 1).unwrap();
    let raw = rusqlite::Connection::open(folder.path().join("tablet.db")).unwrap();
    raw.execute("INSERT INTO command (at_ns, body) VALUES (2, '{\"do\":\"dance\"}')", []).unwrap();
    let commands = TabletReader::open(folder.path()).unwrap().commands_after(0, 10).unwrap();
    assert_eq!(commands.len(), 1);
}

#[test]
fn each_tablets_file_has_a_name_of_its_own() {
    let names = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        drop(TabletDb::open(folder.path()).unwrap());
        let numbering = || TabletReader::open(folder.path()).unwrap().numbering().unwrap();
        let first = numbering();
        drop(TabletDb::open(folder.path()).unwrap());
        assert_eq!(numbering(), first);
        assert_eq!(first.last, 0);
        first.of.unwrap()
    });
    assert!(names[0] != names[1] && names[0].len() == 16, "{names:?}");
}

#[test]
fn processes_that_open_a_new_file_at_once_all_get_it() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let open = || TabletDb::open(folder.path());
        let opened: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        for one in opened {
            one.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(SensorDb::open(folder.path()).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("sensor.db")).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    let err = SensorDb::open(folder.path()).unwrap_err();
    assert!(
        err.to_string().ends_with("has form 99, and this version knows up to 2: update the program"),
        "{err}"
    );
}

#[test]
fn what_is_no_database_is_an_error_and_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("tablet.db"),
        "this is a letter, not a database, and it is long enough",
    )
    .unwrap();
    assert!(TabletDb::open(folder.path()).is_err());
    let file = std::fs::File::open(folder.path().join("tablet.db")).unwrap();
    assert!(std::io::read_to_string(file).unwrap().starts_with("this is a letter"));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_to_be_so() {
    let nowhere = std::path::Path::new("/proc/cyberalarm");
    assert!(matches!(SensorDb::open(nowhere), Err(StoreError::ReadOnly { .. })));
}

#[test]
fn a_copy_is_whole_while_the_original_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy");
    let mut db = SensorDb::open(folder.path()).unwrap();
    db.write(&Batch { events: vec![step(1, 1, IncidentState::Opened)], ..Batch::default() }).unwrap();
    TabletDb::open(folder.path()).unwrap().choose("clinic = \"A\"", None, 1).unwrap();
    std::fs::write(folder.path().join("uplink.keys"), "secret").unwrap();
    assert_eq!(back_up(folder.path(), &copy).unwrap(), ["sensor.db", "tablet.db", "uplink.keys"]);
    db.write(&Batch { events: vec![step(2, 2, IncidentState::Opened)], ..Batch::default() }).unwrap();
    assert!(matches!(back_up(folder.path(), &copy), Err(BackupError::Exists(_))));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&copy), mode(&copy.join("uplink.keys"))), (0o700, 0o600));
    let open = |folder: &std::path::Path| SensorReader::open(folder).unwrap().open_incidents().unwrap().len();
    assert_eq!((open(&copy), open(folder.path())), (1, 2));
    drop(db);
    // What came later is not there any more, and nothing of it lies beside.
    TabletDb::open(folder.path()).unwrap().choose("clinic = \"B\"", None, 2).unwrap();
    assert_eq!(restore(&copy, folder.path()).unwrap(), ["sensor.db", "tablet.db", "uplink.keys"]);
    assert_eq!(open(folder.path()), 1);
    assert_eq!(TabletReader::open(folder.path()).unwrap().site().unwrap().as_deref(), Some("clinic = \"A\""));
    assert_eq!(mode(&folder.path().join("uplink.keys")), 0o600);
    // Where nothing was, there is nothing to copy, and nothing is left.
    let (empty, nothing) = (tempfile::tempdir().unwrap(), copies.path().join("nothing"));
    assert!(matches!(back_up(empty.path(), &nothing), Err(BackupError::Empty(_))));
    assert_eq!(std::fs::read_dir(copies.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_copy_is_not_put_back() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let copy = copies.path().join("copy");
    let mut db = SensorDb::open(folder.path()).unwrap();
    db.write(&Batch { events: vec![step(1, 1, IncidentState::Opened)], ..Batch::default() }).unwrap();
    back_up(folder.path(), &copy).unwrap();
    std::fs::write(copy.join("tablet.db"), "this is a letter, not a database, and it is long enough")
        .unwrap();
    assert!(matches!(restore(&copy, folder.path()), Err(BackupError::Damaged(_))));
    db.write(&Batch { events: vec![step(2, 2, IncidentState::Opened)], ..Batch::default() }).unwrap();
    assert_eq!(SensorReader::open(folder.path()).unwrap().open_incidents().unwrap().len(), 2);
}

#[test]
fn what_is_remembered_is_read_by_the_boxs_group_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    // One of an older version, which everybody may read.
    let old = folder.path().join("tablet.db");
    std::fs::write(&old, "").unwrap();
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o644)).unwrap();
    TabletDb::open(folder.path()).unwrap().see(1, 1).unwrap();
    SensorDb::open(folder.path())
        .unwrap()
        .write(&Batch { devices: vec![device(1, 5)], ..Batch::default() })
        .unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let modes: Vec<_> =
        files.map(|file| (file.file_name(), file.metadata().unwrap().permissions().mode() & 0o777)).collect();
    assert!(modes.len() == 6 && modes.iter().all(|(_, mode)| *mode == 0o640), "{modes:?}");
}

#[test]
fn the_tablet_remembers_what_people_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut db = TabletDb::open(folder.path()).unwrap();
    let reader = TabletReader::open(folder.path()).unwrap();
    assert_eq!(reader.site().unwrap(), None);
    let close = CommandRecord::Close { incident: box_store::record::hex(7), by: "clinic".into() };
    db.see(7, 100).unwrap();
    db.see(7, 200).unwrap();
    assert_eq!(db.ask(&close, 300).unwrap(), 1);
    db.choose("clinic = \"A\"", None, 400).unwrap();
    db.choose("clinic = \"B\"", Some(&close), 500).unwrap();

    assert_eq!((reader.seen_at(7).unwrap(), reader.seen_at(8).unwrap()), (Some(100), None));
    assert_eq!(reader.site().unwrap().as_deref(), Some("clinic = \"B\""));
    let commands = reader.commands_after(1, 10).unwrap();
    let what: Vec<_> = commands.iter().map(|command| (command.seq, command.at_ns, &command.what)).collect();
    assert_eq!(what, [(2, 400, &CommandRecord::Site), (3, 500, &CommandRecord::Site), (4, 500, &close)]);
}

const READS: &str = "CYBERALARM_TEST_READS";

/// A group of which nobody is.
const GROUP: u32 = 54_321;

#[test]
fn another_user_reads_what_a_stopped_writer_left_needs_root() {
    if let Some(folder) = std::env::var_os(READS) {
        let folder = std::path::PathBuf::from(folder);
        assert!(std::fs::File::create(folder.join("mine")).is_err(), "this user may write there");
        let reader = SensorReader::open(&folder).unwrap();
        assert_eq!(reader.open_incidents().unwrap(), [record(1, 1, IncidentState::Opened)]);
        assert_eq!(TabletReader::open(&folder).unwrap().site().unwrap().as_deref(), Some("clinic = \"A\""));
        let written = SensorDb::open(&folder)
            .and_then(|mut db| db.write(&Batch { devices: vec![device(1, 5)], ..Batch::default() }));
        assert!(matches!(written, Err(StoreError::ReadOnly { .. })), "{written:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut db = SensorDb::open(folder.path()).unwrap();
    db.write(&Batch { events: vec![step(1, 1, IncidentState::Opened)], ..Batch::default() }).unwrap();
    TabletDb::open(folder.path()).unwrap().choose("clinic = \"A\"", None, 1).unwrap();
    drop(db);
    // Readable by the group of the box's users; this program, too, where they can reach it.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::os::unix::fs::chown(entry.unwrap().path(), None, Some(GROUP)).unwrap();
    }
    std::os::unix::fs::chown(folder.path(), None, Some(GROUP)).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let program = folder.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let reads = |groups: &str| {
        let done = std::process::Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", groups, "--bounding-set=-all"])
            .arg(&program)
            .args(["--exact", "another_user_reads_what_a_stopped_writer_left_needs_root"])
            .env(READS, folder.path())
            .output()
            .expect("could not run setpriv (package util-linux)");
        let said =
            String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        (done.status.success() && said.contains("1 passed"), said)
    };
    let (read, said) = reads(&format!("--groups={GROUP}"));
    assert!(read, "{said}");
    // Who is not of the group reads nothing, not even where the folder is open to all.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let (read, said) = reads("--clear-groups");
    assert!(!read && said.contains("ReadOnly"), "{said}");
}

//! What holds over a restart: what people pressed, what another version wrote, and what must be forgotten.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which are not tests themselves")]

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use box_store::record::{EventRecord, IncidentRecord};
use box_store::sensor::HISTORY_NS;
use box_store::tablet::CommandRecord;
use box_store::{SensorReader, TabletDb};
use common_model::Timestamp;
use common_site::Site;
use knowledge_indicators::{Indicators, parse};
use sensor_agent::Setup;

use crate::{HOUR, Kept, frames, frames_of, hear_at, reader, run, run_as, seconds, status, steps};

const BAD: &str = "
device pc      10.0.0.21 00:00:5e:00:53:21
device router  10.0.0.1  00:00:5e:00:53:01 gateway
outside evil   203.0.113.66
at 09:00
pc -> evil:8443 tcp sends 2 kB gets 500 B
";

/// A clinic that knows an address outside as bad.
fn knows_evil(folder: &Path) -> Setup {
    let mut indicators = Indicators::new();
    let list = "type,value,source,first_seen,last_seen,reason\n\
        ipv4,203.0.113.66,sector centre,2026-03-16,2026-03-18,bad\n";
    parse("list", list, &mut indicators).unwrap();
    Setup { folder: folder.to_owned(), indicators: Arc::new(indicators), ..Setup::default() }
}

fn red(folder: &Path) -> Option<IncidentRecord> {
    reader(folder).open_incidents().unwrap().into_iter().find(|open| open.due == "now")
}

/// Runs SQL on one of the box's files, as no program of ours would.
fn tamper(folder: &Path, file: &str, sql: &str) {
    rusqlite::Connection::open(folder.join(file)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_is_called_solved_while_it_goes_on_is_told_and_closes_after_a_restart_when_it_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let frames = frames_of(BAD);
    let last = frames.last().unwrap().0;
    run_as(knows_evil(&path), &frames, || true);
    let incident = red(&path).unwrap().id;
    let close = CommandRecord::Close { incident, by: "clinic".into() };
    let seq = TabletDb::open(&path).unwrap().ask(&close, 1).unwrap();
    let waits = path.clone();
    run_as(knows_evil(&path), &frames[frames.len() - 1..], move || status(&waits).command_done == seq);
    let solved = red(&path).unwrap();
    assert_eq!((solved.state.as_str(), solved.solved_by.as_deref()), ("updated", Some("clinic")));
    let solved_at = Timestamp::from_nanos(solved.solved_at_ns.unwrap());
    assert!(solved_at >= last && solved_at.since(last) < Duration::from_secs(60), "{solved_at}");
    // Switched off and on, and a little later it is still open.
    hear_at(&path, seconds(last + Duration::from_secs(20 * 60), 30));
    assert_eq!(red(&path).unwrap().solved_by.as_deref(), Some("clinic"));
    hear_at(&path, seconds(last + Duration::from_secs(31 * 60), 30));
    assert!(red(&path).is_none());
    let closed = reader(&path).incident(u64::from_str_radix(&solved.id, 16).unwrap()).unwrap().unwrap();
    assert_eq!((closed.state.as_str(), closed.closed_by.as_deref()), ("closed", Some("clinic")));
}

#[test]
fn whom_a_device_talks_to_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let frames = frames_of(BAD);
    run(path, &frames, || true);
    let talks = |path: &Path| {
        let devices = reader(path).devices().unwrap();
        let pc = devices.into_iter().find(|device| device.party.ip == Some([10, 0, 0, 21].into()));
        pc.unwrap().talks_to.iter().filter_map(|party| party.ip).collect::<Vec<_>>()
    };
    let before = talks(path);
    assert!(before.contains(&[203, 0, 113, 66].into()), "{before:?}");
    hear_at(path, seconds(frames.last().unwrap().0 + Duration::from_secs(60), 60));
    assert_eq!(talks(path), before);
}

#[test]
fn what_another_version_left_open_is_closed_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let frames = [frames_of(BAD), frames()].concat();
    run_as(knows_evil(path), &frames, || true);
    let red_before = red(path).unwrap();
    let change = "UPDATE incident SET body = replace(body, '\"port-scan\"', '\"thought-reading\"');
        INSERT INTO incident VALUES (1, 'opened', 'now', 1, '{\"from\":\"another world\"}');
        UPDATE kept SET body = '[]' WHERE name IN ('learned', 'status')";
    tamper(path, "sensor.db", change);
    hear_at(path, seconds(frames.last().unwrap().0 + Duration::from_secs(60), 30));
    assert_eq!(red(path), Some(red_before));
    let open = reader(path).open_incidents().unwrap();
    assert!(open.iter().all(|open| open.kind != "thought-reading"), "{open:?}");
    let events = reader(path).events_after(0, 1_000).unwrap();
    let told = events.iter().any(|event| match &event.value {
        EventRecord::Incident(incident) => incident.kind == "thought-reading" && incident.state == "closed",
        _ => false,
    });
    assert!(told, "nobody was told that it is closed");
    let raw = rusqlite::Connection::open(path.join("sensor.db")).unwrap();
    let state = raw.query_row("SELECT state FROM incident WHERE id = 1", [], |row| row.get::<_, String>(0));
    assert_eq!(state.unwrap(), "closed");
    // What was learned begins anew.
    assert!(reader(path).learned().unwrap().unwrap().contains("\"version\""));
}

#[test]
fn settings_that_this_version_cannot_use_leave_those_before_and_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    run(&path, &[], || true);
    let named = "[[device]]\nname = \"The locum's PC\"\nmac = \"00:00:5e:00:53:66\"\ntype = \"pc\"\n";
    let names = |path: &Path| {
        let devices = reader(path).devices().unwrap();
        devices.into_iter().filter_map(|device| device.party.name).collect::<Vec<_>>()
    };
    let mut tablet = TabletDb::open(&path).unwrap();
    tablet.choose(named, None, 1).unwrap();
    tablet.choose("mind_reading = true\n", None, 2).unwrap();
    assert!(Site::parse("mind_reading = true\n").is_err());
    let waits = path.clone();
    run(&path, &frames(), move || status(&waits).command_done == 2);
    assert_eq!(status(&path).problem.as_deref(), Some("settings_refused"));
    assert_eq!(names(&path), ["The locum's PC"]);
    // While it runs: good ones hold at once.
    tablet.choose(&named.replace("locum", "nurse"), None, 3).unwrap();
    let waits = path.clone();
    run(&path, &[], move || status(&waits).command_done == 3);
    assert_eq!((status(&path).problem, names(&path)), (None, vec!["The nurse's PC".to_owned()]));
}

#[test]
fn what_is_pressed_on_a_tablet_that_was_made_anew_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let done = |asked: i64| {
        let waits = path.clone();
        run(&path, &[], move || status(&waits).test.is_some_and(|test| test.id == asked));
        assert_eq!(status(&path).command_done, asked);
    };
    run(&path, &frames(), || true);
    let mut tablet = TabletDb::open(&path).unwrap();
    for _ in 0..3 {
        tablet.ask(&CommandRecord::Test, 1).unwrap();
    }
    done(3);
    drop(tablet);
    for ending in ["db", "db-wal", "db-shm"] {
        std::fs::remove_file(path.join(format!("tablet.{ending}"))).unwrap();
    }
    let mut tablet = TabletDb::open(&path).unwrap();
    let asked = tablet.ask(&CommandRecord::Test, 1).unwrap();
    assert_eq!(asked, 1);
    done(asked);
    // An older copy of the same file, in which less was asked.
    for _ in 0..4 {
        tablet.ask(&CommandRecord::Test, 1).unwrap();
    }
    done(5);
    tamper(&path, "tablet.db", "DELETE FROM command WHERE seq > 2; UPDATE sqlite_sequence SET seq = 2");
    run(&path, &[], || true);
    assert_eq!(tablet.ask(&CommandRecord::Test, 1).unwrap(), 3);
    done(3);
}

#[test]
fn a_box_that_is_switched_off_every_night_forgets_what_is_older_than_ninety_days() {
    const DAYS: u64 = 100;
    const DAY: u64 = 24 * HOUR;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (began, len, bytes) = frames().swap_remove(0);
    let morning = |day: u64| began + Duration::from_secs(day * DAY);
    run(path, &frames(), || true);
    // Ten hours, a frame in each minute, and fourteen hours off.
    for day in 0..DAYS - 1 {
        let minute = |minute: u64| (morning(day) + Duration::from_secs(60 * minute), len, bytes.clone());
        let heard: Vec<Kept> = (2..600).map(minute).collect();
        run(path, &heard, || true);
    }
    let gaps = |path: &Path| {
        let events = SensorReader::open(path).unwrap().events_after(0, 10_000).unwrap();
        events.into_iter().filter(|event| matches!(event.value, EventRecord::Gap { .. })).collect::<Vec<_>>()
    };
    assert!(!steps(path).is_empty());
    hear_at(path, seconds(morning(DAYS - 1), 30));
    let left = gaps(path);
    let oldest = left.iter().map(|gap| gap.at_ns).min().unwrap();
    let now = status(path).now_ns;
    assert!(oldest >= now - HISTORY_NS, "what is older than ninety days is still there");
    assert!(oldest < now - HISTORY_NS + DAY * 1_000_000_000, "more was forgotten than what is old");
    assert!((89..=91).contains(&left.len()), "{}", left.len());
    // The tablet is told to forget the same.
    let forget_before = status(path).forget_before_ns;
    assert!(forget_before > 0 && now - forget_before <= HISTORY_NS + 60_000_000_000, "{forget_before}");
}

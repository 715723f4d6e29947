//! The agent at work on a real folder: what it heard is there afterwards, once, whatever happens in between.

mod disk;
mod restart;

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use box_store::nudge::Bell;
use box_store::record::{EventRecord, IncidentRecord};
use box_store::sensor::Status;
use box_store::tablet::CommandRecord;
use box_store::{SensorReader, TabletDb};
use common_model::Timestamp;
use sensor_agent::{Agent, EarPort, Ears, Heard, Setup};
use sensor_capture::live::{Dropped, PortState};
use sensor_capture::{Frames as _, Script};
use sensor_decode::{Frame, LinkType, PortId};

const SCAN: &str = "
device guest   10.0.0.66 00:00:5e:00:53:66
device server  10.0.0.5  00:00:5e:00:53:05
at 11:00
guest asks who has 10.0.0.5
repeat 60 every 100 ms:
    guest -> server:{n} tcp refused
";

type Kept = (Timestamp, u32, Vec<u8>);

fn frames() -> Vec<Kept> {
    frames_of(SCAN)
}

fn frames_of(script: &str) -> Vec<Kept> {
    let mut script = Script::parse("script", script, Path::new("")).expect("the script is right");
    let mut kept = Vec::new();
    while let Some(Frame { at, wire_len, bytes, .. }) = script.next_frame() {
        kept.push((at, wire_len, bytes.to_vec()));
    }
    kept
}

/// Hears these frames, and then silence until something has happened.
struct TestEars {
    frames: std::vec::IntoIter<Kept>,
    heard: Kept,
    until: Box<dyn FnMut() -> bool>,
    stop: Arc<AtomicBool>,
    began: Instant,
}

impl Ears for TestEars {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        if let Some(frame) = self.frames.next() {
            self.heard = frame;
            let (at, wire_len, ref bytes) = self.heard;
            let (port, link) = (PortId(0), LinkType::Ethernet);
            return Ok(Heard::Frame(Frame { port, at, link, vlan: None, wire_len, bytes }));
        }
        if (self.until)() {
            self.stop.store(true, Ordering::Relaxed);
        }
        anyhow::ensure!(
            self.began.elapsed() < Duration::from_secs(30),
            "what the test waits for did not happen"
        );
        self.heard.0 = self.heard.0 + Duration::from_millis(1);
        Ok(Heard::Silence(self.heard.0))
    }

    fn ports(&self) -> Vec<EarPort> {
        vec![EarPort {
            name: "eth1".into(),
            link: LinkType::Ethernet,
            state: PortState::Hears,
            dropped: Dropped::default(),
            lost_at: None,
        }]
    }
}

/// Runs an agent on this folder until it has heard these frames and then `until` is true.
fn run(folder: &Path, frames: &[Kept], until: impl FnMut() -> bool + 'static) {
    run_as(Setup { folder: folder.to_owned(), ..Setup::default() }, frames, until);
}

fn run_as(setup: Setup, frames: &[Kept], until: impl FnMut() -> bool + 'static) {
    let stop = Arc::new(AtomicBool::new(false));
    let ears = TestEars {
        frames: Vec::from(frames).into_iter(),
        heard: frames.last().cloned().unwrap_or_default(),
        until: Box::new(until),
        stop: Arc::clone(&stop),
        began: now(),
    };
    Agent::new(setup, Box::new(ears)).expect("the folder is new or ours").run(&stop).expect("it hears");
}

#[expect(clippy::disallowed_methods, reason = "a test that waits for ever is stopped")]
fn now() -> Instant {
    Instant::now()
}

fn reader(folder: &Path) -> SensorReader {
    SensorReader::open(folder).expect("the sensor has run")
}

/// The steps of all incidents: state, and who closed it.
fn steps(folder: &Path) -> Vec<(IncidentRecord, String)> {
    let events = reader(folder).events_after(0, 1_000).expect("it can be read");
    let steps = events.into_iter().filter_map(|event| match event.value {
        EventRecord::Incident(incident) if incident.kind == "port-scan" => {
            let state = incident.state.clone();
            Some((*incident, state))
        }
        _ => None,
    });
    steps.collect()
}

fn states(folder: &Path) -> Vec<String> {
    steps(folder).into_iter().map(|(_, state)| state).collect()
}

fn status(folder: &Path) -> Status {
    reader(folder).status().expect("it can be read").expect("it was written")
}

#[test]
fn what_was_heard_is_there_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &frames(), || true);
    let open = reader(folder.path()).open_incidents().unwrap();
    let scan = open.iter().find(|incident| incident.kind == "port-scan").unwrap();
    assert_eq!(
        (scan.state.as_str(), scan.due.as_str(), scan.message.as_str()),
        ("opened", "today", "internal_probe")
    );
    assert_eq!(reader(folder.path()).devices().unwrap().len(), 2);
    let status = status(folder.path());
    assert!(status.ports[0].sees && status.ports[0].name == "eth1" && status.is_learning);
    assert!(reader(folder.path()).learned().unwrap().unwrap().contains("\"version\""));
}

#[test]
fn a_restart_opens_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let frames = frames();
    let (first, second) = frames.split_at(frames.len() / 2);
    run(folder.path(), first, || true);
    let before = steps(folder.path());
    run(folder.path(), second, || true);
    let after = steps(folder.path());
    assert!(after.iter().all(|(incident, _)| incident.id == before[0].0.id), "another incident was opened");
    assert_eq!(after.iter().filter(|(_, state)| state == "opened").count(), 1);
}

#[test]
fn what_lies_between_two_runs_is_told_as_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let frames = frames();
    run(folder.path(), &frames[..10], || true);
    let later: Vec<Kept> = frames[10..20]
        .iter()
        .map(|(at, len, bytes)| (*at + Duration::from_secs(600), *len, bytes.clone()))
        .collect();
    run(folder.path(), &later, || true);
    let events = reader(folder.path()).events_after(0, 1_000).unwrap();
    let gap = events.iter().find_map(|event| match event.value {
        EventRecord::Gap { from_ns } => Some((from_ns, event.at_ns)),
        _ => None,
    });
    let (from, until) = gap.unwrap();
    assert_eq!(until, later[0].0.as_nanos());
    assert!(until - from > 590_000_000_000);
}

#[test]
fn what_the_clinic_solves_is_closed_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    run(folder.path(), &frames(), || true);
    let scan =
        reader(&path).open_incidents().unwrap().into_iter().find(|open| open.kind == "port-scan").unwrap();
    let close = CommandRecord::Close { incident: scan.id, by: "clinic".into() };
    let seq = TabletDb::open(&path).unwrap().ask(&close, 1).unwrap();
    let waits = path.clone();
    run(&path, &[], move || status(&waits).command_done == seq);
    assert_eq!(states(&path).last().map(String::as_str), Some("closed"));
    assert_eq!(steps(&path).last().unwrap().0.closed_by.as_deref(), Some("clinic"));
    // The command is done; it is not done again.
    let count = states(&path).len();
    run(&path, &[], || true);
    assert_eq!((states(&path).len(), status(&path).command_done), (count, seq));
}

#[test]
fn a_name_that_the_clinic_gives_is_the_devices_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let site = "[[device]]\nname = \"The locum's PC\"\nmac = \"00:00:5e:00:53:66\"\ntype = \"pc\"\nconfirmed = true\n";
    run(&path, &frames(), || true);
    TabletDb::open(&path).unwrap().choose(site, None, 1).unwrap();
    let waits = path.clone();
    run(&path, &[], move || status(&waits).command_done == 1);
    let devices = reader(&path).devices().unwrap();
    let named = devices.iter().filter(|device| device.party.name.as_deref() == Some("The locum's PC"));
    let named: Vec<_> = named.collect();
    assert_eq!(named.len(), 1);
    assert!(named[0].party.type_confirmed && named[0].party.device_type == "pc");
}

#[test]
fn a_self_test_goes_through_every_link_and_is_no_incident() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let seq = TabletDb::open(&path).unwrap().ask(&CommandRecord::Test, 1).unwrap();
    let waits = path.clone();
    run(&path, &frames()[..4], move || {
        reader(&waits).status().unwrap().and_then(|status| status.test).is_some_and(|test| test.store)
    });
    let test = status(&path).test.unwrap();
    assert_eq!(
        (test.id, test.capture, test.decoder, test.detectors, test.store),
        (seq, true, true, true, true)
    );
    assert!(reader(&path).open_incidents().unwrap().iter().all(|incident| incident.kind == "new-device"));
}

#[test]
fn the_tablets_bell_is_rung_with_how_the_sensor_is() {
    let folder = tempfile::tempdir().unwrap();
    let bell = Bell::new(folder.path(), "tablet").unwrap();
    run(folder.path(), &frames(), || true);
    let mut last = None;
    while let Some(with) = bell.wait(Duration::from_millis(1)).unwrap() {
        last = Some(serde_json::from_slice::<Status>(&with).unwrap());
    }
    let last = last.unwrap();
    assert_eq!(last, status(folder.path()));
    let age = SystemTime::UNIX_EPOCH + Duration::from_nanos(last.said_at_ns);
    assert!(age.elapsed().unwrap() < Duration::from_secs(60));
}

/// Hears frames at these moments, and stops when what was learned by then is written.
struct Timed {
    folder: PathBuf,
    began: Instant,
    moments: std::vec::IntoIter<Timestamp>,
    at: Timestamp,
    is_silence: bool,
    bytes: Vec<u8>,
    stop: Arc<AtomicBool>,
}

impl Ears for Timed {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        self.is_silence = !self.is_silence;
        if self.is_silence {
            return Ok(Heard::Silence(self.at));
        }
        match self.moments.next() {
            Some(at) => self.at = at,
            None if taken_at(&self.folder).is_some_and(|at| at >= self.at) => {
                self.stop.store(true, Ordering::Relaxed);
                return Ok(Heard::Silence(self.at));
            }
            None => {
                anyhow::ensure!(self.began.elapsed() < Duration::from_secs(30), "nothing was learned");
                return Ok(Heard::Silence(self.at));
            }
        }
        let (port, link, wire_len) = (PortId(0), LinkType::Ethernet, self.bytes.len() as u32);
        Ok(Heard::Frame(Frame { port, at: self.at, link, vlan: None, wire_len, bytes: &self.bytes }))
    }

    fn ports(&self) -> Vec<EarPort> {
        vec![EarPort {
            name: "eth1".into(),
            link: LinkType::Ethernet,
            state: PortState::Hears,
            dropped: Dropped::default(),
            lost_at: None,
        }]
    }
}

/// A box that hears a frame at each of these moments.
fn hear_at(folder: &Path, moments: Vec<Timestamp>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (_, _, bytes) = frames().swap_remove(0);
    let at = moments[0];
    let ears = Timed {
        folder: folder.to_owned(),
        began: now(),
        moments: moments.into_iter(),
        at,
        is_silence: true,
        bytes,
        stop: Arc::clone(&stop),
    };
    let setup = Setup { folder: folder.to_owned(), ..Setup::default() };
    Agent::new(setup, Box::new(ears)).expect("the folder is new or ours").run(&stop).expect("it hears");
}

/// When what was learned was written last.
fn taken_at(folder: &Path) -> Option<Timestamp> {
    let learned = SensorReader::open(folder).ok()?.learned().ok()??;
    let taken_at = learned.split("\"taken_at_ns\":").nth(1)?.split(',').next()?;
    Some(Timestamp::from_nanos(taken_at.parse().ok()?))
}

/// So many moments, a second apart.
fn seconds(from: Timestamp, count: u64) -> Vec<Timestamp> {
    (0..count).map(|number| from + Duration::from_secs(number)).collect()
}

const HOUR: u64 = 3_600;
const YEAR: u64 = 365 * 24 * HOUR;

#[test]
fn a_clock_that_is_set_costs_no_history_and_opens_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let began = frames()[0].0;
    run(path, &frames(), || true);
    let opened = states(path);
    let events_before = reader(path).events_after(0, 10_000).unwrap();
    let ahead = |secs: u64| began + Duration::from_secs(secs);
    let back = |secs: u64| began - Duration::from_secs(secs);
    // While it runs: an hour ahead and a year ahead, which would make all of its history too old; back to where it was, a year back, and again.
    let set = |froms: &[Timestamp]| froms.iter().flat_map(|from| seconds(*from, 30)).collect::<Vec<_>>();
    hear_at(path, set(&[ahead(100), ahead(HOUR), ahead(YEAR)]));
    hear_at(path, set(&[ahead(YEAR + 60)]));
    hear_at(path, set(&[ahead(300), back(YEAR), ahead(400), back(HOUR), ahead(500)]));
    // And while it is off.
    for from in [ahead(YEAR), ahead(600), back(YEAR), ahead(HOUR), ahead(700)] {
        hear_at(path, seconds(from, 30));
    }
    let events = reader(path).events_after(0, 10_000).unwrap();
    assert!(events.starts_with(&events_before), "history was lost");
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
    let blind = events.iter().any(|event| matches!(event.value, EventRecord::Sight { sees: false, .. }));
    assert!(!blind, "a clock that is set is no silence");
    // One scan: opened once, and closed at most once, because nothing more was seen of it for a year.
    let states = states(path);
    assert_eq!(states.iter().filter(|state| *state == "opened").count(), 1, "{opened:?} {states:?}");
    assert!(states.iter().filter(|state| *state == "closed").count() <= 1, "{states:?}");
    // It goes on writing what it learns, in the time that it is.
    let taken_at = taken_at(path).unwrap();
    assert!(taken_at >= ahead(700) && taken_at < ahead(800), "{taken_at}");
    assert_eq!(status(path).now_ns, ahead(729).as_nanos());
}

#[test]
fn each_hour_of_each_port_is_a_row_that_a_restart_goes_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let hour = Timestamp::from_secs(1_773_828_000);
    assert_eq!(hour.as_secs() % HOUR, 0);
    hear_at(path, seconds(hour, 100));
    hear_at(path, seconds(hour + Duration::from_secs(HOUR - 10), 60));
    // The clock is set back into the first hour.
    hear_at(
        path,
        [seconds(hour + Duration::from_secs(HOUR + 100), 5), seconds(hour + Duration::from_secs(200), 7)]
            .concat(),
    );
    let rows = reader(path).port_hours(0).unwrap();
    let frames: Vec<_> =
        rows.iter().map(|row| (row.hour - hour.as_secs() / HOUR, row.port, row.frames)).collect();
    assert_eq!(frames, [(0, 0, 100 + 10 + 7), (1, 0, 50 + 5)]);
    assert!(rows.iter().all(|row| row.devices_heard == 1 && row.devices_broadcast_only == 1));
}

/// A week of a clinic, in which a hundred devices come, talk and go.
#[test]
fn a_week_takes_no_more_memory_than_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (_, _, bytes) = frames().swap_remove(0);
    let stop = Arc::new(AtomicBool::new(false));
    let sizes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let week =
        Week { number: 0, at: frames()[0].0, bytes, stop: Arc::clone(&stop), sizes: Arc::clone(&sizes) };
    let setup = Setup { folder: path.to_owned(), ..Setup::default() };
    Agent::new(setup, Box::new(week)).unwrap().run(&stop).unwrap();
    let sizes = sizes.lock().unwrap().clone();
    println!(
        "memory of the process at the end of each day, in MiB: {:?}",
        sizes.iter().map(|kib| kib / 1_024).collect::<Vec<_>>()
    );
    let [first, .., last] = sizes[..] else { panic!("{sizes:?}") };
    assert_eq!(sizes.len(), 7);
    assert!(last <= first + 8 * 1_024, "{sizes:?}");
    let status = status(path);
    assert!(Timestamp::from_nanos(status.now_ns).since(frames()[0].0) > Duration::from_secs(6 * 24 * HOUR));
    assert_eq!(reader(path).port_hours(0).unwrap().len(), 7 * 24 + 1);
}

/// Frames of a hundred devices in turn, two in each second, for a week.
struct Week {
    number: u64,
    at: Timestamp,
    bytes: Vec<u8>,
    stop: Arc<AtomicBool>,
    sizes: Arc<std::sync::Mutex<Vec<u64>>>,
}

const A_DAY: u64 = 2 * 24 * HOUR;

impl Ears for Week {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        self.number += 1;
        if self.number.is_multiple_of(A_DAY) {
            self.sizes.lock().expect("nobody panicked").push(resident_kib());
        }
        if self.number >= 7 * A_DAY {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.at = self.at + Duration::from_millis(500);
        // Who asks for whom, by ARP: sender's Ethernet and network address.
        let device = (self.number % 100) as u8 + 10;
        for place in [11, 27, 31] {
            self.bytes[place] = device;
        }
        let (port, link, wire_len) = (PortId(0), LinkType::Ethernet, self.bytes.len() as u32);
        Ok(Heard::Frame(Frame { port, at: self.at, link, vlan: None, wire_len, bytes: &self.bytes }))
    }

    fn ports(&self) -> Vec<EarPort> {
        vec![EarPort {
            name: "eth1".into(),
            link: LinkType::Ethernet,
            state: PortState::Hears,
            dropped: Dropped::default(),
            lost_at: None,
        }]
    }
}

/// What this process holds in memory.
fn resident_kib() -> u64 {
    let file = std::fs::File::open("/proc/self/status").expect("there is a /proc");
    let text = std::io::read_to_string(file).expect("it is text");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is there");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

//! What was kept of a run, played again, says what the run said.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use box_store::record::EventRecord;
use box_store::sensor::Batch;
use box_store::tablet::CommandRecord;
use box_store::{SensorReader, TabletDb};
use common_model::Timestamp;
use sensor_capture::live::{Dropped, PortState, prepare};
use sensor_capture::{Frames as _, Script};
use sensor_decode::{Frame, PortId, Vlan};
use sensor_engine::PortReport;

use self::wire::Wire;
use self::world::{cable, in_namespaces, ip};
use super::*;
use crate::talks::Listener;
use crate::{Agent, EarPort, Ears, Heard, Setup, Wires, outputs};

#[path = "../../../capture/tests/live/wire.rs"]
#[expect(dead_code, reason = "helpers of tests, used in part")]
mod wire;
#[path = "../../../capture/tests/live/world.rs"]
mod world;

/// Somebody looks for open doors, somebody guesses a password, and a name is looked up.
const TRAFFIC: &str = "
device guest   10.0.0.66 00:00:5e:00:53:66
device server  10.0.0.5  00:00:5e:00:53:05
device router  10.0.0.1  00:00:5e:00:53:01 gateway
at 11:00
guest asks who has 10.0.0.5
guest -> 203.0.113.9:443 tcp sends 500 gets 9000
repeat 60 every 100 ms:
    guest -> server:{n} tcp refused
";

fn frames() -> Vec<Vec<u8>> {
    let mut script = Script::parse("script", TRAFFIC, Path::new("")).expect("the script is right");
    let mut frames = Vec::new();
    while let Some(frame) = script.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

/// Everything that can be heard, in a made-up order.
struct Scripted {
    frames: Vec<Vec<u8>>,
    place: usize,
    at: Timestamp,
    stop: Arc<AtomicBool>,
}

impl Ears for Scripted {
    fn next(&mut self) -> anyhow::Result<Heard<'_>> {
        self.place += 1;
        let (port, link) = (PortId(u8::from(self.place.is_multiple_of(7))), LinkType::Ethernet);
        // A clock that is set back an hour on the way, and a long silence at the end.
        self.at = match self.place {
            40 => self.at - Duration::from_secs(3_600),
            place => self.at + Duration::from_millis(if place < self.frames.len() { 61 } else { 950 }),
        };
        if let Some(bytes) = self.frames.get(self.place) {
            let has_carrier = !self.place.is_multiple_of(20);
            return Ok(match self.place % 10 {
                3 => Heard::Silence(self.at),
                5 => Heard::Port(self.at, port, PortReport { has_carrier, dropped: 3 }),
                _ => {
                    let (vlan, wire_len) = (Some(Vlan(7)), bytes.len() as u32 + 4);
                    Heard::Frame(Frame { port, at: self.at, link, vlan, wire_len, bytes })
                }
            });
        }
        if self.place > self.frames.len() + 300 {
            self.stop.store(true, Ordering::Relaxed);
        }
        Ok(Heard::Silence(self.at))
    }

    fn ports(&self) -> Vec<EarPort> {
        let port = |name: &str| EarPort {
            name: name.to_owned(),
            link: LinkType::Ethernet,
            state: PortState::Hears,
            dropped: Dropped::default(),
            lost_at: None,
        };
        vec![port("eth1"), port("eth2")]
    }
}

fn record_to(folder: &Path, bytes_max: u64) -> Option<RecordTo> {
    Some(RecordTo { folder: folder.to_owned(), bytes_max, lists: Vec::new() })
}

/// Hears these, on a box with this folder of state, and keeps what is heard in `record` in it.
fn run(state: &Path, frames: Vec<Vec<u8>>, at: u64, bytes_max: u64) {
    let stop = Arc::new(AtomicBool::new(false));
    let ears = Scripted { frames, place: 0, at: Timestamp::from_secs(at), stop: Arc::clone(&stop) };
    let record = record_to(&state.join("record"), bytes_max);
    let setup = Setup { folder: state.to_owned(), record, ..Setup::default() };
    Agent::new(setup, Box::new(ears)).unwrap().run(&stop).unwrap();
}

/// What the run said of incidents and of its sight, as it is stored.
fn said_live(state: &Path) -> Vec<String> {
    let events = SensorReader::open(state).unwrap().events_after(0, 10_000).unwrap();
    events.iter().filter_map(|event| told(event.at_ns, &event.value)).collect()
}

/// What the record says, played again.
fn said_again(record: &Path, ports: [&str; 2]) -> Vec<String> {
    let mut said = Vec::new();
    for stretch in Kept::open(record).unwrap().stretches() {
        let mut stretch = stretch.unwrap();
        let (mut engine, mut batch) = (stretch.engine().unwrap(), Batch::default());
        while let Some(given) = stretch.next_given().unwrap() {
            engine.handle(given);
            let name = |port: u8| ports[usize::from(port)].to_owned();
            outputs::take(&mut engine, &Listener::default(), &mut batch, &name);
        }
        assert_eq!(stretch.frames().problem(), None);
        said.extend(batch.events.iter().filter_map(|(at, event)| told(*at, event)));
    }
    said
}

fn told(at_ns: u64, event: &EventRecord) -> Option<String> {
    let is_told = !matches!(event, EventRecord::Gap { .. });
    is_told.then(|| format!("{at_ns} {}", serde_json::to_string(event).unwrap()))
}

#[test]
fn what_was_kept_plays_to_the_same_answer() {
    let state = tempfile::tempdir().unwrap();
    let frames = frames();
    // While the sensor is off, the clinic says that the guest is its own, and that it is solved.
    run(state.path(), frames.clone(), 1_773_822_600, RECORD_BYTES_MAX);
    let open = SensorReader::open(state.path()).unwrap().open_incidents().unwrap();
    let scan = open.iter().find(|open| open.kind == "port-scan").unwrap();
    let mut tablet = TabletDb::open(state.path()).unwrap();
    let close = CommandRecord::Close { incident: scan.id.clone(), by: "clinic".into() };
    let site = "[[device]]\nname = \"The locum's PC\"\nip = \"10.0.0.66\"\ntype = \"pc\"\nconfirmed = true\n";
    tablet.choose(site, Some(&close), 1).unwrap();
    run(state.path(), frames, 1_773_819_400, RECORD_BYTES_MAX);
    let live = said_live(state.path());
    assert_eq!(live, said_again(&state.path().join("record"), ["eth1", "eth2"]));
    for sign in ["\"kind\":\"port-scan\"", "\"closed_by\":\"clinic\"", "The locum's PC", "\"sees\":false"] {
        assert!(live.iter().any(|line| line.contains(sign)), "{sign} is missing in\n{}", live.join("\n"));
    }
    let kept: Vec<_> = stretches(&state.path().join("record")).unwrap();
    assert_eq!(kept.len(), 2);
}

#[test]
fn silence_that_lasts_takes_little_room() {
    let state = tempfile::tempdir().unwrap();
    run(state.path(), frames(), 1_773_822_600, RECORD_BYTES_MAX);
    let told = std::fs::metadata(state.path().join("record/0001/told.jsonl")).unwrap().len();
    // 300 times silence at the end, told in 30 lines of some 60 bytes; the rest are ports and silences between frames.
    assert!(told < 8_000, "{told} bytes");
}

#[test]
fn a_record_ends_when_it_is_large_and_nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let state = tempfile::tempdir().unwrap();
    let record = state.path().join("record");
    for _ in 0..2 {
        run(state.path(), frames(), 1_773_822_600, 4_096);
        let size = size_of_folder(&record).unwrap();
        assert!((4_096..4_096 + 2_048).contains(&size), "{size} bytes");
        let status = SensorReader::open(state.path()).unwrap().status().unwrap().unwrap();
        assert_eq!(status.record.as_deref(), Some("full"));
    }
    // It says the beginning of what the run said.
    let (live, again) = (said_live(state.path()), said_again(&record, ["eth1", "eth2"]));
    assert!(!again.is_empty() && live.starts_with(&again), "{again:#?}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&record), mode(&record.join("0001/frames.pcapng"))), (0o700, 0o600));
}

#[test]
fn what_a_killed_sensor_left_is_played_as_far_as_it_goes() {
    let state = tempfile::tempdir().unwrap();
    run(state.path(), frames(), 1_773_822_600, RECORD_BYTES_MAX);
    let live = said_live(state.path());
    for name in ["frames.pcapng", "told.jsonl"] {
        let path = state.path().join("record/0001").join(name);
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2 + 1).unwrap();
    }
    let kept = Kept::open(&state.path().join("record")).unwrap();
    let mut stretch = kept.stretches().next().unwrap().unwrap();
    let (mut engine, mut batch) = (stretch.engine().unwrap(), Batch::default());
    while let Some(given) = stretch.next_given().unwrap() {
        engine.handle(given);
        outputs::take(&mut engine, &Listener::default(), &mut batch, &|port| format!("eth{}", port + 1));
    }
    assert!(stretch.frames().problem().is_some_and(|problem| problem.contains("ends in the middle")));
    let again: Vec<_> = batch.events.iter().filter_map(|(at, event)| told(*at, event)).collect();
    assert!(!again.is_empty() && live.starts_with(&again));
}

#[test]
fn what_is_no_record_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path| match Kept::open(folder).map(|kept| kept.stretches().next()) {
        Err(err) | Ok(Some(Err(err))) => format!("{err:#}"),
        Ok(other) => panic!("{other:?}"),
    };
    assert!(said(folder.path()).ends_with("there is no record in it"));
    assert!(said(Path::new("/nowhere")).starts_with("could not read /nowhere"));
    let stretch = folder.path().join("0001");
    std::fs::create_dir(&stretch).unwrap();
    assert!(said(folder.path()).contains("start.json"));
    for (start, says) in [
        ("{}", "not the beginning of a record"),
        ("{\"form\":9,\"version\":\"\",\"seed\":0,\"lists\":0,\"open\":[]}", "form 9"),
    ] {
        std::fs::write(stretch.join("start.json"), start).unwrap();
        assert!(said(folder.path()).contains(says), "{}", said(folder.path()));
    }
}

const LIVE: &str = "record::tests::what_is_heard_on_a_cable_plays_to_the_same_answer_needs_namespaces";

#[test]
fn what_is_heard_on_a_cable_plays_to_the_same_answer_needs_namespaces() {
    in_namespaces(LIVE, || {
        let names = [cable("tap0"), cable("tap1")];
        names.iter().for_each(|name| drop(prepare(name).unwrap()));
        let wires = [Wire::on("tap0-far").unwrap(), Wire::on("tap1-far").unwrap()];
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let talk = std::thread::spawn(move || {
            let waits = |sign: &str| {
                for _ in 0..400 {
                    if said_live(&folder).iter().any(|line| line.contains(sign)) {
                        return;
                    }
                    std::thread::park_timeout(Duration::from_millis(50));
                }
                panic!("{sign} was not said: {:#?}", said_live(&folder));
            };
            for (number, frame) in frames().iter().enumerate() {
                wires[number % 2].send(frame).unwrap();
                // Not all in one block: silence lies between.
                if number % 20 == 0 {
                    std::thread::park_timeout(Duration::from_millis(70));
                }
            }
            waits("\"kind\":\"port-scan\"");
            ip("link set tap1-far down");
            waits("\"port\":1,\"name\":\"tap1\",\"sees\":false");
            ip("link set tap1-far up");
            wires[1].send(&frames()[0]).unwrap();
            waits("\"port\":1,\"name\":\"tap1\",\"sees\":true");
            until.store(true, Ordering::Relaxed);
        });
        let ears = Wires::open(&names, &common_site::Monitored::Automatic).unwrap();
        let record = record_to(&state.path().join("record"), RECORD_BYTES_MAX);
        let setup = Setup { folder: state.path().to_owned(), record, ..Setup::default() };
        let mut agent = Agent::new(setup, Box::new(ears)).unwrap();
        agent.run(&stop).unwrap();
        drop(agent);
        talk.join().unwrap();
        assert_eq!(said_live(state.path()), said_again(&state.path().join("record"), ["tap0", "tap1"]));
    });
}

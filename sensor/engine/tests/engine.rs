//! The engine as its drivers use it: time that passes, jumps and stands still; several ports; commands; what is kept over a restart.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use common_model::{ClosedBy, Due, IncidentState, Timestamp};
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_capture::{Frames as _, Script};
use sensor_decode::{Frame, PortId};
use sensor_engine::{
    Command, Counts, Engine, EngineError, Limits, Output, PortReport, Setup, SightState, Snapshot,
};

/// A guest tries forty doors of a server at eleven, and says good bye to a printer two minutes later.
const SCAN: &str = "
device guest   10.0.0.66 00:00:5e:00:53:66
device server  10.0.0.5  00:00:5e:00:53:05
at 11:00
repeat 40 every 100 ms:
    guest -> server:{n} tcp refused
at 11:02
guest -> server:9100 tcp sends 10 gets 10
";

/// A frame that is kept.
#[derive(Clone)]
struct Kept {
    at: Timestamp,
    wire_len: u32,
    bytes: Vec<u8>,
}

/// Everything that one run brought.
#[derive(Default)]
struct Run {
    outputs: Vec<Output>,
}

impl Run {
    fn take(&mut self, engine: &mut Engine) {
        self.outputs.extend(core::iter::from_fn(|| engine.poll_output()));
    }

    /// Steps of incidents: which kind, what step, and when it was taken.
    fn steps(&self) -> Vec<(&'static str, IncidentState, Timestamp)> {
        let steps = self.outputs.iter().filter_map(|output| match output {
            Output::Incident(incident, at) => Some((incident.kind.id, incident.state, *at)),
            _ => None,
        });
        steps.collect()
    }

    /// What ports did: which, what, when it was noticed, when it was last heard.
    fn sight(&self) -> Vec<(u8, SightState, Timestamp, Timestamp)> {
        let sight = self.outputs.iter().filter_map(|output| match output {
            Output::Sight { port, state, at, last_heard } => Some((port.0, *state, *at, *last_heard)),
            _ => None,
        });
        sight.collect()
    }
}

fn frames(script: &str) -> Vec<Kept> {
    let mut script = Script::parse("script", script, Path::new("")).expect("the script is right");
    let mut kept = Vec::new();
    while let Some(Frame { at, wire_len, bytes, .. }) = script.next_frame() {
        kept.push(Kept { at, wire_len, bytes: bytes.to_vec() });
    }
    kept
}

fn hear(engine: &mut Engine, frame: &Kept, port: u8) {
    let Kept { at, wire_len, ref bytes } = *frame;
    let link = sensor_decode::LinkType::Ethernet;
    engine.handle_frame(&Frame { port: PortId(port), at, link, vlan: None, wire_len, bytes });
}

/// Plays frames on port 0 as they are.
fn play(engine: &mut Engine, frames: &[Kept]) -> Run {
    let mut run = Run::default();
    for frame in frames {
        hear(engine, frame, 0);
        run.take(engine);
    }
    run
}

fn engine() -> Engine {
    Engine::new(Setup::default()).expect("the defaults fit")
}

fn later(frames: &[Kept], by: Duration) -> Vec<Kept> {
    frames.iter().map(|frame| Kept { at: frame.at + by, ..frame.clone() }).collect()
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn timers_fire_at_their_own_time_however_late_somebody_looks() {
    let frames = frames(SCAN);
    let last = frames.last().unwrap().at;
    // A scan is over two hours after it was last seen: noticed second by second, at once by silence, or by the next frame.
    let mut by_second = engine();
    let mut one = play(&mut by_second, &frames);
    for second in 1..=4 * 3_600 {
        by_second.handle_silence(last + Duration::from_secs(second));
        one.take(&mut by_second);
    }
    let mut at_once = engine();
    let mut other = play(&mut at_once, &frames);
    at_once.handle_silence(last + 4 * HOUR);
    other.take(&mut at_once);
    let mut by_frame = engine();
    let mut third = play(&mut by_frame, &frames);
    hear(&mut by_frame, &Kept { at: last + 4 * HOUR, ..frames.last().unwrap().clone() }, 0);
    third.take(&mut by_frame);

    let steps = one.steps();
    let (opened, closed) = (steps.first().unwrap(), steps.last().unwrap());
    assert_eq!((opened.0, opened.1), ("port-scan", IncidentState::Opened));
    assert_eq!(closed.1, IncidentState::Closed);
    let quiet_after = closed.2.since(opened.2);
    assert!(quiet_after >= 2 * HOUR && quiet_after < 2 * HOUR + Duration::from_secs(60), "{quiet_after:?}");
    assert_eq!(other.steps(), steps);
    assert_eq!(third.steps(), steps);
}

#[test]
fn a_clock_set_back_is_told_of_in_its_own_time_and_nothing_waits() {
    let frames = frames(SCAN);
    let mut engine = engine();
    let mut run = play(&mut engine, &frames);
    let last = frames.last().unwrap().at;
    // The clock is set back by five hours; three hours pass on it.
    let set_back = last - 5 * HOUR;
    hear(&mut engine, &Kept { at: set_back, ..frames.last().unwrap().clone() }, 0);
    engine.handle_silence(set_back + 3 * HOUR);
    run.take(&mut engine);

    let (kind, state, at) = *run.steps().last().unwrap();
    assert_eq!((kind, state), ("port-scan", IncidentState::Closed));
    assert!(at > set_back && at < set_back + 2 * HOUR, "{at} is not on the corrected clock");
    assert_eq!(engine.counts().clock_steps_back, 1);
    let incidents = run.outputs.iter().filter_map(|output| match output {
        Output::Incident(incident, _) if incident.kind.id == "port-scan" => Some(incident.opened_at),
        _ => None,
    });
    let opened: std::collections::BTreeSet<Timestamp> = incidents.collect();
    assert_eq!(opened.len(), 1, "it opened once, on the clock of then: {opened:?}");
}

#[test]
fn a_clock_set_forward_by_a_year_ends_what_was_in_progress_and_detection_goes_on() {
    let frames = frames(SCAN);
    let mut engine = engine();
    let mut run = play(&mut engine, &frames[..20]);
    run.outputs.extend(play(&mut engine, &later(&frames, 365 * 24 * HOUR)).outputs);
    let opened = run.steps().into_iter().filter(|step| step.1 == IncidentState::Opened);
    let opened: Vec<_> = opened.map(|(kind, _, at)| (kind, at < frames[0].at + 24 * HOUR)).collect();
    // The two devices are introduced before the leap, the scan is seen after it.
    assert_eq!(opened, [("new-device", true), ("new-device", true), ("port-scan", false)]);
    // The first frame of the new year is believed when the second agrees.
    assert_eq!(engine.counts().clock_leaps_refused, 0);
    assert_eq!(engine.counts().frames, 20 + frames.len() as u64);
}

#[test]
fn one_damaged_time_changes_nothing() {
    let frames = frames(SCAN);
    let clean = play(&mut engine(), &frames);
    let mut damaged = frames.clone();
    damaged[30].at = Timestamp::MAX;
    let mut engine = engine();
    let run = play(&mut engine, &damaged);
    assert_eq!(run.steps(), clean.steps());
    assert_eq!(engine.counts().clock_leaps_refused, 1);
}

#[test]
fn what_two_ports_hear_is_counted_once() {
    let frames = frames(SCAN);
    let (mut one, mut two) = (engine(), engine());
    let by_one = play(&mut one, &frames);
    let mut by_two = Run::default();
    for frame in &frames {
        hear(&mut two, frame, 0);
        // A tap behind a switch hears it a little later.
        hear(&mut two, &Kept { at: frame.at + Duration::from_micros(40), ..frame.clone() }, 1);
        by_two.take(&mut two);
    }
    assert_eq!(by_two.steps(), by_one.steps());
    let Counts { copies, flows, frames: heard, .. } = two.counts();
    assert_eq!((heard, copies), (2 * frames.len() as u64, frames.len() as u64));
    assert_eq!(flows, one.counts().flows);
}

#[test]
fn each_port_goes_blind_by_itself_and_sees_again() {
    let frames = frames(SCAN);
    let [one, two] = [&frames[0], &frames[1]];
    let mut engine = engine();
    let mut run = Run::default();
    hear(&mut engine, one, 0);
    hear(&mut engine, two, 1);
    // The cable of the second is pulled; the first just falls silent.
    let pulled = two.at + Duration::from_secs(10);
    engine.handle_port(pulled, PortId(1), PortReport { has_carrier: false, dropped: 7 });
    engine.handle_port(pulled, PortId(1), PortReport { has_carrier: false, dropped: 0 });
    engine.handle_silence(one.at + Duration::from_secs(89));
    run.take(&mut engine);
    let sees = [(0, SightState::Sees, one.at, one.at), (1, SightState::Sees, two.at, two.at)];
    let pulled = (1, SightState::Blind, pulled, two.at);
    assert_eq!(run.sight(), [&sees[..], &[pulled]].concat());

    let mut run = Run::default();
    engine.handle_silence(one.at + Duration::from_secs(600));
    let again = one.at + Duration::from_secs(900);
    hear(&mut engine, &Kept { at: again, ..one.clone() }, 1);
    run.take(&mut engine);
    let silent = (0, SightState::Blind, one.at + Duration::from_secs(90), one.at);
    assert_eq!(run.sight(), [silent, (1, SightState::Sees, again, again)]);
    assert_eq!(engine.counts().capture_dropped, 7);
}

#[test]
fn the_clinic_closes_an_incident() {
    let frames = frames(SCAN);
    let mut engine = engine();
    let mut run = play(&mut engine, &frames);
    let id = run.outputs.iter().find_map(|output| match output {
        Output::Incident(incident, _) => Some(incident.id),
        _ => None,
    });
    let solved = frames.last().unwrap().at + Duration::from_secs(60);
    engine.handle_command(solved, Command::Close(id.unwrap(), ClosedBy::Clinic));
    // Twice is once.
    engine.handle_command(solved, Command::Close(id.unwrap(), ClosedBy::Clinic));
    run.take(&mut engine);
    let closed: Vec<_> =
        run.steps().into_iter().filter(|(_, state, _)| *state == IncidentState::Closed).collect();
    assert_eq!(closed, [("port-scan", IncidentState::Closed, solved)]);
}

#[test]
fn what_the_clinic_knows_closes_and_stays_a_note() {
    let frames = frames(SCAN);
    let mut engine = engine();
    let mut run = play(&mut engine, &frames);
    let site = "
        [[known]]
        kind = \"port-scan\"
        ip = \"10.0.0.66\"
    ";
    let site = Arc::new(Site::parse(site).unwrap());
    engine.handle_command(frames.last().unwrap().at, Command::Site(site));
    run.take(&mut engine);
    assert_eq!(run.steps().last().unwrap().1, IncidentState::Closed);

    let again = play(&mut engine, &later(&frames, HOUR));
    let due = again.outputs.iter().filter_map(|output| match output {
        Output::Incident(incident, _) => Some(incident.due),
        _ => None,
    });
    assert!(due.clone().count() > 0 && due.clone().all(|due| due == Due::None));
    // Asked about again: the note that is still open becomes a card when it is seen the next time.
    let now = frames.last().unwrap().at + HOUR;
    engine.handle_command(now, Command::Site(Arc::new(Site::default())));
    let asked = play(&mut engine, &later(&frames, HOUR + Duration::from_secs(600)));
    let is_card =
        |output: &Output| matches!(output, Output::Incident(incident, _) if incident.due == Due::Today);
    assert!(asked.outputs.iter().any(is_card));
}

#[test]
fn a_device_that_the_clinic_does_not_know_any_more_is_introduced_again() {
    let frames = frames(SCAN);
    let mut engine = engine();
    let mut run = play(&mut engine, &frames);
    let known = |kind: &str| {
        let text = format!("[[known]]\nkind = \"{kind}\"\nip = \"10.0.0.66\"\n");
        Command::Site(Arc::new(Site::parse(&text).unwrap()))
    };
    let at = |minutes: u64| frames.last().unwrap().at + Duration::from_secs(minutes * 60);
    let introductions = |run: &Run| {
        let told = run.outputs.iter().filter_map(|output| match output {
            Output::Incident(incident, _) if incident.kind.id == "new-device" => {
                Some((incident.id, incident.state))
            }
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    engine.handle_command(at(1), known("new-device"));
    run.take(&mut engine);
    let before = introductions(&run);
    let (first, _) =
        *before.iter().rev().find(|(_, state)| *state == IncidentState::Closed).expect("it is known");
    // A word about something else asks nothing.
    engine.handle_command(at(2), known("new-device"));
    let mut run = Run::default();
    run.take(&mut engine);
    assert_eq!(introductions(&run), []);
    engine.handle_command(at(3), known("port-scan"));
    run.take(&mut engine);
    let [(again, IncidentState::Opened)] = introductions(&run)[..] else {
        panic!("{:?}", introductions(&run))
    };
    assert_ne!(again, first, "it is another case");
    engine.handle_command(at(4), Command::Site(Arc::new(Site::default())));
    let mut run = Run::default();
    run.take(&mut engine);
    assert_eq!(introductions(&run), [], "a scan that is known no more makes no device new");
}

#[test]
fn a_new_list_counts_from_when_it_comes() {
    let visit = "
        device pc      10.0.0.21 00:00:5e:00:53:21
        device router  10.0.0.1  00:00:5e:00:53:01 gateway
        at 09:00
        pc -> 203.0.113.66:443 tcp sends 100 gets 100
    "
    .replace("\n        ", "\n");
    let frames = frames(&visit);
    let mut engine = engine();
    let is_told = |run: &Run| run.steps().iter().any(|(kind, ..)| *kind == "known-bad-contact");
    assert!(!is_told(&play(&mut engine, &frames)));

    let list =
        "type,value,source,first_seen,last_seen,reason\nipv4,203.0.113.66,centre,2026-03-16,2026-03-18,x\n";
    let mut indicators = Indicators::built_in();
    knowledge_indicators::parse("list.csv", list, &mut indicators).unwrap();
    let at = frames.last().unwrap().at + HOUR;
    engine.handle_command(at, Command::Indicators(Arc::new(indicators)));
    assert!(is_told(&play(&mut engine, &later(&frames, 2 * HOUR))));
}

#[test]
fn how_old_a_list_is_is_asked_of_the_frames_own_time() {
    let visit = "
        device pc 10.0.0.21 00:00:5e:00:53:21
        device router 10.0.0.1 00:00:5e:00:53:01 gateway
        at 09:00
        pc -> 203.0.113.66:443 tcp sends 100 gets 100
    "
    .replace("\n        ", "\n");
    let list =
        "type,value,source,first_seen,last_seen,reason\nipv4,203.0.113.66,centre,2026-03-16,2026-03-18,x\n";
    let mut indicators = Indicators::built_in();
    knowledge_indicators::parse("list.csv", list, &mut indicators).unwrap();
    let setup = Setup { indicators: Arc::new(indicators), ..Setup::default() };
    let mut engine = Engine::new(setup).unwrap();
    // The clock is a year ahead, and is set right before the visit.
    play(&mut engine, &later(&frames(SCAN), 365 * 24 * HOUR));
    let run = play(&mut engine, &frames(&visit));
    let dues = run.outputs.iter().filter_map(|output| match output {
        Output::Incident(incident, _) if incident.kind.id == "known-bad-contact" => Some(incident.due),
        _ => None,
    });
    assert_eq!(dues.collect::<Vec<_>>(), [Due::Now]);
}

#[test]
fn what_was_learned_goes_through_text_and_back() {
    let frames = frames(SCAN);
    let mut first = engine();
    play(&mut first, &frames);
    let text = first.snapshot().to_json().unwrap();
    let read = Snapshot::parse(&text).unwrap();
    assert_eq!(read, first.snapshot());

    // An engine that has heard nothing yet has learned what it was given; one that hears goes on with it.
    let mut second = Engine::new(Setup { learned: Some(read), ..Setup::default() }).unwrap();
    assert_eq!(second.snapshot().to_json().unwrap(), text);
    let run = play(&mut second, &later(&frames[..1], HOUR));
    let ids = |engine: &Engine| engine.inventory().iter().map(|device| device.id).collect::<Vec<_>>();
    assert_eq!(ids(&second), ids(&first));
    assert_eq!(second.counts().not_restored, 0);
    assert!(run.steps().is_empty());
}

#[test]
fn what_is_no_profile_is_refused_by_a_sentence() {
    for (text, says) in [
        ("", "not a learned profile"),
        ("{}", "not a learned profile"),
        ("{\"version\":9}", "version 9"),
        ("{\"version\":1,\"taken_at_ns\":-1}", "not a learned profile"),
    ] {
        let said = Snapshot::parse(text).unwrap_err().to_string();
        assert!(said.contains(says) && !said.contains('\n'), "{text}: {said}");
    }
}

#[test]
fn tables_that_do_not_fit_are_refused_with_their_sizes() {
    let limits = Limits { memory_bytes_max: 1 << 20, ..Limits::default() };
    let Err(EngineError::Budget(err)) = Engine::new(Setup { limits, ..Setup::default() }) else {
        panic!("48 MiB of tables do not fit in one");
    };
    assert_eq!(
        err.parts.iter().map(|part| part.1).sum::<usize>(),
        limits.tables().iter().map(|table| table.1).sum::<usize>()
    );
    assert!(err.parts.is_sorted_by_key(|part| core::cmp::Reverse(part.1)));
    assert!(err.to_string().contains(err.parts[0].0), "{err}");
}

//! What a port hears is counted by direction, and a mirror port that shows only a part is known for it.

use core::time::Duration;
use std::path::Path;

use common_model::Timestamp;
use sensor_capture::{Frames as _, Script};
use sensor_decode::{Frame, PortId, decode};
use sensor_engine::{Engine, PortReport, PortSight, Setup, Trouble};

const CAST: &str = "
device pc       10.0.0.7   00:00:5e:00:53:07
device printer  10.0.0.9   00:00:5e:00:53:09
device phone    10.0.0.11  00:00:5e:00:53:11
device router   10.0.0.1   00:00:5e:00:53:01 gateway
";

/// An hour of a clinic: everybody asks for everybody, and the PC talks to somebody outside.
const CLINIC: &str = "
at 09:00
repeat 60 every 60 s:
    pc asks who has 10.0.0.9
    printer asks who has 10.0.0.1
    phone asks who has 10.0.0.1
    pc -> 203.0.113.9:443 tcp sends 6000 gets 60000
";

/// Plays the script; `wanted` says which frames come through the mirror, by who sent them and to whom, and to which port.
fn play(script: &str, mut wanted: impl FnMut(&Frame<'_>) -> Option<u8>) -> (Engine, Timestamp) {
    let mut engine = Engine::new(Setup::default()).expect("the defaults are right");
    let text = format!("{CAST}{script}");
    let mut script = Script::parse("script", &text, Path::new("")).expect("the script is right");
    let mut last = Timestamp::EPOCH;
    while let Some(frame) = script.next_frame() {
        if let Some(port) = wanted(&frame) {
            last = frame.at;
            engine.handle_frame(&Frame { port: PortId(port), ..frame });
        }
    }
    (engine, last)
}

fn is_to_all(frame: &Frame<'_>) -> bool {
    decode(frame).is_ok_and(|packet| packet.link.is_some_and(|link| link.target.is_group()))
}

/// Whether the PC sent it.
fn is_out(frame: &Frame<'_>) -> bool {
    frame.bytes.get(6..12) == Some(&[0, 0, 0x5e, 0, 0x53, 0x07])
}

fn trouble(engine: &Engine) -> Vec<Option<Trouble>> {
    engine.sight().iter().map(|port| port.trouble).collect()
}

#[test]
fn a_mirror_that_shows_both_directions_is_no_trouble() {
    let (engine, _) = play(CLINIC, |_| Some(0));
    assert_eq!(trouble(&engine), [None]);
    let heard = engine.heard()[0];
    assert!(heard.from_inside.frames > 60 && heard.from_outside.frames > 60, "{heard:?}");
    assert!(heard.from_outside.bytes > heard.from_inside.bytes && heard.unseen_bytes == 0, "{heard:?}");
    assert!(heard.all.frames > heard.from_inside.frames + heard.from_outside.frames, "ARP is heard too");
}

#[test]
fn a_switch_that_does_not_mirror_is_known_by_what_it_sends_to_all() {
    let (mut engine, last) = play(CLINIC, |frame| is_to_all(frame).then_some(0));
    assert_eq!(trouble(&engine), [Some(Trouble::MirrorOff)]);
    let only_to_all = engine.inventory().iter().filter(|device| device.speaks_only_to_all(PortId(0))).count();
    assert_eq!(only_to_all, 3, "the PC, the printer and the phone");
    assert_eq!(engine.sight()[0].saw, None, "never");
    // The mirror is turned on.
    let text = format!("{CAST}{CLINIC}");
    let mut script = Script::parse("script", &text, Path::new("")).unwrap();
    while let Some(frame) = script.next_frame() {
        let at = frame.at + last.since(Timestamp::EPOCH) - Duration::from_secs(1_773_000_000);
        engine.handle_frame(&Frame { at: at.max(last), ..frame });
    }
    assert_eq!(trouble(&engine), [None]);
}

#[test]
fn a_mirror_that_is_turned_off_says_when_it_was_last_seen() {
    let mut half = None;
    let (engine, last) = play(CLINIC, |frame| {
        let began = *half.get_or_insert(frame.at);
        (frame.at.since(began) < Duration::from_secs(1_800) || is_to_all(frame)).then_some(0)
    });
    let began = half.expect("there are frames");
    let PortSight { trouble, saw, last_heard, .. } = engine.sight()[0];
    assert_eq!((trouble, last_heard), (Some(Trouble::MirrorOff), last));
    // Half an hour in, and the window in which it was turned off.
    let saw = saw.expect("it saw for half an hour").since(began).as_secs();
    assert!((1_500..=2_100).contains(&saw), "{saw}");
}

#[test]
fn quiet_at_night_is_no_missing_mirror() {
    // One printer calls, and nobody is there.
    let night = "at 02:00\nrepeat 600 every 6 s:\n    printer asks who has 10.0.0.1\n";
    assert_eq!(trouble(&play(night, |_| Some(0)).0), [None]);
}

#[test]
fn one_direction_alone_is_known_and_two_cables_with_one_each_are_not() {
    for out in [true, false] {
        let (engine, _) = play(CLINIC, |frame| (is_to_all(frame) || is_out(frame) == out).then_some(0));
        assert_eq!(trouble(&engine), [Some(Trouble::OneWay)], "only what the PC sends: {out}");
    }
    let (engine, _) = play(CLINIC, |frame| Some(u8::from(is_out(frame))));
    assert_eq!(trouble(&engine), [None, None]);
}

#[test]
fn a_scan_that_nobody_answers_is_not_one_direction() {
    let scan = "at 09:00\nrepeat 2000 every 500 ms:\n    pc -> printer:{n} tcp unanswered\n";
    assert_eq!(trouble(&play(scan, |_| Some(0)).0), [None]);
}

#[test]
fn an_hour_begins_with_nothing() {
    let (mut engine, last) = play(CLINIC, |_| Some(0));
    engine.handle_port(last, PortId(0), PortReport { has_carrier: true, dropped: 7 });
    assert_eq!(engine.heard()[0].dropped, 7);
    engine.begin_hour();
    assert_eq!(engine.heard()[0], sensor_engine::PortHeard::default());
    assert!(engine.inventory().iter().all(|device| !device.is_heard_by(PortId(0))));
}

#[test]
fn a_clock_that_is_set_blinds_no_port() {
    let mut script = Script::parse("script", &format!("{CAST}{CLINIC}"), Path::new("")).unwrap();
    let mut kept = Vec::new();
    while let Some(frame) = script.next_frame() {
        kept.push((frame.at, frame.link, frame.wire_len, frame.bytes.to_vec()));
    }
    for jump in [3_600, 365 * 86_400] {
        let mut engine = Engine::new(Setup::default()).unwrap();
        for (number, (_, link, wire_len, bytes)) in kept.iter().take(60).enumerate() {
            // Every second frame at the other port, all within seconds; then the clock is set.
            let set = if number >= 30 { Duration::from_secs(jump) } else { Duration::ZERO };
            let at = kept[0].0 + Duration::from_millis(100 * number as u64) + set;
            let frame = Frame {
                port: PortId(number as u8 % 2),
                at,
                link: *link,
                vlan: None,
                wire_len: *wire_len,
                bytes,
            };
            engine.handle_frame(&frame);
            engine.handle_silence(at);
        }
        assert!(engine.sight().iter().all(|port| port.sees));
        let mut blind = 0;
        while let Some(output) = engine.poll_output() {
            blind += usize::from(matches!(
                output,
                sensor_engine::Output::Sight { state: sensor_engine::SightState::Blind, .. }
            ));
        }
        assert_eq!(blind, 0, "after {jump} s");
    }
}

//! The whole walk: frames, time that jumps, commands, and a restart in the middle.

use core::time::Duration;
use std::sync::{Arc, OnceLock};

use common_model::{ClosedBy, IncidentId, Timestamp};
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_decode::PortId;
use sensor_engine::{Command, Engine, Limits, Output, PortReport, Setup, Snapshot};

use crate::bytes::Bytes;
use crate::moves;
use crate::plain::assert_one_line;

/// Small tables, so that they are full soon.
const LIMITS: Limits = Limits { flows_max: 24, windows_max: 3, memory_bytes_max: 48 << 20 };

/// Most steps of one story: a step that ends a year of hours costs much.
const STEPS_MAX: usize = 400;

/// A quiet morning.
const START: Timestamp = Timestamp::from_secs(1_773_820_800);

/// `([what time does] frame or command)…`, see [`moves::next`]: told to two engines that differ in their seed only.
pub(crate) fn engine(input: &[u8]) {
    let mut input = Bytes(input);
    let mut engines = [1, 2].map(|seed| new_engine(None, seed));
    let mut now = START;
    for _ in 0..STEPS_MAX {
        let Some(time) = input.u8() else { break };
        let little = u64::from(time & 15);
        match time >> 4 {
            0..=3 => now = now + Duration::from_millis(u64::from(time)),
            4 => now = now + Duration::from_secs(little),
            5 => now = now + Duration::from_secs(60 * little),
            6 => now = now + Duration::from_secs(3_600 * little),
            7 => now = now + Duration::from_secs(86_400 * little),
            8 => now = now - Duration::from_secs(1 << little),
            9 => now = Timestamp::MAX - Duration::from_secs(1 << (2 * little)),
            10 => now = Timestamp::from_secs(little),
            11 => {
                engines.iter_mut().for_each(|engine| engine.handle_silence(now));
                agree(&mut engines);
                continue;
            }
            12 => {
                let ports = PortReport { has_carrier: little & 1 == 0, dropped: little };
                engines
                    .iter_mut()
                    .for_each(|engine| engine.handle_port(now, PortId(little as u8 / 2), ports));
                agree(&mut engines);
                continue;
            }
            13 => {
                engines.iter_mut().for_each(|engine| engine.handle_command(now, command(little)));
                agree(&mut engines);
                continue;
            }
            14 => {
                // Begun again with what was learned.
                let saved = engines.each_ref().map(|engine| kept(&engine.snapshot()));
                assert_eq!(saved[0], saved[1], "another seed learns something else");
                if little & 1 == 0 {
                    engines.iter_mut().for_each(Engine::finish);
                    agree(&mut engines);
                }
                engines = [1, 2].map(|seed| {
                    new_engine(Some(Snapshot::parse(&saved[0]).expect("it was read before")), seed)
                });
                continue;
            }
            _ => {}
        }
        let Some(next) = moves::next(&mut input) else { break };
        engines.iter_mut().for_each(|engine| engine.handle_frame(&next.frame(now)));
        agree(&mut engines);
    }
    engines.iter_mut().for_each(Engine::finish);
    agree(&mut engines);
}

/// A learned profile, and an engine that goes on with it: `[when] text`.
pub(crate) fn profile(input: &[u8]) {
    let mut input = Bytes(input);
    let Some(when) = input.u32() else { return };
    let Ok(text) = core::str::from_utf8(input.0) else { return };
    let snapshot = match Snapshot::parse(text) {
        Ok(snapshot) => snapshot,
        Err(err) => return assert_one_line(&err.to_string()),
    };
    let json = kept(&snapshot);
    let mut engine = new_engine(Some(Snapshot::parse(&json).expect("it was read before")), 1);
    assert_eq!(kept(&engine.snapshot()), json, "before the first frame nothing is lost");
    let mut now = Timestamp::from_secs(u64::from(when) << 2);
    for step in 0..4 {
        now = now + Duration::from_secs(1 << (4 * step));
        let mut few = Bytes(&[0, 0x21, 0x26, 0x02, 0, 0, 0, 0, 0]);
        if let Some(next) = moves::next(&mut few) {
            engine.handle_frame(&next.frame(now));
        }
        while engine.poll_output().is_some() {}
    }
    engine.handle_silence(now + Duration::from_secs(7_200));
    engine.finish();
    kept(&engine.snapshot());
}

fn new_engine(learned: Option<Snapshot>, seed: u64) -> Engine {
    static SITE: OnceLock<Arc<Site>> = OnceLock::new();
    static INDICATORS: OnceLock<Arc<Indicators>> = OnceLock::new();
    let setup = Setup {
        site: Arc::clone(SITE.get_or_init(|| Arc::new(Site::default()))),
        indicators: Arc::clone(INDICATORS.get_or_init(|| Arc::new(Indicators::built_in()))),
        learned,
        limits: LIMITS,
        seed,
        ..Setup::default()
    };
    Engine::new(setup).expect("small tables fit, and nothing is set")
}

fn command(number: u64) -> Command {
    match number {
        0..=11 => Command::Close(IncidentId(number), ClosedBy::Known),
        12 | 13 => Command::Indicators(Arc::new(Indicators::new())),
        _ => Command::Site(Arc::new(Site::default())),
    }
}

/// What comes out is the same, whatever the seed.
fn agree(engines: &mut [Engine; 2]) {
    let [one, other] = engines;
    loop {
        let (left, right) = (one.poll_output(), other.poll_output());
        assert_eq!(format!("{left:?}"), format!("{right:?}"), "another seed says something else");
        match left {
            Some(Output::Incident(..) | Output::Finding(..) | Output::Sighting(..)) => {}
            Some(Output::Device(..) | Output::Sight { .. }) => {}
            None => break,
        }
    }
    assert_eq!(one.counts(), other.counts(), "another seed counts something else");
    assert!(one.counts().outputs_dropped == 0, "outputs were dropped though each was taken at once");
}

/// Its text, which reads back as the same.
fn kept(snapshot: &Snapshot) -> String {
    let json = snapshot.to_json().expect("everything that is kept can be written");
    let again = Snapshot::parse(&json).expect("what was written can be read");
    assert_eq!(again.to_json().expect("the same"), json, "written twice it is another text");
    json
}

//! The recorded clinic itself: what is committed can be composed, and the composed days are what the timetable says.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use std::collections::BTreeSet;
use std::path::Path;

use common_model::Timestamp;
use common_site::Site;
use knowledge_indicators::{Indicators, Skipped};
use sensor_capture::Frames;
use sensor_capture::files::read_text_capped;
use testing_days::{Clinic, Plan};

const SEED: u64 = 1;

/// Denmark is one hour ahead of UTC in March until the 29th.
const LOCAL_SECS: u64 = 3_600;
const DAY_SECS: u64 = 86_400;

fn clinic() -> Clinic {
    Clinic::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("clinic")).unwrap()
}

fn names(plan: &Plan) -> Vec<(String, String)> {
    plan.placed().iter().map(|placed| (placed.at.to_string(), plan.name_of(placed).to_owned())).collect()
}

/// (frames, bytes on the wire, last time); fails when time runs backwards.
fn totals(plan: &Plan) -> (u64, u64, Timestamp) {
    let (mut count, mut bytes, mut last) = (0, 0, plan.starts_at());
    let mut frames = plan.frames();
    while let Some(frame) = frames.next_frame() {
        assert!(frame.at >= last);
        assert!(frame.wire_len <= 1_514, "an offload was on");
        assert!(frame.bytes.len() <= frame.wire_len as usize);
        (count, bytes, last) = (count + 1, bytes + u64::from(frame.wire_len), frame.at);
    }
    (count, bytes, last)
}

#[test]
fn attack_day_is_silent_from_half_past_three_and_ends_at_four() {
    let plan = clinic().attack_day(SEED, 1.0).unwrap();
    let (frames, _, last) = totals(&plan);
    assert!(frames > 100_000, "{frames}");
    assert!(last < plan.heard_until());
    assert_eq!(plan.starts_at().to_string(), "2026-03-17T23:00:00.000000000Z");
    assert_eq!(plan.heard_until().to_string(), "2026-03-18T14:30:00.000000000Z");
    assert_eq!(plan.ends_at().to_string(), "2026-03-18T15:00:00.000000000Z");
}

#[test]
fn attacks_come_in_their_order_at_their_times() {
    let plan = clinic().attack_day(SEED, 1.0).unwrap();
    let attacks: Vec<_> = plan
        .placed()
        .iter()
        .filter(|placed| placed.attack)
        .map(|placed| format!("{} {}", &placed.at.to_string()[11..16], plan.name_of(placed)))
        .collect();
    assert_eq!(
        attacks,
        [
            "08:30 new-device",
            "09:05 busy-pc",
            "09:40 ssh-guessing",
            "10:20 port-scan",
            "11:10 arpspoof",
            "11:55 rogue-dhcp",
            "12:30 dns-tunnel",
            "13:10 known-bad",
            "13:45 upload",
        ]
    );
}

#[test]
fn calm_days_hold_no_attack_and_end_where_the_attack_day_begins() {
    let clinic = clinic();
    let calm = clinic.calm_days(14, SEED).unwrap();
    let attack = clinic.attack_day(SEED, 1.0).unwrap();
    let hostile: BTreeSet<_> =
        clinic.timetable().attacks().iter().map(|attack| attack.scene.as_str()).collect();
    assert!(calm.placed().iter().all(|placed| !placed.attack && !hostile.contains(calm.name_of(placed))));
    assert_eq!(calm.ends_at(), attack.starts_at());
    assert_eq!(calm.ends_at().since(calm.starts_at()).as_secs(), 14 * DAY_SECS);

    let both = calm.then(&attack);
    assert_eq!((both.starts_at(), both.ends_at()), (calm.starts_at(), attack.ends_at()));
    assert_eq!(both.placed().len(), calm.placed().len() + attack.placed().len());
    let (frames, _, last) = totals(&calm);
    assert!(frames > 500_000, "{frames}");
    assert!(last < calm.ends_at());
}

#[test]
fn days_depend_on_the_seed_and_on_nothing_else() {
    let clinic = clinic();
    let drawn = |seed| names(&clinic.calm_days(7, seed).unwrap());
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    // One more day in front changes none of the others.
    assert!(names(&clinic.calm_days(8, 1).unwrap()).ends_with(&drawn(1)));
}

#[test]
fn nobody_works_on_weekends_and_at_night_but_equipment_never_sleeps() {
    let calm = clinic().calm_days(14, SEED).unwrap();
    let work = ["ehr-session", "pc-boot", "browsing", "mail", "print", "phone-", "dicom"];
    for placed in calm.placed() {
        let local_secs = placed.at.as_secs() + LOCAL_SECS;
        // 1970-01-01 was a Thursday.
        let (weekday, hour) = ((local_secs / DAY_SECS + 3) % 7, local_secs % DAY_SECS / 3_600);
        let name = calm.name_of(placed);
        if work.iter().any(|work| name.starts_with(work)) {
            assert!(weekday < 5 && (7..16).contains(&hour), "{name} at {}", placed.at);
        }
    }
    let mut frames = calm.frames();
    let mut last = calm.starts_at();
    while let Some(frame) = frames.next_frame() {
        assert!(frame.at.since(last).as_secs() < 15 * 60, "silence from {last}");
        last = frame.at;
    }
}

#[test]
fn strength_cuts_attacks_and_leaves_calm_things_alone() {
    let clinic = clinic();
    let frames = |strength, attack| -> u64 {
        let plan = clinic.one_attack("port-scan", SEED, strength).unwrap();
        plan.placed()
            .iter()
            .filter(|placed| placed.attack == attack)
            .map(|placed| u64::from(placed.frames))
            .sum()
    };
    let whole = frames(1.0, true);
    assert_eq!(frames(0.5, true), whole.div_ceil(2));
    assert_eq!(frames(0.1, true), whole.div_ceil(10));
    assert_eq!(frames(0.1, false), frames(1.0, false));
    assert!(clinic.one_attack("print.nurse", SEED, 1.0).is_err());
}

#[test]
fn settings_name_the_equipment_that_was_recorded() {
    let clinic = clinic();
    let site = Site::parse(&read(&clinic.site_path())).unwrap();
    let recorded: toml::Table = read(&clinic.site_path().with_file_name("devices.toml")).parse().unwrap();
    let mut known = 0;
    for device in recorded["device"].as_array().unwrap() {
        let field = |name: &str| device[name].as_str().unwrap();
        let named = site.device(field("mac").parse().ok(), field("ip").parse().ok());
        assert_eq!(named.is_some(), device["known"].as_bool().unwrap(), "{}", field("id"));
        if let Some(named) = named {
            assert_eq!(
                (named.name.as_deref(), named.device_type.as_str()),
                (Some(field("name")), field("type"))
            );
            known += 1;
        }
    }
    assert_eq!(known, site.devices.len());
}

#[test]
fn what_the_box_is_told_holds_the_known_bad_contact() {
    let mut indicators = Indicators::new();
    let skipped =
        knowledge_indicators::parse("indicators.csv", &read(&clinic().indicators_path()), &mut indicators);
    assert_eq!(skipped.unwrap(), Skipped::default());
    assert!(indicators.domain("bad.malware-drop.example").is_some());
    assert!(indicators.ip("203.0.113.66".parse().unwrap()).is_some());
}

#[test]
fn every_committed_scene_is_used() {
    let scenes = Path::new(env!("CARGO_MANIFEST_DIR")).join("clinic/scenes");
    let clinic = clinic();
    let used = clinic.timetable().scene_names();
    for entry in std::fs::read_dir(scenes).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(used.contains(name.trim_end_matches(".pcap.zst")), "{name} is in no timetable entry");
    }
}

fn read(path: &Path) -> String {
    read_text_capped(path, 1 << 20).unwrap()
}

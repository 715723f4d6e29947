//! Every recording there is, in five ways and damaged: our own scenes, and where they are at hand the captures of others.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use std::path::{Path, PathBuf};

use sensor_engine::Depth;
use sensor_replay::{Inputs, open_capture};
use testing_testkit::change::Damaged;
use testing_testkit::five_ways::{self, play_once};
use testing_testkit::transcript::Transcript;

/// So many damaged recordings are played, of ours and of others each.
const DAMAGED: u64 = 2_000;

fn house() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The captures in a folder and those below it, in order.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(captures(&path));
        } else if path.to_string_lossy().contains(".pcap") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn scenes() -> Vec<PathBuf> {
    captures(&house().join("testing/days/clinic/scenes"))
}

fn of_others() -> Vec<PathBuf> {
    captures(&house().join("../shared/captures"))
}

/// The larger ones take long cut into single bytes: what they show is in the smaller ones, too.
fn is_small(path: &Path) -> bool {
    path.metadata().unwrap().len() < 300_000
}

fn stand_five_ways(paths: &[PathBuf]) {
    let inputs = Inputs::default();
    let faults: Vec<String> = paths
        .iter()
        .filter_map(|path| {
            five_ways::check(&|| open_capture(path), &inputs, &inputs, &[]).err().map(|err| (path, err))
        })
        .map(|(path, err)| format!("{}: {err:#}", path.display()))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn stand_damage(paths: &[PathBuf]) {
    let inputs = Inputs::default();
    for (seed, path) in (0..DAMAGED).zip(paths.iter().cycle()) {
        let mut frames = Damaged::new(open_capture(path).unwrap(), seed);
        let engine = inputs.engine(Depth::Detectors).unwrap();
        let engine = play_once(&mut frames, &inputs, engine, &mut Transcript::default());
        assert!(engine.is_ok(), "{} with seed {seed}: {engine:?}", path.display());
    }
}

#[test]
fn our_scenes_stand_five_ways() {
    stand_five_ways(&scenes().into_iter().filter(|path| is_small(path)).collect::<Vec<_>>());
}

#[test]
fn our_scenes_stand_damage() {
    stand_damage(&scenes().into_iter().filter(|path| is_small(path)).collect::<Vec<_>>());
}

#[test]
fn captures_of_others_stand_five_ways_needs_shared() {
    stand_five_ways(&of_others());
}

#[test]
fn captures_of_others_stand_damage_needs_shared() {
    stand_damage(&of_others());
}

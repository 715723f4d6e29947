//! Plays every file of every corpus through its target, and each a little changed; the lists agree.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this file is a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sensor_capture::files::read_capped;
use testing_targets::{ALL, Target};

/// Changed inputs of each target. Guess: what a person will wait for; the long search is `testing/fuzz/run`.
const CHANGED: usize = 2_000;

/// Changed batches: a minute of CPU on one core of 2025, and not a clock, so that the same is tried everywhere.
const CHANGED_BATCHES: usize = 720_000;

/// Most files of one corpus, and most bytes of all: they are read by people and cloned by everybody.
const FILES_MAX: usize = 40;
const BYTES_MAX: usize = 300_000;

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read_capped(&path, 1 << 20).unwrap())).collect()
}

/// The same in every run (SplitMix64; Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }

    /// Bytes changed, left out, doubled, or taken from another file.
    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.throw(4) {
            let at = self.throw(bytes.len());
            let end = (at + 1 + self.throw(16)).min(bytes.len());
            match self.throw(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.throw(8),
                1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b'"'][self.throw(7)],
                2 if at < bytes.len() => bytes[at] = self.throw(256) as u8,
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                5 => bytes.truncate(at),
                _ => {
                    let from = self.throw(other.len());
                    let piece = &other[from..(from + 32).min(other.len())];
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
        }
    }
}

fn play(name: &str) {
    play_changed(name, CHANGED);
}

fn play_changed(name: &str, many: usize) {
    let target = ALL.iter().find(|target| target.name == name).unwrap();
    let files = corpus(target);
    for (path, bytes) in &files {
        println!("{}", path.display());
        (target.run)(bytes);
    }
    let mut dice = Dice(1);
    for number in 0..many {
        let (path, bytes) = &files[number % files.len()];
        let mut changed = bytes.clone();
        let (_, other) = &files[dice.throw(files.len())];
        dice.change(&mut changed, other);
        // Shown when it falls: how to have the input again.
        println!("change {number} of {}", path.display());
        if std::env::var_os("SHOW").is_some() {
            println!("{changed:?}");
        }
        (target.run)(&changed);
    }
}

macro_rules! plays {
    ($($test:ident $name:literal),+ $(,)?) => {
        $(#[test]
        fn $test() {
            play($name);
        })+

        #[test]
        fn every_target_is_played_and_fuzzed() {
            let targets: Vec<_> = ALL.iter().map(|target| target.name).collect();
            assert!(targets.is_sorted(), "{targets:?}");
            assert_eq!(targets, [$($name),+], "the tests of this file");
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            assert_eq!(names(&here.join("corpus")), targets, "folders in corpus");
            let fuzzers = names(&here.join("../fuzz/fuzz_targets"));
            assert_eq!(fuzzers, targets.iter().map(|name| format!("{name}.rs")).collect::<Vec<_>>(), "fuzzers");
        }
    };
}

plays! {
    batches "batch",
    captures "capture",
    certificates "certificate",
    datagrams "datagram",
    engines "engine",
    flows "flows",
    frames "frame",
    lists_of_indicators "indicators",
    labels "labels",
    profiles "profile",
    reassembly "reassembly",
    scripts "script",
    sites "site",
    streams "stream",
}

/// Who sends batches is not the machine beside the box but anybody who reaches the centre: its decoder is tried for a minute of CPU.
#[test]
fn batches_for_a_minute() {
    play_changed("batch", CHANGED_BATCHES);
}

fn names(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn corpora_are_small() {
    let mut all = 0;
    for target in ALL {
        let files = corpus(target);
        assert!((1..=FILES_MAX).contains(&files.len()), "{}: {} files", target.name, files.len());
        all += files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    }
    assert!(all <= BYTES_MAX, "{all} bytes");
}

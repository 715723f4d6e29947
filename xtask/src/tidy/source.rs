//! Rules about the text of source files.

use super::rooms;
use crate::house::House;

/// Where `unsafe` may be said: live capture and the wire of its tests, and the allocator that counts for tests.
const UNSAFE_ALLOWED: &[&str] = &["sensor/capture/src/live/", "sensor/capture/tests/", "testing/testkit/"];

/// Ways to ask the machine for the time.
const CLOCKS: &[&str] =
    &["Instant::now", "SystemTime::now", "Timestamp::now", "Utc::now", "Zoned::now", ".elapsed()"];

/// Ways to touch the world.
const WORLD: &[&str] =
    &["std::env::", "std::fs", "std::net::Tcp", "std::net::Udp", "std::process", "std::thread", "std::time"];

/// No file, network, process or thread in the core.
pub(super) fn no_io(house: &House) -> Vec<String> {
    said_in_the_core(house, WORLD)
}

/// Nobody asks the machine for the time, except shells.
pub(super) fn no_clock(house: &House) -> Vec<String> {
    said_in_the_core(house, CLOCKS)
}

/// `unsafe` only where it must be.
pub(super) fn no_unsafe(house: &House) -> Vec<String> {
    let outside = house
        .rust_files()
        .filter(|(path, _)| !UNSAFE_ALLOWED.iter().any(|allowed| path.starts_with(allowed)));
    let said = outside.flat_map(|(path, text)| {
        code_lines(text)
            .filter(|(_, line)| {
                ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait", "(unsafe_code"]
                    .iter()
                    .any(|word| line.contains(word))
            })
            .filter(|(_, line)| !line.contains('"'))
            .map(move |(number, _)| format!("{path}:{number} says `unsafe`"))
    });
    said.collect()
}

/// Every file opens with `//!`.
pub(super) fn why_first(house: &House) -> Vec<String> {
    house
        .rust_files()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| format!("{path} does not open with `//!`"))
        .collect()
}

/// No Danish letters in code; a test may speak Danish.
pub(super) fn no_danish(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in house.rust_files().filter(|(path, _)| !is_test_file(path)) {
        let said = without_tests(text).lines().zip(1..).filter(|(line, _)| line.contains(DANISH_LETTERS));
        faults.extend(said.map(|(_, number)| format!("{path}:{number} has a Danish letter")));
    }
    faults
}

const DANISH_LETTERS: [char; 6] = ['\u{e6}', '\u{f8}', '\u{e5}', '\u{c6}', '\u{d8}', '\u{c5}'];

/// No path that is only on one machine.
pub(super) fn no_machine_paths(house: &House) -> Vec<String> {
    // In two parts, or this file would be a fault.
    let homes = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
    let mut faults = Vec::new();
    for (path, text) in &house.files {
        for (line, number) in text.lines().zip(1..) {
            if homes.iter().any(|home| stands_alone(line, home)) {
                faults.push(format!("{path}:{number} has a path of one machine"));
            }
        }
    }
    faults
}

/// Whether the path begins here, rather than being a part of another (the last folder of `testing/days`).
fn stands_alone(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "._-~}$".contains(letter))
    })
}

/// `[lints] workspace = true` in every crate.
pub(super) fn lints(house: &House) -> Vec<String> {
    house
        .crates
        .keys()
        .filter(|folder| !house.text(&format!("{folder}/Cargo.toml")).contains("[lints]\nworkspace = true"))
        .map(|folder| format!("{folder}/Cargo.toml lacks `[lints] workspace = true`"))
        .collect()
}

/// Where a pure crate says one of these words, outside tests and comments.
fn said_in_the_core(house: &House, words: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in house.rust_files().filter(|(path, _)| !is_test_file(path)) {
        if house.crate_of(path).is_none_or(rooms::is_shell) {
            continue;
        }
        for (number, line) in code_lines(without_tests(text)) {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                faults.push(format!("{path}:{number} says `{word}`"));
            }
        }
    }
    faults
}

/// Lines with their numbers, without comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().zip(1..).map(|(line, number)| (number, line.split("//").next().unwrap_or_default()))
}

/// Tests in files of their own.
fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/benches/")
}

/// What stands before the tests; they come last.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod ").map_or(text, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::house_of;

    fn core_file(text: &str) -> House {
        house_of(&[("sensor/flow/Cargo.toml", ""), ("sensor/flow/src/lib.rs", text)])
    }

    #[test]
    fn a_clock_in_the_core_is_a_fault() {
        assert_eq!(
            no_clock(&core_file("let now = Instant::now();")),
            ["sensor/flow/src/lib.rs:1 says `Instant::now`"]
        );
    }

    #[test]
    fn a_clock_in_a_comment_a_test_or_a_shell_is_none() {
        assert!(
            no_clock(&core_file("// not Instant::now()\n#[cfg(test)]\nmod tests { Instant::now() }"))
                .is_empty()
        );
        let shell =
            house_of(&[("sensor/capture/Cargo.toml", ""), ("sensor/capture/src/lib.rs", "Instant::now()")]);
        assert!(no_clock(&shell).is_empty());
    }

    #[test]
    fn a_file_in_the_core_is_a_fault() {
        assert_eq!(no_io(&core_file("use std::fs::File;")).len(), 1);
    }

    #[test]
    fn unsafe_is_a_fault_except_in_the_ring() {
        assert_eq!(no_unsafe(&core_file("fn f() { unsafe { g() } }")).len(), 1);
        let capture = |file| house_of(&[("sensor/capture/Cargo.toml", ""), (file, "unsafe { mmap() }")]);
        assert!(no_unsafe(&capture("sensor/capture/src/live/ring.rs")).is_empty());
        assert_eq!(no_unsafe(&capture("sensor/capture/src/lib.rs")).len(), 1);
    }

    #[test]
    fn a_file_that_does_not_say_why_is_a_fault() {
        assert_eq!(why_first(&core_file("use x;")).len(), 1);
        assert!(why_first(&core_file("//! Why.")).is_empty());
    }

    #[test]
    fn danish_is_for_words_files_and_tests() {
        assert_eq!(no_danish(&core_file("let title = \"Bl\u{e5} boks\";")).len(), 1);
        assert!(no_danish(&core_file("#[cfg(test)]\nmod tests { \"bl\u{e5}\" }")).is_empty());
    }

    #[test]
    fn a_path_of_one_machine_is_a_fault() {
        let bad = concat!("open(\"/ho", "me/ida/x\")");
        assert_eq!(no_machine_paths(&core_file(bad)).len(), 1);
        assert!(no_machine_paths(&core_file(concat!("testing/wo", "rk/x"))).is_empty());
    }

    #[test]
    fn a_crate_without_the_lints_is_a_fault() {
        assert_eq!(lints(&house_of(&[("sensor/flow/Cargo.toml", "[package]")])).len(), 1);
        assert!(lints(&house_of(&[("sensor/flow/Cargo.toml", "[lints]\nworkspace = true\n")])).is_empty());
    }
}

//! Texts that people and other programs write for us.

use std::path::Path;

use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_capture::{Frames as _, Script};
use sensor_decode::decode;
use sensor_engine::Engine;

use crate::plain::assert_one_line;

/// Most frames of a script that are looked at: few lines may make very many.
const FRAMES_MAX: usize = 200;

/// A packet script. One that plays recordings is left alone: the files of this machine are not ours to read.
pub(crate) fn script(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    if text.contains("play") || costs_much(text) {
        return;
    }
    match Script::parse("x.pkt", text, Path::new("")) {
        Ok(mut script) => {
            let mut last = None;
            for _ in 0..FRAMES_MAX {
                let Some(frame) = script.next_frame() else { break };
                assert!(last <= Some(frame.at), "a frame before the one before it");
                assert!(frame.bytes.len() <= frame.wire_len as usize);
                last = Some(frame.at);
                // `raw` may be broken; everything else a script says is well-formed, and nothing makes the reader fall.
                let _packet = decode(&frame);
            }
        }
        Err(err) => assert_one_line(&err.to_string()),
    }
}

/// What makes long traffic out of few lines is bounded, but not worth waiting for.
fn costs_much(text: &str) -> bool {
    /// Guess: a search wants a thousand scripts a second.
    const REPEATS_MAX: u64 = 300;
    let mut repeats = 1_u64;
    for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("repeat")) {
        let digits: String =
            line.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        repeats = repeats.saturating_mul(digits.parse().unwrap_or(1));
    }
    let has_long_size =
        text.split_whitespace().any(|word| word.len() >= 4 && word.bytes().all(|b| b.is_ascii_digit()));
    repeats > REPEATS_MAX
        || text.contains("MB")
        || text.contains("GB")
        || (has_long_size && text.contains("kB"))
}

/// A list of indicators.
pub(crate) fn indicators(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    let mut indicators = Indicators::new();
    match knowledge_indicators::parse("x.csv", text, &mut indicators) {
        Ok(skipped) => assert!(indicators.len() + skipped.lines <= text.lines().count(), "more than lines"),
        Err(err) => {
            assert_one_line(&err.to_string());
            assert!(indicators.is_empty(), "a list that is refused adds nothing");
        }
    }
    for word in text.split([',', '\n', '"', ' ']).take(50) {
        let _found = indicators.domain(word);
        let _found = indicators.ja4(word);
        let (host, path) = word.split_at(word.find('/').unwrap_or(word.len()));
        let _found = indicators.url(host, path);
        if let Ok(ip) = word.parse() {
            let _found = indicators.ip(ip);
        }
    }
}

/// The clinic's settings: what is written reads back as the same.
pub(crate) fn site(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    match Site::parse(text) {
        Ok(site) => {
            let written = site.to_toml();
            match Site::parse(&written) {
                Ok(again) => {
                    assert_eq!(again, site, "written and read it is another site:\n{written}");
                    assert_eq!(again.to_toml(), written, "written twice it is another text");
                }
                Err(err) => panic!("what was written cannot be read: {err}\n{written}"),
            }
            if let Err(err) = Engine::check(&site) {
                assert_one_line(&err.to_string());
            }
        }
        Err(err) => {
            assert_one_line(&err.to_string());
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!(err.line.is_none_or(|line| (1..=lines).contains(&line)), "a line that is not there");
        }
    }
}

/// What is in each capture of a folder.
pub(crate) fn labels(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else { return };
    match sensor_replay::check_labels(text) {
        Ok(count) => assert!(count < text.lines().count(), "more labels than lines"),
        Err(err) => assert_one_line(&format!("{err:#}")),
    }
}

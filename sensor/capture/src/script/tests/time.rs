//! When things happen: clocks, repeats, recordings.

use common_model::Timestamp;
use sensor_decode::{LinkType, PortId};

use super::*;
use crate::Writer;

/// Seconds since the first midnight.
fn secs(text: &str) -> Vec<f64> {
    play(&format!("{CAST}{text}")).iter().map(|heard| heard.at_micros as f64 / 1e6).collect()
}

const ASK: &str = "pc-1 asks who has 10.0.0.9";

#[test]
fn clocks_are_set() {
    assert_eq!(secs(&format!("at 00:00:02\n{ASK}\nafter 1.5 s\n{ASK}")), [2.0, 3.501]);
    assert_eq!(secs(&format!("at +1 day 00:01\n{ASK}\nat +2 days 00:00\n{ASK}")), [86_460.0, 3.0 * 86_400.0]);
    assert_eq!(secs(&format!("date 2026-03-19\n{ASK}")), [86_400.0]);
}

#[test]
fn who_goes_back_is_sorted_in() {
    let told = told("at 10:00\npc-1 asks who has 10.0.0.10\nat 09:00\npc-1 asks who has 10.0.0.9");
    assert_eq!(told, ["arp 10.0.0.21 asks for 10.0.0.9", "arp 10.0.0.21 asks for 10.0.0.10"]);
}

#[test]
fn blocks_begin_at_their_beat() {
    assert_eq!(
        secs(&format!("repeat 3 every 15 s:\n  {ASK}\n  after 10 s\n  {ASK}")),
        [0.0, 10.001, 15.0, 25.001, 30.0, 40.001]
    );
    assert_eq!(secs(&format!("repeat 2:\n  {ASK}\n  after 9 s\n{ASK}")), [0.0, 9.001, 18.002]);
    let mornings = secs(&format!("at 12:00\nrepeat 2 every 1 day at 08:00:\n  {ASK}"));
    assert_eq!(mornings, [28_800.0, 115_200.0]);
}

#[test]
fn beats_that_overlap_interleave() {
    let told = told(
        "repeat 2 every 1 s:\n  pc-1 asks who has 10.0.1.{n}\n  after 5 s\n  pc-1 asks who has 10.0.2.{n}",
    );
    let asked: Vec<&str> = told.iter().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(asked, ["10.0.1.1", "10.0.1.2", "10.0.2.1", "10.0.2.2"]);
}

#[test]
fn repeats_count_inside_each_other() {
    let text = "repeat 2 as day every 1 day:\n  repeat 2:\n    pc-1 -> 10.0.{day}.{n}:{n+20} tcp unanswered";
    let told: Vec<String> =
        told(text).iter().map(|line| line[line.find('>').unwrap()..].to_owned()).collect();
    assert_eq!(told, ["> 10.0.1.1:21 S 0", "> 10.0.1.2:22 S 0", "> 10.0.2.1:21 S 0", "> 10.0.2.2:22 S 0"]);
}

#[test]
fn devices_come_in_numbers() {
    assert_eq!(told("repeat 3:\n  device ws-{n} 10.0.0.{n+100}\nws-3 -> ws-1 ping = nothing").len(), 1);
}

#[test]
fn a_fortnight_fits() {
    let text = "
repeat 14 as day every 1 day at 08:00:
    repeat 100 every 5 min:
        pc-1 -> router:53 dns A {letters:8}.example = 192.0.2.{number:1-250}
        pc-1 -> evil:443 tls {letters:8}.example sends 20 kB gets 400 kB in 1 min
";
    let mut script = Script::parse("case.pkt", &format!("{CAST}{text}"), Path::new("")).unwrap();
    let mut times = Vec::new();
    while let Some(frame) = script.next_frame() {
        times.push(frame.at);
    }
    assert!(times.len() > 500_000);
    assert!(times.is_sorted());
}

#[test]
fn the_same_script_is_the_same_bytes() {
    let text = "repeat 20 every 1 s:\n  pc-1 -> router:53 dns TXT {hex:16}.example = {letters:12}\n  pc-1 -> evil:443 tls x.example";
    let bytes = |text: &str| -> Vec<u8> {
        play(&format!("{CAST}{text}")).into_iter().flat_map(|heard| heard.bytes).collect()
    };
    assert_eq!(bytes(text), bytes(text));
    assert_ne!(bytes(text), bytes(&format!("seed 2\n{text}")));
    assert_eq!(bytes(text), bytes(&format!("seed 1\n{text}")));
}

fn recording(folder: &Path, link: LinkType, cut: usize) {
    let mut writer = Writer::new(Vec::new(), link).unwrap();
    for (secs, byte) in [(50, 1), (51, 2)] {
        let at = Timestamp::from_secs(secs);
        writer
            .write(&Frame { port: PortId(0), at, link, vlan: None, wire_len: 1_500, bytes: &[byte; 64] })
            .unwrap();
    }
    let bytes = writer.into_inner();
    files::write_atomically(&folder.join("scene.pcap"), &bytes[..bytes.len() - cut]).unwrap();
}

#[test]
fn a_recording_is_moved_to_the_present() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), LinkType::Ethernet, 0);
    let path = folder.path().join("case.pkt");
    files::write_atomically(&path, b"at 09:00\nrepeat 2 every 10 s:\n  play scene.pcap").unwrap();
    let mut script = Script::open(&path).unwrap();
    let mut heard = Vec::new();
    while let Some(frame) = script.next_frame() {
        heard.push((frame.at.to_string()[11..19].to_owned(), frame.wire_len, frame.bytes[0]));
    }
    let expected = [("09:00:00", 1), ("09:00:01", 2), ("09:00:10", 1), ("09:00:11", 2)];
    assert_eq!(heard, expected.map(|(at, byte)| (at.to_owned(), 1_500, byte)));
}

#[test]
fn recordings_that_cannot_be_played_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |text| Script::parse("case.pkt", text, folder.path()).unwrap_err().to_string();
    assert!(fault("play none.pcap").starts_with("case.pkt:1: could not open "));
    recording(folder.path(), LinkType::Ethernet, 7);
    assert_eq!(
        fault("play scene.pcap"),
        "case.pkt:1: scene.pcap ends in the middle of a frame, after 1 whole ones"
    );
    recording(folder.path(), LinkType::Raw, 0);
    assert_eq!(fault("play scene.pcap"), "case.pkt:1: scene.pcap holds frames that are not Ethernet");
}

//! Files built in memory, whole, cut and damaged.

use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;
use crate::Writer;

/// Frames as (port, nanoseconds, wire length, bytes).
type Read = Vec<(u8, u64, u32, Vec<u8>)>;

fn read(file: Vec<u8>) -> Result<(Read, Option<Warning>), OpenError> {
    let mut recording = Recording::from_reader(Cursor::new(file), "test.pcap")?;
    let mut frames = Vec::new();
    while let Some(frame) = recording.next_frame() {
        frames.push((frame.port.0, frame.at.as_nanos(), frame.wire_len, frame.bytes.to_vec()));
    }
    Ok((frames, recording.warning().cloned()))
}

fn pcap(frames: &[(u64, u32, &[u8])]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), LinkType::Ethernet).unwrap();
    for (nanos, wire_len, bytes) in frames {
        let at = Timestamp::from_nanos(*nanos);
        let frame =
            Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len: *wire_len, bytes };
        writer.write(&frame).unwrap();
    }
    writer.into_inner()
}

const THREE: &[(u64, u32, &[u8])] =
    &[(1_000_000_001, 60, &[1; 60]), (1_000_000_002, 1_514, &[2; 96]), (2_000_000_000, 10, &[3; 10])];

fn expected() -> Read {
    THREE.iter().map(|(nanos, wire_len, bytes)| (0, *nanos, *wire_len, bytes.to_vec())).collect()
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = (12 + padded) as u32;
    let mut bytes = [kind.to_le_bytes(), len.to_le_bytes()].concat();
    bytes.extend(body);
    bytes.resize(8 + padded, 0);
    bytes.extend(len.to_le_bytes());
    bytes
}

fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat())
}

fn interface(link: u16, options: &[u8]) -> Vec<u8> {
    block(1, &[&link.to_le_bytes()[..], &[0, 0], &[0, 0, 4, 0], options].concat())
}

fn packet(interface: u32, units: u64, wire_len: u32, data: &[u8]) -> Vec<u8> {
    let [high, low] = [(units >> 32) as u32, units as u32];
    let numbers = [interface, high, low, data.len() as u32, wire_len];
    block(6, &[numbers.map(u32::to_le_bytes).concat(), data.to_vec()].concat())
}

#[test]
fn reads_what_was_written() {
    assert_eq!(read(pcap(THREE)).unwrap(), (expected(), None));
}

#[test]
fn reads_big_endian_microseconds() {
    let mut file = [0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4].to_vec();
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 1]);
    file.extend([0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 70, 1, 2, 3]);
    assert_eq!(read(file).unwrap().0, [(0, 9_000_007_000, 70, vec![1, 2, 3])]);
}

#[test]
fn compressed_files_are_the_same() {
    let plain = pcap(THREE);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    assert_eq!(read(gzip.finish().unwrap()).unwrap(), (expected(), None));
    assert_eq!(read(zstd::encode_all(&plain[..], 3).unwrap()).unwrap(), (expected(), None));
}

#[test]
fn interfaces_have_their_own_time_and_port() {
    let file = [
        section(),
        interface(1, &[]),
        // Nanoseconds; then units of 1/1,024 s, an hour ahead.
        interface(1, &[9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]),
        interface(1, &[9, 0, 1, 0, 0x8a, 0, 0, 0, 14, 0, 8, 0, 0x10, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        packet(0, 5_000_001, 60, &[1; 20]),
        packet(1, 5_000_000_001, 60, &[2; 20]),
        packet(2, 1_024 * 7 + 512, 60, &[3; 20]),
        packet(9, 0, 60, &[4; 20]),
    ]
    .concat();
    let (frames, warning) = read(file).unwrap();
    let heads: Vec<_> = frames.iter().map(|(port, nanos, ..)| (*port, *nanos)).collect();
    assert_eq!(heads, [(0, 5_000_001_000), (1, 5_000_000_001), (2, 3_607_500_000_000)]);
    assert_eq!(warning, None);
}

#[test]
fn a_second_section_begins_anew() {
    let one = [section(), interface(1, &[]), packet(0, 1_000_000, 60, &[1; 20])].concat();
    let (frames, _) = read([one.clone(), one].concat()).unwrap();
    assert_eq!(frames.len(), 2);
}

#[test]
fn frames_of_strange_links_are_left_out() {
    let file = [
        section(),
        interface(147, &[]),
        interface(1, &[]),
        packet(0, 1, 60, &[1; 20]),
        packet(1, 1, 60, &[1; 20]),
    ];
    assert_eq!(read(file.concat()).unwrap().0.len(), 1);
    let error = read([section(), interface(147, &[]), packet(0, 1, 60, &[1; 20])].concat()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.pcap holds no frame that can be read: its link type (147) is not supported"
    );
}

#[test]
fn a_file_cut_anywhere_gives_what_came_before() {
    let whole = pcap(THREE);
    for len in 0..whole.len() {
        match read(whole[..len].to_vec()) {
            Ok((frames, warning)) => {
                assert!(expected().starts_with(&frames), "{len} bytes");
                let is_between = [24, 24 + 76, 24 + 76 + 112].contains(&len);
                assert_eq!(warning.is_none(), is_between, "{len} bytes: {warning:?}");
            }
            Err(error) => assert!(len < 24 + 76, "{len} bytes: {error}"),
        }
    }
}

#[test]
fn what_is_no_capture_says_so() {
    let error = |bytes: &[u8]| read(bytes.to_vec()).unwrap_err().to_string();
    assert_eq!(error(b""), "test.pcap is empty");
    assert_eq!(
        error(b"GIF89a, and more"),
        "test.pcap is not a capture (pcap or pcapng, plain or compressed): it begins with 47 49 46 38 39 61 2c 20"
    );
}

#[test]
fn a_block_shorter_than_its_frame_is_damage() {
    let mut short = packet(0, 1, 60, &[2; 20]);
    short[20..24].copy_from_slice(&100_u32.to_le_bytes());
    let (frames, warning) =
        read([section(), interface(1, &[]), packet(0, 1, 60, &[1; 20]), short].concat()).unwrap();
    assert_eq!(frames.len(), 1);
    assert!(matches!(warning, Some(Warning::Damaged { frames: 1, .. })), "{warning:?}");
    // A simple packet (kind 3) that says it is longer than its block.
    let simple = block(3, &[&100_u32.to_le_bytes()[..], &[3; 20]].concat());
    let (frames, warning) =
        read([section(), interface(1, &[]), packet(0, 1, 60, &[1; 20]), simple].concat()).unwrap();
    assert_eq!(frames.len(), 1);
    assert!(matches!(warning, Some(Warning::Damaged { frames: 1, .. })), "{warning:?}");
}

/// Both packings of the same bytes.
fn packed(plain: &[u8]) -> [Vec<u8>; 2] {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain).unwrap();
    [gzip.finish().unwrap(), zstd::encode_all(plain, 3).unwrap()]
}

#[test]
fn a_packed_file_cut_anywhere_says_that_it_ends_too_early() {
    // Bytes that do not pack well, so that there is something to cut.
    let noise: Vec<u8> = (0..9_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let frames: Vec<(u64, u32, &[u8])> = noise.chunks(90).map(|data| (1_000_000_001, 90, data)).collect();
    for whole in packed(&pcap(&frames)) {
        for len in (4..whole.len()).rev().step_by(7) {
            let said = match read(whole[..len].to_vec()) {
                Ok((read, warning)) => {
                    assert!(read.len() <= frames.len() && !read.is_empty(), "{len} bytes");
                    warning.expect("a cut is seen").to_string()
                }
                Err(error) => error.to_string(),
            };
            assert!(said.contains("too early"), "{len} of {} bytes: {said}", whole.len());
        }
    }
}

#[test]
fn a_plain_file_cut_in_its_head_says_that_it_ends_too_early() {
    let error = read(pcap(THREE)[..17].to_vec()).unwrap_err();
    assert_eq!(error.to_string(), "test.pcap ends too early: it is cut off before its first frame");
}

#[test]
fn what_is_packed_and_no_capture_is_named() {
    let error = |plain: &[u8]| packed(plain).map(|file| read(file).unwrap_err().to_string());
    for said in error(&[0; 4_000]) {
        assert!(said.starts_with("what is packed in test.pcap ("), "{said}");
        assert!(
            said.ends_with("is not a capture (pcap or pcapng): it begins with 00 00 00 00 00 00 00 00"),
            "{said}"
        );
    }
    assert_eq!(error(b""), ["what is packed in test.pcap is empty"; 2]);
    let mut damaged = packed(&pcap(THREE));
    damaged[0][2] = 0;
    damaged[1][4] = 0xff;
    let said = damaged.map(|file| read(file).unwrap_err().to_string());
    assert!(said[0].contains("its gzip cannot be unpacked"), "{said:?}");
    assert!(said[1].contains("its zstd cannot be unpacked"), "{said:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(tail in prop::collection::vec(any::<u8>(), 0..300), which in 0_u8..4) {
        let head = match which {
            0 => Vec::new(),
            1 => pcap(THREE),
            2 => [section(), interface(1, &[])].concat(),
            _ => vec![0x1f, 0x8b, 8, 0],
        };
        let _result = read([head, tail].concat());
    }
}

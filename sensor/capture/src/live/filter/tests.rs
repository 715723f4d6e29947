//! Programs are run by a small interpreter and compared with what the segments say.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

/// What the kernel would do with a frame: how much of it is kept.
fn run(program: &[Instruction], frame: &[u8]) -> u32 {
    let (mut a, mut x, mut pc) = (0_u32, 0_u32, 0_usize);
    let bytes = |at: u32, len: usize| -> Option<u32> {
        let at = at as usize;
        let bytes = frame.get(at..at + len)?;
        Some(bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte)))
    };
    loop {
        let instruction = program[pc];
        let operand = instruction.operand;
        pc += 1;
        // A load beyond the end drops the frame.
        let loaded = match instruction.code {
            code::LOAD_HALF => bytes(operand, 2),
            code::LOAD_BYTE => bytes(operand, 1),
            code::LOAD_WORD_FROM_X => bytes(x + operand, 4),
            _ => Some(a),
        };
        let Some(loaded) = loaded else { return 0 };
        a = loaded;
        match instruction.code {
            code::LOAD_X => x = operand,
            code::AND => a &= operand,
            code::SHIFT_RIGHT => a >>= operand,
            code::JUMP => pc += operand as usize,
            code::JUMP_IF_EQUAL => {
                pc += usize::from(if a == operand { instruction.if_true } else { instruction.if_false });
            }
            code::RETURN => return operand,
            _ => {}
        }
    }
}

fn ethernet(ethertype: u16, tags: &[u16], rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    for tag in tags {
        frame.extend(tag.to_be_bytes());
        frame.extend([0, 7]);
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(rest);
    frame
}

/// The addresses of an IP packet in a header of its kind.
fn ip(from: IpAddr, to: IpAddr) -> Vec<u8> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut header = vec![0x45; 12];
            header.extend(from.octets());
            header.extend(to.octets());
            header
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut header = vec![0x60; 8];
            header.extend(from.octets());
            header.extend(to.octets());
            header
        }
        _ => panic!("one of each"),
    }
}

fn packet(from: &str, to: &str) -> Vec<u8> {
    let (from, to): (IpAddr, IpAddr) = (from.parse().unwrap(), to.parse().unwrap());
    ethernet(if from.is_ipv4() { 0x0800 } else { 0x86dd }, &[], &ip(from, to))
}

fn segments(of: &[&str]) -> Vec<IpNet> {
    of.iter().map(|text| text.parse().unwrap()).collect()
}

fn passes(of: &[&str], frame: &[u8]) -> bool {
    run(&program(&segments(of), LinkType::Ethernet), frame) != 0
}

const CLINIC: &[&str] = &["192.0.2.0/24", "2001:db8:7::/48"];

#[test]
fn without_segments_everything_passes() {
    for frame in [packet("203.0.113.1", "198.51.100.1"), vec![0xff; 14], vec![]] {
        assert!(passes(&[], &frame));
    }
}

#[test]
fn either_end_in_a_segment_passes() {
    assert!(passes(CLINIC, &packet("192.0.2.9", "198.51.100.1")));
    assert!(passes(CLINIC, &packet("198.51.100.1", "192.0.2.9")));
    assert!(passes(CLINIC, &packet("2001:db8:7::1", "2001:db8:8::1")));
    assert!(passes(CLINIC, &packet("2001:db8:8::1", "2001:db8:7:ffff::1")));
    assert!(!passes(CLINIC, &packet("198.51.100.1", "203.0.113.1")));
    assert!(!passes(CLINIC, &packet("192.0.3.0", "192.0.1.255")));
    assert!(!passes(CLINIC, &packet("2001:db8:8::1", "2001:db8:6::1")));
}

#[test]
fn what_is_no_ip_passes() {
    assert!(passes(CLINIC, &ethernet(0x0806, &[], &[0; 28])));
    assert!(passes(CLINIC, &ethernet(0x88cc, &[], &[])));
    assert!(passes(CLINIC, &ethernet(0x0026, &[], &[0x42; 38])));
}

#[test]
fn what_is_said_on_the_segment_itself_passes() {
    assert!(passes(CLINIC, &packet("0.0.0.0", "255.255.255.255")));
    assert!(passes(CLINIC, &packet("169.254.7.7", "224.0.0.251")));
    assert!(passes(CLINIC, &packet("fe80::1", "ff02::1")));
    assert!(passes(CLINIC, &packet("::", "ff02::1:ff00:1")));
    assert!(!passes(CLINIC, &packet("203.0.113.1", "224.0.0.251")));
}

#[test]
fn tags_in_the_bytes_are_stepped_over() {
    let inside = ip("192.0.2.9".parse().unwrap(), "198.51.100.1".parse().unwrap());
    let outside = ip("203.0.113.9".parse().unwrap(), "198.51.100.1".parse().unwrap());
    for tags in [&[0x8100][..], &[0x88a8], &[0x9100], &[0x88a8, 0x8100], &[0x8100, 0x8100]] {
        assert!(passes(CLINIC, &ethernet(0x0800, tags, &inside)), "{tags:04x?}");
        assert!(!passes(CLINIC, &ethernet(0x0800, tags, &outside)), "{tags:04x?}");
        assert!(passes(CLINIC, &ethernet(0x0806, tags, &[0; 28])), "{tags:04x?}");
    }
    // Deeper than that nobody looks: it passes.
    assert!(passes(CLINIC, &ethernet(0x0800, &[0x8100, 0x8100, 0x8100], &outside)));
}

#[test]
fn a_header_that_is_cut_off_does_not_pass() {
    let whole = packet("198.51.100.1", "192.0.2.9");
    assert!(!passes(CLINIC, &whole[..20]));
    assert!(!passes(CLINIC, &whole[..10]));
}

#[test]
fn frames_without_a_link_header_are_read_too() {
    let program = program(&segments(CLINIC), LinkType::Raw);
    let run_ip = |from: &str, to: &str| run(&program, &ip(from.parse().unwrap(), to.parse().unwrap())) != 0;
    assert!(run_ip("192.0.2.9", "198.51.100.1"));
    assert!(!run_ip("203.0.113.9", "198.51.100.1"));
    assert!(run_ip("2001:db8:7::9", "2001:db8:8::9"));
    assert!(!run_ip("2001:db8:9::9", "2001:db8:8::9"));
}

#[test]
fn the_longest_list_fits_into_the_kernel() {
    let odd =
        |number: u16| IpNet::new(Ipv6Addr::new(0x2001, 0xdb8, number, 0, 0, 0, 0, 2).into(), 127).unwrap();
    let most: Vec<IpNet> = (0..SEGMENTS_MAX as u16).map(|number| odd(number * 2)).collect();
    let program = program(&most, LinkType::Ethernet);
    assert!(program.len() < 1_500, "{}", program.len());
    let last: IpAddr = "2001:db8:7e::3".parse().unwrap();
    let other: IpAddr = "2001:db8:7f::3".parse().unwrap();
    assert_ne!(run(&program, &ethernet(0x86dd, &[], &ip(other, last))), 0);
    assert_eq!(run(&program, &ethernet(0x86dd, &[], &ip(other, other))), 0);
}

fn any_four() -> impl Strategy<Value = Ipv4Addr> {
    // Few bits differ, so that addresses often lie in segments.
    any::<u16>().prop_map(|bits| Ipv4Addr::from_bits(0x0a00_0000 | u32::from(bits & 0xf00f)))
}

fn any_six() -> impl Strategy<Value = Ipv6Addr> {
    (any::<u16>(), any::<u16>()).prop_map(|(high, low)| {
        Ipv6Addr::new(0x2001, 0xdb8, high & 0x3, 0, high & 0x8000, 0, low & 0x4000, low & 0x3)
    })
}

fn any_segment() -> impl Strategy<Value = IpNet> {
    prop_oneof![
        (any_four(), 0..=32_u8).prop_map(|(address, bits)| IpNet::new(address.into(), bits).unwrap()),
        (any_six(), 0..=128_u8).prop_map(|(address, bits)| IpNet::new(address.into(), bits).unwrap()),
    ]
}

proptest! {
    /// Whatever the segments, the program says what they say.
    #[test]
    fn agrees_with_the_segments(
        of in prop::collection::vec(any_segment(), 1..SEGMENTS_MAX),
        four in (any_four(), any_four()),
        six in (any_six(), any_six()),
        tags in prop::collection::vec(prop::sample::select(vec![0x8100_u16, 0x88a8]), 0..3),
    ) {
        let program = program(&of, LinkType::Ethernet);
        for (ethertype, from, to) in [
            (0x0800, IpAddr::V4(four.0), IpAddr::V4(four.1)),
            (0x86dd, IpAddr::V6(six.0), IpAddr::V6(six.1)),
        ] {
            let wanted = of.iter().any(|segment| segment.contains(&from) || segment.contains(&to));
            let kept = run(&program, &ethernet(ethertype, &tags, &ip(from, to)));
            prop_assert_eq!(kept != 0, wanted, "{} to {}", from, to);
        }
    }
}

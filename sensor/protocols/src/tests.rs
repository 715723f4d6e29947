//! What holds for every protocol of the list.

use proptest::prelude::*;

use crate::talk::talk_any;
use crate::{ALL, Carrier, Input, Parser, Progress, Side};

fn index_of(id: &str) -> usize {
    ALL.iter().position(|spec| spec.id == id).unwrap()
}

/// Beginnings that lead into each parser, so that random bytes get past its first line.
const BEGINNINGS: [(&str, &[u8]); 9] = [
    ("dns", b"\x00\x20\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03"),
    ("ftp", b"220 FTP\r\nUSER "),
    ("ftp", b"PASS x\r\n530 no\r\n230-"),
    ("http", b"GET /x HTTP/1.1\r\nHost: a.example\r\n"),
    ("http", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"),
    ("ssh", b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x15"),
    ("ssh", b"SSH-2.0-x\r\n\x00\x00\x01\x0c\x0a\x14"),
    ("tls", b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03"),
    ("tls", b"\x16\x03\x01\x00\x40\x0b\x00\x00\x3c\x00\x00\x39\x00\x00\x36"),
];

#[test]
fn the_list_is_in_order_and_each_has_its_chapters() {
    let ids: Vec<_> = ALL.iter().map(|spec| spec.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for (index, spec) in ALL.iter().enumerate() {
        assert_eq!(Parser::new(index).unwrap().spec().id, spec.id);
        assert!(!spec.carriers.is_empty(), "{}", spec.id);
        let chapters: Vec<_> = spec.readme.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(
            chapters,
            ["## What we read", "## What we skip", "## Limits", "## Sources"],
            "{}",
            spec.id
        );
    }
    assert!(Parser::new(ALL.len()).is_none());
}

#[test]
fn a_gap_first_harms_nobody() {
    for (index, spec) in ALL.iter().enumerate() {
        for carrier in spec.carriers {
            let mut parser = Parser::new(index).unwrap();
            let mut said = 0;
            parser.parse(Side::Server, *carrier, Input::Gap(u64::MAX), &mut |_| said += 1);
            assert_eq!(said, 0, "{}", spec.id);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_any_panic(bytes in prop::collection::vec(any::<u8>(), 1..600), step in 1_usize..80) {
        for (index, spec) in ALL.iter().enumerate() {
            for (carrier, side, hinted) in [(Carrier::Tcp, Side::Client, true), (Carrier::Udp, Side::Server, false)] {
                if spec.carriers.contains(&carrier) {
                    core::hint::black_box(Parser::probe(index, &bytes, side, carrier, hinted));
                    talk_any(index, carrier, &[(side, &bytes), (side.other(), &bytes)], step);
                }
            }
        }
    }

    /// A stream says the same however it is cut, and an answer never uses nothing.
    #[test]
    fn a_stream_says_the_same_however_it_is_cut(
        which in 0..BEGINNINGS.len(),
        tail in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b' '), Just(0), Just(3)], 0..400),
        step in 1_usize..40,
    ) {
        let (id, beginning) = BEGINNINGS[which];
        let stream = [beginning, &tail].concat();
        for side in [Side::Client, Side::Server] {
            let turns: &[(Side, &[u8])] = &[(side, &stream)];
            let (whole, last) = talk_any(index_of(id), Carrier::Tcp, turns, usize::MAX);
            let (pieces, _) = talk_any(index_of(id), Carrier::Tcp, turns, step);
            prop_assert_eq!(whole, pieces);
            prop_assert_ne!(last, Progress::Used(0));
        }
    }

    /// Once it is known what bytes are, more of them change nothing.
    #[test]
    fn a_probe_does_not_change_its_mind(which in 0..BEGINNINGS.len(), tail in prop::collection::vec(any::<u8>(), 0..100)) {
        let (_, beginning) = BEGINNINGS[which];
        let stream = [beginning, &tail].concat();
        for (index, spec) in ALL.iter().enumerate().filter(|(_, spec)| spec.carriers.contains(&Carrier::Tcp)) {
            let probe = |len: usize| Parser::probe(index, &stream[..len], Side::Client, Carrier::Tcp, false);
            let settled = (1..=stream.len()).map(probe).find(|probe| *probe != crate::Probe::Unsure);
            if let Some(settled) = settled {
                // A name lookup off its port is believed only when the question is whole and nothing else.
                if spec.id != "dns" { prop_assert_eq!(probe(stream.len()), settled, "{}", spec.id); }
            }
        }
    }
}

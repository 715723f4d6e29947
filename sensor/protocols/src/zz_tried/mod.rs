//! ZzTried over TCP (say which RFC or document).
//!
//! Reads the name that each end gives itself. Does not read what is said after it.

mod parse;

use crate::event::{Anomaly, Event, Software};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};

/// State of one conversation. It stands in every flow's slot: keep it small.
#[derive(Debug, Default)]
pub struct Parser;

impl Protocol for Parser {
    const SPEC: Spec =
        Spec { id: "zz-tried", carriers: &[Carrier::Tcp], ports_hint: &[], readme: include_str!("README.md") };

    fn probe(first: &[u8], _side: Side, _carrier: Carrier, _hinted: bool) -> Probe {
        match first.get(..parse::MAGIC.len()) {
            Some(begin) if begin == parse::MAGIC => Probe::Certain(None),
            None if parse::MAGIC.starts_with(first) => Probe::Unsure,
            _ => Probe::NotOurs,
        }
    }

    fn parse(
        &mut self,
        side: Side,
        _carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        // Without its beginning a message cannot be told from another.
        let Input::Data(bytes) = input else { return Progress::Done };
        match parse::greeting(bytes) {
            Ok(Some(greeting)) => {
                out(Event::Software(Software { side, evidence: "zz-tried-greeting", text: greeting.name }));
                Progress::Used(greeting.used_bytes)
            }
            Ok(None) => Progress::NeedMore,
            Err(malformed) => {
                out(Event::Anomaly(Anomaly { protocol: "zz-tried", what: malformed.name() }));
                Progress::GiveUp
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GREETING: &[u8] = b"\xec\x5a\x01\x05scale";

    /// What was said, one line each.
    fn said(bytes: &[u8]) -> (Vec<String>, Progress) {
        let mut lines = Vec::new();
        let progress = Parser.parse(Side::Server, Carrier::Tcp, Input::Data(bytes), &mut |event| {
            lines.push(format!("{event:?}"));
        });
        (lines, progress)
    }

    #[test]
    fn a_greeting_gives_the_name() {
        let (lines, progress) = said(GREETING);
        assert_eq!(progress, Progress::Used(9));
        assert!(lines.len() == 1 && lines[0].contains("scale"), "{lines:?}");
    }

    #[test]
    fn a_name_that_is_no_text_is_an_anomaly() {
        let (lines, progress) = said(b"\xec\x5a\x01\x01\x00");
        assert_eq!(progress, Progress::GiveUp);
        assert!(lines[0].contains("name-not-text"), "{lines:?}");
    }

    #[test]
    fn cut_short_it_waits_for_more() {
        for len in 0..GREETING.len() {
            assert_eq!(said(&GREETING[..len]), (Vec::new(), Progress::NeedMore), "cut at {len}");
        }
    }

    #[test]
    fn known_by_its_first_bytes() {
        let probe = |first| Parser::probe(first, Side::Client, Carrier::Tcp, false);
        assert_eq!(probe(GREETING), Probe::Certain(None));
        assert_eq!(probe(&GREETING[..2]), Probe::Unsure);
        assert_eq!(probe(b"GET / HTTP/1.1"), Probe::NotOurs);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
            said(&bytes);
        }
    }
}

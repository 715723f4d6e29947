//! For tests: hands a conversation to a parser as the engine does, in pieces of any size, and writes down what was said.

use crate::{Carrier, Event, Input, Parser, Progress, Protocol, Side};

/// One side's bytes that were not used yet.
#[derive(Default)]
struct Unread {
    bytes: Vec<u8>,
    skip: u64,
}

/// What was said, one line each, and the last answer. TCP pieces are at most `step` bytes.
pub(crate) fn talk(parse: Parse<'_>, turns: &[(Side, &[u8])], step: usize) -> (Vec<String>, Progress) {
    let mut unread = [Unread::default(), Unread::default()];
    let (mut said, mut last) = (Vec::new(), Progress::NeedMore);
    for (side, bytes) in turns {
        let mine = side.of_mut(&mut unread);
        for piece in bytes.chunks(step) {
            mine.bytes.extend(piece);
            loop {
                let skipped = (mine.skip.min(mine.bytes.len() as u64)) as usize;
                mine.bytes.drain(..skipped);
                mine.skip -= skipped as u64;
                if mine.bytes.is_empty() {
                    break;
                }
                last = parse(*side, Input::Data(&mine.bytes), &mut |event| said.push(format!("{event:?}")));
                match last {
                    Progress::Used(count) => mine.skip = count,
                    Progress::NeedMore => break,
                    Progress::Done | Progress::GiveUp => return (said, last),
                }
            }
        }
    }
    (said, last)
}

/// A parser's `parse`, its carrier chosen.
pub(crate) type Parse<'p> = &'p mut dyn FnMut(Side, Input<'_>, &mut dyn FnMut(Event<'_>)) -> Progress;

/// [`talk`] over TCP with a fresh parser.
pub(crate) fn talk_tcp<P: Protocol>(turns: &[(Side, &[u8])], step: usize) -> (Vec<String>, Progress) {
    let mut parser = P::default();
    talk(&mut |side, input, out| parser.parse(side, Carrier::Tcp, input, out), turns, step)
}

/// The same, with the parser at `index` of the list.
pub(crate) fn talk_any(
    index: usize,
    carrier: Carrier,
    turns: &[(Side, &[u8])],
    step: usize,
) -> (Vec<String>, Progress) {
    let mut parser = Parser::new(index).unwrap();
    talk(&mut |side, input, out| parser.parse(side, carrier, input, out), turns, step)
}

/// Asserts that pieces of every size say the same.
pub(crate) fn says_the_same_in_pieces<P: Protocol>(turns: &[(Side, &[u8])]) {
    let whole = talk_tcp::<P>(turns, usize::MAX);
    let longest = turns.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or(1);
    for step in 1..=longest {
        let pieces = talk_tcp::<P>(turns, step);
        assert_eq!(pieces.0, whole.0, "{step} bytes at a time");
    }
}

/// Asserts that a conversation that breaks off anywhere says nothing that the whole does not say.
pub(crate) fn breaks_off_anywhere<P: Protocol>(turns: &[(Side, &[u8])]) {
    let whole = talk_tcp::<P>(turns, usize::MAX).0;
    for (count, (side, bytes)) in turns.iter().enumerate() {
        for end in 1..=bytes.len() {
            let mut cut = turns[..count].to_vec();
            cut.push((*side, &bytes[..end]));
            let said = talk_tcp::<P>(&cut, usize::MAX).0;
            assert!(whole.starts_with(&said), "cut at {end} of turn {count}: {said:?}");
        }
    }
}

//! Every protocol of the list, on whatever carries it: a new one is tried without a line here.

use core::fmt::Write as _;

use sensor_protocols::certificate::{Certificate, NAME_BYTES_MAX};
use sensor_protocols::{ALL, Announce, Carrier, Event, Input, Parser, Probe, Progress, Side};

use crate::bytes::{Bytes, lies_in};
use crate::plain::assert_printable;

/// Longest text of an event, in bytes: a name of 255 of which every byte is written as `\ddd`.
const TEXT_BYTES_MAX: usize = 4 * 255;

/// So much unread is kept for a parser; then it is told of a gap, as by `sensor/flow`.
const UNREAD_BYTES_MAX: usize = sensor_flow::reassembly::WINDOW_BYTES;

/// What one end says, or what is missing of it.
#[derive(Clone, Copy)]
enum Turn<'a> {
    Says(Side, &'a [u8]),
    Misses(Side, u64),
}

/// `[step] ([who and how] [length, two bytes] bytes)…`: a conversation on TCP.
pub(crate) fn stream(input: &[u8]) {
    let mut input = Bytes(input);
    let Some(step) = input.u8() else { return };
    let mut turns = Vec::new();
    while let (Some(how), Some(len)) = (input.u8(), input.u16()) {
        let side = if how & 1 == 0 { Side::Client } else { Side::Server };
        if how & 0xf0 == 0xf0 {
            turns.push(Turn::Misses(side, u64::from(len).max(1)));
        } else {
            turns.push(Turn::Says(side, input.piece(len.into())));
        }
    }
    for (index, spec) in ALL.iter().enumerate() {
        if !spec.carriers.contains(&Carrier::Tcp) {
            continue;
        }
        if let Some(Turn::Says(side, first)) = turns.first() {
            probes_settle(index, spec.id, *side, first);
        }
        let whole = hear(index, &turns, usize::MAX);
        let pieces = hear(index, &turns, usize::from(step).max(1));
        // Behind a gap a message is looked for where a piece begins.
        let has_gap = turns.iter().any(|turn| matches!(turn, Turn::Misses(..)));
        assert!(has_gap || whole == pieces, "{}: in pieces of {step} {pieces:?}, else {whole:?}", spec.id);
    }
}

/// `[who] ([length, two bytes] datagram)…`: a conversation on UDP, the ends in turn.
pub(crate) fn datagram(input: &[u8]) {
    let mut input = Bytes(input);
    let Some(how) = input.u8() else { return };
    let mut said = Vec::new();
    while let Some(len) = input.u16() {
        said.push(input.piece(len.into()));
    }
    for (index, spec) in ALL.iter().enumerate() {
        if !spec.carriers.contains(&Carrier::Udp) {
            continue;
        }
        let (Some(mut one), Some(mut other)) = (Parser::new(index), Parser::new(index)) else { return };
        let mut side = if how & 1 == 0 { Side::Client } else { Side::Server };
        for bytes in said.iter().filter(|bytes| !bytes.is_empty()) {
            let _probe = Parser::probe(index, bytes, side, Carrier::Udp, how & 2 == 0);
            let mut heard = [String::new(), String::new()];
            let mut answers = [Progress::NeedMore; 2];
            for ((parser, heard), answer) in
                [&mut one, &mut other].into_iter().zip(&mut heard).zip(&mut answers)
            {
                *answer = parser.parse(side, Carrier::Udp, Input::Data(bytes), &mut |event| {
                    holds(&event, bytes);
                    let _infallible = write!(heard, "{event:?}");
                });
            }
            assert_eq!(heard[0], heard[1], "{}: the same bytes say something else", spec.id);
            assert_eq!(answers[0], answers[1], "{}: the same bytes have another answer", spec.id);
            if matches!(answers[0], Progress::Done | Progress::GiveUp) {
                break;
            }
            side = side.other();
        }
    }
}

/// A certificate, as it goes by in a handshake of TLS 1.2.
pub(crate) fn certificate(input: &[u8]) {
    let der = &input[..input.len().min(16_000)];
    let [_, a, b, c] = (der.len() as u32).to_be_bytes();
    let [_, d, e, f] = (der.len() as u32 + 3).to_be_bytes();
    let [_, g, h, i] = (der.len() as u32 + 6).to_be_bytes();
    let [_, _, j, k] = (der.len() as u32 + 10).to_be_bytes();
    let record = [&[22, 3, 3, j, k, 11, g, h, i, d, e, f, a, b, c], der].concat();
    let Some(index) = ALL.iter().position(|spec| spec.id == "tls") else { return };
    let Some(mut parser) = Parser::new(index) else { return };
    let (mut rest, mut heard) = (&record[..], false);
    while !rest.is_empty() {
        let progress = parser.parse(Side::Server, Carrier::Tcp, Input::Data(rest), &mut |event| {
            holds(&event, &record);
            heard |= matches!(event, Event::Certificate(shown) if shown.der() == der);
        });
        match progress {
            Progress::Used(count) => rest = rest.get(count as usize..).unwrap_or_default(),
            Progress::NeedMore | Progress::Done | Progress::GiveUp => break,
        }
    }
    assert!(heard || der.is_empty(), "the certificate was not shown");
}

/// Asks for the first bytes, one more each time: an answer that is not "unsure" stands.
fn probes_settle(index: usize, id: &str, side: Side, first: &[u8]) {
    // A name lookup off its port is believed only when the question is whole and nothing else.
    if id == "dns" {
        return;
    }
    let mut settled = Probe::Unsure;
    for len in 1..=first.len().min(64) {
        let probe = Parser::probe(index, &first[..len], side, Carrier::Tcp, false);
        assert!(settled == Probe::Unsure || probe == settled, "{id}: {settled:?}, and then {probe:?}");
        settled = probe;
    }
}

/// What is said, the turns cut into pieces of at most `step` bytes.
fn hear(index: usize, turns: &[Turn<'_>], step: usize) -> String {
    let Some(mut parser) = Parser::new(index) else { return String::new() };
    let mut said = String::new();
    let mut unread: [(Vec<u8>, u64); 2] = Default::default();
    for turn in turns {
        let (side, pieces) = match *turn {
            Turn::Says(side, bytes) => (side, bytes.chunks(step)),
            Turn::Misses(side, bytes) => {
                let (kept, skip) = side.of_mut(&mut unread);
                let missing = (kept.len() as u64 + bytes).saturating_sub(*skip);
                *skip = skip.saturating_sub(kept.len() as u64 + bytes);
                kept.clear();
                if missing > 0 && !goes_on(&mut parser, side, Input::Gap(missing), &mut said) {
                    return said;
                }
                continue;
            }
        };
        let (kept, skip) = side.of_mut(&mut unread);
        for piece in pieces {
            kept.extend(piece);
            loop {
                let passed = (*skip).min(kept.len() as u64);
                kept.drain(..passed as usize);
                *skip -= passed;
                if kept.is_empty() {
                    break;
                }
                if kept.len() > UNREAD_BYTES_MAX {
                    // What happens to so much depends on how it is cut.
                    return said;
                }
                let progress = parser.parse(side, Carrier::Tcp, Input::Data(kept), &mut |event| {
                    holds(&event, kept);
                    note(&event, &mut said);
                });
                match progress {
                    Progress::Used(count) => {
                        assert!(count > 0, "an answer uses nothing");
                        *skip = count;
                    }
                    Progress::NeedMore => break,
                    Progress::Done | Progress::GiveUp => return said,
                }
            }
        }
    }
    said
}

fn goes_on(parser: &mut Parser, side: Side, input: Input<'_>, said: &mut String) -> bool {
    let progress = parser.parse(side, Carrier::Tcp, input, &mut |event| {
        holds(&event, &[]);
        note(&event, said);
    });
    !matches!(progress, Progress::Done | Progress::GiveUp)
}

/// Logins of ssh are told by the sizes of messages, and where those are hidden by the sizes of pieces.
fn note(event: &Event<'_>, said: &mut String) {
    if !matches!(event, Event::Login(login) if login.service == "ssh") {
        let _infallible = writeln!(said, "{event:?}");
    }
}

/// What holds of every event, read from `input`.
fn holds(event: &Event<'_>, input: &[u8]) {
    let text = |text: &str| {
        assert_printable(text);
        assert!(text.len() <= TEXT_BYTES_MAX.max(input.len()), "{} bytes of text", text.len());
    };
    match event {
        Event::NameLookup(lookup) => text(lookup.name),
        Event::Login(login) => login.user.into_iter().for_each(text),
        Event::Request(request) => [request.method, request.host, request.target].into_iter().for_each(text),
        Event::ServerName(name) => text(name),
        Event::Certificate(certificate) => {
            assert!(!certificate.der().is_empty());
            reads(certificate);
        }
        Event::Fingerprint(fingerprint) => text(fingerprint.value),
        Event::Software(software) => text(software.text),
        Event::Announce(announce) => match announce {
            Announce::HostName(name)
            | Announce::Service(name)
            | Announce::VendorClass(name)
            | Announce::Model(name) => {
                text(name);
            }
            Announce::Address { name, .. } => text(name),
            Announce::ParameterList(list) => assert!(lies_in(list, input), "a list that is not in the input"),
        },
        Event::Lease(lease) => {
            lease.host_name.into_iter().for_each(text);
            assert!(lease.prefix_bits.is_none_or(|bits| bits <= 32));
        }
        Event::AddressServer(_) => {}
        Event::Anomaly(anomaly) => {
            [anomaly.protocol, anomaly.what].into_iter().for_each(text);
        }
    }
}

fn reads(certificate: &Certificate<'_>) {
    if let Ok(facts) = certificate.read() {
        assert!(facts.subject.len() <= NAME_BYTES_MAX && facts.issuer.len() <= NAME_BYTES_MAX);
    }
}

//! DNS over UDP and TCP (RFC 1035, 6891, 7766), multicast DNS (RFC 6762) and LLMNR (RFC 4795).
//!
//! Reads questions, the addresses in answers, and what devices announce of themselves. Does not validate DNSSEC and does not follow
//! CNAMEs.

mod parse;

use core::net::IpAddr;

use arrayvec::ArrayVec;

use crate::cursor::Cursor;
use crate::event::{Announce, Anomaly, Event, LookupPhase, NameLookup};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};
use parse::{Header, Malformed, Record};

/// Most addresses handed out of one answer; more are left out. Real answers have one to six.
pub const ADDRESSES_MAX: usize = 8;

/// Most questions read of one message. One in DNS (RFC 9619); multicast DNS asks several at once.
const QUESTIONS_MAX: u16 = 16;

/// Most records read of one message. Guess: 1,232 bytes (the recommended EDNS size) hold about 70 of the smallest.
const RECORDS_MAX: u16 = 100;

/// As much of one message over TCP is looked at, in bytes; the rest is passed over.
const TCP_MESSAGE_BYTES_READ: usize = 4_096;

const MDNS_PORT: u16 = 5_353;

/// State of one conversation: none, every message stands for itself.
#[derive(Debug, Default)]
pub struct Parser;

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "dns",
        carriers: &[Carrier::Udp, Carrier::Tcp],
        ports_hint: &[53, MDNS_PORT, 5_355],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], _side: Side, carrier: Carrier, hinted: bool) -> Probe {
        let message = match (carrier, first) {
            (Carrier::Udp, message) => message,
            (Carrier::Tcp, [_, _, message @ ..]) => message,
            (Carrier::Tcp, _) => return Probe::Unsure,
        };
        let mut rest = Cursor::new(message);
        let Ok(header) = parse::header(&mut rest) else {
            return if carrier == Carrier::Tcp { Probe::Unsure } else { Probe::NotOurs };
        };
        // Opcodes 0-6 and these counts are all that is in use (IANA "DNS parameters"); a question's class is IN or, with the
        // "unicast" bit of multicast DNS, 0x8001.
        let is_plausible = header.opcode <= 6
            && header.questions <= QUESTIONS_MAX
            && header.questions.saturating_add(header.answers).saturating_add(header.others) > 0;
        let mut is_exact = || {
            header.questions == 1
                && parse::question(&mut rest, message)
                    .is_ok_and(|question| matches!(question.class, 1 | 0x8001) && !question.name.is_empty())
        };
        if is_plausible && (hinted || is_exact()) {
            let speaker = if header.is_response { Side::Server } else { Side::Client };
            // Neighbours answer unasked: then who opened the conversation says nothing.
            Probe::Certain((header.questions > 0).then_some(speaker))
        } else {
            Probe::NotOurs
        }
    }

    fn parse(
        &mut self,
        _side: Side,
        carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        let (Input::Data(bytes), Carrier::Tcp) = (input, carrier) else {
            return match input {
                Input::Data(message) => {
                    read(message, message.len(), out);
                    Progress::Used(message.len() as u64)
                }
                Input::Gap(_) => Progress::GiveUp,
            };
        };
        let mut rest = Cursor::new(bytes);
        let Some(len) = rest.u16().map(usize::from) else { return Progress::NeedMore };
        let Some(message) = rest.take(len.min(TCP_MESSAGE_BYTES_READ)) else { return Progress::NeedMore };
        if !read(message, len, out) {
            return Progress::GiveUp;
        }
        Progress::Used((len as u64).saturating_add(2))
    }
}

/// Reads one message and says what it says; false when it is broken (which is said, too).
fn read(message: &[u8], len: usize, out: &mut dyn FnMut(Event<'_>)) -> bool {
    match message_events(message, len, out) {
        Ok(()) => true,
        Err(broken) => {
            out(Event::Anomaly(Anomaly { protocol: "dns", what: broken.anomaly() }));
            false
        }
    }
}

fn message_events(message: &[u8], len: usize, out: &mut dyn FnMut(Event<'_>)) -> Result<(), Malformed> {
    let mut rest = Cursor::new(message);
    let header = parse::header(&mut rest)?;
    let message_bytes = u16::try_from(len).unwrap_or(u16::MAX);
    // Only neighbours answer without repeating the question.
    let is_announcement = header.is_response && header.questions == 0;
    let mut asked = None;
    for _ in 0..header.questions.min(QUESTIONS_MAX) {
        let question = parse::question(&mut rest, message)?;
        let is_local = question.name.ends_with(".local") || is_single_label(&question.name);
        if header.is_response {
            asked.get_or_insert((question, is_local));
            continue;
        }
        let name = question.name.as_str();
        let lookup =
            NameLookup { phase: LookupPhase::Asked, name, record: question.record, message_bytes, is_local };
        out(Event::NameLookup(lookup));
    }
    if is_announcement {
        return announcements(&header, rest, message, out);
    }
    if let Some((question, is_local)) = asked {
        let addresses = addresses(&header, rest);
        out(Event::NameLookup(NameLookup {
            phase: LookupPhase::Answered { code: header.code, addresses: &addresses },
            name: &question.name,
            record: question.record,
            message_bytes,
            is_local,
        }));
    }
    Ok(())
}

/// The addresses in the answers, as far as they were captured.
fn addresses(header: &Header, mut rest: Cursor<'_>) -> ArrayVec<IpAddr, ADDRESSES_MAX> {
    let mut addresses = ArrayVec::new();
    for _ in 0..header.answers.min(RECORDS_MAX) {
        let Ok(record) = parse::record(&mut rest) else { break };
        if let Some(address) = parse::address(&record)
            && addresses.try_push(address).is_err()
        {
            break;
        }
    }
    addresses
}

/// What a device tells its neighbours of itself (RFC 6762, RFC 6763).
fn announcements(
    header: &Header,
    mut rest: Cursor<'_>,
    message: &[u8],
    out: &mut dyn FnMut(Event<'_>),
) -> Result<(), Malformed> {
    let records = header.answers.saturating_add(header.others).min(RECORDS_MAX);
    for _ in 0..records {
        let record = parse::record(&mut rest)?;
        announcement(&record, message, out)?;
    }
    Ok(())
}

fn announcement(
    record: &Record<'_>,
    message: &[u8],
    out: &mut dyn FnMut(Event<'_>),
) -> Result<(), Malformed> {
    /// Record types (IANA "DNS parameters").
    const PTR: u16 = 12;
    const TXT: u16 = 16;
    let mut owner = record.owner;
    if let Some(ip) = parse::address(record) {
        let name = parse::name(&mut owner, message)?;
        // Neighbours speak for names under ".local" only (RFC 6762 §3).
        if let Some(host) = name.strip_suffix(".local") {
            if !ip.is_unspecified() {
                out(Event::Announce(Announce::Address { name: &name, ip }));
            }
            if is_single_label(host) {
                out(Event::Announce(Announce::HostName(host)));
            }
        }
    } else if record.record == PTR {
        let name = parse::name(&mut owner, message)?;
        // "_ipp._tcp.local": somebody offers printing. "_services._dns-sd._udp" lists the list.
        if let Some(service) = name.strip_suffix(".local").filter(|service| is_service(service)) {
            out(Event::Announce(Announce::Service(service)));
        }
    } else if record.record == TXT {
        let name = parse::name(&mut owner, message)?;
        if name.ends_with("._device-info._tcp.local")
            && let Some(model) = text_value(record.data, b"model=")
        {
            out(Event::Announce(Announce::Model(model)));
        }
    }
    Ok(())
}

fn is_single_label(name: &str) -> bool {
    !name.is_empty() && !name.contains('.')
}

/// Two labels that begin with an underscore, the second `_tcp` or `_udp` (RFC 6763 §7).
fn is_service(name: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(service, carrier)| service.starts_with('_') && matches!(carrier, "_tcp" | "_udp"))
}

/// The value of a `key=value` string in TXT data (RFC 6763 §6).
fn text_value<'a>(mut data: Cursor<'a>, key: &[u8]) -> Option<&'a str> {
    while let Some(len) = data.u8() {
        let pair = data.take(usize::from(len))?;
        if let Some(value) = pair.strip_prefix(key) {
            return crate::text::ascii(value);
        }
    }
    None
}

#[cfg(test)]
mod tests;

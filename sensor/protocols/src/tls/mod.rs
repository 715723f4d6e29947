//! TLS 1.0 to 1.3 and SSL 3.0 over TCP (RFC 8446, RFC 5246): what is said before it goes dark.
//!
//! Reads the client's hello (server name, fingerprint) and the server's first certificate, then is done: nothing is decrypted, and a
//! conversation costs nothing after its handshake. TLS 1.3 hides the certificate.

mod hello;
mod ja4;

use arrayvec::ArrayVec;

use crate::certificate::Certificate;
use crate::cursor::Cursor;
use crate::event::{Anomaly, Event, Fingerprint, FingerprintMethod};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};

/// Longest record, in bytes: 2^14 of content and 2,048 of protection (RFC 5246 §6.2.3).
const RECORD_BYTES_MAX: u32 = 16_384 + 2_048;

/// Record types (RFC 8446 §5.1).
mod content {
    pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(super) const ALERT: u8 = 21;
    pub(super) const HANDSHAKE: u8 = 22;
    /// RFC 6520.
    pub(super) const HEARTBEAT: u8 = 24;
}

/// Handshake messages that we read (RFC 8446 §4).
mod message {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const CERTIFICATE: u8 = 11;
}

/// A message that is spread over several records is put together from so many bytes at most. Source: a hello has 250 to 2,000 bytes, a
/// server's own certificate 1,000 to 4,000.
const SPREAD_BYTES_MAX: usize = 12 * 1_024;

/// Bytes of a record's header, and of a handshake message's.
const RECORD_HEADER_BYTES: usize = 5;
const MESSAGE_HEADER_BYTES: usize = 4;

/// State of one conversation.
#[derive(Debug, Default)]
pub struct Parser {
    halves: [Half; 2],
}

/// Where one side stands.
#[derive(Debug, Default)]
struct Half {
    /// Bytes left of the handshake record that we are in; 0 before the next record.
    in_record: u32,
    /// Bytes left of a message that is dealt with.
    in_message: u32,
}

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "tls",
        carriers: &[Carrier::Tcp],
        ports_hint: &[443, 465, 636, 853, 993, 995, 8_443],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], _side: Side, _carrier: Carrier, _hinted: bool) -> Probe {
        // A handshake record, version 3.x, that begins with a hello.
        const BEGINS: [&[u8]; 6] = [
            &[content::HANDSHAKE],
            &[3],
            &[0, 1, 2, 3, 4],
            &[],
            &[],
            &[message::CLIENT_HELLO, message::SERVER_HELLO],
        ];
        let fits = first.iter().zip(BEGINS).all(|(byte, wanted)| wanted.is_empty() || wanted.contains(byte));
        match first.get(5) {
            _ if !fits => Probe::NotOurs,
            Some(&message::CLIENT_HELLO) => Probe::Certain(Some(Side::Client)),
            Some(_) => Probe::Certain(Some(Side::Server)),
            None => Probe::Unsure,
        }
    }

    fn parse(
        &mut self,
        side: Side,
        _carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        // Without the hello or the certificate there is nothing left worth reading.
        let Input::Data(bytes) = input else { return Progress::Done };
        let half = side.of_mut(&mut self.halves);
        if half.in_record == 0 { half.record(bytes, out) } else { half.message(bytes, out) }
    }
}

impl Half {
    /// Steps into a handshake record, or over another one.
    fn record(&mut self, bytes: &[u8], out: &mut dyn FnMut(Event<'_>)) -> Progress {
        let Some((kind, len)) = header(bytes) else {
            if bytes.len() < RECORD_HEADER_BYTES {
                return Progress::NeedMore;
            }
            out(Event::Anomaly(Anomaly { protocol: "tls", what: "bad-record" }));
            return Progress::GiveUp;
        };
        match kind {
            content::HANDSHAKE => {
                self.in_record = len;
                Progress::Used(RECORD_HEADER_BYTES as u64)
            }
            content::ALERT | content::HEARTBEAT => {
                Progress::Used(u64::from(len).saturating_add(RECORD_HEADER_BYTES as u64))
            }
            _ => Progress::Done,
        }
    }

    /// Deals with the message that begins here, or steps over the rest of one that is dealt with, as far as this record goes.
    fn message(&mut self, bytes: &[u8], out: &mut dyn FnMut(Event<'_>)) -> Progress {
        if self.in_message == 0 {
            let spread;
            let (begin, is_all) = if let Some(whole) = bytes.get(..self.in_record as usize) {
                (whole, true)
            } else {
                (bytes, false)
            };
            let (begin, is_all) = if is_all && !is_whole(begin) {
                spread = Spread::join(bytes, self.in_record as usize);
                (spread.bytes.as_slice(), spread.is_all)
            } else {
                (begin, is_all)
            };
            let Some((kind, len, body)) = message_header(begin) else {
                return if is_all { Progress::Done } else { Progress::NeedMore };
            };
            let whole = body.get(..len as usize);
            if matches!(kind, message::CLIENT_HELLO | message::CERTIFICATE) && whole.is_none() && !is_all {
                return Progress::NeedMore;
            }
            match kind {
                message::CLIENT_HELLO => client_hello(whole, out),
                message::CERTIFICATE => certificate(whole.unwrap_or(body), out),
                _ => {}
            }
            self.in_message = len.saturating_add(MESSAGE_HEADER_BYTES as u32);
        }
        let passed = self.in_message.min(self.in_record);
        self.in_message = self.in_message.saturating_sub(passed);
        self.in_record = self.in_record.saturating_sub(passed);
        Progress::Used(u64::from(passed))
    }
}

/// The beginning of a message that is spread over records.
struct Spread {
    bytes: ArrayVec<u8, SPREAD_BYTES_MAX>,
    /// No more of it will come, or be looked at.
    is_all: bool,
}

impl Spread {
    /// Puts together what `wire` has of it; `in_record` bytes are left of the first record.
    fn join(wire: &[u8], in_record: usize) -> Spread {
        let mut rest = Cursor::new(wire.get(..SPREAD_BYTES_MAX).unwrap_or(wire));
        let mut spread = Spread { bytes: ArrayVec::new(), is_all: wire.len() >= SPREAD_BYTES_MAX };
        let mut left = in_record;
        loop {
            let part = rest.take(left.min(rest.rest().len())).unwrap_or_default();
            if spread.bytes.try_extend_from_slice(part).is_err() || is_whole(&spread.bytes) {
                spread.is_all = true;
            }
            if spread.is_all || rest.rest().len() < RECORD_HEADER_BYTES {
                return spread;
            }
            match header(rest.rest()) {
                Some((content::HANDSHAKE, len)) => left = len as usize,
                _ => {
                    spread.is_all = true;
                    return spread;
                }
            }
            rest.take(RECORD_HEADER_BYTES);
        }
    }
}

/// Kind and length of the record that begins here; `None` when it is none, or its header is not all there.
fn header(bytes: &[u8]) -> Option<(u8, u32)> {
    let [kind, major, _minor, high, low] = *bytes.first_chunk::<RECORD_HEADER_BYTES>()?;
    let len = u32::from(u16::from_be_bytes([high, low]));
    let is_record = (content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT).contains(&kind);
    (is_record && major == 3 && len <= RECORD_BYTES_MAX).then_some((kind, len))
}

/// Kind and length of the message that begins here, and what is there of its body.
fn message_header(bytes: &[u8]) -> Option<(u8, u32, &[u8])> {
    let mut rest = Cursor::new(bytes);
    let (kind, len) = (rest.u8()?, rest.u24()?);
    Some((kind, len, rest.rest()))
}

fn is_whole(bytes: &[u8]) -> bool {
    message_header(bytes).is_some_and(|(_, len, body)| body.len() >= len as usize)
}

fn client_hello(body: Option<&[u8]>, out: &mut dyn FnMut(Event<'_>)) {
    let Some(hello) = body.and_then(hello::client) else {
        // Nobody needs a hello that is broken or endless, but it hides the name from those who watch.
        out(Event::Anomaly(Anomaly { protocol: "tls", what: "broken-client-hello" }));
        return;
    };
    if let Some(name) = hello.server_name() {
        out(Event::ServerName(&name));
    }
    if let Some(ja4) = ja4::client(&hello) {
        out(Event::Fingerprint(Fingerprint { method: FingerprintMethod::Ja4, value: &ja4 }));
    }
}

/// The first of the chain: the server's own (RFC 5246 §7.4.2).
fn certificate(body: &[u8], out: &mut dyn FnMut(Event<'_>)) {
    let mut rest = Cursor::new(body);
    let first = rest.u24().and_then(|_all| rest.u24()).and_then(|len| rest.take(len as usize));
    if let Some(der) = first.filter(|der| !der.is_empty()) {
        out(Event::Certificate(Certificate::new(der)));
    }
}

#[cfg(test)]
mod tests;

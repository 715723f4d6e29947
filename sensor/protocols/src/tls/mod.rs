//! TLS 1.0 to 1.3 and SSL 3.0 over TCP (RFC 8446, RFC 5246): what is said before it goes dark.
//!
//! Reads the client's hello (server name, fingerprint) and the server's first certificate, then is done: nothing is decrypted, and a
//! conversation costs nothing after its handshake. TLS 1.3 hides the certificate.

mod hello;
mod ja4;

use crate::certificate::Certificate;
use crate::cursor::Cursor;
use crate::event::{Anomaly, Event, Fingerprint, FingerprintMethod};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};

/// Longest record, in bytes: 2^14 of content and 2,048 of protection (RFC 5246 §6.2.3).
const RECORD_BYTES_MAX: usize = 16_384 + 2_048;

/// Record types (RFC 8446 §5.1).
mod content {
    pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(super) const ALERT: u8 = 21;
    pub(super) const HANDSHAKE: u8 = 22;
    pub(super) const APPLICATION_DATA: u8 = 23;
}

/// Handshake messages that we read (RFC 8446 §4).
mod message {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const CERTIFICATE: u8 = 11;
}

/// State of one conversation.
#[derive(Debug, Default)]
pub struct Parser {
    /// Bytes of a handshake message that run on into each side's next records; they are passed over.
    running_on: [u32; 2],
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
        let mut rest = Cursor::new(bytes);
        let Some([kind, major, _minor, high, low]) = rest.array::<5>() else { return Progress::NeedMore };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if major != 3 || len > RECORD_BYTES_MAX {
            return Progress::GiveUp;
        }
        match kind {
            content::HANDSHAKE => {
                let Some(record) = rest.take(len) else { return Progress::NeedMore };
                self.handshake(side, record, out);
                Progress::Used((len as u64).saturating_add(5))
            }
            content::ALERT => Progress::Used((len as u64).saturating_add(5)),
            content::CHANGE_CIPHER_SPEC | content::APPLICATION_DATA => Progress::Done,
            _ => Progress::GiveUp,
        }
    }
}

impl Parser {
    /// Reads the handshake messages that begin in this record.
    fn handshake(&mut self, side: Side, record: &[u8], out: &mut dyn FnMut(Event<'_>)) {
        let mut rest = Cursor::new(record);
        let running_on = side.of_mut(&mut self.running_on);
        let passed = (*running_on as usize).min(record.len());
        *running_on = running_on.saturating_sub(passed as u32);
        rest.take(passed);
        while let (Some(kind), Some(len)) = (rest.u8(), rest.u24()) {
            let here = (len as usize).min(rest.rest().len());
            let Some(body) = rest.take(here) else { return };
            *running_on = len.saturating_sub(here as u32);
            match kind {
                message::CLIENT_HELLO => client_hello(body, *running_on == 0, out),
                message::CERTIFICATE => certificate(body, out),
                _ => {}
            }
        }
    }
}

fn client_hello(body: &[u8], is_whole: bool, out: &mut dyn FnMut(Event<'_>)) {
    let hello = hello::client(body).filter(|_| is_whole);
    let Some(hello) = hello else {
        // Nobody needs a hello that is broken or in pieces, but it hides the name from those who watch.
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

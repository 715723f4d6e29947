//! SSH version 2 (RFC 4253): which programs speak, and whether somebody is let in.
//!
//! Nothing is decrypted. After the keys are agreed only the sizes of messages are weighed, until somebody is in.

mod login;
mod parse;
mod sizes;

use arrayvec::ArrayString;

use crate::event::{Anomaly, Event, Fingerprint, FingerprintMethod, Login, LoginOutcome, Software};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};
use crate::text::{self, TEXT_BYTES_MAX};
use login::{Logins, Manner};
use parse::{LINE_BYTES_MAX, Malformed, message};
use sizes::{Offer, Sizes};

/// Most lines that a server says before its banner (RFC 4253 §4.2 sets none). Guess: a notice fits a screen.
const LINES_MAX: u8 = 50;

/// Longest message whose length stands in clear, in bytes; OpenSSH takes no longer ones (`PACKET_MAX_SIZE`).
const DARK_BYTES_MAX: u32 = 256 * 1_024;

/// State of one conversation.
#[derive(Debug, Default)]
pub struct Parser {
    places: [Place; 2],
    offers: [Option<Offer>; 2],
    sizes: Option<Sizes>,
    logins: Logins,
}

/// Where one side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before its banner; so many lines went by.
    Greets(u8),
    /// It agrees on keys, in clear.
    Clear,
    /// Nothing can be read any more.
    Dark,
}

impl Default for Place {
    fn default() -> Self {
        Place::Greets(0)
    }
}

/// Why a conversation is left.
enum Leave {
    More,
    Over,
    Broken(Malformed),
    NotOurs,
}

impl From<Malformed> for Leave {
    fn from(broken: Malformed) -> Self {
        Leave::Broken(broken)
    }
}

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "ssh",
        carriers: &[Carrier::Tcp],
        ports_hint: &[22, 2_222],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], _side: Side, _carrier: Carrier, _hinted: bool) -> Probe {
        const BANNERS: [&[u8]; 2] = [b"SSH-2.0-", b"SSH-1."];
        if BANNERS.iter().any(|banner| first.starts_with(banner)) {
            // Both ends begin alike.
            Probe::Certain(None)
        } else if BANNERS.iter().any(|banner| banner.starts_with(first)) {
            Probe::Unsure
        } else {
            Probe::NotOurs
        }
    }

    fn parse(
        &mut self,
        side: Side,
        _carrier: Carrier,
        input: Input<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Progress {
        // Behind a hole neither the messages' borders nor the turns can be told.
        let Input::Data(bytes) = input else { return Progress::Done };
        let read = match *side.of(&self.places) {
            Place::Greets(lines) => self.greeting(side, lines, bytes, out),
            Place::Clear => self.clear(side, bytes, out),
            Place::Dark => self.dark(side, bytes, out),
        };
        match read {
            Ok(used) => Progress::Used(used),
            Err(Leave::More) => Progress::NeedMore,
            Err(Leave::Over) => Progress::Done,
            Err(Leave::NotOurs) => Progress::GiveUp,
            Err(Leave::Broken(broken)) => {
                out(Event::Anomaly(Anomaly { protocol: "ssh", what: broken.anomaly() }));
                Progress::GiveUp
            }
        }
    }
}

impl Parser {
    /// A line before the banner, or the banner itself.
    fn greeting(
        &mut self,
        side: Side,
        lines: u8,
        bytes: &[u8],
        out: &mut dyn FnMut(Event<'_>),
    ) -> Result<u64, Leave> {
        let Some(end) = bytes.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n') else {
            return Err(if bytes.len() < LINE_BYTES_MAX { Leave::More } else { Leave::NotOurs });
        };
        let line = bytes.get(..end).unwrap_or_default();
        let used = (end as u64).saturating_add(1);
        if !line.starts_with(b"SSH-") {
            if lines >= LINES_MAX {
                return Err(Leave::NotOurs);
            }
            *side.of_mut(&mut self.places) = Place::Greets(lines.saturating_add(1));
            return Ok(used);
        }
        let text: ArrayString<TEXT_BYTES_MAX> = text::printable(line);
        out(Event::Software(Software { side, evidence: "ssh-banner", text: &text }));
        if !line.starts_with(b"SSH-2.") && !line.starts_with(b"SSH-1.99") {
            return Err(Leave::Over);
        }
        if side == Side::Client {
            self.logins.manner = Manner::of(line);
        }
        *side.of_mut(&mut self.places) = Place::Clear;
        Ok(used)
    }

    fn clear(&mut self, side: Side, bytes: &[u8], out: &mut dyn FnMut(Event<'_>)) -> Result<u64, Leave> {
        let packet = parse::packet(bytes)?.ok_or(Leave::More)?;
        match packet.message {
            message::KEXINIT => {
                let algorithms = parse::algorithms(packet.body.ok_or(Leave::More)?)?;
                let (method, hassh) = match side {
                    Side::Client => (FingerprintMethod::Hassh, algorithms.hassh(side)),
                    Side::Server => (FingerprintMethod::HasshServer, algorithms.hassh(side)),
                };
                out(Event::Fingerprint(Fingerprint { method, value: &hassh }));
                // Both directions use the same, with every program we know.
                let [ciphers, checksums, compressions] = algorithms.lists(Side::Server);
                *side.of_mut(&mut self.offers) = Some(Offer::new(ciphers, checksums, compressions));
            }
            message::NEWKEYS => *side.of_mut(&mut self.places) = Place::Dark,
            _ => {}
        }
        Ok(packet.wire)
    }

    fn dark(&mut self, side: Side, bytes: &[u8], out: &mut dyn FnMut(Event<'_>)) -> Result<u64, Leave> {
        let sizes = self.agreed().ok_or(Leave::Over)?;
        let (blocks, used) = if sizes.is_length_clear {
            let length = bytes.first_chunk().copied().map(u32::from_be_bytes).ok_or(Leave::More)?;
            if length > DARK_BYTES_MAX {
                return Err(Leave::Over);
            }
            (u16::try_from(length).ok(), sizes.wire(length))
        } else {
            (sizes.blocks_of_wire(bytes.len()), bytes.len() as u64)
        };
        let outcome = self.logins.weigh(sizes, side, blocks);
        if let Some(outcome) = outcome {
            out(Event::Login(Login { service: "ssh", outcome, user: None, in_clear: false }));
        }
        if outcome == Some(LoginOutcome::Succeeded) || self.logins.is_lost() {
            return Err(Leave::Over);
        }
        Ok(used)
    }

    fn agreed(&mut self) -> Option<Sizes> {
        if self.sizes.is_none()
            && let [Some(client), Some(server)] = &self.offers
        {
            self.sizes = Sizes::agreed(client, server);
        }
        self.sizes
    }
}

#[cfg(test)]
mod tests;

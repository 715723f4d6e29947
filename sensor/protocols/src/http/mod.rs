//! HTTP/1.x (RFC 9110, 9112): what is asked for, by which program, and who is let in.
//!
//! Bodies are passed over unseen, so a download costs nothing. Does not read forms, cookies or what follows an upgrade.

mod parse;

use arrayvec::{ArrayString, ArrayVec};

use crate::event::{Anomaly, Event, Login, LoginOutcome, Request, Software};
use crate::protocol::{Carrier, Input, Probe, Progress, Protocol, Side, Spec};
use crate::text::{self, TEXT_BYTES_MAX, USER_BYTES_MAX};
use parse::{Body, Credentials, Malformed, RequestHead, ResponseHead};

/// Most requests that wait for their answer. Browsers do not pipeline; programs that do send a handful.
const WAITING_MAX: usize = 16;

/// Longest first line that is waited for before we say what it is, in bytes. RFC 9112 §3 asks servers to take 8,000.
const FIRST_LINE_BYTES_MAX: usize = 8_000;

/// Longest method, in bytes. IANA's longest, "UPDATEREDIRECTREF", has 17.
const METHOD_BYTES_MAX: usize = 17;

/// State of one conversation.
#[derive(Debug, Default)]
pub struct Parser {
    places: [Place; 2],
    waiting: ArrayVec<Asked, WAITING_MAX>,
    /// Requests behind those that wait, of which we keep nothing.
    forgotten: u32,
    /// Who logs in, of the last request that said so.
    user: ArrayString<USER_BYTES_MAX>,
    /// Somebody was let in, and that was said.
    is_in: bool,
}

/// Where one side's bytes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before a head.
    #[default]
    Head,
    /// Before the line that says how long a chunk is.
    Chunk,
    /// Behind the last chunk.
    Trailer,
    /// Bytes were missing: anywhere.
    Lost,
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Asked {
    how: How,
    credentials: Option<Credentials>,
}

/// What the method means for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// The answer may have a body.
    Ordinary,
    /// HEAD: it has none.
    HeadOnly,
    /// CONNECT: after the answer it is another protocol.
    Tunnel,
}

impl Protocol for Parser {
    const SPEC: Spec = Spec {
        id: "http",
        carriers: &[Carrier::Tcp],
        ports_hint: &[80, 8_080, 631, 3_128, 8_000],
        readme: include_str!("README.md"),
    };

    fn probe(first: &[u8], _side: Side, _carrier: Carrier, _hinted: bool) -> Probe {
        const STATUS: &[u8] = b"HTTP/1.";
        if first.starts_with(STATUS) {
            return Probe::Certain(Some(Side::Server));
        }
        if STATUS.starts_with(first) {
            return Probe::Unsure;
        }
        let method = first.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'-').count();
        let is_request = (3..=METHOD_BYTES_MAX).contains(&method) && first.get(method) == Some(&b' ');
        let line = first.iter().take(FIRST_LINE_BYTES_MAX).position(|byte| *byte == b'\n');
        match line.and_then(|end| first.get(..end)) {
            Some(line) if is_request && says_version(line) => Probe::Certain(Some(Side::Client)),
            None if is_request && first.len() < FIRST_LINE_BYTES_MAX => Probe::Unsure,
            None if method == first.len() && method <= METHOD_BYTES_MAX => Probe::Unsure,
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
        let Input::Data(bytes) = input else {
            // Which answer belongs to which request cannot be told any more.
            self.waiting.clear();
            self.forgotten = 0;
            *side.of_mut(&mut self.places) = Place::Lost;
            return Progress::Used(1);
        };
        self.read(side, bytes, out).unwrap_or_else(|broken| {
            out(Event::Anomaly(Anomaly { protocol: "http", what: broken.anomaly() }));
            Progress::GiveUp
        })
    }
}

impl Parser {
    fn read(
        &mut self,
        side: Side,
        bytes: &[u8],
        out: &mut dyn FnMut(Event<'_>),
    ) -> Result<Progress, Malformed> {
        let place = *side.of(&self.places);
        let (next, used) = match place {
            Place::Lost if !begins_message(side, bytes) => (Place::Lost, bytes.len() as u64),
            Place::Head | Place::Lost => return self.head(side, bytes, out),
            Place::Chunk => match parse::chunk(bytes)? {
                None => return Ok(Progress::NeedMore),
                Some((0, line)) => (Place::Trailer, line as u64),
                // The chunk itself and the line's end behind it.
                Some((size, line)) => (Place::Chunk, size.saturating_add(line as u64).saturating_add(2)),
            },
            Place::Trailer => match parse::trailer(bytes)? {
                None => return Ok(Progress::NeedMore),
                Some((line, is_empty)) => (if is_empty { Place::Head } else { Place::Trailer }, line as u64),
            },
        };
        *side.of_mut(&mut self.places) = next;
        Ok(Progress::Used(used))
    }

    fn head(
        &mut self,
        side: Side,
        bytes: &[u8],
        out: &mut dyn FnMut(Event<'_>),
    ) -> Result<Progress, Malformed> {
        // Empty lines before a head are allowed (RFC 9112 §2.2).
        let (body, head_bytes) = match side {
            Side::Client => match parse::request(bytes)? {
                None => return Ok(Progress::NeedMore),
                Some(head) => {
                    self.request(&head, out);
                    // A request that does not say how long its body is has none.
                    (if head.body == Body::Unsaid { Body::Bytes(0) } else { head.body }, head.head_bytes)
                }
            },
            Side::Server => match parse::response(bytes)? {
                None => return Ok(Progress::NeedMore),
                Some(head) => match self.response(&head, out) {
                    None => return Ok(Progress::Done),
                    Some(body) => (body, head.head_bytes),
                },
            },
        };
        let (next, body_bytes) = match body {
            Body::Chunked => (Place::Chunk, 0),
            Body::Bytes(count) => (Place::Head, count),
            // Until the conversation ends (RFC 9112 §6.3).
            Body::Unsaid => (Place::Head, u64::MAX),
        };
        *side.of_mut(&mut self.places) = next;
        Ok(Progress::Used((head_bytes as u64).saturating_add(body_bytes)))
    }

    fn request(&mut self, head: &RequestHead<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let host = head.host.as_deref().unwrap_or_default();
        if head.is_target_cut {
            out(Event::Anomaly(Anomaly { protocol: "http", what: "target-not-ascii" }));
        }
        out(Event::Request(Request { method: head.method, host, target: head.target }));
        if !host.is_empty() {
            out(Event::ServerName(host));
        }
        software(Side::Client, "http-user-agent", head.user_agent, out);
        let credentials = head.authorization.map(|authorization| {
            let (credentials, user) = parse::credentials(authorization);
            self.user = user;
            credentials
        });
        let how = match head.method {
            "HEAD" => How::HeadOnly,
            "CONNECT" => How::Tunnel,
            _ => How::Ordinary,
        };
        if self.forgotten > 0 || self.waiting.try_push(Asked { how, credentials }).is_err() {
            self.forgotten = self.forgotten.saturating_add(1);
        }
    }

    /// How long the answer's body is; `None` when what follows is another protocol.
    fn response(&mut self, head: &ResponseHead<'_>, out: &mut dyn FnMut(Event<'_>)) -> Option<Body> {
        match head.code {
            101 => return None,
            // There is another answer to come (RFC 9110 §15.2).
            100..200 => return Some(Body::Bytes(0)),
            _ => {}
        }
        software(Side::Server, "http-server", head.server, out);
        let asked = self.waiting.pop_at(0);
        if asked.is_none() {
            self.forgotten = self.forgotten.saturating_sub(1);
        }
        if let Some(credentials) = asked.and_then(|asked| asked.credentials) {
            self.login(credentials, head, out);
        }
        match (asked.map_or(How::Ordinary, |asked| asked.how), head.code) {
            (How::Tunnel, 200..300) => None,
            (How::HeadOnly, _) | (_, 204 | 304) => Some(Body::Bytes(0)),
            _ => Some(head.body),
        }
    }

    fn login(&mut self, credentials: Credentials, head: &ResponseHead<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let outcome = match head.code {
            401 if credentials != Credentials::Handshake && !head.is_stale => LoginOutcome::Failed,
            200..300 if !self.is_in => LoginOutcome::Succeeded,
            _ => return,
        };
        self.is_in = outcome == LoginOutcome::Succeeded;
        let user = Some(self.user.as_str()).filter(|user| !user.is_empty());
        out(Event::Login(Login {
            service: "http",
            outcome,
            user,
            in_clear: credentials == Credentials::Basic,
        }));
    }
}

fn software(side: Side, evidence: &'static str, said: Option<&[u8]>, out: &mut dyn FnMut(Event<'_>)) {
    let text: ArrayString<TEXT_BYTES_MAX> = text::printable(said.unwrap_or_default());
    if !text.is_empty() {
        out(Event::Software(Software { side, evidence, text: &text }));
    }
}

/// Whether a message of `side` seems to begin here; for going on behind a hole.
fn begins_message(side: Side, bytes: &[u8]) -> bool {
    Parser::probe(bytes, side, Carrier::Tcp, false) == Probe::Certain(Some(side))
}

/// Whether a request line ends with a version of ours.
fn says_version(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

#[cfg(test)]
mod tests;

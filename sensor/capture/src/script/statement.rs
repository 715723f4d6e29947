//! One line as a statement. Looks at words alone: who is meant by a name, and what time it is, is for the stage.

use core::net::{IpAddr, Ipv4Addr};
use core::num::NonZeroU32;
use core::time::Duration;

use common_model::{Mac, Timestamp};

use super::bulk::{Bulk, Side};
use super::cast::Member;
use super::dns::{self, Announced, Answer, Question};
use super::words::{Said, Word, Words, unknown};

/// Words that begin a line. No device is called so.
const OPENINGS: &[&str] =
    &["after", "at", "date", "device", "outside", "play", "raw", "repeat", "seed", "talk"];

/// What a device does.
const DEEDS: &[&str] = &["->", "announces", "asks", "leases", "offers", "says"];

/// What a line says.
#[derive(Debug)]
pub(super) enum Statement<'w> {
    /// To this midnight.
    Date(Timestamp),
    /// Other random text.
    Seed(u64),
    /// Somebody takes part.
    Member(&'w str, Member),
    /// To this time of day, so many days ahead.
    At { days: u32, clock: Duration },
    /// So long nothing.
    After(Duration),
    /// The block, again and again.
    Repeat(Repeat<'w>),
    /// The block as a conversation.
    Talk(Ends<'w>),
    /// A line of a conversation.
    Line(Side, &'w str),
    /// The frames of a recording.
    Play(&'w str),
    /// A frame of anything.
    Raw { from: &'w str, to: &'w str, ether_type: u16, body: Vec<u8> },
    /// Something goes from one to another.
    Exchange(Ends<'w>, Exchange<'w>),
    /// Who has this address?
    Asks { who: &'w str, address: IpAddr },
    /// This address is there.
    Says { who: &'w str, address: IpAddr, holder: &'w str, to: Option<&'w str> },
    /// An address for a client.
    Leases(Lease<'w>),
    /// To all neighbours.
    Announces(&'w str, Announced<'w>),
}

/// How often a block is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat<'w> {
    pub(super) count: NonZeroU32,
    pub(super) counter: &'w str,
    pub(super) every: Option<Duration>,
    /// The time of day of the first.
    pub(super) at: Option<Duration>,
}

/// Who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends<'w> {
    pub(super) from: &'w str,
    /// One of the stage's choice if none is said.
    pub(super) from_port: Option<u16>,
    pub(super) to: &'w str,
    /// Zero for a ping.
    pub(super) to_port: u16,
}

/// What goes from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exchange<'w> {
    Dns { question: Question, answer: Answer, is_over_tcp: bool },
    Tcp(Outcome),
    Udp(Outcome),
    Tls { server_name: &'w str, bulk: Bulk },
    Ping { is_answered: bool },
}

/// How it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Refused,
    Unanswered,
    /// Opened and dropped without a word (TCP).
    Opened,
    Talks(Bulk),
}

/// An address for a client, with all that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease<'w> {
    pub(super) server: &'w str,
    /// The client does not take it.
    pub(super) is_only_offered: bool,
    pub(super) address: Ipv4Addr,
    pub(super) client: &'w str,
    pub(super) host_name: Option<&'w str>,
    pub(super) gateway: Option<&'w str>,
    pub(super) names: Option<&'w str>,
    pub(super) vendor: Option<&'w str>,
}

/// Reads a line whose holes are filled.
pub(super) fn read<'w>(words: &'w [Word<'w>]) -> Said<Statement<'w>> {
    let mut words = Words::new(words);
    let statement = match words.next("a statement")? {
        "<" => Statement::Line(Side::Server, words.next("a text")?),
        ">" => Statement::Line(Side::Client, words.next("a text")?),
        "date" => Statement::Date(words.date()?),
        "seed" => Statement::Seed(words.value("a number")?),
        "device" => member(&mut words, false)?,
        "outside" => member(&mut words, true)?,
        "at" => at(&mut words)?,
        "after" => Statement::After(words.duration()?),
        "repeat" => Statement::Repeat(repeat(&mut words)?),
        "play" => Statement::Play(words.next("the path of a recording")?),
        "raw" => raw(&mut words)?,
        "talk" => {
            let (from, from_port) = endpoint(words.next("who talks to whom")?)?;
            words.must("->")?;
            let (to, port) = endpoint(words.next("to whom")?)?;
            Statement::Talk(Ends { from, from_port, to, to_port: needed(to, port)? })
        }
        who => deed(who, &mut words)?,
    };
    words.end()?;
    Ok(statement)
}

fn member<'w>(words: &mut Words<'w>, is_outside: bool) -> Said<Statement<'w>> {
    let name = words.next("a name")?;
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !OPENINGS.contains(&name)
        && name.parse::<Mac>().is_err();
    if !is_plain {
        return Err(format!(
            "`{name}` is no name: letters, digits, `-`, `_` and `.`, none of the language's words"
        ));
    }
    let mut member = Member { is_outside, ..Member::default() };
    while let Some(Word { text, .. }) = words.any() {
        let is_new = if let Ok(ip) = text.parse() {
            match ip {
                IpAddr::V4(v4) => member.v4.replace(v4).is_none(),
                IpAddr::V6(v6) => member.v6.replace(v6).is_none(),
            }
        } else if is_outside {
            return Err(format!(
                "`{text}` is not an address, which is all that is known of somebody outside"
            ));
        } else if let Ok(mac) = text.parse() {
            member.mac.replace(mac).is_none()
        } else if text == "gateway" {
            !core::mem::replace(&mut member.is_gateway, true)
        } else {
            return Err(format!("`{text}` is no IPv4, IPv6 or Ethernet address, nor `gateway`"));
        };
        if !is_new {
            return Err(format!("`{text}` is the second of its kind: a device has one of each"));
        }
    }
    if member.v4.is_none() && member.v6.is_none() && member.mac.is_none() {
        return Err(format!("after `{name}` comes an address"));
    }
    Ok(Statement::Member(name, member))
}

fn at<'w>(words: &mut Words<'w>) -> Said<Statement<'w>> {
    let mut days = 0;
    if words.peek().is_some_and(|word| word.text.starts_with('+')) {
        days = words.value("a number of days")?;
        if !words.takes("day") {
            words.must("days")?;
        }
    }
    Ok(Statement::At { days, clock: words.clock()? })
}

fn repeat<'w>(words: &mut Words<'w>) -> Said<Repeat<'w>> {
    let count = words.value("a number of times, like 40")?;
    let mut repeat = Repeat { count, counter: "n", every: None, at: None };
    if words.takes("as") {
        repeat.counter = words.next("the name of the counter")?;
    }
    if words.takes("every") {
        repeat.every = Some(words.duration()?);
    }
    if words.takes("at") {
        repeat.at = Some(words.clock()?);
    }
    Ok(repeat)
}

fn raw<'w>(words: &mut Words<'w>) -> Said<Statement<'w>> {
    let from = words.next("who sends it")?;
    words.must("->")?;
    let to = words.next("who gets it")?;
    let word = words.next("an Ethernet type, like 0x88cc")?;
    let number = word.strip_prefix("0x").and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let ether_type = number.ok_or_else(|| format!("`{word}` is not an Ethernet type, like 0x88cc"))?;
    let word = words.next("the content, in hexadecimal")?;
    let body = pairs(word).ok_or_else(|| format!("`{word}` is not in pairs of hexadecimal digits"))?;
    Ok(Statement::Raw { from, to, ether_type, body })
}

fn pairs(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| (high << 4 | low) as u8).collect())
}

fn deed<'w>(who: &'w str, words: &mut Words<'w>) -> Said<Statement<'w>> {
    Ok(match words.any().map(|word| &*word.text) {
        Some("->") => {
            let (from, from_port) = endpoint(who)?;
            let (to, port) = endpoint(words.next("to whom")?)?;
            let exchange = exchange(words)?;
            let is_ping = matches!(exchange, Exchange::Ping { .. });
            if is_ping && from_port.or(port).is_some() {
                return Err("a ping has no port".to_owned());
            }
            let to_port = if is_ping { 0 } else { needed(to, port)? };
            Statement::Exchange(Ends { from, from_port, to, to_port }, exchange)
        }
        Some("asks") => {
            words.must("who")?;
            words.must("has")?;
            Statement::Asks { who, address: words.value("an IP address")? }
        }
        Some("says") => {
            let address = words.value("an IP address")?;
            words.must("is")?;
            words.must("at")?;
            let holder = words.next("who has it")?;
            let to = if words.takes("to") { Some(words.next("to whom")?) } else { None };
            Statement::Says { who, address, holder, to }
        }
        Some("leases") => Statement::Leases(lease(who, words, false)?),
        Some("offers") => Statement::Leases(lease(who, words, true)?),
        Some("announces") => Statement::Announces(who, announced(words)?),
        other => {
            let (openings, deeds) = (OPENINGS.join(", "), DEEDS.join(", "));
            let line = format!("{who} {}", other.unwrap_or_default());
            return Err(format!(
                "a line begins with {openings}, or with a device that does something ({deeds}): not with `{}`",
                line.trim_end()
            ));
        }
    })
}

fn lease<'w>(server: &'w str, words: &mut Words<'w>, is_only_offered: bool) -> Said<Lease<'w>> {
    let address = words.value("an IPv4 address")?;
    words.must("to")?;
    let client = words.next("to whom")?;
    let mut lease = Lease {
        server,
        is_only_offered,
        address,
        client,
        host_name: None,
        gateway: None,
        names: None,
        vendor: None,
    };
    while let Some(word) = words.any() {
        let (option, what) = match &*word.text {
            "as" => (&mut lease.host_name, "what the client calls itself"),
            "gateway" => (&mut lease.gateway, "the way out"),
            "names" => (&mut lease.names, "the name server"),
            "vendor" => (&mut lease.vendor, "the vendor class"),
            other => return Err(unknown("option", other, ["as", "gateway", "names", "vendor"])),
        };
        *option = Some(words.next(what)?);
    }
    Ok(lease)
}

fn announced<'w>(words: &mut Words<'w>) -> Said<Announced<'w>> {
    Ok(match words.next("what it announces: host, service or model")? {
        "host" => Announced::Host(words.next("a name")?),
        "model" => Announced::Model(words.next("a model")?),
        "service" => {
            let service = words.next("a service, like _ipp._tcp")?;
            Announced::Service(service, if words.takes("as") { Some(words.next("its name")?) } else { None })
        }
        other => return Err(unknown("announcement", other, ["host", "model", "service"])),
    })
}

fn exchange<'w>(words: &mut Words<'w>) -> Said<Exchange<'w>> {
    let what = words.next("what it says: dns, ping, tcp, tls or udp")?;
    Ok(match what {
        "dns" => {
            let (question, answer) = dns::lookup(words)?;
            let is_over_tcp = words.takes("over");
            if is_over_tcp {
                words.must("tcp")?;
            }
            Exchange::Dns { question, answer, is_over_tcp }
        }
        "ping" => {
            let is_answered = !words.takes("=");
            if !is_answered {
                words.must("nothing")?;
            }
            Exchange::Ping { is_answered }
        }
        "tcp" => Exchange::Tcp(outcome(words, &[REFUSED, UNANSWERED, ("opened", Outcome::Opened)])?),
        "udp" => Exchange::Udp(outcome(words, &[REFUSED, UNANSWERED])?),
        "tls" => {
            let server_name = words.next("the name of the server")?;
            if server_name.len() > 255 {
                return Err(format!("the name {server_name} has more than 255 bytes"));
            }
            Exchange::Tls { server_name, bulk: bulk(words)? }
        }
        other => return Err(unknown("exchange", other, ["dns", "ping", "tcp", "tls", "udp"])),
    })
}

const REFUSED: (&str, Outcome) = ("refused", Outcome::Refused);
const UNANSWERED: (&str, Outcome) = ("unanswered", Outcome::Unanswered);

fn outcome(words: &mut Words<'_>, known: &[(&str, Outcome)]) -> Said<Outcome> {
    if let Some(outcome) = words.one_of(known) {
        return Ok(outcome);
    }
    let bulk = bulk(words)?;
    if bulk == Bulk::default() {
        let names = known.iter().map(|(name, _)| *name).chain(["sends", "gets", "in"]);
        let word = words.next("how it goes: `unanswered`, or how much it `sends` and `gets`")?;
        return Err(unknown("outcome", word, names));
    }
    Ok(Outcome::Talks(bulk))
}

fn bulk(words: &mut Words<'_>) -> Said<Bulk> {
    let mut bulk = Bulk::default();
    if words.takes("sends") {
        bulk.sends = words.size()?;
    }
    if words.takes("gets") {
        bulk.gets = words.size()?;
    }
    if words.takes("in") {
        bulk.lasts = Some(words.duration()?);
    }
    Ok(bulk)
}

fn needed(to: &str, port: Option<u16>) -> Said<u16> {
    let bracketed = if to.contains(':') { format!("[{to}]") } else { to.to_owned() };
    port.ok_or_else(|| format!("`{to}` lacks its port, like `{bracketed}:53`"))
}

/// A name or an address, perhaps with a port: `nas:21`, `10.0.0.9:53`, `[2001:db8::9]:53`.
fn endpoint(word: &str) -> Said<(&str, Option<u16>)> {
    if word.parse::<IpAddr>().is_ok() {
        return Ok((word, None));
    }
    let Some((who, port)) = word.rsplit_once(':') else { return Ok((word, None)) };
    let port = port.parse().map_err(|_err| format!("`{word}` has no port between 0 and 65535 at its end"))?;
    let who = who.strip_prefix('[').and_then(|who| who.strip_suffix(']')).unwrap_or(who);
    Ok((who, Some(port)))
}

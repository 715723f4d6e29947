//! DNS messages (RFC 1035): a question, its answer, and what devices announce of themselves (RFC 6762, RFC 6763).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::{Said, Word, Words, unknown};

/// Record types that have a name here (IANA "DNS parameters").
const TYPES: &[(&str, u16)] = &[
    ("A", record::A),
    ("NS", record::NS),
    ("CNAME", record::CNAME),
    ("NULL", 10),
    ("PTR", record::PTR),
    ("MX", record::MX),
    ("TXT", record::TXT),
    ("AAAA", record::AAAA),
    ("SRV", record::SRV),
    ("HTTPS", 65),
    ("ANY", 255),
];

mod record {
    pub(super) const A: u16 = 1;
    pub(super) const NS: u16 = 2;
    pub(super) const CNAME: u16 = 5;
    pub(super) const PTR: u16 = 12;
    pub(super) const MX: u16 = 15;
    pub(super) const TXT: u16 = 16;
    pub(super) const AAAA: u16 = 28;
    pub(super) const SRV: u16 = 33;
}

/// Answers without records, and their codes (RFC 1035 §4.1.1).
const CODES: &[(&str, u16)] = &[("empty", 0), ("servfail", 2), ("nxdomain", 3), ("refused", 5)];

/// A record's answer may be kept so long, in seconds. Guess: common for names of web servers.
const KEPT_FOR_SECS: u32 = 300;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    record: u16,
    /// As on the wire.
    name: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing at all.
    Silence,
    /// No record, for this reason.
    Code(u16),
    /// The data of each record.
    Records(Vec<Vec<u8>>),
}

/// Reads `TYPE NAME = ANSWER…`, up to a keyword that is none of it.
pub(super) fn lookup(words: &mut Words<'_>) -> Said<(Question, Answer)> {
    let word = words.next("a record type, like A")?;
    let named = TYPES.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    let record = named.or_else(|| word.parse().ok());
    let record = record.ok_or_else(|| unknown("record type", word, TYPES.iter().map(|(name, _)| *name)))?;
    let question = Question { record, name: name(words.next("a name")?)? };
    words.must("=")?;
    if words.takes("nothing") {
        return Ok((question, Answer::Silence));
    }
    if let Some(code) = words.one_of(CODES) {
        return Ok((question, Answer::Code(code)));
    }
    let mut records = Vec::new();
    let mut strings = Vec::new();
    while words.peek().is_some_and(|word| !word.is("over"))
        && let Some(word) = words.any()
    {
        match record {
            record::TXT => strings.extend(character_strings(&word.text)),
            _ => records.push(data(record, word)?),
        }
    }
    if !strings.is_empty() {
        records.push(strings);
    }
    if records.is_empty() {
        return Err(
            "after `=` comes the answer: `nothing`, `nxdomain`, `servfail`, `refused`, `empty` or data"
                .to_owned(),
        );
    }
    Ok((question, Answer::Records(records)))
}

/// The question as a message.
pub(super) fn query(id: u16, question: &Question) -> Vec<u8> {
    // A standard query, recursion desired.
    message(id, 0x0100, question, 0)
}

/// The answer as a message; `None` when there is none.
pub(super) fn reply(id: u16, question: &Question, answer: &Answer) -> Option<Vec<u8>> {
    // A response, recursion desired and available.
    const FLAGS: u16 = 0x8180;
    match answer {
        Answer::Silence => None,
        Answer::Code(code) => Some(message(id, FLAGS | code, question, 0)),
        Answer::Records(records) => {
            let mut bytes = message(id, FLAGS, question, records.len() as u16);
            for data in records {
                // The name of the question, which begins at byte 12 (RFC 1035 §4.1.4).
                put_record(&mut bytes, &[0xc0, 12], question.record, 1, KEPT_FOR_SECS, data);
            }
            Some(bytes)
        }
    }
}

/// What a device says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced<'w> {
    /// It is called so.
    Host(&'w str),
    /// It offers this service, under this name if not its own.
    Service(&'w str, Option<&'w str>),
    /// It is this piece of hardware.
    Model(&'w str),
}

/// The announcement of the device `who` with these addresses, as a message.
pub(super) fn announcement(who: &str, addresses: &[IpAddr], what: &Announced<'_>) -> Said<Vec<u8>> {
    /// A name that one device has is said anew for two minutes, others for 75 (RFC 6762 §10).
    const OWN_SECS: u32 = 120;
    const SHARED_SECS: u32 = 4_500;
    /// The record replaces those that are known (RFC 6762 §10.2).
    const CLASS_OWN: u16 = 0x8001;
    let mut bytes = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    match what {
        Announced::Host(host) => {
            bytes[7] = addresses.len() as u8;
            let owner = named(host, "local")?;
            for address in addresses {
                let (record, data) = match address {
                    IpAddr::V4(v4) => (record::A, v4.octets().to_vec()),
                    IpAddr::V6(v6) => (record::AAAA, v6.octets().to_vec()),
                };
                put_record(&mut bytes, &owner, record, CLASS_OWN, OWN_SECS, &data);
            }
        }
        Announced::Service(service, instance) => {
            let domain = format!("{service}.local");
            let data = named(instance.unwrap_or(who), &domain)?;
            put_record(&mut bytes, &name(&domain)?, record::PTR, 1, SHARED_SECS, &data);
        }
        Announced::Model(model) => {
            let data = character_strings(&format!("model={model}"));
            put_record(
                &mut bytes,
                &named(who, "_device-info._tcp.local")?,
                record::TXT,
                CLASS_OWN,
                SHARED_SECS,
                &data,
            );
        }
    }
    Ok(bytes)
}

fn message(id: u16, flags: u16, question: &Question, answers: u16) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        [id, flags, 1, answers, 0, 0].iter().flat_map(|word| word.to_be_bytes()).collect();
    bytes.extend(&question.name);
    bytes.extend(question.record.to_be_bytes());
    bytes.extend([0, 1]);
    bytes
}

fn put_record(bytes: &mut Vec<u8>, owner: &[u8], record: u16, class: u16, kept_for_secs: u32, data: &[u8]) {
    bytes.extend(owner);
    bytes.extend(record.to_be_bytes());
    bytes.extend(class.to_be_bytes());
    bytes.extend(kept_for_secs.to_be_bytes());
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend(data);
}

/// The data of one record; of a type that is not read here, the word as it is.
fn data(record: u16, word: &Word<'_>) -> Said<Vec<u8>> {
    let text = &*word.text;
    let address = |what| format!("`{text}` is not {what}");
    Ok(match record {
        record::A => text.parse::<Ipv4Addr>().map_err(|_err| address("an IPv4 address"))?.octets().to_vec(),
        record::AAAA => {
            text.parse::<Ipv6Addr>().map_err(|_err| address("an IPv6 address"))?.octets().to_vec()
        }
        record::NS | record::CNAME | record::PTR => name(text)?,
        // Preference 10.
        record::MX => [&[0, 10], &name(text)?[..]].concat(),
        record::SRV => {
            let parts =
                text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
            let (host, port) =
                parts.ok_or_else(|| address("a server and its port, like sip.example:5060"))?;
            // Priority 0, weight 0 (RFC 2782).
            [&[0, 0, 0, 0][..], &port.to_be_bytes(), &name(host)?].concat()
        }
        _ => text.as_bytes().to_vec(),
    })
}

/// A name as on the wire.
fn name(text: &str) -> Said<Vec<u8>> {
    labels(text.strip_suffix('.').unwrap_or(text).split('.').filter(|_| text != "."))
}

/// A name whose first label may hold anything, dots and spaces too.
fn named(label: &str, domain: &str) -> Said<Vec<u8>> {
    labels([label].into_iter().chain(domain.split('.')))
}

/// RFC 1035 §3.1: labels of up to 63 bytes, 255 in all.
fn labels<'t>(labels: impl Iterator<Item = &'t str>) -> Said<Vec<u8>> {
    let mut bytes = Vec::new();
    for label in labels {
        if !(1..=63).contains(&label.len()) {
            return Err(format!("`{label}` is no part of a name: those have 1 to 63 bytes"));
        }
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    if bytes.len() > 255 { Err("the name has more than 255 bytes".to_owned()) } else { Ok(bytes) }
}

/// A text in pieces of up to 255 bytes (RFC 1035 §3.3.14).
fn character_strings(text: &str) -> Vec<u8> {
    let pieces = text.as_bytes().chunks(255);
    pieces.flat_map(|piece| [&[piece.len() as u8], piece].concat()).collect()
}

//! Pure functions from the bytes of a message to its parts; no state. Each error says which rule of the format was broken.

use core::fmt::Write as _;
use core::net::IpAddr;

use arrayvec::ArrayString;

use crate::cursor::Cursor;

/// Longest name, in bytes on the wire (RFC 1035 §2.3.4).
const NAME_BYTES_MAX: usize = 255;

/// Longest name as text, in bytes: every byte of it written as `\ddd`.
pub(crate) const NAME_TEXT_BYTES_MAX: usize = 4 * NAME_BYTES_MAX;

/// Most compression pointers followed in one name. RFC 1035 sets none; real names use one or two.
const POINTERS_MAX: usize = 16;

/// A name as text: lower case, no trailing dot; the root is empty.
pub(crate) type Name = ArrayString<NAME_TEXT_BYTES_MAX>;

/// Which rule a message broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the message ends inside a name, a question or a record")]
    CutOff,
    #[error("a compression pointer does not lead backwards, or there are too many")]
    PointerLoop,
    #[error("a label is of a reserved type")]
    ReservedLabel,
    #[error("a name has more than {NAME_BYTES_MAX} bytes")]
    NameTooLong,
}

impl Malformed {
    /// The name of the anomaly.
    pub(crate) const fn anomaly(self) -> &'static str {
        match self {
            Malformed::CutOff => "cut-off",
            Malformed::PointerLoop => "pointer-loop",
            Malformed::ReservedLabel => "reserved-label",
            Malformed::NameTooLong => "name-too-long",
        }
    }
}

/// The first twelve bytes of a message (RFC 1035 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) is_response: bool,
    pub(crate) opcode: u8,
    pub(crate) code: u8,
    pub(crate) questions: u16,
    pub(crate) answers: u16,
    pub(crate) others: u16,
}

/// A question (RFC 1035 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) name: Name,
    pub(crate) record: u16,
    pub(crate) class: u16,
}

/// A resource record (RFC 1035 §4.1.3); its owner's name is read only by who wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The bytes from the owner's name on.
    pub(crate) owner: Cursor<'a>,
    pub(crate) record: u16,
    pub(crate) data: Cursor<'a>,
}

/// Reads the header.
pub(crate) fn header(rest: &mut Cursor<'_>) -> Result<Header, Malformed> {
    let [_, _, first, second, q1, q2, a1, a2, n1, n2, x1, x2] =
        rest.array::<12>().ok_or(Malformed::CutOff)?;
    let authorities = u16::from_be_bytes([n1, n2]);
    Ok(Header {
        is_response: first & 0x80 != 0,
        opcode: first >> 3 & 0x0f,
        code: second & 0x0f,
        questions: u16::from_be_bytes([q1, q2]),
        answers: u16::from_be_bytes([a1, a2]),
        others: authorities.saturating_add(u16::from_be_bytes([x1, x2])),
    })
}

/// Reads one question of `message`.
pub(crate) fn question(rest: &mut Cursor<'_>, message: &[u8]) -> Result<Question, Malformed> {
    let name = name(rest, message)?;
    let record = rest.u16().ok_or(Malformed::CutOff)?;
    let class = rest.u16().ok_or(Malformed::CutOff)?;
    Ok(Question { name, record, class })
}

/// Reads one resource record.
pub(crate) fn record<'a>(rest: &mut Cursor<'a>) -> Result<Record<'a>, Malformed> {
    let owner = *rest;
    skip_name(rest)?;
    let record = rest.u16().ok_or(Malformed::CutOff)?;
    let _class_and_life = rest.take(6).ok_or(Malformed::CutOff)?;
    let len = rest.u16().ok_or(Malformed::CutOff)?;
    let data = rest.sub(usize::from(len)).ok_or(Malformed::CutOff)?;
    Ok(Record { owner, record, data })
}

/// The address of an A (1) or AAAA (28) record.
pub(crate) fn address(record: &Record<'_>) -> Option<IpAddr> {
    let data = record.data.rest();
    match record.record {
        1 => data.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
        28 => data.first_chunk::<16>().map(|octets| IpAddr::from(*octets)),
        _ => None,
    }
}

/// Reads a name of `message`, following pointers.
///
/// Never allocates. Work is bounded by `NAME_BYTES_MAX + POINTERS_MAX`: each pointer must lead backwards.
pub(crate) fn name(rest: &mut Cursor<'_>, message: &[u8]) -> Result<Name, Malformed> {
    let mut text = Name::new();
    let mut wire_bytes = 0_usize;
    let mut pointers = 0_usize;
    let mut at = *rest;
    skip_name(rest)?;
    loop {
        let len = at.u8().ok_or(Malformed::CutOff)?;
        match len >> 6 {
            0 if len == 0 => return Ok(text),
            0 => {
                wire_bytes = wire_bytes.saturating_add(usize::from(len)).saturating_add(1);
                if wire_bytes >= NAME_BYTES_MAX {
                    return Err(Malformed::NameTooLong);
                }
                let label = at.take(usize::from(len)).ok_or(Malformed::CutOff)?;
                push_label(&mut text, label).map_err(|_full| Malformed::NameTooLong)?;
            }
            3 => {
                let low = at.u8().ok_or(Malformed::CutOff)?;
                let target = usize::from(u16::from_be_bytes([len & 0x3f, low]));
                pointers = pointers.saturating_add(1);
                // Where this pointer stands, counted from the start of the message.
                let here = message.len().saturating_sub(at.rest().len()).saturating_sub(2);
                if pointers > POINTERS_MAX || target >= here {
                    return Err(Malformed::PointerLoop);
                }
                at = Cursor::new(message.get(target..).ok_or(Malformed::PointerLoop)?);
            }
            _ => return Err(Malformed::ReservedLabel),
        }
    }
}

/// Steps over a name without reading it.
fn skip_name(rest: &mut Cursor<'_>) -> Result<(), Malformed> {
    loop {
        let len = rest.u8().ok_or(Malformed::CutOff)?;
        match len >> 6 {
            0 if len == 0 => return Ok(()),
            0 => {
                rest.take(usize::from(len)).ok_or(Malformed::CutOff)?;
            }
            3 => {
                rest.u8().ok_or(Malformed::CutOff)?;
                return Ok(());
            }
            _ => return Err(Malformed::ReservedLabel),
        }
    }
}

/// Adds a label in lower case; a dot inside it and what is not printable are escaped (RFC 4343 §2.1).
fn push_label(text: &mut Name, label: &[u8]) -> Result<(), core::fmt::Error> {
    if !text.is_empty() {
        text.write_char('.')?;
    }
    for byte in label {
        match byte {
            b'.' | b'\\' => write!(text, "\\{}", char::from(*byte))?,
            0x21..=0x7e => text.write_char(char::from(byte.to_ascii_lowercase()))?,
            _ => write!(text, "\\{byte:03}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(message: &[u8], at: usize) -> Result<String, Malformed> {
        name(&mut Cursor::new(&message[at..]), message).map(|name| name.to_string())
    }

    #[test]
    fn a_name_is_lower_case_and_escaped() {
        assert_eq!(read(b"\x03WwW\x07exAmple\x00", 0).unwrap(), "www.example");
        assert_eq!(read(b"\x04a.b\\\x02\x00\xff\x00", 0).unwrap(), "a\\.b\\\\.\\000\\255");
        assert_eq!(read(b"\x00", 0).unwrap(), "");
    }

    #[test]
    fn a_pointer_leads_back() {
        let message = b"\x07example\x00\x03www\xc0\x00";
        assert_eq!(read(message, 9).unwrap(), "www.example");
    }

    #[test]
    fn a_pointer_that_leads_forward_or_to_itself_is_a_loop() {
        assert_eq!(read(b"\xc0\x00", 0), Err(Malformed::PointerLoop));
        assert_eq!(read(b"\xc0\x02\x00", 0), Err(Malformed::PointerLoop));
        assert_eq!(read(b"\x01a\xc0\x02", 0), Err(Malformed::PointerLoop));
    }

    #[test]
    fn broken_names_say_what_is_broken() {
        assert_eq!(read(b"\x05abc", 0), Err(Malformed::CutOff));
        assert_eq!(read(b"\x80\x00", 0), Err(Malformed::ReservedLabel));
        let mut long = [b"\x3f".as_slice(), &[b'a'; 63]].concat().repeat(4);
        long.push(0);
        assert_eq!(read(&long, 0), Err(Malformed::NameTooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(message in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
            let at = at.min(message.len());
            if let Ok(name) = read(&message, at) { prop_assert!(name.len() <= NAME_TEXT_BYTES_MAX); }
        }

        /// Whatever another reader takes for a message, we read the same names of it.
        #[test]
        fn agrees_with_another_reader(
            labels in prop::collection::vec("[a-zA-Z0-9_-]{1,20}", 1..6),
            record in prop::sample::select(vec![1_u16, 16, 28, 33, 255]),
        ) {
            let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            for label in &labels { message.push(label.len() as u8); message.extend(label.bytes()); }
            message.extend([0, (record >> 8) as u8, record as u8, 0, 1]);
            let theirs = simple_dns::Packet::parse(&message).unwrap();
            let mut rest = Cursor::new(&message);
            header(&mut rest).unwrap();
            let ours = question(&mut rest, &message).unwrap();
            prop_assert_eq!(ours.name.as_str(), theirs.questions[0].qname.to_string().to_ascii_lowercase());
            prop_assert_eq!(ours.record, record);
            prop_assert!(rest.is_empty());
        }
    }
}

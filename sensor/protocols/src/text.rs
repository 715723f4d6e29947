//! Bytes from the net as text that is safe to keep: printable ASCII only.

use arrayvec::ArrayString;

/// Longest text that an event carries, in bytes. RFC 1035 §2.3.4 allows 255 for a name; the rest follows it.
pub(crate) const TEXT_BYTES_MAX: usize = 255;

/// Longest user name that is kept, in bytes. Guess: names of people and services are 3 to 30.
pub(crate) const USER_BYTES_MAX: usize = 64;

/// The bytes as they are, if they are all printable ASCII and at least one.
pub(crate) fn ascii(bytes: &[u8]) -> Option<&str> {
    let printable = !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e));
    core::str::from_utf8(bytes).ok().filter(|_| printable)
}

/// The bytes as text: blanks at the ends are left out, what is not printable ASCII becomes `?`, what is too long is cut.
pub(crate) fn printable<const N: usize>(bytes: &[u8]) -> ArrayString<N> {
    let mut text = ArrayString::new();
    for byte in bytes.trim_ascii() {
        let shown = if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '?' };
        if text.try_push(shown).is_err() {
            break;
        }
    }
    text
}

/// A host's name in lower case, without the dot that may end it; `None` when it is empty, too long or not printable.
pub(crate) fn host(bytes: &[u8]) -> Option<ArrayString<TEXT_BYTES_MAX>> {
    let name = ascii(bytes)?;
    let mut lower = ArrayString::from(name.strip_suffix('.').unwrap_or(name)).ok()?;
    lower.make_ascii_lowercase();
    Some(lower).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_printable_and_cut() {
        assert_eq!(&printable::<8>(b" vs\xe6FTPd 3.0 "), "vs?FTPd ");
        assert_eq!(ascii(b"a b"), Some("a b"));
        assert_eq!(ascii(b"a\nb"), None);
        assert_eq!(ascii(b""), None);
    }

    #[test]
    fn a_host_is_lower_case() {
        assert_eq!(host(b"Journal.Example.").as_deref(), Some("journal.example"));
        assert_eq!(host(b"."), None);
        assert_eq!(host(&[b'a'; 256]), None);
    }
}

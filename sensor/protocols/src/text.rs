//! Bytes from the net as text that is safe to keep: printable ASCII only.

/// Longest text that an event carries, in bytes. RFC 1035 §2.3.4 allows 255 for a name; the rest follows it.
pub(crate) const TEXT_BYTES_MAX: usize = 255;

/// The bytes as they are, if they are all printable ASCII and at least one.
pub(crate) fn ascii(bytes: &[u8]) -> Option<&str> {
    let printable = !bytes.is_empty() && bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e));
    core::str::from_utf8(bytes).ok().filter(|_| printable)
}

//! Bytes to values; no state.

use crate::cursor::Cursor;
use crate::text;

/// First bytes of a greeting (say which document says so).
pub(super) const MAGIC: &[u8] = &[0xec, 0x5a, 0x01];

/// Which rule of the format was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a greeting begins with other bytes")]
    WrongMagic,
    #[error("the name is not printable text")]
    NameNotText,
}

impl Malformed {
    /// Its name as an anomaly.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Malformed::WrongMagic => "wrong-magic",
            Malformed::NameNotText => "name-not-text",
        }
    }
}

/// What an end says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Greeting<'a> {
    /// What it calls itself.
    pub(super) name: &'a str,
    /// How long the greeting was.
    pub(super) used_bytes: u64,
}

/// Reads a greeting: the magic, one byte of length, a name. `None` when there is more to come.
///
/// Never panics and never allocates. Work is bounded by the longest name, 255 bytes.
pub(super) fn greeting(bytes: &[u8]) -> Result<Option<Greeting<'_>>, Malformed> {
    let mut rest = Cursor::new(bytes);
    let Some(magic) = rest.take(MAGIC.len()) else { return Ok(None) };
    if magic != MAGIC {
        return Err(Malformed::WrongMagic);
    }
    let Some(len) = rest.u8() else { return Ok(None) };
    let Some(name) = rest.take(usize::from(len)) else { return Ok(None) };
    let name = text::ascii(name).ok_or(Malformed::NameNotText)?;
    let used_bytes = (MAGIC.len() as u64).saturating_add(1).saturating_add(u64::from(len));
    Ok(Some(Greeting { name, used_bytes }))
}

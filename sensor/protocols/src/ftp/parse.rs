//! Pure functions from a line of an FTP control conversation to its parts; no state.

/// A line that the client sent (RFC 959 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// Who wants in.
    User(&'a [u8]),
    /// The secret; it is not kept.
    Password,
    /// Anything else.
    Other,
}

/// A line that the server sent (RFC 959 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply<'a> {
    /// The last line of a reply: its code and text.
    Last(u16, &'a [u8]),
    /// The first line of a longer reply.
    First(u16, &'a [u8]),
    /// A line inside a longer reply.
    Inside,
}

/// The first line of `bytes` without its end, and its length with it.
pub(crate) fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = bytes.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), end.saturating_add(1)))
}

/// Reads a client's line.
pub(crate) fn command(line: &[u8]) -> Command<'_> {
    let (verb, rest) = line.split_at_checked(4).unwrap_or((line, &[]));
    match rest.split_first() {
        Some((b' ', user)) if verb.eq_ignore_ascii_case(b"USER") => Command::User(user),
        Some((b' ', _)) | None if verb.eq_ignore_ascii_case(b"PASS") => Command::Password,
        _ => Command::Other,
    }
}

/// Reads a server's line.
pub(crate) fn reply(line: &[u8]) -> Reply<'_> {
    let (code, rest) = line.split_at_checked(3).unwrap_or((&[], line));
    let Some(code) = number(code) else { return Reply::Inside };
    match rest.split_first() {
        Some((b'-', text)) => Reply::First(code, text),
        Some((b' ', text)) => Reply::Last(code, text),
        None => Reply::Last(code, &[]),
        Some(_) => Reply::Inside,
    }
}

fn number(code: &[u8]) -> Option<u16> {
    let digits = core::str::from_utf8(code).ok().filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|code| (100..600).contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_its_end() {
        assert_eq!(line(b"220 x\r\nmore"), Some((b"220 x".as_slice(), 7)));
        assert_eq!(line(b"220 x\n"), Some((b"220 x".as_slice(), 6)));
        assert_eq!(line(b"220 x\r"), None);
    }

    #[test]
    fn commands_are_read_in_any_case() {
        assert_eq!(command(b"user Anna B"), Command::User(b"Anna B"));
        assert_eq!(command(b"PASS "), Command::Password);
        assert_eq!(command(b"PASS"), Command::Password);
        assert_eq!(command(b"PASSIVE"), Command::Other);
        assert_eq!(command(b"USERS"), Command::Other);
        assert_eq!(command(b""), Command::Other);
    }

    #[test]
    fn replies_have_a_code() {
        assert_eq!(reply(b"530 no"), Reply::Last(530, b"no"));
        assert_eq!(reply(b"230-welcome"), Reply::First(230, b"welcome"));
        assert_eq!(reply(b"221"), Reply::Last(221, b""));
        assert_eq!(reply(b" 230 inside"), Reply::Inside);
        assert_eq!(reply(b"2300"), Reply::Inside);
        assert_eq!(reply(b"+30 x"), Reply::Inside);
    }
}

//! Pure functions from the head of a message to what we want of it; no state. Heads are taken apart by `httparse`, which neither
//! allocates nor panics.

use core::mem::MaybeUninit;

use arrayvec::{ArrayString, ArrayVec};
use httparse::Header;

use crate::text::{self, TEXT_BYTES_MAX, USER_BYTES_MAX};

/// Most headers of a message. Browsers send some 20; the common servers refuse more than 100.
const HEADERS_MAX: usize = 96;

/// Longest line of a chunked body's frame, in bytes. RFC 9112 sets none; real ones have 3 to 30.
const CHUNK_LINE_BYTES_MAX: usize = 1_024;

/// Which rule a message broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the head of a request breaks the grammar")]
    Request,
    #[error("the head of a response breaks the grammar")]
    Response,
    #[error("the frame of a chunked body breaks the grammar")]
    Chunk,
    #[error("a head has more than {HEADERS_MAX} headers")]
    TooManyHeaders,
}

impl Malformed {
    /// The name of the anomaly.
    pub(crate) const fn anomaly(self) -> &'static str {
        match self {
            Malformed::Request => "broken-request",
            Malformed::Response => "broken-response",
            Malformed::Chunk => "broken-chunk",
            Malformed::TooManyHeaders => "too-many-headers",
        }
    }
}

/// The head of a request.
#[derive(Debug)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: &'a str,
    /// Up to the first byte that is not printable ASCII.
    pub(crate) target: &'a str,
    /// There was such a byte (RFC 9112 §3.2 allows none).
    pub(crate) is_target_cut: bool,
    pub(crate) host: Option<ArrayString<TEXT_BYTES_MAX>>,
    pub(crate) user_agent: Option<&'a [u8]>,
    pub(crate) authorization: Option<&'a [u8]>,
    pub(crate) body: Body,
    pub(crate) head_bytes: usize,
}

/// The head of a response.
#[derive(Debug)]
pub(crate) struct ResponseHead<'a> {
    pub(crate) code: u16,
    pub(crate) server: Option<&'a [u8]>,
    /// The server says that only the nonce of a Digest was too old.
    pub(crate) is_stale: bool,
    pub(crate) body: Body,
    pub(crate) head_bytes: usize,
}

/// How long a body is (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// It was not said.
    Unsaid,
    /// So many bytes.
    Bytes(u64),
    /// It comes in chunks.
    Chunked,
}

/// What a try to log in is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Name and password, in clear.
    Basic,
    /// A proof that is no secret.
    Other,
    /// The first step of a handshake: nobody is let in or refused by its answer.
    Handshake,
}

/// Reads a request's head; `None` when there is more to come.
pub(crate) fn request(bytes: &[u8]) -> Result<Option<RequestHead<'_>>, Malformed> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let status = request
        .parse_with_uninit_headers(bytes, &mut headers)
        .map_err(|err| broken(err, Malformed::Request))?;
    let httparse::Status::Complete(head_bytes) = status else { return Ok(None) };
    let sent = request.path.unwrap_or_default();
    let target = sent.find(|letter| !matches!(letter, ' '..='~')).map_or(sent, |end| sent.split_at(end).0);
    // Absolute form (RFC 9112 §3.2.2): to a proxy; it stands above the header.
    let named =
        target.split_once("://").map(|(_scheme, rest)| rest.split('/').next().unwrap_or(rest).as_bytes());
    Ok(Some(RequestHead {
        method: request.method.unwrap_or_default(),
        target,
        is_target_cut: target.len() < sent.len(),
        host: named
            .filter(|_| !target.starts_with('/'))
            .or_else(|| value(request.headers, "host"))
            .and_then(|host| text::host(without_port(host))),
        user_agent: value(request.headers, "user-agent"),
        authorization: value(request.headers, "authorization"),
        body: body(request.headers),
        head_bytes,
    }))
}

/// Reads a response's head; `None` when there is more to come.
pub(crate) fn response(bytes: &[u8]) -> Result<Option<ResponseHead<'_>>, Malformed> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut []);
    let status = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut response, bytes, &mut headers)
        .map_err(|err| broken(err, Malformed::Response))?;
    let httparse::Status::Complete(head_bytes) = status else { return Ok(None) };
    let challenge = value(response.headers, "www-authenticate").unwrap_or_default();
    Ok(Some(ResponseHead {
        code: response.code.unwrap_or_default(),
        server: value(response.headers, "server"),
        is_stale: challenge.says(b"stale=true") || challenge.says(b"stale=\"true"),
        body: body(response.headers),
        head_bytes,
    }))
}

/// The size of the chunk whose line stands first, and the length of that line (RFC 9112 §7.1); `None` when there is more to come.
pub(crate) fn chunk(bytes: &[u8]) -> Result<Option<(u64, usize)>, Malformed> {
    // None is looked for beyond the longest, or what is said would hang on how it is cut.
    match httparse::parse_chunk_size(bytes.get(..CHUNK_LINE_BYTES_MAX).unwrap_or(bytes)) {
        Ok(httparse::Status::Complete((line, size))) => Ok(Some((size, line))),
        Ok(httparse::Status::Partial) if bytes.len() < CHUNK_LINE_BYTES_MAX => Ok(None),
        _ => Err(Malformed::Chunk),
    }
}

/// The length of the line that stands first, and whether it is empty; `None` when there is more to come.
pub(crate) fn trailer(bytes: &[u8]) -> Result<Option<(usize, bool)>, Malformed> {
    match bytes.iter().take(CHUNK_LINE_BYTES_MAX).position(|byte| *byte == b'\n') {
        Some(end) => Ok(Some((end.saturating_add(1), matches!(bytes.get(..end), Some(b"" | b"\r"))))),
        None if bytes.len() < CHUNK_LINE_BYTES_MAX => Ok(None),
        None => Err(Malformed::Chunk),
    }
}

/// What the credentials are, and whose, where that is said in clear.
pub(crate) fn credentials(authorization: &[u8]) -> (Credentials, ArrayString<USER_BYTES_MAX>) {
    let nobody = ArrayString::new();
    let mut parts = authorization.splitn(2, |byte| *byte == b' ');
    let (scheme, proof) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default().trim_ascii());
    if scheme.eq_ignore_ascii_case(b"basic") {
        // A name of 64 bytes and its colon stand in the first 87 digits.
        let clear: ArrayVec<u8, { USER_BYTES_MAX + 2 }> = base64(proof);
        let user = clear.split(|byte| *byte == b':').next().unwrap_or_default();
        return (Credentials::Basic, text::printable(user));
    }
    let is_handshake = (scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate"))
        && {
            // "NTLMSSP", zero, and the message's number: 1 (MS-NLMP §2.2.1.1).
            let first: ArrayVec<u8, 9> = base64(proof);
            first.as_slice() == b"NTLMSSP\0\x01"
        };
    (if is_handshake { Credentials::Handshake } else { Credentials::Other }, nobody)
}

fn broken(err: httparse::Error, otherwise: Malformed) -> Malformed {
    if err == httparse::Error::TooManyHeaders { Malformed::TooManyHeaders } else { otherwise }
}

fn value<'a>(headers: &[Header<'a>], name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// "Transfer-Encoding" stands above "Content-Length" (RFC 9112 §6.3).
fn body(headers: &[Header<'_>]) -> Body {
    if value(headers, "transfer-encoding").is_some_and(|coding| coding.says(b"chunked")) {
        return Body::Chunked;
    }
    let length = value(headers, "content-length").and_then(|value| core::str::from_utf8(value).ok());
    length.and_then(|length| length.trim().parse().ok()).map_or(Body::Unsaid, Body::Bytes)
}

/// "name:8080" is "name"; "[2001:db8::1]:80" is "2001:db8::1".
fn without_port(host: &[u8]) -> &[u8] {
    if let Some(address) = host.strip_prefix(b"[") {
        return address.split(|byte| *byte == b']').next().unwrap_or_default();
    }
    host.split(|byte| *byte == b':').next().unwrap_or_default()
}

/// Decodes as far as there is room and sense (RFC 4648 §4).
fn base64<const N: usize>(digits: &[u8]) -> ArrayVec<u8, N> {
    let mut clear = ArrayVec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            if clear.try_push((bits >> count) as u8).is_err() {
                break;
            }
        }
    }
    clear
}

/// A search in bytes that does not mind the case.
trait Says {
    /// Whether `word`, which is in lower case, stands somewhere.
    fn says(&self, word: &[u8]) -> bool;
}

impl Says for [u8] {
    fn says(&self, word: &[u8]) -> bool {
        self.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_a_name_only() {
        let host = |head: &str| request(head.as_bytes()).unwrap().unwrap().host.map(|host| host.to_string());
        assert_eq!(host("GET / HTTP/1.1\r\nHost: Www.Example:8080\r\n\r\n").as_deref(), Some("www.example"));
        assert_eq!(host("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n").as_deref(), Some("2001:db8::1"));
        assert_eq!(
            host("GET http://a.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n").as_deref(),
            Some("a.example")
        );
        assert_eq!(
            host("GET /?to=http://a.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n").as_deref(),
            Some("b.example")
        );
        assert_eq!(host("GET / HTTP/1.0\r\n\r\n"), None);
    }

    #[test]
    fn chunks_stand_above_a_length() {
        let body = |headers: &str| {
            request(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes()).unwrap().unwrap().body
        };
        assert_eq!(body("Content-Length: 12\r\n"), Body::Bytes(12));
        assert_eq!(body("Content-Length: 12\r\nTransfer-Encoding: gzip, Chunked\r\n"), Body::Chunked);
        assert_eq!(body("Content-Length: twelve\r\n"), Body::Unsaid);
    }

    #[test]
    fn basic_credentials_have_a_name() {
        let user = |text: &str| credentials(text.as_bytes()).1.to_string();
        assert_eq!(user("Basic YW5uYTpzb21tZXI="), "anna");
        assert_eq!(user("basic  YW5uYQ=="), "anna");
        assert_eq!(user("Basic ===="), "");
        assert_eq!(user("Bearer YW5uYTpzb21tZXI="), "");
    }

    #[test]
    fn the_first_step_of_a_handshake_is_no_try() {
        let what = |text: &str| credentials(text.as_bytes()).0;
        assert_eq!(what("NTLM TlRMTVNTUAABAAAAB4IIog=="), Credentials::Handshake);
        assert_eq!(what("Negotiate TlRMTVNTUAADAAAAB4IIog=="), Credentials::Other);
        assert_eq!(what("Digest username=\"anna\""), Credentials::Other);
    }

    #[test]
    fn chunk_lines_have_a_size() {
        assert_eq!(chunk(b"1a;x=y\r\nrest"), Ok(Some((26, 8))));
        assert_eq!(chunk(b"1a"), Ok(None));
        assert_eq!(chunk(b"zz\r\n"), Err(Malformed::Chunk));
        let long = [b"1;".as_slice(), &[b'x'; CHUNK_LINE_BYTES_MAX], b"\r\n"].concat();
        assert_eq!(chunk(&long), Err(Malformed::Chunk));
        assert_eq!(trailer(b"\r\nrest"), Ok(Some((2, true))));
        assert_eq!(trailer(b"A: b\r\nrest"), Ok(Some((6, false))));
    }
}

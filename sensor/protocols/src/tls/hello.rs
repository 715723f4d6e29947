//! The client's hello, as lists that borrow the record (RFC 8446 §4.1.2).

use arrayvec::{ArrayString, ArrayVec};

use crate::cursor::Cursor;
use crate::text::{self, TEXT_BYTES_MAX};

/// Most cipher suites read; IANA lists some 350, clients offer 10 to 80.
const CIPHERS_MAX: usize = 128;

/// Most extensions read; IANA lists some 65, clients send 8 to 25.
const EXTENSIONS_MAX: usize = 64;

/// Most signature algorithms read; clients offer 8 to 30.
const SIGNATURES_MAX: usize = 64;

/// Extension numbers (IANA "TLS ExtensionType Values").
pub(super) mod extension {
    pub(crate) const SERVER_NAME: u16 = 0;
    pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(crate) const ALPN: u16 = 16;
    pub(crate) const SUPPORTED_VERSIONS: u16 = 43;
}

/// What a client's hello says, in the order in which it says it, without GREASE.
#[derive(Debug, Default)]
pub(super) struct ClientHello<'a> {
    /// The highest version offered.
    pub(super) version: u16,
    pub(super) ciphers: ArrayVec<u16, CIPHERS_MAX>,
    pub(super) extensions: ArrayVec<u16, EXTENSIONS_MAX>,
    pub(super) signatures: ArrayVec<u16, SIGNATURES_MAX>,
    /// The first protocol offered inside.
    pub(super) alpn: Option<&'a [u8]>,
    server_name: Option<&'a [u8]>,
}

impl<'a> ClientHello<'a> {
    /// The name of the server in lower case, if it was said and can be shown.
    pub(super) fn server_name(&self) -> Option<ArrayString<TEXT_BYTES_MAX>> {
        text::host(self.server_name?)
    }
}

/// Reads a client's hello; `None` when its lengths do not fit or a list is longer than any real one.
pub(super) fn client(body: &[u8]) -> Option<ClientHello<'_>> {
    let mut rest = Cursor::new(body);
    let mut hello = ClientHello { version: rest.u16()?, ..ClientHello::default() };
    let _random = rest.take(32)?;
    let session_len = rest.u8()?;
    let _session = rest.take(usize::from(session_len))?;
    let ciphers_len = rest.u16()?;
    numbers(rest.sub(usize::from(ciphers_len))?, &mut hello.ciphers)?;
    let compression_len = rest.u8()?;
    let _compression = rest.take(usize::from(compression_len))?;
    if rest.is_empty() {
        return Some(hello);
    }
    let extensions_len = rest.u16()?;
    let mut extensions = rest.sub(usize::from(extensions_len))?;
    while !extensions.is_empty() {
        let (number, len) = (extensions.u16()?, extensions.u16()?);
        let data = extensions.sub(usize::from(len))?;
        if is_grease(number) {
            continue;
        }
        hello.extensions.try_push(number).ok()?;
        read_extension(&mut hello, number, data);
    }
    Some(hello)
}

/// An extension that is broken inside counts as one that says nothing: the others still stand.
fn read_extension<'a>(hello: &mut ClientHello<'a>, number: u16, mut data: Cursor<'a>) -> Option<()> {
    match number {
        extension::SERVER_NAME => {
            let _list_len = data.u16()?;
            let 0 = data.u8()? else { return None };
            let len = data.u16()?;
            hello.server_name = Some(data.take(usize::from(len))?);
        }
        extension::SIGNATURE_ALGORITHMS => {
            let len = data.u16()?;
            numbers(data.sub(usize::from(len))?, &mut hello.signatures)?;
        }
        extension::ALPN => {
            let _list_len = data.u16()?;
            let len = data.u8()?;
            hello.alpn = Some(data.take(usize::from(len))?);
        }
        extension::SUPPORTED_VERSIONS => {
            let len = data.u8()?;
            let mut versions = data.sub(usize::from(len))?;
            let mut highest = 0;
            while let Some(version) = versions.u16() {
                if !is_grease(version) {
                    highest = highest.max(version);
                }
            }
            hello.version = highest;
        }
        _ => {}
    }
    Some(())
}

/// Reads 16-bit numbers to the end, leaving GREASE out.
fn numbers<const N: usize>(mut rest: Cursor<'_>, into: &mut ArrayVec<u16, N>) -> Option<()> {
    while !rest.is_empty() {
        let number = rest.u16()?;
        if !is_grease(number) {
            into.try_push(number).ok()?;
        }
    }
    Some(())
}

/// Values that clients throw in so that servers do not mind new ones (RFC 8701).
const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

//! The first flights of TLS 1.3 (RFC 8446): what a program of today says, and what an observer sees of the answer. What is encrypted is
//! zeroes: nobody here has a key.

use super::build::{PAYLOAD_BYTES_MAX, ZEROES};

/// Record types (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// "Change cipher spec", which says nothing any more but is still sent (RFC 8446 §D.4).
const CHANGE_CIPHER_SPEC: [u8; 6] = [20, 3, 3, 0, 1, 1];

/// How a record of 2^14 bytes of data begins: the longest there is (RFC 8446 §5.1).
pub(super) const LONG_RECORD: [u8; PAYLOAD_BYTES_MAX] = {
    let mut bytes = *ZEROES;
    [bytes[0], bytes[1], bytes[2], bytes[3]] = [APPLICATION_DATA, 3, 3, 0x40];
    bytes
};

/// Bytes of the encrypted part of each flight. Guess: a certificate of common length; a "finished".
const SERVER_FLIGHT_BYTES: usize = 900;
const CLIENT_FLIGHT_BYTES: usize = 53;

/// TLS_AES_128_GCM_SHA256 and what browsers offer besides.
const CIPHER_SUITES: [u16; 9] = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];

/// The client's hello to the server of this name, of at most 255 bytes. `random` is any number.
pub(super) fn client_hello(server_name: &str, random: [u8; 32]) -> Vec<u8> {
    let name = vec16(&[&[0], &vec16(server_name.as_bytes())[..]].concat());
    let extensions = [
        extension(0, &name),
        extension(23, &[]),
        extension(65281, &[0]),
        // x25519, secp256r1, secp384r1.
        extension(10, &vec16(&[0, 29, 0, 23, 0, 24])),
        extension(11, &[1, 0]),
        extension(16, &vec16(b"\x02h2\x08http/1.1")),
        // ECDSA and RSA-PSS with SHA-256, SHA-384 and SHA-512, and RSA with SHA-256.
        extension(13, &vec16(&[4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 8, 6])),
        // TLS 1.3, 1.2.
        extension(43, &[4, 3, 4, 3, 3]),
        extension(45, &[1, 1]),
        extension(51, &vec16(&[&[0, 29][..], &vec16(&random)].concat())),
    ]
    .concat();
    let suites: Vec<u8> = CIPHER_SUITES.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let body = [&[3, 3][..], &random, &[32], &random, &vec16(&suites), &[1, 0], &vec16(&extensions)].concat();
    record(HANDSHAKE, &handshake(1, &body))
}

/// The server's whole flight.
pub(super) fn server_flight(random: [u8; 32]) -> Vec<u8> {
    let share = [&[0, 29][..], &vec16(&random)].concat();
    let extensions = [extension(51, &share), extension(43, &[3, 4])].concat();
    let body =
        [&[3, 3][..], &random, &[32], &random, &CIPHER_SUITES[0].to_be_bytes(), &[0], &vec16(&extensions)]
            .concat();
    let hello = record(HANDSHAKE, &handshake(2, &body));
    [hello, CHANGE_CIPHER_SPEC.to_vec(), record(APPLICATION_DATA, &[0; SERVER_FLIGHT_BYTES])].concat()
}

/// The client's second flight.
pub(super) fn client_flight() -> Vec<u8> {
    [CHANGE_CIPHER_SPEC.to_vec(), record(APPLICATION_DATA, &[0; CLIENT_FLIGHT_BYTES])].concat()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vec16(content)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &vec16(body)].concat()
}

fn extension(number: u16, data: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &vec16(data)].concat()
}

/// A length of 16 bits and what is so long.
fn vec16(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u16).to_be_bytes()[..], content].concat()
}

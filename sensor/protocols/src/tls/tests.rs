//! Whole records, as they stand on the wire.

use proptest::prelude::*;
use tls_parser::{TlsMessage, TlsMessageHandshake};

use super::*;

fn list(len_bytes: usize, body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32).to_be_bytes()[4 - len_bytes..].to_vec();
    bytes.extend(body);
    bytes
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [vec![kind, 3, 1], list(2, body)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    record(content::HANDSHAKE, &[vec![kind], list(3, body)].concat())
}

fn extension(number: u16, body: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().to_vec(), list(2, body)].concat()
}

/// A hello such as a browser sends, with GREASE in every list.
fn hello(name: &[u8]) -> Vec<u8> {
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let extensions = [
        extension(0x1a1a, &[]),
        extension(0, &list(2, &[vec![0], list(2, name)].concat())),
        extension(23, &[]),
        extension(16, &list(2, &[list(1, b"h2"), list(1, b"http/1.1")].concat())),
        extension(13, &list(2, &numbers(&[0x0403, 0x0804]))),
        extension(43, &list(1, &numbers(&[0x2a2a, 0x0304, 0x0303]))),
    ];
    let body = [
        vec![3, 3],
        vec![7; 32],
        list(1, &[9; 32]),
        list(2, &numbers(&[0x3a3a, 0x1302, 0x1301])),
        list(1, &[0]),
        list(2, &extensions.concat()),
    ];
    handshake(message::CLIENT_HELLO, &body.concat())
}

fn said(side: Side, bytes: &[u8], step: usize) -> (Vec<String>, Progress) {
    let (mut parser, mut lines, mut used, mut last) = (Parser::default(), Vec::new(), 0, Progress::NeedMore);
    for end in (step..bytes.len()).step_by(step).chain([bytes.len()]) {
        while used < end {
            last = parser.parse(side, Carrier::Tcp, Input::Data(&bytes[used..end]), &mut |event| {
                lines.push(match event {
                    Event::ServerName(name) => format!("name {name}"),
                    Event::Fingerprint(print) => format!("ja4 {}", print.value),
                    Event::Certificate(certificate) => {
                        format!("certificate of {} bytes", certificate.der().len())
                    }
                    other => format!("{other:?}"),
                });
            });
            match last {
                Progress::Used(count) => used += count as usize,
                Progress::NeedMore => break,
                Progress::Done | Progress::GiveUp => return (lines, last),
            }
        }
    }
    (lines, last)
}

#[test]
fn a_hello_names_its_server_and_its_program() {
    let (lines, _) = said(Side::Client, &hello(b"journal.example"), 10_000);
    assert_eq!(lines, ["name journal.example", "ja4 t13d0205h2_62ed6f6ca7ad_f9b7c94aa166"]);
}

/// The example of the published description, as a browser's hello with GREASE and in another order.
#[test]
fn a_browsers_hello_has_the_published_fingerprint() {
    let numbers = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let ciphers = [
        0xdada, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
        0x009c, 0x009d, 0x002f, 0x0035,
    ];
    let signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
    let mut extensions = vec![
        extension(0x8a8a, &[]),
        extension(0, &list(2, &[vec![0], list(2, b"clinic.example")].concat())),
        extension(16, &list(2, &[list(1, b"h2"), list(1, b"http/1.1")].concat())),
        extension(13, &list(2, &numbers(&signatures))),
        extension(43, &list(1, &numbers(&[0x6a6a, 0x0304, 0x0303]))),
    ];
    let others =
        [0xff01, 0x000a, 0x0023, 0x0005, 0x000b, 0x0012, 0x0017, 0x001b, 0x002d, 0x0033, 0x4469, 0x0015];
    extensions.extend(others.map(|number| extension(number, &[0, 0])));
    let body = [
        vec![3, 3],
        vec![7; 32],
        list(1, &[9; 32]),
        list(2, &numbers(&ciphers)),
        list(1, &[0]),
        list(2, &extensions.concat()),
    ];
    let (lines, _) = said(Side::Client, &handshake(message::CLIENT_HELLO, &body.concat()), 10_000);
    assert_eq!(lines, ["name clinic.example", "ja4 t13d1516h2_8daaf6152771_e5627efa2ab1"]);
}

#[test]
fn a_hello_over_several_records_is_put_together() {
    let whole = hello(b"journal.example");
    let (wanted, _) = said(Side::Client, &whole, 10_000);
    for part in 1..whole.len() - RECORD_HEADER_BYTES {
        let records: Vec<u8> = whole[RECORD_HEADER_BYTES..]
            .chunks(part)
            .flat_map(|part| record(content::HANDSHAKE, part))
            .collect();
        assert_eq!(said(Side::Client, &records, 100_000).0, wanted, "{part} bytes a record");
        assert_eq!(said(Side::Client, &records, 7).0, wanted, "{part} bytes a record, in pieces");
    }
}

#[test]
fn a_certificate_over_several_records_is_put_together() {
    let chain = list(3, &[list(3, &[0x30; 700]), list(3, &[0x31; 900])].concat());
    let flight =
        [vec![message::SERVER_HELLO], list(3, &[0; 70]), vec![message::CERTIFICATE], list(3, &chain)]
            .concat();
    for part in [100, 512, 1_000] {
        let records: Vec<u8> =
            flight.chunks(part).flat_map(|part| record(content::HANDSHAKE, part)).collect();
        for step in [1, 300, 100_000] {
            assert_eq!(said(Side::Server, &records, step).0, ["certificate of 700 bytes"], "{part}, {step}");
        }
    }
}

#[test]
fn a_hello_that_never_ends_is_an_anomaly() {
    let body = list(3, &[3; 60_000]);
    let message = [&[message::CLIENT_HELLO], body.as_slice()].concat();
    let records: Vec<u8> = message.chunks(1_000).flat_map(|part| record(content::HANDSHAKE, part)).collect();
    for step in [1_460, 1_000_000] {
        let (lines, _) = said(Side::Client, &records, step);
        assert_eq!(lines, [r#"Anomaly(Anomaly { protocol: "tls", what: "broken-client-hello" })"#]);
    }
}

#[test]
fn other_records_are_stepped_over() {
    let alert_and_heartbeat =
        [record(content::ALERT, &[1, 2]), record(content::HEARTBEAT, &[1; 20])].concat();
    let (lines, _) = said(Side::Client, &[alert_and_heartbeat, hello(b"a.example")].concat(), 9);
    assert_eq!(lines[0], "name a.example");
    let (lines, last) = said(Side::Client, b"\x16\x09\x01\x00\x10", 9);
    assert_eq!(lines, [r#"Anomaly(Anomaly { protocol: "tls", what: "bad-record" })"#]);
    assert_eq!(last, Progress::GiveUp);
}

#[test]
fn a_hello_without_extensions_is_a_hello() {
    let body = [vec![3, 0], vec![7; 32], list(1, &[]), list(2, &[0, 5, 0, 4]), list(1, &[0])].concat();
    let (lines, _) = said(Side::Client, &handshake(message::CLIENT_HELLO, &body), 10_000);
    assert_eq!(lines, ["ja4 ts3i020000_6e254592683c_000000000000"]);
}

#[test]
fn the_servers_own_certificate_comes_first() {
    let chain = list(3, &[list(3, &[0x30; 700]), list(3, &[0x31; 900])].concat());
    let flight = [
        handshake(message::SERVER_HELLO, &[0; 70]),
        handshake(message::CERTIFICATE, &chain),
        record(content::CHANGE_CIPHER_SPEC, &[1]),
    ];
    let (lines, last) = said(Side::Server, &flight.concat(), 10_000);
    assert_eq!(lines, ["certificate of 700 bytes"]);
    assert_eq!(last, Progress::Done);
}

#[test]
fn a_message_that_runs_on_is_passed_over() {
    let chain = list(3, &[list(3, &[0x30; 700]), list(3, &[0x31; 30_000])].concat());
    let message = [vec![message::CERTIFICATE], list(3, &chain)].concat();
    let records: Vec<u8> = message.chunks(16_000).flat_map(|part| record(content::HANDSHAKE, part)).collect();
    let (lines, _) = said(Side::Server, &[records, hello(b"after.example")].concat(), 10_000_000);
    assert_eq!(lines[..2], ["certificate of 700 bytes", "name after.example"]);
}

#[test]
fn says_the_same_in_pieces() {
    let bytes = hello(b"journal.example");
    for step in 1..bytes.len() {
        assert_eq!(
            said(Side::Client, &bytes, step),
            said(Side::Client, &bytes, 10_000),
            "{step} bytes at a time"
        );
    }
}

#[test]
fn a_broken_hello_is_an_anomaly() {
    let mut bytes = hello(b"journal.example");
    bytes[5 + 4 + 2 + 32] = 255;
    let (lines, _) = said(Side::Client, &bytes, 10_000);
    assert_eq!(lines, [r#"Anomaly(Anomaly { protocol: "tls", what: "broken-client-hello" })"#]);
}

#[test]
fn is_known_by_its_first_six_bytes() {
    let probe = |bytes: &[u8]| Parser::probe(bytes, Side::Client, Carrier::Tcp, false);
    assert_eq!(probe(&hello(b"x.example")), Probe::Certain(Some(Side::Client)));
    assert_eq!(probe(&handshake(message::SERVER_HELLO, &[0; 70])), Probe::Certain(Some(Side::Server)));
    assert_eq!(probe(&[22, 3, 1]), Probe::Unsure);
    assert_eq!(probe(b"SSH-2.0-x"), Probe::NotOurs);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), kind in 1_u8..12) {
        said(Side::Client, &handshake(kind, &body), 10_000);
        said(Side::Server, &body, 7);
    }

    /// What another reader takes for a hello, we read, with the same ciphers.
    #[test]
    fn agrees_with_another_reader(flip in 0_usize..200, to: u8) {
        let mut bytes = hello(b"journal.example");
        let at = 9 + flip % (bytes.len() - 9);
        bytes[at] = to;
        let Ok((_, theirs)) = tls_parser::parse_tls_plaintext(&bytes) else { return Ok(()) };
        let Some(TlsMessage::Handshake(TlsMessageHandshake::ClientHello(theirs))) = theirs.msg.first() else { return Ok(()) };
        let Some(extensions) = theirs.ext else { return Ok(()) };
        if tls_parser::parse_tls_client_hello_extensions(extensions).is_err() { return Ok(()); }
        let ours = hello::client(&bytes[9..]);
        let wanted: Vec<u16> = theirs.ciphers.iter().map(|c| c.0).filter(|n| n & 0x0f0f != 0x0a0a || n >> 8 != n & 0xff).collect();
        if let Some(ours) = ours { prop_assert_eq!(ours.ciphers.to_vec(), wanted); }
    }
}

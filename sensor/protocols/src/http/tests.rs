//! Whole conversations, as they stand on the wire.

use proptest::prelude::*;

use super::*;
use crate::talk::{breaks_off_anywhere, says_the_same_in_pieces, talk_tcp};

type Turns<'a> = &'a [(Side, &'a [u8])];

/// Two requests at once, one with a body; two answers, the first in chunks.
const PIPELINE: Turns<'_> = &[
    (
        Side::Client,
        b"POST /journal?id=7 HTTP/1.1\r\nHost: Journal.example:8080\r\nUser-Agent: Care/2.1\r\nContent-Length: 5\r\n\r\n\
          a\r\n\r\nHEAD /x HTTP/1.1\r\nHost: journal.example\r\n\r\n",
    ),
    (
        Side::Server,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: nginx/1.26\r\nTransfer-Encoding: chunked\r\n\r\n\
          5;x=1\r\nHTTP/\r\n0\r\nTrailer: y\r\n\r\n\
          HTTP/1.1 404 Not Found\r\nServer: nginx/1.26\r\nContent-Length: 900\r\n\r\n",
    ),
    (Side::Client, b"GET / HTTP/1.1\r\nHost: journal.example\r\n\r\n"),
];

const GUESSING: Turns<'_> = &[
    (Side::Client, b"GET / HTTP/1.1\r\n\r\n"),
    (Side::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
    (Side::Client, b"GET / HTTP/1.1\r\nAuthorization: Basic YW5uYTpzb21tZXI=\r\n\r\n"),
    (Side::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"),
    (Side::Client, b"GET / HTTP/1.1\r\nAuthorization: Basic YW5uYTp2aW50ZXI=\r\n\r\n"),
    (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    (Side::Client, b"GET /2 HTTP/1.1\r\nAuthorization: Basic YW5uYTp2aW50ZXI=\r\n\r\n"),
    (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
];

fn logins(turns: Turns<'_>) -> Vec<String> {
    let (said, _) = talk_tcp::<Parser>(turns, usize::MAX);
    said.into_iter().filter(|line| line.starts_with("Login")).collect()
}

#[test]
fn a_target_is_cut_where_it_is_not_printable() {
    let (said, _) =
        talk_tcp::<Parser>(&[(Side::Client, "GET /sk\u{e6}rm?x HTTP/1.1\r\n\r\n".as_bytes())], usize::MAX);
    assert_eq!(
        said,
        [
            r#"Anomaly(Anomaly { protocol: "http", what: "target-not-ascii" })"#,
            r#"Request(Request { method: "GET", host: "", target: "/sk" })"#,
        ]
    );
}

#[test]
fn requests_and_programs_are_said() {
    assert_eq!(
        talk_tcp::<Parser>(PIPELINE, usize::MAX).0,
        [
            r#"Request(Request { method: "POST", host: "journal.example", target: "/journal?id=7" })"#,
            r#"ServerName("journal.example")"#,
            r#"Software(Software { side: Client, evidence: "http-user-agent", text: "Care/2.1" })"#,
            r#"Request(Request { method: "HEAD", host: "journal.example", target: "/x" })"#,
            r#"ServerName("journal.example")"#,
            r#"Software(Software { side: Server, evidence: "http-server", text: "nginx/1.26" })"#,
            r#"Software(Software { side: Server, evidence: "http-server", text: "nginx/1.26" })"#,
            r#"Request(Request { method: "GET", host: "journal.example", target: "/" })"#,
            r#"ServerName("journal.example")"#,
        ]
    );
}

#[test]
fn says_the_same_however_it_is_cut() {
    for turns in [PIPELINE, GUESSING] {
        says_the_same_in_pieces::<Parser>(turns);
        breaks_off_anywhere::<Parser>(turns);
    }
}

#[test]
fn logins_fail_and_succeed_once() {
    assert_eq!(
        logins(GUESSING),
        [
            r#"Login(Login { service: "http", outcome: Failed, user: Some("anna"), in_clear: true })"#,
            r#"Login(Login { service: "http", outcome: Succeeded, user: Some("anna"), in_clear: true })"#,
        ]
    );
}

#[test]
fn an_answer_belongs_to_its_own_request_however_many_wait() {
    let ask = b"GET / HTTP/1.1\r\n\r\n";
    let login = b"GET / HTTP/1.1\r\nAuthorization: Basic YW5uYTp2aW50ZXI=\r\n\r\n";
    let asked = [ask.repeat(20), login.to_vec()].concat();
    let refused = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".repeat(21);
    let again: Turns<'_> =
        &[(Side::Client, &asked), (Side::Server, &refused), (Side::Client, login), (Side::Server, &refused)];
    assert_eq!(logins(again).len(), 1);
}

#[test]
fn a_handshake_is_one_login() {
    let turns: Turns<'_> = &[
        (Side::Client, b"GET / HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAABAAAAB4IIog==\r\n\r\n"),
        (Side::Server, b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM TlRM\r\nContent-Length: 0\r\n\r\n"),
        (Side::Client, b"GET / HTTP/1.1\r\nAuthorization: NTLM TlRMTVNTUAADAAAAB4IIog==\r\n\r\n"),
        (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    assert_eq!(
        logins(turns),
        [r#"Login(Login { service: "http", outcome: Succeeded, user: None, in_clear: false })"#]
    );
}

#[test]
fn a_stale_nonce_is_no_failure() {
    let turns: Turns<'_> = &[
        (Side::Client, b"GET / HTTP/1.1\r\nAuthorization: Digest username=\"a\"\r\n\r\n"),
        (
            Side::Server,
            b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest Stale=TRUE\r\nContent-Length: 0\r\n\r\n",
        ),
    ];
    assert!(logins(turns).is_empty());
}

#[test]
fn is_done_when_it_becomes_another_protocol() {
    let tunnel: Turns<'_> = &[
        (Side::Client, b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"),
        (Side::Server, b"HTTP/1.1 200 Connected\r\n\r\n"),
    ];
    assert_eq!(talk_tcp::<Parser>(tunnel, usize::MAX).1, Progress::Done);
    let upgrade: Turns<'_> = &[(Side::Server, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")];
    assert_eq!(talk_tcp::<Parser>(upgrade, usize::MAX).1, Progress::Done);
}

#[test]
fn a_body_without_length_runs_to_the_end() {
    let turns: Turns<'_> = &[(Side::Server, b"HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")];
    let (_, last) = talk_tcp::<Parser>(turns, usize::MAX);
    assert_eq!(last, Progress::Used(u64::MAX));
}

#[test]
fn goes_on_behind_a_hole() {
    let mut parser = Parser::default();
    let mut said = 0;
    let mut parse = |input| parser.parse(Side::Client, Carrier::Tcp, input, &mut |_| said += 1);
    parse(Input::Gap(100));
    assert_eq!(parse(Input::Data(b"rest of a body")), Progress::Used(14));
    parse(Input::Data(b"GET /x HTTP/1.1\r\n\r\n"));
    assert_eq!(said, 1);
}

#[test]
fn broken_messages_are_anomalies() {
    let anomaly = |turns: Turns<'_>| talk_tcp::<Parser>(turns, usize::MAX).0.pop().unwrap_or_default();
    assert!(anomaly(&[(Side::Client, b"GET /\x01 HTTP/1.1\r\n\r\n")]).contains("broken-request"));
    assert!(anomaly(&[(Side::Server, b"HTTP/1.1 2x0 OK\r\n\r\n")]).contains("broken-response"));
    let many = [b"GET / HTTP/1.1\r\n".to_vec(), b"a: b\r\n".repeat(97), b"\r\n".to_vec()].concat();
    assert!(anomaly(&[(Side::Client, &many)]).contains("too-many-headers"));
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n";
    assert!(anomaly(&[(Side::Server, chunk)]).contains("broken-chunk"));
}

#[test]
fn is_known_by_its_first_line() {
    let probe = |first: &[u8]| Parser::probe(first, Side::Client, Carrier::Tcp, false);
    assert_eq!(probe(b"GET / HTTP/1.1\r\n"), Probe::Certain(Some(Side::Client)));
    assert_eq!(probe(b"HTTP/1.0 200 OK\r\n"), Probe::Certain(Some(Side::Server)));
    assert_eq!(probe(b"GET /long"), Probe::Unsure);
    assert_eq!(probe(b"HT"), Probe::Unsure);
    assert_eq!(probe(b"OPTIONS sip:a SIP/2.0\r\n"), Probe::NotOurs);
    assert_eq!(probe(b"PRI * HTTP/2.0\r\n"), Probe::NotOurs);
    assert_eq!(probe(b"USER anna\r\n"), Probe::NotOurs);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(head in "[A-Z]{3,6} /[ -~]{0,20} HTTP/1.1\r\n([A-Z][a-z-]{0,18}: [ -~]{0,30}\r\n){0,6}\r\n", tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let request = [head.as_bytes(), &tail].concat();
        let answer = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".as_slice(), &tail].concat();
        talk_tcp::<Parser>(&[(Side::Client, &request), (Side::Server, &answer)], 11);
    }
}

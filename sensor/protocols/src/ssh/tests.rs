//! Whole conversations: what goes in clear as it stands on the wire, what is dark by its sizes.

use proptest::prelude::*;

use super::*;
use crate::talk::{breaks_off_anywhere, says_the_same_in_pieces, talk_tcp};

fn packet(message: u8, body: &[u8]) -> Vec<u8> {
    let len = (body.len() + 2 + 6) as u32;
    [&len.to_be_bytes(), [6, message].as_slice(), body, &[0; 6]].concat()
}

fn offer(cipher: &str, checksum: &str) -> Vec<u8> {
    let lists =
        ["curve25519-sha256", "ssh-ed25519", cipher, cipher, checksum, checksum, "none", "none", "", ""];
    let mut body = vec![7; 16];
    for list in lists {
        body.extend((list.len() as u32).to_be_bytes());
        body.extend(list.bytes());
    }
    body.extend([0; 5]);
    packet(message::KEXINIT, &body)
}

const GCM: [&str; 2] = ["aes256-gcm@openssh.com", "hmac-sha1"];
const CHACHA: [&str; 2] = ["chacha20-poly1305@openssh.com", "hmac-sha1"];

/// Messages of a login, by their length in bytes (RFC 4252): name "anna", password "sommer".
const SERVICE: u16 = 17;
const NOTHING: u16 = 31 + 4;
const PASSWORD: u16 = 40 + 10;
const KEY: u16 = 341;
const REFUSAL: u16 = 24;
const SUCCESS: u16 = 1;

/// What a client program says and how its messages are filled up.
struct Program {
    banner: &'static [u8],
    password_blocks: Option<u16>,
}

const OPENSSH: Program = Program { banner: b"SSH-2.0-OpenSSH_9.6\r\n", password_blocks: Some(128) };
const LIBSSH2: Program = Program { banner: b"SSH-2.0-libssh2_1.11\r\n", password_blocks: None };

/// A conversation up to the keys, and then dark messages in turns: client, server, client …
fn conversation(program: &Program, [cipher, checksum]: [&str; 2], dark: &[u16]) -> Vec<(Side, Vec<u8>)> {
    let algorithms = parse::packet(&offer(cipher, checksum)).unwrap().unwrap().body.unwrap().to_vec();
    let lists = parse::algorithms(&algorithms).unwrap().lists(Side::Server);
    let agreed = Offer::new(lists[0], lists[1], lists[2]);
    let sizes = Sizes::agreed(&agreed, &agreed).unwrap();
    let newkeys = packet(message::NEWKEYS, &[]);
    let mut turns = vec![
        (Side::Server, b"SSH-2.0-OpenSSH_9.6p1\r\n".to_vec()),
        (Side::Client, [program.banner, &offer(cipher, checksum), &packet(30, &[1; 40])].concat()),
        (Side::Server, [offer(cipher, checksum), packet(31, &[2; 200]), newkeys.clone()].concat()),
        (Side::Client, newkeys),
    ];
    for (turn, payload) in dark.iter().enumerate() {
        let side = if turn % 2 == 0 { Side::Client } else { Side::Server };
        let blocks = match (*payload, program.password_blocks) {
            (PASSWORD, Some(blocks)) => blocks,
            (payload, _) => sizes.blocks(payload),
        };
        let mut bytes = vec![0x5a; sizes.wire(u32::from(blocks)) as usize];
        if sizes.is_length_clear {
            bytes[..4].copy_from_slice(&u32::from(blocks).to_be_bytes());
        }
        turns.push((side, bytes));
    }
    turns
}

fn borrowed(turns: &[(Side, Vec<u8>)]) -> Vec<(Side, &[u8])> {
    turns.iter().map(|(side, bytes)| (*side, bytes.as_slice())).collect()
}

/// The outcomes of the logins, in order.
fn outcomes(program: &Program, algorithms: [&str; 2], dark: &[u16]) -> Vec<String> {
    let turns = conversation(program, algorithms, dark);
    let (said, _) = talk_tcp::<Parser>(&borrowed(&turns), usize::MAX);
    let logins =
        said.iter().filter_map(|line| line.strip_prefix("Login(Login { service: \"ssh\", outcome: "));
    logins.map(|line| line.split(',').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn programs_and_fingerprints_are_said() {
    let turns = conversation(&OPENSSH, GCM, &[]);
    // HASSH is the MD5 of "curve25519-sha256;aes256-gcm@openssh.com;hmac-sha1;none".
    assert_eq!(
        talk_tcp::<Parser>(&borrowed(&turns), usize::MAX).0,
        [
            r#"Software(Software { side: Server, evidence: "ssh-banner", text: "SSH-2.0-OpenSSH_9.6p1" })"#,
            r#"Software(Software { side: Client, evidence: "ssh-banner", text: "SSH-2.0-OpenSSH_9.6" })"#,
            r#"Fingerprint(Fingerprint { method: Hassh, value: "6397e0621f35639d86e111219403523b" })"#,
            r#"Fingerprint(Fingerprint { method: HasshServer, value: "6397e0621f35639d86e111219403523b" })"#,
        ]
    );
}

#[test]
fn many_tries_in_one_conversation_are_seen() {
    let tries =
        [SERVICE, SERVICE, NOTHING, REFUSAL, PASSWORD, REFUSAL, PASSWORD, REFUSAL, PASSWORD, SUCCESS, 300];
    for algorithms in [GCM, CHACHA] {
        assert_eq!(
            outcomes(&OPENSSH, algorithms, &tries),
            ["Failed", "Failed", "Succeeded"],
            "{algorithms:?}"
        );
    }
}

#[test]
fn one_try_in_a_conversation_is_seen() {
    for algorithms in [GCM, CHACHA] {
        let tries = [SERVICE, SERVICE, PASSWORD + 20, REFUSAL];
        assert_eq!(outcomes(&LIBSSH2, algorithms, &tries), ["Failed"], "{algorithms:?}");
    }
}

#[test]
fn keys_and_asking_are_no_failures() {
    let tries =
        [SERVICE, SERVICE, NOTHING, REFUSAL, KEY, REFUSAL, KEY + 8, REFUSAL, KEY, KEY, KEY + 280, SUCCESS];
    assert_eq!(outcomes(&OPENSSH, CHACHA, &tries), ["Succeeded"]);
    assert_eq!(outcomes(&LIBSSH2, GCM, &[SERVICE, SERVICE, NOTHING, REFUSAL]), Vec::<String>::new());
}

#[test]
fn an_answer_of_another_size_is_no_refusal() {
    // The password was right, and a code is asked for: the list of what may be tried is another one.
    let tries = [SERVICE, SERVICE, NOTHING, REFUSAL + 21, PASSWORD, REFUSAL + 2, PASSWORD, SUCCESS];
    assert_eq!(outcomes(&OPENSSH, GCM, &tries), ["Succeeded"]);
}

#[test]
fn says_the_same_however_it_is_cut_while_lengths_are_clear() {
    let turns = conversation(&OPENSSH, GCM, &[SERVICE, SERVICE, NOTHING, REFUSAL, PASSWORD, REFUSAL]);
    says_the_same_in_pieces::<Parser>(&borrowed(&turns));
    breaks_off_anywhere::<Parser>(&borrowed(&turns));
}

#[test]
fn says_the_same_however_it_is_cut_before_it_goes_dark() {
    says_the_same_in_pieces::<Parser>(&borrowed(&conversation(&OPENSSH, CHACHA, &[])));
}

#[test]
fn lines_may_stand_before_the_banner() {
    let turns: &[(Side, &[u8])] = &[(Side::Server, b"Authorised use only\r\nSSH-2.0-x\r\n")];
    assert_eq!(talk_tcp::<Parser>(turns, usize::MAX).0.len(), 1);
    let endless: &[(Side, &[u8])] = &[(Side::Server, &b"x\n".repeat(100))];
    assert_eq!(talk_tcp::<Parser>(endless, usize::MAX).1, Progress::GiveUp);
}

#[test]
fn broken_packets_are_anomalies() {
    let anomaly = |bytes: &[u8]| {
        let turns: &[(Side, &[u8])] = &[(Side::Client, b"SSH-2.0-x\r\n"), (Side::Client, bytes)];
        talk_tcp::<Parser>(turns, usize::MAX).0.pop().unwrap()
    };
    assert!(anomaly(&[0xff; 8]).contains("bad-packet-length"));
    assert!(anomaly(&packet(message::KEXINIT, &[9; 30])).contains("broken-key-exchange"));
}

#[test]
fn is_known_by_its_banner() {
    let probe = |first: &[u8]| Parser::probe(first, Side::Server, Carrier::Tcp, false);
    assert_eq!(probe(b"SSH-2.0-OpenSSH"), Probe::Certain(None));
    assert_eq!(probe(b"SSH-1.99-Cisco"), Probe::Certain(None));
    assert_eq!(probe(b"SS"), Probe::Unsure);
    assert_eq!(probe(b"220 x"), Probe::NotOurs);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(kind: u8, body in prop::collection::vec(any::<u8>(), 0..200), dark in prop::collection::vec(0_u16..400, 0..20)) {
        let mut turns = conversation(&LIBSSH2, CHACHA, &dark);
        turns.insert(2, (Side::Client, packet(kind, &body)));
        talk_tcp::<Parser>(&borrowed(&turns), usize::MAX);
        talk_tcp::<Parser>(&borrowed(&turns), 9);
    }
}

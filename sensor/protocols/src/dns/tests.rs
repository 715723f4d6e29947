//! Whole messages, as they stand on the wire.

use proptest::prelude::*;

use super::*;
use crate::talk::{breaks_off_anywhere, says_the_same_in_pieces};

/// What was said, one line each.
fn said(carrier: Carrier, bytes: &[u8]) -> (Vec<String>, Progress) {
    let mut lines = Vec::new();
    let progress = Parser.parse(Side::Client, carrier, Input::Data(bytes), &mut |event| {
        lines.push(match event {
            Event::NameLookup(lookup) => {
                let phase = match lookup.phase {
                    LookupPhase::Asked => "asked".to_owned(),
                    LookupPhase::Answered { code, addresses } => format!("answered {code} {addresses:?}"),
                };
                format!(
                    "{phase} {} {} {} {}",
                    lookup.name, lookup.record, lookup.message_bytes, lookup.is_local
                )
            }
            other => format!("{other:?}"),
        });
    });
    (lines, progress)
}

/// A question for the AAAA record of www.example, with an OPT record behind it.
const QUESTION: &[u8] =
    b"\xab\xcd\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03www\x07example\x00\x00\x1c\x00\x01\
    \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

/// The answer to a question for the A record of www.example: a CNAME and two addresses.
const ANSWER: &[u8] =
    b"\xab\xcd\x81\x80\x00\x01\x00\x03\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01\
    \xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x10\
    \xc0\x10\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07\
    \xc0\x10\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x08";

/// A printer tells its neighbours its name, address, model and that it prints.
const ANNOUNCEMENT: &[u8] = b"\x00\x00\x84\x00\x00\x00\x00\x03\x00\x00\x00\x01\
    \x07printer\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\x0a\x14\x1e\x28\
    \x04_ipp\x04_tcp\xc0\x14\x00\x0c\x00\x01\x00\x00\x00\x78\x00\x04\x01p\xc0\x29\
    \x01p\x0c_device-info\x04_tcp\xc0\x14\x00\x10\x00\x01\x00\x00\x00\x78\x00\x0b\x0amodel=MFC1\
    \xc0\x0c\x00\x1c\x80\x01\x00\x00\x00\x78\x00\x10\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x28";

#[test]
fn a_question_is_asked() {
    let (lines, progress) = said(Carrier::Udp, QUESTION);
    assert_eq!(lines, ["asked www.example 28 40 false"]);
    assert_eq!(progress, Progress::Used(QUESTION.len() as u64));
}

#[test]
fn an_answer_has_its_addresses() {
    let (lines, _) = said(Carrier::Udp, ANSWER);
    assert_eq!(lines, ["answered 0 [192.0.2.7, 192.0.2.8] www.example 1 75 false"]);
}

#[test]
fn a_device_announces_itself() {
    let (lines, _) = said(Carrier::Udp, ANNOUNCEMENT);
    assert_eq!(
        lines,
        [
            r#"Announce(Address { name: "printer.local", ip: 10.20.30.40 })"#,
            r#"Announce(HostName("printer"))"#,
            r#"Announce(Service("_ipp._tcp"))"#,
            r#"Announce(Model("MFC1"))"#,
            r#"Announce(Address { name: "printer.local", ip: fe80::28 })"#,
            r#"Announce(HostName("printer"))"#,
        ]
    );
}

#[test]
fn an_answer_without_a_question_announces_no_name_of_the_internet() {
    let answer =
        b"\0\0\x84\0\0\0\0\x01\0\0\0\0\x03www\x07example\0\0\x01\0\x01\0\0\0\x78\0\x04\xc0\0\x02\x07";
    assert_eq!(said(Carrier::Udp, answer).0, Vec::<String>::new());
}

#[test]
fn over_tcp_messages_follow_each_other() {
    let mut stream = Vec::new();
    for message in [QUESTION, ANSWER] {
        stream.extend((message.len() as u16).to_be_bytes());
        stream.extend(message);
    }
    let (lines, progress) = said(Carrier::Tcp, &stream);
    assert_eq!(lines, ["asked www.example 28 40 false"]);
    assert_eq!(progress, Progress::Used(QUESTION.len() as u64 + 2));
    assert_eq!(said(Carrier::Tcp, &stream[..QUESTION.len()]), (Vec::new(), Progress::NeedMore));
}

#[test]
fn over_tcp_it_says_the_same_however_it_is_cut() {
    let framed = |message: &[u8]| [(message.len() as u16).to_be_bytes().as_slice(), message].concat();
    let (question, answer) = (framed(QUESTION), [framed(ANSWER), framed(ANNOUNCEMENT)].concat());
    let turns: &[(Side, &[u8])] = &[(Side::Client, &question), (Side::Server, &answer)];
    says_the_same_in_pieces::<Parser>(turns);
    breaks_off_anywhere::<Parser>(turns);
}

#[test]
fn cut_anywhere_behind_its_question_it_gives_the_question() {
    let question_ends = 12 + 13 + 4;
    for len in 1..ANSWER.len() {
        let (lines, _) = said(Carrier::Udp, &ANSWER[..len]);
        let wanted = if len < question_ends { "Anomaly" } else { "answered 0" };
        assert!(lines.len() == 1 && lines[0].starts_with(wanted), "cut at {len}: {lines:?}");
    }
}

#[test]
fn a_cut_answer_keeps_its_question() {
    let (lines, _) = said(Carrier::Udp, &ANSWER[..40]);
    assert_eq!(lines, ["answered 0 [] www.example 1 40 false"]);
}

#[test]
fn a_pointer_loop_is_an_anomaly() {
    let looped = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01";
    let (lines, _) = said(Carrier::Udp, looped);
    assert_eq!(lines, [r#"Anomaly(Anomaly { protocol: "dns", what: "pointer-loop" })"#]);
}

#[test]
fn is_known_by_its_bytes_on_any_port() {
    let probe = |bytes: &[u8], hinted| Parser::probe(bytes, Side::Client, Carrier::Udp, hinted);
    assert_eq!(probe(QUESTION, false), Probe::Certain(Some(Side::Client)));
    assert_eq!(probe(ANSWER, false), Probe::Certain(Some(Side::Server)));
    assert_eq!(probe(ANNOUNCEMENT, true), Probe::Certain(None));
    assert_eq!(probe(ANNOUNCEMENT, false), Probe::NotOurs);
    assert_eq!(probe(b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n", false), Probe::NotOurs);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(message in prop::collection::vec(any::<u8>(), 1..400), questions in 0_u8..20, answers in 0_u8..200) {
        let mut message = message;
        if let Some(place) = message.get_mut(4..8) { place.copy_from_slice(&[0, questions, 0, answers]); }
        said(Carrier::Udp, &message);
        said(Carrier::Tcp, &message);
    }

    /// Whatever another reader takes for a message, with names that need no escape, we read alike.
    #[test]
    fn agrees_with_another_reader_on_damaged_messages(which in 0_usize..2, damage in prop::collection::vec((4_usize..80, any::<u8>()), 0..4)) {
        let mut message = [QUESTION, ANSWER][which].to_vec();
        for (at, to) in damage { let at = at % message.len(); message[at] = to; }
        let Ok(theirs) = simple_dns::Packet::parse(&message) else { return Ok(()) };
        let (lines, _) = said(Carrier::Udp, &message);
        let [question] = theirs.questions.as_slice() else { return Ok(()) };
        let name = question.qname.to_string().to_ascii_lowercase();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') || lines.iter().any(|line| line.starts_with("Anomaly")) {
            return Ok(());
        }
        prop_assert!(lines[0].contains(&format!(" {name} ")), "{:?} is not {}", lines, name);
        let addresses: Vec<IpAddr> = theirs.answers.iter().filter_map(|record| match &record.rdata {
            simple_dns::rdata::RData::A(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            simple_dns::rdata::RData::AAAA(a) => Some(IpAddr::from(a.address.to_be_bytes())),
            _ => None,
        }).collect();
        if lines[0].starts_with("answered") { prop_assert!(lines[0].contains(&format!("{addresses:?}")), "{:?} is not {:?}", lines, addresses); }
    }

    /// Names that another writer compresses, we read.
    #[test]
    fn reads_what_another_writer_compresses(hosts in prop::collection::vec("[a-z]{1,12}", 1..6), domain in "[a-z]{1,12}\\.local") {
        use simple_dns::{CLASS, Name, Packet, ResourceRecord, rdata::{A, RData}};
        let mut packet = Packet::new_reply(7);
        let names: Vec<String> = hosts.iter().map(|host| format!("{host}.{domain}")).collect();
        for (number, name) in names.iter().enumerate() {
            let address = RData::A(A { address: 0x0a00_0000 + number as u32 });
            packet.answers.push(ResourceRecord::new(Name::new(name).unwrap(), CLASS::IN, 60, address));
        }
        let message = packet.build_bytes_vec_compressed().unwrap();
        let (lines, _) = said(Carrier::Udp, &message);
        let wanted: Vec<String> = names.iter().enumerate()
            .map(|(number, name)| format!("Announce(Address {{ name: {name:?}, ip: 10.0.0.{number} }})")).collect();
        prop_assert_eq!(lines, wanted);
    }
}

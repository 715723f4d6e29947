//! What goes from one to another.

use super::*;

#[test]
fn a_name_is_looked_up() {
    assert_eq!(
        told("pc-1 -> router:53 dns A www.example.org = 192.0.2.7 192.0.2.8"),
        ["10.0.0.21:49153 > 10.0.0.1:53 udp 33", "10.0.0.1:53 > 10.0.0.21:49153 udp 65"]
    );
    let said = said("pc-1 -> router:53 dns A www.Example.org = 192.0.2.7 192.0.2.8");
    assert!(said[0].contains(r#"phase: Asked, name: "www.example.org", record: 1"#), "{said:?}");
    assert!(said[1].contains("Answered { code: 0, addresses: [192.0.2.7, 192.0.2.8] }"), "{said:?}");
}

#[test]
fn answers_are_what_they_are_said_to_be() {
    let answer = |rest: &str| said(&format!("pc-1 -> router:53 dns {rest}")).get(1).cloned();
    assert_eq!(answer("A x.example = nothing"), None);
    for (word, code) in [("empty", 0), ("servfail", 2), ("nxdomain", 3), ("refused", 5)] {
        let answer = answer(&format!("A x.example = {word}")).unwrap();
        assert!(answer.contains(&format!("code: {code}, addresses: []")), "{answer}");
    }
    assert!(answer("AAAA x.example = 2001:db8::7").unwrap().contains("addresses: [2001:db8::7]"));
    let bytes = |rest: &str| play(&format!("{CAST}pc-1 -> router:53 dns {rest}"))[1].bytes.clone();
    let ends_with = |rest: &str, end: &[u8]| assert!(bytes(rest).ends_with(end), "{rest}");
    ends_with("TXT x.example = one \"two three\"", b"\0\x0e\x03one\x09two three");
    ends_with("TXT x.example = \"nothing\"", b"\x07nothing");
    ends_with("NULL x.example = abc", b"\0\x03abc");
    ends_with("65 x.example = abc", b"\0\x03abc");
    ends_with("MX x.example = mail.example", b"\0\x10\0\x0a\x04mail\x07example\0");
    ends_with("CNAME x.example = y.example.", b"\0\x0b\x01y\x07example\0");
    ends_with("PTR 7.2.0.192.in-addr.arpa = x.example", b"\x01x\x07example\0");
    ends_with("SRV _sip._udp.x.example = y.example:5060", b"\0\0\0\0\x13\xc4\x01y\x07example\0");
}

#[test]
fn a_long_answer_goes_over_tcp() {
    let line = "pc-1 -> router:53 dns TXT x.example = {hex:2000} over tcp";
    let said = said(line);
    assert_eq!(said.len(), 2);
    assert!(said[1].contains("message_bytes: 20"), "{said:?}");
    assert!(fault(&line.replace(" over tcp", "")).ends_with("(1514 at most); a long answer goes `over tcp`"));
}

#[test]
fn tcp_goes_as_it_is_said_to() {
    let [there, back] = ["10.0.0.21:49153 > 203.0.113.66:443", "203.0.113.66:443 > 10.0.0.21:49153"];
    let lines = |lines: &[(&str, &str)]| {
        lines.iter().map(|(ends, what)| format!("{ends} {what}")).collect::<Vec<_>>()
    };
    assert_eq!(told("pc-1 -> evil:443 tcp unanswered"), lines(&[(there, "S 0")]));
    assert_eq!(told("pc-1 -> evil:443 tcp refused"), lines(&[(there, "S 0"), (back, "RA 0")]));
    assert_eq!(told("pc-1 -> evil:443 tcp opened"), lines(&[(there, "S 0"), (back, "SA 0"), (there, "R 0")]));
    assert_eq!(
        told("pc-1 -> evil:443 tcp sends 100 gets 3000 in 1 s"),
        lines(&[
            (there, "S 0"),
            (back, "SA 0"),
            (there, "A 0"),
            (there, "PA 100"),
            (back, "PA 1460"),
            (back, "PA 1460"),
            (there, "A 0"),
            (back, "PA 80"),
            (there, "FA 0"),
            (back, "FA 0"),
            (there, "A 0"),
        ])
    );
}

#[test]
fn numbers_of_a_conversation_fit() {
    let heard = play(&format!("{CAST}pc-1 -> evil:443 tcp sends 100 kB gets 9 kB"));
    let mut next = HashMap::new();
    for heard in &heard {
        let Net::Ip(ip) = packet(heard).net else { panic!() };
        let Transport::Tcp(tcp) = ip.transport else { panic!() };
        let expected = *next.get(&ip.source).unwrap_or(&tcp.seq);
        assert_eq!(tcp.seq, expected);
        if tcp.flags.ack() && !tcp.flags.fin() {
            let heard_of = next.get(&ip.target).unwrap();
            assert!(heard_of.wrapping_sub(tcp.ack) < 1 << 20, "acknowledges what was said");
        }
        let counted = u32::from(tcp.flags.syn() || tcp.flags.fin());
        next.insert(ip.source, tcp.seq.wrapping_add(tcp.wire_payload + counted));
    }
    let packet = packet(heard.last().unwrap());
    let Net::Ip(ip) = packet.net else { panic!() };
    let Transport::Tcp(tcp) = ip.transport else { panic!() };
    assert_eq!((tcp.seq, tcp.ack), (next[&ip.source], next[&ip.target]), "all is acknowledged at the end");
}

#[test]
fn much_costs_little_and_weighs_what_it_weighs() {
    let heard = play(&format!("{CAST}at 09:00\npc-1 -> evil:443 tcp sends 64 MB gets 20 kB in 10 min"));
    let wire: u64 = heard.iter().map(|heard| u64::from(heard.wire_len)).sum();
    let kept: usize = heard.iter().map(|heard| heard.bytes.len()).sum();
    assert!((64_020_000..72_000_000).contains(&wire), "{wire}");
    assert!(kept < 5_000_000, "{kept}");
    let seconds = |heard: &Heard| heard.at_micros / 1_000_000;
    assert_eq!((seconds(&heard[0]), seconds(&heard[heard.len() - 1])), (9 * 3_600, 9 * 3_600 + 600));
}

#[test]
fn udp_goes_as_it_is_said_to() {
    for (who, whom) in [("10.0.0.21", "10.0.0.1"), ("2001:db8::21", "2001:db8::1")] {
        let bracketed = if whom.contains(':') { format!("[{whom}]") } else { whom.to_owned() };
        let line = |how: &str| told(&format!("{who} -> {bracketed}:123 udp {how}"));
        let [there, back] = [(who, 49_153, whom, 123), (whom, 123, who, 49_153)]
            .map(|(a, b, c, d)| format!("{} > {}", end(a.parse().unwrap(), b), end(c.parse().unwrap(), d)));
        assert_eq!(line("sends 48 gets 48"), [format!("{there} udp 48"), format!("{back} udp 48")]);
        assert_eq!(line("unanswered"), [format!("{there} udp 32")]);
        let refusal = format!("{whom} > {who} refuses {bracketed}:123");
        assert_eq!(line("refused"), [format!("{there} udp 32"), refusal]);
    }
    assert_eq!(told("pc-1 -> evil:443 udp sends 3 kB").len(), 3);
}

#[test]
fn datagrams_of_a_row_are_not_copies_of_each_other() {
    for whom in ["203.0.113.66", "[2001:db8:ffff::66]"] {
        let heard = play(&format!("{CAST}pc-1 -> {whom}:443 udp sends 1 MB gets 9 kB"));
        let keys = heard.iter().map(|heard| match packet(heard).net {
            Net::Ip(ip) => ip.copy_key(),
            _ => panic!(),
        });
        assert_eq!(keys.collect::<std::collections::BTreeSet<_>>().len(), heard.len());
    }
}

#[test]
fn a_ping_is_answered_unless_it_is_not() {
    let both = ["10.0.0.21 > 10.0.0.9 EchoRequest(1)", "10.0.0.9 > 10.0.0.21 EchoReply(1)"];
    assert_eq!(told("pc-1 -> 10.0.0.9 ping"), both);
    assert_eq!(told("pc-1 -> 10.0.0.9 ping = nothing"), both[..1]);
    assert_eq!(
        told("pc-1 -> 2001:db8::1 ping"),
        ["2001:db8::21 > 2001:db8::1 EchoRequest(1)", "2001:db8::1 > 2001:db8::21 EchoReply(1)"]
    );
}

#[test]
fn tls_says_whom_it_means() {
    let said = said("pc-1 -> evil:443 tls www.example.org sends 2 MB in 1 min");
    assert!(said.contains(&r#"ServerName("www.example.org")"#.to_owned()), "{said:?}");
    assert!(said.iter().any(|said| said.contains("Ja4")), "{said:?}");
    assert!(!said.iter().any(|said| said.contains("Anomaly")), "{said:?}");
}

#[test]
fn a_talk_is_read_by_who_knows_its_language() {
    let talk = "
talk pc-1 -> router:21:
    < 220 FTP ready
    repeat 2 every 15 s:
        > USER anna
        < 331 password
        > PASS {letters:8}{n}
        < 530 no # {{n}
        router -> evil:53 dns A x.example = nothing
";
    assert!(fault(talk).contains("at the same Ethernet address"), "a router asks nobody through itself");
    let said = said(&talk.replace("router -> evil:53", "evil -> pc-1:53"));
    let logins = said.iter().filter(|said| said.contains("outcome: Failed, user: Some(\"anna\")"));
    assert_eq!(logins.count(), 2, "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("NameLookup")).count(), 2);
}

#[test]
fn a_line_of_a_talk_is_a_segment() {
    let told = told("talk pc-1 -> router:8080\n    > GET /{{a} HTTP/1.1\n    >\n    < {letters:3000}\n");
    let sizes: Vec<&str> =
        told.iter().filter_map(|line| line.split_once("PA ")).map(|(_, size)| size).collect();
    assert_eq!(sizes, ["19", "2", "1460", "1460", "82"]);
}

#[test]
fn what_is_outside_is_behind_the_gateway() {
    let macs = |line: &str| {
        let link = packet(&play(&format!("{CAST}{line}"))[0]).link.unwrap();
        format!("{} > {}", link.source, link.target)
    };
    let (pc, router) = ("02:00:00:00:00:21", "02:00:0a:00:00:01");
    assert_eq!(macs("pc-1 -> evil:80 tcp unanswered"), format!("{pc} > {router}"));
    assert_eq!(macs("evil -> pc-1:80 tcp unanswered"), format!("{router} > {pc}"));
    assert_eq!(macs("pc-1 -> 192.0.2.9:80 tcp unanswered"), format!("{pc} > {router}"));
    assert_eq!(macs("pc-1 -> router:80 tcp unanswered"), format!("{pc} > {router}"));
    assert_eq!(macs("pc-1 -> 10.0.0.1:80 tcp unanswered"), format!("{pc} > {router}"));
    assert_eq!(macs("pc-1 -> 10.0.0.9:80 tcp unanswered"), format!("{pc} > 02:00:0a:00:00:09"));
    assert_eq!(macs("10.0.0.9 -> pc-1:80 tcp unanswered"), format!("02:00:0a:00:00:09 > {pc}"));
    assert_eq!(macs("pc-1 -> [2001:db8::9]:80 tcp unanswered"), format!("{pc} > 02:06:00:00:00:09"));
    assert_eq!(macs("pc-1 -> 10.0.0.255:137 udp unanswered"), format!("{pc} > ff:ff:ff:ff:ff:ff"));
    assert_eq!(macs("pc-1 -> 224.0.0.251:5353 udp unanswered"), format!("{pc} > 01:00:5e:00:00:fb"));
    assert_eq!(macs("pc-1 -> [ff02::fb]:5353 udp unanswered"), format!("{pc} > 33:33:00:00:00:fb"));
}

#[test]
fn ports_may_be_said() {
    assert_eq!(
        told("[2001:db8::21]:5353 -> [ff02::fb]:5353 udp unanswered"),
        ["[2001:db8::21]:5353 > [ff02::fb]:5353 udp 32"]
    );
}

#[test]
fn anything_else_is_said_byte_by_byte() {
    let heard = play(&format!("{CAST}raw pc-1 -> 01:80:c2:00:00:0e 0x88cc 0207fF"));
    assert_eq!(tell(&heard[0]), "0x88cc");
    assert_eq!(heard[0].bytes[..17], *b"\x01\x80\xc2\0\0\x0e\x02\0\0\0\0\x21\x88\xcc\x02\x07\xff");
}

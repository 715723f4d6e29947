//! What is wrong is said with its line, and with what would have been right.

use proptest::prelude::*;

use super::*;

#[test]
fn who_is_not_there_is_named_with_those_who_are() {
    assert_eq!(
        fault("pc-9 asks who has 10.0.0.9"),
        "case.pkt:4: there is no device `pc-9`; devices: pc-1, evil, router"
    );
    assert_eq!(
        fault("# x\nrepeat 2:\n  after 1 s\n  pc-1 -> routr:53 dns A x = nothing"),
        "case.pkt:7: there is no device `routr`; devices: router, evil, pc-1"
    );
}

#[test]
fn what_is_quoted_moves_no_cursor() {
    assert!(!fault("\u{1b}[2J\u{7} x").contains(char::is_control));
}

#[test]
fn every_mistake_has_its_sentence() {
    let cases = [
        (
            "pc-1 tels evil",
            "a line begins with after, at, date, device, outside, play, raw, repeat, seed, talk, or with a device that does something (->, announces, asks, leases, offers, says): not with `pc-1 tels`",
        ),
        ("pc-1 ->", "after `->` comes to whom"),
        ("pc-1 -> evil:443", "after `evil:443` comes what it says: dns, ping, tcp, tls or udp"),
        ("pc-1 -> evil:443 tpc refused", "there is no exchange `tpc`; exchanges: tcp, tls, dns, ping, udp"),
        ("pc-1 -> evil tcp refused", "`evil` lacks its port, like `evil:53`"),
        ("pc-1 -> 2001:db8::1 tcp refused", "`2001:db8::1` lacks its port, like `[2001:db8::1]:53`"),
        ("pc-1 -> evil:99999 tcp refused", "`evil:99999` has no port between 0 and 65535 at its end"),
        (
            "pc-1 -> evil:443 tcp refsed",
            "there is no outcome `refsed`; outcomes: refused, unanswered, opened, sends, gets, in",
        ),
        (
            "pc-1 -> evil:443 tcp",
            "after `tcp` comes how it goes: `unanswered`, or how much it `sends` and `gets`",
        ),
        (
            "pc-1 -> evil:443 udp opened",
            "there is no outcome `opened`; outcomes: refused, unanswered, sends, gets, in",
        ),
        ("pc-1 -> evil:443 tcp refused twice", "`twice` is too much"),
        ("pc-1 -> evil:443 tcp sends lots", "`lots` is not a size"),
        ("pc-1 -> evil:443 ping", "a ping has no port"),
        ("pc-1:9 -> evil ping", "a ping has no port"),
        (
            "pc-1 -> router:53 dns a x = nothing",
            "there is no record type `a`; record types: A, NS, CNAME, NULL, PTR, MX, TXT, AAAA, SRV, HTTPS, ANY",
        ),
        ("pc-1 -> router:53 dns A x", "after `x` comes `=`"),
        ("pc-1 -> router:53 dns A x is 192.0.2.7", "after `x` comes `=`, not `is`"),
        (
            "pc-1 -> router:53 dns A x =",
            "after `=` comes the answer: `nothing`, `nxdomain`, `servfail`, `refused`, `empty` or data",
        ),
        ("pc-1 -> router:53 dns A x = nxdomian", "`nxdomian` is not an IPv4 address"),
        ("pc-1 -> router:53 dns A x..y = nothing", "`` is no part of a name: those have 1 to 63 bytes"),
        ("pc-1 -> router:53 dns SRV x = y", "`y` is not a server and its port, like sip.example:5060"),
        ("pc-1 -> 224.0.0.251:5353 dns A x = 192.0.2.7", "`224.0.0.251` is a group: it does not answer"),
        ("224.0.0.251 -> pc-1:80 udp unanswered", "`224.0.0.251` is a group: it sends nothing"),
        (
            "evil -> router:22 tcp refused",
            "`evil` and `router` are at the same Ethernet address: this net does not hear them",
        ),
        (
            "device six 2001:db8::6\ndevice four 10.0.0.4\nsix -> four ping",
            "`six` and `four` have no addresses of the same kind",
        ),
        ("pc-1 asks 10.0.0.9", "after `asks` comes `who`, not `10.0.0.9`"),
        ("evil asks who has 10.0.0.9", "`evil` is outside, not a device of this net"),
        ("pc-1 says 10.0.0.1 is at nowhere", "there is no device `nowhere`; devices: evil, pc-1, router"),
        (
            "router leases 10.0.0.9 to pc-1 by name",
            "there is no option `by`; options: as, gateway, names, vendor",
        ),
        ("device new 02:00:00:00:00:77\nnew leases 10.0.0.9 to pc-1", "`new` has no IPv4 address"),
        ("pc-1 announces joy", "there is no announcement `joy`; announcements: host, model, service"),
        (
            "device at 10.0.0.4",
            "`at` is no name: letters, digits, `-`, `_` and `.`, none of the language's words",
        ),
        ("device pc-1 10.0.0.4", "there is a `pc-1` already"),
        ("device pc-2", "after `pc-2` comes an address"),
        ("device pc-2 10.0.0.300", "`10.0.0.300` is no IPv4, IPv6 or Ethernet address, nor `gateway`"),
        ("device pc-2 10.0.0.3 10.0.0.4", "`10.0.0.4` is the second of its kind: a device has one of each"),
        ("device pc-2 10.0.0.3 gateway", "there is a gateway already"),
        (
            "outside x 192.0.2.9 gateway",
            "`gateway` is not an address, which is all that is known of somebody outside",
        ),
        ("raw pc-1 -> router 88cc 00", "`88cc` is not an Ethernet type, like 0x88cc"),
        ("raw pc-1 -> router 0x88cc 0+1", "`0+1` is not in pairs of hexadecimal digits"),
        ("raw pc-1 -> router 0x88cc {hex:3004}", "a frame of 1516 bytes fits no Ethernet (1514 at most)"),
        ("repeat 3:", "there is no block below it, indented"),
        ("repeat often:\n  after 1 s", "`often` is not a number of times, like 40"),
        ("repeat 0:\n  after 1 s", "`0` is not a number of times, like 40"),
        ("> hello", "lines with `<` and `>` stand below `talk`"),
        ("talk pc-1 -> router:\n  > hello", "`router` lacks its port, like `router:53`"),
        ("at +x days 09:00", "`+x` is not a number of days"),
        ("pc-1 -> router:{n} tcp refused", "`{n}` counts a repeat, and there is none around it"),
        ("after 30000 days", "this goes on after 2106, where capture files end"),
    ];
    for (line, sentence) in cases {
        let fault = fault(line);
        let said = fault.splitn(3, ':').nth(2).unwrap();
        assert_eq!(said.trim_start(), sentence, "{line}");
    }
}

#[test]
fn a_block_below_the_wrong_line_is_named() {
    assert_eq!(fault("after 1 s\n  after 1 s"), "case.pkt:5: line 4 opens no block");
}

#[test]
fn without_gateway_nothing_is_outside() {
    let text = "device pc-1 10.0.0.21\npc-1 -> 192.0.2.7:80 tcp refused";
    assert_eq!(
        Script::parse("x.pkt", text, Path::new("")).unwrap_err().to_string(),
        "x.pkt:2: `192.0.2.7` is outside, and there is no gateway: `device router 10.0.0.1 gateway`"
    );
}

#[test]
fn a_script_that_never_ends_is_ended() {
    assert_eq!(
        fault("repeat 4000000000:\n  after 1 us"),
        "case.pkt:5: the script plays more than 2000000 lines"
    );
    assert_eq!(fault("pc-1 -> evil:80 tcp gets 1 TB"), "case.pkt:4: the script has more than 2000000 frames");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let err = Script::open(Path::new("no/such.pkt")).unwrap_err().to_string();
    assert_eq!(err, "could not read no/such.pkt");
}

/// Words of the language, right and wrong ones.
fn word() -> impl Strategy<Value = String> {
    let known = "after at date device outside raw repeat seed talk every as in is to has who over -> < > = : # \" {n} {hex:8} {number:1-9} \
                 {letters:3} {{ dns ping tcp tls udp A TXT 65 refused unanswered opened sends gets nothing nxdomain empty 1 2 3 99999 +2 \
                 days day 5s 1min 10ms 20kB 1GB 09:00 08:00: 2026-03-18 gateway names vendor host model service announces asks leases \
                 offers says pc-1 pc-1:80 router router:53 evil:443 evil 10.0.0.9 [ff02::fb]:5353 224.0.0.251:53 ff02::1 \
                 02:00:00:00:00:21 0x88cc 00ff x.example _ipp._tcp";
    prop::sample::select(known.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

/// Lines that are right.
const RIGHT: &[&str] = &[
    "at 09:00",
    "at +1 day 08:00",
    "after 7 min",
    "seed 3",
    "pc-1 -> router:53 dns A {letters:5}.example = 192.0.2.{number:1-250}",
    "pc-1 -> router:53 dns TXT x.example = {hex:900} over tcp",
    "pc-1:5353 -> 224.0.0.251:5353 dns PTR _ipp._tcp.local = nothing",
    "pc-1 -> [2001:db8:1::9]:443 udp sends 5 kB gets 3 kB in 3 s",
    "pc-1 -> evil:443 tls x.example sends 9 kB in 1 h",
    "evil -> pc-1:22 tcp refused",
    "pc-1 -> [2001:db8::9]:{number:1-65535} tcp opened",
    "pc-1 -> 10.0.0.{number:2-20} ping",
    "pc-1 -> router:161 udp refused",
    "pc-1 asks who has 10.0.0.{number:1-254}",
    "router says 2001:db8::1 is at router to pc-1",
    "router leases 10.0.0.{number:50-99} to pc-1 as x",
    "pc-1 announces service _ipp._tcp",
    "raw router -> 01:80:c2:00:00:0e 0x88cc {hex:40}",
    "talk pc-1 -> router:21:\n  < {hex:2000}\n  after 2 s\n  > x",
];

proptest! {
    #[test]
    fn whatever_is_played_is_right_and_in_order(
        lines in prop::collection::vec((prop::sample::select(RIGHT), 0_usize..3), 1..12)
    ) {
        let mut text = CAST.to_owned();
        for (line, depth) in lines {
            for indent in 0..depth {
                text.push_str(&format!("{}repeat 3 every 20 ms:\n", " ".repeat(indent)));
            }
            for line in line.lines() {
                text.push_str(&format!("{}{line}\n", " ".repeat(depth)));
            }
        }
        prop_assert!(play(&text).is_sorted_by_key(|heard| heard.at_micros));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}(\n {0,3}\\PC{0,40}){0,4}") {
        drop(Script::parse("x.pkt", &text, Path::new("")));
    }

    #[test]
    fn no_words_make_it_panic(lines in prop::collection::vec((0_usize..3, prop::collection::vec(word(), 1..9)), 1..6)) {
        let lines = lines.iter().map(|(indent, words)| format!("{}{}\n", "  ".repeat(*indent), words.join(" ")));
        drop(Script::parse("x.pkt", &format!("{CAST}{}", lines.collect::<String>()), Path::new("")));
    }

    #[test]
    fn no_deed_makes_it_panic(deed in 0_usize..9, words in prop::collection::vec(word(), 1..6)) {
        const BEGINS: [&str; 9] = [
            "pc-1 -> router:53 dns", "pc-1 -> evil:443 tcp", "pc-1 -> evil:443 udp", "pc-1 -> evil:443 tls",
            "router leases 10.0.0.9 to", "pc-1 announces", "pc-1 says 10.0.0.9 is at", "device x", "raw pc-1 ->",
        ];
        drop(Script::parse("x.pkt", &format!("{CAST}{} {}", BEGINS[deed], words.join(" ")), Path::new("")));
    }
}

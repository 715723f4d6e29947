//! Whole scripts, read back: by `sensor/decode` and `sensor/protocols`, and by `etherparse` for what is right about headers.

mod errors;
mod exchanges;
mod neighbours;
mod time;

use std::collections::HashMap;
use std::net::IpAddr;

use etherparse::{NetHeaders, PacketHeaders};
use sensor_decode::{Arp, IcmpKind, Net, Transport, decode};
use sensor_protocols::{ALL, Carrier, Input, Parser, Probe, Progress, Side};

use super::*;

/// Three that take part.
const CAST: &str = "\
device pc-1    10.0.0.21 2001:db8::21 02:00:00:00:00:21
device router  10.0.0.1 2001:db8::1 gateway
outside evil   203.0.113.66 2001:db8:ffff::66
";

/// A frame that was heard.
struct Heard {
    /// Since midnight of the first day.
    at_micros: u64,
    wire_len: u32,
    bytes: Vec<u8>,
}

fn play(text: &str) -> Vec<Heard> {
    let mut script = Script::parse("case.pkt", text, Path::new("")).unwrap();
    let mut heard = Vec::new();
    while let Some(frame) = script.next_frame() {
        let at_micros = frame.at.as_nanos() / 1_000 - 1_773_792_000_000_000;
        heard.push(Heard { at_micros, wire_len: frame.wire_len, bytes: frame.bytes.to_vec() });
    }
    heard.iter().for_each(is_right);
    heard
}

/// Lengths and checksums are right: the zeroes that were cut off are put back first.
fn is_right(heard: &Heard) {
    assert!((60..=1_514).contains(&heard.wire_len) && heard.bytes.len() <= heard.wire_len as usize);
    let mut bytes = heard.bytes.clone();
    bytes.resize(heard.wire_len as usize, 0);
    let whole = Heard { bytes, ..*heard };
    if let Net::Ip(ip) = packet(&whole).net {
        assert!(!ip.has_bad_checksum, "{ip:?}");
    }
    let headers = PacketHeaders::from_ethernet_slice(&whole.bytes).unwrap();
    let Some(transport) = headers.transport else { return };
    let mut right = transport.clone();
    match headers.net.unwrap() {
        NetHeaders::Ipv4(ip, _) => {
            assert_eq!(ip.header_checksum, ip.calc_header_checksum());
            right.update_checksum_ipv4(&ip, headers.payload.slice()).unwrap();
        }
        NetHeaders::Ipv6(ip, _) => right.update_checksum_ipv6(&ip, headers.payload.slice()).unwrap(),
        NetHeaders::Arp(_) => {}
    }
    assert_eq!(transport, right);
}

fn packet(heard: &Heard) -> sensor_decode::Packet<'_> {
    decode(&Frame {
        port: sensor_decode::PortId(0),
        at: common_model::Timestamp::EPOCH,
        link: sensor_decode::LinkType::Ethernet,
        vlan: None,
        wire_len: heard.wire_len,
        bytes: &heard.bytes,
    })
    .unwrap()
}

/// Each frame of a script of the three in one line.
fn told(text: &str) -> Vec<String> {
    play(&format!("{CAST}{text}")).iter().map(tell).collect()
}

fn tell(heard: &Heard) -> String {
    let packet = packet(heard);
    let ip = match packet.net {
        Net::Arp(Arp { is_reply: false, sender_ip, target_ip, .. }) => {
            return format!("arp {sender_ip} asks for {target_ip}");
        }
        Net::Arp(Arp { sender_mac, sender_ip, target_ip, .. }) => {
            return format!("arp {sender_ip} is at {sender_mac} to {target_ip}");
        }
        Net::Other(ether_type) => return format!("{ether_type:#06x}"),
        Net::Ip(ip) => ip,
    };
    let (source_port, target_port) = ip.ports();
    let ends = format!("{} > {}", end(ip.source, source_port), end(ip.target, target_port));
    match ip.transport {
        Transport::Tcp(tcp) => {
            let letters = [(0x02, 'S'), (0x01, 'F'), (0x04, 'R'), (0x08, 'P'), (0x10, 'A')];
            let flags = letters.iter().filter(|(bit, _)| tcp.flags.0 & bit != 0).map(|(_, letter)| letter);
            format!("{ends} {} {}", flags.collect::<String>(), tcp.wire_payload)
        }
        Transport::Udp(udp) => {
            let cut = heard.wire_len as usize - heard.bytes.len();
            format!("{ends} udp {}", udp.payload.len() + cut)
        }
        Transport::Icmp(icmp) => match icmp.kind {
            IcmpKind::Refused => {
                let about = sensor_decode::quoted(icmp.payload).unwrap();
                format!("{ends} refuses {}", end(about.target.0, about.target.1))
            }
            kind => format!("{ends} {kind:?}"),
        },
        other => format!("{ends} {other:?}"),
    }
}

fn end(ip: IpAddr, port: u16) -> String {
    match (ip, port) {
        (ip, 0) => ip.to_string(),
        (IpAddr::V6(v6), port) => format!("[{v6}]:{port}"),
        (ip, port) => format!("{ip}:{port}"),
    }
}

/// A conversation as a parser of the product reads it.
struct Read {
    client: (IpAddr, u16),
    parser: Option<Parser>,
    unused: [Vec<u8>; 2],
    is_over: bool,
}

/// What the product hears in a script of the three.
fn said(text: &str) -> Vec<String> {
    let mut reads: HashMap<[(IpAddr, u16); 2], Read> = HashMap::new();
    let mut events = Vec::new();
    for heard in play(&format!("{CAST}{text}")) {
        let Net::Ip(ip) = packet(&heard).net else { continue };
        let (carrier, payload) = match ip.transport {
            Transport::Tcp(tcp) => (Carrier::Tcp, tcp.payload),
            Transport::Udp(udp) => (Carrier::Udp, udp.payload),
            _ => continue,
        };
        let (source_port, target_port) = ip.ports();
        let mut ends = [(ip.source, source_port), (ip.target, target_port)];
        let source = ends[0];
        ends.sort_unstable();
        let read = reads.entry(ends).or_insert(Read {
            client: source,
            parser: None,
            unused: Default::default(),
            is_over: false,
        });
        let side = if source == read.client { Side::Client } else { Side::Server };
        if payload.is_empty() || read.is_over {
            continue;
        }
        let ours =
            |index: &usize| matches!(Parser::probe(*index, payload, side, carrier, true), Probe::Certain(_));
        let parser = read.parser.get_or_insert_with(|| {
            Parser::new((0..ALL.len()).find(ours).expect("a protocol of the product")).unwrap()
        });
        let unused = side.of_mut(&mut read.unused);
        unused.extend(payload);
        while !unused.is_empty() {
            let mut out = |event: sensor_protocols::Event<'_>| events.push(format!("{event:?}"));
            match parser.parse(side, carrier, Input::Data(unused), &mut out) {
                Progress::Used(used) => drop(unused.drain(..unused.len().min(used as usize))),
                Progress::Done => {
                    read.is_over = true;
                    break;
                }
                Progress::NeedMore => break,
                Progress::GiveUp => panic!("given up: {unused:?}"),
            }
        }
    }
    events
}

/// What is wrong with a line in a script of the three.
fn fault(line: &str) -> String {
    let err = Script::parse("case.pkt", &format!("{CAST}{line}"), Path::new("")).unwrap_err();
    err.to_string()
}

#[test]
fn the_example_of_the_guide_plays() {
    let guide = include_str!("../../../../../docs/guide/packet-scripts.md");
    let example = guide.split("```").nth(1).unwrap().strip_prefix("text").unwrap();
    // Its recording is not there.
    let lines: Vec<&str> = example.lines().filter(|line| !line.trim_start().starts_with("play ")).collect();
    assert!(play(&lines.join("\n")).len() > 1_000);
}

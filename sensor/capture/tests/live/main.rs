//! Live capture on real cables: pairs of ports in namespaces of their own, so that no root is needed.
//!
//! Each test calls itself in its namespaces. Where those are not allowed the tests fail; they have `needs_namespaces` in their names.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which are not tests themselves"
)]

mod wire;
mod world;

use core::time::Duration;
use std::time::SystemTime;

use common_model::Timestamp;
use sensor_capture::live::{
    Dropped, Heard, Live, LiveError, Missing, Options, PortName, PortState, check_prepared, prepare,
};
use sensor_decode::{LinkType, PortId, Vlan};

use crate::wire::{RX_FRAMES, Wire, count};
use crate::world::{cable, in_namespaces, in_namespaces_with, ip, name};

/// A frame that was heard, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Caught {
    port: PortId,
    at: Timestamp,
    vlan: Option<Vlan>,
    wire_len: u32,
    bytes: Vec<u8>,
}

/// An Ethernet frame of this kind.
fn frame(ethertype: u16, rest: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8];
    frame.extend(ethertype.to_be_bytes());
    frame.extend(rest);
    frame
}

/// A frame nobody answers, with a number in it.
fn numbered(number: u32, len: usize) -> Vec<u8> {
    let mut rest = vec![0xa5; len];
    rest[..4].copy_from_slice(&number.to_be_bytes());
    frame(0x88b5, &rest)
}

fn ipv4(from: [u8; 4], to: [u8; 4]) -> Vec<u8> {
    let mut rest = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0];
    rest.extend(from);
    rest.extend(to);
    rest.extend([0; 8]);
    frame(0x0800, &rest)
}

fn open(ports: &[PortName]) -> Live {
    for port in ports {
        prepare(port).unwrap();
    }
    Live::open(ports, &[], &Options::default()).unwrap()
}

/// What comes until it stops: frames, what was lost, and how each port was, in order.
fn rest_of(live: &mut Live) -> (Vec<Caught>, Dropped, Vec<(u8, PortState)>) {
    up_to(live, usize::MAX)
}

/// So many frames, or all until it was told to stop.
fn up_to(live: &mut Live, most: usize) -> (Vec<Caught>, Dropped, Vec<(u8, PortState)>) {
    let (mut caught, mut dropped, mut states) = (Vec::new(), Dropped::default(), Vec::new());
    while caught.len() < most {
        match live.next(Duration::from_secs(20)) {
            Heard::Frame(frame) => {
                assert_eq!(frame.link, LinkType::Ethernet);
                caught.push(Caught {
                    port: frame.port,
                    at: frame.at,
                    vlan: frame.vlan,
                    wire_len: frame.wire_len,
                    bytes: frame.bytes.to_vec(),
                });
            }
            Heard::Port(report) => {
                dropped.card += report.dropped.card;
                dropped.kernel += report.dropped.kernel;
                dropped.handover += report.dropped.handover;
                states.push((report.port.0, report.state));
            }
            Heard::Stopped => break,
            Heard::Silence(at) => panic!("nothing came for twenty seconds, at {at}"),
        }
    }
    (caught, dropped, states)
}

fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "compared with the kernel's clock")]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_nanos(since.as_nanos() as u64)
}

/// Waits until a port is like this.
fn until(live: &mut Live, port: u8, wanted: PortState) {
    for _ in 0..100 {
        if let Heard::Port(report) = live.next(Duration::from_secs(10))
            && (report.port.0, report.state) == (port, wanted)
        {
            return;
        }
    }
    panic!("port {port} never was {wanted:?}");
}

#[test]
fn frames_come_as_they_were_sent_needs_namespaces() {
    in_namespaces("frames_come_as_they_were_sent_needs_namespaces", || {
        let mut live = open(&[cable("tap0")]);
        let wire = Wire::on("tap0-far").unwrap();
        let began = now();
        let sent: Vec<_> = (0..500).map(|number| numbered(number, 46 + number as usize * 2)).collect();
        for frame in &sent {
            wire.send(frame).unwrap();
        }
        let ended = now();
        live.stopper().stop();
        let (caught, dropped, states) = rest_of(&mut live);
        assert_eq!(dropped, Dropped::default());
        assert_eq!(states, [(0, PortState::Hears)]);
        assert_eq!(caught.len(), sent.len());
        let mut before = began;
        for (caught, sent) in caught.iter().zip(&sent) {
            assert_eq!((&caught.bytes, caught.wire_len as usize), (sent, sent.len()));
            assert_eq!((caught.port, caught.vlan), (PortId(0), None));
            assert!(before <= caught.at && caught.at <= ended, "{before} {} {ended}", caught.at);
            before = caught.at;
        }
        assert!(matches!(live.next(Duration::ZERO), Heard::Stopped));
    });
}

#[test]
fn frames_of_64_kib_are_whole_needs_namespaces() {
    in_namespaces("frames_of_64_kib_are_whole_needs_namespaces", || {
        let port = cable("tap0");
        ip("link set tap0 mtu 65535");
        ip("link set tap0-far mtu 65535");
        let mut live = open(&[port]);
        let wire = Wire::on("tap0-far").unwrap();
        let sent: Vec<_> = (0..40).map(|number| numbered(number, 65_535)).collect();
        for frame in &sent {
            wire.send(frame).unwrap();
        }
        live.stopper().stop();
        let (caught, dropped, _) = rest_of(&mut live);
        assert_eq!(dropped.total(), 0);
        assert!(caught.iter().map(|it| &it.bytes).eq(&sent));
    });
}

#[test]
fn what_the_machine_itself_sends_is_not_heard_needs_namespaces() {
    in_namespaces("what_the_machine_itself_sends_is_not_heard_needs_namespaces", || {
        let mut live = open(&[cable("tap0")]);
        let (out, wire) = (Wire::on("tap0").unwrap(), Wire::on("tap0-far").unwrap());
        out.send(&numbered(1, 46)).unwrap();
        wire.send(&numbered(2, 46)).unwrap();
        out.send(&numbered(3, 46)).unwrap();
        live.stopper().stop();
        let (caught, _, _) = rest_of(&mut live);
        assert_eq!(caught.iter().map(|it| &it.bytes).collect::<Vec<_>>(), [&numbered(2, 46)]);
    });
}

#[test]
fn vlans_come_from_the_metadata_needs_namespaces() {
    in_namespaces("vlans_come_from_the_metadata_needs_namespaces", || {
        let port = cable("tap0");
        prepare(&port).unwrap();
        let mut live = Live::open(&[port], &["192.0.2.0/24".parse().unwrap()], &Options::default()).unwrap();
        let wire = Wire::on("tap0-far").unwrap();
        let tagged = |tags: &[(u16, u16)], inside: &[u8]| {
            let mut frame = inside[..12].to_vec();
            for (kind, tag) in tags {
                frame.extend(kind.to_be_bytes());
                frame.extend(tag.to_be_bytes());
            }
            frame.extend(&inside[12..]);
            frame
        };
        let (ours, others) =
            (ipv4([192, 0, 2, 1], [198, 51, 100, 1]), ipv4([203, 0, 113, 1], [198, 51, 100, 1]));
        // Priority 7 on VLAN 5; one tag in another; a priority on no VLAN.
        for tags in [&[(0x8100, 0xe005)][..], &[(0x88a8, 6), (0x8100, 7)], &[(0x8100, 0xe000)], &[]] {
            wire.send(&tagged(tags, &ours)).unwrap();
            wire.send(&tagged(tags, &others)).unwrap();
        }
        live.stopper().stop();
        let (caught, dropped, _) = rest_of(&mut live);
        let seen: Vec<_> =
            caught.iter().map(|it| (it.vlan, it.bytes.clone(), it.wire_len as usize)).collect();
        assert_eq!(dropped.total(), 0);
        let inner = tagged(&[(0x8100, 7)], &ours);
        let len = ours.len();
        assert_eq!(
            seen,
            [
                (Some(Vlan(5)), ours.clone(), len + 4),
                (Some(Vlan(6)), inner, len + 8),
                (Some(Vlan(0)), ours.clone(), len + 4),
                (None, ours, len)
            ]
        );
    });
}

#[test]
fn what_was_heard_is_not_counted_as_lost_by_the_card_needs_namespaces() {
    in_namespaces("what_was_heard_is_not_counted_as_lost_by_the_card_needs_namespaces", || {
        let mut live = open(&[cable("tap0")]);
        until(&mut live, 0, PortState::Hears);
        let wire = Wire::on("tap0-far").unwrap();
        // Protocols that nobody on this machine wants, to others and to all, on no VLAN and on one that is not there.
        let mut sent = 0;
        for ethertype in [0x88b5, 0x0806, 0x0800, 0x86dd, 0x88cc, 0x0026] {
            for target in [[2, 0, 0, 0, 0, 9], [0xff; 6], [1, 0x80, 0xc2, 0, 0, 0x0e]] {
                let mut plain = frame(ethertype, &[0x42; 60]);
                plain[..6].copy_from_slice(&target);
                let tagged = [&plain[..12], &[0x81, 0, 0, 9], &plain[12..]].concat();
                for frame in [plain, tagged] {
                    wire.send(&frame).unwrap();
                    sent += 1;
                }
            }
        }
        live.stopper().stop();
        let (caught, dropped, _) = rest_of(&mut live);
        assert_eq!((caught.len(), dropped), (sent, Dropped::default()));
    });
}

#[test]
fn the_kernel_leaves_out_what_is_not_monitored_needs_namespaces() {
    in_namespaces("the_kernel_leaves_out_what_is_not_monitored_needs_namespaces", || {
        let port = cable("tap0");
        prepare(&port).unwrap();
        // As many as there may be.
        let mut segments: Vec<_> =
            (0..62).map(|number| format!("10.{number}.0.0/17").parse().unwrap()).collect();
        segments.push("192.0.2.0/25".parse().unwrap());
        segments.push("2001:db8:7::/49".parse().unwrap());
        let mut live = Live::open(&[port], &segments, &Options::default()).unwrap();
        let wire = Wire::on("tap0-far").unwrap();
        let sent = [
            (true, ipv4([192, 0, 2, 1], [198, 51, 100, 1])),
            (true, ipv4([198, 51, 100, 1], [192, 0, 2, 127])),
            (false, ipv4([192, 0, 2, 128], [198, 51, 100, 1])),
            (true, ipv4([198, 51, 100, 1], [10, 61, 127, 255])),
            (false, ipv4([198, 51, 100, 1], [10, 61, 128, 0])),
            (true, ipv4([0, 0, 0, 0], [255, 255, 255, 255])),
            (true, frame(0x0806, &[0; 28])),
            (false, frame(0x0800, &[0x45])),
            (true, numbered(1, 46)),
        ];
        for (_, frame) in &sent {
            wire.send(frame).unwrap();
        }
        live.stopper().stop();
        let (caught, dropped, _) = rest_of(&mut live);
        assert_eq!(dropped.total(), 0, "what is left out is not lost");
        let wanted: Vec<_> = sent.iter().filter(|(passes, _)| *passes).map(|(_, frame)| frame).collect();
        assert_eq!(caught.iter().map(|it| &it.bytes).collect::<Vec<_>>(), wanted);
    });
}

#[test]
fn two_ports_come_in_the_order_of_time_needs_namespaces() {
    in_namespaces("two_ports_come_in_the_order_of_time_needs_namespaces", || {
        let mut live = open(&[cable("tap0"), cable("tap1")]);
        let wires = [Wire::on("tap0-far").unwrap(), Wire::on("tap1-far").unwrap()];
        for number in 0..600 {
            wires[number as usize % 2].send(&numbered(number, 46)).unwrap();
            if number % 50 == 0 {
                std::thread::sleep(Duration::from_millis(7));
            }
        }
        // Only then is it stopped: what waits for a stop is not held back for its order.
        let (caught, dropped, _) = up_to(&mut live, 600);
        live.stopper().stop();
        let (more, dropped_late, _) = rest_of(&mut live);
        assert_eq!((dropped.total(), dropped_late.total(), more.len()), (0, 0, 0));
        for (caught, number) in caught.iter().zip(0..) {
            assert_eq!((u32::from(caught.port.0), &caught.bytes), (number % 2, &numbered(number, 46)));
        }
    });
}

#[test]
fn silence_is_told_with_its_time_needs_namespaces() {
    in_namespaces("silence_is_told_with_its_time_needs_namespaces", || {
        let mut live = open(&[cable("tap0")]);
        until(&mut live, 0, PortState::Hears);
        let began = now();
        let Heard::Silence(at) = live.next(Duration::from_millis(300)) else { panic!("something was heard") };
        assert!(began + Duration::from_millis(100) < at && at < now(), "{began} {at}");
    });
}

#[test]
fn a_prepared_port_sends_nothing_needs_namespaces() {
    in_namespaces("a_prepared_port_sends_nothing_needs_namespaces", || {
        // The machine has an address on another port; what asks for it on this one gets an answer from a port that is not prepared.
        ip("link set lo up");
        ip("link add office type veth peer name office-far");
        ip("addr add 192.0.2.1/24 dev office");
        ip("link set office up");
        let mut request =
            vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 8, 192, 0, 2, 77, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1];
        request.resize(46, 0);
        let mut asks = frame(0x0806, &request);
        asks[..6].fill(0xff);
        let solicit = {
            let mut solicit = frame(0x86dd, &[0; 72]);
            solicit[..6].copy_from_slice(&[0x33, 0x33, 0, 0, 0, 1]);
            solicit
        };
        let talk = || {
            let wire = Wire::on("tap0-far").unwrap();
            for _ in 0..20 {
                for frame in
                    [&asks, &solicit, &ipv4([192, 0, 2, 77], [192, 0, 2, 1]), &ipv4([0; 4], [255; 4])]
                {
                    wire.send(frame).unwrap();
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            count("tap0-far", RX_FRAMES)
        };

        let port = cable("tap0");
        ip("link set tap0 up");
        assert!(talk() > 0, "a port that is not prepared is silent too: this test sees nothing");

        ip("link del tap0");
        let port_again = cable("tap0");
        assert_eq!(port, port_again);
        let mut live = open(&[port]);
        assert_eq!(talk(), 0, "frames came out of the port that only listens");
        live.stopper().stop();
        assert_eq!(rest_of(&mut live).0.len(), 80);
    });
}

#[test]
fn a_port_is_prepared_once_and_refused_until_then_needs_namespaces() {
    in_namespaces("a_port_is_prepared_once_and_refused_until_then_needs_namespaces", || {
        let port = cable("tap0");
        for words in [
            "addr add 192.0.2.1/24",
            "addr add 192.0.2.9/24",
            "addr add 198.51.100.1/32",
            "addr add 2001:db8::1/64",
        ] {
            ip(&format!("{words} dev tap0"));
        }
        ip("link set tap0 up");
        let refused = Live::open(std::slice::from_ref(&port), &[], &Options::default()).unwrap_err();
        let LiveError::NotPrepared { missing, .. } = &refused else { panic!("{refused}") };
        for wanted in [Missing::NoAddress, Missing::NoIpv6, Missing::NoArp] {
            assert!(missing.contains(&wanted), "{missing:?}");
        }
        assert!(refused.to_string().ends_with(" box prepare tap0`"), "{refused}");

        let changed = prepare(&port).unwrap();
        assert!(changed.contains(&Missing::NoAddress) && changed.contains(&Missing::NoArp), "{changed:?}");
        assert_eq!(prepare(&port).unwrap(), []);
        check_prepared(&port).unwrap();

        // Each of these alone is enough to be refused again.
        for (words, missing) in [
            ("addr add 192.0.2.1/24 dev tap0", Missing::NoAddress),
            ("link set tap0 arp on", Missing::NoArp),
            ("link set tap0 down", Missing::Up),
        ] {
            ip(words);
            let refused = check_prepared(&port).unwrap_err();
            assert!(
                matches!(&refused, LiveError::NotPrepared { missing: found, .. } if found == &[missing]),
                "{refused}"
            );
            assert_eq!(prepare(&port).unwrap(), [missing]);
        }
        std::fs::write("/proc/sys/net/ipv6/conf/tap0/disable_ipv6", "0").unwrap();
        assert!(check_prepared(&port).is_err());
        prepare(&port).unwrap();
        check_prepared(&port).unwrap();
    });
}

#[test]
fn a_port_that_is_not_there_is_refused_needs_namespaces() {
    in_namespaces("a_port_that_is_not_there_is_refused_needs_namespaces", || {
        let refused = Live::open(&[name("tap0")], &[], &Options::default()).unwrap_err();
        assert_eq!(refused.to_string(), "there is no port tap0 (`ip link` lists those that are there)");
        assert!(prepare(&name("tap0")).is_err());
        let port = cable("tap0");
        let refused = Live::open(&[port.clone(), port], &[], &Options::default()).unwrap_err();
        assert!(matches!(refused, LiveError::BadCount(2)));
    });
}

#[test]
fn without_the_right_the_command_is_said_needs_namespaces() {
    let without = ["setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin"];
    let script = "ip link add tap0 type veth peer name tap0-far && exec \"$0\" \"$@\"";
    // Made while that is still allowed; then it has no rights but stands in the same network.
    let through = [&["sh", "-c", script][..], &without].concat();
    in_namespaces_with("without_the_right_the_command_is_said_needs_namespaces", &through, || {
        let refused = prepare(&name("tap0")).unwrap_err();
        let said = refused.to_string();
        assert!(said.starts_with("may not change port tap0: run `sudo /"), "{said}");
        assert!(said.ends_with(" box prepare tap0`"), "{said}");
    });
}

#[test]
fn without_the_right_to_listen_the_command_is_said_needs_namespaces() {
    let without = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    in_namespaces_with("without_the_right_to_listen_the_command_is_said_needs_namespaces", &without, || {
        let port = cable("tap0");
        prepare(&port).unwrap();
        let refused = Live::open(&[port], &[], &Options::default()).unwrap_err().to_string();
        let program = std::env::current_exe().unwrap();
        let wanted = format!("`sudo setcap cap_net_raw=ep {}`", program.display());
        assert!(refused.ends_with(&wanted), "{refused}");
    });
}

#[test]
fn each_cable_that_is_pulled_is_told_and_told_when_it_is_back_needs_namespaces() {
    in_namespaces("each_cable_that_is_pulled_is_told_and_told_when_it_is_back_needs_namespaces", || {
        let mut live = open(&[cable("tap0"), cable("tap1")]);
        until(&mut live, 1, PortState::Hears);
        ip("link set tap1-far down");
        until(&mut live, 1, PortState::NoSignal);
        ip("link set tap0-far down");
        until(&mut live, 0, PortState::NoSignal);
        ip("link set tap1-far up");
        until(&mut live, 1, PortState::Hears);
        ip("link set tap0-far up");
        until(&mut live, 0, PortState::Hears);
        // The port itself brought down: the socket gets an error, and goes on.
        ip("link set tap0 down");
        until(&mut live, 0, PortState::NoSignal);
        ip("link set tap0 up");
        until(&mut live, 0, PortState::Hears);
        Wire::on("tap0-far").unwrap().send(&numbered(7, 46)).unwrap();
        live.stopper().stop();
        assert_eq!(rest_of(&mut live).0.len(), 1);
    });
}

#[test]
fn a_port_that_vanishes_is_heard_again_when_it_is_back_and_prepared_needs_namespaces() {
    in_namespaces(
        "a_port_that_vanishes_is_heard_again_when_it_is_back_and_prepared_needs_namespaces",
        || {
            let mut live = open(&[cable("tap0"), cable("tap1")]);
            until(&mut live, 0, PortState::Hears);
            Wire::on("tap0-far").unwrap().send(&numbered(1, 46)).unwrap();
            ip("link del tap0");
            until(&mut live, 0, PortState::Gone);
            Wire::on("tap1-far").unwrap().send(&numbered(2, 46)).unwrap();
            let port = cable("tap0");
            until(&mut live, 0, PortState::NotPrepared);
            prepare(&port).unwrap();
            until(&mut live, 0, PortState::Hears);
            Wire::on("tap0-far").unwrap().send(&numbered(3, 46)).unwrap();
            live.stopper().stop();
            let (caught, _, _) = rest_of(&mut live);
            assert_eq!(caught.last().unwrap().bytes, numbered(3, 46));
        },
    );
}

#[test]
fn what_is_sent_was_heard_or_counted_needs_namespaces() {
    in_namespaces("what_is_sent_was_heard_or_counted_needs_namespaces", || {
        let port = cable("tap0");
        prepare(&port).unwrap();
        let small = Options { ring_bytes: 2 << 20, handover_bytes: 3 << 20, ..Options::default() };
        let mut live = Live::open(&[port], &[], &small).unwrap();
        let wire = Wire::on("tap0-far").unwrap();
        const SENT: u32 = 60_000;
        let sender = std::thread::spawn(move || {
            for number in 0..SENT {
                wire.flood(&numbered(number, 700)).unwrap();
            }
            wire.dropped()
        });
        // Reads nothing until all was sent, and hears only what had room.
        let on_wire = u64::from(SENT) - sender.join().unwrap();
        assert_eq!(count("tap0", RX_FRAMES), on_wire);
        live.stopper().stop();
        let (caught, dropped, _) = rest_of(&mut live);
        assert!(dropped.handover > 0, "{dropped:?}");
        assert_eq!(caught.len() as u64 + dropped.total(), on_wire, "{dropped:?}");
        // The rest is whole and in order.
        let numbers: Vec<_> =
            caught.iter().map(|it| u32::from_be_bytes(it.bytes[14..18].try_into().unwrap())).collect();
        assert!(numbers.is_sorted_by(|one, other| one < other));
    });
}

#[test]
fn a_listener_that_is_let_go_leaves_nothing_behind_needs_namespaces() {
    in_namespaces("a_listener_that_is_let_go_leaves_nothing_behind_needs_namespaces", || {
        let port = cable("tap0");
        let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let before = open_files();
        for _ in 0..5 {
            let mut live = open(std::slice::from_ref(&port));
            Wire::on("tap0-far").unwrap().send(&numbered(7, 46)).unwrap();
            until(&mut live, 0, PortState::Hears);
            drop(live);
        }
        assert_eq!(open_files(), before);
    });
}

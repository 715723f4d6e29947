//! Times end in the year 2554, and hostile captures begin there: what is due at the end is never due, and nothing waits for it. Nor is anything
//! paid for the years between, when a clock is set.

use core::time::Duration;

use common_model::Timestamp;
use sensor_decode::{Frame, LinkType, PortId};
use sensor_engine::{Engine, Setup};

#[test]
fn time_comes_to_its_end() {
    for before_end in [0, 1, 4, 80, 3_599, 7_200] {
        let mut engine = Engine::new(Setup::default()).unwrap();
        let at = Timestamp::MAX - Duration::from_secs(before_end);
        for at in [Timestamp::EPOCH, at, at, Timestamp::MAX] {
            let frame =
                Frame { port: PortId(0), at, link: LinkType::Ethernet, vlan: None, wire_len: 64, bytes: ARP };
            engine.handle_frame(&frame);
            while engine.poll_output().is_some() {}
        }
        engine.handle_silence(Timestamp::MAX);
        engine.finish();
        assert_eq!(engine.counts().frames, 4);
    }
}

#[test]
fn a_clock_that_is_set_costs_nothing_and_teaches_nothing() {
    let mut engine = Engine::new(Setup::default()).unwrap();
    for at in [Timestamp::from_secs(1_773_820_800), Timestamp::MAX - Duration::from_secs(86_400)] {
        engine.handle_silence(at);
        assert!(!engine.normal().knows_clinic(), "hours before the first were learned");
        engine = Engine::new(Setup::default()).unwrap();
        let first = Timestamp::from_secs(7);
        let frame = Frame {
            port: PortId(0),
            at: first,
            link: LinkType::Ethernet,
            vlan: None,
            wire_len: 64,
            bytes: ARP,
        };
        engine.handle_frame(&frame);
        engine.handle_silence(at);
        let again = Frame { at, ..frame };
        engine.handle_frame(&again);
    }
}

const ARP: &[u8] = b"\xff\xff\xff\xff\xff\xff\0\x1bc\0\0\x01\x08\x06\0\x01\x08\0\x06\x04\0\x01\
    \0\x1bc\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\xc0\0\x02\x02";

//! The table of conversations: stays within its limit, lets go in time, and loses nobody.

use core::time::Duration;

use common_model::Timestamp;
use sensor_decode::{Net, decode};
use sensor_flow::{End, FlowTable, Protocol};

use crate::bytes::Bytes;
use crate::moves;

/// Few, so that the table is full soon.
const FLOWS_MAX: usize = 6;

/// `([what time does] frame)…`, see [`moves::next`].
pub(crate) fn flows(input: &[u8]) {
    let mut input = Bytes(input);
    let mut table: FlowTable<u32> = FlowTable::new(FLOWS_MAX, 3);
    let mut now = Timestamp::from_secs(1_773_820_800);
    let mut left = 0_u64;
    while let Some(time) = input.u8() {
        match time >> 4 {
            0..=8 => now = now + Duration::from_millis(u64::from(time)),
            9 => now = now + Duration::from_secs(u64::from(time & 15)),
            10 => now = now + Duration::from_secs(60 * u64::from(time & 15)),
            11 => now = now + Duration::from_secs(3_600 * u64::from(time & 15)),
            12 => now = Timestamp::MAX - Duration::from_nanos(u64::from(time & 15)),
            13 => now = now - Duration::from_secs(u64::from(time & 15)),
            14 => left += u64::from(table.drain().is_some()),
            _ => left += u64::from(table.make_room().is_some()),
        }
        while let Some(flow) = table.expire(now) {
            assert!(flow.last_at <= now);
            left += 1;
        }
        if now < Timestamp::MAX {
            assert!(table.poll_timeout().is_none_or(|at| at > now), "somebody should have left");
        }
        let Some(next) = moves::next(&mut input) else { break };
        let frame = next.frame(now);
        let Ok(packet) = decode(&frame) else { continue };
        let Net::Ip(ip) = packet.net else { continue };
        let before = table.opened();
        left += u64::from(table.make_room().is_some());
        if let Some(touched) = table.touch(now, &packet, &ip, frame.wire_len) {
            let flow = table.get_mut(touched.id).expect("what was touched is there");
            flow.state += 1;
            assert_eq!(touched.happened.opened, flow.state == 1, "a conversation opens once");
            assert_eq!(flow.end(touched.side).ip, ip.source, "another end spoke");
            assert_eq!(flow.end(touched.side.other()).ip, ip.target, "another end was spoken to");
            let [client, server] = &flow.totals;
            assert_eq!(client.packets + server.packets, u64::from(flow.state), "packets are lost");
            if time & 1 == 1 {
                let ([sent, received], _) = flow.take_report();
                assert!(sent.packets <= flow.totals[0].packets && received.packets <= flow.totals[1].packets);
            }
            if !flow.is_side_certain && time & 2 == 2 {
                table.flip(touched.id);
            }
        }
        // One that is over makes room for the next between the same ends.
        assert!(table.len() <= FLOWS_MAX, "more conversations than there may be");
        assert!(table.opened() - before <= 1);
        if time & 7 == 7 {
            let end = |ip, port| End { ip, port };
            table.refuse(packet.vlan, Protocol::Udp, end(ip.source, 40_000), end(ip.target, 53));
        }
    }
    let there = table.len() as u64;
    let drained = core::iter::from_fn(|| table.drain()).count() as u64;
    assert_eq!(there, drained, "a conversation is lost");
    assert!(table.is_empty() && table.poll_timeout().is_none());
    assert!(left + drained <= table.opened());
}

//! No allocation per frame, neither by the thread that listens nor by the one that reads.
//!
//! One test in this file, because what is counted is the whole process.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which are not tests themselves"
)]

#[path = "../../../testing/testkit/src/allocations.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "used in part; the testkit knows the whole product, which is not needed here"
)]
mod allocations;
#[path = "live/wire.rs"]
#[expect(dead_code, reason = "used in part")]
mod wire;
#[path = "live/world.rs"]
mod world;

use core::time::Duration;

use sensor_capture::live::{Heard, Live, Options, prepare};

use crate::allocations::CountingAllocator;
use crate::wire::Wire;
use crate::world::{cable, in_namespaces};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const FRAMES: u64 = 50_000;

#[test]
fn frames_ask_for_no_memory_needs_namespaces() {
    in_namespaces("frames_ask_for_no_memory_needs_namespaces", || {
        let ports = [cable("tap0"), cable("tap1")];
        ports.iter().for_each(|port| drop(prepare(port).unwrap()));
        let mut live = Live::open(&ports, &["192.0.2.0/24".parse().unwrap()], &Options::default()).unwrap();
        let wires = [Wire::on("tap0-far").unwrap(), Wire::on("tap1-far").unwrap()];
        let stop = live.stopper();
        let sender = std::thread::spawn(move || {
            for number in 0..FRAMES {
                wires[number as usize % 2].flood(&[7; 300]).unwrap();
            }
            stop.stop();
            wires.iter().map(Wire::dropped).sum::<u64>()
        });
        let (mut heard, mut asked) = (0, [0; 2]);
        loop {
            match live.next(Duration::from_secs(10)) {
                Heard::Frame(_) => heard += 1,
                Heard::Port(report) => assert_eq!(report.dropped.total(), 0),
                Heard::Silence(at) => panic!("nothing came for ten seconds, at {at}"),
                Heard::Stopped => break,
            }
            match heard {
                1_000 => asked[0] = allocations::count(),
                40_000 => asked[1] = allocations::count(),
                _ => {}
            }
        }
        assert_eq!(heard + sender.join().unwrap(), FRAMES);
        // A look at the ports, once a second, asks for a message or two each.
        let asked = asked[1] - asked[0];
        assert!(asked < 100, "memory was asked for {asked} times in 39,000 frames");
    });
}

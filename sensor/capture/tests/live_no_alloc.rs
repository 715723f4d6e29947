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
mod wire;
#[path = "live/world.rs"]
#[expect(dead_code, reason = "used in part")]
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
        let sender = std::thread::spawn(move || {
            for number in 0..FRAMES {
                wires[number as usize % 2].send(&[7; 300]).unwrap();
            }
        });
        let (mut heard, mut before) = (0, None);
        while heard < FRAMES {
            match live.next(Duration::from_secs(10)) {
                Heard::Frame(_) => heard += 1,
                Heard::Port(report) => assert_eq!(report.dropped.total(), 0),
                other => panic!("{other:?} after {heard} frames"),
            }
            if heard == 1_000 {
                before = Some(allocations::count());
            }
        }
        let asked = allocations::count() - before.unwrap();
        // A look at the ports, once a second, asks for a message or two each.
        assert!(asked < 100, "memory was asked for {asked} times in {FRAMES} frames");
        sender.join().unwrap();
    });
}

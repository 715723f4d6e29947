//! Memory is bounded: a flood that fills every table leaves the engine within what its tables say that they take, and what was forgotten for
//! it is counted.
//!
//! One test in this file, because what is counted is the whole process.

use sensor_capture::Frames as _;
use sensor_engine::{Engine, Limits, Setup};
use testing_testkit::allocations::{self, CountingAllocator};
use testing_testkit::flood::Flood;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_flood_stays_within_the_tables_and_is_counted() {
    let before = allocations::live_bytes();
    let mut engine = Engine::new(Setup::default()).unwrap();
    let mut flood = Flood::new(400_000, 7);
    let mut most = 0;
    while let Some(frame) = flood.next_frame() {
        engine.handle_frame(&frame);
        while engine.poll_output().is_some() {}
        most = most.max(allocations::live_bytes() - before);
    }

    let limits = Limits::default();
    let promised = limits.tables().iter().map(|(_, bytes)| *bytes as u64).sum::<u64>();
    assert!(most <= promised && promised <= limits.memory_bytes_max as u64, "{most} of {promised} bytes");
    let counts = engine.counts();
    assert_eq!(counts.undecodable, 0, "{counts:#?}");
    assert!(
        counts.flows_evicted > 0
            && counts.windows_refused > 0
            && counts.devices_forgotten > 0
            && counts.detectors_forgot > 0,
        "the flood does not fill every table: {counts:#?}"
    );
}

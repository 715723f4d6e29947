//! No allocation per packet: after one day has warmed the tables, the next calm day asks for no memory at all.
//!
//! One test in this file, because what is counted is the whole process.

use std::path::Path;
use std::sync::Arc;

use common_site::Site;
use sensor_capture::Frames as _;
use sensor_capture::files::read_text_capped;
use sensor_engine::{Engine, Setup};
use testing_days::Clinic;
use testing_testkit::allocations::{self, CountingAllocator};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_calm_day_asks_for_no_memory() {
    let clinic =
        Clinic::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/days/clinic")).unwrap();
    let site = Site::parse(&read_text_capped(&clinic.site_path(), 1 << 20).unwrap()).unwrap();
    let days = clinic.calm_days(2, 3).unwrap();
    let midnight = days.starts_at() + (days.ends_at().since(days.starts_at()) / 2);
    let mut engine = Engine::new(Setup { site: Arc::new(site), ..Setup::default() }).unwrap();

    let mut frames = days.frames();
    let (mut asked, mut packets, mut outputs) = (0, 0_u64, 0);
    while let Some(frame) = frames.next_frame() {
        let before = allocations::count();
        engine.handle_frame(&frame);
        let after = allocations::count();
        let came_out = core::iter::from_fn(|| engine.poll_output()).count();
        if frame.at >= midnight && came_out == 0 {
            asked += after - before;
            packets += 1;
        } else {
            // A finding is made of owned things, and a device that is new gets its own diary.
            outputs += came_out;
        }
    }
    assert!(packets > 50_000 && outputs < 500, "{packets} packets and {outputs} outputs are no calm day");
    assert_eq!(asked, 0, "memory was asked for {asked} times in {packets} packets");
}

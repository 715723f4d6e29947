//! Every detector's cases (`src/<detector>/cases/`), and those of the one that new detectors are copied from.
//!
//! What must come out is written by `BLESS=1 cargo nextest run -p sensor-detectors`, and read by eye.

use std::path::{Path, PathBuf};

use sensor_detectors::ALL;
use testing_testkit::cases;

fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(id.replace('-', "_")).join("cases")
}

#[test]
fn every_case_says_what_it_should_and_quiet_ones_nothing() {
    let mut faults = Vec::new();
    for spec in ALL {
        let kinds = spec.kinds.iter().map(|kind| kind.id).collect::<Vec<_>>();
        if let Err(err) = cases::check_folder(&folder(spec.id), &kinds) {
            faults.push(format!("{err:#}"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

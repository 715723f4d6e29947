//! Every detector's cases (`src/<detector>/cases/`).
//!
//! What must come out is written by `BLESS=1 cargo nextest run -p sensor-detectors`, and read by eye.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

use sensor_detectors::{ALL, Spec};
use testing_testkit::cases;

fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(id.replace('-', "_")).join("cases")
}

#[test]
fn every_case_says_what_it_should_and_quiet_ones_nothing() {
    let check = |spec: &Spec| {
        let kinds = spec.kinds.iter().map(|kind| kind.id).collect::<Vec<_>>();
        cases::check_folder(&folder(spec.id), &kinds).err().map(|err| format!("{err:#}"))
    };
    let faults = every_core(ALL, check);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What `look` finds, in all of them; on every core, because a hundred detectors have a thousand cases.
fn every_core(specs: &[&'static Spec], look: impl Fn(&Spec) -> Option<String> + Sync) -> Vec<String> {
    let (next, look) = (&AtomicUsize::new(0), &look);
    let work =
        || iter::from_fn(|| specs.get(next.fetch_add(1, Ordering::Relaxed))).filter_map(|spec| look(spec));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(|| work().collect::<Vec<_>>())).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

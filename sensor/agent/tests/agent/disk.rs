//! On a disk that takes nothing: a small one of its own, in a namespace of its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which are not tests themselves"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use core::time::Duration;

use box_store::nudge::Bell;
use box_store::sensor::Status;

use self::world::in_namespaces;
use crate::{frames, reader, run, states};

#[path = "../../../capture/tests/live/world.rs"]
#[expect(dead_code, reason = "helpers of tests, used in part")]
mod world;

/// A disk of three megabytes on this folder.
fn small_disk(folder: &Path) {
    let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "none"]).arg(folder).status();
    assert!(done.expect("could not run mount (package mount)").success());
}

/// Everything that the bell was rung with and nobody has heard yet.
fn rung(bell: &Bell) -> Vec<Status> {
    let heard = core::iter::from_fn(|| bell.wait(Duration::from_millis(1)).expect("the bell hangs"));
    heard.map(|with| serde_json::from_slice(&with).expect("a status")).collect()
}

#[test]
fn what_a_full_disk_does_not_take_is_told_by_the_bell_needs_namespaces() {
    in_namespaces("disk::what_a_full_disk_does_not_take_is_told_by_the_bell_needs_namespaces", || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        small_disk(&path);
        run(&path, &[], || true);
        let bell = Bell::new(&path, "tablet").unwrap();
        let filler = path.join("filler");
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        drop(file);
        let mut told = None;
        let mut written = None;
        let waits = path.clone();
        run(&path, &frames(), move || {
            for status in rung(&bell) {
                if let Some(scan) = status.unwritten.iter().find(|incident| incident.kind == "port-scan") {
                    assert_eq!(
                        (status.problem.as_deref(), scan.state.as_str()),
                        (Some("disk_full"), "opened")
                    );
                    assert!(states(&waits).is_empty(), "it is on the disk");
                    told = Some(scan.clone());
                    // There is room again.
                    let _gone_already = std::fs::remove_file(&filler);
                } else if told.is_some() && status.problem.is_none() {
                    assert!(status.unwritten.is_empty() && status.unwritten_more == 0, "{status:?}");
                    written = Some(reader(&waits).open_incidents().unwrap());
                }
            }
            written.as_ref().is_some_and(|open| open.iter().any(|open| Some(open) == told.as_ref()))
        });
        assert_eq!(states(&path), ["opened"]);
        let status = crate::status(&path);
        assert!(status.problem.is_none() && status.unwritten.is_empty(), "{status:?}");
    });
}

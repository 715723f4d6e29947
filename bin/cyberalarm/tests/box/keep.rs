//! What a box keeps: for itself alone, for no more users than need it, and as a copy that can be put back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use box_store::{SensorReader, TabletReader};

use crate::{CLINIC, Running, proc_file};

/// What the program says to these words: whether it was well, and the first line.
fn says(words: &[&str]) -> (bool, String) {
    let done =
        Command::new(env!("CARGO_BIN_EXE_cyberalarm")).args(words).output().expect("the program is built");
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.success(),
        String::from_utf8(said).expect("text").lines().next().unwrap_or_default().to_owned(),
    )
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn a_box_has_its_folder_for_itself_and_no_rights_at_all_for_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let running = Running::start(&state, &["--calm-days", "0"]);
    running.wait(|| running.get("/api/v1/home"));
    running.wait(|| running.sensor()?.status().ok()?);
    assert_eq!(mode(&state), 0o750);
    for name in ["sensor.db", "tablet.db", "sensor.db-wal", "tablet.db-shm"] {
        assert_eq!(mode(&state.join(name)), 0o640, "{name}");
    }
    // Who starts the roles has no more rights than they.
    let rights = proc_file(running.child.id(), "status");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(rights.contains(&format!("{set}:\t0000000000000000")), "{rights}");
    }
    assert!(rights.contains("NoNewPrivs:\t1"), "{rights}");
    // A second box, an empty folder and a copy have to wait until it has stopped.
    let at = state.to_str().unwrap();
    let copy = folder.path().join("copy");
    assert!(says(&["box", "backup", copy.to_str().unwrap(), "--state", at]).0);
    for more in [&["--fresh"][..], &[]] {
        let words = [&["box", "--clinic", CLINIC, "--listen", "127.0.0.1:0", "--state", at], more].concat();
        let (is_well, said) = says(&words);
        assert!(!is_well && said.contains("a box is running in"), "{said}");
    }
    let (is_well, said) = says(&["box", "restore", copy.to_str().unwrap(), "--state", at]);
    assert!(!is_well && said.contains("a box is running in"), "{said}");
    running.wait(|| running.get("/api/v1/home"));
}

#[test]
fn what_a_box_remembers_is_copied_while_it_runs_and_put_back_when_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let at = state.to_str().unwrap();
    let copy = folder.path().join("copy");
    let running = Running::start(&state, &["--speed", "4"]);
    running.wait(|| Some(running.last_event()).filter(|last| *last > 0));
    running.wait(|| TabletReader::open(&state).ok()?.site().ok()?);
    let before = running.last_event();
    let (is_well, said) = says(&["box", "backup", copy.to_str().unwrap(), "--state", at]);
    assert!(is_well && said.contains("sensor.db, tablet.db"), "{said}");
    let copied =
        |folder: &Path| SensorReader::open(folder).unwrap().events_before(i64::MAX, 1).unwrap()[0].seq;
    let kept = copied(&copy);
    assert!(kept >= before);
    running.wait(|| Some(running.last_event()).filter(|last| *last > kept));
    drop(running);
    // The box was lost, and a new one goes on from the copy.
    std::fs::remove_dir_all(&state).unwrap();
    let nowhere = folder.path().join("nowhere");
    let (is_well, said) = says(&["box", "restore", nowhere.to_str().unwrap(), "--state", at]);
    assert!(!is_well && said.contains("there is no file of a box in"), "{said}");
    assert!(!state.exists(), "a copy that is not there leaves an empty box");
    let (is_well, said) = says(&["box", "restore", copy.to_str().unwrap(), "--state", at]);
    assert!(is_well && said.contains("sensor.db, tablet.db"), "{said}");
    assert_eq!(copied(&state), kept);
    let running = Running::start(&state, &["--speed", "4"]);
    running.wait(|| Some(running.last_event()).filter(|last| *last > kept));
    let (is_well, said) = says(&["box", "backup", copy.to_str().unwrap(), "--state", at]);
    assert!(!is_well && said.contains("is there already"), "{said}");
}

//! A disk that turns read-only while the box runs, as one does that has a fault.
//!
//! Linux lets nobody make a disk read-only on purpose while files on it are open for writing. So it is made of its two halves: the sensor's open
//! file takes no more bytes (a limit of the process), and the file's place is read-only for whoever asks or opens it again (a mount).

use std::path::Path;
use std::process::Command;

use crate::Running;

/// Runs a script in the box's own namespaces; `$0` is the file.
fn in_its_namespaces(running: &Running, script: &str, file: &Path) {
    let done = Command::new("nsenter")
        .args(["-t", &running.child.id().to_string(), "-U", "-m", "--preserve-credentials"])
        .args(["sh", "-ec", script])
        .arg(file)
        .output()
        .expect("could not run nsenter (package util-linux)");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The same on the file that the sensor writes and those beside it.
fn on_its_files(running: &Running, script: &str) {
    let script = format!("for file in \"$0\" \"$0-wal\" \"$0-shm\"; do {script}; done");
    in_its_namespaces(running, &script, &running.state.join("sensor.db"));
}

/// No file of this process may grow.
fn limit_files(pid: u32) {
    let done = Command::new("prlimit").args(["--pid", &pid.to_string(), "--fsize=1:unlimited"]).status();
    assert!(done.expect("could not run prlimit (package util-linux)").success());
}

fn start(state: &Path, speed: &str) -> Running {
    let mut command = Command::new("unshare");
    // A write beyond the limit is refused, and no reason to be killed.
    let script = "mount -t tmpfs none \"$0\" && trap '' XFSZ && exec \"$@\"";
    command.args(["-Urm", "sh", "-c", script]).arg(state).arg(env!("CARGO_BIN_EXE_cyberalarm"));
    Running::start_by(command, state, &["--speed", speed])
}

/// A field of what the tablet shows.
fn field(home: &str, name: &str) -> String {
    let (_, rest) = home.split_once(&format!("\"{name}\":")).expect("the field is there");
    rest.trim_start_matches('"').split([',', '"', '}']).next().unwrap_or_default().to_owned()
}

fn seq(home: &str) -> u64 {
    field(home, "seq").parse().expect("a number")
}

#[test]
fn a_disk_that_turns_read_only_is_said_and_nothing_is_lost_needs_namespaces() {
    const SAYS: &str = "The box cannot write to its disk.";
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), "4");
    let home = || running.get("/api/v1/home?lang=en");
    running.wait(|| home().filter(|home| seq(home) > 0));
    // Busy while somebody who reads has it open by the new mount for a moment.
    let until_read_only =
        "tries=0; until mount -o remount,bind,ro \"$file\"; do tries=$((tries+1)); [ $tries -lt 500 ]; done";
    on_its_files(&running, &format!("mount --bind \"$file\" \"$file\"; {until_read_only}"));
    limit_files(running.wait(|| running.pid("sensor")));
    let said = running.wait(|| home().filter(|home| home.contains(SAYS)));
    // It goes on hearing, and so does one that is started meanwhile. Times are by the clock of the clinic.
    let later = |than: &str| running.wait(|| home().filter(|home| field(home, "now").as_str() > than));
    later("2026-03-18T10:10");
    running.kill("sensor");
    let still = later("2026-03-18T10:45");
    assert!(still.contains(SAYS), "{still}");
    assert_eq!(seq(&still), seq(&said), "the disk was not read-only");
    on_its_files(&running, "mount -o remount,bind,rw \"$file\"");
    let is_well = |home: &String| seq(home) > seq(&said) + 3 && home.contains("\"also\":[]");
    let well = running.wait(|| home().filter(is_well));
    assert!(well.contains("login-after-guessing"), "{well}");
}

#[test]
fn a_tablet_that_is_started_on_a_read_only_disk_shows_what_it_knows_needs_namespaces() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), "1");
    let home = || running.get("/api/v1/home?lang=en");
    running.wait(|| home().filter(|home| seq(home) > 0));
    in_its_namespaces(
        &running,
        "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"",
        &running.state,
    );
    running.kill("tablet");
    let still = running.wait(home);
    assert!(seq(&still) > 0 && field(&still, "face") == "unknown", "{still}");
    in_its_namespaces(&running, "umount -l \"$0\"", &running.state);
    // It hears the sensor again, which went on all the while.
    running.wait(|| home().filter(|home| field(home, "face") != "unknown" && seq(home) >= seq(&still)));
}

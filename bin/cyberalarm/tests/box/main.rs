//! The box as its user starts it: several processes, of which any may be killed at any moment.

mod keep;
mod live;
mod read_only;

use core::time::Duration;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use box_store::record::EventRecord;
use box_store::tablet::CommandRecord;
use box_store::{SensorReader, TabletDb, TabletReader};

const CLINIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testing/days/clinic");

/// A running box, with the port of its tablet.
struct Running {
    child: Child,
    port: u16,
    state: PathBuf,
}

impl Running {
    fn start(state: &Path, more: &[&str]) -> Running {
        Running::start_by(Command::new(env!("CARGO_BIN_EXE_cyberalarm")), state, more)
    }

    /// On a disk of its own of three megabytes, in a namespace of its own.
    fn start_on_small_disk(state: &Path, more: &[&str]) -> Running {
        let mut command = Command::new("unshare");
        let script = "mount -t tmpfs -o size=3m none \"$0\" && exec \"$@\"";
        command.args(["-Urm", "sh", "-c", script]).arg(state).arg(env!("CARGO_BIN_EXE_cyberalarm"));
        Running::start_by(command, state, more)
    }

    fn start_by(mut command: Command, state: &Path, more: &[&str]) -> Running {
        command.arg("box");
        Running::start_on(command, state, &[&["--clinic", CLINIC], more].concat())
    }

    fn start_on(mut command: Command, state: &Path, more: &[&str]) -> Running {
        // A port that is free now, so that a tablet that was killed comes back on the same.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("there is a free port").port();
        let mut child = command
            .args(["--listen", &format!("127.0.0.1:{port}"), "--state"])
            .arg(state)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program is built");
        let out = child.stdout.take().expect("it is piped");
        let first = BufReader::new(out).lines().next().expect("it says where the tablet is").expect("text");
        assert!(first.ends_with(&format!(":{port}")), "{first}");
        Running { child, port, state: state.to_owned() }
    }

    /// The process of a role.
    fn pid(&self, role: &str) -> Option<u32> {
        let parent = format!("PPid:\t{}\n", self.child.id());
        let processes = std::fs::read_dir("/proc").expect("there is a /proc").flatten();
        let mut pids = processes.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
        pids.find(|pid| {
            proc_file(*pid, "status").contains(&parent)
                && proc_file(*pid, "cmdline").split('\0').nth(1) == Some(role)
        })
    }

    /// Kills a role with -9, and waits until it is back.
    fn kill(&self, role: &str) {
        let pid = self.wait(|| self.pid(role));
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.expect("there is a kill").success());
        self.wait(|| self.pid(role).filter(|again| *again != pid));
    }

    /// What the tablet answers; `None` when it does not.
    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let port = self.port;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        text.starts_with("HTTP/1.1 200").then_some(text)
    }

    /// Waits for something that happens by itself.
    fn wait<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let began = now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "what the test waits for did not happen");
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    fn sensor(&self) -> Option<SensorReader> {
        SensorReader::open(&self.state).ok()
    }

    /// The last event's number.
    fn last_event(&self) -> i64 {
        let last = || Some(self.sensor()?.events_before(i64::MAX, 1).ok()?.first()?.seq);
        last().unwrap_or(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What is over already cannot be ended.
        let _over = Command::new("kill").arg(self.child.id().to_string()).status();
        let _over = self.child.wait();
    }
}

fn proc_file(pid: u32, name: &str) -> String {
    let mut text = String::new();
    if let Ok(mut file) = std::fs::File::open(format!("/proc/{pid}/{name}")) {
        // A process that ends meanwhile has no files any more.
        let _gone = file.read_to_string(&mut text);
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "a test that waits for ever is stopped")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn every_role_but_the_sensor_has_no_rights_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--calm-days", "0"]);
    for role in ["tablet", "uplink"] {
        let pid = running.wait(|| running.pid(role));
        let none = |status: &String| {
            let is_empty = |set: &&str| status.contains(&format!("{set}:\t0000000000000000"));
            let sets = ["CapInh", "CapPrm", "CapEff", "CapAmb"];
            sets.iter().all(is_empty) && status.contains("NoNewPrivs:\t1")
        };
        running.wait(|| Some(proc_file(pid, "status")).filter(none));
    }
}

#[test]
fn what_is_wrong_is_said_before_anything_is_started() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, says) in [
        (&["--capture", "/nowhere.pcap"][..], "/nowhere.pcap"),
        (&[][..], "nothing to listen to"),
        (&["--clinic", "/nowhere"], "/nowhere"),
        (&["--capture", "/nowhere.pcap", "--speed", "0"], "/nowhere.pcap"),
    ] {
        let state = folder.path().join("state");
        let output = Command::new(env!("CARGO_BIN_EXE_cyberalarm"))
            .args(["box", "--state"])
            .arg(&state)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(!state.exists());
    }
}

#[test]
fn a_disk_that_may_not_be_written_is_said_before_anything_is_started_needs_namespaces() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs none \"$0\" && touch \"$0/sensor.db\" && mount -o remount,ro \"$0\" && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .arg(folder.path())
        .args([
            env!("CARGO_BIN_EXE_cyberalarm"),
            "box",
            "--clinic",
            CLINIC,
            "--listen",
            "127.0.0.1:0",
            "--state",
        ])
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("must be able to write") && said.contains("read-only filesystem"), "{said}");
}

/// How often each role is killed. `CYBERALARM_KILLS` asks for more.
fn kills() -> usize {
    std::env::var("CYBERALARM_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6)
}

#[test]
fn whoever_is_killed_nothing_is_lost_and_nothing_is_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--speed", "4"]);
    running.wait(|| running.get("/api/v1/home"));
    running.wait(|| Some(running.last_event()).filter(|last| *last > 0));
    let (mut stored, mut asked) = (0, 0);
    for kill in 0..kills() {
        let role = ["sensor", "tablet", "uplink"][kill % 3];
        if role == "tablet" {
            // What was asked just before is not lost either.
            let mut db = TabletDb::open(folder.path()).unwrap();
            asked = db.ask(&CommandRecord::Site, 1).unwrap();
        }
        stored = stored.max(running.last_event());
        running.kill(role);
        assert!(running.last_event() >= stored, "rows were lost");
        // The others go on, and the fallen one comes back.
        running.wait(|| running.get("/api/v1/home"));
        let before = running.last_event();
        running.wait(|| {
            let status = running.sensor()?.status().ok()??;
            (status.command_done >= asked || running.last_event() > before).then_some(())
        });
    }
    let reader = running.sensor().unwrap();
    let events = reader.events_after(0, 100_000).unwrap();
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "a hole in what is stored");
    let mut open = BTreeSet::new();
    for event in &events {
        if let EventRecord::Incident(incident) = &event.value {
            let trouble = (incident.message.clone(), incident.device.id.clone(), incident.identity.clone());
            match incident.state.as_str() {
                "opened" => assert!(open.insert(trouble), "opened twice: {incident:?}"),
                "closed" => assert!(open.remove(&trouble), "closed twice: {incident:?}"),
                _ => assert!(open.contains(&trouble), "told of before it was opened: {incident:?}"),
            }
        }
    }
    assert!(!TabletReader::open(folder.path()).unwrap().commands_after(0, 1_000).unwrap().is_empty());
}

#[test]
fn a_role_that_hangs_is_killed_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--calm-days", "0", "--hung-after", "4"]);
    running.wait(|| running.get("/api/v1/home"));
    for role in ["tablet", "sensor", "uplink"] {
        let pid = running.wait(|| running.pid(role));
        let stopped = Command::new("kill").args(["-STOP", &pid.to_string()]).status();
        assert!(stopped.unwrap().success());
        running.wait(|| running.pid(role).filter(|again| *again != pid));
        running.wait(|| running.get("/api/v1/home"));
    }
}

#[test]
fn two_boxes_at_one_address_say_which_option_names_another() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--calm-days", "0"]);
    let second = Command::new(env!("CARGO_BIN_EXE_cyberalarm"))
        .args(["box", "--clinic", CLINIC, "--listen", &format!("127.0.0.1:{}", running.port), "--state"])
        .arg(folder.path().join("second"))
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(second.status.code() == Some(2) && said.contains("another place with --listen"), "{said}");
}

#[test]
fn a_full_disk_is_said_and_what_was_heard_is_kept_for_later_needs_namespaces() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start_on_small_disk(folder.path(), &["--speed", "4"]);
    let says =
        |what: &str| running.wait(|| running.get("/api/v1/home?lang=en").filter(|home| home.contains(what)));
    says("\"clinic\":");
    // Seen from outside, its disk is below its own root.
    let disk = PathBuf::from(format!("/proc/{}/root{}", running.child.id(), folder.path().display()));
    let after = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("\"{name}\":")).expect("the field is there");
        rest.trim_start_matches('"').split([',', '"', '}']).next().unwrap_or_default().to_owned()
    };
    let seq = |home: &str| after(home, "seq").parse::<u64>().expect("a number");
    running.wait(|| running.get("/api/v1/home").filter(|home| seq(home) > 0));
    let filler = disk.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4_096]).is_ok() {}
    drop(file);
    let full = says("The box has no room left.");
    assert_ne!(after(&full, "face"), "ok", "green over a disk that takes nothing: {full}");
    // It goes on hearing: at a quarter to eleven somebody has got in. It is red without a disk, and written as soon as there is room.
    let later = says("login-after-guessing");
    assert_eq!((after(&later, "face").as_str(), seq(&later)), ("act", seq(&full)), "{later}");
    std::fs::remove_file(&filler).unwrap();
    // What is written is seen a moment before the sensor says that all is well again.
    let is_well = |home: &String| seq(home) > seq(&full) + 3 && home.contains("\"also\":[]");
    let room = running.wait(|| running.get("/api/v1/home?lang=en").filter(is_well));
    assert!(room.contains("login-after-guessing"), "{room}");
}

//! `cyberalarm circle`, as `./run` starts it: all of it comes by itself, and all of it ends.

use std::os::unix::process::CommandExt as _;

use super::*;

/// A circle of its own ports and folder.
struct Shown {
    state: tempfile::TempDir,
    desk: SocketAddr,
    process: Process,
}

impl Shown {
    fn start() -> Shown {
        let state = tempfile::tempdir().unwrap();
        let [tablet, centre, desk] = [(); 3].map(|()| free_port());
        let mut command = command(state.path(), tablet, centre, desk);
        let out = std::fs::File::create(state.path().join("said")).unwrap();
        // A terminal starts it in a group of its own, which it then speaks to.
        command.stdout(out).stderr(Stdio::null()).process_group(0);
        let process = Process(command.spawn().unwrap());
        Shown { state, desk, process }
    }

    /// Sends a signal as a terminal does, to all of it, or to its head alone.
    fn signal(&self, name: &str, to_all: bool) {
        let pid = self.process.0.id();
        let to = if to_all { format!("-{pid}") } else { pid.to_string() };
        let sent = Command::new("kill").args([&format!("-{name}"), "--", &to]).status();
        assert!(sent.unwrap().success());
    }

    /// What it printed so far.
    fn said(&self) -> String {
        let mut text = String::new();
        let said = std::fs::File::open(self.state.path().join("said"));
        said.unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// Processes that were told this folder.
    fn processes(&self) -> Vec<String> {
        let folder = self.state.path().to_str().unwrap().to_owned();
        let pids = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.map(|pid| proc_file(pid, "cmdline")).filter(|line| line.contains(&folder)).collect()
    }
}

fn command(state: &Path, tablet: SocketAddr, centre: SocketAddr, desk: SocketAddr) -> Command {
    let mut command = program(&["circle", "--fresh", "--clinic", CLINIC, "--calm-days", "1", "--speed", "8"]);
    command.arg("--state").arg(state.join("circle")).args(["--listen", &tablet.to_string()]);
    command.args(["--centre", &centre.to_string(), "--console", &desk.to_string()]);
    command
}

/// The token in a link that lets somebody in.
fn token_of(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("#/sign-in/")?;
    Some(rest.lines().next()?.to_owned())
}

#[test]
fn three_clinics_meet_the_same_and_ctrl_c_ends_all_of_it() {
    let mut shown = Shown::start();
    let token = wait(|| token_of(&shown.said()));
    let sign_in = json!({ "token": token });
    let (head, _) = ask(shown.desk, "POST", "/api/v1/sign-in", &[], &sign_in).unwrap();
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = [("Cookie", cookie.split(';').next().unwrap())];
    let at_desk = |path: &str| Some(ask(shown.desk, "GET", path, &cookie, &Value::Null)?.1);
    let finding = wait(|| {
        let findings = at_desk("/api/v1/findings")?["findings"].clone();
        let mut findings = findings.as_array()?.iter();
        findings.find(|finding| finding["value"] == "bad.malware-drop.example").cloned()
    });
    assert_eq!((&finding["independent"], finding["members"].as_array().unwrap().len()), (&json!(3), 3));
    for number in 1..=3 {
        wait(|| {
            let queue = at_desk(&format!("/api/v1/incidents?member={number}"))?;
            queue["incidents"].as_array().is_some_and(|rows| !rows.is_empty()).then_some(())
        });
    }
    // Centre, three boxes with three roles each, and who started them.
    assert_eq!(shown.processes().len(), 14, "{:?}", shown.processes());
    shown.signal("INT", true);
    assert!(shown.process.0.wait().unwrap().success());
    assert_eq!(shown.processes(), Vec::<String>::new());
}

#[test]
fn all_of_it_ends_too_when_the_terminal_closes_and_when_its_head_ends() {
    for (signal, to_all) in [("HUP", true), ("KILL", false), ("TERM", false)] {
        let shown = Shown::start();
        wait(|| token_of(&shown.said()));
        assert!(shown.processes().len() >= 6, "{:?}", shown.processes());
        shown.signal(signal, to_all);
        wait(|| shown.processes().is_empty().then_some(()));
    }
}

#[test]
fn a_speed_that_cannot_be_is_said_before_anything_is_started() {
    let state = tempfile::tempdir().unwrap();
    let [tablet, centre, desk] = [(); 3].map(|()| free_port());
    let mut command = program(&["circle", "--clinic", CLINIC, "--speed", "0", "--state"]);
    command.arg(state.path().join("circle")).args(["--listen", &tablet.to_string()]);
    command.args(["--centre", &centre.to_string(), "--console", &desk.to_string()]);
    let done = command.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("--speed 0: not from 0.01 to 1000"), "{said}");
    assert!(!state.path().join("circle").exists());
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_started() {
    let state = tempfile::tempdir().unwrap();
    let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = somebody.local_addr().unwrap();
    for place in 0..3 {
        let mut ports = [(); 3].map(|()| free_port());
        ports[place] = taken;
        let done = command(state.path(), ports[0], ports[1], ports[2]).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        let option = ["--listen", "--centre", "--console"][place];
        assert!(said.contains(&taken.to_string()) && said.contains(option), "{said}");
        assert!(!state.path().join("circle").exists());
    }
}

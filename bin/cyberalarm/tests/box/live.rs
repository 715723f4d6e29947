//! The box on real cables: pairs of ports in namespaces of their own. Each test calls itself there, where it is root and nobody else is.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, which are not tests themselves"
)]

use std::fmt::Write as _;
use std::process::Command;

use sensor_capture::{Frames as _, Script};
use serde_json::Value;

use self::wire::{RX_FRAMES, Wire, count};
use self::world::{in_namespaces, ip};
use crate::{Running, proc_file};

mod killed;
#[path = "../../../../sensor/capture/tests/live/wire.rs"]
mod wire;
#[path = "../../../../sensor/capture/tests/live/world.rs"]
#[expect(dead_code, reason = "helpers of tests, used in part")]
mod world;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cyberalarm");

/// Somebody looks for open doors.
const SCAN: &str = "
device guest   192.0.2.66 00:00:5e:00:53:66
device server  192.0.2.5  00:00:5e:00:53:05
at 11:00
guest asks who has 192.0.2.5
repeat 60 every 100 ms:
    guest -> server:{n} tcp refused
";

fn frames() -> Vec<Vec<u8>> {
    let mut script = Script::parse("script", SCAN, "".as_ref()).expect("the script is right");
    let mut frames = Vec::new();
    while let Some(frame) = script.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

/// A cable that nobody has prepared, and whose other end is a switch's.
fn cable(port: &str) {
    ip(&format!("link add {port} type veth peer name {port}-far"));
    ip(&format!("link set {port}-far up"));
}

/// What `cyberalarm` says with these words: its exit code, and what it wrote.
fn says(words: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(PROGRAM).args(words).output().expect("the program is built");
    (done.status.code(), String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap())
}

fn listening(state: &std::path::Path, more: &[&str]) -> Running {
    let mut command = Command::new(PROGRAM);
    command.arg("box");
    Running::start_on(command, state, more)
}

fn home(running: &Running) -> Option<Value> {
    let answer = running.get("/api/v1/home?lang=en")?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// Waits until the first screen is like this.
fn shows(running: &Running, like: impl Fn(&Value) -> bool) -> Value {
    running.wait(|| home(running).filter(&like))
}

/// What the tablet says of each port.
fn port_texts(home: &Value) -> String {
    let ports = home["ports"].as_array().expect("a list");
    ports.iter().fold(String::new(), |mut all, port| {
        let word = |field: &str| port[field].as_str().unwrap_or_default();
        writeln!(all, "{}: {}", word("name"), word("text")).expect("text takes all");
        all
    })
}

#[test]
fn a_port_is_prepared_once_and_refused_before_needs_namespaces() {
    in_namespaces("live::a_port_is_prepared_once_and_refused_before_needs_namespaces", || {
        cable("tap0");
        let state = tempfile::tempdir().unwrap();
        let state = state.path().to_str().unwrap();
        let (code, said) = says(&["box", "--state", state, "--interface", "tap0"]);
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.ends_with(&format!("run `sudo {PROGRAM} box prepare tap0`\n")), "{said}");
        assert_eq!(says(&["box", "prepare", "nothing"]).0, Some(2));
        let (code, said) = says(&["box", "prepare", "tap0"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.starts_with("tap0 only listens (put right: it answers ARP, "), "{said}");
        let again = says(&["box", "prepare", "tap0"]);
        assert_eq!(again, (Some(0), "tap0 only listens (it was prepared already)\n".to_owned()));
        // Without the right to listen, the line that gives it.
        let none = Command::new("setpriv")
            .args(["--bounding-set=-net_raw", "--inh-caps=-net_raw", PROGRAM, "box", "--state", state])
            .args(["--interface", "tap0"])
            .output()
            .expect("could not run setpriv (package util-linux)");
        let said = String::from_utf8(none.stderr).unwrap();
        assert_eq!((none.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains("sudo setcap cap_net_raw=ep "), "{said}");
    });
}

#[test]
fn cables_that_are_pulled_are_named_one_after_the_other_needs_namespaces() {
    in_namespaces("live::cables_that_are_pulled_are_named_one_after_the_other_needs_namespaces", || {
        ip("link set lo up");
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let record = folder.path().join("record");
        for port in ["tap0", "tap1"] {
            cable(port);
            assert_eq!(says(&["box", "prepare", port]).0, Some(0));
        }
        let sent_before = [count("tap0-far", RX_FRAMES), count("tap1-far", RX_FRAMES)];
        let running =
            listening(&state, &["--interface", "tap0", "tap1", "--record", record.to_str().unwrap()]);
        let wires = [Wire::on("tap0-far").unwrap(), Wire::on("tap1-far").unwrap()];
        let frames = frames();
        // It has only the right to listen.
        let sensor = running.wait(|| running.pid("sensor"));
        let rights =
            running.wait(|| Some(proc_file(sensor, "status")).filter(|text| text.contains("NoNewPrivs:\t1")));
        for set in ["CapPrm", "CapEff"] {
            assert!(rights.contains(&format!("{set}:\t0000000000002000")), "{rights}");
        }
        // What is heard on both cables becomes a card; traffic goes on, as in any net.
        let talk = |wires: &[&Wire]| {
            for (number, frame) in frames.iter().enumerate() {
                wires[number % wires.len()].send(frame).unwrap();
            }
        };
        let seen = running.wait(|| {
            talk(&[&wires[0], &wires[1]]);
            home(&running).filter(|home| home["cards"].to_string().contains("port-scan"))
        });
        assert!(
            seen["mark"].is_null() && seen["also"][0].as_str().unwrap().contains("everything that it hears"),
            "{seen}"
        );
        assert_eq!(port_texts(&seen).matches("hears the network").count(), 2, "{seen}");
        let pulled = "There is no signal in the cable";
        ip("link set tap0-far down");
        let one = shows(&running, |home| port_texts(home).matches(pulled).count() == 1);
        assert!(port_texts(&one).starts_with(&format!("The cable in socket tap0: {pulled}")), "{one}");
        assert_eq!(one["face"], "unknown", "{one}");
        ip("link set tap1-far down");
        let both = shows(&running, |home| port_texts(home).matches(pulled).count() == 2);
        assert!(port_texts(&both).contains(&format!("The cable in socket tap1: {pulled}")), "{both}");
        ip("link set tap0-far up");
        ip("link set tap1-far up");
        let again = running.wait(|| {
            talk(&[&wires[0]]);
            talk(&[&wires[1]]);
            home(&running).filter(|home| home["face"] != "unknown")
        });
        assert_eq!(again["face"], "attention", "{again}");
        // Nothing ever left a port that listens.
        assert_eq!([count("tap0-far", RX_FRAMES), count("tap1-far", RX_FRAMES)], sent_before);
        let events = running.sensor().unwrap().events_after(0, 1_000).unwrap();
        drop(running);
        // And what was kept says the same again.
        let (code, again) = says(&["replay", "--json", record.to_str().unwrap()]);
        assert_eq!(code, Some(0), "{again}");
        let again: Vec<Value> = again.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let said: Vec<_> = again.iter().filter(|line| line["type"] == "incident").map(step_of_line).collect();
        let stored: Vec<_> = events.iter().filter_map(step_of_event).collect();
        assert!(!stored.is_empty());
        assert_eq!(said, stored);
    });
}

/// Which incident, which step of it, of whom, how bad.
type Step = (String, String, String, String, u64);

fn step_of_line(line: &Value) -> Step {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let device = line["device"]["id"].as_str().unwrap_or_default().to_owned();
    (text("id"), text("state"), device, text("due"), line["findings"].as_u64().unwrap_or_default())
}

fn step_of_event(event: &box_store::sensor::Stored<box_store::record::EventRecord>) -> Option<Step> {
    let box_store::record::EventRecord::Incident(incident) = &event.value else { return None };
    // Lines show the first twelve digits of an id.
    let shown = |kind: &str, id: &str| format!("{kind}-{}", &id[..12]);
    let device = incident.device.id.as_deref().map(|id| shown("dev", id)).unwrap_or_default();
    let id = shown("inc", &incident.id);
    Some((id, incident.state.clone(), device, incident.due.clone(), incident.findings.into()))
}

/// As a clinic's switch does with a mirror port: what one device says to another is copied to the port that listens.
#[test]
fn a_mirror_port_is_heard_and_what_is_not_monitored_is_not_needs_namespaces() {
    in_namespaces("live::a_mirror_port_is_heard_and_what_is_not_monitored_is_not_needs_namespaces", || {
        ip("link set lo up");
        cable("tap0");
        cable("office");
        assert_eq!(says(&["box", "prepare", "tap0"]).0, Some(0));
        ip("link set office up");
        for words in [
            "qdisc add dev office-far clsact",
            "filter add dev office-far ingress protocol all u32 match u8 0 0 action mirred egress mirror dev tap0-far",
        ] {
            let done = Command::new("tc")
                .args(words.split(' '))
                .output()
                .expect("could not run tc (package iproute2)");
            assert!(done.status.success(), "tc {words}: {}", String::from_utf8_lossy(&done.stderr));
        }
        let folder = tempfile::tempdir().unwrap();
        // First a segment that nobody here is in; then the clinic says at the tablet that it is another one.
        let settings = folder.path().join("site.toml");
        std::fs::write(&settings, "inside = [\"198.51.100.0/24\"]\n").unwrap();
        let running = listening(
            &folder.path().join("state"),
            &["--interface", "tap0", "--settings", settings.to_str().unwrap()],
        );
        shows(&running, |home| port_texts(home).contains("has heard nothing yet"));
        let wire = Wire::on("office").unwrap();
        let frames = frames();
        // ARP is always heard, so that it is clear that the mirror works.
        wire.send(&frames[0]).unwrap();
        shows(&running, |home| port_texts(home).contains("hears the network"));
        frames.iter().for_each(|frame| wire.send(frame).unwrap());
        let before = home(&running).unwrap()["cards"].as_array().unwrap().len();
        box_store::TabletDb::open(&running.state)
            .unwrap()
            .choose("inside = [\"192.0.2.0/24\"]\n", None, 1)
            .unwrap();
        let seen = running.wait(|| {
            frames.iter().for_each(|frame| wire.send(frame).unwrap());
            home(&running).filter(|home| home["cards"].to_string().contains("port-scan"))
        });
        assert!(before == 0 && seen["cards"].as_array().unwrap().len() == 1, "{before} {seen}");
    });
}

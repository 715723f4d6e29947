//! A sensor that listens, and is killed.

use core::time::Duration;

use box_store::record::EventRecord;

use super::wire::Wire;
use super::world::{in_namespaces, ip};
use super::{cable, frames, listening, port_texts, says, shows};
use crate::{now, proc_file};

/// What was learned may be so old. Source: the agent writes it so often.
const LEARNED_NS_MAX: u64 = 300 * 1_000_000_000;

/// A silence that is told. Source: the agent tells five seconds.
const OFF_FOR: Duration = Duration::from_secs(6);

fn signal(name: &str, pid: u32) {
    let done = std::process::Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(done.expect("there is a kill").success());
}

#[test]
fn a_sensor_that_is_killed_while_it_listens_tells_the_gap_needs_namespaces() {
    in_namespaces(
        "live::killed::a_sensor_that_is_killed_while_it_listens_tells_the_gap_needs_namespaces",
        || {
            ip("link set lo up");
            let folder = tempfile::tempdir().unwrap();
            cable("tap0");
            assert_eq!(says(&["box", "prepare", "tap0"]).0, Some(0));
            let running = listening(&folder.path().join("state"), &["--interface", "tap0"]);
            // Neither the one that starts it nor it itself can do more than listen.
            for pid in [running.child.id(), running.wait(|| running.pid("sensor"))] {
                let rights = running
                    .wait(|| Some(proc_file(pid, "status")).filter(|text| text.contains("NoNewPrivs:\t1")));
                for set in ["CapPrm", "CapEff"] {
                    assert!(rights.contains(&format!("{set}:\t0000000000002000")), "{rights}");
                }
            }
            let bounding = proc_file(running.child.id(), "status");
            assert!(bounding.contains("CapBnd:\t0000000000002000"), "{bounding}");
            let wire = Wire::on("tap0-far").unwrap();
            let frames = frames();
            let talk = || frames.iter().for_each(|frame| wire.send(frame).unwrap());
            let scans = || {
                let events = running.sensor().unwrap().events_after(0, 1_000).unwrap();
                let is_scan = |event: &EventRecord| match event {
                    EventRecord::Incident(incident) => {
                        incident.kind == "port-scan" && incident.state == "opened"
                    }
                    _ => false,
                };
                events.iter().filter(|event| is_scan(&event.value)).count()
            };
            running.wait(|| {
                talk();
                let learned = running.sensor()?.learned().ok()?;
                (scans() == 1 && learned.is_some()).then_some(())
            });
            // It is not brought back at once: whoever does that is halted for a while.
            let sensor = running.wait(|| running.pid("sensor"));
            signal("-STOP", running.child.id());
            signal("-KILL", sensor);
            let began = now();
            running.wait(|| (began.elapsed() >= OFF_FOR).then_some(()));
            let last = running.sensor().unwrap().status().unwrap().unwrap().now_ns;
            let learned = running.sensor().unwrap().learned().unwrap().unwrap();
            signal("-CONT", running.child.id());
            let gap = running.wait(|| {
                talk();
                let events = running.sensor()?.events_after(0, 1_000).ok()?;
                events.into_iter().find(|event| matches!(event.value, EventRecord::Gap { .. }))
            });
            assert_eq!(gap.value, EventRecord::Gap { from_ns: last });
            assert!(gap.at_ns - last >= 5_000_000_000, "{gap:?} {last}");
            let learned: serde_json::Value = serde_json::from_str(&learned).unwrap();
            let taken_at = learned["taken_at_ns"].as_u64().unwrap();
            assert!(taken_at <= last && last - taken_at <= LEARNED_NS_MAX, "{taken_at} {last}");
            assert_eq!(scans(), 1, "what was open was opened again");
        },
    );
}

#[test]
fn a_port_that_is_gone_when_the_sensor_comes_back_is_named_and_waited_for_needs_namespaces() {
    in_namespaces(
        "live::killed::a_port_that_is_gone_when_the_sensor_comes_back_is_named_and_waited_for_needs_namespaces",
        || {
            ip("link set lo up");
            let folder = tempfile::tempdir().unwrap();
            for port in ["tap0", "tap1"] {
                cable(port);
                assert_eq!(says(&["box", "prepare", port]).0, Some(0));
            }
            let state = folder.path().join("state");
            let at = state.to_str().unwrap();
            // Whoever starts a box with a name that is wrong is told so.
            let (code, said) = says(&["box", "--state", at, "--interface", "tap0", "tap9"]);
            assert!(code == Some(2) && said.contains("tap9"), "{said}");
            let running = listening(&state, &["--interface", "tap0", "tap1"]);
            let frames = frames();
            let talk = |wire: &Wire| frames.iter().for_each(|frame| wire.send(frame).unwrap());
            let first = Wire::on("tap0-far").unwrap();
            talk(&first);
            shows(&running, |home| port_texts(home).contains("tap0: The box hears the network"));
            ip("link del tap1");
            running.kill("sensor");
            let gone = running.wait(|| {
                talk(&first);
                super::home(&running).filter(|home| {
                    let texts = port_texts(home);
                    texts.contains("tap1: The box does not have this socket any more")
                        && texts.contains("tap0: The box hears the network")
                })
            });
            assert_eq!(gone["face"], "unknown", "{gone}");
            let sensor = running.pid("sensor");
            // It comes back, first as any port comes: not prepared.
            cable("tap1");
            shows(&running, |home| port_texts(home).contains("tap1: The socket is not prepared"));
            assert_eq!(says(&["box", "prepare", "tap1"]).0, Some(0));
            let second = Wire::on("tap1-far").unwrap();
            running.wait(|| {
                talk(&first);
                talk(&second);
                let heard = super::home(&running)?;
                (port_texts(&heard).matches("hears the network").count() == 2).then_some(())
            });
            assert_eq!(running.pid("sensor"), sensor, "the sensor fell meanwhile");
        },
    );
}

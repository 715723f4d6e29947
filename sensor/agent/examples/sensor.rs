//! How much the whole sensor carries here: frames a second off a cable, through detectors into its memory; what of the processor that costs, and
//! whether what is lost is counted to the last frame.
//!
//! `cargo run -p sensor-agent --example sensor [SECONDS]`
//!
//! A pair of ports in namespaces of its own (`unshare`, no root needed). One thread sends the conversations of a clinic over and over as fast as
//! the kernel takes them, each time from other ports, on the same processor. What the sensor heard and lost is read from its own `sensor.db`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the workshop")]

#[path = "../../capture/tests/live/wire.rs"]
#[expect(dead_code, reason = "used in part")]
mod wire;
#[path = "../../capture/tests/live/world.rs"]
#[expect(dead_code, reason = "used in part")]
mod world;

use core::time::Duration;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use box_store::SensorReader;
use common_site::Monitored;
use rustix::time::{ClockId, clock_gettime};
use sensor_agent::{Agent, Setup, Wires};
use sensor_capture::live::prepare;
use sensor_capture::{Frames as _, Script};

use crate::wire::Wire;
use crate::world::cable;

/// What twenty PCs say: names are looked up, pages fetched, files sent.
const TRAFFIC: &str = "
device pc      10.0.0.7  00:00:5e:00:53:07
device server  10.0.0.5  00:00:5e:00:53:05
device router  10.0.0.1  00:00:5e:00:53:01 gateway
at 09:00
pc asks who has 10.0.0.1
pc -> 203.0.113.9:443 tcp sends 2000 gets 60000
pc -> 203.0.113.10:443 tcp sends 2000 gets 9000
pc -> server:445 tcp sends 40000 gets 3000
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_none_or(|word| word != "inside") {
        let program = std::env::current_exe().unwrap();
        let done =
            Command::new("unshare").arg("-Urnm").arg(program).arg("inside").args(words).status().unwrap();
        return if done.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let secs = words.get(1).map_or(10, |word| word.parse().unwrap());
    let port = cable("tap0");
    prepare(&port).unwrap();
    let state = tempfile::tempdir().unwrap();
    let ears = Wires::open(&[port], &Monitored::Automatic).unwrap();
    let setup = Setup { folder: state.path().to_owned(), ..Setup::default() };
    let stop = Arc::new(AtomicBool::new(false));
    let sender = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let (began, sent) = (seconds(ClockId::Monotonic), send(secs));
            let sending = seconds(ClockId::Monotonic) - began;
            let cpu = seconds(ClockId::ThreadCPUTime);
            // What is in the buffers is still heard.
            std::thread::sleep(Duration::from_secs(2));
            stop.store(true, Ordering::Relaxed);
            (sent, sending, cpu)
        })
    };
    let cpu_began = seconds(ClockId::ProcessCPUTime);
    let mut agent = Agent::new(setup, Box::new(ears)).unwrap();
    agent.run(&stop).unwrap();
    let (sent, sending, sender_cpu) = sender.join().unwrap();
    let sensor_cpu = seconds(ClockId::ProcessCPUTime) - cpu_began - sender_cpu;
    let reader = SensorReader::open(state.path()).unwrap();
    let rows = reader.port_hours(0).unwrap();
    let (heard, lost): (u64, u64) =
        (rows.iter().map(|row| row.frames).sum(), rows.iter().map(|row| row.dropped).sum());
    let [card, kernel, own] = reader.status().unwrap().unwrap().ports[0].dropped;
    let bytes: u64 = rows.iter().map(|row| row.bytes).sum();
    println!(
        "{:.0} frames/s, {:.0} Mbit/s heard; {sent} on the wire, {heard} heard, {lost} lost (card {card}, kernel {kernel}, sensor {own}): {}",
        sent as f64 / sending,
        bytes as f64 * 8.0 / sending / 1e6,
        if heard + lost == sent { "exact" } else { "NOT EXACT" },
    );
    println!(
        "CPU: sender and kernel {:.0} %, sensor with its listener {:.0} %, {:.0} ns a frame heard",
        100.0 * sender_cpu / sending,
        100.0 * sensor_cpu / sending,
        sensor_cpu / heard as f64 * 1e9,
    );
    if heard + lost == sent { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Sends for so long. Returns how many frames came on the wire.
fn send(secs: u64) -> u64 {
    let mut script = Script::parse("traffic", TRAFFIC, Path::new("")).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = script.next_frame() {
        frames.push(frame.bytes.to_vec());
    }
    let wire = Wire::on("tap0-far").unwrap();
    let until = seconds(ClockId::Monotonic) + secs as f64;
    let (mut sent, mut round) = (0_u64, 0_u64);
    while seconds(ClockId::Monotonic) < until {
        round += 1;
        for frame in &mut frames {
            // Another number of the packet, so that it is no copy; other addresses of the PCs, so that it is another conversation.
            if frame[12..14] == [0x08, 0x00] {
                let [.., high, low] = round.to_be_bytes();
                frame[18..20].copy_from_slice(&[high, low]);
                for place in [26, 30] {
                    if frame[place..place + 3] == [10, 0, 0] && frame[place + 3] > 5 {
                        frame[place + 3] = 7 + (round % 20) as u8;
                    }
                }
            }
            wire.flood(frame).unwrap();
            sent += 1;
        }
    }
    sent - wire.dropped()
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

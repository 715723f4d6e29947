//! How much a cable carries here: frames a second, what of the processor that costs, and whether what is lost is counted to the last frame.
//!
//! `cargo run -p sensor-capture --example wire [SECONDS]`
//!
//! A pair of ports in namespaces of its own (`unshare`, no root needed); one thread sends as fast as the kernel takes it, the listener listens,
//! and the main thread reads every byte, as an engine would at least. The sender is the same machine, so it takes its share of the processor.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the workshop")]

#[path = "../tests/live/wire.rs"]
#[expect(dead_code, reason = "used in part")]
mod wire;
#[path = "../tests/live/world.rs"]
#[expect(dead_code, reason = "used in part")]
mod world;

use core::time::Duration;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::time::{ClockId, clock_gettime};
use sensor_capture::live::{Dropped, Heard, Live, Options, SEGMENTS_MAX, prepare};

use crate::wire::Wire;
use crate::world::{cable, ip};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_none_or(|word| word != "inside") {
        let program = std::env::current_exe().unwrap();
        let done =
            Command::new("unshare").arg("-Urnm").arg(program).arg("inside").args(words).status().unwrap();
        return if done.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let secs = words.get(1).map_or(3, |word| word.parse().unwrap());
    println!(
        "{:<34} {:>10} {:>8} {:>10} {:>30} {:>20}",
        "", "frames/s", "Mbit/s", "heard", "lost: kernel, hand-over, card", "CPU: sent, heard"
    );
    let mut is_exact = true;
    let plain = Run { secs, len: 300, small: false, segments: 0, pause: None };
    for len in [60, 300, 700, 1_514] {
        is_exact &= Run { len, ..plain }.print(&format!("{len} bytes"));
    }
    is_exact &= Run { segments: SEGMENTS_MAX as u8, ..plain }.print("300 bytes, in the last of 64 segments");
    let slow = Run { len: 700, pause: Some(Duration::from_micros(3)), ..plain };
    is_exact &= slow.print("700 bytes, reader slow");
    is_exact &= Run { small: true, ..slow }.print("700 bytes, reader slow, small ring");
    if is_exact { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Clone, Copy)]
struct Run {
    secs: u64,
    len: usize,
    small: bool,
    /// How many segments the kernel compares with.
    segments: u8,
    /// How long the reader takes for each frame.
    pause: Option<Duration>,
}

impl Run {
    /// Prints one line; whether every frame that was sent was heard or counted.
    fn print(&self, name: &str) -> bool {
        let port = cable("tap0");
        prepare(&port).unwrap();
        let options = if self.small {
            Options { ring_bytes: 1 << 20, handover_bytes: 3 << 20, ..Options::default() }
        } else {
            Options::default()
        };
        let segments: Vec<_> = (1..=self.segments)
            .map(|number| format!("2001:db8:{number:x}::2/127").parse().unwrap())
            .collect();
        let mut live = Live::open(&[port], &segments, &options).unwrap();
        let stop = live.stopper();
        let is_over = Arc::new(AtomicBool::new(false));
        let (began, cpu_began) = (seconds(ClockId::Monotonic), seconds(ClockId::ProcessCPUTime));
        let sender = {
            let (is_over, len) = (Arc::clone(&is_over), self.len);
            std::thread::spawn(move || {
                let wire = Wire::on("tap0-far").unwrap();
                let mut frame = vec![0x5a; len];
                frame[12..14].copy_from_slice(&[0x86, 0xdd]);
                // To an address in the last segment: both addresses are compared with all of them.
                frame[38..54].copy_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
                let mut sent = 0_u64;
                while !is_over.load(Ordering::Relaxed) {
                    frame[20..28].copy_from_slice(&sent.to_be_bytes());
                    wire.flood(&frame).unwrap();
                    sent += 1;
                }
                stop.stop();
                (sent - wire.dropped(), seconds(ClockId::ThreadCPUTime))
            })
        };
        let (mut heard, mut bytes, mut sum) = (0_u64, 0_u64, 0_u64);
        let mut dropped = Dropped::default();
        let mut sending = 0.0;
        loop {
            match live.next(Duration::from_millis(100)) {
                Heard::Frame(frame) => {
                    heard += 1;
                    bytes += frame.bytes.len() as u64;
                    sum = frame.bytes.iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
                    if let Some(pause) = self.pause {
                        let until = seconds(ClockId::Monotonic) + pause.as_secs_f64();
                        while seconds(ClockId::Monotonic) < until {}
                    }
                }
                Heard::Port(report) => {
                    dropped.card += report.dropped.card;
                    dropped.kernel += report.dropped.kernel;
                    dropped.handover += report.dropped.handover;
                }
                Heard::Silence(_) => {}
                Heard::Stopped => break,
            }
            let now = seconds(ClockId::Monotonic);
            if sending == 0.0 && now - began >= self.secs as f64 {
                sending = now - began;
                is_over.store(true, Ordering::Relaxed);
            }
        }
        let (sent, sender_cpu) = sender.join().unwrap();
        let cpu = seconds(ClockId::ProcessCPUTime) - cpu_began;
        let is_exact = heard + dropped.total() == sent;
        println!(
            "{name:<34} {:>10.0} {:>8.0} {heard:>10} {:>30} {:>20}   {}",
            sent as f64 / sending,
            (bytes * 8) as f64 / sending / 1e6,
            format!("{}, {}, {}", dropped.kernel, dropped.handover, dropped.card),
            format!("{:.0} %, {:.0} %", 100.0 * sender_cpu / sending, 100.0 * (cpu - sender_cpu) / sending),
            if is_exact { "exact".to_owned() } else { format!("{sent} sent: NOT EXACT") },
        );
        drop(live);
        ip("link del tap0");
        // Keeps the reading of bytes from being left out.
        assert_ne!(sum, u64::MAX);
        is_exact
    }
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

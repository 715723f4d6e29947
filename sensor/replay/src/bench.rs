//! How fast the engine is on a capture, and where the time goes.
//!
//! The capture is read five times: once for reading alone, and once for each depth of the engine. What a depth costs more than the one
//! before it is what its stage costs. All five are measured in one run, in turn, so that a busy machine slows them alike; one reading
//! before them, which is not measured, puts the file into the page cache.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use sensor_capture::{Frames, Repeat};
use sensor_engine::{Counts, Depth};

use crate::{Cost, Inputs, check_is_file, open_capture};

/// What one pass over the capture came to.
#[derive(Clone, Copy, Debug, Default)]
struct Pass {
    cpu: Duration,
    packets: u64,
    bytes: u64,
    counts: Counts,
}

/// The depths of the engine and what each adds.
const STAGES: [(&str, Option<Depth>); 5] = [
    ("reading the file", None),
    ("headers", Some(Depth::Decode)),
    ("copies, devices, conversations", Some(Depth::Flows)),
    ("streams and protocols", Some(Depth::Protocols)),
    ("habits, detectors, incidents", Some(Depth::Detectors)),
];

/// Measures, and writes the figures.
///
/// # Errors
/// When the capture is no file, cannot be opened or read to its end, or holds no packets, or the figures cannot be written.
pub fn bench(
    path: &Path,
    repeat: u32,
    inputs: &Inputs,
    is_json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    check_is_file(path)?;
    let once = run(&mut *open(path, repeat)?, None, inputs)?;
    ensure!(once.packets > 0, "{} holds no packets, so there is nothing to measure", path.display());
    let mut passes = [Pass::default(); STAGES.len()];
    for (pass, (_, depth)) in passes.iter_mut().zip(STAGES) {
        let mut frames = open(path, repeat)?;
        *pass = run(&mut *frames, depth, inputs)?;
        if let Some(problem) = frames.problem() {
            anyhow::bail!("{} {problem}", path.display());
        }
    }
    if is_json {
        json(path, &passes, out)?
    } else {
        table(path, &passes, out)?
    }
    Ok(())
}

fn open(path: &Path, repeat: u32) -> anyhow::Result<Box<dyn Frames>> {
    if repeat <= 1 {
        return open_capture(path);
    }
    let path: PathBuf = path.to_owned();
    let again = move || open_capture(&path).map_err(|err| format!("{err:#}"));
    Ok(Box::new(Repeat::new(Box::new(again), repeat).map_err(anyhow::Error::msg)?))
}

fn run(frames: &mut dyn Frames, depth: Option<Depth>, inputs: &Inputs) -> anyhow::Result<Pass> {
    let mut engine = depth.map(|depth| inputs.engine(depth)).transpose()?;
    let (mut packets, mut bytes) = (0, 0);
    let cost = Cost::start();
    while let Some(frame) = frames.next_frame() {
        packets += 1;
        bytes += u64::from(frame.wire_len);
        if let Some(engine) = &mut engine {
            engine.handle_frame(&frame);
            while engine.poll_output().is_some() {}
        }
    }
    let cpu = cost.cpu();
    Ok(Pass { cpu, packets, bytes, counts: engine.map_or_else(Counts::default, |engine| engine.counts()) })
}

fn whole(passes: &[Pass]) -> Pass {
    passes.last().copied().unwrap_or_default()
}

/// Nanoseconds a packet.
fn per_packet(cpu: Duration, packets: u64) -> f64 {
    cpu.as_secs_f64() * 1e9 / packets.max(1) as f64
}

fn gigabits_per_sec(pass: &Pass) -> f64 {
    pass.bytes as f64 * 8.0 / 1e9 / pass.cpu.as_secs_f64().max(1e-9)
}

/// What each stage costs, in nanoseconds a packet: what its pass took more than the one before.
fn stages(passes: &[Pass]) -> impl Iterator<Item = (&'static str, f64)> {
    let mut before = 0.0;
    STAGES.iter().zip(passes).map(move |((name, _), pass)| {
        let so_far = per_packet(pass.cpu, pass.packets);
        let cost = so_far - before;
        before = so_far;
        (*name, cost)
    })
}

fn table(path: &Path, passes: &[Pass], out: &mut dyn Write) -> io::Result<()> {
    let all = whole(passes);
    let secs = all.cpu.as_secs_f64();
    writeln!(out, "{}", path.display())?;
    writeln!(out, "packets                 {:>14}", all.packets)?;
    writeln!(out, "bytes on the wire       {:>14}", all.bytes)?;
    writeln!(out, "conversations           {:>14}", all.counts.flows)?;
    writeln!(out, "incidents               {:>14}", all.counts.incidents)?;
    writeln!(out, "CPU seconds             {secs:>14.3}")?;
    writeln!(out, "packets per CPU second  {:>14.0}", all.packets as f64 / secs.max(1e-9))?;
    writeln!(out, "Gbit/s per core         {:>14.2}", gigabits_per_sec(&all))?;
    writeln!(out, "peak memory, MiB        {:>14.1}", memory_mib())?;
    writeln!(out, "\nns per packet")?;
    for (name, cost) in stages(passes) {
        writeln!(out, "  {name:<32}{cost:>8.0}")?;
    }
    writeln!(out, "  {:<32}{:>8.0}", "together", per_packet(all.cpu, all.packets))
}

fn json(path: &Path, passes: &[Pass], out: &mut dyn Write) -> io::Result<()> {
    let all = whole(passes);
    let stages: serde_json::Map<String, serde_json::Value> =
        stages(passes).map(|(name, cost)| (name.to_owned(), cost.round().into())).collect();
    let line = serde_json::json!({
        "type": "bench",
        "file": path.display().to_string(),
        "packets": all.packets,
        "bytes": all.bytes,
        "flows": all.counts.flows,
        "incidents": all.counts.incidents,
        "cpu_secs": all.cpu.as_secs_f64(),
        "packets_per_cpu_sec": (all.packets as f64 / all.cpu.as_secs_f64().max(1e-9)).round(),
        "gbit_per_sec_per_core": gigabits_per_sec(&all),
        "peak_rss_mib": memory_mib(),
        "ns_per_packet": stages,
    });
    writeln!(out, "{line}")
}

fn memory_mib() -> f64 {
    Cost::peak_memory_bytes() as f64 / f64::from(1 << 20)
}

//! Makes large captures for benches out of small ones, and says what is in them. `office.sh` beside it records the small one.
//!
//! `cargo run -p testing-bench -- repeat IN.pcap OUT.pcap MEGABYTES`   plays IN over and over until OUT is that large
//! `cargo run -p testing-bench -- flood OUT.pcap FRAMES`               traffic that fills every table of the sensor
//! `cargo run -p testing-bench -- describe FILE.pcap`                  sizes, conversations; fails when it is not as on a wire
//! `cargo run -p testing-bench -- count FILE.pcap`                     reads it and does nothing else: what reading costs
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to who called it")]

mod figures;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use sensor_capture::{Frames, Recording, Repeat, Writer};
use sensor_decode::LinkType;
use testing_testkit::flood::Flood;

use crate::figures::Figures;

const BYTES_PER_MEGABYTE: u64 = 1_000_000;

/// In bytes: the header of a pcap file, and that of each frame in it.
const FILE_HEADER_BYTES: u64 = 24;
const FRAME_HEADER_BYTES: u64 = 16;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["repeat", from, to, megabytes] => repeat(Path::new(from), Path::new(to), megabytes),
        ["flood", to, frames] => flood(Path::new(to), frames),
        ["describe", file] => describe(Path::new(file)),
        ["count", file] => count(Path::new(file)),
        _ => Err(anyhow::anyhow!(
            "usage: testing-bench repeat IN OUT MEGABYTES | flood OUT FRAMES | describe FILE | count FILE"
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("testing-bench: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn repeat(from: &Path, to: &Path, megabytes: &str) -> anyhow::Result<()> {
    let megabytes: u64 =
        megabytes.parse().with_context(|| format!("{megabytes} is not a number of megabytes"))?;
    let path = from.to_owned();
    let open = move || match Recording::open(&path) {
        Ok(recording) => Ok(Box::new(recording) as Box<dyn Frames>),
        Err(err) => Err(format!("{:#}", anyhow::Error::new(err))),
    };
    let mut frames = Repeat::new(Box::new(open), u32::MAX).map_err(anyhow::Error::msg)?;

    let failed = || format!("could not write {}", to.display());
    let out = BufWriter::new(File::create(to).with_context(failed)?);
    let mut next = frames.next_frame();
    let link = next.map_or(LinkType::Ethernet, |first| first.link);
    let mut writer = Writer::new(out, link).with_context(failed)?;
    let mut bytes = FILE_HEADER_BYTES;
    let mut told = 0;
    while bytes < megabytes * BYTES_PER_MEGABYTE {
        let Some(frame) = next else {
            let problem = frames.problem().unwrap_or_else(|| "holds no frames".to_owned());
            bail!("{} {problem}", from.display())
        };
        if frame.link != link {
            bail!("{} holds frames of {link} and of {}", from.display(), frame.link);
        }
        writer.write(&frame).with_context(failed)?;
        bytes += FRAME_HEADER_BYTES + frame.bytes.len() as u64;
        let hundreds = bytes / (100 * BYTES_PER_MEGABYTE);
        if hundreds > told {
            told = hundreds;
            eprintln!("  {:5} of {megabytes} MB", hundreds * 100);
        }
        next = frames.next_frame();
    }
    writer.into_inner().flush().with_context(failed)
}

fn flood(to: &Path, frames: &str) -> anyhow::Result<()> {
    let frames: u32 = frames.parse().with_context(|| format!("{frames} is not a number of frames"))?;
    let failed = || format!("could not write {}", to.display());
    let out = BufWriter::new(File::create(to).with_context(failed)?);
    let mut writer = Writer::new(out, LinkType::Ethernet).with_context(failed)?;
    let mut flood = Flood::new(frames, 7);
    while let Some(frame) = flood.next_frame() {
        writer.write(&frame).with_context(failed)?;
    }
    writer.into_inner().flush().with_context(failed)
}

fn describe(file: &Path) -> anyhow::Result<()> {
    let mut recording = Recording::open(file)?;
    let mut figures = Figures::default();
    while let Some(frame) = recording.next_frame() {
        figures.add(&frame);
    }
    println!("{figures}");
    whole(&recording)?;
    match figures.fault() {
        Some(fault) => bail!("{} is not as on a wire: {fault}", file.display()),
        None => Ok(()),
    }
}

fn count(file: &Path) -> anyhow::Result<()> {
    let mut recording = Recording::open(file)?;
    let (mut frames, mut bytes) = (0_u64, 0_u64);
    while let Some(frame) = recording.next_frame() {
        frames += 1;
        bytes += frame.bytes.len() as u64;
    }
    println!("{frames} frames, {bytes} bytes");
    whole(&recording)
}

/// A capture with something missing makes no bench.
fn whole(recording: &Recording) -> anyhow::Result<()> {
    match recording.warning() {
        Some(warning) => bail!("{} {warning}", recording.name()),
        None => Ok(()),
    }
}

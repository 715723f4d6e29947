//! Writes composed days as one pcap file, for tools that read captures.
//!
//! `cargo run -p testing-days --example write_day -- calm DAYS SEED OUT.pcap`
//! `cargo run -p testing-days --example write_day -- attack STRENGTH SEED OUT.pcap`
//! `cargo run -p testing-days --example write_day -- SCENE STRENGTH SEED OUT.pcap` (an attack scene alone on that day)

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use sensor_capture::{Frames, Writer};
use sensor_decode::LinkType;
use testing_days::Clinic;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, how_much, seed, out] = args.as_slice() else {
        return Err("usage: write_day calm|attack|SCENE DAYS|STRENGTH SEED OUT.pcap".into());
    };
    let clinic = Clinic::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("clinic"))?;
    let seed = seed.parse()?;
    let plan = match what.as_str() {
        "calm" => clinic.calm_days(how_much.parse()?, seed)?,
        "attack" => clinic.attack_day(seed, how_much.parse()?)?,
        scene => clinic.one_attack(scene, seed, how_much.parse()?)?,
    };

    let mut out = Writer::new(BufWriter::new(File::create(out)?), LinkType::Ethernet)?;
    let mut frames = plan.frames();
    while let Some(frame) = frames.next_frame() {
        out.write(&frame)?;
    }
    out.into_inner().flush()?;

    Ok(())
}

//! Writes inputs to begin a search with: `cargo run -p testing-targets --example seeds -- FOLDER`, then `testing/fuzz/run` with them.
//!
//! They are cut from our own recorded scenes, the cases of the detectors and files of ours, in the form that each target reads. Which of them
//! are worth a place in `corpus` is for the fuzzer to say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sensor_capture::files::read_capped;
use sensor_capture::{Frames, Recording, Script, Writer};
use sensor_decode::{LinkType, Net, Transport, decode};
use sensor_engine::{Engine, Setup};

/// Frames of one seed of `engine` and `flows`.
const FRAMES_MAX: usize = 24;

/// Bytes of one turn of `stream`.
const TURN_BYTES_MAX: usize = 3_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(std::env::args().nth(1).ok_or("usage: seeds FOLDER")?);
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let put = |target: &str, name: &str, bytes: &[u8]| -> std::io::Result<()> {
        fs::create_dir_all(out.join(target))?;
        fs::write(out.join(target).join(name), bytes)
    };
    let mut paths = files(&house.join("testing/days/clinic"))?;
    paths.extend(files(&house.join("sensor/detectors/src"))?);
    paths.extend(files(&house.join("knowledge/indicators/lists"))?);
    paths.extend(files(&house.join("common/site/tests"))?);
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = || read_capped(&path, 1 << 20);
        if name.ends_with(".pcap.zst") {
            traffic(&mut Recording::open(&path)?, &name, &put)?;
            if path.metadata()?.len() < 4_000 {
                put("capture", &name, &text()?)?;
            }
        } else if name.ends_with(".pkt") {
            traffic(&mut Script::open(&path)?, &name, &put)?;
            put("script", &name, &text()?)?;
        } else if name.ends_with("site.toml") {
            put("site", &name, &text()?)?;
        } else if name.ends_with(".csv") {
            put("indicators", &name, &text()?)?;
        }
    }
    put("labels", "a.tsv", LABELS.as_bytes())?;
    put("reassembly", "a", b"\x0c\x00\x10\x08\x14\x00\x10\x08\x14\x20\x10\x08\x14\x18\x10\x08\x04\x40\x10\x00\x15\x00\x10\x20\x55\x40\x10\x20")?;
    Ok(())
}

const LABELS: &str = "id\tcategory\tfile\tsecondary_labels\tattacker_ips\tvictim_or_client_ips\tlabel_strength\n\
    a\tscan\tx.pcap\tworm exploit\t192.0.2.1:443 (a remark)\t192.0.2.0/24 2001:db8::1\tweak\nb\tbenign\ty.pcap\t\t\t\t\n";

type Put<'a> = &'a dyn Fn(&str, &str, &[u8]) -> std::io::Result<()>;

fn traffic(frames: &mut dyn Frames, name: &str, put: Put<'_>) -> std::io::Result<()> {
    let mut streams: BTreeMap<_, Vec<u8>> = BTreeMap::new();
    let (mut story, mut count, mut last) = (Vec::new(), 0, None);
    let mut engine = Engine::new(Setup::default()).map_err(std::io::Error::other)?;
    let mut writer = Writer::new(Vec::new(), LinkType::Ethernet)?;
    while let Some(frame) = frames.next_frame() {
        let link: u8 = if frame.link == LinkType::Ethernet { 0 } else { 1 };
        let cut = frame.wire_len as usize - frame.bytes.len();
        if count < FRAMES_MAX && frame.bytes.len() < 700 {
            let pause = last.map_or(0, |last| frame.at.since(last).as_secs());
            story.push(match pause {
                0 => 1,
                1..=15 => 0x40 | pause as u8,
                _ => 0x50 | (pause / 60).min(15) as u8,
            });
            story.extend([7, link]);
            story.extend((frame.bytes.len() as u16).to_le_bytes());
            story.extend(frame.bytes);
            writer.write(&frame)?;
            count += 1;
        }
        last = Some(frame.at);
        engine.handle_frame(&frame);
        while engine.poll_output().is_some() {}
        if count <= 3 {
            let head = [&[link, (cut & 0xff) as u8, 0], frame.bytes].concat();
            put("frame", &format!("{name}.{count}"), &head)?;
        }
        let Ok(packet) = decode(&frame) else { continue };
        let Net::Ip(ip) = packet.net else { continue };
        match ip.transport {
            Transport::Tcp(tcp) if !tcp.payload.is_empty() => {
                let (one, other) = ((ip.source, tcp.source_port), (ip.target, tcp.target_port));
                let side = u8::from(tcp.source_port < tcp.target_port);
                let stream = streams.entry((one.min(other), one.max(other))).or_insert_with(|| vec![7]);
                if stream.len() < TURN_BYTES_MAX {
                    stream.push(side);
                    stream.extend((tcp.payload.len() as u16).to_le_bytes());
                    stream.extend(tcp.payload);
                }
            }
            Transport::Udp(udp) if !udp.payload.is_empty() => {
                let (one, other) = ((ip.source, udp.source_port), (ip.target, udp.target_port));
                let side = u8::from(udp.source_port < udp.target_port);
                let stream = streams.entry((one.min(other), one.max(other))).or_insert_with(|| vec![side]);
                if stream.len() < TURN_BYTES_MAX {
                    stream.extend((udp.payload.len() as u16).to_le_bytes());
                    stream.extend(udp.payload);
                }
            }
            _ => {}
        }
    }
    for (((_, low), (_, high)), bytes) in streams.into_iter().take(12) {
        let server = low.min(high);
        let target = if bytes[0] == 7 { "stream" } else { "datagram" };
        put(target, &format!("{name}.{server}.{}", low.max(high)), &bytes)?;
        // A certificate begins with two sequences of more than 255 bytes.
        if let Some(at) = bytes.windows(6).position(|six| matches!(six, [0x30, 0x82, _, _, 0x30, 0x82])) {
            let len = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]])) + 4;
            if let Some(der) = bytes.get(at..at + len) {
                put("certificate", &format!("{name}.{}", low.max(high)), der)?;
            }
        }
    }
    engine.finish();
    let json = engine.snapshot().to_json().map_err(std::io::Error::other)?;
    if json.len() < 9_000 {
        let when = last.map_or(0, |last| (last.as_secs() >> 2) as u32).to_le_bytes();
        put("profile", name, &[&when, json.as_bytes()].concat())?;
    }
    put("engine", name, &story)?;
    put("flows", name, &story)?;
    put("capture", &format!("{name}.pcap"), &writer.into_inner())
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

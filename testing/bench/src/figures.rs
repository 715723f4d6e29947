//! What a capture is made of: enough to say whether it looks like an office, and nothing of what was said.

use core::fmt;
use core::net::IpAddr;
use std::collections::HashMap;

use sensor_decode::{FRAME_BYTES_MAX, Frame, Net, Transport, decode};

/// The longest Ethernet frame without its checksum, in bytes (IEEE 802.3). Longer ones show that the recorder's machine put frames together.
const WIRE_BYTES_MAX: usize = 1_514;

/// A frame below this is small, in bytes: acknowledgements, questions, greetings. RFC 2819 counts to 127 as the second smallest kind.
const SMALL_BYTES: usize = 128;

/// A conversation above this is bulk, in bytes. Guess: pages and their pictures stay below, downloads do not.
const BULK_BYTES: u64 = 1_000_000;

/// A conversation, whoever spoke first: its two ends in order, and its transport.
type Flow = ([(IpAddr, u16); 2], u8);

/// Figures of a capture.
#[derive(Debug)]
pub(crate) struct Figures {
    frames: u64,
    bytes: u64,
    /// How many frames had which length, in bytes; what is longer than can be counts as the longest.
    lengths: Vec<u64>,
    /// Bytes of each TCP or UDP conversation.
    flows: HashMap<Flow, u64>,
    cut: u64,
    bad_checksums: u64,
    undecodable: u64,
}

impl Default for Figures {
    fn default() -> Self {
        Figures {
            frames: 0,
            bytes: 0,
            lengths: vec![0; FRAME_BYTES_MAX + 1],
            flows: HashMap::new(),
            cut: 0,
            bad_checksums: 0,
            undecodable: 0,
        }
    }
}

impl Figures {
    /// Counts a frame in.
    pub(crate) fn add(&mut self, frame: &Frame<'_>) {
        let bytes = u64::from(frame.wire_len);
        self.frames += 1;
        self.bytes += bytes;
        self.lengths[(frame.wire_len as usize).min(FRAME_BYTES_MAX)] += 1;
        self.cut += u64::from(frame.bytes.len() < frame.wire_len as usize);
        match decode(frame).map(|packet| packet.net) {
            Ok(Net::Ip(ip)) => {
                self.bad_checksums += u64::from(ip.has_bad_checksum);
                if matches!(ip.transport, Transport::Tcp(_) | Transport::Udp(_)) {
                    let (from, to) = ip.ports();
                    let mut ends = [(ip.source, from), (ip.target, to)];
                    ends.sort_unstable();
                    *self.flows.entry((ends, ip.protocol)).or_default() += bytes;
                }
            }
            Ok(_) => {}
            Err(_) => self.undecodable += 1,
        }
    }

    /// Why this is not what passed on a wire, if so.
    pub(crate) fn fault(&self) -> Option<String> {
        let faults = [
            (
                self.longest() > WIRE_BYTES_MAX,
                format!("a frame of {} bytes; an offload was on", self.longest()),
            ),
            (self.cut > 0, format!("{} frames were cut short", self.cut)),
            (self.bad_checksums > 0, format!("{} wrong checksums", self.bad_checksums)),
            (self.undecodable > 0, format!("{} frames that cannot be read", self.undecodable)),
        ];
        faults.into_iter().find_map(|(is_so, fault)| is_so.then_some(fault))
    }

    fn longest(&self) -> usize {
        self.lengths.iter().rposition(|count| *count > 0).unwrap_or(0)
    }

    /// Half of the frames are as long as this or shorter.
    fn median(&self) -> usize {
        let mut seen = 0;
        let is_half = |count: &u64| {
            seen += count;
            seen * 2 >= self.frames
        };
        self.lengths.iter().position(is_half).unwrap_or(0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: u64, of: u64| part as f64 * 100.0 / of.max(1) as f64;
        let small = self.lengths.iter().take(SMALL_BYTES).sum();
        let bulk = self.flows.values().filter(|bytes| **bytes > BULK_BYTES).sum();
        writeln!(f, "  packets            {:>13}", self.frames)?;
        writeln!(f, "  bytes on the wire  {:>13}", self.bytes)?;
        writeln!(f, "  flows              {:>13}", self.flows.len())?;
        writeln!(f, "  median size        {:>13}", self.median())?;
        writeln!(f, "  mean size          {:>13}", self.bytes / self.frames.max(1))?;
        writeln!(f, "  largest            {:>13}", self.longest())?;
        writeln!(f, "  below {SMALL_BYTES} bytes    {:>13.1} % of packets", share(small, self.frames))?;
        write!(f, "  in flows > 1 MB    {:>13.1} % of bytes", share(bulk, self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use common_model::Timestamp;
    use sensor_capture::{Frames, Recording, Repeat};
    use sensor_decode::{LinkType, PortId};

    use super::*;

    /// A scene of the recorded clinic.
    fn scene(name: &str) -> Recording {
        let scenes = Path::new(env!("CARGO_MANIFEST_DIR")).join("../days/clinic/scenes");
        Recording::open(&scenes.join(name)).unwrap()
    }

    fn figures(mut frames: impl Frames) -> Figures {
        let mut figures = Figures::default();
        while let Some(frame) = frames.next_frame() {
            figures.add(&frame);
        }
        figures
    }

    /// Ethernet frames of so many bytes.
    fn frames_of(lengths: &[u32]) -> Figures {
        let mut figures = Figures::default();
        for wire_len in lengths {
            let bytes = vec![0x55; *wire_len as usize];
            let (port, at, link) = (PortId(0), Timestamp::EPOCH, LinkType::Ethernet);
            figures.add(&Frame { port, at, link, vlan: None, wire_len: *wire_len, bytes: &bytes });
        }
        figures
    }

    #[test]
    fn sizes_are_told() {
        let figures = frames_of(&[60, 1_514, 127, 128, 60]);
        assert_eq!(
            (figures.frames, figures.bytes, figures.median(), figures.longest()),
            (5, 1_889, 127, 1_514)
        );
        assert!(figures.to_string().contains("60.0 % of packets"), "{figures}");
        assert_eq!(figures.fault(), None);
        assert_eq!((frames_of(&[]).median(), frames_of(&[]).longest()), (0, 0));
    }

    #[test]
    fn what_no_wire_carries_is_a_fault() {
        assert_eq!(frames_of(&[60, 1_515]).fault().unwrap(), "a frame of 1515 bytes; an offload was on");
        let cut_short = figures(scene("upload.pcap.zst")).fault().unwrap();
        assert!(cut_short.ends_with("frames were cut short"), "{cut_short}");
    }

    #[test]
    fn ten_repetitions_have_ten_times_the_flows_and_no_wrong_checksum() {
        for name in ["lab-ftp.pcap.zst", "browsing-a.reception.pcap.zst", "port-scan.pcap.zst"] {
            let once = figures(scene(name));
            let open = move || Ok(Box::new(scene(name)) as Box<dyn Frames>);
            let ten_times = figures(Repeat::new(Box::new(open), 10).unwrap());
            assert_eq!((ten_times.fault(), ten_times.frames), (None, once.frames * 10), "{name}");
            assert_eq!(ten_times.flows.len(), once.flows.len() * 10, "{name}");
        }
    }
}

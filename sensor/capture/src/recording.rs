//! Reads capture files: pcap and pcapng, plain or compressed with gzip or zstd.
//!
//! The formats are read by `pcap-parser`; here is what it leaves to its caller: which interface a frame came from and in what units its
//! time is, and what to do when a file is damaged. The frames before the damage are delivered, and a [`Warning`] says where it stopped.

use core::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use common_model::Timestamp;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use sensor_decode::{FRAME_BYTES_MAX, Frame, LinkType, PORTS_MAX, PortId};

use crate::Frames;

/// The reader's buffer, in bytes: holds the largest block that is read. Longer ones end the recording with a warning.
const BUFFER_BYTES: usize = 1 << 20;

/// Most interfaces of one pcapng section. Guess: a capture of all interfaces of a server has some tens.
const INTERFACES_MAX: usize = 256;

/// Why a recording cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened.
    #[error("could not open {name}")]
    Open {
        /// Which file.
        name: String,
        /// Why.
        #[source]
        err: io::Error,
    },
    /// There is nothing in it.
    #[error("{name} is empty")]
    Empty {
        /// Which file.
        name: String,
    },
    /// It is something else.
    #[error("{name} is not a capture (pcap or pcapng, plain or compressed): it begins with {begins}")]
    NotACapture {
        /// Which file.
        name: String,
        /// Its first bytes.
        begins: String,
    },
    /// It ends before its first frame.
    #[error("{name} ends too early: it is cut off before its first frame")]
    CutOff {
        /// Which file.
        name: String,
    },
    /// It is packed, and its beginning cannot be unpacked.
    #[error("{name} is damaged: its {packing} cannot be unpacked")]
    Damaged {
        /// Which file.
        name: String,
        /// How it is packed.
        packing: &'static str,
    },
    /// Something else is packed in it.
    #[error(
        "what is packed in {name} ({packing}) is not a capture (pcap or pcapng): it begins with {begins}"
    )]
    PackedOther {
        /// Which file.
        name: String,
        /// How it is packed.
        packing: &'static str,
        /// The first bytes of what is in it.
        begins: String,
    },
    /// None of its frames can be read.
    #[error("{name} holds no frame that can be read: {why}")]
    NoFrames {
        /// Which file.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// Something about a recording that its user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It ends in the middle of a frame.
    CutOff {
        /// Frames before that.
        frames: u64,
    },
    /// It is damaged; what follows was not read.
    Damaged {
        /// Frames before that.
        frames: u64,
        /// What the reader said.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::CutOff { frames } => {
                write!(f, "ends in the middle of a frame, after {frames} whole ones")
            }
            Warning::Damaged { frames, why } => {
                write!(f, "is damaged after {frames} frames ({why}); what follows was not read")
            }
        }
    }
}

/// What was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Frames of a link type that we do not read.
    pub link_type: u64,
    /// Frames of an interface that was not described.
    pub interface: u64,
    /// Frames of interfaces beyond the ports a box can have; they count as the last port's.
    pub folded: u64,
    /// Frames cut to the most that is read.
    pub cut: u64,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Option<LinkType>,
    /// Units of time in a second.
    per_sec: u64,
    offset_secs: i64,
    snap_len: u32,
}

/// A capture file being read.
pub struct Recording {
    name: String,
    reader: Option<Box<dyn PcapReaderIterator + Send>>,
    /// Why its bytes could not be read or unpacked to their end.
    broken: Broken,
    /// It is pcapng: blocks say their own length.
    has_blocks: bool,
    interfaces: Vec<Interface>,
    /// The block that was handed over last, to be given back before the next.
    used: usize,
    /// A copy of the frame handed over last: the reader's buffer moves under it.
    bytes: Vec<u8>,
    /// A frame that was read and not yet handed over.
    first: Option<Head>,
    frames: u64,
    unreadable_link: Option<i32>,
    skipped: Skipped,
    warning: Option<Warning>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("name", &self.name)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

/// A frame without its bytes.
#[derive(Clone, Copy, Debug)]
struct Head {
    port: PortId,
    at: Timestamp,
    link: LinkType,
    wire_len: u32,
}

impl Recording {
    /// Opens a file.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be opened, is no capture, or holds no frame that can be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|err| OpenError::Open { name: name.clone(), err })?;
        Recording::from_reader(file, &name)
    }

    /// Reads from anything; `name` is what messages call it.
    ///
    /// # Errors
    /// As [`Recording::open`].
    pub fn from_reader(source: impl Read + Send + 'static, name: &str) -> Result<Self, OpenError> {
        let name = name.to_owned();
        let failed = |err| OpenError::Open { name: name.clone(), err };
        let (begin, source) = peek(source).map_err(failed)?;
        let (packing, source): (_, Box<dyn Read + Send>) = match begin[..] {
            [] => return Err(OpenError::Empty { name }),
            [0x1f, 0x8b, ..] => {
                (Some("gzip"), Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(source))))
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                (Some("zstd"), Box::new(zstd::stream::read::Decoder::new(source).map_err(failed)?))
            }
            _ => (None, Box::new(source)),
        };
        let broken = Broken::default();
        let (begin, source) = peek(Filled { source, broken: broken.clone() }).map_err(failed)?;
        let source = Filled { source, broken: broken.clone() };
        let reader = create_reader(BUFFER_BYTES, source)
            .map_err(|_which| no_reader(name.clone(), &begin, packing, &broken))?;
        let mut recording = Recording {
            name,
            reader: Some(reader),
            broken,
            has_blocks: true,
            interfaces: Vec::new(),
            used: 0,
            bytes: Vec::with_capacity(FRAME_BYTES_MAX),
            first: None,
            frames: 0,
            unreadable_link: None,
            skipped: Skipped::default(),
            warning: None,
        };
        // A file without a single frame is an answer only when it is whole: a capture of silence.
        recording.first = recording.read();
        if recording.first.is_none() {
            let why = match (&recording.warning, recording.unreadable_link) {
                (Some(warning), _) => format!("it {warning}"),
                (None, Some(link)) => format!("its link type ({link}) is not supported"),
                (None, None) => return Ok(recording),
            };
            return Err(OpenError::NoFrames { name: recording.name, why });
        }
        Ok(recording)
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its user should know; complete when all frames were read.
    #[must_use]
    pub const fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }

    /// What was left out so far.
    #[must_use]
    pub const fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// Reads to the next frame that can be used; its bytes are then in `self.bytes`.
    fn read(&mut self) -> Option<Head> {
        let reader = self.reader.as_mut()?;
        loop {
            reader.consume(core::mem::take(&mut self.used));
            match reader.next() {
                Ok((used, block)) => {
                    self.used = used;
                    let head = match &block {
                        PcapBlockOwned::LegacyHeader(header) => {
                            self.has_blocks = false;
                            self.interfaces = vec![Interface {
                                link: u32::try_from(header.network.0).ok().and_then(LinkType::from_pcap),
                                per_sec: if header.is_nanosecond_precision() {
                                    1_000_000_000
                                } else {
                                    1_000_000
                                },
                                offset_secs: i64::from(header.thiszone),
                                snap_len: header.snaplen,
                            }];
                            self.unreadable_link =
                                Some(header.network.0).filter(|_| self.interfaces[0].link.is_none());
                            continue;
                        }
                        PcapBlockOwned::Legacy(packet) => {
                            let units = u64::from(packet.ts_sec);
                            self.interfaces.first().map(|interface| {
                                let at = units
                                    .saturating_mul(interface.per_sec)
                                    .saturating_add(u64::from(packet.ts_usec).min(interface.per_sec));
                                (0, at, packet.origlen, packet.data, packet.caplen)
                            })
                        }
                        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                            self.interfaces.clear();
                            continue;
                        }
                        PcapBlockOwned::NG(Block::InterfaceDescription(described)) => {
                            let link = u32::try_from(described.linktype.0).ok().and_then(LinkType::from_pcap);
                            if link.is_none() {
                                self.unreadable_link = Some(described.linktype.0);
                            }
                            if self.interfaces.len() < INTERFACES_MAX {
                                self.interfaces.push(Interface {
                                    link,
                                    per_sec: units_per_sec(described.if_tsresol),
                                    offset_secs: described.ts_offset(),
                                    snap_len: described.snaplen,
                                });
                            }
                            continue;
                        }
                        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                            let at = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                            Some((packet.if_id as usize, at, packet.origlen, packet.data, packet.caplen))
                        }
                        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                            let snap_len = self.interfaces.first().map_or(0, |interface| interface.snap_len);
                            let kept =
                                if snap_len == 0 { packet.origlen } else { packet.origlen.min(snap_len) };
                            Some((0, 0, packet.origlen, packet.data, kept))
                        }
                        PcapBlockOwned::NG(_) => continue,
                    };
                    let Some((number, units, wire_len, data, kept)) = head else {
                        self.skipped.interface += 1;
                        continue;
                    };
                    let Some(interface) = self.interfaces.get(number) else {
                        self.skipped.interface += 1;
                        continue;
                    };
                    let Some(link) = interface.link else {
                        self.skipped.link_type += 1;
                        continue;
                    };
                    let Some(data) = data.get(..kept as usize) else {
                        let why = "a block shorter than what is in it".to_owned();
                        self.warning = Some(Warning::Damaged { frames: self.frames, why });
                        break;
                    };
                    let data = match data.get(..FRAME_BYTES_MAX) {
                        Some(cut) if data.len() > FRAME_BYTES_MAX => {
                            self.skipped.cut += 1;
                            cut
                        }
                        _ => data,
                    };
                    self.skipped.folded += u64::from(number >= PORTS_MAX);
                    self.bytes.clear();
                    self.bytes.extend_from_slice(data);
                    self.frames += 1;
                    return Some(Head {
                        port: PortId(number.min(PORTS_MAX - 1) as u8),
                        at: moment(units, interface),
                        link,
                        wire_len: wire_len.max(data.len() as u32),
                    });
                }
                Err(PcapError::Eof) => break,
                Err(PcapError::Incomplete(_)) => {
                    let had = reader.data().len();
                    if self.has_blocks && is_whole_block(reader.data()) {
                        let why = "a block shorter than what is in it".to_owned();
                        self.warning = Some(Warning::Damaged { frames: self.frames, why });
                        break;
                    }
                    if reader.refill().is_err() || reader.data().len() == had {
                        self.warning = (had > 0).then_some(Warning::CutOff { frames: self.frames });
                        break;
                    }
                }
                Err(PcapError::UnexpectedEof) => {
                    self.warning = Some(Warning::CutOff { frames: self.frames });
                    break;
                }
                Err(PcapError::BufferTooSmall) => {
                    let why = format!("a record longer than {BUFFER_BYTES} bytes");
                    self.warning = Some(Warning::Damaged { frames: self.frames, why });
                    break;
                }
                Err(_) => {
                    let why = "a record that is not one".to_owned();
                    self.warning = Some(Warning::Damaged { frames: self.frames, why });
                    break;
                }
            }
        }
        self.reader = None;
        if let Some(kind) = self.broken.get() {
            let why = match kind {
                io::ErrorKind::UnexpectedEof => "what is packed in it ends too early",
                _ => "the rest could not be read or unpacked",
            };
            self.warning = Some(Warning::Damaged { frames: self.frames, why: why.to_owned() });
        }
        None
    }
}

impl Frames for Recording {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        let Head { port, at, link, wire_len } = match self.first.take() {
            Some(head) => head,
            None => self.read()?,
        };
        Some(Frame { port, at, link, vlan: None, wire_len, bytes: &self.bytes })
    }

    fn problem(&self) -> Option<String> {
        self.warning.as_ref().map(Warning::to_string)
    }

    fn left_out(&self) -> Vec<(&'static str, u64)> {
        let Skipped { link_type, interface, folded, cut } = self.skipped;
        vec![("link_types", link_type), ("interfaces", interface), ("ports", folded), ("cut_frames", cut)]
    }
}

/// Whether the block that begins here is all there, by the length that it says in either order of bytes: the wrong one is far too large.
fn is_whole_block(data: &[u8]) -> bool {
    let Some([_, _, _, _, len @ ..]) = data.first_chunk::<8>() else { return false };
    let len = u32::from_le_bytes(*len).min(u32::from_be_bytes(*len));
    (12..=data.len()).contains(&(len as usize))
}

/// The option `if_tsresol`: a power of ten, or with its high bit a power of two (pcapng draft §4.2). What does not fit in 64 bits is no clock:
/// microseconds, as without the option.
fn units_per_sec(resolution: u8) -> u64 {
    let power = u32::from(resolution & 0x7f);
    let units = if resolution & 0x80 == 0 { 10_u64.checked_pow(power) } else { 1_u64.checked_shl(power) };
    units.unwrap_or(1_000_000)
}

fn moment(units: u64, interface: &Interface) -> Timestamp {
    let secs = units / interface.per_sec;
    let rest = units % interface.per_sec;
    let nanos = u128::from(rest) * 1_000_000_000 / u128::from(interface.per_sec);
    let secs = secs.saturating_add_signed(interface.offset_secs);
    Timestamp::from_secs(secs) + core::time::Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

/// Set when what is read could not be read to its end; the reader then sees an end.
type Broken = Arc<OnceLock<io::ErrorKind>>;

/// Most bytes that are looked at to say what a file is.
const BEGIN_BYTES: usize = 12;

/// The first bytes, and everything from the start.
fn peek<R: Read>(mut source: R) -> io::Result<(Vec<u8>, impl Read + use<R>)> {
    let mut head = Vec::with_capacity(BEGIN_BYTES);
    source.by_ref().take(BEGIN_BYTES as u64).read_to_end(&mut head)?;
    let begin = head.clone();
    Ok((begin, io::Cursor::new(head).chain(source)))
}

/// How pcap begins, in either order of bytes and either unit of time, and pcapng.
const MAGIC: [[u8; 4]; 5] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

/// Why what begins so cannot be read.
fn no_reader(name: String, begin: &[u8], packing: Option<&'static str>, broken: &Broken) -> OpenError {
    let begins = || begin.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let is_capture = MAGIC.iter().any(|magic| begin.starts_with(magic));
    let is_other = begin.len() >= 4 && !is_capture;
    match (packing, broken.get()) {
        (Some(packing), _) if is_other => OpenError::PackedOther { name, packing, begins: begins() },
        (_, Some(io::ErrorKind::UnexpectedEof)) => OpenError::CutOff { name },
        (Some(packing), Some(_)) => OpenError::Damaged { name, packing },
        _ if is_capture => OpenError::CutOff { name },
        (Some(_), None) if begin.is_empty() => OpenError::Empty { name: format!("what is packed in {name}") },
        (Some(packing), None) => OpenError::PackedOther { name, packing, begins: begins() },
        (None, _) => OpenError::NotACapture { name, begins: begins() },
    }
}

/// Fills what it is asked to fill, as far as there is anything: the parser takes a short read for the end of the file. What came before
/// damage still counts.
struct Filled<R> {
    source: R,
    broken: Broken,
}

impl<R: Read> Read for Filled<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut have = 0;
        while let Some(rest) = space.get_mut(have..).filter(|rest| !rest.is_empty()) {
            if self.broken.get().is_some() {
                break;
            }
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(count) => have += count,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => _ = self.broken.set(err.kind()),
            }
        }
        Ok(have)
    }
}

#[cfg(test)]
mod tests;

//! Writes classic pcap with nanoseconds: for tests, benches and the recorded days.

use std::io::{self, Write};

use sensor_decode::{Frame, LinkType};

/// Writes one capture file.
#[derive(Debug)]
pub struct Writer<W> {
    into: W,
}

impl<W: Write> Writer<W> {
    /// Begins a file of frames of one link type.
    ///
    /// # Errors
    /// What the sink says.
    pub fn new(mut into: W, link: LinkType) -> io::Result<Self> {
        // Magic of nanoseconds, version 2.4, no zone, no accuracy, no snapping.
        into.write_all(&0xa1b2_3c4d_u32.to_le_bytes())?;
        into.write_all(&2_u16.to_le_bytes())?;
        into.write_all(&4_u16.to_le_bytes())?;
        into.write_all(&[0; 8])?;
        into.write_all(&262_144_u32.to_le_bytes())?;
        into.write_all(&link_number(link).to_le_bytes())?;
        Ok(Writer { into })
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// What the sink says, or that the frame's time is after 2106.
    pub fn write(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let secs = u32::try_from(frame.at.as_secs())
            .map_err(|err| io::Error::new(io::ErrorKind::InvalidInput, err))?;
        self.into.write_all(&secs.to_le_bytes())?;
        self.into.write_all(&frame.at.subsec_nanos().to_le_bytes())?;
        self.into.write_all(&(frame.bytes.len() as u32).to_le_bytes())?;
        self.into.write_all(&frame.wire_len.to_le_bytes())?;
        self.into.write_all(frame.bytes)
    }

    /// The sink.
    pub fn into_inner(self) -> W {
        self.into
    }
}

const fn link_number(link: LinkType) -> u32 {
    match link {
        LinkType::Null => 0,
        LinkType::Ethernet => 1,
        LinkType::Raw => 101,
        LinkType::LinuxSll => 113,
        LinkType::Ipv4 => 228,
        LinkType::Ipv6 => 229,
        LinkType::LinuxSll2 => 276,
    }
}

//! Writes captures: classic pcap with nanoseconds for tests, benches and the recorded days; pcapng, which knows several ports, for what was
//! heard live.

use std::io::{self, Write};

use sensor_decode::{Frame, LinkType, Vlan};

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

    /// Writes one frame. A VLAN tag that the network card took off is put back, so that nothing is lost.
    ///
    /// # Errors
    /// What the sink says, or that the frame's time is after 2106.
    pub fn write(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let secs = u32::try_from(frame.at.as_secs())
            .map_err(|err| io::Error::new(io::ErrorKind::InvalidInput, err))?;
        self.into.write_all(&secs.to_le_bytes())?;
        self.into.write_all(&frame.at.subsec_nanos().to_le_bytes())?;
        let whole = Whole::of(frame);
        self.into.write_all(&whole.len().to_le_bytes())?;
        self.into.write_all(&frame.wire_len.to_le_bytes())?;
        whole.parts().iter().try_for_each(|bytes| self.into.write_all(bytes))
    }

    /// The sink.
    pub fn into_inner(self) -> W {
        self.into
    }
}

/// Writes one pcapng file, with an interface for each port.
#[derive(Debug)]
pub struct NgWriter<W> {
    into: W,
    links: Vec<LinkType>,
}

impl<W: Write> NgWriter<W> {
    /// Begins a file of these ports; the number of a port is its place.
    ///
    /// # Errors
    /// What the sink says.
    pub fn new(into: W, ports: &[(String, LinkType)]) -> io::Result<Self> {
        let links = ports.iter().map(|(_, link)| *link).collect();
        let mut writer = NgWriter { into, links };
        // Byte-order magic, version 1.0, length of the section not said.
        let section = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        writer.block(SECTION_HEADER, &[&section])?;
        for (name, link) in ports {
            let [low, high, ..] = link_number(*link).to_le_bytes();
            // No snapping; options: the name, times in nanoseconds, no more.
            let [name_low, name_high, ..] = (name.len() as u32).to_le_bytes();
            let option = [2, 0, name_low, name_high];
            let rest = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
            let name = name.as_bytes();
            writer.block(
                INTERFACE,
                &[&[low, high, 0, 0, 0, 0, 0, 0], &option, name, padding(name.len()), &rest],
            )?;
        }
        Ok(writer)
    }

    /// Writes one frame. A VLAN tag that the network card took off is put back. Returns how many bytes that took.
    ///
    /// # Errors
    /// What the sink says, or that there is no such port, or its frames were of another kind.
    pub fn write(&mut self, frame: &Frame<'_>) -> io::Result<u64> {
        if self.links.get(usize::from(frame.port.0)) != Some(&frame.link) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a frame of a port that was not described",
            ));
        }
        let at = frame.at.as_nanos().to_le_bytes();
        let (low, high) = at.split_at(4);
        let whole = Whole::of(frame);
        let ([before, tag, after], rest) = (whole.parts(), padding(whole.len() as usize));
        let [port, len, wire_len] =
            [u32::from(frame.port.0), whole.len(), frame.wire_len].map(u32::to_le_bytes);
        self.block(PACKET, &[&port, high, low, &len, &wire_len, before, tag, after, rest])
    }

    /// The sink.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.into
    }

    /// A block; its parts are together a multiple of four bytes.
    fn block(&mut self, kind: u32, parts: &[&[u8]]) -> io::Result<u64> {
        /// Kind, and the length at both ends.
        const AROUND: usize = 12;
        let len = parts.iter().map(|part| part.len()).sum::<usize>() + AROUND;
        let len_bytes = (len as u32).to_le_bytes();
        self.into.write_all(&kind.to_le_bytes())?;
        self.into.write_all(&len_bytes)?;
        parts.iter().try_for_each(|part| self.into.write_all(part))?;
        self.into.write_all(&len_bytes)?;
        Ok(len as u64)
    }
}

/// Kinds of blocks (pcapng draft §4).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;

/// What stands after so many bytes until there are a multiple of four.
const fn padding(len: usize) -> &'static [u8] {
    match len % 4 {
        0 => &[],
        1 => &[0; 3],
        2 => &[0; 2],
        _ => &[0; 1],
    }
}

/// A frame as it was on the wire.
struct Whole<'a> {
    before: &'a [u8],
    tag: Option<[u8; 4]>,
    after: &'a [u8],
}

impl<'a> Whole<'a> {
    fn of(frame: &Frame<'a>) -> Self {
        let vlan = frame.vlan.filter(|_| frame.link == LinkType::Ethernet);
        match (vlan, frame.bytes.split_at_checked(ETHERTYPE_AT)) {
            (Some(Vlan(number)), Some((before, after))) => {
                let [high, low] = number.to_be_bytes();
                Whole { before, tag: Some([0x81, 0x00, high, low]), after }
            }
            _ => Whole { before: frame.bytes, tag: None, after: &[] },
        }
    }

    fn parts(&self) -> [&[u8]; 3] {
        [self.before, self.tag.as_ref().map_or(&[], |tag| tag), self.after]
    }

    fn len(&self) -> u32 {
        // A frame is shorter than 4 GB.
        self.parts().iter().map(|part| part.len() as u32).sum()
    }
}

/// A tag stands between the addresses and the ethertype (IEEE 802.1Q §9).
const ETHERTYPE_AT: usize = 12;

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

#[cfg(test)]
mod tests {
    use common_model::Timestamp;
    use sensor_decode::{PortId, decode};

    use super::*;

    #[test]
    fn a_tag_that_was_taken_off_is_put_back() {
        let mut arp =
            vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1];
        arp.resize(60, 0);
        let frame = |vlan, wire_len, bytes| Frame {
            port: PortId(0),
            at: Timestamp::from_secs(1_773_822_600),
            link: LinkType::Ethernet,
            vlan,
            wire_len,
            bytes,
        };
        let heard = frame(Some(Vlan(7)), 64, &arp);
        let mut writer = Writer::new(Vec::new(), LinkType::Ethernet).unwrap();
        writer.write(&heard).unwrap();
        let written = writer.into_inner();
        let bytes = &written[24 + 16..];
        assert_eq!(written[24 + 8..24 + 16], [64, 0, 0, 0, 64, 0, 0, 0]);
        assert_eq!(bytes.len(), 64);
        let read = [frame(None, 64, bytes), heard].map(|frame| format!("{:?}", decode(&frame).unwrap()));
        assert_eq!(read[0], read[1]);
    }

    #[test]
    fn what_was_written_of_several_ports_is_read_again() {
        let ports = [("eth1".to_owned(), LinkType::Ethernet), ("a tunnel".to_owned(), LinkType::Raw)];
        let mut inner = vec![2; 12];
        inner.extend([0x81, 0x00, 0, 7, 0x08, 0x00]);
        let frame = |port, vlan, link, bytes: &'static [u8], wire_len| Frame {
            port: PortId(port),
            at: Timestamp::from_nanos(1_773_822_600_123_456_789 + u64::from(wire_len)),
            link,
            vlan,
            wire_len,
            bytes,
        };
        let inner: &'static [u8] = inner.leak();
        let sent = [
            frame(1, None, LinkType::Raw, &[0x45; 21], 21),
            frame(0, None, LinkType::Ethernet, &[3; 60], 60),
            frame(0, Some(Vlan(6)), LinkType::Ethernet, inner, 1_000),
            frame(0, Some(Vlan(0)), LinkType::Ethernet, &[3; 61], 65),
            frame(1, None, LinkType::Raw, &[], 0),
        ];
        let mut writer = NgWriter::new(Vec::new(), &ports).unwrap();
        let before = writer.get_mut().len() as u64;
        let written: u64 = sent.iter().map(|frame| writer.write(frame).unwrap()).sum();
        assert!(writer.write(&frame(2, None, LinkType::Raw, &[], 0)).is_err(), "there is no third port");
        assert!(writer.write(&frame(0, None, LinkType::Raw, &[], 0)).is_err(), "it is of another kind");
        assert_eq!(before + written, writer.get_mut().len() as u64);
        let file = io::Cursor::new(writer.get_mut().clone());
        let mut read = crate::Recording::from_reader(file, "written").unwrap();
        for sent in &sent {
            let read = crate::Frames::next_frame(&mut read).unwrap();
            assert_eq!(
                (read.port, read.at, read.link, read.wire_len),
                (sent.port, sent.at, sent.link, sent.wire_len)
            );
            assert_eq!(format!("{:?}", decode(&read)), format!("{:?}", decode(sent)));
        }
        assert!(crate::Frames::next_frame(&mut read).is_none() && read.warning().is_none());
    }
}

//! Writes classic pcap with nanoseconds: for tests, benches, the recorded days and what was heard live.

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
        let tag = frame.vlan.map_or([0; 4], |Vlan(number)| {
            let [high, low] = number.to_be_bytes();
            [0x81, 0x00, high, low]
        });
        let (before, tag, after) = match frame.bytes.split_at_checked(ETHERTYPE_AT) {
            Some((before, after)) if frame.vlan.is_some() && frame.link == LinkType::Ethernet => {
                (before, &tag[..], after)
            }
            _ => (frame.bytes, &[][..], &[][..]),
        };
        let len = frame.bytes.len() + tag.len();
        self.into.write_all(&(len as u32).to_le_bytes())?;
        self.into.write_all(&frame.wire_len.to_le_bytes())?;
        [before, tag, after].into_iter().try_for_each(|bytes| self.into.write_all(bytes))
    }

    /// The sink.
    pub fn into_inner(self) -> W {
        self.into
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
}

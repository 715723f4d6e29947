//! Makes a frame one of another office's: the same bytes said, by other devices and over other ports.
//!
//! - **Addresses.** Private IPv4 addresses (RFC 1918) move into one of four offices, in turn, and with them the Ethernet addresses of frames
//!   and ARP messages that hold one. So there are four times as many devices however often a recording is played, as many as a large clinic
//!   has; and an address has the same Ethernet address every time, so nobody seems to take another's.
//! - **Ports.** When all four offices have had their turn, the ports that systems choose for themselves move on, so that a conversation is not
//!   taken for an earlier one. Each number moves by itself: both directions and a reply that quotes agree without being remembered.
//! - **Checksums** are patched (RFC 1624): right ones stay right, wrong ones wrong, and frames that were cut short need not be whole.
//!
//! What stays: addresses outside, multicast and broadcast; IPv6 addresses and the Ethernet addresses of their frames, because a frame does not
//! tell which of them are inside; ports behind IPv6 extension headers; and what is said in payloads (DHCP, DNS, mDNS).
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use sensor_decode::LinkType;

/// Offices that repetitions cycle through. Guess: twenty devices become eighty, as many as a large clinic has.
const OFFICES: u32 = 4;

/// From here on systems choose ports for themselves: Linux from 32,768 (`ip_local_port_range`), others from 49,152 (RFC 6335 §6).
const CHOSEN_PORTS_FROM: u16 = 0x8000;

/// How far chosen ports move each time all offices have had their turn. A prime, so that every port is reached before the first comes back;
/// a recording whose ports stay within as many shares none between its first 60 repetitions.
const PORT_STEP: u32 = 2_053;

/// Most VLAN tags that are read one after another, as in `sensor/decode`.
const VLAN_TAGS_MAX: usize = 3;

/// How much of what follows an ICMP error's checksum is rewritten: four bytes, and of the packet that it quotes the longest IPv4 header and the
/// shortest TCP header.
const QUOTED_BYTES_MAX: usize = 4 + 60 + 20;

/// Rewrites a frame as that of the given repetition; repetition 0 is the frame as it is. Of the same frame and repetition always the same
/// comes out. Never panics and never allocates; what cannot be read is left alone.
pub fn rewrite(frame: &mut [u8], link: LinkType, repetition: u32) {
    let step = Step::of(repetition);
    match link {
        LinkType::Ethernet => {
            let Some((header, rest)) = frame.split_first_chunk_mut::<14>() else { return };
            let [a, b, c, d, e, f, g, h, i, j, k, l, high, low] = header;
            if step.tagged(u16::from_be_bytes([*high, *low]), rest) {
                step.mac([a, b, c, d, e, f]);
                step.mac([g, h, i, j, k, l]);
            }
        }
        LinkType::LinuxSll => {
            let Some((header, rest)) = frame.split_first_chunk_mut::<16>() else { return };
            let [_, _, _, _, _, len, a, b, c, d, e, f, _, _, high, low] = header;
            if step.tagged(u16::from_be_bytes([*high, *low]), rest) && *len == 6 {
                step.mac([a, b, c, d, e, f]);
            }
        }
        LinkType::LinuxSll2 => {
            let Some((header, rest)) = frame.split_first_chunk_mut::<20>() else { return };
            let [high, low, _, _, _, _, _, _, _, _, _, len, a, b, c, d, e, f, _, _] = header;
            if step.tagged(u16::from_be_bytes([*high, *low]), rest) && *len == 6 {
                step.mac([a, b, c, d, e, f]);
            }
        }
        LinkType::Null => {
            let Some((_family, rest)) = frame.split_first_chunk_mut::<4>() else { return };
            step.ip(rest);
        }
        LinkType::Raw | LinkType::Ipv4 | LinkType::Ipv6 => {
            step.ip(frame);
        }
    }
}

/// What a repetition adds.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Flips bits in the third byte of an IPv4 address and in the fourth of an Ethernet address, so that an office keeps its own network of 256
    /// and a device its maker. The upper bits: neighbouring networks of one recording rarely differ in them.
    office: u8,
    /// Added to chosen ports.
    ports: u16,
}

impl Step {
    const fn of(repetition: u32) -> Self {
        let (office, round) = (repetition % OFFICES, repetition / OFFICES);
        Step { office: (office as u8) << 6, ports: round.wrapping_mul(PORT_STEP) as u16 }
    }

    // Each of these returns whether a private address was met.

    fn tagged(self, mut ether_type: u16, mut rest: &mut [u8]) -> bool {
        for _ in 0..VLAN_TAGS_MAX {
            if !matches!(ether_type, 0x8100 | 0x88a8 | 0x9100) {
                break;
            }
            let Some((tag, inside)) = rest.split_first_chunk_mut::<4>() else { return false };
            let [_, _, high, low] = *tag;
            ether_type = u16::from_be_bytes([high, low]);
            rest = inside;
        }
        match ether_type {
            0x0800 | 0x86dd => self.ip(rest),
            0x0806 => self.arp(rest),
            _ => false,
        }
    }

    fn arp(self, bytes: &mut [u8]) -> bool {
        let Some((header, rest)) = bytes.split_first_chunk_mut::<8>() else { return false };
        let ([0, 1, 8, 0, 6, 4, ..], Some(ends)) = (*header, rest.first_chunk_mut::<20>()) else {
            return false;
        };
        let [a, b, c, d, e, f, w, x, y, z, g, h, i, j, k, l, s, t, u, v] = ends;
        let is_private = self.address([w, x, y, z]) | self.address([s, t, u, v]);
        if is_private {
            self.mac([a, b, c, d, e, f]);
            self.mac([g, h, i, j, k, l]);
        }
        is_private
    }

    fn ip(self, packet: &mut [u8]) -> bool {
        match packet.first().map(|first| first >> 4) {
            Some(4) => self.ipv4(packet),
            Some(6) => self.ipv6(packet),
            _ => false,
        }
    }

    fn ipv4(self, packet: &mut [u8]) -> bool {
        let header_len = packet.first().map_or(0, |first| usize::from(first & 0x0f).saturating_mul(4));
        let Some((header, body)) = packet.split_at_mut_checked(header_len) else { return false };
        let Some((head, addresses)) = header.split_first_chunk_mut::<12>() else { return false };
        let Some(addresses) = addresses.first_chunk_mut::<8>() else { return false };
        let [_, _, _, _, _, _, fragment_high, fragment_low, _, protocol, sum_high, sum_low] = head;

        let before = sum(addresses);
        let [a, b, c, d, e, f, g, h] = addresses;
        let is_private = self.address([a, b, c, d]) | self.address([e, f, g, h]);
        let change = Change { before, after: sum(addresses) };
        change.patch([sum_high, sum_low]);
        // Later pieces of a packet hold no ports; their addresses are in the first one's checksum.
        let is_later = u16::from_be_bytes([*fragment_high, *fragment_low]) & 0x1fff != 0;
        match protocol {
            1 if !is_later => self.icmp(body),
            protocol if !is_later => self.ports(*protocol, body, change),
            _ => {}
        }
        is_private
    }

    fn ipv6(self, packet: &mut [u8]) -> bool {
        if let Some((&mut [_, _, _, _, _, _, next, ..], body)) = packet.split_first_chunk_mut::<40>() {
            self.ports(next, body, Change::default());
        }
        false
    }

    /// Moves the ports of TCP and UDP, and patches the checksum for them and for the change of the addresses.
    fn ports(self, protocol: u8, body: &mut [u8], addresses: Change) {
        let (checksum_at, is_udp) = match protocol {
            6 => (16, false),
            17 => (6, true),
            _ => return,
        };
        let Some(ports) = body.first_chunk_mut::<4>() else { return };
        let before = addresses.before.saturating_add(sum(ports));
        let [a, b, c, d] = ports;
        self.port([a, b]);
        self.port([c, d]);
        let change = Change { before, after: addresses.after.saturating_add(sum(ports)) };
        let checksum = body.get_mut(checksum_at..).and_then(<[u8]>::first_chunk_mut::<2>);
        let Some([high, low]) = checksum else { return };
        // RFC 768: zero says "not computed", so a checksum that comes out as zero is written as its other form.
        if is_udp && (*high, *low) == (0, 0) {
            return;
        }
        change.patch([high, low]);
        if is_udp && (*high, *low) == (0, 0) {
            (*high, *low) = (0xff, 0xff);
        }
    }

    /// An ICMP error (RFC 792: 3 unreachable, 5 redirect, 11 time exceeded, 12 parameter problem) quotes a packet, which moves too.
    fn icmp(self, body: &mut [u8]) {
        let Some((&mut [kind @ (3 | 5 | 11 | 12), _, ref mut high, ref mut low], rest)) =
            body.split_first_chunk_mut::<4>()
        else {
            return;
        };
        let end = rest.len().min(QUOTED_BYTES_MAX);
        let Some(rest) = rest.get_mut(..end) else { return };
        let before = sum(rest);
        if let Some(([a, b, c, d], quoted)) = rest.split_first_chunk_mut::<4>() {
            if kind == 5 {
                self.address([a, b, c, d]);
            }
            self.ip(quoted);
        }
        Change { before, after: sum(rest) }.patch([high, low]);
    }

    /// Moves a private address to its office.
    const fn address(self, [a, b, c, _]: [&mut u8; 4]) -> bool {
        let is_private = matches!((*a, *b), (10, _) | (172, 16..=31) | (192, 168));
        if is_private {
            *c ^= self.office;
        }
        is_private
    }

    /// Gives a device another Ethernet address; groups and nobody stay what they are.
    const fn mac(self, [a, b, c, d, e, f]: [&mut u8; 6]) {
        let is_group = *a & 1 == 1;
        let is_nobody = matches!((*a, *b, *c, *d, *e, *f), (0, 0, 0, 0, 0, 0));
        if !is_group && !is_nobody {
            *d ^= self.office;
        }
    }

    /// Moves a port, if it was chosen by a system for itself.
    const fn port(self, [high, low]: [&mut u8; 2]) {
        let port = u16::from_be_bytes([*high, *low]);
        if port >= CHOSEN_PORTS_FROM {
            [*high, *low] = (port.wrapping_add(self.ports) | CHOSEN_PORTS_FROM).to_be_bytes();
        }
    }
}

/// The sums of 16-bit words that changed, before and after.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    before: u32,
    after: u32,
}

impl Change {
    /// RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
    fn patch(self, [high, low]: [&mut u8; 2]) {
        // Adding nothing could turn a checksum into its other form.
        if self.before == self.after {
            return;
        }
        let checksum = !u16::from_be_bytes([*high, *low]);
        let without = u32::from(checksum).saturating_add(u32::from(!fold(self.before)));
        let sum = fold(without.saturating_add(u32::from(fold(self.after))));
        [*high, *low] = (!sum).to_be_bytes();
    }
}

/// The sum of at most a few dozen 16-bit words.
fn sum(bytes: &[u8]) -> u32 {
    let (words, odd) = bytes.as_chunks::<2>();
    let last = odd.first().map_or(0, |byte| u32::from(*byte) << 8);
    words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum::<u32>().saturating_add(last)
}

const fn fold(sum: u32) -> u16 {
    let once = (sum & 0xffff).wrapping_add(sum >> 16);
    (once & 0xffff).wrapping_add(once >> 16) as u16
}

#[cfg(test)]
mod tests;

//! Which addresses a port has, taking them off, and what its card lost: the few words of rtnetlink (RFC 3549; linux/rtnetlink.h) that this
//! needs. It answers for the network that this thread is in, which files under `/sys` do not.

use core::net::IpAddr;
use std::io;
use std::os::fd::OwnedFd;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Bytes of an answer; the kernel sends at most 32 KiB at once (`NLMSG_GOODSIZE`).
const ANSWER_BYTES: usize = 32 * 1_024;

/// `struct nlmsghdr` and `struct ifaddrmsg`, in bytes.
const HEADER_BYTES: usize = 16;
const ADDRESS_HEADER_BYTES: usize = 8;

/// Attributes of an address (linux/if_addr.h).
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// `struct ifinfomsg`, in bytes, and the attribute of a port that counts (linux/if_link.h).
const LINK_HEADER_BYTES: usize = 16;
const IFLA_STATS64: u16 = 23;

/// What a card counts since the machine started: where in `struct rtnl_link_stats64`, a list of 64-bit numbers.
const OVER_ERRORS: usize = 11;
const FIFO_ERRORS: usize = 14;
const MISSED_ERRORS: usize = 15;

/// An address of a port, with how many bits of it are the network's.
pub(super) type Address = (IpAddr, u8);

/// The addresses of the port with this index.
pub(super) fn addresses(index: u32) -> io::Result<Vec<Address>> {
    let socket = open()?;
    let all = libc::AF_UNSPEC as u8;
    let dump = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    ask(&socket, &message(libc::RTM_GETADDR, dump, &address_header(all, 0, 0), &[]))?;
    let mut found = Vec::new();
    let mut answer = vec![0; ANSWER_BYTES];
    loop {
        let (len, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
        let mut rest = answer.get(..len).unwrap_or_default();
        while let Some((kind, body, after)) = next_message(rest) {
            match kind {
                NLMSG_DONE => return Ok(found),
                NLMSG_ERROR => {
                    return Err(said(body).err().unwrap_or_else(|| io::ErrorKind::InvalidData.into()));
                }
                libc::RTM_NEWADDR => found.extend(address(body, index)),
                _ => {}
            }
            rest = after;
        }
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Takes an address off the port with this index. One that is gone already is no error.
pub(super) fn take_off(index: u32, (address, prefix_bits): Address) -> io::Result<()> {
    let socket = open()?;
    let (family, octets) = match &address {
        IpAddr::V4(four) => (libc::AF_INET, four.octets().to_vec()),
        IpAddr::V6(six) => (libc::AF_INET6, six.octets().to_vec()),
    };
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
    let header = address_header(family as u8, prefix_bits, index);
    ask(&socket, &message(libc::RTM_DELADDR, flags, &header, &attribute(IFA_LOCAL, &octets)))?;
    let mut answer = [0; 512];
    let (len, _) = rustix::net::recv(&socket, &mut answer[..], RecvFlags::empty())?;
    let Some((NLMSG_ERROR, body, _)) = next_message(answer.get(..len).unwrap_or_default()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    match said(body) {
        Err(err) if err.raw_os_error() == Some(libc::EADDRNOTAVAIL) => Ok(()),
        other => other,
    }
}

/// A place to ask what cards lost, again and again.
pub(super) struct Counters {
    socket: OwnedFd,
    answer: Box<[u8]>,
}

impl Counters {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { socket: open()?, answer: vec![0; ANSWER_BYTES].into_boxed_slice() })
    }

    /// Frames that the card of the port with this index lost for want of room, since the machine started.
    ///
    /// Not `rx_dropped`: the kernel counts there what no protocol of this machine wanted, although we heard it (a VLAN that this machine is not
    /// on). Frames without room are to be counted as missed (Documentation/networking/statistics.rst); older drivers count them as one of
    /// the other two, some as both.
    pub(super) fn lost_by_card(&mut self, index: u32) -> io::Result<u64> {
        let mut header = [0; LINK_HEADER_BYTES];
        if let Some(place) = header.get_mut(4..8) {
            place.copy_from_slice(&index.to_ne_bytes());
        }
        ask(&self.socket, &message(libc::RTM_GETLINK, libc::NLM_F_REQUEST as u16, &header, &[]))?;
        let (len, _) = rustix::net::recv(&self.socket, &mut self.answer[..], RecvFlags::empty())?;
        lost(self.answer.get(..len).unwrap_or_default())
    }
}

fn lost(answer: &[u8]) -> io::Result<u64> {
    let (kind, body, _) = next_message(answer).ok_or(io::ErrorKind::InvalidData)?;
    if kind == NLMSG_ERROR {
        said(body)?;
    }
    let attributes = body.get(LINK_HEADER_BYTES..).unwrap_or_default();
    let stats = Attributes(attributes).find(|(kind, _)| *kind == IFLA_STATS64);
    let (_, stats) = stats.ok_or(io::ErrorKind::InvalidData)?;
    let count = |place: usize| {
        stats.get(8 * place..).and_then(<[u8]>::first_chunk).map_or(0, |number| u64::from_ne_bytes(*number))
    };
    Ok(count(MISSED_ERRORS).saturating_add(count(OVER_ERRORS).max(count(FIFO_ERRORS))))
}

const NLMSG_ERROR: u16 = libc::NLMSG_ERROR as u16;
const NLMSG_DONE: u16 = libc::NLMSG_DONE as u16;

fn open() -> io::Result<OwnedFd> {
    // Without a protocol it is NETLINK_ROUTE, which is 0.
    Ok(rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?)
}

fn ask(socket: &OwnedFd, message: &[u8]) -> io::Result<()> {
    rustix::net::sendto(socket, message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    Ok(())
}

fn message(kind: u16, flags: u16, header: &[u8], attributes: &[u8]) -> Vec<u8> {
    let len = HEADER_BYTES + header.len() + attributes.len();
    let mut message = Vec::with_capacity(len);
    message.extend(u32::try_from(len).unwrap_or(u32::MAX).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]); // sequence and sender: one question a socket
    message.extend(header);
    message.extend(attributes);
    message
}

fn address_header(family: u8, prefix_bits: u8, index: u32) -> Vec<u8> {
    let mut header = vec![family, prefix_bits, 0, 0];
    header.extend(index.to_ne_bytes());
    header
}

fn attribute(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut attribute = Vec::with_capacity(4 + content.len());
    attribute.extend(u16::try_from(4 + content.len()).unwrap_or(u16::MAX).to_ne_bytes());
    attribute.extend(kind.to_ne_bytes());
    attribute.extend(content);
    attribute
}

/// The kind and body of the first message, and what comes after it.
fn next_message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let len = u32::from_ne_bytes(*bytes.first_chunk()?) as usize;
    let kind = u16::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
    let body = bytes.get(HEADER_BYTES..len)?;
    Some((kind, body, bytes.get(len.next_multiple_of(4)..).unwrap_or_default()))
}

/// What an acknowledgement says: 0 or an error, negative.
fn said(body: &[u8]) -> io::Result<()> {
    let code = i32::from_ne_bytes(*body.first_chunk().ok_or(io::ErrorKind::InvalidData)?);
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.saturating_neg())) }
}

/// The address that a message tells of, if it is one of this port.
fn address(body: &[u8], index: u32) -> Option<Address> {
    let (&[_, prefix_bits, _, _], rest) = body.split_first_chunk()?;
    if u32::from_ne_bytes(*rest.first_chunk()?) != index {
        return None;
    }
    let (mut local, mut other) = (None, None);
    for (kind, content) in Attributes(body.get(ADDRESS_HEADER_BYTES..)?) {
        match kind {
            IFA_LOCAL => local = ip(content),
            IFA_ADDRESS => other = ip(content),
            _ => {}
        }
    }
    // On a line between two the other end is the address, and ours the local one.
    Some((local.or(other)?, prefix_bits))
}

/// The attributes at the end of a message: kind and content.
struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let len = usize::from(u16::from_ne_bytes(*self.0.first_chunk()?));
        let kind = u16::from_ne_bytes(*self.0.get(2..)?.first_chunk()?);
        let content = self.0.get(4..len)?;
        self.0 = self.0.get(len.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, content))
    }
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Some(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message_of(stats: [u64; 24]) -> Vec<u8> {
        let stats = stats.map(u64::to_ne_bytes).concat();
        let attributes = [attribute(3, b"eth1\0"), vec![0; 3], attribute(IFLA_STATS64, &stats)].concat();
        message(libc::RTM_NEWLINK, 0, &[0; LINK_HEADER_BYTES], &attributes)
    }

    #[test]
    fn what_a_card_lost_is_missed_frames_and_overflows() {
        let mut stats = [1_000; 24];
        (stats[OVER_ERRORS], stats[FIFO_ERRORS], stats[MISSED_ERRORS]) = (30, 7, 12);
        assert_eq!(lost(&message_of(stats)).unwrap(), 42);
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        let whole = message_of([0; 24]);
        for len in 0..whole.len() {
            assert!(lost(&whole[..len]).is_err(), "{len}");
        }
    }

    #[test]
    fn every_machine_has_a_first_port_to_ask_about() {
        let mut counters = Counters::open().unwrap();
        assert_eq!(counters.lost_by_card(1).unwrap(), 0);
        let failed = counters.lost_by_card(u32::MAX >> 1).unwrap_err();
        assert_eq!(failed.raw_os_error(), Some(libc::ENODEV));
        addresses(1).unwrap();
    }
}

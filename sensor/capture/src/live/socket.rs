//! What is asked of the kernel about a capture socket and a port: the calls that have no safe wrapper, each behind one that is.

use core::ffi::{c_int, c_ulong, c_void};
use core::mem;
use core::ptr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::PortName;
use super::filter::Instruction;
use super::ring::BLOCK_BYTES;

/// Least bytes that a frame takes in the ring; `TPACKET_V3` asks for a number and packs frames closer or wider as they come.
const FRAME_SLOT_BYTES: usize = 2_048;

/// `SIOCETHTOOL` commands that read or write one number (linux/ethtool.h).
#[derive(Clone, Copy, Debug)]
pub(super) struct Toggle {
    pub(super) read: u32,
    pub(super) write: u32,
    /// The bit it stands for; 1 where the number is the toggle itself.
    pub(super) bit: u32,
}

/// A packet socket that hears nothing until it is bound.
pub(super) fn packet_socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)?)
}

/// A socket to ask about ports with.
pub(super) fn asking_socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?)
}

/// Gives the socket a ring of so many blocks.
pub(super) fn make_ring(socket: impl AsFd, blocks: usize, retire_millis: u32) -> io::Result<()> {
    let number = |count: usize| u32::try_from(count).map_err(|_| io::ErrorKind::InvalidInput);
    let request = libc::tpacket_req3 {
        tp_block_size: number(BLOCK_BYTES)?,
        tp_block_nr: number(blocks)?,
        tp_frame_size: number(FRAME_SLOT_BYTES)?,
        tp_frame_nr: number(blocks.saturating_mul(BLOCK_BYTES / FRAME_SLOT_BYTES))?,
        tp_retire_blk_tov: retire_millis,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    let version = libc::tpacket_versions::TPACKET_V3 as c_int;
    set_option(&socket, libc::SOL_PACKET, libc::PACKET_VERSION, &version)?;
    set_option(&socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)
}

/// Hears only what comes in, not what this machine sends.
pub(super) fn ignore_outgoing(socket: impl AsFd) -> io::Result<()> {
    let yes: c_int = 1;
    set_option(socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &yes)
}

/// Lets the kernel run this program on each frame.
pub(super) fn attach_filter(socket: impl AsFd, program: &[Instruction]) -> io::Result<()> {
    let mut filter: Vec<libc::sock_filter> = program
        .iter()
        .map(|it| libc::sock_filter { code: it.code, jt: it.if_true, jf: it.if_false, k: it.operand })
        .collect();
    let len = u16::try_from(filter.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // The kernel reads the list during the call and keeps a copy.
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    set_option(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

/// Begins to hear the port with this index.
pub(super) fn bind(socket: impl AsFd, index: u32) -> io::Result<()> {
    // All zero but three fields: a `sockaddr_ll` is numbers only.
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: (libc::ETH_P_ALL as u16).to_be(),
        sll_ifindex: signed(index)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let len = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the pointer and the length are those of `address`, which the kernel reads during the call.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let done = unsafe { libc::bind(socket.as_fd().as_raw_fd(), (&raw const address).cast(), len) };
    checked(done)
}

/// Asks the card for all frames, for as long as the socket lives.
pub(super) fn hear_everything(socket: impl AsFd, index: u32) -> io::Result<()> {
    let membership = libc::packet_mreq {
        mr_ifindex: signed(index)?,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_option(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership)
}

/// What the kernel dropped since it was last asked, and how often it stood still because the ring was full.
pub(super) fn statistics(socket: impl AsFd) -> io::Result<libc::tpacket_stats_v3> {
    let mut stats = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
    let mut len = size_of_val(&stats) as libc::socklen_t;
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: the pointer and the length are those of `stats`; any bytes that the kernel writes there are numbers.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let done = unsafe {
        libc::getsockopt(fd, libc::SOL_PACKET, libc::PACKET_STATISTICS, (&raw mut stats).cast(), &raw mut len)
    };
    checked(done)?;
    Ok(stats)
}

/// The flags of a port (`IFF_…`); the sixteen that fit into a `short`.
pub(super) fn flags(asking: impl AsFd, port: &PortName) -> io::Result<c_int> {
    let mut request = named(port);
    port_call(asking, libc::SIOCGIFFLAGS, &mut request)?;
    // SAFETY: the call above succeeded, so the kernel wrote the flags.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    Ok(c_int::from(flags as u16))
}

/// Sets the flags of a port.
pub(super) fn set_flags(asking: impl AsFd, port: &PortName, flags: c_int) -> io::Result<()> {
    let mut request = named(port);
    request.ifr_ifru.ifru_flags = (flags as u16) as i16;
    port_call(asking, libc::SIOCSIFFLAGS, &mut request)
}

/// What kind of hardware a port is (`ARPHRD_…`).
pub(super) fn hardware(asking: impl AsFd, port: &PortName) -> io::Result<u16> {
    let mut request = named(port);
    port_call(asking, libc::SIOCGIFHWADDR, &mut request)?;
    // SAFETY: the call above succeeded, so the kernel wrote an address with its family.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    Ok(hardware)
}

/// Whether the card does this for us; `None` when it does not know how to.
pub(super) fn is_on(asking: impl AsFd, port: &PortName, toggle: Toggle) -> io::Result<Option<bool>> {
    match ethtool(asking, port, toggle.read, 0) {
        Ok(value) => Ok(Some(value & toggle.bit != 0)),
        Err(err) if err.raw_os_error() == Some(libc::EOPNOTSUPP) => Ok(None),
        Err(err) => Err(err),
    }
}

/// Tells the card not to.
pub(super) fn turn_off(asking: impl AsFd, port: &PortName, toggle: Toggle) -> io::Result<()> {
    let value = ethtool(&asking, port, toggle.read, 0)?;
    ethtool(asking, port, toggle.write, value & !toggle.bit)?;
    Ok(())
}

fn ethtool(asking: impl AsFd, port: &PortName, command: u32, value: u32) -> io::Result<u32> {
    /// `struct ethtool_value` of linux/ethtool.h.
    #[repr(C)]
    struct Value {
        command: u32,
        value: u32,
    }
    let mut value = Value { command, value };
    let mut request = named(port);
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // `value` outlives the call, and for these commands the kernel reads and writes two words there.
    port_call(asking, libc::SIOCETHTOOL, &mut request)?;
    // SAFETY: a local that was initialised above; read anew because the kernel wrote it through the pointer.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let answer = unsafe { ptr::read_volatile(&raw const value.value) };
    Ok(answer)
}

fn named(port: &PortName) -> libc::ifreq {
    // SAFETY: an `ifreq` is numbers, pointers that are not followed, and arrays of them: all zero is one.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    // A name has at most 15 bytes, so the sixteenth stays zero.
    for (place, byte) in request.ifr_name.iter_mut().zip(port.as_str().bytes()) {
        *place = byte.cast_signed();
    }
    request
}

fn port_call(asking: impl AsFd, call: c_ulong, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: all calls made here take a pointer to an `ifreq`, which is read and written during the call.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let done = unsafe { libc::ioctl(asking.as_fd().as_raw_fd(), call as _, ptr::from_mut(request)) };
    checked(done)
}

fn set_option<T>(socket: impl AsFd, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    let value = ptr::from_ref(value).cast::<c_void>();
    // SAFETY: the pointer and the length are those of `value`, which the kernel reads during the call.
    #[expect(unsafe_code, reason = "no safe wrapper")]
    let done = unsafe { libc::setsockopt(socket.as_fd().as_raw_fd(), level, name, value, len) };
    checked(done)
}

fn checked(done: c_int) -> io::Result<()> {
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn signed(index: u32) -> io::Result<c_int> {
    Ok(c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?)
}

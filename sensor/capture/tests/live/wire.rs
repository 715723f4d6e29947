//! Puts frames on a wire, as another machine would. The product has nothing like it.
//!
//! The queue between two ports of a pair is one of the processor, shared with all other pairs of the machine, and when others fill it the sending
//! port drops frames and counts them. Those were never on the wire.
#![expect(unsafe_code, reason = "sending whole frames has no safe wrapper")]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType};
use sensor_capture::files::read_text_capped;

/// Sends by one port.
pub(crate) struct Wire {
    port: String,
    socket: OwnedFd,
}

impl Wire {
    /// Frames go out of this port.
    pub(crate) fn on(port: &str) -> io::Result<Self> {
        let socket =
            rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
        let index = rustix::net::netdevice::name_to_index(&socket, port)?;
        let address = libc::sockaddr_ll {
            sll_family: libc::AF_PACKET as u16,
            sll_protocol: 0,
            sll_ifindex: index as i32,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let len = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the pointer and the length are those of `address`, which the kernel reads during the call.
        let done = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) };
        if done == 0 { Ok(Self { port: port.to_owned(), socket }) } else { Err(io::Error::last_os_error()) }
    }

    /// Sends one frame, again if it did not come on the wire.
    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<()> {
        let mut dropped = self.dropped();
        loop {
            self.flood(frame)?;
            let dropped_before = dropped;
            dropped = self.dropped();
            if dropped == dropped_before {
                return Ok(());
            }
            std::thread::yield_now();
        }
    }

    /// Sends one frame without looking what became of it; see [`Wire::dropped`].
    pub(crate) fn flood(&self, frame: &[u8]) -> io::Result<()> {
        loop {
            match rustix::net::send(&self.socket, frame, SendFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::NOBUFS) => std::thread::yield_now(),
                Err(err) => return Err(err.into()),
            }
        }
    }

    /// Frames that this port dropped instead of sending them.
    pub(crate) fn dropped(&self) -> u64 {
        count(&self.port, TX_DROPPED)
    }
}

/// Columns of `/proc/net/dev`.
pub(crate) const RX_FRAMES: usize = 1;
const TX_DROPPED: usize = 11;

/// What the kernel counted of a port since it was made.
pub(crate) fn count(port: &str, column: usize) -> u64 {
    let text = read_text_capped("/proc/net/dev".as_ref(), 1 << 20).unwrap();
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(port)?.strip_prefix(':')).unwrap();
    line.split_ascii_whitespace().nth(column).unwrap().parse().unwrap()
}

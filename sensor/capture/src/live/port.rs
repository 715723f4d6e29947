//! One port: its socket and ring, how far it was read, and what is to be said of it.

use core::ffi::c_int;
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use common_model::Timestamp;
use ipnet::IpNet;
use sensor_decode::{LinkType, PortId};

use super::batch::{BATCH_BYTES, Batch, Head};
use super::netlink::Counters;
use super::ring::{self, BLOCK_BYTES, Place, Ring};
use super::{Dropped, LiveError, Options, PortName, PortReport, PortState, check_prepared, filter, socket};

/// Hardware whose frames are read: `ARPHRD_…` of linux/if_arp.h.
const ETHERNET: u16 = libc::ARPHRD_ETHER;
const LOOPBACK: u16 = libc::ARPHRD_LOOPBACK;
const NO_HEADER: u16 = libc::ARPHRD_NONE;
const RAW_IP: u16 = 519;

// Whatever is in a block fits into an empty batch.
const _: () = assert!(BATCH_BYTES >= BLOCK_BYTES);

/// A port, whether it can be heard or not.
pub(super) struct Port {
    pub(super) name: PortName,
    id: PortId,
    tap: Option<Tap>,
    state: PortState,
    /// What was last said of it, if anything.
    said: Option<PortState>,
    /// What is to be said.
    dropped: Dropped,
    freezes: u64,
    /// What the card had lost when it was last looked at; it counts from when the machine started.
    lost_by_card: Option<u64>,
}

impl Port {
    /// Begins to listen, or to wait for a port that may come later.
    pub(super) fn open(
        id: PortId,
        name: &PortName,
        segments: &[IpNet],
        options: &Options,
    ) -> Result<Self, LiveError> {
        let (tap, state) = match Tap::open(name, segments, options) {
            Ok(tap) => (Some(tap), PortState::NoSignal),
            Err(LiveError::NoSuchPort(_)) if options.waits_for_ports => (None, PortState::Gone),
            Err(LiveError::NotPrepared { .. }) if options.waits_for_ports => (None, PortState::NotPrepared),
            Err(err) => return Err(err),
        };
        Ok(Self {
            name: name.clone(),
            id,
            tap,
            state,
            said: None,
            dropped: Dropped::default(),
            freezes: 0,
            lost_by_card: None,
        })
    }

    /// How its frames begin.
    pub(super) fn link(&self) -> LinkType {
        self.tap.as_ref().map_or(LinkType::Ethernet, |tap| tap.link)
    }

    /// Finds out how it is, and what was dropped. A port that went is closed when all of it was read, and opened when it comes back.
    pub(super) fn watch(&mut self, machine: &mut Machine, segments: &[IpNet], options: &Options) {
        self.collect_drops(machine);
        let index = machine.index(&self.name);
        if self.tap.as_ref().is_some_and(|tap| Some(tap.index) != index && tap.is_drained()) {
            self.tap = None;
            self.lost_by_card = None;
        }
        self.state = match (&self.tap, index) {
            (_, None) => PortState::Gone,
            (Some(tap), Some(index)) if tap.index == index => machine.signal(&self.name),
            (Some(_), Some(_)) => PortState::Gone,
            (None, Some(_)) => match Tap::open(&self.name, segments, options) {
                Ok(tap) => {
                    self.tap = Some(tap);
                    machine.signal(&self.name)
                }
                Err(LiveError::NoSuchPort(_)) => PortState::Gone,
                Err(LiveError::NotPrepared { .. }) => PortState::NotPrepared,
                Err(_) => PortState::Refused,
            },
        };
    }

    /// Listens for other segments from the next frame on. A port whose kernel does not agree is closed, so that it says so.
    pub(super) fn listen_for(&mut self, segments: &[IpNet]) {
        if let Some(tap) = &self.tap
            && socket::attach_filter(&tap.socket, &filter::program(segments, tap.link)).is_err()
        {
            self.tap = None;
        }
    }

    fn collect_drops(&mut self, machine: &mut Machine) {
        self.ask_kernel();
        let Some(tap) = &self.tap else { return };
        if let Ok(lost) = machine.counters.lost_by_card(tap.index) {
            // Less than before: it is another card, or it began anew.
            self.dropped.card += self.lost_by_card.map_or(0, |before| lost.saturating_sub(before));
            self.lost_by_card = Some(lost);
        }
    }

    /// Asks the kernel what it kept and what it dropped since it was last asked.
    fn ask_kernel(&mut self) {
        let Some(tap) = &mut self.tap else { return };
        if let Ok(stats) = socket::statistics(&tap.socket) {
            tap.kept += u64::from(stats.tp_packets.saturating_sub(stats.tp_drops));
            self.dropped.kernel += u64::from(stats.tp_drops);
            self.freezes += u64::from(stats.tp_freeze_q_cnt);
        }
    }

    /// Whether every frame that the kernel kept was taken or left out.
    pub(super) fn has_all(&mut self) -> bool {
        self.ask_kernel();
        self.tap.as_ref().is_none_or(|tap| tap.taken >= tap.kept)
    }

    /// Says what is new of it, if that has room.
    pub(super) fn report_into(&mut self, batch: &mut Batch, at: Timestamp) {
        if !self.has_news() {
            return;
        }
        let (port, state, dropped, freezes) = (self.id, self.state, self.dropped, self.freezes);
        if batch.push_report(PortReport { port, at, state, dropped, freezes }) {
            self.said = Some(state);
            self.dropped = Dropped::default();
            self.freezes = 0;
        }
    }

    /// Whether there is something to say of it.
    pub(super) fn has_news(&self) -> bool {
        self.said != Some(self.state) || self.dropped != Dropped::default() || self.freezes > 0
    }

    /// Looks which blocks the kernel let go of.
    pub(super) fn look(&mut self, now: Duration) {
        if let Some(tap) = &mut self.tap {
            tap.look(now);
            self.settle();
        }
    }

    /// When the next frame was heard, if one is there.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.tap.as_ref().and_then(|tap| tap.next_at)
    }

    /// When the block of the next frame was first seen, if one is there.
    pub(super) fn waits_since(&self) -> Option<Duration> {
        self.tap.as_ref().filter(|tap| !tap.is_drained()).map(Tap::current_seen_at)
    }

    /// Copies the next frame. `false` when it has no room.
    pub(super) fn take_into(&mut self, batch: &mut Batch) -> bool {
        let Some(tap) = &mut self.tap else { return true };
        let kept =
            tap.ring.block(tap.block).zip(tap.place).and_then(|(block, place)| ring::frame(block, place));
        let Some(kept) = kept else { return true };
        let (port, link) = (self.id, tap.link);
        let head = Head { port, at: kept.at, link, vlan: kept.vlan, wire_len: kept.wire_len };
        if !batch.push_frame(head, kept.bytes) {
            return false;
        }
        tap.place = Some(kept.next);
        tap.taken += 1;
        self.settle();
        true
    }

    /// Whether the kernel has room for a quarter of the ring at most.
    pub(super) fn is_crowded(&self) -> bool {
        self.tap.as_ref().is_some_and(|tap| tap.seen - tap.block >= tap.ring.blocks() / 4 * 3)
    }

    /// Leaves out what remains of the oldest block, and counts it.
    pub(super) fn drop_block(&mut self) {
        let Some(tap) = &mut self.tap else { return };
        if let Some(block) = tap.ring.block(tap.block) {
            let left = u64::from(tap.place.unwrap_or_else(|| ring::first(block)).left);
            self.dropped.handover += left;
            tap.taken += left;
        }
        tap.next_block();
        self.settle();
    }

    /// The socket to wait on; none while there is something to read, because then it is always ready.
    pub(super) fn to_wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.tap.as_ref().filter(|tap| tap.is_drained()).map(|tap| tap.socket.as_fd())
    }

    /// Takes the error that the socket holds, so that it does not stand in the way of waiting.
    pub(super) fn take_error(&self) {
        if let Some(tap) = &self.tap {
            // Whatever it is, looking at the port will say.
            rustix::net::sockopt::socket_error(&tap.socket).ok();
        }
    }

    /// Goes on to the next frame that can be read; blocks that were read go back to the kernel.
    fn settle(&mut self) {
        let Some(tap) = &mut self.tap else { return };
        tap.next_at = None;
        while !tap.is_drained() {
            let Some(block) = tap.ring.block(tap.block) else { return };
            let place = tap.place.unwrap_or_else(|| ring::first(block));
            if let Some(kept) = ring::frame(block, place) {
                (tap.place, tap.next_at) = (Some(place), Some(kept.at));
                return;
            }
            // Not to be read, which no kernel was seen to do; it is lost all the same.
            self.dropped.handover += u64::from(place.left);
            tap.taken += u64::from(place.left);
            tap.next_block();
        }
    }
}

/// A port that is open.
struct Tap {
    socket: OwnedFd,
    ring: Ring,
    index: u32,
    link: LinkType,
    /// The block that is read, and the first that the kernel did not let go of yet; both only grow.
    block: usize,
    seen: usize,
    /// Frames that the kernel kept, as far as it was asked, and that we took or left out.
    kept: u64,
    taken: u64,
    /// When each block was seen, by the clock that never jumps.
    seen_at: Box<[Duration]>,
    /// Where in the block the next frame stands, once it was looked at.
    place: Option<Place>,
    next_at: Option<Timestamp>,
}

impl Tap {
    fn open(port: &PortName, segments: &[IpNet], options: &Options) -> Result<Self, LiveError> {
        check_prepared(port)?;
        let asking = socket::asking_socket().map_err(LiveError::failed("ask about", port))?;
        let index = rustix::net::netdevice::name_to_index(&asking, port.as_str())
            .map_err(|_| LiveError::NoSuchPort(port.clone()))?;
        let hardware = socket::hardware(&asking, port).map_err(LiveError::failed("ask about", port))?;
        let link = match hardware {
            ETHERNET | LOOPBACK => LinkType::Ethernet,
            NO_HEADER | RAW_IP => LinkType::Raw,
            _ => return Err(LiveError::UnknownHardware { port: port.clone(), hardware }),
        };
        let socket = socket::packet_socket().map_err(|err| match err.kind() {
            io::ErrorKind::PermissionDenied => {
                let program = std::env::current_exe().unwrap_or_else(|_| "cyberalarm".into());
                LiveError::NoRight { port: port.clone(), program }
            }
            _ => LiveError::failed("listen on", port)(err),
        })?;
        let blocks = (options.ring_bytes / BLOCK_BYTES).max(BLOCKS_MIN);
        let ring = Self::set_up(&socket, index, link, segments, blocks, options)
            .map_err(LiveError::failed("listen on", port))?;
        let seen_at = vec![Duration::ZERO; blocks].into_boxed_slice();
        Ok(Self {
            socket,
            ring,
            index,
            link,
            block: 0,
            seen: 0,
            kept: 0,
            taken: 0,
            seen_at,
            place: None,
            next_at: None,
        })
    }

    /// Nothing is heard before the filter is there, and nothing after that is missed.
    fn set_up(
        socket: &OwnedFd,
        index: u32,
        link: LinkType,
        segments: &[IpNet],
        blocks: usize,
        options: &Options,
    ) -> io::Result<Ring> {
        socket::ignore_outgoing(socket)?;
        socket::attach_filter(socket, &filter::program(segments, link))?;
        let retire_millis = u32::try_from(options.retire.as_millis()).unwrap_or(u32::MAX).max(1);
        socket::make_ring(socket, blocks, retire_millis)?;
        let ring = Ring::map(socket, blocks)?;
        socket::bind(socket, index)?;
        socket::hear_everything(socket, index)?;
        Ok(ring)
    }

    fn look(&mut self, now: Duration) {
        while self.seen - self.block < self.ring.blocks() && self.ring.is_ours(self.seen) {
            if let Some(seen_at) = self.seen_at.get_mut(self.seen % self.ring.blocks()) {
                *seen_at = now;
            }
            self.seen += 1;
        }
    }

    fn is_drained(&self) -> bool {
        self.block == self.seen
    }

    fn current_seen_at(&self) -> Duration {
        self.seen_at.get(self.block % self.ring.blocks()).copied().unwrap_or_default()
    }

    fn next_block(&mut self) {
        self.ring.give_back(self.block);
        self.block += 1;
        self.place = None;
    }
}

/// Fewer blocks than this are no ring: one is filled, one is read, and a quarter is kept free.
const BLOCKS_MIN: usize = 4;

/// Whom to ask about ports.
pub(super) struct Machine {
    asking: OwnedFd,
    counters: Counters,
}

impl Machine {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { asking: socket::asking_socket()?, counters: Counters::open()? })
    }

    fn index(&self, port: &PortName) -> Option<u32> {
        rustix::net::netdevice::name_to_index(&self.asking, port.as_str()).ok()
    }

    /// Whether the cable has a signal.
    fn signal(&self, port: &PortName) -> PortState {
        const BOTH: c_int = libc::IFF_UP | libc::IFF_RUNNING;
        match socket::flags(&self.asking, port) {
            Ok(flags) if flags & BOTH == BOTH => PortState::Hears,
            Ok(_) => PortState::NoSignal,
            Err(_) => PortState::Gone,
        }
    }
}

//! Listens on ports: frames from a wire, with the kernel's times, and what is to be known of the ports.
//!
//! [`prepare`] makes a port one that only listens, once after each start of the machine; [`Live::open`] refuses one that is not. It starts the
//! thread that listens, and [`Live::next`] hands over, in the engine's thread and without copying, what that thread heard:
//!
//! ```text
//!  card ─▶ kernel's ring ─▶ listener ─▶ hand-over ─▶ Live::next ─▶ engine
//!          one a port       in order    batches go
//!                           of time     round
//! ```
//!
//! Frames get lost in three places, and each is counted: by the card, by the kernel when its ring is full, and by the listener when the hand-over
//! is full. A cable that is pulled, a port that vanishes and one that comes back are no errors: a [`PortReport`] says so between the frames.
//!
//! It never sends, and it does not look into frames; which of them are heard the kernel decides, by the segments that it was given.
//! Why it is made like this and how large the buffers are: `docs/decisions/0004-live-capture.md`.

use core::fmt;
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use common_model::Timestamp;
use ipnet::IpNet;
use rustix::event::EventfdFlags;
use sensor_decode::{Frame, LinkType, PORTS_MAX, PortId};

mod batch;
mod error;
mod filter;
mod handover;
mod listener;
mod name;
mod netlink;
mod port;
mod prepare;
mod ring;
mod socket;

pub use error::LiveError;
pub use filter::SEGMENTS_MAX;
pub use name::PortName;
pub use prepare::{Missing, check_prepared, prepare};

use self::batch::{BATCH_BYTES, Batch, Said};
use self::handover::Consumer;
use self::listener::Listener;
use self::port::{Machine, Port};

/// How large the buffers are, and how long frames may wait in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The kernel's ring of each port, in bytes. 32 MiB last a quarter of a second at 1 Gbit/s (125 MB/s), longer than a thread that wants
    /// the processor waits for it.
    pub ring_bytes: usize,
    /// The hand-over to the engine, in bytes of frames. 64 MiB last half a second at 1 Gbit/s; the longest that the engine is busy with one
    /// frame is when it writes down what it learned. Guess; revisit after the pilot.
    pub handover_bytes: usize,
    /// How long the kernel keeps a block that is not full. What is shown is late by this much, and each port wakes the listener so often;
    /// 20 ms are 50 times a second. Guess.
    pub retire: Duration,
    /// Whether a port that is not there, or not prepared, is waited for instead of refused. For whoever listened on it before.
    pub waits_for_ports: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ring_bytes: 32 << 20,
            handover_bytes: 64 << 20,
            retire: Duration::from_millis(20),
            waits_for_ports: false,
        }
    }
}

/// Ports that are listened to.
pub struct Live {
    from: Consumer<Batch>,
    /// What is next in the batch at the front.
    place: usize,
    /// How late a frame may come.
    lag: Duration,
    links: Vec<LinkType>,
    wish: Arc<Wish>,
    thread: Option<JoinHandle<()>>,
}

/// What was heard.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Something is new of a port: once at the beginning, then when its state changes or frames were dropped.
    Port(PortReport),
    /// Nothing came for as long as was waited: until this time, all was heard that there was.
    Silence(Timestamp),
    /// It was told to stop, and everything was handed over.
    Stopped,
}

/// What is new of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortReport {
    /// Which port, in the order in which they were named.
    pub port: PortId,
    /// When it was looked at.
    pub at: Timestamp,
    /// How it is.
    pub state: PortState,
    /// What was lost since the last report.
    pub dropped: Dropped,
    /// How often the kernel stood still because its ring was full, since the last report.
    pub freezes: u64,
}

/// How a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortState {
    /// The cable has a signal.
    Hears,
    /// The cable is out, or the other end is off, or the port was brought down.
    NoSignal,
    /// The machine does not have it any more.
    Gone,
    /// It came back, and is not prepared: `cyberalarm box prepare PORT`.
    NotPrepared,
    /// It came back, and the kernel does not let us listen.
    Refused,
}

impl PortState {
    /// As it is written down.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            PortState::Hears => "hears",
            PortState::NoSignal => "no_signal",
            PortState::Gone => "gone",
            PortState::NotPrepared => "not_prepared",
            PortState::Refused => "refused",
        }
    }

    /// Whether frames can come.
    #[must_use]
    pub const fn has_carrier(self) -> bool {
        matches!(self, PortState::Hears)
    }
}

/// Frames that were lost, by who lost them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// By the card or its driver, as they count.
    pub card: u64,
    /// By the kernel, because its ring was full.
    pub kernel: u64,
    /// By the listener, because the hand-over was full.
    pub handover: u64,
}

impl Dropped {
    /// These and those.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            card: self.card.saturating_add(more.card),
            kernel: self.kernel.saturating_add(more.kernel),
            handover: self.handover.saturating_add(more.handover),
        }
    }

    /// All of them.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.card.saturating_add(self.kernel).saturating_add(self.handover)
    }
}

/// Tells the ports' thread to stop, from any thread.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Wish>);

impl Stop {
    /// Stops listening. What was heard is still handed over, then [`Heard::Stopped`].
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl Live {
    /// Listens on these ports, for frames from and to these segments; for all when there are none. The first port is [`PortId`] 0.
    ///
    /// # Errors
    /// [`LiveError`], each with what to do about it. All ports must be there and prepared, unless the options say that they are waited for; later they may
    /// come and go.
    pub fn open(ports: &[PortName], segments: &[IpNet], options: &Options) -> Result<Self, LiveError> {
        let has_twice =
            ports.iter().enumerate().any(|(at, port)| ports.iter().skip(at + 1).any(|it| it == port));
        if ports.is_empty() || ports.len() > PORTS_MAX || has_twice {
            return Err(LiveError::BadCount(ports.len()));
        }
        if segments.len() > SEGMENTS_MAX {
            return Err(LiveError::TooManySegments(segments.len()));
        }
        let opened: Vec<Port> = (0..)
            .zip(ports)
            .map(|(id, name)| Port::open(PortId(id), name, segments, options))
            .collect::<Result<_, _>>()?;
        let links = opened.iter().map(Port::link).collect();
        let batches = (options.handover_bytes / BATCH_BYTES).max(BATCHES_MIN);
        let (out, from) = handover::handover((0..batches).map(|_| Batch::new()));
        let wish = Arc::new(Wish::new().map_err(LiveError::NoThread)?);
        let listener = Listener {
            ports: opened,
            segments: segments.to_vec(),
            options: *options,
            machine: Machine::new().map_err(LiveError::NoThread)?,
            out,
            wish: Arc::clone(&wish),
        };
        let thread = std::thread::Builder::new()
            .name("listener".to_owned())
            .spawn(move || listener.run())
            .map_err(LiveError::NoThread)?;
        let lag = options.retire * 2 + listener::hold(options, ports.len());
        Ok(Self { from, place: 0, lag, links, wish, thread: Some(thread) })
    }

    /// What was heard next; waits so long for it at most.
    pub fn next(&mut self, patience: Duration) -> Heard<'_> {
        if !self.has_next(patience) {
            if self.from.is_closed() && self.from.front().is_none() {
                return Heard::Stopped;
            }
            return Heard::Silence(listener::realtime() - self.lag);
        }
        let place = self.place;
        self.place += 1;
        match self.from.front().and_then(|batch| batch.at(place)) {
            Some(Said::Frame(frame)) => Heard::Frame(frame),
            Some(Said::Port(report)) => Heard::Port(report),
            None => Heard::Silence(listener::realtime() - self.lag),
        }
    }

    /// How the frames of each port begin.
    #[must_use]
    pub fn links(&self) -> &[LinkType] {
        &self.links
    }

    /// Listens for other segments, for all when there are none. What was heard before is still handed over; nothing is lost.
    ///
    /// # Errors
    /// [`LiveError::TooManySegments`]; then nothing changes.
    pub fn listen_for(&self, segments: &[IpNet]) -> Result<(), LiveError> {
        if segments.len() > SEGMENTS_MAX {
            return Err(LiveError::TooManySegments(segments.len()));
        }
        self.wish.listen_for(segments.to_vec());
        Ok(())
    }

    /// A handle that stops it from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stop {
        Stop(Arc::clone(&self.wish))
    }

    /// Whether there is something to hand over, after waiting for it so long at most.
    fn has_next(&mut self, patience: Duration) -> bool {
        let mut until = None;
        loop {
            // In this order: what is not there after the end will never come.
            let is_closed = self.from.is_closed();
            match self.from.front() {
                Some(batch) if self.place < batch.len() => return true,
                Some(_) => {
                    self.from.give_back();
                    self.place = 0;
                }
                None if is_closed => return false,
                None => {
                    let now = listener::monotonic();
                    let until = *until.get_or_insert(now.saturating_add(patience));
                    if now >= until {
                        return false;
                    }
                    self.from.wait(until - now);
                }
            }
        }
    }
}

/// Fewer batches than this are no hand-over: one is filled, one waits, one is read.
const BATCHES_MIN: usize = 3;

impl Drop for Live {
    fn drop(&mut self) {
        self.wish.abandon();
        if let Some(thread) = self.thread.take() {
            // If it panicked, it said so itself.
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

/// What the listener is asked for by others.
#[derive(Debug)]
struct Wish {
    is_stopped: AtomicBool,
    is_abandoned: AtomicBool,
    /// What to listen for from now on.
    segments: Mutex<Option<Vec<IpNet>>>,
    wake: OwnedFd,
}

impl Wish {
    fn new() -> io::Result<Self> {
        let wake = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let (is_stopped, is_abandoned) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { is_stopped, is_abandoned, segments: Mutex::new(None), wake })
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.wake_up();
    }

    fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
        self.wake_up();
    }

    fn listen_for(&self, segments: Vec<IpNet>) {
        *self.segments.lock().unwrap_or_else(PoisonError::into_inner) = Some(segments);
        self.wake_up();
    }

    fn segments(&self) -> Option<Vec<IpNet>> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn wake_up(&self) {
        // It can only be full, and then it wakes all the same.
        rustix::io::write(&self.wake, &1_u64.to_ne_bytes()).ok();
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    /// Was woken up: the next wish wakes again.
    fn heard(&self) {
        let mut count = [0; 8];
        // It can only be empty, and then there is nothing to take.
        rustix::io::read(&self.wake, &mut count).ok();
    }

    /// Ready when there is a wish.
    fn to_wait_on(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

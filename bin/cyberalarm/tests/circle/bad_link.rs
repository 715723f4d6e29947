//! A link as a modem in a cellar has it. It carries TLS, so it can neither read nor make up what it carries; what it can do to a batch is what
//! any link can: lose it, hold it up, lose the answer so that it is sent again, or bring it when newer ones have long arrived.

use core::time::Duration;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// It is cut after so many bytes of both directions; a handshake takes some 5,000.
    CutAfter(u64),
    /// It holds so long, but each piece of it takes its time.
    Slow(u64),
    /// What was asked arrives, and the answer is lost: it is asked again.
    NoAnswer,
    /// It is cut before what was asked arrives, which then arrives after all, when it was asked again elsewhere and answered.
    Late,
}

/// The fates, dealt like cards. All end, so that none keeps the others from happening.
const FATES: [Fate; 6] = [
    Fate::CutAfter(9_000),
    Fate::Slow(11_000),
    Fate::NoAnswer,
    Fate::Late,
    Fate::CutAfter(2_000),
    Fate::CutAfter(14_000),
];

/// How long a slow link takes for a piece.
const SLOW: Duration = Duration::from_millis(40);

/// What was asked is over when nothing more comes for so long.
const QUIET: Duration = Duration::from_millis(150);

/// What is late arrives after this: the box is back within two seconds.
const LATE: Duration = Duration::from_millis(2_500);

/// How often something happened.
#[derive(Debug, Default)]
pub(crate) struct Happened {
    pub(crate) cut: AtomicU64,
    pub(crate) slow: AtomicU64,
    pub(crate) unanswered: AtomicU64,
    pub(crate) late: AtomicU64,
}

impl Happened {
    pub(crate) fn counts(&self) -> [u64; 4] {
        [&self.cut, &self.slow, &self.unanswered, &self.late].map(|count| count.load(Ordering::Relaxed))
    }
}

/// The link.
pub(crate) struct BadLink {
    address: SocketAddr,
    is_bad: Arc<AtomicBool>,
    pub(crate) happened: Arc<Happened>,
}

impl BadLink {
    /// Leads there, and is good until it is told to be bad. Its threads end with the test.
    pub(crate) fn to(there: SocketAddr) -> BadLink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let link = BadLink { address, is_bad: Arc::default(), happened: Arc::default() };
        let (is_bad, happened) = (Arc::clone(&link.is_bad), Arc::clone(&link.happened));
        std::thread::spawn(move || {
            let (mut dice, mut cards) = (Dice(1), Vec::new());
            for here in listener.incoming().flatten() {
                // Nobody is there: the caller hears so at once.
                let Ok(there) = TcpStream::connect(there) else { continue };
                if cards.is_empty() {
                    cards.extend(FATES);
                }
                let fate = cards.swap_remove(dice.throw(cards.len()));
                let carried = Carried { here, there, count: Arc::default(), happened: Arc::clone(&happened) };
                let is_bad = is_bad.load(Ordering::Relaxed);
                std::thread::spawn(
                    move || if is_bad { carried.meet(fate) } else { carried.both(None, None) },
                );
            }
        });
        link
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn be_bad(&self) {
        self.is_bad.store(true, Ordering::Relaxed);
    }
}

/// A connection on its way.
struct Carried {
    here: TcpStream,
    there: TcpStream,
    count: Arc<AtomicU64>,
    happened: Arc<Happened>,
}

impl Carried {
    fn meet(self, fate: Fate) {
        match fate {
            Fate::CutAfter(most) => self.both(Some(most), None),
            Fate::Slow(most) => {
                self.happened.slow.fetch_add(1, Ordering::Relaxed);
                self.both(Some(most), Some(SLOW));
            }
            Fate::NoAnswer => self.lose_answer(),
            Fate::Late => self.be_late(),
        }
    }

    /// Carries bytes both ways until one end closes, or so many were carried.
    fn both(&self, most: Option<u64>, pause: Option<Duration>) {
        std::thread::scope(|scope| {
            for (from, to) in [(&self.here, &self.there), (&self.there, &self.here)] {
                scope.spawn(move || self.carry(from, to, most, pause));
            }
        });
    }

    fn carry(&self, mut from: &TcpStream, mut to: &TcpStream, most: Option<u64>, pause: Option<Duration>) {
        let mut bytes = [0; 1_024];
        while let Ok(len @ 1..) = from.read(&mut bytes) {
            let before = self.count.fetch_add(len as u64, Ordering::Relaxed);
            if most.is_some_and(|most| before + len as u64 > most) {
                self.happened.cut.fetch_add(1, Ordering::Relaxed);
                break;
            }
            if let Some(pause) = pause {
                std::thread::sleep(pause);
            }
            if to.write_all(&bytes[..len]).is_err() {
                break;
            }
        }
        self.close();
    }

    /// The first word of each side: the beginning of the handshake. After it the box sends the end of it and what it asks at once.
    fn greet(&self) -> Option<()> {
        let hello = burst(&self.here)?;
        (&self.there).write_all(&hello).ok()?;
        let answer = burst(&self.there)?;
        (&self.here).write_all(&answer).ok()
    }

    fn lose_answer(&self) {
        let asked = self.greet().and_then(|()| burst(&self.here));
        if let Some(asked) = asked
            && (&self.there).write_all(&asked).is_ok()
            // It was heard; what comes back is lost.
            && burst(&self.there).is_some()
        {
            self.happened.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        self.close();
    }

    fn be_late(&self) {
        let asked = self.greet().and_then(|()| burst(&self.here));
        let _is_closed = self.here.shutdown(Shutdown::Both);
        if let Some(asked) = asked {
            std::thread::sleep(LATE);
            if (&self.there).write_all(&asked).is_ok() && burst(&self.there).is_some() {
                self.happened.late.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.close();
    }

    fn close(&self) {
        for end in [&self.here, &self.there] {
            let _is_closed = end.shutdown(Shutdown::Both);
        }
    }
}

/// All that comes until it is quiet; `None` when nothing comes any more.
fn burst(mut from: &TcpStream) -> Option<Vec<u8>> {
    from.set_read_timeout(None).ok()?;
    let (mut all, mut bytes) = (Vec::new(), [0; 16 << 10]);
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        all.extend_from_slice(&bytes[..len]);
        from.set_read_timeout(Some(QUIET)).ok()?;
    }
    from.set_read_timeout(None).ok()?;
    (!all.is_empty()).then_some(all)
}

/// The same throws every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn throw(&mut self, sides: usize) -> usize {
        // Knuth's MMIX constants; the upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

//! A link as a modem in a cellar has it: connections are cut after some bytes, in either direction, before or after something arrived.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// After so many bytes a connection is cut, by turns; `None` lives. A handshake takes some 5,000, so some end in it.
const CUT_AFTER: [Option<u64>; 6] = [Some(9_000), None, Some(2_000), Some(14_000), None, Some(6_000)];

/// The link.
pub(crate) struct BadLink {
    address: SocketAddr,
    cuts: Arc<AtomicU64>,
}

impl BadLink {
    /// Leads there. Its thread ends with the test.
    pub(crate) fn to(there: SocketAddr) -> BadLink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for (number, here) in listener.incoming().flatten().enumerate() {
                let cut_after = CUT_AFTER.get(number % CUT_AFTER.len()).copied().flatten();
                // Nobody is there: the caller hears so at once.
                let Ok(there) = TcpStream::connect(there) else { continue };
                carry(&here, &there, cut_after, &counter);
            }
        });
        BadLink { address, cuts }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it cut.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Carries bytes both ways until one end closes, or so many were carried.
fn carry(here: &TcpStream, there: &TcpStream, cut_after: Option<u64>, cuts: &Arc<AtomicU64>) {
    let carried = Arc::new(AtomicU64::new(0));
    for (from, to) in [(here, there), (there, here)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let (carried, cuts) = (Arc::clone(&carried), Arc::clone(cuts));
        std::thread::spawn(move || {
            let mut bytes = [0; 1_024];
            while let Ok(len @ 1..) = from.read(&mut bytes) {
                let before = carried.fetch_add(len as u64, Ordering::Relaxed);
                if cut_after.is_some_and(|most| before + len as u64 > most) {
                    cuts.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                if to.write_all(&bytes[..len]).is_err() {
                    break;
                }
            }
            for end in [from, to] {
                let _is_closed = end.shutdown(Shutdown::Both);
            }
        });
    }
}

//! A bell between the box's processes: whoever has written something rings, whoever waits looks at once instead of at its next turn.
//!
//! Each process has one in the folder of the box's state. What is rung with is a hint and may get lost; the truth is in the databases.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes that one ring carries. Guess: how the sensor is takes some hundred, and half of it when nothing can be written.
pub const RING_BYTES_MAX: usize = 64 << 10;

/// A process's own bell.
#[derive(Debug)]
pub struct Bell {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Bell {
    /// Hangs up the bell of this process; one that a killed process left is replaced.
    ///
    /// # Errors
    /// When the folder cannot be written, or its path is longer than a socket's may be (107 bytes).
    pub fn new(folder: &Path, of: &str) -> io::Result<Self> {
        let path = path(folder, of);
        match std::fs::remove_file(&path) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        Ok(Bell { socket: UnixDatagram::bind(&path)?, path })
    }

    /// Waits for a ring, at most so long. Returns what it was rung with; `None` when nobody rang.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn wait(&self, at_most: Duration) -> io::Result<Option<Vec<u8>>> {
        // Zero would mean for ever.
        self.socket.set_read_timeout(Some(at_most.max(Duration::from_millis(1))))?;
        let mut with = vec![0; RING_BYTES_MAX];
        match self.socket.recv(&mut with) {
            Ok(len) => {
                with.truncate(len);
                Ok(Some(with))
            }
            Err(err)
                if matches!(
                    err.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(None)
            }
            Err(err) => Err(err),
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        // Who starts next takes it down.
        let _is_gone = std::fs::remove_file(&self.path);
    }
}

/// Rings the bell of another process. Returns whether it heard: it may not be running, or not have listened for a while, or this is more than
/// a ring carries.
#[must_use]
pub fn ring(folder: &Path, of: &str, with: &[u8]) -> bool {
    if with.len() > RING_BYTES_MAX {
        return false;
    }
    let send = || {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(with, path(folder, of))
    };
    send().is_ok()
}

fn path(folder: &Path, of: &str) -> PathBuf {
    folder.join(format!("{of}.bell"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_heard_and_a_missing_bell_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!ring(folder.path(), "tablet", b"early"));
        let bell = Bell::new(folder.path(), "tablet").unwrap();
        assert!(ring(folder.path(), "tablet", b"now"));
        assert_eq!(bell.wait(Duration::from_secs(5)).unwrap().as_deref(), Some(&b"now"[..]));
        assert_eq!(bell.wait(Duration::ZERO).unwrap(), None);
        drop(bell);
        assert!(!ring(folder.path(), "tablet", b"late"));
        let bell = Bell::new(folder.path(), "tablet").unwrap();
        assert!(
            !ring(folder.path(), "tablet", &vec![b'x'; RING_BYTES_MAX + 1]),
            "half of it would be no use"
        );
        assert!(ring(folder.path(), "tablet", &vec![b'x'; RING_BYTES_MAX]));
        let heard = bell.wait(Duration::from_secs(5)).unwrap();
        assert_eq!(heard.map(|with| with.len()), Some(RING_BYTES_MAX));
    }

    #[test]
    fn the_bell_of_a_killed_process_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::mem::forget(Bell::new(folder.path(), "sensor").unwrap());
        let bell = Bell::new(folder.path(), "sensor").unwrap();
        assert!(ring(folder.path(), "sensor", b""));
        assert_eq!(bell.wait(Duration::from_secs(5)).unwrap(), Some(vec![]));
    }
}

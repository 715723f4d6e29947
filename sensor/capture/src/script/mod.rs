//! Packet scripts: network traffic written as text (`.pkt`), so that a case can be read, reviewed and diffed, and played like any capture.
//!
//! A script has a line for each thing that happens, one after the other: each begins a millisecond after the one before has ended. Blocks stand
//! indented below `repeat` and `talk`, comments behind `#`. All times are UTC. Examples and advice: `docs/guide/packet-scripts.md`.
//!
//! ```text
//! date 2026-03-18                              to this midnight; a script begins at that of 2026-03-18, a Wednesday
//! at [+N days] HH:MM[:SS[.FRACTION]]           to this time of the present day, or of N days later; also back
//! after TIME                                   so long nothing: us, ms, s, min, h, day, days
//! seed NUMBER                                  other random text; a script begins with 1
//!
//! device NAME [IPV4] [IPV6] [MAC] [gateway]    of this net; without MAC it is derived from the address
//! outside NAME [IPV4] [IPV6]                   behind the gateway
//!
//! repeat COUNT [as COUNTER] [every TIME] [at HH:MM]:
//!     …                                        the block COUNT times; each begins at its beat, even if the one before goes on
//! play PATH                                    a recording, moved to the present time; PATH begins at the script's folder
//!
//! WHO[:PORT] -> WHO:PORT dns TYPE NAME = nothing|nxdomain|servfail|refused|empty|DATA… [over tcp]
//! WHO[:PORT] -> WHO:PORT tcp refused|unanswered|opened|BULK
//! WHO[:PORT] -> WHO:PORT udp refused|unanswered|BULK
//! WHO[:PORT] -> WHO:PORT tls NAME [BULK]       BULK: [sends SIZE] [gets SIZE] [in TIME]; SIZE: B, kB, MB, GB
//! WHO -> WHO ping [= nothing]
//! talk WHO[:PORT] -> WHO:PORT:
//!     > TEXT                                   the client says a line
//!     < TEXT                                   the server does; any other statement may stand between
//!
//! WHO asks who has IP                          ARP, or neighbour discovery for IPv6
//! WHO says IP is at WHO [to WHO]               the answer; without `to` to all, unasked
//! WHO leases IP to WHO [as NAME] [gateway WHO] [names WHO] [vendor TEXT]
//! WHO offers IP to WHO […]                     the same, and the client does not take it
//! WHO announces host NAME | service _x._tcp [as NAME] | model TEXT
//! raw WHO -> WHO ETHERTYPE HEX                 a frame of anything
//! ```
//!
//! `WHO` is a name, an address, or where only the Ethernet address counts that. A word with spaces stands in quotes. Holes are filled before a
//! line is read: `{n}` counts the innermost repeat from 1 (`{n+20}` from 21), `{COUNTER}` the one of this name, `{hex:16}`, `{letters:12}` and
//! `{number:1-250}` are random; `{{` is a brace.
//!
//! What is poured by `sends` and `gets` is zeroes; of each side's first packet all is kept, of those after it the headers, so that 64 MB cost
//! little memory. There is no loss, no fragment and no VLAN: for those, record and `play`.

mod build;
mod bulk;
mod cast;
mod conversation;
mod dhcp;
mod dns;
mod exchanges;
mod holes;
mod lines;
mod neighbours;
mod stage;
mod statement;
mod tape;
mod tls;
mod words;

use std::path::Path;

use common_model::one_line;
use sensor_decode::Frame;

use crate::Frames;
use crate::files::{self, FileError};
use stage::Stage;
use tape::Tape;

/// Longest script that is read, in bytes. Guess: what is longer is no text to be reviewed.
const SCRIPT_BYTES_MAX: u64 = 1 << 20;

/// Why a script cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of it is wrong.
    #[error("{name}:{line}: {problem}")]
    Line {
        /// Which script.
        name: String,
        /// Which line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl ScriptError {
    /// Something is wrong with this line.
    fn at(name: &str, line: usize) -> impl Fn(String) -> ScriptError + Copy {
        move |problem| ScriptError::Line { name: name.to_owned(), line, problem: one_line(&problem) }
    }
}

/// A script that was played; its frames are in memory, in time order.
#[derive(Debug)]
pub struct Script {
    tape: Tape,
    next: usize,
}

impl Script {
    /// Reads and plays a file.
    ///
    /// # Errors
    /// [`ScriptError`] when it cannot be read, or a line is wrong.
    pub fn open(path: &Path) -> Result<Self, ScriptError> {
        let text = files::read_text_capped(path, SCRIPT_BYTES_MAX)?;
        Script::parse(&path.display().to_string(), &text, path.parent().unwrap_or(Path::new("")))
    }

    /// Plays a text; `name` is what messages call it, and `folder` is where the recordings are that it plays.
    ///
    /// # Errors
    /// [`ScriptError::Line`] when a line is wrong.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Self, ScriptError> {
        let lines = lines::tree(text).map_err(|(line, problem)| ScriptError::at(name, line)(problem))?;
        let mut stage = Stage::new(name, folder);
        stage.play(&lines)?;
        let mut tape = stage.into_tape();
        tape.sort();
        Ok(Script { tape, next: 0 })
    }
}

impl Frames for Script {
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        let frame = self.tape.frame(self.next)?;
        self.next += 1;
        Some(frame)
    }
}

#[cfg(test)]
mod tests;

//! Why a port cannot be heard: one sentence each, with what to do about it.

use core::fmt;
use std::io;
use std::path::PathBuf;

use super::{Missing, PortName, SEGMENTS_MAX};

/// Why listening did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The name cannot be one of a port.
    #[error("{0:?} is no name of a port: it has 1 to 15 letters without blanks, slashes or colons")]
    BadName(String),
    /// None, too many, or one twice.
    #[error("could not listen on {0} ports: between 1 and {max} can be heard, each once", max = sensor_decode::PORTS_MAX)]
    BadCount(usize),
    /// The machine has no such port.
    #[error("there is no port {0} (`ip link` lists those that are there)")]
    NoSuchPort(PortName),
    /// It might send, or hand over frames that were never on the wire.
    #[error(
        "port {port} is not prepared for listening ({}): run `sudo {} box prepare {port}`",
        listed(missing),
        this_program()
    )]
    NotPrepared {
        /// Which port.
        port: PortName,
        /// What is to be done.
        missing: Vec<Missing>,
    },
    /// The kernel does not let us.
    #[error(
        "may not listen on port {port}: give the program the right with `sudo setcap cap_net_raw=ep {}`",
        quoted(program)
    )]
    NoRight {
        /// Which port.
        port: PortName,
        /// The program that runs.
        program: PathBuf,
    },
    /// Its frames begin with a header that is not read.
    #[error("port {port} is hardware of kind {hardware}, whose frames are not read: take an Ethernet port")]
    UnknownHardware {
        /// Which port.
        port: PortName,
        /// `ARPHRD_…` of linux/if_arp.h.
        hardware: u16,
    },
    /// More segments than fit into a filter.
    #[error("{0} segments are too many to listen for: {SEGMENTS_MAX} at most, or join some into larger ones")]
    TooManySegments(usize),
    /// Changing a port needs rights.
    #[error("may not change port {0}: run `sudo {program} box prepare {0}`", program = this_program())]
    NotRoot(PortName),
    /// Everything else.
    #[error("could not {doing} port {port}")]
    Failed {
        /// What was tried, as a verb.
        doing: &'static str,
        /// Which port.
        port: PortName,
        /// What the kernel said.
        #[source]
        source: io::Error,
    },
    /// The thread that listens did not start.
    #[error("could not start the thread that listens")]
    NoThread(#[source] io::Error),
}

impl LiveError {
    pub(super) fn failed(doing: &'static str, port: &PortName) -> impl FnOnce(io::Error) -> Self {
        move |source| LiveError::Failed { doing, port: port.clone(), source }
    }
}

struct Listed<'a>(&'a [Missing]);

fn listed(missing: &[Missing]) -> impl fmt::Display {
    Listed(missing).to_string()
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, missing) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{missing}")?;
        }
        Ok(())
    }
}

/// The program that runs, as a shell reads it: `sudo` looks for names in few places.
fn this_program() -> String {
    std::env::current_exe().map_or_else(|_| "cyberalarm".to_owned(), |program| quoted(&program))
}

/// A path as a shell reads it.
fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_to_do() {
        let port: PortName = "eth1".parse().unwrap();
        let refused =
            LiveError::NotPrepared { port: port.clone(), missing: vec![Missing::NoAddress, Missing::NoIpv6] };
        let said = refused.to_string();
        let why = "port eth1 is not prepared for listening (it has addresses, IPv6 is on): run `sudo /";
        assert!(said.starts_with(why) && said.ends_with(" box prepare eth1`"), "{said}");
        let refused = LiveError::NoRight { port, program: "/opt/the box/cyberalarm".into() };
        assert_eq!(
            refused.to_string(),
            "may not listen on port eth1: give the program the right with `sudo setcap cap_net_raw=ep '/opt/the box/cyberalarm'`"
        );
    }
}

//! Feeds arbitrary bytes to everything that reads bytes from outside: one function a target, which panics when something does not hold.
//!
//! What must hold is more than "no panic": what is handed out lies in the input, an error is one plain line, the same bytes say the same
//! however they are cut, tables stay within their limits, what is written reads back. `testing/fuzz` searches for inputs that break it; the
//! ones worth keeping lie in `corpus`, a folder for each target, and are played in every `./test`.
//!
//! Protocols need no target of their own: `stream` and `datagram` try every protocol of the list.

mod bytes;
mod captures;
mod engine;
mod flows;
mod frame;
mod moves;
mod plain;
mod protocols;
mod reassembly;
mod texts;
mod wire;

/// One thing that reads bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Kebab-case; the file of the fuzzer and the folder of the corpus are called so too.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub run: fn(&[u8]),
}

/// The only list. Alphabetical; a test compares it with the corpora and the fuzzers.
pub static ALL: &[Target] = &[
    Target { name: "batch", run: wire::batch },
    Target { name: "capture", run: captures::capture },
    Target { name: "certificate", run: protocols::certificate },
    Target { name: "datagram", run: protocols::datagram },
    Target { name: "engine", run: engine::engine },
    Target { name: "flows", run: flows::flows },
    Target { name: "frame", run: frame::frame },
    Target { name: "indicators", run: texts::indicators },
    Target { name: "labels", run: texts::labels },
    Target { name: "profile", run: engine::profile },
    Target { name: "reassembly", run: reassembly::reassembly },
    Target { name: "script", run: texts::script },
    Target { name: "site", run: texts::site },
    Target { name: "stream", run: protocols::stream },
];

/// Runs the target of this name.
///
/// # Panics
/// When there is none, or something does not hold.
pub fn run(name: &str, input: &[u8]) {
    let target = ALL.iter().find(|target| target.name == name);
    (target.expect("the name is in the list").run)(input);
}

//! The house rules that a machine can check.
//!
//! One rule is one line in the list below: its name, a pure function from the house to its faults, and the reason that is printed
//! with each fault. What the compiler and clippy can check stands in `Cargo.toml` and `clippy.toml`, not here.

mod documents;
pub(crate) mod lists;
mod rooms;
mod source;
mod words;

use crate::house::House;

/// One rule.
pub(crate) struct Rule {
    /// What is printed before each fault.
    pub(crate) name: &'static str,
    /// The faults, one sentence each.
    pub(crate) check: fn(&House) -> Vec<String>,
    /// Why we care.
    pub(crate) because: &'static str,
}

/// Every rule.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "names",
        check: rooms::names,
        because: "every `use` line shall show the room, so that a wrong one looks wrong",
    },
    Rule {
        name: "directions",
        check: rooms::directions,
        because: "data walks one way: a crate knows what stands before it on the walk, never what comes after",
    },
    Rule {
        name: "pure",
        check: rooms::pure,
        because: "the core is a function of packets, settings and knowledge: live and replay must give the same answer",
    },
    Rule {
        name: "no-io",
        check: source::no_io,
        because: "the core does no IO: it is handed what it needs, so that a test can hand it the same",
    },
    Rule {
        name: "no-clock",
        check: source::no_clock,
        because: "the core has one clock, the time of the frame, handed in as `now: Timestamp`",
    },
    Rule {
        name: "no-unsafe",
        check: source::no_unsafe,
        because: "hostile packets are parsed here; memory safety is the compiler's work, except in the capture ring",
    },
    Rule {
        name: "why-first",
        check: source::why_first,
        because: "a file opens with what it is for and what it does not do",
    },
    Rule {
        name: "words-in-words-files",
        check: source::no_danish,
        because: "texts for people live in common/words, where they are linted and translated",
    },
    Rule {
        name: "no-machine-paths",
        check: source::no_machine_paths,
        because: "what works on one machine only is broken on all others",
    },
    Rule { name: "lints", check: source::lints, because: "one set of lints holds for every crate" },
    Rule {
        name: "protocol-list",
        check: lists::protocols,
        because: "one protocol is one folder and one line; deleting both deletes the feature",
    },
    Rule {
        name: "detector-list",
        check: lists::detectors,
        because: "one detector is one folder and one line; deleting both deletes the feature",
    },
    Rule {
        name: "message-list",
        check: lists::messages,
        because: "a message is one file in each language and one line",
    },
    Rule {
        name: "words-for-kinds",
        check: words::kinds,
        because: "a detector that cannot say in plain words what it saw has nothing to say",
    },
    Rule {
        name: "cases",
        check: lists::cases,
        because: "a detector without a quiet case has not been thought through: calm is what the product promises",
    },
    Rule {
        name: "sources-of-numbers",
        check: lists::settings,
        because: "a threshold that nobody can explain is a threshold that nobody dares to change",
    },
    Rule {
        name: "headings",
        check: lists::headings,
        because: "each README is a page of the documentation, and readers find the same things in the same places",
    },
    Rule {
        name: "paths-in-documents",
        check: documents::paths,
        because: "a map that names what is not there misleads",
    },
];

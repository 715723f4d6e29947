//! Typed facts: what a detector knows of its finding.
//!
//! There is no free text. Whoever shows or sends a fact decides by its type what may be shown to whom: a name inside the
//! clinic never crosses the wire, an indicator crosses as a pseudonym, a count may go anywhere.

use core::net::IpAddr;
use core::time::Duration;
use std::borrow::Cow;

use crate::{DeviceId, Timestamp};

/// Longest text a fact may carry, in bytes. RFC 1035 §2.3.4 allows 255 for a name; longer values are cut.
pub const FACT_TEXT_BYTES_MAX: usize = 255;

/// One fact, by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A device of the clinic.
    Device(DeviceId),
    /// A user name or other trace of a person. Shown in the clinic only.
    Person(String),
    /// A name of something inside the clinic. Shown in the clinic only.
    InternalName(String),
    /// An address inside the clinic. Shown in the clinic only.
    InternalAddress(IpAddr),
    /// An address, name or fingerprint outside the clinic.
    Indicator {
        /// Its canonical form.
        value: String,
        /// Whether a list of known-bad things has it: then it may leave the clinic in clear.
        known_bad: bool,
    },
    /// A number of things.
    Count(u64),
    /// An amount of data, in bytes.
    Bytes(u64),
    /// A span of time.
    Duration(Duration),
    /// A moment.
    Time(Timestamp),
    /// One of a few words that a words file translates ("ssh", "tcp").
    Choice(Cow<'static, str>),
}

impl Fact {
    /// An indicator, cut to [`FACT_TEXT_BYTES_MAX`].
    #[must_use]
    pub fn indicator(value: &str, known_bad: bool) -> Fact {
        Fact::Indicator { value: cut(value), known_bad }
    }

    /// A name inside the clinic, cut to [`FACT_TEXT_BYTES_MAX`].
    #[must_use]
    pub fn internal_name(name: &str) -> Fact {
        Fact::InternalName(cut(name))
    }

    /// A user name, cut to [`FACT_TEXT_BYTES_MAX`].
    #[must_use]
    pub fn person(name: &str) -> Fact {
        Fact::Person(cut(name))
    }

    /// A word that a words file translates.
    #[must_use]
    pub const fn choice(word: &'static str) -> Fact {
        Fact::Choice(Cow::Borrowed(word))
    }

    /// The name of its type in machine-readable output.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Fact::Device(_) => "device",
            Fact::Person(_) => "person",
            Fact::InternalName(_) => "internal_name",
            Fact::InternalAddress(_) => "internal_address",
            Fact::Indicator { .. } => "indicator",
            Fact::Count(_) => "count",
            Fact::Bytes(_) => "bytes",
            Fact::Duration(_) => "duration",
            Fact::Time(_) => "time",
            Fact::Choice(_) => "choice",
        }
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(FACT_TEXT_BYTES_MAX)].to_owned()
}

/// Facts by name, in the order in which the detector gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Cow<'static, str>, Fact)>);

impl Facts {
    /// No facts.
    #[must_use]
    pub const fn new() -> Self {
        Facts(Vec::new())
    }

    /// These facts and one more; a fact of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, fact: Fact) -> Self {
        self.set(name, fact);
        self
    }

    /// Adds a fact; one of the same name is replaced.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, fact: Fact) {
        let name = name.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = fact,
            None => self.0.push((name, fact)),
        }
    }

    /// The fact of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, fact)| (&**name, fact))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        let Fact::InternalName(name) = Fact::internal_name(&"å".repeat(200)) else { panic!("not a name") };
        assert_eq!(name.len(), 254);
    }

    #[test]
    fn same_name_replaces() {
        let facts = Facts::new().with("n", Fact::Count(1)).with("n", Fact::Count(2));
        assert_eq!(facts.iter().count(), 1);
        assert_eq!(facts.get("n"), Some(&Fact::Count(2)));
    }
}

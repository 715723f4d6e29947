//! The audit log: who did or read what, each entry bound to the one before it by a hash, so that one that is changed or taken out is seen.
//!
//! There is no key in it: whoever may write to the database can cut off the end, or write the whole log anew so that it holds together. That is seen
//! only by whoever kept the number and the hash of an entry elsewhere ([`Mark`]) and compares.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::sha256;

/// The hash before the first entry.
pub const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Its number: 1, 2, 3, …
    pub no: i64,
    /// When, in nanoseconds since 1970.
    pub at_ns: i64,
    /// Who: the name of an account, or `centre`.
    pub who: String,
    /// What was done: `incident.read`.
    pub deed: String,
    /// To what.
    pub on: String,
    /// More about it.
    pub detail: String,
    /// Binds it to all before it.
    pub hash: String,
}

/// The hash of an entry after one with the hash `before`.
#[must_use]
pub fn hash(before: &str, entry: &Entry) -> String {
    // JSON keeps apart what stands beside each other, whatever is in it.
    let fields = (before, entry.no, entry.at_ns, &entry.who, &entry.deed, &entry.on, &entry.detail);
    sha256(serde_json::to_string(&fields).unwrap_or_default().as_bytes())
}

/// An entry as it is kept elsewhere, to be compared with: `NO:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its number.
    pub no: i64,
    /// Its hash.
    pub hash: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.no, self.hash)
    }
}

/// It is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry is its number, a colon and the 64 digits of its hash, as `audit verify` prints it")]
pub struct NoMark;

impl FromStr for Mark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let (no, hash) = text.trim().split_once(':').ok_or(NoMark)?;
        let no = no.parse().ok().filter(|no| *no >= 0).ok_or(NoMark)?;
        let is_hash = hash.len() == START.len() && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_hash { Ok(Mark { no, hash: hash.to_ascii_lowercase() }) } else { Err(NoMark) }
    }
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// One is missing, or stands twice.
    #[error("entry {wanted} is missing: {found} comes next")]
    Missing {
        /// The one that should come.
        wanted: i64,
        /// The one that does.
        found: i64,
    },
    /// One was changed.
    #[error("entry {0} is not what was written")]
    Changed(i64),
    /// It holds together, and is not the log that was there: an entry that was kept elsewhere is another.
    #[error("entry {0} is another than the one that was kept: the log was written anew")]
    Rewritten(i64),
    /// It ends before an entry that was kept elsewhere.
    #[error("the log ends with entry {last}, and entry {kept} was kept: its end was cut off")]
    CutOff {
        /// The one that was kept.
        kept: i64,
        /// The last one that is there.
        last: i64,
    },
}

/// Walks along a chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Entries that were looked at.
    pub entries: i64,
    /// The hash of the last of them.
    pub last: String,
    kept: Option<Mark>,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { entries: 0, last: START.to_owned(), kept: None }
    }
}

impl Chain {
    /// Walks along a chain that must have this entry, which was kept elsewhere.
    #[must_use]
    pub fn with(kept: Option<Mark>) -> Self {
        Chain { kept, ..Chain::default() }
    }

    /// The last entry, to be kept elsewhere.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { no: self.entries, hash: self.last.clone() }
    }

    /// The chain has no further entry.
    ///
    /// # Errors
    /// [`Broken::CutOff`] when the entry that was kept did not come.
    pub fn end(&self) -> Result<(), Broken> {
        let kept = self.kept.as_ref().map_or(0, |kept| kept.no);
        if kept > self.entries { Err(Broken::CutOff { kept, last: self.entries }) } else { Ok(()) }
    }

    /// Looks at the next entry.
    ///
    /// # Errors
    /// [`Broken`] when it is not the next, or not what was written.
    pub fn check(&mut self, entry: &Entry) -> Result<(), Broken> {
        let wanted = self.entries + 1;
        if entry.no != wanted {
            return Err(Broken::Missing { wanted, found: entry.no });
        }
        if hash(&self.last, entry) != entry.hash {
            return Err(Broken::Changed(entry.no));
        }
        if self.kept.as_ref().is_some_and(|kept| kept.no == entry.no && kept.hash != entry.hash) {
            return Err(Broken::Rewritten(entry.no));
        }
        self.entries = wanted;
        self.last.clone_from(&entry.hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Entry> {
        log_of("ida")
    }

    fn log_of(who: &str) -> Vec<Entry> {
        let mut before = START.to_owned();
        (1..=3)
            .map(|no| {
                let (who, deed) = (who.into(), "incident.read".into());
                let mut entry = Entry {
                    no,
                    at_ns: no,
                    who,
                    deed,
                    on: "7".into(),
                    detail: String::new(),
                    hash: String::new(),
                };
                entry.hash = hash(&before, &entry);
                before.clone_from(&entry.hash);
                entry
            })
            .collect()
    }

    fn verdict(log: &[Entry]) -> Result<i64, Broken> {
        verdict_with(log, None)
    }

    fn verdict_with(log: &[Entry], kept: Option<&Mark>) -> Result<i64, Broken> {
        let mut chain = Chain::with(kept.cloned());
        log.iter().try_for_each(|entry| chain.check(entry))?;
        chain.end()?;
        Ok(chain.entries)
    }

    #[test]
    fn what_was_written_anew_or_cut_off_is_seen_by_whoever_kept_an_entry() {
        let mut chain = Chain::default();
        log().iter().take(2).try_for_each(|entry| chain.check(entry)).unwrap();
        let kept: Mark = chain.mark().to_string().parse().unwrap();
        assert_eq!(verdict_with(&log(), Some(&kept)), Ok(3));
        // It holds together, and tells of another.
        assert_eq!(verdict(&log_of("ole")), Ok(3));
        assert_eq!(verdict_with(&log_of("ole"), Some(&kept)), Err(Broken::Rewritten(2)));
        assert_eq!(verdict(&log()[..1]), Ok(1));
        assert_eq!(verdict_with(&log()[..1], Some(&kept)), Err(Broken::CutOff { kept: 2, last: 1 }));
        for wrong in ["", "2", "2:", ":5", "x:5", "2:5", &format!("-1:{START}"), &format!("2:{START}0")] {
            assert_eq!(wrong.parse::<Mark>(), Err(NoMark), "{wrong}");
        }
    }

    #[test]
    fn what_is_changed_taken_out_or_moved_is_seen() {
        assert_eq!(verdict(&log()), Ok(3));
        let mut changed = log();
        changed[1].who = "ole".into();
        assert_eq!(verdict(&changed), Err(Broken::Changed(2)));
        let mut fewer = log();
        fewer.remove(1);
        assert_eq!(verdict(&fewer), Err(Broken::Missing { wanted: 2, found: 3 }));
        let mut moved = log();
        moved[1].on = String::new();
        moved[1].detail = "7".into();
        assert_eq!(verdict(&moved), Err(Broken::Changed(2)));
    }
}

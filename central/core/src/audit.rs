//! The audit log: who did or read what, each entry bound to the one before it by a hash, so that none can be changed or taken out unseen.
//!
//! Cutting off the end is not seen by the chain alone: whoever verifies compares the last hash with one that was noted elsewhere.

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
}

/// Walks along a chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Entries that were looked at.
    pub entries: i64,
    /// The hash of the last of them.
    pub last: String,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { entries: 0, last: START.to_owned() }
    }
}

impl Chain {
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
        self.entries = wanted;
        self.last.clone_from(&entry.hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Entry> {
        let mut before = START.to_owned();
        (1..=3)
            .map(|no| {
                let (who, deed) = ("ida".into(), "incident.read".into());
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
        let mut chain = Chain::default();
        log.iter().try_for_each(|entry| chain.check(entry))?;
        Ok(chain.entries)
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

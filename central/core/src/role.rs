//! Who may do what at the desk.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody at the desk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AccountRole)]
pub enum Role {
    /// Reads incidents, writes warnings.
    Analyst,
    /// The same, and takes in members and boxes.
    Administrator,
}

/// What needs a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look at boxes, incidents, findings, warnings.
    Read,
    /// Send a warning, or take it back.
    Warn,
    /// Take in members, make claim codes, revoke boxes.
    Administer,
    /// Read the audit log.
    Audit,
}

impl Role {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Analyst => "analyst",
            Role::Administrator => "administrator",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Role::Analyst, Role::Administrator].into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it may.
    #[must_use]
    pub const fn may(self, deed: Deed) -> bool {
        match deed {
            Deed::Read | Deed::Warn => true,
            Deed::Administer | Deed::Audit => matches!(self, Role::Administrator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_analyst_reads_and_warns_and_takes_in_nobody() {
        let may = [Deed::Read, Deed::Warn, Deed::Administer, Deed::Audit].map(|deed| Role::Analyst.may(deed));
        assert_eq!(may, [true, true, false, false]);
        assert_eq!(Role::from_word("administrator"), Some(Role::Administrator));
    }
}

//! What is known to be bad outside: addresses, names, web addresses and fingerprints; parsed, matched, aged. A few are built in (`lists/`).
//!
//! Lists come as CSV with a header line or as plain text with one indicator a line ([`parse`]). Matching costs one lookup for each
//! label of a name and one for an address, and allocates nothing ([`Indicators`]). It knows nothing of packets; who asks decides what
//! a match means.

mod indicators;
mod parse;

pub use indicators::{Indicator, IndicatorKind, Indicators};
pub use parse::{ListError, Skipped, parse};

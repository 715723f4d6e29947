//! Gets every message to the centre at least once, and brings warnings back.
//!
//! ```text
//!  sensor.db ─┐                     ┌─▶ batch ─▶ link ═▶ centre
//!  tablet.db ─┴▶ gather ─▶ uplink.db ┤             ▲
//!                 mask, tell         └─ delivery ──┘  when, and what first
//!                                   inbox ◀════════════ letters, signed
//! ```
//!
//! `gather` numbers what is new and writes it into the spool with how far it has read; only then may it leave. `delivery` decides when and what
//! first, and is pure; `mask` decides what may leave at all. The link goes out by its own interface and by no other; the centre is named
//! by address, so nothing is looked up.

mod batch;
mod claim;
mod delivery;
mod gather;
mod inbox;
mod link;
mod mask;
mod random;
mod run;
mod spool;
mod tell;

pub use batch::{FillError, Filled, Spool, fill};
pub use claim::{Claim, claim};
pub use delivery::{Ask, Delivery, Failure, LANES, Stand, Step};
pub use gather::{gather, speak_for};
pub use inbox::take as take_letters;
pub use link::{LinkError, Way};
pub use mask::Mask;
pub use run::{Setup, run};
pub use spool::{begin_again, open_spool, stands};
pub use tell::Teller;

//! Turns facts plus a message file into Danish or English that a busy person understands.
//!
//! A detector knows facts; a message file (`messages/<key>.{da,en}.toml`) holds sentences with holes in them; `terms/` holds
//! the words that fill the holes: nouns by type of device, times, amounts, how soon. [`Catalogue::render`] joins them into a
//! card, [`Catalogue::state`] says what stands beside the face. Nothing is decided here: how soon and which face come in.
//!
//! Two rules are kept by the code, not by the writer of a message:
//! - a step that takes a device off the network is only ever rendered for a confirmed PC, laptop or printer that is the
//!   *source* of the trouble. For everything else, and for equipment for patients above all, other words take its place;
//! - what may be shown is decided by the type of a fact, never by its name.
//!
//! All rules of language (short, plain, no blame, no promise) are tests: `tests/lint.rs`. How to add a message:
//! `docs/guide/adding-a-message.md`. No IO and no clock.

mod card;
mod catalogue;
mod lang;
mod message;
mod reach;
pub mod readability;
mod slots;
mod state;
mod tablet;
mod template;
mod terms;
mod timeline;
mod values;

pub use card::{Audience, Call, RenderError, Rendered, Request};
pub use catalogue::{Catalogue, CatalogueError};
pub use lang::Lang;
pub use state::{Part, Sight, State, StateRequest, Updates};
pub use tablet::Tablet;
pub use timeline::{Figures, Label, Timeline};

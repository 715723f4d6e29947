//! Decides for the centre: what of a batch is taken ([`lane`]), when a certificate is still good ([`pass`]), how a box is ([`boxes`]), whom a
//! warning reaches ([`audience`]) and whether it can be read ([`lint`]), what several members share ([`crossing`]), when a key is in force
//! ([`epoch`]), who may do what ([`role`]), and how the audit log holds together ([`audit`]).
//!
//! No database, no network, no clock: `central/store` and `central/server` bring what is looked at, and the time.

pub mod audience;
pub mod audit;
pub mod boxes;
pub mod crossing;
pub mod digest;
pub mod epoch;
pub mod lane;
pub mod lint;
pub mod member;
pub mod pass;
pub mod role;

pub use audience::Audience;
pub use boxes::BoxState;
pub use lane::{Lane, Take};
pub use member::{Member, MemberKind};
pub use role::Role;

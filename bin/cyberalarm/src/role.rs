//! The roles: each says what can be asked for, and hands it to the room that does it.

pub(crate) mod bench;
pub(crate) mod config;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod replay;
pub(crate) mod run;

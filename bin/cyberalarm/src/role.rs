//! The roles: each says what can be asked for, and hands it to the room that does it.

pub(crate) mod evaluate;
pub(crate) mod replay;

//! Many boxes at once, at a given rate, and what was measured.

/// What is played.
#[derive(Clone, Debug)]
pub struct Fleet {}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Report {}

/// Plays.
pub fn play() {}

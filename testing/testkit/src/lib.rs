//! Makes it easy to write a case and hard to write a flaky one.
//!
//! A case is a recording with what must come out of it beside it ([`cases`]). Every recording, a case or not, is played in five ways
//! ([`five_ways`]) that must agree or at least do no harm; [`change`] makes the other four out of the one. [`golden`] compares and
//! blesses, [`allocations`] counts, [`flood`] fills every table. Only tests use it.

pub mod allocations;
pub mod cases;
pub mod change;
pub mod five_ways;
pub mod flood;
pub mod golden;
pub mod transcript;

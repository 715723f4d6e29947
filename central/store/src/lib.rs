//! Keeps what the centre heard and said: SQLite by default, PostgreSQL by one setting, the same schema and the same statements in both.
//!
//! One process writes, through one connection, so that numbers have no holes and a box's lane cannot be in two minds; many read. Three narrow
//! interfaces stand before what may one day be served by others: [`IngestLog`] (a durable log of batches), [`ShardState`] (what must be known at
//! each request) and [`QueryEngine`] (questions over all that came). Decisions are taken in `central/core`.

mod accounts;
mod audit;
mod calls;
mod claims;
mod db;
mod findings;
mod forget;
mod ingest;
mod letters;
mod members;
mod met;
mod project;
mod query;
mod rows;
mod shard;
mod warnings;

pub use accounts::{Account, LinkRefused, Session};
pub use calls::Calls;
pub use claims::{ClaimRefused, Claimed};
pub use db::{Store, StoreError, Tx};
pub use findings::Finding;
pub use ingest::{Counts, Incoming, IncomingRecord, IngestLog, Landed};
pub use letters::{EpochKeyRow, Sign};
pub use members::MemberRow;
pub use met::MetRow;
pub use query::{
    BoxRow, GapRow, IncidentFilter, IncidentOrder, IncidentPlace, IncidentRow, QueryEngine, RecordRow,
    StepRow,
};
pub use shard::{BoxCell, ShardState};
pub use warnings::{AnswerRow, WarningRow};

/// A moment as it is stored.
pub(crate) fn ns(at: common_model::Timestamp) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

/// A stored moment.
pub(crate) fn at(ns: i64) -> common_model::Timestamp {
    common_model::Timestamp::from_nanos(u64::try_from(ns).unwrap_or_default())
}

/// A number as it is stored. None of ours comes near the end; one that does is held there.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

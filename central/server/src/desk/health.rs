//! How the centre is: what came, what was refused.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use central_store::IngestLog as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asker, Shared};
use crate::app::machine_time;

/// Counted since the centre was started.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    now: String,
    started_at: String,
    version: &'static str,
    /// Boxes that were ever claimed.
    boxes: usize,
    /// Transactions that took batches.
    groups: u64,
    batches: u64,
    /// Records that were new.
    records: u64,
    /// Records that were there already.
    duplicates: u64,
    /// Records that came too early.
    too_early: u64,
    /// Records that could not be read.
    quarantined: u64,
    /// What was refused, by why.
    refused: BTreeMap<&'static str, u64>,
}

/// How the centre is.
#[utoipa::path(get, path = "/api/v1/health", responses((status = 200, body = Health)))]
pub(super) async fn show(State(desk): Shared, _asker: Asker) -> Json<Health> {
    let counts = desk.app.store.counts();
    let [groups, batches, records, duplicates, too_early, quarantined] = [
        &counts.groups,
        &counts.batches,
        &counts.records,
        &counts.duplicates,
        &counts.too_early,
        &counts.quarantined,
    ]
    .map(|count| count.load(Ordering::Relaxed));
    Json(Health {
        now: machine_time().to_string(),
        started_at: desk.app.started_at.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        boxes: desk.app.store.cells().len(),
        groups,
        batches,
        records,
        duplicates,
        too_early,
        quarantined,
        refused: desk.app.refusals.list().collect(),
    })
}

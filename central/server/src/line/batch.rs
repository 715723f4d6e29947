//! A batch is taken: answered when it lies on the disk, refused as a whole when it is not this box's or cannot be read.

use core::time::Duration;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use central_store::{BoxCell, IncomingRecord, IngestLog as _, StoreError};
use common_wire::limits::BATCH_BYTES_MAX;
use common_wire::{Batch, BatchError, Committed};

use super::body::{self, Bounds};
use super::caller::{For, admit};
use super::{Refusal, Shared};
use crate::app::{App, machine_time};
use crate::refusals::Why;
use crate::tls::Peer;

/// 1 MiB takes 80 s at 100 kbit/s.
const BODY: Bounds = Bounds { bytes: BATCH_BYTES_MAX, within: Duration::from_secs(120) };

pub(super) async fn take(
    State(app): Shared,
    Extension(peer): Extension<Option<Peer>>,
    request: Request,
) -> Result<Json<Committed>, Refusal> {
    let cell = admit(&app, peer.as_ref(), For::Everything)?;
    let Ok(_turn) = cell.busy.try_acquire() else {
        let said = "one batch after the other";
        return Err(Refusal::counted(&app, Why::TooMany, StatusCode::TOO_MANY_REQUESTS, said));
    };
    let held = body::read(&app, request, BODY).await?;
    let received_at = machine_time();
    let (of, from, bytes) = (Arc::clone(&app), Arc::clone(&cell), held.bytes.clone());
    let read = tokio::task::spawn_blocking(move || read(&of, &from, &bytes)).await;
    let records = read.unwrap_or_else(|_| Err(Refusal::fault(&app, &"a batch was not read")))?;
    let batch = central_store::Incoming { from: Arc::clone(&cell), received_at, records };
    match app.store.append(batch).await {
        Ok(landed) => Ok(Json(landed.committed)),
        Err(err @ StoreError::TooManySpools(_)) => {
            Err(Refusal::counted(&app, Why::Malformed, StatusCode::BAD_REQUEST, err.to_string()))
        }
        Err(err) => Err(Refusal::fault(&app, &err)),
    }
}

/// Reads a batch and all bodies in it.
fn read(app: &App, cell: &BoxCell, bytes: &[u8]) -> Result<Vec<IncomingRecord>, Refusal> {
    let batch = Batch::read(bytes).map_err(|err| match err {
        BatchError::TooLong => too_long(app),
        err => malformed(app, err.to_string()),
    })?;
    if batch.records.iter().any(|record| record.from != cell.id) {
        let said = "this batch has records of another box";
        return Err(Refusal::counted(app, Why::OtherBox, StatusCode::FORBIDDEN, said));
    }
    if let Some(last) = batch.records.last() {
        cell.sent_at(last.sent_at, machine_time());
    }
    Ok(batch.records.iter().map(IncomingRecord::read).collect())
}

fn too_long(app: &App) -> Refusal {
    Refusal::counted(app, Why::TooLong, StatusCode::PAYLOAD_TOO_LARGE, BatchError::TooLong.to_string())
}

fn malformed(app: &App, said: String) -> Refusal {
    Refusal::counted(app, Why::Malformed, StatusCode::BAD_REQUEST, said)
}

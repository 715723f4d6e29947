//! A box waits for letters, and acknowledges those that it has.

use core::time::Duration;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use central_store::BoxCell;
use common_wire::limits::LETTERS_MAX;
use common_wire::{Letter, Letters, Signed};
use serde::Deserialize;

use super::caller::{For, admit, judge};
use super::{Refusal, Shared};
use crate::app::{App, machine_time};
use crate::refusals::Why;
use crate::tls::Peer;

/// So long a box waits before it is told that there is nothing.
const WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
pub(super) struct After {
    after: u64,
}

pub(super) async fn letters(
    State(app): Shared,
    Extension(peer): Extension<Option<Peer>>,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Json<Letters>, Refusal> {
    let cell = admit(&app, peer.as_ref(), For::Everything)?;
    let Ok(Query(After { after })) = after else {
        return Err(Refusal::counted(&app, Why::Request, StatusCode::BAD_REQUEST, "after which letter?"));
    };
    if after > cell.letters_known() {
        go_on_from(&app, &cell, after).await?;
    }
    if after > cell.letters_acked() {
        cell.acked(after);
        app.store.tell_news();
    }
    // A letter of its own wakes it, or that it is refused.
    let _either = tokio::time::timeout(WAIT_MAX, cell.is_called(after)).await;
    judge(&app, peer.as_ref(), For::Everything)?;
    if cell.letters_sent() <= after {
        return Ok(Json(Letters::default()));
    }
    let mut letters = read(&app, &cell, after).await?;
    if letters.is_empty() {
        // The next is missing: both ends had a backup put back.
        go_on_from(&app, &cell, after).await?;
        letters = read(&app, &cell, after).await?;
    }
    cell.given(after.saturating_add(letters.len().try_into().unwrap_or_default()));
    Ok(Json(Letters { letters }))
}

async fn read(app: &App, cell: &BoxCell, after: u64) -> Result<Vec<Signed>, Refusal> {
    app.store.letters_after(cell, after, LETTERS_MAX).await.map_err(|err| Refusal::fault(app, &err))
}

/// The box has what this centre did not give it. Counted, so that somebody sees it.
async fn go_on_from(app: &App, cell: &Arc<BoxCell>, after: u64) -> Result<(), Refusal> {
    let sign = |letter: &Letter| app.identity.sign(letter);
    let done = app.store.go_on_from(cell, after, machine_time(), &sign).await;
    let said = format!("letter {after} was never given to this box");
    let refusal = Refusal::counted(app, Why::Acknowledged, StatusCode::CONFLICT, said);
    if done.map_err(|err| Refusal::fault(app, &err))? { Ok(()) } else { Err(refusal) }
}

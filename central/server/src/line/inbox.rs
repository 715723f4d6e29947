//! A box waits for letters, and acknowledges those that it has.

use core::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use central_store::ShardState as _;
use common_wire::Letters;
use common_wire::limits::LETTERS_MAX;
use serde::Deserialize;

use super::caller::{For, admit};
use super::{Refusal, Shared};
use crate::refusals::Why;
use crate::tls::Peer;

/// So long a box waits before it is told that there is nothing.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// It is looked again at least so often: a box that was revoked while it waits is let go.
const LOOK_EVERY: Duration = Duration::from_secs(2);

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
    if after > cell.letters_sent() {
        let said = format!("letter {after} was never sent to this box");
        return Err(Refusal::counted(&app, Why::Acknowledged, StatusCode::CONFLICT, said));
    }
    if after > cell.letters_acked() {
        cell.acked(after);
        app.store.tell_news();
    }
    let mut news = app.store.news();
    let until = tokio::time::Instant::now() + WAIT_MAX;
    while cell.letters_sent() <= after {
        let now = tokio::time::Instant::now();
        if now >= until {
            return Ok(Json(Letters::default()));
        }
        // Either there is news, or it is time to look.
        let _either = tokio::time::timeout(LOOK_EVERY.min(until - now), news.changed()).await;
        admit(&app, peer.as_ref(), For::Everything)?;
    }
    let letters = app.store.letters_after(&cell, after, LETTERS_MAX).await;
    Ok(Json(Letters { letters: letters.map_err(|err| Refusal::fault(&app, &err))? }))
}

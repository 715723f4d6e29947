//! What the box has sent out of the clinic.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::View;

/// What the box has sent, by days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    days: Vec<SentDay>,
    /// A sentence about all of it.
    note: String,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
struct SentDay {
    day: String,
    lines: Vec<SentLine>,
}

/// One thing that was sent.
#[derive(Debug, Serialize, ToSchema)]
struct SentLine {
    text: String,
    bytes: u64,
    raw: String,
}

/// What the box has sent: nothing, as it has no link of its own yet.
#[utoipa::path(get, path = "/api/v1/sent", params(Asked), responses((status = 200, body = Sent)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Sent>, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let note = view.words().say("sent_nothing", &[]).map_err(anyhow::Error::from)?;
        Ok(Json(Sent { days: Vec::new(), note }))
    })
    .await
}

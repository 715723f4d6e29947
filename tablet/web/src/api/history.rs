//! What happened.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{History, Language, View};

/// Which part of the history.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    lang: Language,
    /// What was before this; none: the latest.
    before: Option<i64>,
}

/// What happened, latest first.
#[utoipa::path(get, path = "/api/v1/history", params(Asked, ("before" = Option<i64>, Query, description = "What was before this; none: the latest.")), responses((status = 200, body = History)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(Part { lang, before }): Query<Part>,
) -> Result<Json<History>, Problem> {
    let asked = Asked { lang };
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.history(before.unwrap_or(i64::MAX))?)))
        .await
}

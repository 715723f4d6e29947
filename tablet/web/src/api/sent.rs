//! What the box has sent out of the clinic.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Language, Sent, View};

/// Which days.
#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    lang: Language,
    /// This day and those before; none: the latest.
    until: Option<String>,
}

/// What the box has sent, by days of the clinic, each whole, the latest first.
#[utoipa::path(get, path = "/api/v1/sent", params(Asked, ("until" = Option<String>, Query, description = "This day and those before, as `2026-03-18`; none: the latest.")), responses((status = 200, body = Sent)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(Part { lang, until }): Query<Part>,
) -> Result<Json<Sent>, Problem> {
    let asked = Asked { lang };
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let until = until.map(|day| day.parse()).transpose();
        let until =
            until.map_err(|_| Problem::say(&view.words(), StatusCode::BAD_REQUEST, "error_request"))?;
        Ok(Json(view.sent(until)?))
    })
    .await
}

//! What the clinic knows, and how it takes that back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::Refusal;
use super::settings::keep;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Known, View};

/// Which rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgotten {
    kind: String,
    /// As `/api/v1/known` names it.
    device: String,
}

/// What the box does not ask about any more.
#[utoipa::path(get, path = "/api/v1/known", params(Asked), responses((status = 200, body = Known)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Known>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.known()?))).await
}

/// The box asks about this again.
#[utoipa::path(post, path = "/api/v1/known/forget", request_body = Forgotten, params(Asked), responses((status = 204), (status = 404, body = Refusal)))]
pub(crate) async fn forget(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Json(Forgotten { kind, device }): Json<Forgotten>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let mut view = View::new(&shared, asked.lang())?;
        let rules = view.site.known.len();
        view.site.known.retain(|rule| rule.kind != kind || rule.device.to_string() != device);
        if view.site.known.len() == rules {
            return Err(Problem::say(&view.words(), StatusCode::NOT_FOUND, "error_not_found"));
        }
        keep(&shared, &view, &view.site)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

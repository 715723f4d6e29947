//! What people answer to a warning of the centre.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::Refusal;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Answer, View};

/// An answer to a warning.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WarningAnswer {
    answer: Answer,
}

/// Somebody has read a warning, or says that it is not relevant here; the later answer counts, so that each takes the other back. The centre
/// is told.
#[utoipa::path(post, path = "/api/v1/warnings/{id}/answer", request_body = WarningAnswer, params(("id" = String, Path), Asked), responses((status = 204), (status = 404, body = Refusal)))]
pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Path(id): Path<String>,
    Json(WarningAnswer { answer }): Json<WarningAnswer>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let shown = view.warnings()?.into_iter().find(|warning| warning.id == id);
        let Some(shown) = shown else {
            return Err(Problem::say(&view.words(), StatusCode::NOT_FOUND, "error_not_found"));
        };
        // Pressed twice it is said once.
        if shown.answer != Some(answer) {
            shared
                .write(|db, now| db.answer(&id, answer.as_str(), now))
                .map_err(|err| Problem::of_store(&view.words(), &err))?;
            shared.heard.send_modify(|_| {});
        }
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

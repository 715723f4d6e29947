//! What the box has sent out of the clinic.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Sent, View};

/// What the box has sent, by days.
#[utoipa::path(get, path = "/api/v1/sent", params(Asked), responses((status = 200, body = Sent)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Sent>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.sent()?))).await
}

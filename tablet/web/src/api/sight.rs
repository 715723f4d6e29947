//! What the ports heard, hour by hour.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Sight, View};

/// What each port heard in each hour of the last day.
#[utoipa::path(get, path = "/api/v1/sight", params(Asked), responses((status = 200, body = Sight)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Sight>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.hours()?))).await
}

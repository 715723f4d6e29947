//! The first screen.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Home, View};

/// The first screen.
#[utoipa::path(get, path = "/api/v1/home", params(Asked), responses((status = 200, body = Home)))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Home>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.home()?))).await
}

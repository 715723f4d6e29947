//! The button on the smoke alarm.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use box_store::tablet::CommandRecord;

use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Test, View};

/// Tests the alarm. How it goes comes as events.
#[utoipa::path(post, path = "/api/v1/test", params(Asked), responses((status = 200, body = Test)))]
pub(crate) async fn start(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Test>, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let id = shared.ask(&CommandRecord::Test).map_err(|err| Problem::of_store(&view.words(), &err))?;
        Ok(Json(view.test(id)?))
    })
    .await
}

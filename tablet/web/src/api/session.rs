//! What a page must know before it can ask for anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::shared::Shared;
use crate::view::Language;

/// What a page must know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Goes into the header `X-Cyberalarm` of what changes something.
    csrf: String,
    /// The language to begin with.
    lang: Language,
    version: &'static str,
}

/// What a page must know before it can ask for anything.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Session)))]
pub(crate) async fn show(State(shared): State<Arc<Shared>>) -> Json<Session> {
    Json(Session { csrf: shared.token.clone(), lang: Language::Da, version: env!("CARGO_PKG_VERSION") })
}

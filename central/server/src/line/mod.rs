//! What boxes ask for: a claim, a new certificate, that a batch is taken, letters.
//!
//! Each request is judged anew by who asks (`caller`), against what is in memory: a box that is revoked is refused with its next word.

mod batch;
mod body;
mod caller;
mod claim;
mod inbox;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use common_wire::limits::BATCH_BYTES_MAX;
use common_wire::v1;

use crate::app::App;
use crate::refusals::Why;

/// Whoever is told to come again comes after so many seconds at the earliest. Guess: what a batch takes.
const AGAIN_AFTER_SECS: u16 = 5;

/// Everything that a box can ask for.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/claim", post(claim::claim).layer(DefaultBodyLimit::max(claim::BODY.bytes)))
        .route("/v1/renew", post(claim::renew).layer(DefaultBodyLimit::max(claim::BODY.bytes)))
        .route("/v1/batch", post(batch::take).layer(DefaultBodyLimit::max(BATCH_BYTES_MAX)))
        .route("/v1/inbox", get(inbox::letters))
        .layer(middleware::from_fn(say_as_json))
        .with_state(app)
}

/// Why a request was refused: one sentence.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Refusal { status, error: error.into() }
    }

    /// Something of ours does not work; the box tries again.
    pub(crate) fn fault(app: &App, err: &dyn core::fmt::Display) -> Self {
        (app.say)(&format!("could not answer a box: {err}"));
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the centre cannot answer just now")
    }

    /// Counted, said, refused.
    pub(crate) fn counted(app: &App, why: Why, status: StatusCode, error: impl Into<String>) -> Self {
        let refusal = Refusal::new(status, error);
        app.refused(why, &refusal.error);
        refusal
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(v1::Refused { error: self.error })).into_response();
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, AGAIN_AFTER_SECS.into());
        }
        response
    }
}

/// What the framework refuses is said like what we refuse.
async fn say_as_json(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_json = response.headers().get("content-type").is_some_and(|kind| kind == "application/json");
    if status.is_success() || is_json {
        return response;
    }
    let error = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "there is nothing here by this name",
        StatusCode::PAYLOAD_TOO_LARGE => "longer than may be sent",
        _ => "this request cannot be read",
    };
    Refusal::new(status, error).into_response()
}

/// The state of a request.
pub(crate) type Shared = State<Arc<App>>;

//! Why a request of the desk was refused: a sentence, and where it helps which field.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use central_core::lint::Fault;
use central_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// The answer to a request that was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Refusal {
    /// A sentence.
    problem: String,
    /// One word for it, where there is one, so that a page says it in its own language.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// Which field is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// What is wrong with the words of a warning.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    refusal: Refusal,
}

impl Problem {
    pub(super) fn new(status: StatusCode, problem: impl Into<String>) -> Self {
        Problem {
            status,
            refusal: Refusal { problem: problem.into(), why: None, field: None, faults: Vec::new() },
        }
    }

    /// With one word for it.
    pub(super) fn because(mut self, why: &'static str) -> Self {
        self.refusal.why = Some(why);
        self
    }

    /// There is none.
    pub(super) fn missing(what: &str) -> Self {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no such {what}")).because("missing")
    }

    /// A field is wrong.
    pub(super) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        let mut wrong = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, problem);
        wrong.refusal.field = Some(field);
        wrong
    }

    /// The words of a warning are wrong.
    pub(super) fn words(faults: Vec<Fault>) -> Self {
        let mut wrong = Problem::field("text", "these words are too hard, too many or missing");
        wrong.refusal.faults = faults;
        wrong
    }

    /// Something of ours does not work.
    pub(super) fn fault(app: &App, err: &dyn core::fmt::Display) -> Self {
        (app.say)(&format!("could not answer the desk: {err}"));
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the centre cannot answer just now").because("busy")
    }

    /// What could not be kept.
    pub(super) fn of_store(app: &App, err: &StoreError) -> Self {
        match err {
            StoreError::Exists(what) => {
                Problem::new(StatusCode::CONFLICT, format!("{what} is there already")).because("exists")
            }
            StoreError::HasBoxes(_) => {
                Problem::new(StatusCode::CONFLICT, err.to_string()).because("has_boxes")
            }
            err => Problem::fault(app, err),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self.refusal)).into_response()
    }
}

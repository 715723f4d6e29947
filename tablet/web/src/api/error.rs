//! Why a request was refused, in the language of whoever asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use box_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A sentence of `terms/tablet`, already said.
    Said(StatusCode, String),
    /// A setting is wrong.
    Setting { field: String, line: Option<usize>, problem: String },
    /// A fault of ours.
    Fault,
}

/// The answer to a request that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A sentence for people.
    problem: String,
    /// Which setting is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// On which line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl Problem {
    /// A phrase of `terms/tablet`.
    pub(crate) fn say(words: &common_words::Tablet<'_>, status: StatusCode, phrase: &str) -> Problem {
        words.say(phrase, &[]).map_or(Problem::Fault, |said| Problem::Said(status, said))
    }

    /// Why nothing could be kept.
    pub(crate) fn of_store(words: &common_words::Tablet<'_>, err: &StoreError) -> Problem {
        match err {
            StoreError::Full { .. } => {
                Problem::say(words, StatusCode::INSUFFICIENT_STORAGE, "error_disk_full")
            }
            _ => Problem::say(words, StatusCode::SERVICE_UNAVAILABLE, "error_store"),
        }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(_err: anyhow::Error) -> Self {
        Problem::Fault
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, refusal) = match self {
            Problem::Said(status, problem) => (status, Refusal { problem, field: None, line: None }),
            Problem::Setting { field, line, problem } => {
                (StatusCode::UNPROCESSABLE_ENTITY, Refusal { problem, field: Some(field), line })
            }
            Problem::Fault => {
                let problem = "The box could not answer.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, Refusal { problem, field: None, line: None })
            }
        };
        (status, Json(refusal)).into_response()
    }
}

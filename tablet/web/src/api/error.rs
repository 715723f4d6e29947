//! Why a request was refused, in the language of whoever asked.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use box_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::complaints::complain;

/// Why a request was refused.
#[derive(Debug)]
pub(crate) enum Problem {
    /// A sentence of `terms/tablet`, already said.
    Said(StatusCode, String),
    /// What stands in this field is wrong.
    Field { field: String, problem: String },
    /// What stands in this line of a file is wrong.
    File { field: Option<String>, line: Option<usize>, problem: String, detail: String },
    /// A fault of ours, which was told to whoever runs the box. The guard has the words.
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
    /// The same for whoever wrote the file, in the file's own words and in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    /// A phrase of `terms/tablet`.
    pub(crate) fn say(words: &common_words::Tablet<'_>, status: StatusCode, phrase: &str) -> Problem {
        words.say(phrase, &[]).map_or(Problem::Fault, |said| Problem::Said(status, said))
    }

    /// The same of a field.
    pub(crate) fn field(
        words: &common_words::Tablet<'_>,
        field: impl Into<String>,
        phrase: &str,
        holes: &[(&str, &str)],
    ) -> Problem {
        let said = |problem| Problem::Field { field: field.into(), problem };
        words.say(phrase, holes).map_or(Problem::Fault, said)
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
    fn from(err: anyhow::Error) -> Self {
        complain(&err);
        Problem::Fault
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, refusal) = match self {
            Problem::Said(status, problem) => {
                (status, Refusal { problem, field: None, line: None, detail: None })
            }
            Problem::Field { field, problem } => {
                let refusal = Refusal { problem, field: Some(field), line: None, detail: None };
                (StatusCode::UNPROCESSABLE_ENTITY, refusal)
            }
            Problem::File { field, line, problem, detail } => {
                (StatusCode::UNPROCESSABLE_ENTITY, Refusal { problem, field, line, detail: Some(detail) })
            }
            Problem::Fault => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        (status, Json(refusal)).into_response()
    }
}

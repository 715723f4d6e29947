//! Who did or read what.

use axum::Json;
use axum::extract::{Query, State};
use central_core::audit::Entry;
use central_core::role::Deed;
use common_model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::{Asker, ROWS_MAX, Shared};

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The number of the last entry of the page before.
    before: Option<i64>,
}

/// An entry, with its moment in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Line {
    #[serde(flatten)]
    entry: Entry,
    at: String,
}

/// A page of the audit log, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Log {
    entries: Vec<Line>,
    /// Goes into `before` for the next page; none on the last.
    next: Option<i64>,
}

/// The audit log.
#[utoipa::path(get, path = "/api/v1/audit", params(Asked), responses((status = 200, body = Log), (status = 403, body = Refusal)))]
pub(super) async fn list(
    State(desk): Shared,
    asker: Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Log>, Problem> {
    asker.may(&desk, Deed::Audit)?;
    let entries =
        desk.app.store.audit_entries(asked.before, ROWS_MAX).await.map_err(|err| desk.fault(&err))?;
    let next = entries.last().map(|entry| entry.no).filter(|no| *no > 1);
    let line = |entry: Entry| {
        let at = Timestamp::from_nanos(u64::try_from(entry.at_ns).unwrap_or_default()).to_string();
        Line { entry, at }
    };
    Ok(Json(Log { entries: entries.into_iter().map(line).collect(), next }))
}

//! What calls whoever sits at the desk, wherever in it they are; and what the queue's filters offer. Neither says anything of a member, so
//! neither is written down.

use axum::Json;
use axum::extract::{Query, State};
use central_core::BoxState;
use central_store::ShardState as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::boxes::health_of;
use super::error::Problem;
use super::{Asker, Shared};
use crate::app::machine_time;

/// Which findings were seen.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Seen {
    /// The number of the last finding that was seen; 0 when none was.
    #[param(required = false)]
    finding: i64,
}

/// How much calls.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Calls {
    /// Incidents that are not closed and ask for something now or today.
    urgent: i64,
    /// Findings after the one that was seen last.
    findings: i64,
    /// The number of the latest finding; 0 when there is none.
    last_finding: i64,
    /// Boxes that do not hear.
    blind: usize,
    /// Boxes that are not heard.
    silent: usize,
}

/// A kind of incident.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KindOf {
    kind: String,
    category: String,
}

/// The kinds of all incidents that ever came.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Kinds {
    kinds: Vec<KindOf>,
}

/// How much calls.
#[utoipa::path(get, path = "/api/v1/calls", params(Seen), responses((status = 200, body = Calls)))]
pub(super) async fn show(
    State(desk): Shared,
    _asker: Asker,
    Query(seen): Query<Seen>,
) -> Result<Json<Calls>, Problem> {
    let (fault, store, now) = (|err| desk.fault(&err), &desk.app.store, machine_time());
    let calls = store.calls(seen.finding).await.map_err(fault)?;
    let (mut blind, mut silent) = (0, 0);
    for (id, told) in store.healths().await.map_err(fault)? {
        let Some(cell) = id.parse().ok().and_then(|id| store.find(id)) else { continue };
        let told = told.and_then(|(at, text)| Some((at, health_of(&text)?)));
        let health = told.as_ref().map(|(at, health)| (*at, health));
        match BoxState::of(cell.is_revoked(), cell.last_seen(), health, now) {
            BoxState::Blind => blind += 1,
            BoxState::Silent => silent += 1,
            BoxState::Claimed | BoxState::Active | BoxState::Revoked => {}
        }
    }
    let central_store::Calls { urgent, findings, last_finding } = calls;
    Ok(Json(Calls { urgent, findings, last_finding, blind, silent }))
}

/// The kinds of all incidents that ever came, with their categories.
#[utoipa::path(get, path = "/api/v1/kinds", responses((status = 200, body = Kinds)))]
pub(super) async fn kinds(State(desk): Shared, _asker: Asker) -> Result<Json<Kinds>, Problem> {
    let kinds = desk.app.store.kinds().await.map_err(|err| desk.fault(&err))?;
    let kinds = kinds.into_iter().map(|(kind, category)| KindOf { kind, category });
    Ok(Json(Kinds { kinds: kinds.collect() }))
}

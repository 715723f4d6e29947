//! Boxes: how each is, and who of them is refused.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use central_core::BoxState;
use central_core::role::Deed;
use central_store::{BoxCell, BoxRow, QueryEngine as _, ShardState as _};
use common_wire::v1::{Body, Health, Inventory};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::{Asker, Desk, Shared};
use crate::app::machine_time;

/// A box.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Box_ {
    /// Its name: 32 hexadecimal digits.
    id: String,
    /// Its member's number.
    member: i64,
    /// Its member's name.
    member_name: String,
    /// How it is.
    state: BoxState,
    claimed_at: String,
    /// When it was last heard.
    last_seen: Option<String>,
    revoked_at: Option<String>,
    /// How far its clock is behind the centre's, in milliseconds, with the way here in it.
    skew_ms: i64,
    /// The end of its last certificate.
    certificate_until: Option<String>,
    /// Whether a certificate that is long over may be renewed.
    is_renewal_approved: bool,
    /// What it last told of itself.
    health: Option<Health>,
    /// When that came: one that talks and has not said for 45 minutes how it is, is blind.
    health_at: Option<String>,
    /// How many devices it hears.
    inventory: Option<Inventory>,
    /// Records of it that could not be read.
    quarantined: i64,
    letters_sent: u64,
    letters_acked: u64,
}

/// All boxes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Boxes {
    boxes: Vec<Box_>,
    /// How many are in which state.
    states: BTreeMap<BoxState, usize>,
}

/// Records that a box lost: nobody may read their absence as calm.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BoxGap {
    lane: String,
    /// The number of the first.
    from: i64,
    /// The number of the last.
    to: i64,
    at: String,
    /// `full`, `old` or `forgotten_by_centre`.
    cause: String,
}

/// A box and what it lost.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BoxDetail {
    #[serde(rename = "box")]
    of: Box_,
    gaps: Vec<BoxGap>,
}

impl Box_ {
    fn of(row: BoxRow, desk: &Desk) -> Self {
        let cell = row.id.parse().ok().and_then(|id| desk.app.store.find(id));
        let health = row.health.as_deref().and_then(health_of);
        let inventory = row.inventory.as_deref().and_then(|text| match serde_json::from_str(text).ok()? {
            Body::Inventory(inventory) => Some(inventory),
            _ => None,
        });
        let cell = cell.as_deref();
        let last_seen = cell.and_then(BoxCell::last_seen);
        let is_revoked = row.revoked_at.is_some() || cell.is_some_and(BoxCell::is_revoked);
        Box_ {
            state: BoxState::of(is_revoked, last_seen, row.health_at.zip(health.as_ref()), machine_time()),
            id: row.id,
            member: row.member,
            member_name: row.member_name,
            claimed_at: row.claimed_at.to_string(),
            last_seen: last_seen.map(|at| at.to_string()),
            revoked_at: row.revoked_at.map(|at| at.to_string()),
            skew_ms: cell.map_or(0, |cell| cell.skew_ns() / 1_000_000),
            certificate_until: row.certificate_until.map(|at| at.to_string()),
            is_renewal_approved: cell.is_some_and(BoxCell::is_renewal_approved),
            health,
            health_at: row.health_at.map(|at| at.to_string()),
            inventory,
            quarantined: row.quarantined,
            letters_sent: cell.map_or(0, BoxCell::letters_sent),
            letters_acked: cell.map_or(0, BoxCell::letters_acked),
        }
    }
}

/// What a box told of itself, as it told it.
pub(super) fn health_of(text: &str) -> Option<Health> {
    match serde_json::from_str(text).ok()? {
        Body::Health(health) => Some(health),
        _ => None,
    }
}

/// All boxes, by member.
#[utoipa::path(get, path = "/api/v1/boxes", responses((status = 200, body = Boxes)))]
pub(super) async fn list(State(desk): Shared, _asker: Asker) -> Result<Json<Boxes>, Problem> {
    let rows = desk.app.store.boxes(None).await.map_err(|err| desk.fault(&err))?;
    let boxes: Vec<Box_> = rows.into_iter().map(|row| Box_::of(row, &desk)).collect();
    let mut states = BTreeMap::new();
    for one in &boxes {
        *states.entry(one.state).or_insert(0) += 1;
    }
    Ok(Json(Boxes { boxes, states }))
}

/// One box.
#[utoipa::path(get, path = "/api/v1/boxes/{id}", params(("id" = String, Path)), responses((status = 200, body = BoxDetail), (status = 404, body = Refusal)))]
pub(super) async fn show(
    State(desk): Shared,
    _asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<BoxDetail>, Problem> {
    let rows = desk.app.store.boxes(Some(&id)).await.map_err(|err| desk.fault(&err))?;
    let row = rows.into_iter().next().ok_or_else(|| Problem::missing("box"))?;
    let gaps = desk.app.store.gaps(row.no).await.map_err(|err| desk.fault(&err))?;
    let gap = |gap: central_store::GapRow| BoxGap {
        lane: gap.lane,
        from: gap.from,
        to: gap.to,
        at: gap.at.to_string(),
        cause: gap.cause,
    };
    Ok(Json(BoxDetail { of: Box_::of(row, &desk), gaps: gaps.into_iter().map(gap).collect() }))
}

/// Refuses a box from now on, for good: a new claim makes it another box.
#[utoipa::path(post, path = "/api/v1/boxes/{id}/revoke", params(("id" = String, Path)), responses((status = 204), (status = 404, body = Refusal)))]
pub(super) async fn revoke(
    State(desk): Shared,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    change(&desk, &asker, &id, "box.revoke").await
}

/// Lets a box whose certificate is over for more than 90 days ask for a new one, once.
#[utoipa::path(post, path = "/api/v1/boxes/{id}/approve-renewal", params(("id" = String, Path)), responses((status = 204), (status = 404, body = Refusal)))]
pub(super) async fn approve_renewal(
    State(desk): Shared,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    change(&desk, &asker, &id, "box.approve_renewal").await
}

async fn change(desk: &Desk, asker: &Asker, id: &str, deed: &str) -> Result<StatusCode, Problem> {
    asker.may(desk, Deed::Administer)?;
    let store = &desk.app.store;
    let cell = id.parse().ok().and_then(|id| store.find(id)).ok_or_else(|| Problem::missing("box"))?;
    let (fault, now) = (|err| desk.fault(&err), machine_time());
    let mut tx = store.begin().await.map_err(fault)?;
    if deed == "box.revoke" {
        store.revoke(&mut tx, &cell, now).await.map_err(fault)?;
    } else {
        store.approve_renewal(&mut tx, &cell, true).await.map_err(fault)?;
    }
    tx.audit(now, asker.name(), deed, id, "").await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    store.tell_news();
    Ok(StatusCode::NO_CONTENT)
}

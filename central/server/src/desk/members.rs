//! Members, and claim codes for their new boxes.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use central_core::Member;
use central_core::role::Deed;
use common_wire::{ClaimCode, ClaimText};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::{Asker, Desk, Shared};
use crate::app::{machine_time, random};

/// A member, and its number.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Numbered {
    no: i64,
    #[serde(flatten)]
    member: Member,
    since: String,
    /// How many boxes it has that are not revoked.
    boxes: usize,
}

/// All members.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Members {
    members: Vec<Numbered>,
}

/// For whose new box a code is.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ClaimFor {
    /// The member's number.
    member: i64,
}

/// A claim code, shown once: the centre keeps its hash.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Claim {
    /// As it is typed.
    text: String,
    /// As it is photographed: an SVG.
    qr_svg: String,
    /// It can be used until then, once.
    until: String,
}

/// All members, by name.
#[utoipa::path(get, path = "/api/v1/members", responses((status = 200, body = Members)))]
pub(super) async fn list(State(desk): Shared, _asker: Asker) -> Result<Json<Members>, Problem> {
    let rows = desk.app.store.members().await.map_err(|err| desk.fault(&err))?;
    let mut boxes: BTreeMap<i64, usize> = BTreeMap::new();
    for member in boxes_in_force(&desk) {
        *boxes.entry(member).or_insert(0) += 1;
    }
    let members = rows.into_iter().map(|row| Numbered {
        no: row.no,
        boxes: boxes.get(&row.no).copied().unwrap_or(0),
        member: row.member,
        since: row.since.to_string(),
    });
    Ok(Json(Members { members: members.collect() }))
}

/// Takes in a member.
#[utoipa::path(post, path = "/api/v1/members", request_body = Member, responses((status = 200, body = Numbered), (status = 409, body = Refusal), (status = 422, body = Refusal)))]
pub(super) async fn add(
    State(desk): Shared,
    asker: Asker,
    Json(member): Json<Member>,
) -> Result<Json<Numbered>, Problem> {
    asker.may(&desk, Deed::Administer)?;
    if let Some((field, fault)) = member.fault() {
        return Err(Problem::field(field, fault));
    }
    let (fault, now) = (|err| desk.fault(&err), machine_time());
    let mut tx = desk.app.store.begin().await.map_err(fault)?;
    let no = tx.add_member(&member, now).await.map_err(fault)?;
    tx.audit(now, asker.name(), "member.add", &no.to_string(), &member.name).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    desk.app.store.tell_news();
    Ok(Json(Numbered { no, member, since: now.to_string(), boxes: 0 }))
}

/// Says anew who a member is: its name, its kind, where it is, who runs its machines.
#[utoipa::path(put, path = "/api/v1/members/{no}", params(("no" = i64, Path)), request_body = Member, responses((status = 200, body = Numbered), (status = 404, body = Refusal), (status = 409, body = Refusal), (status = 422, body = Refusal)))]
pub(super) async fn change(
    State(desk): Shared,
    asker: Asker,
    Path(no): Path<i64>,
    Json(member): Json<Member>,
) -> Result<Json<Numbered>, Problem> {
    asker.may(&desk, Deed::Administer)?;
    if let Some((field, fault)) = member.fault() {
        return Err(Problem::field(field, fault));
    }
    let (fault, store, now) = (|err| desk.fault(&err), &desk.app.store, machine_time());
    let before = store.member(no).await.map_err(fault)?.ok_or_else(|| Problem::missing("member"))?;
    let mut tx = store.begin().await.map_err(fault)?;
    if !tx.change_member(no, &member).await.map_err(fault)? {
        return Err(Problem::missing("member"));
    }
    let said = changes(&before.member, &member);
    tx.audit(now, asker.name(), "member.change", &no.to_string(), &said).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    store.tell_news();
    let boxes = boxes_in_force(&desk).filter(|of| *of == no).count();
    Ok(Json(Numbered { no, member, since: before.since.to_string(), boxes }))
}

/// Takes a member out that never had a box: what a box sent stands under its member's name.
#[utoipa::path(delete, path = "/api/v1/members/{no}", params(("no" = i64, Path)), responses((status = 204), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(super) async fn remove(
    State(desk): Shared,
    asker: Asker,
    Path(no): Path<i64>,
) -> Result<StatusCode, Problem> {
    asker.may(&desk, Deed::Administer)?;
    let (fault, store, now) = (|err| desk.fault(&err), &desk.app.store, machine_time());
    let before = store.member(no).await.map_err(fault)?.ok_or_else(|| Problem::missing("member"))?;
    let mut tx = store.begin().await.map_err(fault)?;
    if !tx.remove_member(no).await.map_err(fault)? {
        return Err(Problem::missing("member"));
    }
    let name = &before.member.name;
    tx.audit(now, asker.name(), "member.remove", &no.to_string(), name).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    store.tell_news();
    Ok(StatusCode::NO_CONTENT)
}

/// The member of each box that is not revoked.
fn boxes_in_force(desk: &Desk) -> impl Iterator<Item = i64> {
    desk.app.store.cells().into_iter().filter(|cell| !cell.is_revoked()).map(|cell| cell.member)
}

/// What became another, as it is written down.
fn changes(before: &Member, after: &Member) -> String {
    let fields = |of: &Member| {
        let Member { name, kind, region, municipality, supplier } = of.clone();
        let kind = kind.as_str().to_owned();
        [
            ("name", name),
            ("kind", kind),
            ("region", region),
            ("municipality", municipality),
            ("supplier", supplier),
        ]
    };
    let both = fields(before).into_iter().zip(fields(after)).filter(|(was, is)| was != is);
    let said = both.map(|((field, was), (_, is))| format!("{field}: {was:?} became {is:?}"));
    said.collect::<Vec<_>>().join(", ")
}

/// Makes a claim code for a member's new box: single use, 14 days.
#[utoipa::path(post, path = "/api/v1/claims", request_body = ClaimFor, responses((status = 200, body = Claim), (status = 404, body = Refusal)))]
pub(super) async fn claim(
    State(desk): Shared,
    asker: Asker,
    Json(ClaimFor { member }): Json<ClaimFor>,
) -> Result<Json<Claim>, Problem> {
    asker.may(&desk, Deed::Administer)?;
    let (fault, now) = (|err| desk.fault(&err), machine_time());
    if desk.app.store.member(member).await.map_err(fault)?.is_none() {
        return Err(Problem::missing("member"));
    }
    let code = ClaimCode::from_bytes(random().map_err(|err| Problem::fault(&desk.app, &err))?);
    let mut tx = desk.app.store.begin().await.map_err(fault)?;
    let until = tx.add_claim(&code, member, now).await.map_err(fault)?;
    tx.audit(now, asker.name(), "claim.make", &member.to_string(), "").await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let (address, fingerprint) = (desk.app.claim_address.clone(), desk.app.identity.fingerprint());
    let text = ClaimText { address, fingerprint, code }.to_string();
    let qr = QrCode::new(text.as_bytes()).map_err(|err| Problem::fault(&desk.app, &err))?;
    let qr_svg = qr.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    Ok(Json(Claim { text, qr_svg, until: until.to_string() }))
}

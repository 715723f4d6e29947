//! What several members share.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::incidents::{Row, read, shown};
use super::{Asker, Desk, ROWS_MAX, Shared};
use crate::app::machine_time;

/// A member that met it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Met {
    no: i64,
    name: String,
    region: String,
    supplier: String,
}

/// The same indicator at several independent members.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Finding {
    no: i64,
    /// What it is: `ip`, `domain`, `url`, `ja4`.
    indicator: String,
    /// Its pseudonym.
    pseudonym: String,
    /// Under which epoch's key.
    epoch: String,
    /// In clear, where a list of known-bad things has it.
    value: Option<String>,
    /// The signs under which it was met.
    kinds: Vec<String>,
    members: Vec<Met>,
    /// As how many they count: members of one supplier count once.
    independent: i64,
    first: String,
    last: String,
    found_at: String,
}

/// All findings, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Findings {
    findings: Vec<Finding>,
    /// So many independent members make one.
    members_min: usize,
    /// Within so many hours.
    within_hours: u64,
}

/// That a box met it under one sign.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetBy {
    /// The box's name.
    #[serde(rename = "box")]
    of_box: String,
    /// Its member's number.
    member: i64,
    /// Under which sign.
    kind: String,
    is_exercise: bool,
    first: String,
    last: String,
    /// How often.
    times: i64,
}

/// A finding, who met it when, and the incidents in which it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingDetail {
    #[serde(flatten)]
    finding: Finding,
    /// All its pseudonyms: round a change of epochs it has several.
    pseudonyms: Vec<String>,
    /// Who met it, the first first. What was met is forgotten after 90 days.
    met: Vec<MetBy>,
    /// Latest first.
    incidents: Vec<Row>,
}

/// What several members share.
#[utoipa::path(get, path = "/api/v1/findings", responses((status = 200, body = Findings)))]
pub(super) async fn list(State(desk): Shared, asker: Asker) -> Result<Json<Findings>, Problem> {
    let (fault, store, now) = (|err| desk.fault(&err), &desk.app.store, machine_time());
    let members = members(&desk).await?;
    let found = store.findings(ROWS_MAX).await.map_err(fault)?;
    let of = found.iter().flat_map(|finding| finding.members.iter().copied()).collect();
    if let Some(news) = desk.listed.news(asker.name(), "findings", of, now) {
        let is_new = |one: &&central_store::Finding| one.members.iter().any(|member| news.contains(member));
        let detail = shown(found.iter().filter(is_new).count(), "findings", &news);
        store.audit(now, asker.name(), "finding.list", "", &detail).await.map_err(fault)?;
    }
    let policy = desk.app.policy;
    Ok(Json(Findings {
        findings: found.into_iter().map(|found| Finding::of(found, &members)).collect(),
        members_min: policy.members_min,
        within_hours: policy.within.as_secs() / 3_600,
    }))
}

/// One finding.
#[utoipa::path(get, path = "/api/v1/findings/{no}", params(("no" = i64, Path)), responses((status = 200, body = FindingDetail), (status = 404, body = Refusal)))]
pub(super) async fn show(
    State(desk): Shared,
    asker: Asker,
    Path(no): Path<i64>,
) -> Result<Json<FindingDetail>, Problem> {
    let (fault, store, now) = (|err| desk.fault(&err), &desk.app.store, machine_time());
    let found = store.finding(no).await.map_err(fault)?.ok_or_else(|| Problem::missing("finding"))?;
    let met = store.met(&found, ROWS_MAX).await.map_err(fault)?;
    let rows = store.incidents_of(&found, ROWS_MAX).await.map_err(fault)?;
    // An open page asks again and again, like a list.
    let of = met.iter().map(|row| row.member).chain(rows.iter().map(|row| row.member)).collect();
    if let Some(news) = desk.listed.news(asker.name(), &format!("finding {no}"), of, now) {
        let detail = shown(rows.len(), "incidents", &news);
        store.audit(now, asker.name(), "finding.read", &no.to_string(), &detail).await.map_err(fault)?;
    }
    let pseudonyms = store.pseudonyms(&found).await.map_err(fault)?;
    let mut incidents = Vec::with_capacity(rows.len());
    for row in rows {
        let incident = read(&desk, &row.body)?;
        incidents.push(Row::of(row, incident));
    }
    let met_by = |row: central_store::MetRow| MetBy {
        of_box: row.box_id,
        member: row.member,
        kind: row.kind,
        is_exercise: row.is_exercise,
        first: row.first.to_string(),
        last: row.last.to_string(),
        times: row.times,
    };
    let finding = Finding::of(found, &members(&desk).await?);
    Ok(Json(FindingDetail { finding, pseudonyms, met: met.into_iter().map(met_by).collect(), incidents }))
}

impl Finding {
    fn of(found: central_store::Finding, members: &BTreeMap<i64, Met>) -> Self {
        Finding {
            no: found.no,
            indicator: found.indicator,
            pseudonym: found.hmac,
            epoch: found.epoch,
            value: found.value,
            kinds: found.kinds,
            members: found.members.iter().filter_map(|no| members.get(no).cloned()).collect(),
            independent: found.independent,
            first: found.first.to_string(),
            last: found.last.to_string(),
            found_at: found.found_at.to_string(),
        }
    }
}

/// All members, by number.
async fn members(desk: &Desk) -> Result<BTreeMap<i64, Met>, Problem> {
    let rows = desk.app.store.members().await.map_err(|err| desk.fault(&err))?;
    let met = |row: central_store::MemberRow| {
        let member = row.member;
        (row.no, Met { no: row.no, name: member.name, region: member.region, supplier: member.supplier })
    };
    Ok(rows.into_iter().map(met).collect())
}

//! What several members share.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Problem;
use super::incidents::shown;
use super::{Asker, ROWS_MAX, Shared};
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

/// What several members share.
#[utoipa::path(get, path = "/api/v1/findings", responses((status = 200, body = Findings)))]
pub(super) async fn list(State(desk): Shared, asker: Asker) -> Result<Json<Findings>, Problem> {
    let (fault, store) = (|err| desk.fault(&err), &desk.app.store);
    let members = store.members().await.map_err(fault)?;
    let members: BTreeMap<i64, Met> = members
        .into_iter()
        .map(|row| {
            let member = row.member;
            (row.no, Met { no: row.no, name: member.name, region: member.region, supplier: member.supplier })
        })
        .collect();
    let found = store.findings(ROWS_MAX).await.map_err(fault)?;
    let now = machine_time();
    let of = found.iter().flat_map(|finding| finding.members.iter().copied()).collect();
    if let Some(news) = desk.listed.news(asker.name(), "findings", of, now) {
        let is_new = |one: &&central_store::Finding| one.members.iter().any(|member| news.contains(member));
        let detail = shown(found.iter().filter(is_new).count(), "findings", &news);
        store.audit(now, asker.name(), "finding.list", "", &detail).await.map_err(fault)?;
    }
    let finding = |found: central_store::Finding| Finding {
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
    };
    let policy = desk.app.policy;
    Ok(Json(Findings {
        findings: found.into_iter().map(finding).collect(),
        members_min: policy.members_min,
        within_hours: policy.within.as_secs() / 3_600,
    }))
}

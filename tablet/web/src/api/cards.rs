//! What people press on a card.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use box_store::record::{IncidentRecord, from_hex};
use box_store::tablet::CommandRecord;
use common_model::{ClosedBy, Due};
use common_site::{KnownDevice, KnownRule};
use jiff::ToSpan as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::Refusal;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::View;

/// Who says that it is solved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Solved {
    by: SolvedBy,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SolvedBy {
    Supplier,
    Clinic,
}

/// For how long it is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// 1 to 3650; none: until it is taken away.
    days: Option<u16>,
}

/// Longest time for which something can be known, in days.
const KNOWN_DAYS_MAX: u16 = 3_650;

/// Somebody has seen it. Stops nothing and turns no face.
#[utoipa::path(post, path = "/api/v1/cards/{id}/seen", params(("id" = String, Path), Asked), responses((status = 204), (status = 404, body = Refusal)))]
pub(crate) async fn seen(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let (id, _) = open(&view, &id)?;
        shared.write(|db, now| db.see(id, now)).map_err(|err| Problem::of_store(&view.words(), &err))?;
        shared.heard.send_modify(|_| {});
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// It is solved. A red card that goes on stays until nothing was seen for half an hour, unless the supplier says so.
#[utoipa::path(post, path = "/api/v1/cards/{id}/solved", request_body = Solved, params(("id" = String, Path), Asked), responses((status = 204), (status = 404, body = Refusal)))]
pub(crate) async fn solved(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Path(id): Path<String>,
    Json(Solved { by }): Json<Solved>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let (_, incident) = open(&view, &id)?;
        let by = match by {
            SolvedBy::Supplier => ClosedBy::Supplier,
            SolvedBy::Clinic => ClosedBy::Clinic,
        };
        let close = CommandRecord::Close { incident: incident.id, by: by.as_str().to_owned() };
        shared.ask(&close).map_err(|err| Problem::of_store(&view.words(), &err))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The clinic knows this trouble of this device, and finds it harmless.
#[utoipa::path(post, path = "/api/v1/cards/{id}/known", request_body = Known, params(("id" = String, Path), Asked), responses((status = 204), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn known(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Path(id): Path<String>,
    Json(Known { days }): Json<Known>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let mut view = View::new(&shared, asked.lang())?;
        let (_, incident) = open(&view, &id)?;
        let refuse =
            |view: &View| Problem::say(&view.words(), StatusCode::UNPROCESSABLE_ENTITY, "error_request");
        if days.is_some_and(|days| days == 0 || days > KNOWN_DAYS_MAX) || incident.due == Due::Now.as_str() {
            return Err(refuse(&view));
        }
        let today = view.site.local(view.now).date();
        let until = days.map(|days| today.saturating_add(i64::from(days).days()));
        let device = device(&incident).ok_or_else(|| refuse(&view))?;
        view.site.known.retain(|rule| rule.kind != incident.kind || rule.device != device);
        view.site.known.push(KnownRule { kind: incident.kind.clone(), device, until });
        let also = CommandRecord::Close { incident: incident.id, by: ClosedBy::Known.as_str().to_owned() };
        let toml = view.site.to_toml();
        let kept = shared.write(|db, now| db.choose(&toml, Some(&also), now));
        kept.map_err(|err| Problem::of_store(&view.words(), &err))?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The open incident of a card.
fn open(view: &View, id: &str) -> Result<(u64, IncidentRecord), Problem> {
    let words = view.words();
    let not_found = || Problem::say(&words, StatusCode::NOT_FOUND, "error_not_found");
    let number = from_hex("id", id).map_err(|_| not_found())?;
    let incident = view.sensor()?.incident(number).map_err(anyhow::Error::from)?.ok_or_else(not_found)?;
    if incident.state == "closed" {
        return Err(Problem::say(&words, StatusCode::CONFLICT, "error_not_open"));
    }
    Ok((number, incident))
}

/// What stays the same of a device: its Ethernet address, else its network address.
fn device(incident: &IncidentRecord) -> Option<KnownDevice> {
    let device = incident.device.to_party();
    device.mac.map(KnownDevice::Mac).or_else(|| device.ip.map(KnownDevice::Ip))
}

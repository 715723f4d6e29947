//! The devices, and what the clinic says of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use common_model::DeviceType;
use common_site::NamedDevice;
use serde::Deserialize;
use utoipa::ToSchema;

use super::error::Refusal;
use super::settings::keep;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Devices, View};

/// What the clinic says of a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// What it is called; none: what it calls itself.
    name: Option<String>,
    /// What it is, and that is sure then; none: what it looks like.
    r#type: Option<String>,
}

/// Longest name that the clinic gives, in characters. Source: what a card shows of it; the field of the screen takes no more.
const NAME_CHARS_MAX: usize = 40;

/// The devices, last heard first.
#[utoipa::path(get, path = "/api/v1/devices", params(Asked), responses((status = 200, body = Devices)))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Devices>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.devices()?))).await
}

/// The clinic names a device, or confirms what it is.
#[utoipa::path(put, path = "/api/v1/devices/{id}", request_body = Said, params(("id" = String, Path), Asked), responses((status = 204), (status = 404, body = Refusal), (status = 422, body = Refusal)))]
pub(crate) async fn name(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Path(id): Path<String>,
    Json(said): Json<Said>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let mut view = View::new(&shared, asked.lang())?;
        let refuse = |view: &View, status, phrase| Problem::say(&view.words(), status, phrase);
        let devices = view.sensor()?.devices().map_err(anyhow::Error::from)?;
        let device = devices.into_iter().find(|device| device.party.id.as_deref() == Some(id.as_str()));
        let device = device.ok_or_else(|| refuse(&view, StatusCode::NOT_FOUND, "error_not_found"))?;
        let party = device.party.to_party();

        let wrong = || refuse(&view, StatusCode::UNPROCESSABLE_ENTITY, "error_request");
        let name = said.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if let Some(name) = &name {
            if name.chars().any(char::is_control) {
                return Err(wrong());
            }
            if name.chars().count() > NAME_CHARS_MAX {
                return Err(Problem::field(
                    &view.words(),
                    "name",
                    "name_wrong",
                    &[("max", &NAME_CHARS_MAX.to_string())],
                ));
            }
        }
        let said_type =
            said.r#type.as_deref().map(|word| DeviceType::from_word(word).ok_or_else(wrong)).transpose()?;
        let ip = device.addresses.first().copied();
        if party.mac.is_none() && ip.is_none() {
            return Err(wrong());
        }
        let is_it = |named: &NamedDevice| match party.mac {
            Some(mac) => {
                named.mac == Some(mac) || (named.mac.is_none() && named.ip.is_some() && named.ip == ip)
            }
            None => named.ip.is_some() && named.ip == ip,
        };
        view.site.devices.retain(|named| !is_it(named));
        let is_taken = |named: &NamedDevice| name.is_some() && named.name == name;
        if view.site.devices.iter().any(is_taken) {
            return Err(Problem::field(&view.words(), "name", "name_taken", &[]));
        }
        let confirmed = said_type.is_some_and(|said| said != DeviceType::Unknown);
        if name.is_some() || confirmed {
            let device_type = said_type.unwrap_or_default();
            // An Ethernet address stays when the network address changes.
            let ip = ip.filter(|_| party.mac.is_none());
            view.site.devices.push(NamedDevice { name, mac: party.mac, ip, device_type, confirmed });
        }
        keep(&shared, &view, &view.site)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

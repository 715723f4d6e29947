//! The JSON API: a file for each resource, and the list of all routes.

mod cards;
mod devices;
mod error;
mod events;
mod history;
mod home;
mod known;
mod sent;
mod session;
mod settings;
mod sight;
mod test;
mod warnings;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use crate::shared::Shared;
use crate::view::Language;

pub(crate) use error::Problem;

/// Largest body of a request, in bytes. Source: as `site.toml`, the largest thing that is sent to us.
const BODY_BYTES_MAX: usize = 1 << 20;

/// In which language the answer is.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// `da` or `en`.
    #[param(required = false)]
    lang: Language,
}

impl Asked {
    pub(crate) const fn lang(self) -> common_words::Lang {
        match self.lang {
            Language::Da => common_words::Lang::Da,
            Language::En => common_words::Lang::En,
        }
    }
}

/// All routes. What changes something is never a GET, so that [`crate::guard`] sees it.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/session", get(session::show))
        .route("/api/v1/home", get(home::show))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/cards/{id}/seen", post(cards::seen))
        .route("/api/v1/cards/{id}/solved", post(cards::solved))
        .route("/api/v1/cards/{id}/known", post(cards::known))
        .route("/api/v1/warnings/{id}/answer", post(warnings::answer))
        .route("/api/v1/test", post(test::start))
        .route("/api/v1/devices", get(devices::list))
        .route("/api/v1/devices/{id}", put(devices::name))
        .route("/api/v1/history", get(history::list))
        .route("/api/v1/sent", get(sent::list))
        .route("/api/v1/sight", get(sight::list))
        .route("/api/v1/known", get(known::list))
        .route("/api/v1/known/forget", post(known::forget))
        .route("/api/v1/settings", get(settings::show).put(settings::change))
        .route("/api/v1/settings/site.toml", get(settings::export).put(settings::import))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The description of the API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cyberalarm tablet",
        description = "What the tablet shows and what people press. Every sentence comes in the language that was asked for. What changes something needs the header `X-Cyberalarm` with the token of `/api/v1/session`."
    ),
    paths(
        session::show,
        home::show,
        events::stream,
        cards::seen,
        cards::solved,
        cards::known,
        warnings::answer,
        test::start,
        devices::list,
        devices::name,
        history::list,
        sent::list,
        sight::list,
        known::list,
        known::forget,
        settings::show,
        settings::change,
        settings::export,
        settings::import
    ),
    components(schemas(events::Beat))
)]
struct Api;

/// The description of the API, as OpenAPI 3.1.
#[must_use]
pub fn open_api() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Runs what waits for the disk beside the requests.
pub(crate) async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Problem::Fault))
}

//! What the clinic chose: as a form, and as the file `site.toml`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use common_site::{Site, SiteError};
use sensor_engine::Engine;

use super::error::Refusal;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Settings, View, Wrong};

/// The settings.
#[utoipa::path(get, path = "/api/v1/settings", params(Asked), responses((status = 200, body = Settings)))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Settings>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.settings()))).await
}

/// Other settings. What the form does not show stays.
#[utoipa::path(put, path = "/api/v1/settings", request_body = Settings, params(Asked), responses((status = 204), (status = 422, body = Refusal)))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Json(settings): Json<Settings>,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let wrong = |Wrong { field, phrase }| Problem::field(&view.words(), field, phrase, &[]);
        let site = settings.put_into(view.site.clone()).map_err(wrong)?;
        keep(&shared, &view, &site)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// The settings as the file `site.toml`.
#[utoipa::path(get, path = "/api/v1/settings/site.toml", responses((status = 200, content_type = "application/toml", body = String)))]
pub(crate) async fn export(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Problem> {
    off_the_loop(move || {
        let head = [
            (header::CONTENT_TYPE, "application/toml; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"site.toml\""),
        ];
        Ok((head, shared.site()?.to_toml()))
    })
    .await
}

/// A file `site.toml` in place of the settings.
#[utoipa::path(put, path = "/api/v1/settings/site.toml", request_body = String, params(Asked), responses((status = 204), (status = 422, body = Refusal)))]
pub(crate) async fn import(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    toml: String,
) -> Result<StatusCode, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let site = Site::parse(&toml).map_err(of_file)?;
        Engine::check(&site).map_err(of_file)?;
        keep(&shared, &view, &site)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Checks the settings as if they had been read from a file, and keeps them.
pub(crate) fn keep(shared: &Shared, view: &View, site: &Site) -> Result<(), Problem> {
    let toml = site.to_toml();
    let wrong = |err: SiteError| {
        let Wrong { field, phrase } = Wrong::from(&err);
        Problem::field(&view.words(), field, phrase, &[])
    };
    let site = Site::parse(&toml).map_err(wrong)?;
    Engine::check(&site).map_err(wrong)?;
    let kept = shared.write(|db, now| db.choose(&toml, None, now));
    kept.map_err(|err| Problem::of_store(&view.words(), &err))
}

/// What is wrong with a file, for whoever wrote it: in the words of the file, with its line.
fn of_file(mut err: SiteError) -> Problem {
    let line = err.line.take();
    let problem = err.to_string();
    Problem::Field { field: err.field.unwrap_or_default(), line, problem }
}

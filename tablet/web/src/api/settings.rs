//! What the clinic chose: as a form, and as the file `site.toml`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use common_site::{Site, SiteError};
use common_words::Tablet;
use sensor_engine::Engine;

use super::error::Refusal;
use super::{Asked, Problem, off_the_loop};
use crate::shared::Shared;
use crate::view::{Saved, Settings, View, Wrong};

/// The settings.
#[utoipa::path(get, path = "/api/v1/settings", params(Asked), responses((status = 200, body = Settings)))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Settings>, Problem> {
    off_the_loop(move || Ok(Json(View::new(&shared, asked.lang())?.settings()))).await
}

/// Other settings. What the form does not show stays.
#[utoipa::path(put, path = "/api/v1/settings", request_body = Settings, params(Asked), responses((status = 200, body = Saved), (status = 422, body = Refusal)))]
pub(crate) async fn change(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Json(settings): Json<Settings>,
) -> Result<Json<Saved>, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let wrong = |Wrong { field, phrase }| Problem::field(&view.words(), field, phrase, &[]);
        let site = settings.put_into(view.site.clone()).map_err(wrong)?;
        keep(&shared, &view, &site)?;
        Ok(Json(view.saved(site)?))
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
#[utoipa::path(put, path = "/api/v1/settings/site.toml", request_body = String, params(Asked), responses((status = 200, body = Saved), (status = 422, body = Refusal)))]
pub(crate) async fn import(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    toml: String,
) -> Result<Json<Saved>, Problem> {
    off_the_loop(move || {
        let view = View::new(&shared, asked.lang())?;
        let wrong = |err| of_file(&view.words(), err);
        let site = Site::parse(&toml).map_err(wrong)?;
        site.check_contacts().map_err(|err| wrong(err.placed(&toml)))?;
        Engine::check(&site).map_err(|err| wrong(err.placed(&toml)))?;
        keep(&shared, &view, &site)?;
        Ok(Json(view.saved(site)?))
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

/// What is wrong with a file: in the language of the page, with the line, and for whoever wrote it in the words of the file.
fn of_file(words: &Tablet<'_>, mut err: SiteError) -> Problem {
    let line = err.line.take();
    let field = err.field.clone();
    let phrase = field.as_deref().map_or("file_unreadable", phrase_of);
    let holes = [("field", field.as_deref().unwrap_or_default())];
    let said = |problem| Problem::File { field: field.clone(), line, problem, detail: err.to_string() };
    words.say(phrase, &holes).map_or(Problem::Fault, said)
}

/// What to say of a field of the file.
fn phrase_of(field: &str) -> &'static str {
    let (table, rest) = field.split_once('.').unwrap_or((field, ""));
    match table {
        "timezone" => "wrong_timezone",
        "opening_hours" => "file_hours",
        "contacts" if rest.ends_with(".hours") => "file_hours",
        "contacts" => "file_contact",
        "inside" => "file_inside",
        "whole_network" => "file_reason",
        "device" => "file_device",
        "known" => "file_known",
        "trusted_domains" => "file_domain",
        "detectors" => "file_detector",
        _ => "file_field",
    }
}

//! The desk: a JSON API with a file for each resource, events, and the pages of `web/console`, built in.

mod audit;
mod boxes;
mod calls;
mod error;
mod events;
mod findings;
mod guard;
mod health;
mod incidents;
mod link;
mod members;
mod pages;
mod session;
mod warnings;

use core::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, OptionalFromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post, put};
use axum::{Router, middleware};
use central_core::role::Deed;
use central_store::Session;
use utoipa::OpenApi;

use crate::app::App;
use crate::refusals::Why;
use error::Problem;
use guard::{Guard, Who};

pub(crate) use link::first_link;
pub use link::{link_text, new_link};

/// Largest body of a request, in bytes: a warning in two languages takes 8 kB.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Most rows of an answer.
const ROWS_MAX: u16 = 200;

/// What all requests of the desk share.
#[derive(Clone)]
pub(crate) struct Desk {
    app: Arc<App>,
    port: u16,
    listed: Arc<incidents::Listed>,
}

/// Everything that can be asked for, behind the guard. What changes something is never a GET, so that the guard sees it.
pub(crate) fn router(app: Arc<App>, address: SocketAddr) -> Router {
    let guard = Guard::new(Arc::clone(&app), address);
    let desk = Desk { app, port: address.port(), listed: Arc::default() };
    Router::new()
        .route("/api/v1/sign-in", post(session::sign_in))
        .route("/api/v1/session", get(session::show).delete(session::end))
        .route("/api/v1/boxes", get(boxes::list))
        .route("/api/v1/boxes/{id}", get(boxes::show))
        .route("/api/v1/boxes/{id}/revoke", post(boxes::revoke))
        .route("/api/v1/boxes/{id}/approve-renewal", post(boxes::approve_renewal))
        .route("/api/v1/members", get(members::list).post(members::add))
        .route("/api/v1/members/{no}", put(members::change).delete(members::remove))
        .route("/api/v1/claims", post(members::claim))
        .route("/api/v1/calls", get(calls::show))
        .route("/api/v1/kinds", get(calls::kinds))
        .route("/api/v1/incidents", get(incidents::list))
        .route("/api/v1/incidents/{box}/{id}", get(incidents::show))
        .route("/api/v1/findings", get(findings::list))
        .route("/api/v1/findings/{no}", get(findings::show))
        .route("/api/v1/warnings", get(warnings::list).post(warnings::send))
        .route("/api/v1/warnings/draft", post(warnings::draft))
        .route("/api/v1/warnings/{id}", get(warnings::show))
        .route("/api/v1/warnings/{id}/recall", post(warnings::recall))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/health", get(health::show))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk)
        .fallback_service(pages::pages())
        .layer(middleware::from_fn_with_state(guard, guard::stand))
}

/// The description of the API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cyberalarm centre",
        description = "What the desk shows and does. All but `/api/v1/sign-in` needs the session's cookie; what changes something needs the header `X-Cyberalarm` with the token of `/api/v1/session` too. Moments are RFC 3339 in UTC."
    ),
    paths(
        session::sign_in,
        session::show,
        session::end,
        boxes::list,
        boxes::show,
        boxes::revoke,
        boxes::approve_renewal,
        members::list,
        members::add,
        members::change,
        members::remove,
        members::claim,
        calls::show,
        calls::kinds,
        incidents::list,
        incidents::show,
        findings::list,
        findings::show,
        warnings::list,
        warnings::send,
        warnings::draft,
        warnings::show,
        warnings::recall,
        audit::list,
        events::stream,
        health::show
    )
)]
struct Api;

/// The description of the API, as OpenAPI 3.1.
#[must_use]
pub fn open_api() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Who asks. The guard let them in.
pub(crate) struct Asker(Arc<Session>);

impl OptionalFromRequestParts<Desk> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _desk: &Desk) -> Result<Option<Self>, Problem> {
        Ok(parts.extensions.get::<Who>().map(|who| Asker(Arc::clone(&who.0))))
    }
}

impl FromRequestParts<Desk> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let asker = <Self as OptionalFromRequestParts<Desk>>::from_request_parts(parts, desk).await?;
        asker.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "sign in first").because("session"))
    }
}

impl Asker {
    fn name(&self) -> &str {
        &self.0.account.name
    }

    /// Refuses who may not.
    fn may(&self, desk: &Desk, deed: Deed) -> Result<(), Problem> {
        if self.0.account.role.may(deed) {
            return Ok(());
        }
        let said = "this is for administrators";
        desk.app.refused(Why::NotAllowed, &format!("{} at the desk: {said}", self.name()));
        Err(Problem::new(StatusCode::FORBIDDEN, said).because("administrators"))
    }
}

impl Desk {
    fn fault(&self, err: &central_store::StoreError) -> Problem {
        Problem::of_store(&self.app, err)
    }
}

type Shared = State<Desk>;

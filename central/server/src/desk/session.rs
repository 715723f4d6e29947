//! Somebody signs in, and out.

use core::net::SocketAddr;
use core::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use central_core::Role;
use central_core::digest::sha256;
use central_store::Session;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::guard::{cookie, cookie_name};
use super::{Asker, Shared};
use crate::app::{machine_time, random_hex};
use crate::refusals::Why;

/// A session lasts a working day.
const SESSION_LIFE: Duration = Duration::from_secs(12 * 3_600);

/// What stands behind `#/sign-in/` in a link.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SignIn {
    token: String,
}

/// Who signed in, and what a page must know.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Known {
    /// Their name.
    account: String,
    /// What they are.
    role: Role,
    /// Goes into the header `X-Cyberalarm` of what changes something.
    csrf: String,
    /// The session ends then.
    until: String,
    version: &'static str,
}

impl Known {
    fn of(session: &Session) -> Self {
        Known {
            account: session.account.name.clone(),
            role: session.account.role,
            csrf: session.csrf.clone(),
            until: session.until.to_string(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Signs in with a link, which is used up; the answer sets the session's cookie.
#[utoipa::path(post, path = "/api/v1/sign-in", request_body = SignIn, responses((status = 200, body = Known), (status = 403, body = Refusal)))]
pub(super) async fn sign_in(
    State(desk): Shared,
    extensions: Extensions,
    Json(SignIn { token }): Json<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    let fault = |err| desk.fault(&err);
    let now = machine_time();
    let mut tx = desk.app.store.begin().await.map_err(fault)?;
    let account = match tx.use_link(&sha256(token.as_bytes()), now).await.map_err(fault)? {
        Ok(account) => account,
        Err(why) => {
            if let Some(more) = desk.app.sign_ins.refused(now) {
                let from = extensions.get::<ConnectInfo<SocketAddr>>();
                let from = from.map(|from| format!(" from {}", from.0.ip())).unwrap_or_default();
                let before = if more > 0 { format!("; {more} more before it") } else { String::new() };
                let detail = format!("{why}{from}{before}");
                tx.audit(now, "centre", "session.refuse", why.account(), &detail).await.map_err(fault)?;
                tx.commit().await.map_err(fault)?;
            }
            // Whoever has not signed in need not know which.
            let said = "this link was used, is too old, or never was one";
            desk.app.refused(Why::NoSession, &format!("at the desk: {said}"));
            return Err(Problem::new(StatusCode::FORBIDDEN, said).because("link"));
        }
    };
    let random = |err: anyhow::Error| Problem::fault(&desk.app, &err);
    let (token, csrf) = (random_hex::<32>().map_err(random)?, random_hex::<16>().map_err(random)?);
    let session = Session { account, csrf, until: now + SESSION_LIFE };
    tx.add_session(&sha256(token.as_bytes()), &session, now).await.map_err(fault)?;
    tx.audit(now, &session.account.name, "session.begin", "", "").await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    let cookie = format!(
        "{}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}",
        cookie_name(desk.port),
        SESSION_LIFE.as_secs()
    );
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(Known::of(&session))))
}

/// Who signed in, and what a page must know; nothing when nobody did.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = Known), (status = 204), (status = 401, body = Refusal)))]
pub(super) async fn show(asker: Option<Asker>) -> Response {
    match asker {
        Some(Asker(session)) => Json(Known::of(&session)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", responses((status = 204)))]
pub(super) async fn end(
    State(desk): Shared,
    asker: Asker,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let fault = |err| desk.fault(&err);
    if let Some(token) = cookie(&headers, desk.port) {
        let mut tx = desk.app.store.begin().await.map_err(fault)?;
        tx.end_session(&sha256(token.as_bytes())).await.map_err(fault)?;
        tx.audit(machine_time(), asker.name(), "session.end", "", "").await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
    }
    let cookie = format!("{}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", cookie_name(desk.port));
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}

//! What stands before every request of the desk: whose name it was asked by, how fast, who asks, whether a page of ours asks, and what a browser may
//! do with the answer.
//!
//! It asks for the same as the tablet's guard and for more: a session. The tablet stands before one person in a clinic, the desk before the sector.

use core::net::SocketAddr;
use core::time::Duration;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use central_core::digest::sha256;
use central_store::Session;

use super::error::Problem;
use crate::allowance::Allowance;
use crate::app::{App, machine_time};
use crate::refusals::Why;

/// Nothing from elsewhere, nothing inline, in nobody's frame. `data:` is for the codes that are drawn for new boxes.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Requests that may come at once, and how many more each second. Guess: a dozen people at a desk.
const AT_ONCE: f64 = 400.0;
const PER_SEC: f64 = 200.0;

/// An answer must be there within this time; events go on.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What the guard knows.
pub(crate) struct Guard {
    app: Arc<App>,
    address: SocketAddr,
    allowance: Allowance,
}

/// Who asks, in the request.
#[derive(Clone, Debug)]
pub(super) struct Who(pub(super) Arc<Session>);

impl Guard {
    pub(crate) fn new(app: Arc<App>, address: SocketAddr) -> Arc<Guard> {
        Arc::new(Guard { app, address, allowance: Allowance::new(AT_ONCE, PER_SEC) })
    }

    /// A name by which the desk may be asked for: an attacker's page that makes its own name point here has another.
    fn is_our_name(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
        let port = self.address.port();
        let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        ours.iter().any(|ours| ours == host)
    }

    /// Why a request is refused; who asks, where it matters.
    async fn judge(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Session>, Problem> {
        if !self.is_our_name(headers) {
            return Err(self.refuse(
                Why::Host,
                StatusCode::MISDIRECTED_REQUEST,
                "this is not asked by our name",
            ));
        }
        if !self.allowance.take() {
            return Err(self.refuse(
                Why::TooMany,
                StatusCode::TOO_MANY_REQUESTS,
                "too many requests at once",
            ));
        }
        if !path.starts_with("/api/") {
            return Ok(None);
        }
        let changes = !matches!(*method, Method::GET | Method::HEAD);
        // A browser says whence a request comes; what is no browser says nothing.
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Err(self.refuse(Why::Forged, StatusCode::FORBIDDEN, "this is asked by another page"));
        }
        if path == "/api/v1/sign-in" {
            return Ok(None);
        }
        let token = cookie(headers, self.address.port());
        if token.is_none() && !changes && path == "/api/v1/session" {
            // A page that was just opened asks who sits there. Nobody is an answer, and no refusal.
            return Ok(None);
        }
        let session = match token {
            Some(token) => self.app.store.session(&sha256(token.as_bytes()), machine_time()).await,
            None => Ok(None),
        };
        let Some(session) = session.map_err(|err| Problem::fault(&self.app, &err))? else {
            return Err(self
                .refuse(Why::NoSession, StatusCode::UNAUTHORIZED, "sign in first")
                .because("session"));
        };
        let has_token =
            headers.get("x-cyberalarm").is_some_and(|token| token.as_bytes() == session.csrf.as_bytes());
        if changes && !has_token {
            return Err(self.refuse(
                Why::Forged,
                StatusCode::FORBIDDEN,
                "this lacks the token of the session",
            ));
        }
        Ok(Some(session))
    }

    fn refuse(&self, why: Why, status: StatusCode, said: &str) -> Problem {
        self.app.refused(why, &format!("at the desk: {said}"));
        Problem::new(status, said)
    }
}

/// The name of the cookie: cookies of one host are sent to all its ports.
pub(super) fn cookie_name(port: u16) -> String {
    format!("cyberalarm-desk-{port}")
}

/// The session's token.
pub(super) fn cookie(headers: &HeaderMap, port: u16) -> Option<&str> {
    let name = cookie_name(port);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut each = all.flat_map(|cookies| cookies.split(';'));
    each.find_map(|cookie| {
        cookie.trim().split_once('=').filter(|(of, _)| *of == name).map(|(_, token)| token)
    })
}

/// Lets a request through, or refuses it.
pub(crate) async fn stand(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let mut response = match guard.judge(request.method(), request.uri().path(), request.headers()).await {
        Ok(session) => {
            if let Some(session) = session {
                request.extensions_mut().insert(Who(Arc::new(session)));
            }
            match tokio::time::timeout(ANSWER_MAX, next.run(request)).await {
                Ok(response) => response,
                Err(_) => {
                    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "this takes too long").into_response()
                }
            }
        }
        Err(problem) => problem.into_response(),
    };
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if status.is_client_error() && !is_json {
        // What the framework refuses is said like what we refuse.
        let said = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "longer than may be sent",
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "there is nothing here by this name",
            _ => "this request cannot be read",
        };
        response = Problem::new(status, said).into_response();
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

//! What stands before every request: whose name it was asked by, whether a page of ours asks, how fast, and what a browser may do with the answer.

use core::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::shared::Shared;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Requests that may come at once, and how many more each second. Guess: a screen takes ten, a finger presses twice a second.
const AT_ONCE: f64 = 120.0;
const PER_SEC: f64 = 40.0;

/// What the guard knows.
#[derive(Debug)]
pub(crate) struct Guard {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// How many requests may still come, and when that was counted.
    allowance: Mutex<(f64, Instant)>,
}

impl Guard {
    pub(crate) fn new(shared: Arc<Shared>, address: SocketAddr) -> Arc<Guard> {
        Arc::new(Guard { shared, address, allowance: Mutex::new((AT_ONCE, steady())) })
    }

    /// A name by which the tablet may be asked for: an attacker's page that makes its own name point here has another.
    fn is_our_name(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
        let port = self.address.port();
        let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        ours.iter().any(|ours| ours == host)
    }

    fn is_too_fast(&self) -> bool {
        let now = steady();
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, counted_at) = *allowance;
        let left = (left + now.duration_since(counted_at).as_secs_f64() * PER_SEC).min(AT_ONCE);
        let is_too_fast = left < 1.0;
        *allowance = (if is_too_fast { left } else { left - 1.0 }, now);
        is_too_fast
    }
}

/// Whether the browser says that a page of somebody else asks. Whoever opens the tablet by its address or by a link is let in.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| headers.get(name).is_some_and(|said| said == word);
    let is_opened = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    !is_opened && (says("sec-fetch-site", "cross-site") || says("sec-fetch-site", "same-site"))
}

/// Lets a request through, or refuses it.
pub(crate) async fn stand(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let has_token =
        headers.get("x-cyberalarm").is_some_and(|token| token.as_bytes() == guard.shared.token.as_bytes());
    let is_english =
        request.uri().query().is_some_and(|query| query.split('&').any(|part| part == "lang=en"));
    // Before anything is counted, so that another page of this browser cannot use up what ours may ask.
    let refused = if !guard.is_our_name(headers) || is_from_elsewhere(headers) {
        Some((StatusCode::MISDIRECTED_REQUEST, "error_not_found"))
    } else if guard.is_too_fast() {
        Some((StatusCode::TOO_MANY_REQUESTS, "error_too_many"))
    } else if changes && !has_token {
        Some((StatusCode::FORBIDDEN, "error_forbidden"))
    } else {
        None
    };
    let mut response = match refused {
        Some((status, phrase)) => refuse(&guard.shared, is_english, status, phrase),
        None => next.run(request).await,
    };
    let status = response.status();
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if (status.is_client_error() || status.is_server_error()) && !is_json {
        // What the framework refuses, and what failed, is said like what we refuse.
        let phrase = match status {
            _ if status.is_server_error() => "error_fault",
            StatusCode::PAYLOAD_TOO_LARGE => "error_too_large",
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "error_not_found",
            _ => "error_request",
        };
        response = refuse(&guard.shared, is_english, status, phrase);
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

fn refuse(shared: &Shared, is_english: bool, status: StatusCode, phrase: &str) -> Response {
    let lang = if is_english { common_words::Lang::En } else { common_words::Lang::Da };
    let site = common_site::Site::default();
    let words = shared.catalogue.tablet(lang, &site, common_model::Timestamp::EPOCH);
    let problem = words.say(phrase, &[]).unwrap_or_default();
    (status, Json(json!({ "problem": problem }))).into_response()
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how fast requests come is counted here")]
    Instant::now()
}

//! Serves a front end that was built into the program, packed where the browser unpacks. Without it a page says how to build it.
//!
//! Who may ask, and what a browser may do with the answer, is decided by the guard before it.

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};
use rust_embed::Embed;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

/// Files whose name changes with what is in them may be kept for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The files of the front end `F`, which is made in the folder `web/NAME`. A fallback: it answers whatever it is asked.
pub fn pages<F: Embed + 'static>(name: &'static str) -> Router {
    // Fonts are packed already.
    let worth_packing = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    Router::new()
        .fallback(async move |uri: Uri| file::<F>(&uri, name))
        .layer(CompressionLayer::new().compress_when(worth_packing))
}

fn file<F: Embed>(uri: &Uri, name: &str) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(file) = F::get(path) else {
        let is_page = path == "index.html";
        return if is_page {
            Html(missing(name)).into_response()
        } else {
            StatusCode::NOT_FOUND.into_response()
        };
    };
    let kept = if path.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let head = [(header::CONTENT_TYPE, content_type(path)), (header::CACHE_CONTROL, kept)];
    (head, file.data).into_response()
}

fn missing(name: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Cyberalarm</title>\
<h1>This program was built without its screens</h1>\
<p>Build them with <code>npm ci</code> in <code>web</code> and <code>npm run build</code> in <code>web/{name}</code>, and then the program again, \
or start <code>./run</code>.</p></html>"
    )
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

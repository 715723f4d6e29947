//! The front end of `web/console`, as it was built before this program.

use axum::http::Uri;
use axum::response::Response;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
struct Dist;

/// A file of the front end.
pub(super) async fn file(uri: Uri) -> Response {
    common_pages::file::<Dist>(&uri, "console")
}

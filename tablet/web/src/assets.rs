//! The front end of `web/tablet`, as it was built before this program.

use axum::Router;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../web/tablet/dist"]
#[allow_missing = true]
struct Dist;

/// The files of the front end.
pub(crate) fn pages() -> Router {
    common_pages::pages::<Dist>("tablet")
}

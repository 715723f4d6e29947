//! The front end of `web/console`, as it was built before this program.

use axum::Router;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
struct Dist;

/// The files of the front end.
pub(super) fn pages() -> Router {
    common_pages::pages::<Dist>("console")
}

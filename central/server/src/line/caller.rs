//! Who asks, and whether they may.

use std::sync::Arc;

use axum::http::StatusCode;
use central_core::pass::{Pass, pass};
use central_store::{BoxCell, ShardState as _};

use super::Refusal;
use crate::app::{App, machine_time};
use crate::refusals::Why;
use crate::tls::Peer;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// To send, or to hear.
    Everything,
    /// A new certificate.
    Renewal,
}

/// The box that asks, if it may; it was heard.
pub(crate) fn admit(app: &App, peer: Option<&Peer>, what: For) -> Result<Arc<BoxCell>, Refusal> {
    let cell = judge(app, peer, what)?;
    cell.seen(machine_time());
    Ok(cell)
}

/// The box at the other end, if it may.
pub(crate) fn judge(app: &App, peer: Option<&Peer>, what: For) -> Result<Arc<BoxCell>, Refusal> {
    let refuse = |why, said: &str| Refusal::counted(app, why, StatusCode::FORBIDDEN, said);
    let peer = peer.ok_or_else(|| refuse(Why::NoCertificate, "this needs a certificate of this centre"))?;
    let cell =
        app.store.find(peer.id).ok_or_else(|| refuse(Why::UnknownBox, "this box is not known here"))?;
    if cell.is_revoked() {
        return Err(refuse(Why::Revoked, "this box was revoked"));
    }
    match (pass(peer.not_after, cell.is_renewal_approved(), machine_time()), what) {
        (Pass::Good, _) | (Pass::RenewOnly, For::Renewal) => Ok(cell),
        (Pass::RenewOnly, For::Everything) => Err(refuse(Why::Expired, "this certificate is over: renew it")),
        (Pass::NeedsApproval, _) => {
            Err(refuse(Why::Expired, "this certificate is long over: the centre must approve a new one"))
        }
    }
}

//! A new box becomes a member's, and a certificate is renewed.

use core::time::Duration;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use central_store::{BoxCell, StoreError};
use common_wire::{BoxId, ClaimCode, v1};
use serde::de::DeserializeOwned;

use super::body::{self, Bounds};
use super::caller::{For, admit};
use super::{Refusal, Shared};
use crate::app::{App, machine_time, random};
use crate::identity::{CertificateRequest, Identity, Issued};
use crate::refusals::Why;
use crate::tls::Peer;

/// A request for a certificate and a code. Guess: a bad mobile network takes two seconds.
pub(super) const BODY: Bounds = Bounds { bytes: 16 << 10, within: Duration::from_secs(15) };

pub(super) async fn claim(State(app): Shared, request: Request) -> Result<Json<v1::Claimed>, Refusal> {
    if !app.claims.take() {
        return Err(too_fast(&app));
    }
    let claim: v1::Claim = json(&app, request).await?;
    let request = read(&app, &claim.csr)?;
    let refuse = |said: String| Refusal::counted(&app, Why::Claim, StatusCode::FORBIDDEN, said);
    let code: ClaimCode = claim.code.parse().map_err(|err| refuse(format!("{err}")))?;
    let fresh = BoxId::from_bytes(random().map_err(|err| Refusal::fault(&app, &err))?);
    let claimed = app.store.claim(&code, &request.key_hash, fresh, machine_time()).await;
    let claimed =
        claimed.map_err(|err| Refusal::fault(&app, &err))?.map_err(|why| refuse(why.to_string()))?;
    let issued = issue(&app, request, &claimed.cell).await?;
    send_in_force(&app, &claimed.cell).await.map_err(|err| Refusal::fault(&app, &err))?;
    app.store.tell_news();
    Ok(Json(v1::Claimed {
        box_id: claimed.cell.id,
        member: claimed.member,
        certificate: issued.chain,
        ca: app.identity.ca_pem().to_owned(),
        letter_key: app.identity.letter_key().to_hex(),
    }))
}

pub(super) async fn renew(
    State(app): Shared,
    Extension(peer): Extension<Option<Peer>>,
    request: Request,
) -> Result<Json<v1::Renewed>, Refusal> {
    let cell = admit(&app, peer.as_ref(), For::Renewal)?;
    if !app.renewals.take() {
        return Err(too_fast(&app));
    }
    let renew: v1::Renew = json(&app, request).await?;
    let issued = issue(&app, read(&app, &renew.csr)?, &cell).await?;
    Ok(Json(v1::Renewed { certificate: issued.chain }))
}

/// A new box hears what all others were told before it came.
async fn send_in_force(app: &App, cell: &Arc<BoxCell>) -> Result<(), StoreError> {
    let mut tx = app.store.begin().await?;
    tx.send_in_force(cell, machine_time(), &|letter| app.identity.sign(letter)).await?;
    tx.commit().await
}

/// Makes a certificate, and keeps its number; an approval is used up by it.
async fn issue(app: &Arc<App>, request: CertificateRequest, cell: &BoxCell) -> Result<Issued, Refusal> {
    let now = machine_time();
    let issued = app.identity.issue(request, cell.id, now).map_err(|err| Refusal::fault(app, &err))?;
    let kept = async {
        let mut tx = app.store.begin().await?;
        tx.add_certificate(cell, &issued.serial, now, issued.until).await?;
        if cell.is_renewal_approved() {
            app.store.approve_renewal(&mut tx, cell, false).await?;
        }
        tx.commit().await
    };
    let kept: Result<(), StoreError> = kept.await;
    kept.map_err(|err| Refusal::fault(app, &err))?;
    Ok(issued)
}

fn read(app: &App, csr: &str) -> Result<CertificateRequest, Refusal> {
    Identity::read_request(csr)
        .map_err(|err| Refusal::counted(app, Why::Request, StatusCode::BAD_REQUEST, err.to_string()))
}

async fn json<T: DeserializeOwned>(app: &App, request: Request) -> Result<T, Refusal> {
    let held = body::read(app, request, BODY).await?;
    serde_json::from_slice(&held.bytes).map_err(|_| {
        Refusal::counted(app, Why::Request, StatusCode::BAD_REQUEST, "this request cannot be read")
    })
}

fn too_fast(app: &App) -> Refusal {
    Refusal::counted(app, Why::TooMany, StatusCode::TOO_MANY_REQUESTS, "too many at once: try again")
}

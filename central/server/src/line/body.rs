//! Bodies are read within bounds: how long one may be, how long it may take, and how many bytes of all of them are held at once.

use core::time::Duration;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request};
use axum::http::{StatusCode, header};
use tokio::sync::OwnedSemaphorePermit;

use super::Refusal;
use crate::app::App;
use crate::refusals::Why;

/// What one body may be; the route has the same limit of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// So long.
    pub(super) bytes: usize,
    /// It must be here within this time.
    pub(super) within: Duration,
}

/// A body, and the room that it takes until whoever asked is answered.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

/// Reads a body. Whoever does not say how long it is takes the room of the longest.
pub(super) async fn read(app: &App, request: Request, bounds: Bounds) -> Result<Held, Refusal> {
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = said.and_then(|length| length.parse().ok()).unwrap_or(bounds.bytes).min(bounds.bytes);
    let room = u32::try_from(length).ok().and_then(|length| {
        let bodies = Arc::clone(&app.bodies);
        bodies.try_acquire_many_owned(length).ok()
    });
    let Some(room) = room else {
        let said = "too much at once: try again";
        return Err(Refusal::counted(app, Why::Busy, StatusCode::SERVICE_UNAVAILABLE, said));
    };
    let refuse = |why, status, said: &str| Err(Refusal::counted(app, why, status, said));
    match tokio::time::timeout(bounds.within, Bytes::from_request(request, &())).await {
        Ok(Ok(bytes)) => Ok(Held { bytes, _room: room }),
        Ok(Err(err)) if err.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            refuse(Why::TooLong, StatusCode::PAYLOAD_TOO_LARGE, "longer than may be sent")
        }
        Ok(Err(_)) => refuse(Why::Malformed, StatusCode::BAD_REQUEST, "a body that broke off"),
        Err(_) => refuse(Why::Malformed, StatusCode::BAD_REQUEST, "a body that takes too long"),
    }
}

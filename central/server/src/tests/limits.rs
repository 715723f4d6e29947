//! What there may be at once: bytes, seats of strangers, claims beside renewals.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use serde_json::json;
use testing_fleet::{Line, connector, health, request_for_certificate};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::Running;
use crate::app::{BODIES_BYTES_MAX, machine_time};
use crate::door::Seats;
use crate::tls::{OwnCertificate, Peer};
use crate::{door, line, tls};

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_bytes_that_are_held_at_once_a_box_is_told_to_come_again() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let now = machine_time();
    let batch = played.batch(&[health(now)], now).unwrap();
    let peer = Peer { id: played.id, not_after: now + core::time::Duration::from_secs(60) };
    let door: Router = line::router(Arc::clone(&centre.app)).layer(Extension(Some(peer)));
    let ask = async |says_length: bool| {
        let mut request = Request::builder().method("POST").uri("/v1/batch");
        if says_length {
            request = request.header(header::CONTENT_LENGTH, batch.len());
        }
        door.clone().oneshot(request.body(Body::from(batch.clone())).unwrap()).await.unwrap()
    };
    // Room for this one and no more.
    let others = u32::try_from(BODIES_BYTES_MAX - batch.len()).unwrap();
    let others = Arc::clone(&centre.app.bodies).try_acquire_many_owned(others).unwrap();
    // One that does not say how long it is may be as long as any.
    let refused = ask(false).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    assert_eq!(ask(true).await.status(), StatusCode::OK);
    drop(others);
    assert_eq!(ask(false).await.status(), StatusCode::OK);
    assert_eq!((centre.refused("busy"), centre.app.bodies.available_permits()), (1, BODIES_BYTES_MAX));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_take_no_seat_of_a_box() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let (app, now) = (Arc::clone(&centre.app), machine_time());
    let until = now + core::time::Duration::from_secs(3_600);
    let own = OwnCertificate::new(&app.identity, &["127.0.0.1".to_owned()], now, until).unwrap();
    let tls = TlsAcceptor::from(tls::config(&app.identity, own).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    played.centre = listener.local_addr().unwrap();
    let seats = Seats { all: 10, strangers: 2 };
    let door = tokio::spawn(door::serve(listener, tls, line::router(Arc::clone(&app)), app, seats));

    let bare = connector(&played.ca, None).unwrap();
    let mut strangers = Vec::new();
    for _seat in 0..2 {
        let mut stranger = Line::connect(played.centre, &bare).await.unwrap();
        assert_eq!(stranger.inbox(0).await.unwrap().status, StatusCode::FORBIDDEN);
        strangers.push(stranger);
    }
    let third = async { Line::connect(played.centre, &bare).await?.inbox(0).await };
    third.await.unwrap_err();
    assert_eq!(centre.refused("too_many"), 1);
    let batch = played.batch(&[health(now)], now).unwrap();
    assert_eq!(played.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
    door.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_takes_nothing_of_what_strangers_may_claim() {
    let centre = Running::new().await;
    let played = centre.claimed("Klinik Nord", "").await;
    let left = centre.app.claims.left();
    let renew = json!({ "csr": request_for_certificate().unwrap().0 });
    let mut line = played.connect().await.unwrap();
    assert_eq!(line.post("/v1/renew", &renew).await.unwrap().status, StatusCode::OK);
    assert!(centre.app.claims.left() >= left && centre.app.renewals.left() < 200.0);
}

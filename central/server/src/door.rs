//! The door for boxes: takes connections, makes them TLS, and hands requests on with who is at the other end. Bounded in number and in time: whoever
//! has no certificate of ours has few seats, and leaves them soon.

use core::time::Duration;
use std::sync::Arc;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::refusals::Why;
use crate::tls::Peer;

/// Connections at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seats {
    /// All of them.
    pub(crate) all: usize,
    /// Of those, without a certificate of ours, once TLS is agreed on.
    pub(crate) strangers: usize,
}

impl Default for Seats {
    /// Ten thousand boxes with two each; one takes some 20 kB. Guess: of new boxes no more than hundreds come in one second.
    fn default() -> Self {
        Seats { all: 20_000, strangers: 500 }
    }
}

/// TLS must be agreed on within this time. Guess: a bad mobile network takes two seconds.
const HANDSHAKE_MAX: Duration = Duration::from_secs(15);

/// The head of the next request must come within this time; a connection that is quiet for longer ends.
const HEAD_MAX: Duration = Duration::from_secs(120);

/// The same of a stranger, who comes to claim a box and has nothing to wait for.
const STRANGERS_HEAD_MAX: Duration = Duration::from_secs(10);

/// A stranger's connection ends after this, whatever it does.
const STRANGER_MAX: Duration = Duration::from_secs(60);

/// When no connection can be taken (no file is left) it is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Takes connections for ever.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    router: Router,
    app: Arc<App>,
    seats: Seats,
) {
    let room = Arc::new(Semaphore::new(seats.all));
    let strangers = Arc::new(Semaphore::new(seats.strangers));
    loop {
        let Ok(seat) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(AGAIN_AFTER).await;
            continue;
        };
        let (tls, router, app) = (tls.clone(), router.clone(), Arc::clone(&app));
        let strangers = Arc::clone(&strangers);
        tokio::spawn(async move {
            talk(stream, tls, router, &app, &strangers).await;
            drop(seat);
        });
    }
}

async fn talk(stream: TcpStream, tls: TlsAcceptor, router: Router, app: &App, strangers: &Semaphore) {
    // An answer waits for no second packet.
    let _as_it_is = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE_MAX, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(err)) => return app.refused(Why::Handshake, &format!("a connection: {err}")),
        Err(_) => return app.refused(Why::Handshake, "a connection that takes too long"),
    };
    let certificates = stream.get_ref().1.peer_certificates();
    let peer = certificates.and_then(|all| all.first()).and_then(Peer::of);
    let is_stranger = peer.is_none();
    let seat = is_stranger.then(|| strangers.try_acquire());
    if matches!(seat, Some(Err(_))) {
        return app.refused(Why::TooMany, "a connection without a certificate: there are too many");
    }
    let (head_max, ends_after) =
        if is_stranger { (STRANGERS_HEAD_MAX, STRANGER_MAX) } else { (HEAD_MAX, Duration::MAX) };
    // Each request is handed on with who is at the other end.
    let service = TowerToHyperService::new(router.layer(Extension(peer)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_max).max_headers(64);
    // A connection that breaks is the box's to make again.
    let _ended = tokio::time::timeout(ends_after, http.serve_connection(TokioIo::new(stream), service)).await;
}

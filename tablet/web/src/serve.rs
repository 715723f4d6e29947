//! Starts the tablet: its database, the sensor's bell, and the server.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use axum::{Router, middleware};
use box_store::nudge::Bell;
use tokio::net::TcpListener;

use crate::guard::{self, Guard};
use crate::shared::Shared;
use crate::{api, assets};

/// So often it is looked whether somebody says stop. Guess.
const TURN: Duration = Duration::from_millis(200);

/// What a tablet is made from.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the box's state.
    pub folder: PathBuf,
    /// Where it listens; a loopback address.
    pub address: SocketAddr,
    /// What the clinic chose before it had a tablet: the text of a `site.toml`.
    pub site: Option<String>,
    /// Called at each turn: a sign that the server does not hang.
    pub beat: fn(),
}

/// Serves until somebody says stop. `ready` is told when it listens, and where.
///
/// # Errors
/// When the database cannot be opened, or the address is taken or not this machine's own.
pub fn serve(
    options: &Options,
    stop: &'static AtomicBool,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    ensure!(
        options.address.ip().is_loopback(),
        "the tablet is served to this machine alone: {} is not a loopback address",
        options.address.ip()
    );
    let shared = Shared::new(&options.folder, options.site.as_deref())?;
    let bell = hang_up(&options.folder)?;
    let hears = Arc::clone(&shared);
    let folder = options.folder.clone();
    std::thread::spawn(move || hear(&hears, bell, &folder, stop));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.address)
            .await
            .with_context(|| format!("could not listen on {}", options.address))?;
        let address = listener.local_addr()?;
        ready(address);
        let guard = Guard::new(Arc::clone(&shared), address);
        let app = router(shared, guard);
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                (options.beat)();
                tokio::time::sleep(TURN).await;
            }
        };
        tokio::select! {
            served = axum::serve(listener, app) => served.context("the tablet's server failed"),
            () = stopped => Ok(()),
        }
    })
}

/// The tablet's bell; none on a disk that is read-only, where it shows what it knows without being told more.
fn hang_up(folder: &Path) -> anyhow::Result<Option<Bell>> {
    match Bell::new(folder, "tablet") {
        Ok(bell) => Ok(Some(bell)),
        Err(err) if err.kind() == ErrorKind::ReadOnlyFilesystem => Ok(None),
        Err(err) => Err(err).with_context(|| format!("could not hang up a bell in {}", folder.display())),
    }
}

fn hear(shared: &Shared, mut bell: Option<Bell>, folder: &Path, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match bell.as_ref().map(|bell| bell.wait(TURN)) {
            Some(Ok(Some(with))) => shared.rang(&with),
            Some(Ok(None)) => {}
            // Taken down before another is hung up in its place.
            Some(Err(_)) | None => {
                drop(bell.take());
                std::thread::sleep(TURN);
                bell = hang_up(folder).ok().flatten();
                if bell.is_some() {
                    shared.open_again();
                }
            }
        }
    }
}

/// Everything that can be asked for, behind the guard.
pub(crate) fn router(shared: Arc<Shared>, guard: Arc<Guard>) -> Router {
    let app = api::routes().with_state(shared).fallback_service(assets::pages());
    app.layer(middleware::from_fn_with_state(guard, guard::stand))
}

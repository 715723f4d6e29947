//! Starts the centre: its database, who it is, its two doors and its jobs.

use core::net::SocketAddr;
use core::time::Duration;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, ensure};
use central_core::crossing::Policy;
use central_store::{Store, StoreError};
use common_model::Timestamp;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::app::{App, Say, machine_time};
use crate::door::Seats;
use crate::identity::Identity;
use crate::tls::OwnCertificate;
use crate::{desk, door, jobs, line, tls};

/// So often it is looked whether somebody says stop. Guess.
const TURN: Duration = Duration::from_millis(200);

/// The server's certificate lives so long, and is exchanged when a third of it is over.
const OWN_LIFE: Duration = Duration::from_secs(90 * 86_400);

/// What a centre is made from.
pub struct Options {
    /// The folder of its state.
    pub folder: PathBuf,
    /// Its database: a URL; none is a SQLite file in the folder.
    pub database: Option<String>,
    /// Where boxes come.
    pub boxes: SocketAddr,
    /// Where the desk is; a loopback address.
    pub desk: SocketAddr,
    /// Names and addresses under which boxes find it; the first is printed into claim codes.
    pub names: Vec<String>,
    /// Whether exercises count for what members share; only where the centre is shown.
    pub counts_exercises: bool,
    /// Says one line to whoever runs it.
    pub say: Say,
}

impl core::fmt::Debug for Options {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Options").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Where it listens, once it does.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// For boxes.
    pub boxes: SocketAddr,
    /// For the desk.
    pub desk: SocketAddr,
    /// Lets an administrator in once; only at the first start.
    pub sign_in: Option<String>,
}

/// The database of a centre.
///
/// # Errors
/// When it cannot be opened.
pub async fn open_store(folder: &Path, database: Option<&str>) -> Result<Arc<Store>, StoreError> {
    match database {
        Some(url) => Store::open(url).await,
        None => Store::open_folder(folder).await,
    }
}

/// Serves until somebody says stop. `ready` is told when it listens, and where.
///
/// # Errors
/// When the state cannot be opened, or an address is taken.
pub fn serve(
    options: Options,
    stop: &'static AtomicBool,
    ready: impl FnOnce(&Addresses),
) -> anyhow::Result<()> {
    ensure!(
        options.desk.ip().is_loopback(),
        "the desk is served to this machine alone: {} is not a loopback address",
        options.desk.ip()
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let centre = Centre::open(options).await?;
        let app = Arc::clone(&centre.app);
        ready(&centre.addresses);
        let stopped = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(TURN).await;
            }
        };
        let served = tokio::select! {
            served = centre.run() => served,
            () = stopped => Ok(()),
        };
        app.store.close().await;
        served
    })
}

/// A centre that listens.
pub(crate) struct Centre {
    pub(crate) app: Arc<App>,
    pub(crate) addresses: Addresses,
    boxes: TcpListener,
    desk: TcpListener,
    names: Vec<String>,
    own: Arc<OwnCertificate>,
}

impl Centre {
    pub(crate) async fn open(options: Options) -> anyhow::Result<Self> {
        let Options { folder, database, boxes, desk, mut names, counts_exercises, say } = options;
        let now = machine_time();
        // For us alone: keys and all that members told lie in it.
        let mut make = DirBuilder::new();
        make.recursive(true).mode(0o700);
        make.create(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        let identity = Identity::open(&folder, now)?;
        let store = open_store(&folder, database.as_deref()).await?;
        let boxes = listen(boxes).await?;
        let desk = listen(desk).await?;
        if names.is_empty() {
            names = vec![boxes.local_addr()?.ip().to_string(), "localhost".to_owned()];
        }
        let own = OwnCertificate::new(&identity, &names, now, now + OWN_LIFE)?;
        let address =
            claim_address(names.first().map_or("localhost", String::as_str), boxes.local_addr()?.port());
        let policy = Policy { counts_exercises, ..Policy::default() };
        let app = App::new(store, identity, address, policy, say);
        jobs::make_epoch_keys(&app, now).await?;
        let sign_in = desk::first_link(&app, desk.local_addr()?, now).await?;
        let addresses = Addresses { boxes: boxes.local_addr()?, desk: desk.local_addr()?, sign_in };
        Ok(Centre { app, addresses, boxes, desk, names, own })
    }

    /// Serves for ever.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Centre { app, addresses, boxes, desk, names, own } = self;
        let acceptor = TlsAcceptor::from(tls::config(&app.identity, Arc::clone(&own))?);
        let (of, made_at) = (Arc::clone(&app), std::sync::Mutex::new(machine_time()));
        let renew = move |now: Timestamp| {
            let mut made_at = made_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if now.since(*made_at) >= OWN_LIFE / 3
                && own.renew(&of.identity, &names, now, now + OWN_LIFE).is_ok()
            {
                *made_at = now;
            }
        };
        let router = desk::router(Arc::clone(&app), addresses.desk);
        // Who is refused is written down with whence they came.
        let desk = axum::serve(desk, router.into_make_service_with_connect_info::<SocketAddr>());
        tokio::select! {
            () = door::serve(boxes, acceptor, line::router(Arc::clone(&app)), Arc::clone(&app), Seats::default()) => Ok(()),
            served = desk => served.context("the desk's server failed"),
            () = jobs::keep_seen(Arc::clone(&app)) => Ok(()),
            () = jobs::find(Arc::clone(&app)) => Ok(()),
            () = jobs::hourly(Arc::clone(&app), renew) => Ok(()),
        }
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))
}

fn claim_address(name: &str, port: u16) -> String {
    if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") }
}

//! What all requests share: the folder of the box's state, how the sensor is, and the tablet's own database.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use box_store::nudge::ring;
use box_store::sensor::Status;
use box_store::tablet::CommandRecord;
use box_store::{SensorReader, StoreError, TabletDb, TabletReader};
use common_model::Timestamp;
use common_site::Site;
use common_words::Catalogue;
use tokio::sync::{Semaphore, watch};

/// A box that was not heard for so long is silent. Source: the product's rule of silence: whoever hears nothing for 90 s says so, and never
/// that all is well.
pub(crate) const SILENT_AFTER: Duration = Duration::from_secs(90);

/// Pages that may listen at once. Guess: the tablet, two PCs in the clinic, and what a reload leaves behind for a moment.
const STREAMS_MAX: usize = 16;

/// How the sensor is, and when we heard so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) status: Option<Status>,
    /// By our own steady clock; `None` when all that we know was written before we started.
    pub(crate) at: Option<Instant>,
}

/// Whether the sensor is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Not since we started, which is not long ago. What is stored may be of yesterday: it is no reason to be calm.
    Waiting,
    Heard,
    /// Not for too long.
    Silent,
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) catalogue: &'static Catalogue,
    /// Proves that a request comes from a page that we served.
    pub(crate) token: String,
    /// Changes each time when the sensor rings.
    pub(crate) heard: watch::Sender<Heard>,
    /// A place for each page that may listen at once.
    pub(crate) streams: Arc<Semaphore>,
    started: Instant,
    db: Mutex<TabletDb>,
    /// What is older than this was forgotten.
    forgot_before_ns: AtomicU64,
}

impl Shared {
    /// Opens the tablet's own database. `site` is what the clinic chose before it had a tablet.
    pub(crate) fn new(folder: &Path, site: Option<&str>) -> anyhow::Result<Arc<Shared>> {
        let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
        let mut db = TabletDb::open(folder)?;
        if let Some(toml) = site
            && TabletReader::open(folder)?.site()?.is_none()
        {
            db.choose(toml, None, machine_time().as_nanos())?;
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|err| anyhow!("could not get random bytes: {err}"))?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        // What was written before we started is a beginning.
        let status = SensorReader::open(folder).and_then(|sensor| sensor.status()).ok().flatten();
        let heard = watch::Sender::new(Heard { status, at: None });
        let (folder, db, forgot_before_ns) = (folder.to_owned(), Mutex::new(db), AtomicU64::new(0));
        let streams = Arc::new(Semaphore::new(STREAMS_MAX));
        let started = steady();
        Ok(Arc::new(Shared { folder, catalogue, token, heard, streams, started, db, forgot_before_ns }))
    }

    /// Whether the sensor, last heard then, is heard now: by our own steady clock, because a box without a battery wakes up in another year.
    pub(crate) fn hearing(&self, at: Option<Instant>) -> Hearing {
        match (at, at.unwrap_or(self.started).elapsed() >= SILENT_AFTER) {
            (_, true) => Hearing::Silent,
            (Some(_), false) => Hearing::Heard,
            (None, false) => Hearing::Waiting,
        }
    }

    /// The tablet was started so long ago.
    #[cfg(test)]
    pub(crate) fn started_before(&mut self, ago: Duration) {
        self.started = self.started.checked_sub(ago).expect("the machine runs longer");
    }

    /// The disk can be written again. A file that was opened while it could not stays one that is only read.
    pub(crate) fn open_again(&self) {
        if let Ok(db) = TabletDb::open(&self.folder) {
            *self.db.lock().unwrap_or_else(PoisonError::into_inner) = db;
        }
    }

    /// The sensor rang, with how it is; or the uplink, with nothing: there is a letter.
    pub(crate) fn rang(&self, with: &[u8]) {
        if with.is_empty() {
            self.heard.send_modify(|_| {});
        } else if let Ok(status) = serde_json::from_slice::<Status>(with) {
            self.forget(status.forget_before_ns);
            self.heard.send_replace(Heard { status: Some(status), at: Some(steady()) });
        }
    }

    /// Forgets what people did before this moment; looks once an hour of it.
    fn forget(&self, before_ns: u64) {
        const HOUR_NS: u64 = 3_600 * 1_000_000_000;
        if before_ns.saturating_sub(self.forgot_before_ns.load(Ordering::Relaxed)) >= HOUR_NS {
            self.forgot_before_ns.store(before_ns, Ordering::Relaxed);
            // What is old can wait for another time.
            let _forgot = self.db.lock().unwrap_or_else(PoisonError::into_inner).prune(before_ns);
        }
    }

    /// Writes to the tablet's database, and rings the others' bells.
    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&mut TabletDb, u64) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A transaction that panicked was rolled back.
        let mut db = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        let done = change(&mut db, machine_time().as_nanos());
        drop(db);
        // One that is not there reads what it is asked when it starts.
        let _heard = ring(&self.folder, "sensor", b"");
        let _heard = ring(&self.folder, "uplink", b"");
        done
    }

    /// Asks something of the sensor.
    pub(crate) fn ask(&self, what: &CommandRecord) -> Result<i64, StoreError> {
        self.write(|db, now| db.ask(what, now))
    }

    /// What the clinic chose.
    pub(crate) fn site(&self) -> anyhow::Result<Site> {
        let all = TabletReader::open(&self.folder)?.sites()?;
        // Those of another version hold no more; the sensor uses the ones before, and says so.
        Ok(all.iter().find_map(|toml| Site::parse(toml).ok()).unwrap_or_default())
    }
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long the box is silent is counted here")]
    Instant::now()
}

/// The machine's time.
pub(crate) fn machine_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "what people press has the time at which they press it")]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::EPOCH + since
}

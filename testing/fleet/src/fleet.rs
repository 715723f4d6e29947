//! Many boxes at once, at a given rate, and what was measured: how many records a second lie on the centre's disk, and how long it takes from
//! the box until the desk shows it.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use common_model::Timestamp;
use common_wire::v1::Body;
use common_wire::{Committed, EpochKey};
use tokio::task::JoinSet;

use crate::bodies::{health, incident, sighting};
use crate::desk::Desk;
use crate::played::PlayedBox;

/// Records of a batch at most: what the wire allows, a little less for the bytes.
const BATCH_MAX: u64 = 500;

/// An incident is looked for at the desk so often.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Different names outside that the fleet meets.
const NAMES: u64 = 50_000;

/// What is played.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The boxes.
    pub boxes: Vec<PlayedBox>,
    /// Records a second, of all of them together; 0 is as fast as the centre takes them.
    pub rate: u64,
    /// For so long.
    pub lasts: Duration,
    /// Where the desk is, and a link's token that lets us in.
    pub desk: Option<(SocketAddr, String)>,
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Records that the centre committed.
    pub records: u64,
    /// Batches.
    pub batches: u64,
    /// Batches that were not taken.
    pub failed: u64,
    /// How long it took.
    pub took: Duration,
    /// From sending a batch to its answer, sorted.
    pub answered: Vec<Duration>,
    /// From sending an incident to seeing it at the desk, sorted.
    pub visible: Vec<Duration>,
}

impl Report {
    /// Records a second.
    #[must_use]
    pub fn per_sec(&self) -> f64 {
        let records = u32::try_from(self.records).unwrap_or(u32::MAX);
        f64::from(records) / self.took.as_secs_f64().max(0.001)
    }
}

/// The value below which so many percent lie.
#[must_use]
pub fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last * percent / 100).copied()
}

/// Plays a fleet.
///
/// # Errors
/// When no box can connect, or the desk lets nobody in.
pub async fn play(fleet: Fleet) -> anyhow::Result<Report> {
    let Fleet { boxes, rate, lasts, desk } = fleet;
    let count = u64::try_from(boxes.len()).unwrap_or(1).max(1);
    let (records, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    // Each box sends a batch when it is full, or once a second.
    let batch = if rate == 0 { BATCH_MAX } else { (rate / count).clamp(1, BATCH_MAX) };
    let every = if rate == 0 { Duration::ZERO } else { Duration::from_secs_f64(f(batch * count) / f(rate)) };
    let mut watcher = None;
    let mut boxes = boxes;
    if let Some((address, token)) = desk {
        let probe = boxes.pop().context("the desk is watched with a box of its own")?;
        let desk = Desk::sign_in(address, &token).await?;
        watcher = Some(tokio::spawn(watch(probe, desk, Arc::clone(&stop))));
    }
    let began = steady();
    let mut all = JoinSet::new();
    for (number, played) in (0..).zip(boxes) {
        let (records, failed, stop) = (Arc::clone(&records), Arc::clone(&failed), Arc::clone(&stop));
        // They do not all send at the same moment.
        let first = every.mul_f64(f(number) / f(count));
        all.spawn(async move {
            tokio::time::sleep(first).await;
            send(played, number, batch, every, &records, &failed, &stop).await
        });
    }
    tokio::time::sleep(lasts).await;
    stop.store(true, Ordering::Relaxed);
    let mut report = Report::default();
    while let Some(answered) = all.join_next().await {
        report.answered.extend(answered?);
    }
    report.took = steady().duration_since(began);
    report.batches = u64::try_from(report.answered.len()).unwrap_or_default();
    report.records = records.load(Ordering::Relaxed);
    report.failed = failed.load(Ordering::Relaxed);
    if let Some(watcher) = watcher {
        report.visible = watcher.await??;
    }
    report.answered.sort_unstable();
    report.visible.sort_unstable();
    Ok(report)
}

/// One box: batches until it is told to stop.
async fn send(
    mut played: PlayedBox,
    number: u64,
    batch: u64,
    every: Duration,
    records: &AtomicU64,
    failed: &AtomicU64,
    stop: &AtomicBool,
) -> Vec<Duration> {
    let key = EpochKey::new("2026-03", [7; 32]);
    let (mut answered, mut line, mut made) = (Vec::new(), None, 0_u64);
    let mut next_at = tokio::time::Instant::now();
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep_until(next_at).await;
        next_at += every;
        let now = machine_time();
        let bodies: Vec<Body> = (0..batch).map(|n| told(number, made + n, &key, now)).collect();
        made += batch;
        let Ok(packed) = played.batch(&bodies, now) else { return answered };
        // A batch that was not taken is sent again, as a box does.
        loop {
            if line.is_none() {
                line = played.connect().await.ok();
            }
            let began = steady();
            let sent = match line.as_mut() {
                Some(line) => line.batch(packed.clone()).await.and_then(|answer| answer.well::<Committed>()),
                None => Err(anyhow::anyhow!("no connection")),
            };
            if sent.is_ok() {
                answered.push(steady().duration_since(began));
                records.fetch_add(batch, Ordering::Relaxed);
                break;
            }
            failed.fetch_add(1, Ordering::Relaxed);
            line = None;
            if stop.load(Ordering::Relaxed) {
                return answered;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    answered
}

/// A box tells mostly sightings, now and then an incident, and how it is.
fn told(number: u64, nth: u64, key: &EpochKey, now: Timestamp) -> Body {
    match nth % 20 {
        0 => incident(number << 32 | nth, None, now),
        1 => health(now),
        _ => {
            let name = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(nth) % NAMES;
            sighting(&format!("host-{name}.example"), key, now)
        }
    }
}

/// Sends an incident now and then, and looks when the desk shows it.
async fn watch(mut probe: PlayedBox, mut desk: Desk, stop: Arc<AtomicBool>) -> anyhow::Result<Vec<Duration>> {
    let mut seen = Vec::new();
    let mut line = probe.connect().await?;
    let mut id = 1;
    while !stop.load(Ordering::Relaxed) {
        let now = machine_time();
        let batch = probe.batch(&[incident(u64::MAX - id, None, now)], now)?;
        id += 1;
        let began = steady();
        line.batch(batch).await?.well::<Committed>()?;
        let path = format!("/api/v1/incidents?box={}&limit=1", probe.id);
        let wanted = format!("{:016x}", u64::MAX - (id - 1));
        while desk.newest_incident(&path).await?.as_deref() != Some(&wanted) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        seen.push(steady().duration_since(began));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(seen)
}

fn f(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn steady() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is measured here")]
    Instant::now()
}

fn machine_time() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a played box has the machine's clock")]
    let now = SystemTime::now();
    Timestamp::EPOCH + now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

//! Intake: batches of many boxes in one transaction, answered when it lies on the disk.
//!
//! One task writes. While it waits for the disk others queue up, and go together the next time: the slower the disk, the larger the groups.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use central_core::lane::{Lane as Walk, Take};
use common_model::Timestamp;
use common_wire::v1::Body;
use common_wire::{Committed, Lane, Position, Record, SpoolId};
use futures_util::future::BoxFuture;
use sqlx::{AnyPool, Row as _};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::db::{Kind, Store, StoreError, Tx};
use crate::project::{OCCURRENCE, Place, QUARANTINE, RECORD, Rows};
use crate::rows::{Insert, Value, row};
use crate::shard::{BoxCell, Shard};
use crate::{int, ns};

/// Records that are written together at most. Guess: some tens of milliseconds.
const GROUP_RECORDS_MAX: usize = 10_000;

/// Batches that wait at most; who comes then waits at the door. 64 MiB at worst.
const WAITING_MAX: usize = 64;

/// Spools of a box at most: one is born with each new disk.
const SPOOLS_MAX: usize = 64;

/// A batch as it came in.
#[derive(Debug)]
pub struct Incoming {
    /// Whose.
    pub from: Arc<BoxCell>,
    /// When.
    pub received_at: Timestamp,
    /// What.
    pub records: Vec<IncomingRecord>,
}

/// A record, its body read.
#[derive(Debug)]
pub struct IncomingRecord {
    spool: SpoolId,
    lane: Lane,
    first_seq: u64,
    seq: u64,
    v: u16,
    sent_at: Timestamp,
    text: String,
    body: Result<Body, String>,
}

impl IncomingRecord {
    /// Reads a record's body, once.
    #[must_use]
    pub fn read(record: &Record) -> Self {
        // A reason may quote what it is about, and PostgreSQL's text cannot hold NUL.
        let body = record.body().map_err(|err| err.to_string().replace('\0', ""));
        let first_seq = match &body {
            Ok(Body::Gap(gap)) => gap.from,
            _ => record.seq,
        };
        IncomingRecord {
            spool: record.spool,
            lane: record.lane,
            first_seq,
            seq: record.seq,
            v: record.v,
            sent_at: record.sent_at,
            text: record.body.get().to_owned(),
            body,
        }
    }
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub struct Landed {
    /// How far the lanes are that it touched.
    pub committed: Committed,
    /// Records that were new.
    pub accepted: u64,
    /// Records that were there already.
    pub duplicates: u64,
    /// Records that came too early.
    pub too_early: u64,
}

/// Counted since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Transactions.
    pub groups: AtomicU64,
    /// Batches.
    pub batches: AtomicU64,
    /// Records that were new.
    pub records: AtomicU64,
    /// Records that were there already.
    pub duplicates: AtomicU64,
    /// Records that came too early.
    pub too_early: AtomicU64,
    /// Records that could not be read.
    pub quarantined: AtomicU64,
}

/// A durable log of batches. Here it is the database; a national centre puts a partitioned log in its place.
pub trait IngestLog: Send + Sync {
    /// Takes a batch, and answers when it is on the disk.
    fn append(&self, batch: Incoming) -> BoxFuture<'_, Result<Landed, StoreError>>;

    /// What was counted since the start.
    fn counts(&self) -> &Counts;
}

impl IngestLog for Store {
    fn append(&self, batch: Incoming) -> BoxFuture<'_, Result<Landed, StoreError>> {
        Box::pin(async move {
            let (answer, wait) = oneshot::channel();
            self.writer.queue.send(Job { batch, answer }).await.map_err(|_| StoreError::Stopped)?;
            wait.await.map_err(|_| StoreError::Stopped)?
        })
    }

    fn counts(&self) -> &Counts {
        &self.writer.counts
    }
}

#[derive(Debug)]
struct Job {
    batch: Incoming,
    answer: oneshot::Sender<Result<Landed, StoreError>>,
}

/// The task that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
    counts: Arc<Counts>,
    task: Mutex<Option<JoinHandle<()>>>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Writer {
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ended = task.await;
        }
    }
}

pub(crate) fn start(kind: Kind, pool: AnyPool, shard: Arc<Shard>) -> Writer {
    let (queue, mut jobs) = mpsc::channel::<Job>(WAITING_MAX);
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let counts = Arc::new(Counts::default());
    let mut log = Log { kind, pool, shard, counts: Arc::clone(&counts), lanes: None };
    let task = tokio::spawn(async move {
        loop {
            let first = tokio::select! {
                job = jobs.recv() => job,
                _ = stopped.wait_for(|stop| *stop) => None,
            };
            let Some(first) = first else { break };
            let mut records = first.batch.records.len();
            let mut group = vec![first];
            while records < GROUP_RECORDS_MAX
                && let Ok(job) = jobs.try_recv()
            {
                records += job.batch.records.len();
                group.push(job);
            }
            log.write(group).await;
        }
    });
    Writer { queue, counts, task: Mutex::new(Some(task)), stop }
}

/// A lane of a box.
type Key = (i64, SpoolId, Lane);

#[derive(Clone, Copy, Debug)]
struct Known {
    no: i64,
    committed: u64,
}

#[derive(Debug)]
struct Lanes {
    of: BTreeMap<Key, Known>,
    next_no: i64,
    next_occurrence: i64,
}

struct Log {
    kind: Kind,
    pool: AnyPool,
    shard: Arc<Shard>,
    counts: Arc<Counts>,
    /// How far each lane is; read again when a transaction failed, because nobody knows then what was kept.
    lanes: Option<Lanes>,
}

/// How far a lane is during a transaction.
struct Walking {
    no: i64,
    is_new: bool,
    was: u64,
    walk: Walk,
}

impl Log {
    async fn write(&mut self, group: Vec<Job>) {
        let (batches, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|job| (job.batch, job.answer)).unzip();
        let done = self.write_all(&batches).await;
        if done.is_err() {
            self.lanes = None;
        }
        match done {
            Ok(landed) => {
                self.counts.groups.fetch_add(1, Ordering::Relaxed);
                for (answer, landed) in answers.into_iter().zip(landed) {
                    self.count(landed.as_ref().ok());
                    // Whoever hung up asks again, and is told that it is there already.
                    let _hung_up = answer.send(landed);
                }
                self.shard.news.send_modify(|news| *news = news.wrapping_add(1));
            }
            Err(err) => {
                let said = err.to_string();
                for answer in answers {
                    let err = StoreError::Sql(sqlx::Error::Protocol(said.clone()));
                    let _hung_up = answer.send(Err(err));
                }
            }
        }
    }

    fn count(&self, landed: Option<&Landed>) {
        let Some(landed) = landed else { return };
        for (counter, by) in [
            (&self.counts.batches, 1),
            (&self.counts.records, landed.accepted),
            (&self.counts.duplicates, landed.duplicates),
            (&self.counts.too_early, landed.too_early),
            (&self.counts.quarantined, u64::from(landed.committed.refused)),
        ] {
            counter.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Writes batches in one transaction. The outer result is the transaction's, the inner ones are each batch's own.
    async fn write_all(
        &mut self,
        batches: &[Incoming],
    ) -> Result<Vec<Result<Landed, StoreError>>, StoreError> {
        let mut tx = Tx::begin(self.kind, &self.pool).await?;
        let mut lanes = match self.lanes.take() {
            Some(lanes) => lanes,
            None => load(&mut tx).await?,
        };
        let mut walking: BTreeMap<Key, Walking> = BTreeMap::new();
        let mut rows = Rows::default();
        let mut landed = Vec::with_capacity(batches.len());
        for batch in batches {
            landed.push(take(batch, &mut lanes, &mut walking, &mut rows));
        }
        store(&mut tx, &mut lanes, &walking, rows).await?;
        tx.commit().await?;
        for (key, walking) in walking {
            lanes.of.insert(key, Known { no: walking.no, committed: walking.walk.committed() });
        }
        self.lanes = Some(lanes);
        Ok(landed)
    }
}

async fn load(tx: &mut Tx<'_>) -> Result<Lanes, StoreError> {
    let mut of = BTreeMap::new();
    let sql = "SELECT no, box, spool, lane, committed FROM lane";
    for row in sqlx::query(sql).fetch_all(tx.connection()).await? {
        let (spool, lane): (String, String) = (row.try_get(2)?, row.try_get(3)?);
        let unreadable = || StoreError::Unreadable(format!("lane {lane} of spool {spool}"));
        let key: Key = (
            row.try_get(1)?,
            spool.parse().map_err(|_| unreadable())?,
            Lane::from_word(&lane).ok_or_else(unreadable)?,
        );
        let committed = u64::try_from(row.try_get::<i64, _>(4)?).unwrap_or_default();
        of.insert(key, Known { no: row.try_get(0)?, committed });
    }
    let next_no = tx.next("SELECT max(no) FROM lane").await?;
    let next_occurrence = tx.next("SELECT max(no) FROM occurrence").await?;
    Ok(Lanes { of, next_no, next_occurrence })
}

/// Decides on each record of a batch, and collects the rows of those that are taken.
fn take(
    batch: &Incoming,
    lanes: &mut Lanes,
    walking: &mut BTreeMap<Key, Walking>,
    rows: &mut Rows,
) -> Result<Landed, StoreError> {
    let box_no = batch.from.no;
    check_spools(batch, lanes, walking)?;
    let mut landed = Landed::default();
    // Within a batch nothing follows what came too early; the next batch begins anew.
    let mut here: BTreeMap<Key, Walk> = BTreeMap::new();
    for record in &batch.records {
        let key = (box_no, record.spool, record.lane);
        let lane = walking.entry(key).or_insert_with(|| match lanes.of.get(&key) {
            Some(known) => Walking {
                no: known.no,
                is_new: false,
                was: known.committed,
                walk: Walk::new(known.committed),
            },
            None => {
                lanes.next_no += 1;
                Walking { no: lanes.next_no - 1, is_new: true, was: 0, walk: Walk::new(0) }
            }
        });
        let walk = here.entry(key).or_insert_with(|| Walk::new(lane.walk.committed()));
        match walk.take(record.first_seq, record.seq) {
            Take::Duplicate => landed.duplicates += 1,
            Take::TooEarly => landed.too_early += 1,
            Take::Accept => {
                landed.accepted += 1;
                let received_at_ns = ns(batch.received_at);
                let at = Place { box_no, lane: lane.no, seq: int(record.seq), received_at_ns };
                keep(record, at, rows, &mut landed.committed);
            }
        }
        lane.walk = Walk::new(walk.committed());
    }
    for ((_, spool, lane), walk) in here {
        landed.committed.set(Position { spool, lane }, walk.committed());
    }
    Ok(landed)
}

fn check_spools(batch: &Incoming, lanes: &Lanes, walking: &BTreeMap<Key, Walking>) -> Result<(), StoreError> {
    let from = (batch.from.no, SpoolId::from_bytes([0; 16]), Lane::Alert);
    let until = (batch.from.no, SpoolId::from_bytes([0xff; 16]), Lane::Health);
    let known = lanes.of.range(from..=until).map(|(key, _)| key.1);
    let begun = walking.range(from..=until).map(|(key, _)| key.1);
    let here = batch.records.iter().map(|record| record.spool);
    let spools: std::collections::BTreeSet<SpoolId> = known.chain(begun).chain(here).collect();
    if spools.len() > SPOOLS_MAX { Err(StoreError::TooManySpools(SPOOLS_MAX)) } else { Ok(()) }
}

fn keep(record: &IncomingRecord, at: Place, rows: &mut Rows, committed: &mut Committed) {
    rows.records.push(row![
        at.lane,
        at.seq,
        int(record.first_seq),
        i64::from(record.v),
        ns(record.sent_at),
        at.received_at_ns,
        record.text.clone(),
    ]);
    match &record.body {
        Ok(body) => rows.add(at, body, &record.text),
        Err(reason) => {
            committed.refused += 1;
            let reason: String = reason.chars().filter(|letter| *letter != '\0').take(500).collect();
            rows.quarantine.push(row![at.lane, at.seq, at.received_at_ns, reason]);
        }
    }
}

async fn store(
    tx: &mut Tx<'_>,
    lanes: &mut Lanes,
    walking: &BTreeMap<Key, Walking>,
    mut rows: Rows,
) -> Result<(), StoreError> {
    let positions = walking
        .iter()
        .filter(|(_, walking)| walking.is_new || walking.walk.committed() != walking.was)
        .map(|((box_no, spool, lane), walking)| {
            let committed = int(walking.walk.committed());
            row![walking.no, *box_no, spool.to_string(), lane.as_str(), committed]
        });
    tx.insert(LANE, positions.collect()).await?;
    let occurrences: Vec<Vec<Value>> = (lanes.next_occurrence..)
        .zip(rows.occurrences.drain(..))
        .map(|(no, row)| core::iter::once(Value::Int(no)).chain(row).collect())
        .collect();
    lanes.next_occurrence += i64::try_from(occurrences.len()).unwrap_or_default();
    tx.insert(RECORD, core::mem::take(&mut rows.records)).await?;
    tx.insert(QUARANTINE, core::mem::take(&mut rows.quarantine)).await?;
    tx.insert(OCCURRENCE, occurrences).await?;
    for (insert, rows) in rows.tables() {
        tx.insert(insert, rows).await?;
    }
    Ok(())
}

const LANE: Insert = Insert {
    into: "INSERT INTO lane (no, box, spool, lane, committed)",
    columns: 5,
    conflict: "ON CONFLICT (no) DO UPDATE SET committed = excluded.committed",
};

//! What must be known at each request, in memory: which boxes there are, whether they are refused, how many letters wait for them. A box that waits
//! for letters is woken by its own, and by nobody else's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use common_model::Timestamp;
use common_wire::BoxId;
use sqlx::{AnyPool, Row as _};
use tokio::sync::{Semaphore, watch};

use crate::db::{Store, StoreError};
use crate::{at, int, ns};

/// Batches of one box that are worked on at once. It sends one after the other; two while a lost connection is not noticed.
const AT_ONCE: usize = 2;

/// So often one run of the centre numbers a box's letters anew. Guess: a backup is put back seldom; whoever asks for more plays with us.
const NUMBERED_ANEW_MAX: u64 = 8;

/// What must be known of a box at each request.
#[derive(Debug)]
pub struct BoxCell {
    /// Its number in the database.
    pub no: i64,
    /// Its name.
    pub id: BoxId,
    /// Its member's number.
    pub member: i64,
    standing: watch::Sender<Standing>,
    is_renewal_approved: AtomicBool,
    /// 0 when it was never seen.
    last_seen_ns: AtomicI64,
    skew_ns: AtomicI64,
    letters_given: AtomicU64,
    letters_acked: AtomicU64,
    numbered_anew: AtomicU64,
    is_changed: AtomicBool,
    /// Batches of it that may be worked on at once.
    pub busy: Semaphore,
}

/// What wakes a box that waits for letters.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    letters_sent: u64,
    is_revoked: bool,
}

impl BoxCell {
    pub(crate) fn new(no: i64, id: BoxId, member: i64) -> Self {
        BoxCell {
            no,
            id,
            member,
            standing: watch::Sender::default(),
            is_renewal_approved: AtomicBool::new(false),
            last_seen_ns: AtomicI64::new(0),
            skew_ns: AtomicI64::new(0),
            letters_given: AtomicU64::new(0),
            letters_acked: AtomicU64::new(0),
            numbered_anew: AtomicU64::new(0),
            is_changed: AtomicBool::new(false),
            busy: Semaphore::new(AT_ONCE),
        }
    }

    /// Whether it is refused.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.standing.borrow().is_revoked
    }

    /// Whether somebody approved a new certificate for one that is long expired.
    #[must_use]
    pub fn is_renewal_approved(&self) -> bool {
        self.is_renewal_approved.load(Ordering::Acquire)
    }

    /// When it was last heard.
    #[must_use]
    pub fn last_seen(&self) -> Option<Timestamp> {
        let seen = self.last_seen_ns.load(Ordering::Relaxed);
        (seen != 0).then(|| at(seen))
    }

    /// How far its clock is behind ours, in nanoseconds; the way here is in it.
    #[must_use]
    pub fn skew_ns(&self) -> i64 {
        self.skew_ns.load(Ordering::Relaxed)
    }

    /// The number of the last letter for it.
    #[must_use]
    pub fn letters_sent(&self) -> u64 {
        self.standing.borrow().letters_sent
    }

    /// The number of the last letter that it was given or said that it has: what it has beyond this it has from a centre whose memory is lost.
    #[must_use]
    pub fn letters_known(&self) -> u64 {
        self.letters_given.load(Ordering::Relaxed).max(self.letters_acked())
    }

    /// Waits until it has a letter after this one, or is refused.
    pub async fn is_called(&self, after: u64) {
        let mut standing = self.standing.subscribe();
        let called = standing.wait_for(|now| now.letters_sent > after || now.is_revoked);
        // It cannot end before this cell does.
        let _called = called.await;
    }

    /// The number of the last letter that it has.
    #[must_use]
    pub fn letters_acked(&self) -> u64 {
        self.letters_acked.load(Ordering::Relaxed)
    }

    /// It was heard.
    pub fn seen(&self, now: Timestamp) {
        self.last_seen_ns.fetch_max(ns(now), Ordering::Relaxed);
        self.is_changed.store(true, Ordering::Release);
    }

    /// It sent something at this moment of its clock.
    pub fn sent_at(&self, sent: Timestamp, now: Timestamp) {
        self.skew_ns.store(ns(now).saturating_sub(ns(sent)), Ordering::Relaxed);
    }

    /// It has all letters up to this one.
    pub fn acked(&self, seq: u64) {
        self.letters_acked.fetch_max(seq, Ordering::Relaxed);
        self.is_changed.store(true, Ordering::Release);
    }

    /// It was given all letters up to this one.
    pub fn given(&self, seq: u64) {
        self.letters_given.fetch_max(seq, Ordering::Relaxed);
        self.is_changed.store(true, Ordering::Release);
    }

    pub(crate) fn letters_given(&self) -> u64 {
        self.letters_given.load(Ordering::Relaxed)
    }

    /// Whether its letters may be numbered anew once more; if so it is counted.
    pub(crate) fn may_be_numbered_anew(&self) -> bool {
        self.numbered_anew.fetch_add(1, Ordering::Relaxed) < NUMBERED_ANEW_MAX
    }

    /// Its letters are numbered after this one, which it has.
    pub(crate) fn numbered_from(&self, seq: u64) {
        self.letters_given.store(seq, Ordering::Relaxed);
        self.letters_acked.store(seq, Ordering::Relaxed);
        self.is_changed.store(true, Ordering::Release);
        self.standing.send_modify(|now| now.letters_sent = seq);
    }

    pub(crate) fn sent(&self, seq: u64) {
        self.standing.send_if_modified(|now| {
            let is_later = seq > now.letters_sent;
            now.letters_sent = seq.max(now.letters_sent);
            is_later
        });
    }

    pub(crate) fn set_revoked(&self) {
        self.standing.send_modify(|now| now.is_revoked = true);
    }

    pub(crate) fn set_renewal_approved(&self, is_approved: bool) {
        self.is_renewal_approved.store(is_approved, Ordering::Release);
    }
}

/// All boxes.
#[derive(Debug)]
pub(crate) struct Shard {
    boxes: RwLock<BTreeMap<BoxId, Arc<BoxCell>>>,
    /// Changes when something at the desk is new.
    pub(crate) news: watch::Sender<u64>,
}

impl Shard {
    pub(crate) async fn load(pool: &AnyPool) -> Result<Self, StoreError> {
        let sql = "SELECT no, id, member, revoked_at_ns, is_renewal_approved, last_seen_ns, skew_ns, letters_sent, letters_acked, \
                   letters_given FROM box \
                   LEFT JOIN box_seen ON box_seen.box = box.no";
        let mut boxes = BTreeMap::new();
        for row in sqlx::query(sql).fetch_all(pool).await? {
            let id: String = row.try_get(1)?;
            let id: BoxId =
                id.parse().map_err(|_| StoreError::Unreadable(format!("the name of box {id}")))?;
            let cell = BoxCell::new(row.try_get(0)?, id, row.try_get(2)?);
            let number = |value: Option<i64>| value.unwrap_or_default();
            let count = |value: Option<i64>| u64::try_from(value.unwrap_or_default()).unwrap_or_default();
            cell.standing.send_replace(Standing {
                letters_sent: count(row.try_get(7)?),
                is_revoked: row.try_get::<Option<i64>, _>(3)?.is_some(),
            });
            cell.is_renewal_approved.store(row.try_get::<i64, _>(4)? != 0, Ordering::Relaxed);
            cell.last_seen_ns.store(number(row.try_get(5)?), Ordering::Relaxed);
            cell.skew_ns.store(number(row.try_get(6)?), Ordering::Relaxed);
            cell.letters_acked.store(count(row.try_get(8)?), Ordering::Relaxed);
            cell.letters_given.store(count(row.try_get(9)?), Ordering::Relaxed);
            boxes.insert(id, Arc::new(cell));
        }
        Ok(Shard { boxes: RwLock::new(boxes), news: watch::Sender::new(0) })
    }

    pub(crate) fn find(&self, id: BoxId) -> Option<Arc<BoxCell>> {
        self.boxes.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(crate) fn add(&self, cell: Arc<BoxCell>) {
        self.boxes.write().unwrap_or_else(PoisonError::into_inner).insert(cell.id, cell);
    }

    pub(crate) fn all(&self) -> Vec<Arc<BoxCell>> {
        self.boxes.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Boxes that were seen or acknowledged something since this was asked last.
    pub(crate) fn take_changed(&self) -> Vec<Arc<BoxCell>> {
        let mut all = self.all();
        all.retain(|cell| cell.is_changed.swap(false, Ordering::AcqRel));
        all
    }
}

/// What must be known at each request. Here it is a map in memory; a partitioned centre asks its partition.
pub trait ShardState: Send + Sync {
    /// A box, if it was ever claimed here.
    fn find(&self, id: BoxId) -> Option<Arc<BoxCell>>;

    /// Changes when something at the desk is new.
    fn news(&self) -> watch::Receiver<u64>;
}

impl ShardState for Store {
    fn find(&self, id: BoxId) -> Option<Arc<BoxCell>> {
        self.shard.find(id)
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.shard.news.subscribe()
    }
}

impl Store {
    /// Tells the desk, and who looks for findings, that something is new.
    pub fn tell_news(&self) {
        self.shard.news.send_modify(|news| *news = news.wrapping_add(1));
    }

    /// Every box.
    #[must_use]
    pub fn cells(&self) -> Vec<Arc<BoxCell>> {
        self.shard.all()
    }

    /// Refuses a box from now on, at once and for good.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; it is refused in memory even then.
    pub async fn revoke(
        &self,
        tx: &mut crate::Tx<'_>,
        cell: &BoxCell,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        cell.set_revoked();
        sqlx::query("UPDATE box SET revoked_at_ns = $1 WHERE no = $2 AND revoked_at_ns IS NULL")
            .bind(ns(now))
            .bind(cell.no)
            .execute(tx.connection())
            .await?;
        Ok(())
    }

    /// Lets a box whose certificate is long expired ask for a new one, or takes that back.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn approve_renewal(
        &self,
        tx: &mut crate::Tx<'_>,
        cell: &BoxCell,
        is_approved: bool,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE box SET is_renewal_approved = $1 WHERE no = $2")
            .bind(int(u64::from(is_approved)))
            .bind(cell.no)
            .execute(tx.connection())
            .await?;
        cell.set_renewal_approved(is_approved);
        Ok(())
    }
}

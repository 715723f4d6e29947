//! What is old is forgotten, a little at a time, so that nobody who sends waits for it longer than for another batch.
//!
//! Records as they came go, with the steps that they tell, why they could not be read, and what was met. The latest state of each incident stays, and so do
//! findings, gaps, answers and the audit log. A key of an epoch goes with all letters that brought it.

use common_model::Timestamp;
use sqlx::Row as _;

use crate::db::{Store, StoreError};
use crate::ns;

/// Rows that are forgotten in one transaction. Guess: some milliseconds.
const STEP: u64 = 2_000;

impl Store {
    /// Forgets what came, or was met, before this moment. How many rows.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; the rest is forgotten the next time.
    pub async fn forget(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let records = self.forget_records(before).await?;
            forgotten += records;
            if records < STEP {
                break;
            }
        }
        let mut after = 0;
        while let Some((last, occurrences)) = self.forget_occurrences(before, after).await? {
            (after, forgotten) = (last, forgotten + occurrences);
        }
        Ok(forgotten)
    }

    async fn forget_records(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let mut records = 0;
        for table in ["incident_step", "quarantine", "record"] {
            let sql = format!(
                "DELETE FROM {table} WHERE (lane, seq) IN (SELECT lane, seq FROM record WHERE received_at_ns < $1 \
                 ORDER BY received_at_ns, lane, seq LIMIT {STEP})"
            );
            let done = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(ns(before));
            records = done.execute(tx.connection()).await?.rows_affected();
        }
        tx.commit().await?;
        Ok(records)
    }

    /// Looks for them where it holds up no writer; the last of all stays, so that its number is not handed out again.
    async fn forget_occurrences(
        &self,
        before: Timestamp,
        after: i64,
    ) -> Result<Option<(i64, u64)>, StoreError> {
        let sql = format!(
            "SELECT no FROM occurrence WHERE no > $1 AND at_ns < $2 AND no < (SELECT max(no) FROM occurrence) ORDER BY no LIMIT {STEP}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after).bind(ns(before));
        let rows = rows.fetch_all(&self.read).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(None) };
        let (first, last): (i64, i64) = (first.try_get(0)?, last.try_get(0)?);
        let mut tx = self.begin().await?;
        let sql = "DELETE FROM occurrence WHERE no >= $1 AND no <= $2 AND at_ns < $3";
        let done = sqlx::query(sql).bind(first).bind(last).bind(ns(before));
        let done = done.execute(tx.connection()).await?.rows_affected();
        tx.commit().await?;
        Ok(Some((last, done)))
    }

    /// Forgets keys of epochs that were over before this moment, and the letters that brought them. A box that never took such a letter finds the next
    /// one missing, and is gone on from there ([`Store::go_on_from`]).
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn forget_epoch_keys(&self, before: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let sql = "SELECT epoch FROM epoch_key WHERE until_ns < $1";
        for row in sqlx::query(sql).bind(ns(before)).fetch_all(&self.read).await? {
            let epoch: String = row.try_get(0)?;
            let mut tx = self.begin().await?;
            for sql in [
                "DELETE FROM letter WHERE kind = 'epoch_key' AND about = $1",
                "DELETE FROM epoch_key WHERE epoch = $1",
            ] {
                sqlx::query(sql).bind(epoch.clone()).execute(tx.connection()).await?;
            }
            tx.audit(now, "centre", "epoch_key.forget", &epoch, "").await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

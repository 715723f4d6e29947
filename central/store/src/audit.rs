//! The audit log: appended with what it tells of, in the same transaction.

use central_core::audit::{Broken, Chain, Entry, Mark, START, hash};
use common_model::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

use crate::db::{Store, StoreError, Tx};
use crate::ns;

/// Entries that are looked at in one go.
const PAGE: i64 = 1_000;

impl Tx<'_> {
    /// Writes down who did what to what.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn audit(
        &mut self,
        now: Timestamp,
        who: &str,
        deed: &str,
        on: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let sql = "SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1";
        let last = sqlx::query(sql).fetch_optional(self.connection()).await?;
        let (no, before) = match last {
            Some(row) => (row.try_get::<i64, _>(0)?, row.try_get(1)?),
            None => (0, START.to_owned()),
        };
        let mut entry = Entry {
            no: no + 1,
            at_ns: ns(now),
            who: who.to_owned(),
            deed: deed.to_owned(),
            on: on.replace('\0', ""),
            detail: detail.replace('\0', ""),
            hash: String::new(),
        };
        entry.hash = hash(&before, &entry);
        let sql = "INSERT INTO audit (no, at_ns, who, deed, thing, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        sqlx::query(sql)
            .bind(entry.no)
            .bind(entry.at_ns)
            .bind(entry.who)
            .bind(entry.deed)
            .bind(entry.on)
            .bind(entry.detail)
            .bind(entry.hash)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

impl Store {
    /// Writes one entry by itself: somebody read something.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn audit(
        &self,
        now: Timestamp,
        who: &str,
        deed: &str,
        on: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.audit(now, who, deed, on, detail).await?;
        tx.commit().await
    }

    /// Entries before a number, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn audit_entries(&self, before: Option<i64>, limit: u16) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT no, at_ns, who, deed, thing, detail, hash FROM audit WHERE no < $1 ORDER BY no DESC LIMIT $2";
        let query = sqlx::query(sql).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
        query.fetch_all(&self.read).await?.iter().map(entry).collect()
    }

    /// Walks the whole log. Says how many entries there are and the hash of the last, or where it is broken; it must have the entry that was kept.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when it cannot be read, [`StoreError::Unreadable`] when it is not what was written.
    pub async fn audit_verify(&self, kept: Option<Mark>) -> Result<Chain, StoreError> {
        let broken = |broken: Broken| StoreError::Unreadable(format!("the audit log: {broken}"));
        let mut chain = Chain::with(kept);
        loop {
            let page = page(&self.read, chain.entries).await?;
            if page.is_empty() {
                chain.end().map_err(broken)?;
                return Ok(chain);
            }
            page.iter().try_for_each(|entry| chain.check(entry)).map_err(broken)?;
        }
    }
}

async fn page(pool: &AnyPool, after: i64) -> Result<Vec<Entry>, StoreError> {
    let sql =
        "SELECT no, at_ns, who, deed, thing, detail, hash FROM audit WHERE no > $1 ORDER BY no LIMIT $2";
    sqlx::query(sql).bind(after).bind(PAGE).fetch_all(pool).await?.iter().map(entry).collect()
}

fn entry(row: &AnyRow) -> Result<Entry, StoreError> {
    Ok(Entry {
        no: row.try_get(0)?,
        at_ns: row.try_get(1)?,
        who: row.try_get(2)?,
        deed: row.try_get(3)?,
        on: row.try_get(4)?,
        detail: row.try_get(5)?,
        hash: row.try_get(6)?,
    })
}

//! Letters to boxes, and the keys of epochs, which go out as letters.

use std::collections::BTreeMap;
use std::sync::Arc;

use common_model::Timestamp;
use common_wire::v1::{Down, NewEpochKey, VERSION};
use common_wire::{BoxId, Letter, LetterError, Signed};
use sqlx::Row as _;

use crate::db::{Store, StoreError, Tx};
use crate::rows::{Insert, row};
use crate::shard::BoxCell;
use crate::{at, int, ns};

/// Signs a letter: the key stays with the server.
pub type Sign<'s> = &'s (dyn Fn(&Letter) -> Result<Signed, LetterError> + Sync);

const LETTER: Insert =
    Insert { into: "INSERT INTO letter (box, seq, at_ns, kind, about, signed)", columns: 6, conflict: "" };

/// A month's key as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct EpochKeyRow {
    /// Which epoch.
    pub epoch: String,
    /// 64 hexadecimal digits.
    pub secret: String,
    /// In force from then.
    pub from: Timestamp,
    /// In force until then.
    pub until: Timestamp,
}

impl core::fmt::Debug for EpochKeyRow {
    /// Without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EpochKeyRow").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl EpochKeyRow {
    /// As it is sent.
    #[must_use]
    pub fn body(&self) -> Down {
        Down::EpochKey(NewEpochKey {
            epoch: self.epoch.clone(),
            key: self.secret.clone(),
            from: self.from,
            until: self.until,
        })
    }
}

impl Tx<'_> {
    /// Writes the next letter to each of these boxes. They hear of it when this is committed.
    ///
    /// # Errors
    /// [`StoreError::Letter`] when it is too long, [`StoreError::Sql`].
    pub async fn send(
        &mut self,
        to: &[Arc<BoxCell>],
        body: &Down,
        about: &str,
        now: Timestamp,
        sign: Sign<'_>,
    ) -> Result<(), StoreError> {
        let kind = match body {
            Down::Warning(_) => "warning",
            Down::Recall(_) => "recall",
            Down::EpochKey(_) => "epoch_key",
        };
        let sent = sqlx::query("SELECT no, letters_sent FROM box").fetch_all(self.connection()).await?;
        let mut sent: BTreeMap<i64, i64> = sent
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
            .collect::<Result<_, sqlx::Error>>()?;
        // What this transaction wrote before.
        let mut rows = Vec::with_capacity(to.len());
        for cell in to {
            let last = sent.entry(cell.no).or_insert(0);
            *last += 1;
            let seq = u64::try_from(*last).unwrap_or_default();
            let letter = Letter { v: VERSION, to: cell.id, seq, at: now, body: body.clone() };
            let signed = serde_json::to_string(&sign(&letter)?)?;
            rows.push(row![cell.no, *last, ns(now), kind, about, signed]);
            sqlx::query("UPDATE box SET letters_sent = $1 WHERE no = $2")
                .bind(*last)
                .bind(cell.no)
                .execute(self.connection())
                .await?;
            self.letters.push((Arc::clone(cell), seq));
        }
        self.insert(LETTER, rows).await
    }

    /// Keeps a new month's key.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_epoch_key(&mut self, key: &EpochKeyRow) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO epoch_key (epoch, secret, from_ns, until_ns) VALUES ($1, $2, $3, $4)")
            .bind(key.epoch.clone())
            .bind(key.secret.clone())
            .bind(ns(key.from))
            .bind(ns(key.until))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// The names of boxes that were never sent this.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn boxes_without(&mut self, kind: &str, about: &str) -> Result<Vec<BoxId>, StoreError> {
        let sql = "SELECT id FROM box WHERE revoked_at_ns IS NULL AND NOT EXISTS \
                   (SELECT 1 FROM letter WHERE letter.box = box.no AND letter.kind = $1 AND letter.about = $2) ORDER BY no";
        let rows = sqlx::query(sql).bind(kind.to_owned()).bind(about.to_owned());
        let rows = rows.fetch_all(self.connection()).await?;
        let ids = rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// The names of boxes that were sent this.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn boxes_with(&mut self, kind: &str, about: &str) -> Result<Vec<BoxId>, StoreError> {
        let sql = "SELECT box.id FROM letter JOIN box ON box.no = letter.box WHERE letter.kind = $1 AND letter.about = $2";
        let rows = sqlx::query(sql).bind(kind.to_owned()).bind(about.to_owned());
        let rows = rows.fetch_all(self.connection()).await?;
        let ids = rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
        Ok(ids.into_iter().filter_map(|id| id.parse().ok()).collect())
    }
}

impl Store {
    /// Letters for a box after a number.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn letters_after(
        &self,
        cell: &BoxCell,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Signed>, StoreError> {
        let sql = "SELECT signed FROM letter WHERE box = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(cell.no).bind(int(after)).bind(limit);
        let rows = query.fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(&row.try_get::<String, _>(0)?)?)).collect()
    }

    /// All keys of epochs that are not over.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn epoch_keys(&self, now: Timestamp) -> Result<Vec<EpochKeyRow>, StoreError> {
        let sql = "SELECT epoch, secret, from_ns, until_ns FROM epoch_key WHERE until_ns > $1 ORDER BY epoch";
        let rows = sqlx::query(sql).bind(ns(now)).fetch_all(&self.read).await?;
        let key = |row: &sqlx::any::AnyRow| {
            Ok(EpochKeyRow {
                epoch: row.try_get(0)?,
                secret: row.try_get(1)?,
                from: at(row.try_get(2)?),
                until: at(row.try_get(3)?),
            })
        };
        rows.iter().map(key).collect()
    }
}

//! Letters to boxes, and the keys of epochs, which go out as letters.
//!
//! Letters are numbered for each box without gaps. After a backup of the centre was put back a box may have more of them than the centre knows; then
//! the centre goes on from the box's number ([`Store::go_on_from`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use central_core::Audience;
use common_model::Timestamp;
use common_wire::v1::{Down, NewEpochKey, Recall, VERSION};
use common_wire::{BoxId, Letter, LetterError, Signed};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::db::{Store, StoreError, Tx};
use crate::rows::{Insert, row};
use crate::shard::BoxCell;
use crate::{at, int, members, ns, warnings};

/// Signs a letter: the key stays with the server.
pub type Sign<'s> = &'s (dyn Fn(&Letter) -> Result<Signed, LetterError> + Sync);

const LETTER: Insert =
    Insert { into: "INSERT INTO letter (box, seq, at_ns, kind, about, signed)", columns: 6, conflict: "" };

/// So many letters at most a box may have beyond those that the centre knows. Guess: years of warnings and keys.
const AHEAD_MAX: u64 = 10_000;

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
        let mut rows = Vec::with_capacity(to.len());
        for cell in to {
            let sql = "UPDATE box SET letters_sent = letters_sent + 1 WHERE no = $1 RETURNING letters_sent";
            let sent = sqlx::query(sql).bind(cell.no).fetch_one(self.connection()).await?;
            let no: i64 = sent.try_get(0)?;
            let seq = u64::try_from(no).unwrap_or_default();
            let letter = Letter { v: VERSION, to: cell.id, seq, at: now, body: body.clone() };
            let signed = serde_json::to_string(&sign(&letter)?)?;
            rows.push(row![cell.no, no, ns(now), kind, about, signed]);
            self.letters.push((Arc::clone(cell), seq));
        }
        self.insert(LETTER, rows).await
    }

    /// Writes to a new box what is in force and it was never sent: keys, and warnings whose audience its member belongs to.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_in_force(
        &mut self,
        to: &Arc<BoxCell>,
        now: Timestamp,
        sign: Sign<'_>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT epoch, secret, from_ns, until_ns FROM epoch_key WHERE until_ns > $1 AND NOT EXISTS (SELECT 1 FROM letter \
                   WHERE letter.box = $2 AND letter.kind = 'epoch_key' AND letter.about = epoch_key.epoch) ORDER BY epoch";
        let rows = sqlx::query(sql).bind(ns(now)).bind(to.no).fetch_all(self.connection()).await?;
        let mut bodies = Vec::new();
        for key in rows.iter().map(epoch_key) {
            let key = key?;
            bodies.push((key.body(), key.epoch));
        }
        let sql = "SELECT no, name, kind, region, municipality, supplier, since_ns FROM member WHERE no = $1";
        let member = sqlx::query(sql).bind(to.member).fetch_one(self.connection()).await?;
        let member = members::member(&member)?;
        let sql = "SELECT id, issued_at_ns, until_ns, urgency, text, is_exercise, audience FROM warning WHERE until_ns > $1 \
                   AND recalled_at_ns IS NULL AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.box = $2 AND letter.kind = 'warning' \
                   AND letter.about = warning.id) ORDER BY issued_at_ns, id";
        for row in sqlx::query(sql).bind(ns(now)).bind(to.no).fetch_all(self.connection()).await? {
            let audience: Audience = serde_json::from_str(&row.try_get::<String, _>(6)?)?;
            if audience.reaches(member.no, &member.member) {
                let warning = warnings::told(&row)?;
                let id = warning.id.clone();
                bodies.push((Down::Warning(warning), id));
            }
        }
        for (body, about) in bodies {
            self.send(core::slice::from_ref(to), &body, &about, now, sign).await?;
        }
        Ok(())
    }

    /// What a letter of this kind about this would tell now; nothing when it is over.
    async fn still(&mut self, kind: &str, about: &str, now: Timestamp) -> Result<Option<Down>, StoreError> {
        if kind == "epoch_key" {
            let sql =
                "SELECT epoch, secret, from_ns, until_ns FROM epoch_key WHERE epoch = $1 AND until_ns > $2";
            let row = sqlx::query(sql).bind(about.to_owned()).bind(ns(now));
            let row = row.fetch_optional(self.connection()).await?;
            return row.map(|row| Ok(epoch_key(&row)?.body())).transpose();
        }
        let sql = "SELECT id, issued_at_ns, until_ns, urgency, text, is_exercise, recalled_at_ns FROM warning \
                   WHERE id = $1 AND until_ns > $2";
        let row = sqlx::query(sql).bind(about.to_owned()).bind(ns(now));
        let Some(row) = row.fetch_optional(self.connection()).await? else { return Ok(None) };
        Ok(match (kind, row.try_get::<Option<i64>, _>(6)?) {
            ("warning", None) => Some(Down::Warning(warnings::told(&row)?)),
            ("recall", Some(since)) => {
                Some(Down::Recall(Recall { warning: about.to_owned(), at: at(since) }))
            }
            _ => None,
        })
    }

    /// Numbers a box's letters after one that it has; those that it may not have and that still hold are written again. How many.
    async fn number_from(
        &mut self,
        cell: &Arc<BoxCell>,
        after: u64,
        now: Timestamp,
        sign: Sign<'_>,
    ) -> Result<usize, StoreError> {
        let known = after.min(cell.letters_acked());
        let sql = "SELECT seq, kind, about FROM letter WHERE box = $1 AND seq > $2 ORDER BY seq";
        let rows = sqlx::query(sql).bind(cell.no).bind(int(known)).fetch_all(self.connection()).await?;
        let mut again: BTreeMap<(String, String), Down> = BTreeMap::new();
        let mut order = Vec::new();
        for row in &rows {
            let (seq, kind, about): (i64, String, String) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let still = self.still(&kind, &about, now).await?;
            if still.is_some() || seq > int(after) {
                let sql = "DELETE FROM letter WHERE box = $1 AND seq = $2";
                sqlx::query(sql).bind(cell.no).bind(seq).execute(self.connection()).await?;
            }
            if let Some(body) = still
                && again.insert((kind.clone(), about.clone()), body).is_none()
            {
                order.push((kind, about));
            }
        }
        let sql = "UPDATE box SET letters_sent = $1 WHERE no = $2";
        sqlx::query(sql).bind(int(after)).bind(cell.no).execute(self.connection()).await?;
        self.numbered.push((Arc::clone(cell), after));
        for name in &order {
            if let Some(body) = again.remove(name) {
                self.send(core::slice::from_ref(cell), &body, &name.1, now, sign).await?;
            }
        }
        Ok(order.len())
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
    /// Goes on from the number that a box has, where that is not one that this centre gave it, or where the next is missing: a backup of the centre
    /// was put back, or one of each. What stands in letters that the box may not have is written again as far as it still holds; what was sent
    /// between the backup and its end nobody knows. Says whether: a box that claims absurdly many, or does so again and again, is refused.
    ///
    /// # Errors
    /// As [`Tx::send`].
    pub async fn go_on_from(
        &self,
        cell: &Arc<BoxCell>,
        after: u64,
        now: Timestamp,
        sign: Sign<'_>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let (sent, known) = (cell.letters_sent(), cell.letters_known());
        let sql = "SELECT 1 FROM letter WHERE box = $1 AND seq = $2";
        let next = sqlx::query(sql).bind(cell.no).bind(int(after).saturating_add(1));
        let is_next_here = after >= sent || next.fetch_optional(tx.connection()).await?.is_some();
        if after <= known && is_next_here {
            // Another connection of this box was here first.
            return Ok(true);
        }
        if after > sent.saturating_add(AHEAD_MAX) || !cell.may_be_numbered_anew() {
            return Ok(false);
        }
        let again = tx.number_from(cell, after, now, sign).await?;
        // Within what was sent it may be a crash that took what was given last: nobody need read of it.
        if after > sent || after <= known {
            let said = format!("it has letter {after}, {sent} were known here; {again} written again");
            tx.audit(now, "centre", "box.number_letters", &cell.id.to_string(), &said).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Letters for a box after a number, as far as none is missing.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn letters_after(
        &self,
        cell: &BoxCell,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Signed>, StoreError> {
        let sql = "SELECT seq, signed FROM letter WHERE box = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(cell.no).bind(int(after)).bind(limit);
        let rows = query.fetch_all(&self.read).await?;
        let mut letters = Vec::with_capacity(rows.len());
        for (seq, row) in (int(after).saturating_add(1)..).zip(&rows) {
            if row.try_get::<i64, _>(0)? != seq {
                break;
            }
            letters.push(serde_json::from_str(&row.try_get::<String, _>(1)?)?);
        }
        Ok(letters)
    }

    /// All keys of epochs that are not over.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn epoch_keys(&self, now: Timestamp) -> Result<Vec<EpochKeyRow>, StoreError> {
        let sql = "SELECT epoch, secret, from_ns, until_ns FROM epoch_key WHERE until_ns > $1 ORDER BY epoch";
        let rows = sqlx::query(sql).bind(ns(now)).fetch_all(&self.read).await?;
        rows.iter().map(epoch_key).collect()
    }
}

fn epoch_key(row: &AnyRow) -> Result<EpochKeyRow, StoreError> {
    Ok(EpochKeyRow {
        epoch: row.try_get(0)?,
        secret: row.try_get(1)?,
        from: at(row.try_get(2)?),
        until: at(row.try_get(3)?),
    })
}

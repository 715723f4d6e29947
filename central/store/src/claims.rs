//! Claim codes, the boxes that come of them, and their certificates.

use std::sync::Arc;

use central_core::pass::{CLAIM_AGAIN, CLAIM_LIFE};
use common_model::Timestamp;
use common_wire::BoxId;
use common_wire::ClaimCode;
use sqlx::Row as _;

use crate::db::{Store, StoreError, Tx};
use crate::shard::BoxCell;
use crate::{at, ns};

/// A box that was claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// It.
    pub cell: Arc<BoxCell>,
    /// Its member's name.
    pub member: String,
    /// Whether it is new; otherwise its answer was lost and it asks again.
    pub is_new: bool,
}

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// No such code was made.
    #[error("this claim code is not known here")]
    Unknown,
    /// It was used, with another key.
    #[error("this claim code was used")]
    Used,
    /// It is too old.
    #[error("this claim code is too old")]
    Old,
}

impl Tx<'_> {
    /// Remembers a code for a member.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_claim(
        &mut self,
        code: &ClaimCode,
        member: i64,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let until = now + CLAIM_LIFE;
        sqlx::query("INSERT INTO claim (hash, member, made_at_ns, until_ns) VALUES ($1, $2, $3, $4)")
            .bind(code.hash())
            .bind(member)
            .bind(ns(now))
            .bind(ns(until))
            .execute(self.connection())
            .await?;
        Ok(until)
    }

    /// Remembers a certificate.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_certificate(
        &mut self,
        cell: &BoxCell,
        serial: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO certificate (serial, box, issued_at_ns, until_ns) VALUES ($1, $2, $3, $4)")
            .bind(serial.to_owned())
            .bind(cell.no)
            .bind(ns(now))
            .bind(ns(until))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

impl Store {
    /// Uses a code up: the box that it makes is called `fresh`. One whose answer was lost may ask again for a while, with the same key.
    ///
    /// # Errors
    /// [`StoreError::Sql`]. The inner one says why the claim is refused.
    pub async fn claim(
        &self,
        code: &ClaimCode,
        key_hash: &str,
        fresh: BoxId,
        now: Timestamp,
    ) -> Result<Result<Claimed, ClaimRefused>, StoreError> {
        let mut tx = self.begin().await?;
        let sql = "SELECT claim.member, claim.until_ns, claim.used_at_ns, claim.key_hash, box.id, member.name FROM claim \
                   JOIN member ON member.no = claim.member LEFT JOIN box ON box.no = claim.box WHERE claim.hash = $1";
        let row = sqlx::query(sql).bind(code.hash()).fetch_optional(tx.connection()).await?;
        let Some(row) = row else { return Ok(Err(ClaimRefused::Unknown)) };
        let (member_no, until): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let member: String = row.try_get(5)?;
        if let Some(used_at) = row.try_get::<Option<i64>, _>(2)? {
            let is_same = row.try_get::<Option<String>, _>(3)?.as_deref() == Some(key_hash);
            let id: Option<String> = row.try_get(4)?;
            let cell = id.and_then(|id| id.parse().ok()).and_then(|id| self.shard.find(id));
            let again =
                cell.filter(|cell| is_same && now.since(at(used_at)) <= CLAIM_AGAIN && !cell.is_revoked());
            return Ok(again.map(|cell| Claimed { cell, member, is_new: false }).ok_or(ClaimRefused::Used));
        }
        if now > at(until) {
            return Ok(Err(ClaimRefused::Old));
        }
        let no = tx.next("SELECT max(no) FROM box").await?;
        sqlx::query("INSERT INTO box (no, id, member, claimed_at_ns) VALUES ($1, $2, $3, $4)")
            .bind(no)
            .bind(fresh.to_string())
            .bind(member_no)
            .bind(ns(now))
            .execute(tx.connection())
            .await?;
        sqlx::query("UPDATE claim SET used_at_ns = $1, box = $2, key_hash = $3 WHERE hash = $4")
            .bind(ns(now))
            .bind(no)
            .bind(key_hash.to_owned())
            .bind(code.hash())
            .execute(tx.connection())
            .await?;
        tx.audit(now, "centre", "box.claim", &fresh.to_string(), &member).await?;
        tx.commit().await?;
        let cell = Arc::new(BoxCell::new(no, fresh, member_no));
        self.shard.add(Arc::clone(&cell));
        Ok(Ok(Claimed { cell, member, is_new: true }))
    }
}

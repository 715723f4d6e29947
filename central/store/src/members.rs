//! Members.

use central_core::{Member, MemberKind};
use common_model::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::db::{Store, StoreError, Tx};
use crate::{at, ns};

/// A member as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Its number.
    pub no: i64,
    /// Who it is.
    pub member: Member,
    /// Since when.
    pub since: Timestamp,
}

impl Tx<'_> {
    /// Takes in a member; its number.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one with its name.
    pub async fn add_member(&mut self, member: &Member, now: Timestamp) -> Result<i64, StoreError> {
        let same = sqlx::query("SELECT no FROM member WHERE name = $1").bind(member.name.clone());
        if same.fetch_optional(self.connection()).await?.is_some() {
            return Err(StoreError::Exists(format!("a member with the name {}", member.name)));
        }
        let no = self.next("SELECT max(no) FROM member").await?;
        let sql = "INSERT INTO member (no, name, kind, region, municipality, supplier, since_ns) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        sqlx::query(sql)
            .bind(no)
            .bind(member.name.clone())
            .bind(member.kind.as_str())
            .bind(member.region.clone())
            .bind(member.municipality.clone())
            .bind(member.supplier.clone())
            .bind(ns(now))
            .execute(self.connection())
            .await?;
        Ok(no)
    }
}

impl Store {
    /// All members, by name.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn members(&self) -> Result<Vec<MemberRow>, StoreError> {
        let sql = "SELECT no, name, kind, region, municipality, supplier, since_ns FROM member ORDER BY name";
        sqlx::query(sql).fetch_all(&self.read).await?.iter().map(member).collect()
    }

    /// The member with this number.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn member(&self, no: i64) -> Result<Option<MemberRow>, StoreError> {
        let sql = "SELECT no, name, kind, region, municipality, supplier, since_ns FROM member WHERE no = $1";
        sqlx::query(sql).bind(no).fetch_optional(&self.read).await?.as_ref().map(member).transpose()
    }
}

pub(crate) fn member(row: &AnyRow) -> Result<MemberRow, StoreError> {
    let kind: String = row.try_get(2)?;
    let kind = MemberKind::from_word(&kind)
        .ok_or_else(|| StoreError::Unreadable(format!("a member's kind {kind}")))?;
    Ok(MemberRow {
        no: row.try_get(0)?,
        member: Member {
            name: row.try_get(1)?,
            kind,
            region: row.try_get(3)?,
            municipality: row.try_get(4)?,
            supplier: row.try_get(5)?,
        },
        since: at(row.try_get(6)?),
    })
}

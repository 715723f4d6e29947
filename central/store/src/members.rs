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
        self.name_is_free(&member.name, 0).await?;
        // The number of one who was removed is nobody else's: a warning may name it.
        let no = self.next("SELECT max(no) FROM (SELECT no FROM member UNION ALL SELECT value FROM mark WHERE name = 'member') AS given");
        let no = no.await?;
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

    /// Says anew who a member is; whether there is one with this number.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another has its name.
    pub async fn change_member(&mut self, no: i64, member: &Member) -> Result<bool, StoreError> {
        self.name_is_free(&member.name, no).await?;
        let sql = "UPDATE member SET name = $1, kind = $2, region = $3, municipality = $4, supplier = $5 WHERE no = $6";
        let done = sqlx::query(sql)
            .bind(member.name.clone())
            .bind(member.kind.as_str())
            .bind(member.region.clone())
            .bind(member.municipality.clone())
            .bind(member.supplier.clone())
            .bind(no)
            .execute(self.connection())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a member out that never had a box, with its claim codes; whether there was one with this number.
    ///
    /// # Errors
    /// [`StoreError::HasBoxes`] when it has or had boxes: what they sent stands under its name.
    pub async fn remove_member(&mut self, no: i64) -> Result<bool, StoreError> {
        let boxes = sqlx::query("SELECT count(*) FROM box WHERE member = $1").bind(no);
        let boxes: i64 = boxes.fetch_one(self.connection()).await?.try_get(0)?;
        if boxes > 0 {
            return Err(StoreError::HasBoxes(boxes));
        }
        let sql = "INSERT INTO mark (name, value) VALUES ('member', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value \
                   WHERE excluded.value > mark.value";
        sqlx::query(sql).bind(no).execute(self.connection()).await?;
        sqlx::query("DELETE FROM claim WHERE member = $1").bind(no).execute(self.connection()).await?;
        let done =
            sqlx::query("DELETE FROM member WHERE no = $1").bind(no).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }

    /// No other member has this name.
    async fn name_is_free(&mut self, name: &str, no: i64) -> Result<(), StoreError> {
        let same =
            sqlx::query("SELECT no FROM member WHERE name = $1 AND no <> $2").bind(name.to_owned()).bind(no);
        let same = same.fetch_optional(self.connection()).await?;
        same.map_or(Ok(()), |_| Err(StoreError::Exists(format!("a member with the name {name}"))))
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

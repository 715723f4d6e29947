//! Warnings, and what the clinics answered.

use std::collections::BTreeMap;

use central_core::Audience;
use common_model::Timestamp;
use common_wire::v1::{AnswerWord, Urgency, Warning};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::db::{Store, StoreError, Tx};
use crate::project::word;
use crate::{at, ns};

/// A warning as it is stored.
#[derive(Clone, Debug)]
pub struct WarningRow {
    /// As it was sent.
    pub warning: Warning,
    /// Whom it was meant for.
    pub audience: Audience,
    /// Who sent it.
    pub issued_by: String,
    /// When it was taken back.
    pub recalled_at: Option<Timestamp>,
    /// How many boxes it was sent to, and how many have it.
    pub sent: i64,
    /// How many of them have it.
    pub delivered: i64,
    /// How many answered with what.
    pub answers: BTreeMap<String, i64>,
}

/// What became of a warning at one box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    /// Which box.
    pub box_id: String,
    /// Of which member.
    pub member: i64,
    /// Its name.
    pub name: String,
    /// Whether the box has it.
    pub is_delivered: bool,
    /// What was answered.
    pub answer: Option<AnswerWord>,
    /// When.
    pub at: Option<Timestamp>,
}

impl Tx<'_> {
    /// Keeps a warning.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_warning(
        &mut self,
        warning: &Warning,
        audience: &Audience,
        by: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO warning (id, issued_at_ns, until_ns, urgency, text, audience, is_exercise, issued_by) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(warning.id.clone())
            .bind(ns(warning.issued_at))
            .bind(ns(warning.until))
            .bind(word(&warning.urgency))
            .bind(serde_json::to_string(&warning.text)?)
            .bind(serde_json::to_string(audience)?)
            .bind(i64::from(warning.is_exercise))
            .bind(by.to_owned())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Notes that a warning is taken back; whether it was in force.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn recall_warning(&mut self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE warning SET recalled_at_ns = $1 WHERE id = $2 AND recalled_at_ns IS NULL";
        let done = sqlx::query(sql).bind(ns(now)).bind(id.to_owned()).execute(self.connection()).await?;
        Ok(done.rows_affected() == 1)
    }
}

/// What a box answered it has, also when it is not yet written down that it took the letter.
const WARNINGS: &str = "SELECT id, issued_at_ns, until_ns, urgency, text, is_exercise, audience, issued_by, recalled_at_ns, \
    (SELECT count(*) FROM letter WHERE letter.about = warning.id AND letter.kind = 'warning') AS sent, \
    (SELECT count(*) FROM letter LEFT JOIN box_seen ON box_seen.box = letter.box WHERE letter.about = warning.id \
     AND letter.kind = 'warning' AND (box_seen.letters_acked >= letter.seq OR EXISTS \
     (SELECT 1 FROM answer WHERE answer.warning = warning.id AND answer.box = letter.box))) AS delivered FROM warning";

impl Store {
    /// Warnings, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn warnings(&self, limit: u16) -> Result<Vec<WarningRow>, StoreError> {
        let sql = format!("{WARNINGS} ORDER BY issued_at_ns DESC, id LIMIT $1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(&self.read).await?;
        let mut warnings = rows.iter().map(warning).collect::<Result<Vec<_>, _>>()?;
        let sql = "SELECT warning, answer, count(*) FROM answer GROUP BY warning, answer";
        for row in sqlx::query(sql).fetch_all(&self.read).await? {
            let id: String = row.try_get(0)?;
            if let Some(of) = warnings.iter_mut().find(|one| one.warning.id == id) {
                of.answers.insert(row.try_get(1)?, row.try_get(2)?);
            }
        }
        Ok(warnings)
    }

    /// One warning.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn warning(&self, id: &str) -> Result<Option<WarningRow>, StoreError> {
        let sql = format!("{WARNINGS} WHERE id = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_owned());
        let Some(row) = query.fetch_optional(&self.read).await? else { return Ok(None) };
        let mut warning = warning(&row)?;
        let sql = "SELECT answer, count(*) FROM answer WHERE warning = $1 GROUP BY answer";
        for row in sqlx::query(sql).bind(id.to_owned()).fetch_all(&self.read).await? {
            warning.answers.insert(row.try_get(0)?, row.try_get(1)?);
        }
        Ok(Some(warning))
    }

    /// What became of a warning at each box that it was sent to, by member.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn warning_answers(&self, id: &str) -> Result<Vec<AnswerRow>, StoreError> {
        let sql = "SELECT box.id, member.no, member.name, letter.seq, answer.answer, answer.at_ns FROM letter \
                   JOIN box ON box.no = letter.box JOIN member ON member.no = box.member \
                   LEFT JOIN answer ON answer.warning = letter.about AND answer.box = letter.box \
                   WHERE letter.about = $1 AND letter.kind = 'warning' ORDER BY member.name, box.no";
        let rows = sqlx::query(sql).bind(id.to_owned()).fetch_all(&self.read).await?;
        let answer = |row: &AnyRow| -> Result<AnswerRow, StoreError> {
            let box_id: String = row.try_get(0)?;
            let seq: i64 = row.try_get(3)?;
            let cell = box_id.parse().ok().and_then(|id| self.shard.find(id));
            let acked = cell.map_or(0, |cell| crate::int(cell.letters_acked()));
            let word: Option<String> = row.try_get(4)?;
            let answer = word.map(|word| serde_json::from_value(word.into())).transpose()?;
            Ok(AnswerRow {
                box_id,
                member: row.try_get(1)?,
                name: row.try_get(2)?,
                is_delivered: acked >= seq || answer.is_some(),
                answer,
                at: row.try_get::<Option<i64>, _>(5)?.map(at),
            })
        };
        rows.iter().map(answer).collect()
    }
}

fn warning(row: &AnyRow) -> Result<WarningRow, StoreError> {
    Ok(WarningRow {
        warning: told(row)?,
        audience: serde_json::from_str(&row.try_get::<String, _>(6)?)?,
        issued_by: row.try_get(7)?,
        recalled_at: row.try_get::<Option<i64>, _>(8)?.map(at),
        sent: row.try_get(9)?,
        delivered: row.try_get(10)?,
        answers: BTreeMap::new(),
    })
}

/// The warning of a row that begins with its columns.
pub(crate) fn told(row: &AnyRow) -> Result<Warning, StoreError> {
    let urgency: Urgency = serde_json::from_value(row.try_get::<String, _>(3)?.into())?;
    Ok(Warning {
        id: row.try_get(0)?,
        issued_at: at(row.try_get(1)?),
        until: at(row.try_get(2)?),
        urgency,
        text: serde_json::from_str(&row.try_get::<String, _>(4)?)?,
        is_exercise: row.try_get::<i64, _>(5)? != 0,
    })
}

//! What calls whoever sits at the desk: how much is open and urgent, how much was found. And which kinds of incidents there are.

use common_model::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::at;
use crate::db::{Store, StoreError};
use crate::query::{Question, URGENCY};

/// From this urgency on an incident calls: `today` and `now`.
const URGENT_FROM: i64 = 2;

/// What calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Incidents that are not closed and ask for something now or today.
    pub urgent: i64,
    /// Findings after the one that was seen last.
    pub findings: i64,
    /// The number of the latest finding; 0 when there is none.
    pub last_finding: i64,
}

impl Store {
    /// What calls somebody who has seen the findings up to this number.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn calls(&self, seen_finding: i64) -> Result<Calls, StoreError> {
        let mut question = Question::new(&format!("SELECT count(*) FROM incident i WHERE {URGENCY} >= "));
        question.value(URGENT_FROM);
        let urgent = number(question, self).await?;
        let mut question = Question::new("SELECT count(*) FROM finding WHERE no > ");
        question.value(seen_finding);
        let findings = number(question, self).await?;
        let last_finding = number(Question::new("SELECT coalesce(max(no), 0) FROM finding"), self).await?;
        Ok(Calls { urgent, findings, last_finding })
    }

    /// What each box last told of itself, by its name: when that came, and as it told it.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn healths(&self) -> Result<Vec<(String, Option<(Timestamp, String)>)>, StoreError> {
        let sql = "SELECT box.id, box_health.received_at_ns, box_health.body FROM box LEFT JOIN box_health ON box_health.box = box.no";
        let health = |row: &AnyRow| {
            let at_ns: Option<i64> = row.try_get(1)?;
            Ok((row.try_get(0)?, at_ns.map(at).zip(row.try_get(2)?)))
        };
        sqlx::query(sql).fetch_all(&self.read).await?.iter().map(health).collect()
    }

    /// The kinds of all incidents, each with its category.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn kinds(&self) -> Result<Vec<(String, String)>, StoreError> {
        let sql = "SELECT DISTINCT kind, category FROM incident ORDER BY kind, category";
        let rows = sqlx::query(sql).fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }
}

async fn number(question: Question, store: &Store) -> Result<i64, StoreError> {
    let rows = question.ask(store).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

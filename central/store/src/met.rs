//! Who met what a finding is about, when, and in which incidents it stands.

use common_model::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::db::{Store, StoreError};
use crate::findings::Finding;
use crate::query::{INCIDENTS, IncidentRow, Question, URGENCY, contains, incident};
use crate::{at, ns};

/// That a box met it under one sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetRow {
    /// The box's name.
    pub box_id: String,
    /// Its member's number.
    pub member: i64,
    /// Under which sign.
    pub kind: String,
    /// Whether it was played.
    pub is_exercise: bool,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// At how many moments.
    pub times: i64,
}

impl Store {
    /// Who met it while the finding lasted, first come first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn met(&self, finding: &Finding, limit: u16) -> Result<Vec<MetRow>, StoreError> {
        let mut question = Question::new(
            "SELECT box.id, box.member, o.kind, o.is_exercise, min(o.at_ns), max(o.at_ns), count(DISTINCT o.at_ns) FROM occurrence o \
             JOIN box ON box.no = o.box WHERE 1 = 1",
        );
        during(&mut question, finding);
        question.say(" GROUP BY box.id, box.member, o.kind, o.is_exercise ORDER BY min(o.at_ns), box.id, o.kind LIMIT ");
        question.value(i64::from(limit));
        let met = |row: &AnyRow| {
            Ok(MetRow {
                box_id: row.try_get(0)?,
                member: row.try_get(1)?,
                kind: row.try_get(2)?,
                is_exercise: row.try_get::<i64, _>(3)? != 0,
                first: at(row.try_get(4)?),
                last: at(row.try_get(5)?),
                times: row.try_get(6)?,
            })
        };
        question.ask(self).await?.iter().map(met).collect()
    }

    /// All pseudonyms under which it was met.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn pseudonyms(&self, finding: &Finding) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT hmac FROM finding_pseudonym WHERE finding = $1 ORDER BY hmac";
        let rows = sqlx::query(sql).bind(finding.no).fetch_all(&self.read).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The incidents in which it stands, at those who met it while the finding lasted.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn incidents_of(&self, finding: &Finding, limit: u16) -> Result<Vec<IncidentRow>, StoreError> {
        let mut question = Question::new(&format!("SELECT {URGENCY}, {INCIDENTS}"));
        question.say(" AND i.box IN (SELECT o.box FROM occurrence o WHERE 1 = 1");
        during(&mut question, finding);
        question.say(") AND (1 = 0");
        for pseudonym in self.pseudonyms(finding).await? {
            question.say(" OR i.body LIKE ");
            question.value(contains(&pseudonym));
            question.say(" ESCAPE '!'");
        }
        question.say(")");
        question.say(" ORDER BY i.last_seen_ns DESC, i.box, i.id LIMIT ");
        question.value(i64::from(limit));
        question.ask(self).await?.iter().map(incident).collect()
    }
}

fn during(question: &mut Question, finding: &Finding) {
    question.is("o.hmac IN (SELECT hmac FROM finding_pseudonym WHERE finding =", Some(finding.no));
    question.say(")");
    question.is("o.at_ns >=", Some(ns(finding.first)));
    question.is("o.at_ns <=", Some(ns(finding.last)));
}

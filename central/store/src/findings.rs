//! What several members share: looked for in what was met since the last look.

use std::collections::{BTreeMap, BTreeSet};

use central_core::crossing::{Met, Policy, crossing};
use common_model::Timestamp;
use sqlx::Row as _;

use crate::db::{Store, StoreError, Tx};
use crate::{at, ns};

/// Occurrences that one look takes at most; the next one takes the rest.
const LOOK_MAX: i64 = 5_000;

/// What several members share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number.
    pub no: i64,
    /// Under which epoch's key.
    pub epoch: String,
    /// The pseudonym that they share.
    pub hmac: String,
    /// What it is: `ip`, `domain`, `url`, `ja4`.
    pub indicator: String,
    /// In clear, where a list of known-bad things has it.
    pub value: Option<String>,
    /// The signs under which it was met.
    pub kinds: Vec<String>,
    /// Who met it.
    pub members: Vec<i64>,
    /// As how many they count.
    pub independent: i64,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// When it was found.
    pub found_at: Timestamp,
}

impl Store {
    /// Looks at what was met since the last look. How many findings are new or grew, and whether there is more to look at.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; then the same is looked at again.
    pub async fn look_for_findings(
        &self,
        policy: Policy,
        now: Timestamp,
    ) -> Result<(usize, bool), StoreError> {
        let sql = "SELECT value FROM mark WHERE name = 'findings'";
        let row = sqlx::query(sql).fetch_optional(&self.read).await?;
        let from: i64 = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
        let sql = "SELECT no, hmac, at_ns FROM occurrence WHERE no > $1 ORDER BY no LIMIT $2";
        let rows = sqlx::query(sql).bind(from).bind(LOOK_MAX).fetch_all(&self.read).await?;
        let Some(last) = rows.last() else { return Ok((0, false)) };
        let until: i64 = last.try_get(0)?;
        let mut touched: BTreeMap<String, i64> = BTreeMap::new();
        for row in &rows {
            let (hmac, at_ns): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
            let latest = touched.entry(hmac).or_insert(at_ns);
            *latest = at_ns.max(*latest);
        }
        let mut crossed = Vec::new();
        for (hmac, latest) in &touched {
            crossed.extend(self.look_at(hmac, at(*latest), policy).await?);
        }
        let mut tx = self.begin().await?;
        for finding in &mut crossed {
            finding.found_at = now;
            tx.put_finding(finding, policy).await?;
        }
        let sql = "INSERT INTO mark (name, value) VALUES ('findings', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(until).execute(tx.connection()).await?;
        tx.commit().await?;
        if !crossed.is_empty() {
            self.tell_news();
        }
        Ok((crossed.len(), i64::try_from(rows.len()).is_ok_and(|rows| rows == LOOK_MAX)))
    }

    async fn look_at(
        &self,
        hmac: &str,
        latest: Timestamp,
        policy: Policy,
    ) -> Result<Option<Finding>, StoreError> {
        // The first and the last time of each member under each sign are enough, however often it was met.
        let sql = "SELECT box.member, member.supplier, o.is_exercise, o.kind, o.epoch, o.indicator, max(o.value), min(o.at_ns), max(o.at_ns) \
                   FROM occurrence o JOIN box ON box.no = o.box JOIN member ON member.no = box.member \
                   WHERE o.hmac = $1 AND o.at_ns >= $2 AND o.at_ns <= $3 \
                   GROUP BY box.member, member.supplier, o.is_exercise, o.kind, o.epoch, o.indicator";
        let rows = sqlx::query(sql)
            .bind(hmac.to_owned())
            .bind(ns(latest - policy.within))
            .bind(ns(latest + policy.within))
            .fetch_all(&self.read)
            .await?;
        let (mut met, mut kinds, mut value) = (Vec::new(), BTreeSet::new(), None);
        let (mut epoch, mut indicator) = (String::new(), String::new());
        for row in &rows {
            let is_exercise = row.try_get::<i64, _>(2)? != 0;
            for column in [7, 8] {
                let (member, supplier) = (row.try_get(0)?, row.try_get(1)?);
                met.push(Met { member, supplier, at: at(row.try_get(column)?), is_exercise });
            }
            kinds.insert(row.try_get::<String, _>(3)?);
            (epoch, indicator) = (row.try_get(4)?, row.try_get(5)?);
            value = value.or(row.try_get(6)?);
        }
        Ok(crossing(&met, policy).map(|crossed| Finding {
            no: 0,
            epoch,
            hmac: hmac.to_owned(),
            indicator,
            value,
            kinds: kinds.into_iter().collect(),
            members: crossed.members,
            independent: i64::try_from(crossed.independent).unwrap_or(i64::MAX),
            first: crossed.first,
            last: crossed.last,
            found_at: latest,
        }))
    }

    /// Findings, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn findings(&self, limit: u16) -> Result<Vec<Finding>, StoreError> {
        let sql = "SELECT no, epoch, hmac, indicator, value, kinds, members, independent, first_ns, last_ns, found_at_ns FROM finding \
                   ORDER BY last_ns DESC, no DESC LIMIT $1";
        let rows = sqlx::query(sql).bind(i64::from(limit)).fetch_all(&self.read).await?;
        let finding = |row: &sqlx::any::AnyRow| -> Result<Finding, StoreError> {
            Ok(Finding {
                no: row.try_get(0)?,
                epoch: row.try_get(1)?,
                hmac: row.try_get(2)?,
                indicator: row.try_get(3)?,
                value: row.try_get(4)?,
                kinds: serde_json::from_str(&row.try_get::<String, _>(5)?)?,
                members: serde_json::from_str(&row.try_get::<String, _>(6)?)?,
                independent: row.try_get(7)?,
                first: at(row.try_get(8)?),
                last: at(row.try_get(9)?),
                found_at: at(row.try_get(10)?),
            })
        };
        rows.iter().map(finding).collect()
    }
}

impl Tx<'_> {
    /// One finding a pseudonym and window: what comes within the window of one that is there makes it grow.
    async fn put_finding(&mut self, finding: &Finding, policy: Policy) -> Result<(), StoreError> {
        let sql = "SELECT no FROM finding WHERE hmac = $1 AND last_ns >= $2 AND first_ns <= $3 ORDER BY no DESC LIMIT 1";
        let open = sqlx::query(sql)
            .bind(finding.hmac.clone())
            .bind(ns(finding.first - policy.within))
            .bind(ns(finding.last + policy.within))
            .fetch_optional(self.connection())
            .await?;
        let (kinds, members) =
            (serde_json::to_string(&finding.kinds)?, serde_json::to_string(&finding.members)?);
        if let Some(row) = open {
            let sql = "UPDATE finding SET kinds = $1, members = $2, independent = $3, last_ns = $4, value = $5 WHERE no = $6 AND last_ns <= $4";
            sqlx::query(sql)
                .bind(kinds)
                .bind(members)
                .bind(finding.independent)
                .bind(ns(finding.last))
                .bind(finding.value.clone())
                .bind(row.try_get::<i64, _>(0)?)
                .execute(self.connection())
                .await?;
            return Ok(());
        }
        let no = self.next("SELECT max(no) FROM finding").await?;
        let sql = "INSERT INTO finding (no, epoch, hmac, indicator, value, kinds, members, independent, first_ns, last_ns, found_at_ns) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        sqlx::query(sql)
            .bind(no)
            .bind(finding.epoch.clone())
            .bind(finding.hmac.clone())
            .bind(finding.indicator.clone())
            .bind(finding.value.clone())
            .bind(kinds)
            .bind(members)
            .bind(finding.independent)
            .bind(ns(finding.first))
            .bind(ns(finding.last))
            .bind(ns(finding.found_at))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

//! What several members share: looked for in what was met since the last look.

use std::collections::BTreeSet;

use central_core::crossing::{Crossed, Met, Policy, crossings, independent};
use common_model::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::db::{Store, StoreError, Tx};
use crate::query::Question;
use crate::rows::{Insert, row};
use crate::{at, ns};

/// Occurrences that one look takes at most; the next one takes the rest.
const LOOK_MAX: i64 = 10_000;

/// Pseudonyms that are asked about in one question.
const TOGETHER: usize = 200;

/// The time that is looked for is looked at in so many parts.
const PARTS: i64 = 4;

/// Pseudonyms of a finding that are told together at most: three epochs have a part in the longest of ours. More is somebody who plays.
const NAMES_MAX: usize = 8;

/// What several members share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its number.
    pub no: i64,
    /// Under which epoch's key it was met first.
    pub epoch: String,
    /// The pseudonym under it.
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
        // Where in time each was met, in steps as long as it is looked for.
        let step = i64::try_from(policy.within.as_nanos()).unwrap_or(i64::MAX).max(1);
        let mut touched = BTreeSet::new();
        for row in &rows {
            let (hmac, at_ns): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
            touched.insert((at_ns / step, hmac));
        }
        let touched: Vec<(i64, String)> = touched.into_iter().collect();
        let mut crossed = Vec::new();
        for (when, some) in touched
            .chunk_by(|one, next| one.0 == next.0)
            .flat_map(|of_step| of_step.chunks(TOGETHER))
            .filter_map(|some| some.first().map(|(when, _)| (*when, some)))
        {
            // All stretches that what is new may lie in.
            let (begin, end) = (when.saturating_sub(1), when.saturating_add(2));
            let times = Times { begin: begin.saturating_mul(step), end: end.saturating_mul(step) };
            for hmac in self.met_by_enough(some, times, policy).await? {
                crossed.extend(self.look_at(&hmac, times, policy).await?);
            }
        }
        let mut tx = self.begin().await?;
        let mut changed = 0;
        for found in crossed {
            changed += usize::from(tx.put_finding(found, now, policy).await?);
        }
        let sql = "INSERT INTO mark (name, value) VALUES ('findings', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(until).execute(tx.connection()).await?;
        tx.commit().await?;
        if changed > 0 {
            self.tell_news();
        }
        Ok((changed, i64::try_from(rows.len()).is_ok_and(|rows| rows == LOOK_MAX)))
    }

    /// Those that enough boxes met: nearly all were met by one, and need no closer look.
    async fn met_by_enough(
        &self,
        some: &[(i64, String)],
        times: Times,
        policy: Policy,
    ) -> Result<Vec<String>, StoreError> {
        let hmacs: Vec<String> = some.iter().map(|(_, hmac)| hmac.clone()).collect();
        let mut question = Question::new("SELECT hmac FROM occurrence WHERE 1 = 1");
        question.one_of("hmac", &hmacs);
        question.is("at_ns >=", Some(times.begin));
        question.is("at_ns <=", Some(times.end));
        question.say(" GROUP BY hmac HAVING count(DISTINCT box) >= ");
        question.value(i64::try_from(policy.members_min).unwrap_or(i64::MAX));
        question.ask(self).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn look_at(&self, hmac: &str, times: Times, policy: Policy) -> Result<Vec<Found>, StoreError> {
        // Of each member the first and the last time in each part of the time that is looked for, under each sign: whatever stretch has one between
        // them has one of them, so that no voice is missed, however often something was met.
        let part = i64::try_from(policy.within.as_nanos()).unwrap_or(i64::MAX) / PARTS;
        let mut question = Question::new(
            "SELECT box.member, member.supplier, o.is_exercise, o.kind, o.epoch, o.indicator, o.twin, max(o.value), min(o.at_ns), max(o.at_ns) \
             FROM occurrence o JOIN box ON box.no = o.box JOIN member ON member.no = box.member WHERE 1 = 1",
        );
        question.is("o.hmac =", Some(hmac));
        question.is("o.at_ns >=", Some(times.begin));
        question.is("o.at_ns <=", Some(times.end));
        question.say(" GROUP BY box.member, member.supplier, o.is_exercise, o.kind, o.epoch, o.indicator, o.twin, o.at_ns / ");
        question.value(part.max(1));
        let rows = question.ask(self).await?;
        let sights = rows.iter().map(Sight::of).collect::<Result<Vec<_>, _>>()?;
        let met: Vec<Met> = sights.iter().flat_map(|sight| sight.met.clone()).collect();
        let found = |crossed: Crossed| {
            let is_in = |met: &Met| crossed.first <= met.at && met.at <= crossed.last;
            let counts = |met: &Met| policy.counts_exercises || !met.is_exercise;
            let of: Vec<&Sight> =
                sights.iter().filter(|sight| sight.met.iter().any(|met| is_in(met) && counts(met))).collect();
            let first = of.first()?;
            let twins: BTreeSet<String> = of.iter().filter_map(|one| one.twin.clone()).collect();
            let names = core::iter::once(hmac.to_owned()).chain(twins).take(NAMES_MAX).collect();
            let finding = Finding {
                no: 0,
                epoch: first.epoch.clone(),
                hmac: hmac.to_owned(),
                indicator: first.indicator.clone(),
                value: of.iter().find_map(|one| one.value.clone()),
                kinds: of.iter().map(|one| one.kind.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
                members: crossed.members,
                independent: i64::try_from(crossed.independent).unwrap_or(i64::MAX),
                first: crossed.first,
                last: crossed.last,
                found_at: crossed.last,
            };
            Some(Found { finding, names })
        };
        Ok(crossings(&met, policy).into_iter().filter_map(found).collect())
    }

    /// Findings, newest first.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn findings(&self, limit: u16) -> Result<Vec<Finding>, StoreError> {
        let mut question = Question::new(&format!("{FINDINGS} ORDER BY last_ns DESC, no DESC LIMIT "));
        question.value(i64::from(limit));
        let rows = question.ask(self).await?;
        rows.iter().map(finding).collect()
    }

    /// The finding with this number.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn finding(&self, no: i64) -> Result<Option<Finding>, StoreError> {
        let mut question = Question::new(&format!("{FINDINGS} WHERE no = "));
        question.value(no);
        question.ask(self).await?.first().map(finding).transpose()
    }
}

impl Tx<'_> {
    /// What is shared under one of these names within the time is one finding: it grows, and findings that it joins become one. Whether anything is new.
    async fn put_finding(
        &mut self,
        found: Found,
        now: Timestamp,
        policy: Policy,
    ) -> Result<bool, StoreError> {
        let Found { finding: mut all, names } = found;
        let mut question = Question::new(&format!("{FINDINGS} WHERE 1 = 1"));
        question.is("last_ns >=", Some(ns(all.first - policy.within)));
        question.is("first_ns <=", Some(ns(all.last + policy.within)));
        question.say(" AND no IN (SELECT finding FROM finding_pseudonym WHERE 1 = 1");
        question.one_of("hmac", &names);
        question.say(") ORDER BY no");
        let open = question.ask_in(self).await?.iter().map(finding).collect::<Result<Vec<_>, _>>()?;
        (all.no, all.found_at) = match open.first() {
            Some(first) => (first.no, first.found_at),
            None => (self.next("SELECT max(no) FROM finding").await?, now),
        };
        if let Some(first) = open.first() {
            (all.epoch, all.hmac) = (first.epoch.clone(), first.hmac.clone());
        }
        for other in &open {
            all.unite(other);
        }
        let is_named = self.name_finding(all.no, &names).await?;
        if open.len() == 1 && open.first() == Some(&all) {
            return Ok(is_named);
        }
        all.independent = self.independent(&all.members).await?;
        for other in open.iter().skip(1) {
            let sql = "INSERT INTO finding_pseudonym (hmac, finding) SELECT hmac, $1 FROM finding_pseudonym WHERE finding = $2 \
                       ON CONFLICT (hmac, finding) DO NOTHING";
            sqlx::query(sql).bind(all.no).bind(other.no).execute(self.connection()).await?;
            for sql in
                ["DELETE FROM finding_pseudonym WHERE finding = $1", "DELETE FROM finding WHERE no = $1"]
            {
                sqlx::query(sql).bind(other.no).execute(self.connection()).await?;
            }
        }
        let row = row![
            all.no,
            all.epoch,
            all.hmac,
            all.indicator,
            all.value,
            serde_json::to_string(&all.kinds)?,
            serde_json::to_string(&all.members)?,
            all.independent,
            ns(all.first),
            ns(all.last),
            ns(all.found_at),
        ];
        self.insert(FINDING, vec![row]).await?;
        Ok(true)
    }

    /// Whether one of the names is new.
    async fn name_finding(&mut self, no: i64, names: &[String]) -> Result<bool, StoreError> {
        let mut is_new = false;
        for name in names {
            let sql = "INSERT INTO finding_pseudonym (hmac, finding) VALUES ($1, $2) ON CONFLICT (hmac, finding) DO NOTHING";
            let done = sqlx::query(sql).bind(name.clone()).bind(no).execute(self.connection()).await?;
            is_new |= done.rows_affected() > 0;
        }
        Ok(is_new)
    }

    /// As how many these members count.
    async fn independent(&mut self, members: &[i64]) -> Result<i64, StoreError> {
        let rows = sqlx::query("SELECT no, supplier FROM member").fetch_all(self.connection()).await?;
        let all = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let all = all.collect::<Result<Vec<(i64, String)>, sqlx::Error>>()?;
        let of = all.iter().filter(|(no, _)| members.binary_search(no).is_ok());
        let independent = independent(of.map(|(no, supplier)| (*no, supplier.as_str())));
        Ok(i64::try_from(independent).unwrap_or(i64::MAX))
    }
}

impl Finding {
    /// Takes in what another has: nothing that was known is lost.
    fn unite(&mut self, other: &Finding) {
        fn union<T: Ord + Clone>(one: &[T], other: &[T]) -> Vec<T> {
            one.iter().chain(other).cloned().collect::<BTreeSet<_>>().into_iter().collect()
        }
        self.kinds = union(&self.kinds, &other.kinds);
        self.members = union(&self.members, &other.members);
        self.independent = self.independent.max(other.independent);
        self.value = self.value.take().or_else(|| other.value.clone());
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// A finding, and the pseudonyms under which it was met.
struct Found {
    finding: Finding,
    names: Vec<String>,
}

/// A time, in nanoseconds as they are stored.
#[derive(Clone, Copy)]
struct Times {
    begin: i64,
    end: i64,
}

/// How a member met something under one sign.
struct Sight {
    /// The first and the last time.
    met: [Met; 2],
    kind: String,
    epoch: String,
    indicator: String,
    twin: Option<String>,
    value: Option<String>,
}

impl Sight {
    fn of(row: &AnyRow) -> Result<Self, StoreError> {
        let met = |column: usize| -> Result<Met, sqlx::Error> {
            let is_exercise = row.try_get::<i64, _>(2)? != 0;
            Ok(Met {
                member: row.try_get(0)?,
                supplier: row.try_get(1)?,
                at: at(row.try_get(column)?),
                is_exercise,
            })
        };
        Ok(Sight {
            met: [met(8)?, met(9)?],
            kind: row.try_get(3)?,
            epoch: row.try_get(4)?,
            indicator: row.try_get(5)?,
            twin: row.try_get(6)?,
            value: row.try_get(7)?,
        })
    }
}

const FINDINGS: &str = "SELECT no, epoch, hmac, indicator, value, kinds, members, independent, first_ns, last_ns, found_at_ns FROM finding";

const FINDING: Insert = Insert {
    into: "INSERT INTO finding (no, epoch, hmac, indicator, value, kinds, members, independent, first_ns, last_ns, found_at_ns)",
    columns: 11,
    conflict: "ON CONFLICT (no) DO UPDATE SET value = excluded.value, kinds = excluded.kinds, members = excluded.members, \
               independent = excluded.independent, first_ns = excluded.first_ns, last_ns = excluded.last_ns",
};

fn finding(row: &AnyRow) -> Result<Finding, StoreError> {
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
}

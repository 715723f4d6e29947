//! Questions of the desk over all that came.

use common_model::Timestamp;
use common_wire::Position;
use futures_util::future::BoxFuture;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Executor, Row as _};

use crate::db::{Store, StoreError, Tx};
use crate::rows::{Value, bind};
use crate::{at, int, ns};

/// Which incidents are asked for. An empty list asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// In one of these states.
    pub states: Vec<String>,
    /// One of these.
    pub dues: Vec<String>,
    /// One of these categories.
    pub categories: Vec<String>,
    /// One of these kinds.
    pub kinds: Vec<String>,
    /// At this member.
    pub member: Option<i64>,
    /// At this box.
    pub box_id: Option<String>,
    /// In this region.
    pub region: Option<String>,
    /// Whose latest state came since then.
    pub since: Option<Timestamp>,
    /// Only exercises, or none of them.
    pub is_exercise: Option<bool>,
    /// Each of these words is in its title, its member's name or its own, however it is written.
    pub words: Vec<String>,
    /// What comes first.
    pub order: IncidentOrder,
    /// Only what comes after this row of an earlier answer in the same order.
    pub after: Option<IncidentPlace>,
    /// How many at most.
    pub limit: u16,
}

/// What comes first in a list of incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncidentOrder {
    /// Seen last.
    #[default]
    Latest,
    /// Due first and closed last, each of them the latest first.
    Urgent,
}

/// Where an incident stands in a list, in either order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentPlace {
    /// How soon something must be done, the larger the sooner; below zero once it is closed.
    pub urgency: i64,
    /// When it was last seen, as it is stored.
    pub last_seen_ns: i64,
    /// The box's number.
    pub box_no: i64,
    /// Its name at the box.
    pub id: String,
}

/// An incident in a list.
#[derive(Clone, Debug)]
pub struct IncidentRow {
    /// Where it stands.
    pub place: IncidentPlace,
    /// The box's name.
    pub box_id: String,
    /// The member's number.
    pub member: i64,
    /// The member's name.
    pub member_name: String,
    /// The member's region.
    pub region: String,
    /// Its latest state, as the box told it.
    pub body: String,
    /// When that came.
    pub received_at: Timestamp,
}

/// A step of an incident.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// As the box told it.
    pub body: String,
    /// When it was sent, by the box's clock.
    pub sent_at: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
}

/// A box in a list.
#[derive(Clone, Debug)]
pub struct BoxRow {
    /// Its number.
    pub no: i64,
    /// Its name.
    pub id: String,
    /// Its member's number.
    pub member: i64,
    /// Its member's name.
    pub member_name: String,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Its last health, as it told it.
    pub health: Option<String>,
    /// When that came.
    pub health_at: Option<Timestamp>,
    /// Its last inventory, as it told it.
    pub inventory: Option<String>,
    /// The end of its last certificate.
    pub certificate_until: Option<Timestamp>,
    /// Its records that could not be read.
    pub quarantined: i64,
}

/// Records that a box lost.
#[derive(Clone, Debug)]
pub struct GapRow {
    /// In which lane.
    pub lane: String,
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// When it was found out.
    pub at: Timestamp,
    /// Why.
    pub cause: String,
}

/// A record as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Its number in its lane.
    pub seq: u64,
    /// Its body.
    pub body: String,
}

/// Questions over all that came. Here the database answers; a large centre puts a column store in its place.
pub trait QueryEngine: Send + Sync {
    /// Incidents, in the order that is asked for.
    fn incidents<'q>(
        &'q self,
        filter: &'q IncidentFilter,
    ) -> BoxFuture<'q, Result<Vec<IncidentRow>, StoreError>>;

    /// One incident.
    fn incident<'q>(
        &'q self,
        box_id: &'q str,
        id: &'q str,
    ) -> BoxFuture<'q, Result<Option<IncidentRow>, StoreError>>;

    /// All steps of one incident, in the order in which they were told: the box's clock may have been set.
    fn incident_steps<'q>(
        &'q self,
        box_no: i64,
        id: &'q str,
    ) -> BoxFuture<'q, Result<Vec<StepRow>, StoreError>>;

    /// Boxes, all or one, by member.
    fn boxes<'q>(&'q self, id: Option<&'q str>) -> BoxFuture<'q, Result<Vec<BoxRow>, StoreError>>;

    /// What a box lost, latest first.
    fn gaps(&self, box_no: i64) -> BoxFuture<'_, Result<Vec<GapRow>, StoreError>>;

    /// What a lane of a box has after this number, as it came: for whoever compares both ends.
    fn records_after(
        &self,
        box_no: i64,
        position: Position,
        after: u64,
        most: u16,
    ) -> BoxFuture<'_, Result<Vec<RecordRow>, StoreError>>;
}

/// A question that is being written.
#[derive(Default)]
pub(crate) struct Question {
    sql: String,
    values: Vec<Value>,
}

impl Question {
    pub(crate) fn new(sql: &str) -> Self {
        Question { sql: sql.to_owned(), values: Vec::new() }
    }

    pub(crate) fn say(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    pub(crate) fn value(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push_str(&format!("${}", self.values.len()));
    }

    pub(crate) fn one_of(&mut self, column: &str, words: &[String]) {
        if words.is_empty() {
            return;
        }
        self.say(&format!(" AND {column} IN ("));
        for (place, word) in words.iter().enumerate() {
            self.say(if place == 0 { "" } else { ", " });
            self.value(word.clone());
        }
        self.say(")");
    }

    pub(crate) fn is(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.say(&format!(" AND {condition} "));
            self.value(value);
        }
    }

    /// One of these columns has this in it, however it is written.
    pub(crate) fn has(&mut self, columns: &[&str], text: &str) {
        let pattern = contains(text);
        for (place, column) in columns.iter().enumerate() {
            self.say(if place == 0 { " AND (" } else { " OR " });
            let (before, after) = SMALL;
            self.say(&format!("{before}{column}{after} LIKE {before}"));
            self.value(pattern.clone());
            self.say(&format!("{after} ESCAPE '!'"));
        }
        self.say(")");
    }

    /// Written out, because one column falls where the next rises.
    fn comes_after(&mut self, place: &IncidentPlace, is_urgent: bool) {
        let IncidentPlace { urgency, last_seen_ns, box_no, id } = place;
        self.say(" AND (");
        if is_urgent {
            self.say(&format!("{URGENCY} < "));
            self.value(*urgency);
            self.say(&format!(" OR {URGENCY} = "));
            self.value(*urgency);
            self.say(" AND (");
        }
        self.say("i.last_seen_ns < ");
        self.value(*last_seen_ns);
        self.say(" OR i.last_seen_ns = ");
        self.value(*last_seen_ns);
        self.say(" AND (i.box > ");
        self.value(*box_no);
        self.say(" OR i.box = ");
        self.value(*box_no);
        self.say(" AND i.id > ");
        self.value(id.clone());
        self.say(if is_urgent { ")))" } else { "))" });
    }

    pub(crate) async fn ask(self, store: &Store) -> Result<Vec<AnyRow>, StoreError> {
        self.ask_of(&store.read).await
    }

    /// Asks within what is being written.
    pub(crate) async fn ask_in(self, tx: &mut Tx<'_>) -> Result<Vec<AnyRow>, StoreError> {
        self.ask_of(tx.connection()).await
    }

    async fn ask_of<'a>(self, of: impl Executor<'a, Database = Any>) -> Result<Vec<AnyRow>, StoreError> {
        let mut arguments = AnyArguments::default();
        for value in self.values {
            bind(&mut arguments, value)?;
        }
        // Every word of it is ours; what was asked for is bound.
        Ok(sqlx::query_with(AssertSqlSafe(self.sql), arguments).fetch_all(of).await?)
    }
}

/// What `LIKE … ESCAPE '!'` finds when this is in a text.
pub(crate) fn contains(text: &str) -> String {
    format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// What makes a text small. SQLite knows the letters of English only: ours are said.
const SMALL: (&str, &str) =
    ("replace(replace(replace(lower(", "), '\u{c6}', '\u{e6}'), '\u{d8}', '\u{f8}'), '\u{c5}', '\u{e5}')");

/// How soon something must be done, as the index over it says it.
pub(crate) const URGENCY: &str = "(i.due_rank - CASE WHEN i.state = 'closed' THEN 4 ELSE 0 END)";

pub(crate) const INCIDENTS: &str = "i.last_seen_ns, i.box, i.id, box.id, member.no, member.name, member.region, i.body, i.received_at_ns FROM incident i \
    JOIN box ON box.no = i.box JOIN member ON member.no = box.member WHERE 1 = 1";

const BOXES: &str = "SELECT box.no, box.id, member.no, member.name, box.claimed_at_ns, box.revoked_at_ns, \
    box_health.body, box_health.received_at_ns, \
    (SELECT body FROM box_inventory WHERE box_inventory.box = box.no) AS inventory, \
    (SELECT max(until_ns) FROM certificate WHERE certificate.box = box.no) AS certificate_until, \
    (SELECT count(*) FROM quarantine JOIN lane ON lane.no = quarantine.lane WHERE lane.box = box.no) AS quarantined \
    FROM box JOIN member ON member.no = box.member LEFT JOIN box_health ON box_health.box = box.no WHERE 1 = 1";

impl QueryEngine for Store {
    fn incidents<'q>(
        &'q self,
        filter: &'q IncidentFilter,
    ) -> BoxFuture<'q, Result<Vec<IncidentRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(&format!("SELECT {URGENCY}, {INCIDENTS}"));
            question.one_of("i.state", &filter.states);
            question.one_of("i.due", &filter.dues);
            question.one_of("i.category", &filter.categories);
            question.one_of("i.kind", &filter.kinds);
            question.is("member.no =", filter.member);
            question.is("box.id =", filter.box_id.clone());
            question.is("member.region =", filter.region.clone());
            question.is("i.received_at_ns >=", filter.since.map(ns));
            question.is("i.is_exercise =", filter.is_exercise);
            for word in &filter.words {
                question.has(&["i.title", "member.name", "i.id"], word);
            }
            let is_urgent = filter.order == IncidentOrder::Urgent;
            if let Some(place) = &filter.after {
                question.comes_after(place, is_urgent);
            }
            question.say(" ORDER BY ");
            if is_urgent {
                question.say(&format!("{URGENCY} DESC, "));
            }
            question.say("i.last_seen_ns DESC, i.box, i.id LIMIT ");
            question.value(i64::from(filter.limit));
            question.ask(self).await?.iter().map(incident).collect()
        })
    }

    fn incident<'q>(
        &'q self,
        box_id: &'q str,
        id: &'q str,
    ) -> BoxFuture<'q, Result<Option<IncidentRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(&format!("SELECT {URGENCY}, {INCIDENTS}"));
            question.is("box.id =", Some(box_id));
            question.is("i.id =", Some(id));
            question.ask(self).await?.first().map(incident).transpose()
        })
    }

    fn incident_steps<'q>(
        &'q self,
        box_no: i64,
        id: &'q str,
    ) -> BoxFuture<'q, Result<Vec<StepRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(
                "SELECT record.body, record.sent_at_ns, record.received_at_ns FROM incident_step s \
                 JOIN record ON record.lane = s.lane AND record.seq = s.seq WHERE 1 = 1",
            );
            question.is("s.box =", Some(box_no));
            question.is("s.id =", Some(id));
            question.say(" ORDER BY s.lane, s.seq LIMIT 500");
            let row = |row: &AnyRow| {
                let (sent_at, received_at) = (at(row.try_get(1)?), at(row.try_get(2)?));
                Ok(StepRow { body: row.try_get(0)?, sent_at, received_at })
            };
            question.ask(self).await?.iter().map(row).collect()
        })
    }

    fn boxes<'q>(&'q self, id: Option<&'q str>) -> BoxFuture<'q, Result<Vec<BoxRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(BOXES);
            question.is("box.id =", id);
            question.say(" ORDER BY member.name, box.no");
            let row = |row: &AnyRow| {
                Ok(BoxRow {
                    no: row.try_get(0)?,
                    id: row.try_get(1)?,
                    member: row.try_get(2)?,
                    member_name: row.try_get(3)?,
                    claimed_at: at(row.try_get(4)?),
                    revoked_at: row.try_get::<Option<i64>, _>(5)?.map(at),
                    health: row.try_get(6)?,
                    health_at: row.try_get::<Option<i64>, _>(7)?.map(at),
                    inventory: row.try_get(8)?,
                    certificate_until: row.try_get::<Option<i64>, _>(9)?.map(at),
                    quarantined: row.try_get(10)?,
                })
            };
            question.ask(self).await?.iter().map(row).collect()
        })
    }

    fn gaps(&self, box_no: i64) -> BoxFuture<'_, Result<Vec<GapRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(
                "SELECT lane.lane, gap.first_seq, gap.seq, gap.at_ns, gap.cause FROM gap JOIN lane ON lane.no = gap.lane WHERE 1 = 1",
            );
            question.is("lane.box =", Some(box_no));
            question.say(" ORDER BY gap.at_ns DESC LIMIT 100");
            let row = |row: &AnyRow| {
                Ok(GapRow {
                    lane: row.try_get(0)?,
                    from: row.try_get(1)?,
                    to: row.try_get(2)?,
                    at: at(row.try_get(3)?),
                    cause: row.try_get(4)?,
                })
            };
            question.ask(self).await?.iter().map(row).collect()
        })
    }

    fn records_after(
        &self,
        box_no: i64,
        position: Position,
        after: u64,
        most: u16,
    ) -> BoxFuture<'_, Result<Vec<RecordRow>, StoreError>> {
        Box::pin(async move {
            let mut question = Question::new(
                "SELECT record.seq, record.body FROM record JOIN lane ON lane.no = record.lane WHERE 1 = 1",
            );
            question.is("lane.box =", Some(box_no));
            question.is("lane.spool =", Some(position.spool.to_string()));
            question.is("lane.lane =", Some(position.lane.as_str()));
            question.is("record.seq >", Some(int(after)));
            question.say(&format!(" ORDER BY record.seq LIMIT {most}"));
            let row = |row: &AnyRow| {
                let seq: i64 = row.try_get(0)?;
                Ok(RecordRow { seq: seq.cast_unsigned(), body: row.try_get(1)? })
            };
            question.ask(self).await?.iter().map(row).collect()
        })
    }
}

pub(crate) fn incident(row: &AnyRow) -> Result<IncidentRow, StoreError> {
    Ok(IncidentRow {
        place: IncidentPlace {
            urgency: row.try_get(0)?,
            last_seen_ns: row.try_get(1)?,
            box_no: row.try_get(2)?,
            id: row.try_get(3)?,
        },
        box_id: row.try_get(4)?,
        member: row.try_get(5)?,
        member_name: row.try_get(6)?,
        region: row.try_get(7)?,
        body: row.try_get(8)?,
        received_at: at(row.try_get(9)?),
    })
}

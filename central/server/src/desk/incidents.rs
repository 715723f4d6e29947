//! Incidents: a queue with filters, and one with all its steps and the very words that the clinic saw. Who read what is written down.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, Query, State};
use central_store::{
    IncidentFilter, IncidentOrder, IncidentPlace, IncidentRow, QueryEngine as _, ShardState as _,
};
use common_model::Timestamp;
use common_wire::v1::{Body, Incident};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::{Asker, Desk, ROWS_MAX, Shared};
use crate::app::machine_time;

/// A list that is asked for again and again (a screen that is open) is written down once in this time, and when it shows something of another member.
const SAME_LIST: Duration = Duration::from_secs(300);

/// Lists that are remembered for it.
const LISTS_MAX: usize = 1_000;

/// What is searched for is cut to so many characters, and to so many words. Guess: each word is another look at each row.
const TEXT_CHARS_MAX: usize = 200;
const WORDS_MAX: usize = 8;

/// Which incidents are asked for. Several words are parted by commas.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `opened`, `updated`, `quiet`, `closed`.
    #[param(required = false)]
    state: String,
    /// `none`, `week`, `today`, `now`.
    #[param(required = false)]
    due: String,
    #[param(required = false)]
    category: String,
    #[param(required = false)]
    kind: String,
    /// The member's number.
    member: Option<i64>,
    /// The box's name.
    #[serde(rename = "box")]
    of_box: Option<String>,
    region: Option<String>,
    /// Whose latest state came to the centre since then, as RFC 3339.
    since: Option<String>,
    /// `hidden` leaves exercises out, `only` leaves out all else.
    #[param(required = false)]
    exercise: String,
    /// Words that all stand in its title, its member's name or its own name.
    #[param(required = false)]
    text: String,
    /// `latest` seen first, as when nothing is said, or `urgent`: due first and closed last.
    #[param(required = false)]
    order: String,
    /// `next` of the page before, in the same order.
    after: Option<String>,
    /// How many at most; 200 is the most.
    limit: Option<u16>,
}

/// An incident in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Row {
    /// The box's name.
    #[serde(rename = "box")]
    of_box: String,
    /// The member's number.
    member: i64,
    /// The member's name.
    member_name: String,
    region: String,
    /// When its latest state came to the centre.
    received_at: String,
    /// Its latest state.
    incident: Incident,
}

/// A page of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Queue {
    incidents: Vec<Row>,
    /// Goes into `after` for the next page; none on the last.
    next: Option<String>,
}

/// A step of an incident.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Step {
    /// How it was then, with the words that the clinic saw.
    incident: Incident,
    /// When it was sent, by the box's clock.
    sent_at: String,
    /// When it came to the centre.
    received_at: String,
}

/// An incident with all its steps.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentDetail {
    #[serde(flatten)]
    row: Row,
    /// In the order in which they happened.
    steps: Vec<Step>,
}

/// Lists that were written down lately, by who asked for what.
#[derive(Debug, Default)]
pub(crate) struct Listed(Mutex<BTreeMap<(String, String), Named>>);

/// When a list was written down, and which members were named since.
type Named = (Timestamp, BTreeSet<i64>);

impl Listed {
    /// What is to be written down of a list that shows something of these members: the same list again only with the members that it did not show
    /// before. `None` when there is none of them.
    pub(super) fn news(
        &self,
        who: &str,
        what: &str,
        members: BTreeSet<i64>,
        now: Timestamp,
    ) -> Option<BTreeSet<i64>> {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= LISTS_MAX {
            lists.retain(|_, (at, _)| now.since(*at) < SAME_LIST);
        }
        if lists.len() >= LISTS_MAX {
            lists.clear();
        }
        let key = (who.to_owned(), what.to_owned());
        match lists.get_mut(&key).filter(|(at, _)| now.since(*at) < SAME_LIST) {
            Some((_, shown)) => {
                let news: BTreeSet<i64> = members.difference(shown).copied().collect();
                shown.extend(&news);
                (!news.is_empty()).then_some(news)
            }
            None => {
                lists.insert(key, (now, members.clone()));
                Some(members)
            }
        }
    }
}

/// How many were shown, and of which members; no longer than a page has rows.
pub(super) fn shown(rows: usize, of: &str, members: &BTreeSet<i64>) -> String {
    let named: Vec<String> = members.iter().take(ROWS_MAX.into()).map(i64::to_string).collect();
    let more = match members.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if named.is_empty() {
        return format!("{rows} {of}");
    }
    format!("{rows} {of} of members {}{more}", named.join(", "))
}

impl Asked {
    fn filter(&self) -> Result<IncidentFilter, Problem> {
        let words = |text: &str| -> Vec<String> {
            text.split(',').filter(|word| !word.is_empty()).take(32).map(str::to_owned).collect()
        };
        let since = self.since.as_deref().map(|text| {
            let nanos = text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond);
            let nanos = nanos.and_then(|nanos| u64::try_from(nanos).ok());
            nanos
                .map(Timestamp::from_nanos)
                .ok_or_else(|| Problem::field("since", "not a moment as RFC 3339 writes it"))
        });
        let order = match self.order.as_str() {
            "" | "latest" => IncidentOrder::Latest,
            "urgent" => IncidentOrder::Urgent,
            _ => return Err(Problem::field("order", "`latest` or `urgent`")),
        };
        let is_exercise = match self.exercise.as_str() {
            "" => None,
            "hidden" => Some(false),
            "only" => Some(true),
            _ => return Err(Problem::field("exercise", "`hidden` or `only`")),
        };
        let after = self.after.as_deref().map(|text| {
            read_cursor(text).ok_or_else(|| Problem::field("after", "not what an earlier page said"))
        });
        Ok(IncidentFilter {
            states: words(&self.state),
            dues: words(&self.due),
            categories: words(&self.category),
            kinds: words(&self.kind),
            member: self.member,
            box_id: self.of_box.clone(),
            region: self.region.clone(),
            since: since.transpose()?,
            is_exercise,
            words: self.words(),
            order,
            after: after.transpose()?,
            limit: self.limit.unwrap_or(50).clamp(1, ROWS_MAX),
        })
    }

    /// What is searched for.
    fn words(&self) -> Vec<String> {
        let text: String = self.text.chars().filter(|letter| *letter != '\0').take(TEXT_CHARS_MAX).collect();
        text.split_whitespace().take(WORDS_MAX).map(str::to_owned).collect()
    }

    /// As it is written down.
    fn said(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let fields = [
            ("state", self.state.clone()),
            ("due", self.due.clone()),
            ("category", self.category.clone()),
            ("kind", self.kind.clone()),
            ("member", self.member.map(|no| no.to_string()).unwrap_or_default()),
            ("box", text(&self.of_box)),
            ("region", text(&self.region)),
            ("since", text(&self.since)),
            ("exercise", self.exercise.clone()),
            ("text", self.words().join(" ")),
            ("order", self.order.clone()),
            ("after", text(&self.after)),
        ];
        let asked = fields.iter().filter(|(_, value)| !value.is_empty());
        asked.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

fn cursor(place: &IncidentPlace) -> String {
    let IncidentPlace { urgency, last_seen_ns, box_no, id } = place;
    format!("{urgency}.{last_seen_ns}.{box_no}.{id}")
}

fn read_cursor(text: &str) -> Option<IncidentPlace> {
    let mut parts = text.splitn(4, '.');
    let mut number = || parts.next()?.parse().ok();
    let (urgency, last_seen_ns, box_no) = (number()?, number()?, number()?);
    Some(IncidentPlace { urgency, last_seen_ns, box_no, id: parts.next()?.to_owned() })
}

/// The queue.
#[utoipa::path(get, path = "/api/v1/incidents", params(Asked), responses((status = 200, body = Queue), (status = 422, body = Refusal)))]
pub(super) async fn list(
    State(desk): Shared,
    asker: Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<Queue>, Problem> {
    let (filter, now) = (asked.filter()?, machine_time());
    let rows = desk.app.store.incidents(&filter).await.map_err(|err| desk.fault(&err))?;
    let members = rows.iter().map(|row| row.member).collect();
    if let Some(news) = desk.listed.news(asker.name(), &asked.said(), members, now) {
        let detail = shown(rows.iter().filter(|row| news.contains(&row.member)).count(), "incidents", &news);
        let audited = desk.app.store.audit(now, asker.name(), "incident.list", &asked.said(), &detail).await;
        audited.map_err(|err| desk.fault(&err))?;
    }
    let is_full = rows.len() == usize::from(filter.limit);
    let mut queue = Queue { incidents: Vec::with_capacity(rows.len()), next: None };
    for row in rows {
        let incident = read(&desk, &row.body)?;
        queue.next = is_full.then(|| cursor(&row.place));
        queue.incidents.push(Row::of(row, incident));
    }
    Ok(Json(queue))
}

/// One incident.
#[utoipa::path(get, path = "/api/v1/incidents/{box}/{id}", params(("box" = String, Path), ("id" = String, Path)), responses((status = 200, body = IncidentDetail), (status = 404, body = Refusal)))]
pub(super) async fn show(
    State(desk): Shared,
    asker: Asker,
    Path((of_box, id)): Path<(String, String)>,
) -> Result<Json<IncidentDetail>, Problem> {
    let missing = || Problem::missing("incident");
    let store = &desk.app.store;
    let cell = of_box.parse().ok().and_then(|name| store.find(name)).ok_or_else(missing)?;
    let row = store.incident(&of_box, &id).await.map_err(|err| desk.fault(&err))?.ok_or_else(missing)?;
    // It is written down before it is shown.
    let audited =
        store.audit(machine_time(), asker.name(), "incident.read", &format!("{of_box}/{id}"), "").await;
    audited.map_err(|err| desk.fault(&err))?;
    let rows = store.incident_steps(cell.no, &id).await.map_err(|err| desk.fault(&err))?;
    let mut steps = Vec::with_capacity(rows.len());
    for step in rows {
        let incident = read(&desk, &step.body)?;
        let (sent_at, received_at) = (step.sent_at.to_string(), step.received_at.to_string());
        steps.push(Step { incident, sent_at, received_at });
    }
    let incident = read(&desk, &row.body)?;
    Ok(Json(IncidentDetail { row: Row::of(row, incident), steps }))
}

impl Row {
    pub(super) fn of(row: IncidentRow, incident: Incident) -> Self {
        let IncidentRow { box_id, member, member_name, region, received_at, .. } = row;
        Row { of_box: box_id, member, member_name, region, received_at: received_at.to_string(), incident }
    }
}

pub(super) fn read(desk: &Desk, text: &str) -> Result<Incident, Problem> {
    match serde_json::from_str(text) {
        Ok(Body::Incident(incident)) => Ok(*incident),
        Ok(_) => Err(Problem::fault(&desk.app, &"an incident that is none")),
        Err(err) => Err(Problem::fault(&desk.app, &err)),
    }
}

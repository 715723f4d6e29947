//! What of a body goes into which table, so that the desk finds it.

use std::collections::BTreeMap;

use common_wire::v1::{Answer, AnswerWord, Body, Fact, Gap, Incident, Indicator, Peer, Sighting};
use serde::Serialize;

use crate::ns;
use crate::rows::{Insert, Value, row};

/// Where a record lies, and when it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) box_no: i64,
    pub(crate) lane: i64,
    pub(crate) seq: i64,
    pub(crate) received_at_ns: i64,
}

impl Place {
    fn told(self) -> Told {
        (self.lane, self.seq)
    }
}

/// Where in the order of a box something was told: which lane (a later spool's has a larger number), and its number there. The clock of a box may be
/// set back, this never.
type Told = (i64, i64);

/// The row that counts of each, and its place in the order.
type Latest<K, O> = BTreeMap<K, (O, Vec<Value>)>;

/// Rows for each table, of all batches that are written together.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) records: Vec<Vec<Value>>,
    pub(crate) quarantine: Vec<Vec<Value>>,
    gaps: Vec<Vec<Value>>,
    /// The latest step of each: one statement may touch a row once only.
    incidents: Latest<(i64, String), Told>,
    steps: Vec<Vec<Value>>,
    /// Their numbers are handed out when they are written.
    pub(crate) occurrences: Vec<Vec<Value>>,
    answers: Latest<(String, i64), (bool, Told)>,
    health: BTreeMap<i64, (String, i64)>,
    inventory: BTreeMap<i64, String>,
}

pub(crate) const RECORD: Insert = Insert {
    into: "INSERT INTO record (lane, seq, first_seq, v, sent_at_ns, received_at_ns, body)",
    columns: 7,
    conflict: "",
};
pub(crate) const QUARANTINE: Insert =
    Insert { into: "INSERT INTO quarantine (lane, seq, received_at_ns, reason)", columns: 4, conflict: "" };
pub(crate) const OCCURRENCE: Insert = Insert {
    into: "INSERT INTO occurrence (no, box, epoch, hmac, indicator, value, kind, at_ns, is_exercise, twin)",
    columns: 10,
    conflict: "",
};
const GAP: Insert =
    Insert { into: "INSERT INTO gap (lane, seq, first_seq, at_ns, cause)", columns: 5, conflict: "" };
const STEP: Insert =
    Insert { into: "INSERT INTO incident_step (lane, seq, box, id, at_ns)", columns: 5, conflict: "" };
const INCIDENT: Insert = Insert {
    into: "INSERT INTO incident (box, id, state, kind, category, severity, due, due_rank, device_type, opened_at_ns, last_seen_ns, at_ns, \
           findings, is_exercise, title, body, lane, seq, received_at_ns)",
    columns: 19,
    conflict: "ON CONFLICT (box, id) DO UPDATE SET state = excluded.state, kind = excluded.kind, category = excluded.category, \
               severity = excluded.severity, due = excluded.due, due_rank = excluded.due_rank, device_type = excluded.device_type, \
               opened_at_ns = excluded.opened_at_ns, last_seen_ns = excluded.last_seen_ns, at_ns = excluded.at_ns, \
               findings = excluded.findings, is_exercise = excluded.is_exercise, title = excluded.title, body = excluded.body, \
               lane = excluded.lane, seq = excluded.seq, received_at_ns = excluded.received_at_ns \
               WHERE (excluded.lane, excluded.seq) > (incident.lane, incident.seq)",
};
const HEALTH: Insert = Insert {
    into: "INSERT INTO box_health (box, body, received_at_ns)",
    columns: 3,
    conflict: "ON CONFLICT (box) DO UPDATE SET body = excluded.body, received_at_ns = excluded.received_at_ns",
};
const INVENTORY: Insert = Insert {
    into: "INSERT INTO box_inventory (box, body)",
    columns: 2,
    conflict: "ON CONFLICT (box) DO UPDATE SET body = excluded.body",
};
const ANSWER: Insert = Insert {
    into: "INSERT INTO answer (warning, box, answer, at_ns, lane, seq)",
    columns: 6,
    // What a person pressed stands above that it is on the tablet.
    conflict: "ON CONFLICT (warning, box) DO UPDATE SET answer = excluded.answer, at_ns = excluded.at_ns, lane = excluded.lane, seq = excluded.seq \
               WHERE (excluded.answer <> 'delivered', excluded.lane, excluded.seq) > (answer.answer <> 'delivered', answer.lane, answer.seq)",
};

impl Rows {
    /// Adds what a body tells.
    pub(crate) fn add(&mut self, at: Place, body: &Body, text: &str) {
        match body {
            Body::Incident(incident) => self.incident(at, incident, text),
            Body::Sighting(sighting) => self.sighting(at.box_no, sighting),
            Body::Answer(answer) => self.answer(at, answer),
            Body::Gap(gap) => self.gap(at, gap),
            Body::Health(_) => {
                drop(self.health.insert(at.box_no, (text.to_owned(), at.received_at_ns)));
            }
            Body::Inventory(_) => drop(self.inventory.insert(at.box_no, text.to_owned())),
            // It lies in `record`.
            Body::Ledger(_) => {}
        }
    }

    /// All tables but the three that the writer itself fills.
    pub(crate) fn tables(self) -> [(Insert, Vec<Vec<Value>>); 6] {
        let incidents = self.incidents.into_values().map(|(_, row)| row).collect();
        let health = self.health.into_iter().map(|(no, (body, at))| row![no, body, at]).collect();
        let inventory = self.inventory.into_iter().map(|(no, body)| row![no, body]).collect();
        let answers = self.answers.into_values().map(|(_, row)| row).collect();
        [
            (GAP, self.gaps),
            (INCIDENT, incidents),
            (STEP, self.steps),
            (ANSWER, answers),
            (HEALTH, health),
            (INVENTORY, inventory),
        ]
    }

    fn incident(&mut self, at: Place, one: &Incident, text: &str) {
        let at_ns = ns(one.at);
        self.steps.push(row![at.lane, at.seq, at.box_no, one.id.clone(), at_ns]);
        let row = row![
            at.box_no,
            one.id.clone(),
            word(&one.state),
            one.kind.clone(),
            one.category.clone(),
            word(&one.severity),
            word(&one.due),
            one.due as i64,
            word(&one.device.device_type),
            ns(one.opened_at),
            ns(one.last_seen),
            at_ns,
            i64::from(one.findings),
            one.is_exercise,
            one.text.title.clone(),
            text,
            at.lane,
            at.seq,
            at.received_at_ns,
        ];
        keep_latest(&mut self.incidents, (at.box_no, one.id.clone()), at.told(), row);
        let peer = one.peer.iter().filter_map(|peer| match peer {
            Peer::Outside(indicator) => Some(indicator),
            Peer::Device(_) => None,
        });
        for indicator in peer.chain(indicators(&one.facts)) {
            self.occurrence(at.box_no, indicator, &one.kind, at_ns, one.is_exercise);
        }
    }

    fn sighting(&mut self, box_no: i64, one: &Sighting) {
        let at_ns = ns(one.at);
        for indicator in indicators(&one.facts) {
            self.occurrence(box_no, indicator, &one.kind, at_ns, one.is_exercise);
        }
    }

    fn occurrence(&mut self, box_no: i64, of: &Indicator, kind: &str, at_ns: i64, is_exercise: bool) {
        // Round a change there are two: what was met before it has the older one, what comes after it the newer. Each knows its twin, so that what
        // both find is one finding.
        let of_epoch: BTreeMap<&str, &str> =
            of.pseudonyms.iter().map(|one| (one.epoch.as_str(), one.hmac.as_str())).collect();
        let newest: Vec<(&str, &str)> = of_epoch.into_iter().rev().take(2).collect();
        for (place, (epoch, hmac)) in newest.iter().enumerate() {
            let twin = newest.get(1 - place).map(|(_, hmac)| (*hmac).to_owned());
            self.occurrences.push(row![
                box_no,
                *epoch,
                *hmac,
                of.kind.as_str(),
                of.value.clone(),
                kind,
                at_ns,
                is_exercise,
                twin,
            ]);
        }
    }

    fn answer(&mut self, at: Place, one: &Answer) {
        let row = row![one.warning.clone(), at.box_no, word(&one.answer), ns(one.at), at.lane, at.seq];
        let is_pressed = one.answer != AnswerWord::Delivered;
        keep_latest(&mut self.answers, (one.warning.clone(), at.box_no), (is_pressed, at.told()), row);
    }

    fn gap(&mut self, at: Place, one: &Gap) {
        let first = crate::int(one.from);
        self.gaps.push(row![at.lane, at.seq, first, ns(one.at), word(&one.cause)]);
    }
}

/// In the order that the statement asks for, too.
fn keep_latest<K: Ord, O: Ord>(rows: &mut Latest<K, O>, key: K, order: O, row: Vec<Value>) {
    if rows.get(&key).is_none_or(|(kept, _)| *kept < order) {
        rows.insert(key, (order, row));
    }
}

fn indicators(facts: &BTreeMap<String, Fact>) -> impl Iterator<Item = &Indicator> {
    facts.values().filter_map(|fact| match fact {
        Fact::Indicator(indicator) => Some(indicator),
        _ => None,
    })
}

/// The word of the wire.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

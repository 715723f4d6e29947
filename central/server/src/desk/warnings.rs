//! Warnings: drafted, sent, taken back, and what the clinics answered.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use central_core::Audience;
use central_core::lint::{self, Fault, Measure};
use central_core::role::Deed;
use central_store::{BoxCell, StoreError, WarningRow};
use common_wire::v1::{AnswerWord, Down, Recall, Urgency, Warning, WarningText};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Problem, Refusal};
use super::{Asker, Desk, ROWS_MAX, Shared};
use crate::app::{machine_time, random_hex};

/// A warning is shown at most so long.
const DAYS_MAX: u16 = 90;

/// A warning that is being written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(super) struct Draft {
    /// How soon it wants to be read.
    urgency: Urgency,
    /// Its words, by language: `da` and `en`.
    text: BTreeMap<String, WarningText>,
    /// Whom it reaches.
    audience: Audience,
    /// It is shown for so many days: 1 to 90, 14 when nothing is said.
    #[serde(default = "fortnight")]
    days: u16,
    /// Whether it is an exercise.
    #[serde(default)]
    is_exercise: bool,
}

fn fortnight() -> u16 {
    14
}

/// What would become of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Judged {
    /// How its words measure, by language.
    measures: Vec<Measure>,
    /// What is wrong with them; it is sent only with none.
    faults: Vec<Fault>,
    /// What the tablet is sent, and shows word for word.
    preview: Warning,
    /// How many members it reaches.
    members: usize,
    /// How many boxes.
    boxes: usize,
}

/// A warning that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sent {
    warning: Warning,
    audience: Audience,
    issued_by: String,
    recalled_at: Option<String>,
    /// How many boxes it was sent to.
    sent: i64,
    /// How many of them have it.
    delivered: i64,
    /// How many answered with which word.
    answers: BTreeMap<String, i64>,
}

/// All warnings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Warnings {
    warnings: Vec<Sent>,
}

/// What became of it at one box.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answered {
    #[serde(rename = "box")]
    of_box: String,
    member: i64,
    member_name: String,
    /// Whether the box has it.
    is_delivered: bool,
    /// What was pressed.
    answer: Option<AnswerWord>,
    at: Option<String>,
}

/// A warning and what became of it, by member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningDetail {
    #[serde(flatten)]
    sent: Sent,
    boxes: Vec<Answered>,
}

impl Sent {
    fn of(row: WarningRow) -> Self {
        let WarningRow { warning, audience, issued_by, recalled_at, sent, delivered, answers } = row;
        let recalled_at = recalled_at.map(|at| at.to_string());
        Sent { warning, audience, issued_by, recalled_at, sent, delivered, answers }
    }
}

impl Draft {
    /// As it would be sent.
    fn warning(&self, id: String) -> Warning {
        let issued_at = machine_time();
        let until = issued_at + Duration::from_secs(86_400) * u32::from(self.days.clamp(1, DAYS_MAX));
        let (urgency, text, is_exercise) = (self.urgency, self.text.clone(), self.is_exercise);
        Warning { id, issued_at, until, urgency, text, is_exercise }
    }

    /// The boxes that it reaches, and how many members.
    async fn reaches(&self, desk: &Desk) -> Result<(Vec<Arc<BoxCell>>, usize), StoreError> {
        let mut members: Vec<i64> = Vec::new();
        for row in desk.app.store.members().await? {
            if self.audience.reaches(row.no, &row.member) {
                members.push(row.no);
            }
        }
        members.sort_unstable();
        let mut boxes = desk.app.store.cells();
        boxes.retain(|cell| !cell.is_revoked() && members.binary_search(&cell.member).is_ok());
        Ok((boxes, members.len()))
    }
}

/// Judges a draft; nothing is kept or sent.
#[utoipa::path(post, path = "/api/v1/warnings/draft", request_body = Draft, responses((status = 200, body = Judged)))]
pub(super) async fn draft(
    State(desk): Shared,
    asker: Asker,
    Json(draft): Json<Draft>,
) -> Result<Json<Judged>, Problem> {
    asker.may(&desk, Deed::Warn)?;
    let (boxes, members) = draft.reaches(&desk).await.map_err(|err| desk.fault(&err))?;
    Ok(Json(Judged {
        measures: lint::measure(&draft.text),
        faults: lint::faults(&draft.text),
        preview: draft.warning("0".repeat(16)),
        members,
        boxes: boxes.len(),
    }))
}

/// Sends a warning: signed, to each box that its audience reaches.
#[utoipa::path(post, path = "/api/v1/warnings", request_body = Draft, responses((status = 200, body = Sent), (status = 422, body = Refusal)))]
pub(super) async fn send(
    State(desk): Shared,
    asker: Asker,
    Json(draft): Json<Draft>,
) -> Result<Json<Sent>, Problem> {
    asker.may(&desk, Deed::Warn)?;
    let faults = lint::faults(&draft.text);
    if !faults.is_empty() {
        return Err(Problem::words(faults));
    }
    if draft.days == 0 || draft.days > DAYS_MAX {
        return Err(Problem::field("days", format!("1 to {DAYS_MAX}")));
    }
    let fault = |err| desk.fault(&err);
    let id = random_hex::<8>().map_err(|err| Problem::fault(&desk.app, &err))?;
    let warning = draft.warning(id);
    let (app, now) = (&desk.app, warning.issued_at);
    let mut tx = app.store.begin().await.map_err(fault)?;
    // Whoever is claimed from here on finds this warning in force.
    let (boxes, members) = draft.reaches(&desk).await.map_err(fault)?;
    if boxes.is_empty() {
        return Err(Problem::field("audience", "this reaches no box").because("nobody"));
    }
    tx.add_warning(&warning, &draft.audience, asker.name()).await.map_err(fault)?;
    let body = Down::Warning(warning.clone());
    tx.send(&boxes, &body, &warning.id, now, &|letter| app.identity.sign(letter)).await.map_err(fault)?;
    let said = format!("{} boxes of {members} members", boxes.len());
    tx.audit(now, asker.name(), "warning.send", &warning.id, &said).await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.store.tell_news();
    found(&desk, &warning.id).await.map(Json)
}

/// All warnings.
#[utoipa::path(get, path = "/api/v1/warnings", responses((status = 200, body = Warnings)))]
pub(super) async fn list(State(desk): Shared, _asker: Asker) -> Result<Json<Warnings>, Problem> {
    let rows = desk.app.store.warnings(ROWS_MAX).await.map_err(|err| desk.fault(&err))?;
    Ok(Json(Warnings { warnings: rows.into_iter().map(Sent::of).collect() }))
}

/// One warning, and what became of it at each box.
#[utoipa::path(get, path = "/api/v1/warnings/{id}", params(("id" = String, Path)), responses((status = 200, body = WarningDetail), (status = 404, body = Refusal)))]
pub(super) async fn show(
    State(desk): Shared,
    _asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<WarningDetail>, Problem> {
    let sent = found(&desk, &id).await?;
    let rows = desk.app.store.warning_answers(&id).await.map_err(|err| desk.fault(&err))?;
    let answered = |row: central_store::AnswerRow| Answered {
        of_box: row.box_id,
        member: row.member,
        member_name: row.name,
        is_delivered: row.is_delivered,
        answer: row.answer,
        at: row.at.map(|at| at.to_string()),
    };
    Ok(Json(WarningDetail { sent, boxes: rows.into_iter().map(answered).collect() }))
}

/// Takes a warning back: it goes from each tablet that has it.
#[utoipa::path(post, path = "/api/v1/warnings/{id}/recall", params(("id" = String, Path)), responses((status = 200, body = Sent), (status = 404, body = Refusal), (status = 409, body = Refusal)))]
pub(super) async fn recall(
    State(desk): Shared,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<Sent>, Problem> {
    asker.may(&desk, Deed::Warn)?;
    found(&desk, &id).await?;
    let (fault, app, now) = (|err| desk.fault(&err), &desk.app, machine_time());
    let mut tx = app.store.begin().await.map_err(fault)?;
    if !tx.recall_warning(&id, now).await.map_err(fault)? {
        return Err(
            Problem::new(StatusCode::CONFLICT, "this warning was taken back before").because("recalled")
        );
    }
    // Whoever was sent it, whatever the audience is by now.
    let sent_to = tx.boxes_with("warning", &id).await.map_err(fault)?;
    let mut boxes = app.store.cells();
    boxes.retain(|cell| !cell.is_revoked() && sent_to.contains(&cell.id));
    let body = Down::Recall(Recall { warning: id.clone(), at: now });
    tx.send(&boxes, &body, &id, now, &|letter| app.identity.sign(letter)).await.map_err(fault)?;
    tx.audit(now, asker.name(), "warning.recall", &id, "").await.map_err(fault)?;
    tx.commit().await.map_err(fault)?;
    app.store.tell_news();
    found(&desk, &id).await.map(Json)
}

async fn found(desk: &Desk, id: &str) -> Result<Sent, Problem> {
    let row = desk.app.store.warning(id).await.map_err(|err| desk.fault(&err))?;
    row.map(Sent::of).ok_or_else(|| Problem::missing("warning"))
}

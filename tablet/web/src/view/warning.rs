//! Warnings of the centre: blue cards that never turn the face.

use box_store::uplink::WarningRow;
use box_store::{StoreError, UplinkReader};
use common_model::Timestamp;
use common_wire::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use super::word::{Answer, Urgency};
use crate::shared::machine_time;

/// Most warnings on the first screen; older ones are in the history of the centre. Guess: nobody reads more.
const WARNINGS_MAX: usize = 5;

/// A warning of the centre.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WarningCard {
    pub(crate) id: String,
    urgency: Urgency,
    title: String,
    what: String,
    steps: Vec<String>,
    /// "Sendt den 12. marts kl. 10.42"
    issued: String,
    /// What somebody said of it.
    #[schema(required)]
    pub(crate) answer: Option<Answer>,
    /// The same in words: "Set" or "Ikke relevant for os".
    #[schema(required)]
    answered: Option<String>,
    /// What people may answer.
    can: Vec<Answer>,
    /// It is an exercise of the centre.
    is_exercise: bool,
}

impl View {
    /// Warnings that are in force: what waits for an answer first, then the latest. One that is not relevant stays for the day on which somebody
    /// said so, to be taken back. They have the machine's time, also while a recording is played.
    pub(crate) fn warnings(&self) -> anyhow::Result<Vec<WarningCard>> {
        let Some(uplink) = &self.uplink else { return Ok(Vec::new()) };
        let now = machine_time();
        let in_force =
            uplink.warnings()?.into_iter().filter(|row| !row.is_recalled && now.as_nanos() < row.until_ns);
        let is_today =
            |at_ns| self.site.local(Timestamp::from_nanos(at_ns)).date() == self.site.local(now).date();
        let mut cards = Vec::new();
        for row in in_force {
            let last = self.tablet.last_answer(&row.id)?;
            let answer = last.as_ref().and_then(|last| Answer::from_word(&last.answer));
            let is_put_away =
                answer == Some(Answer::NotRelevant) && !last.is_some_and(|last| is_today(last.at_ns));
            if !is_put_away {
                cards.extend(self.warning(&row, answer)?);
            }
        }
        cards.sort_by_key(|card| card.answer);
        cards.truncate(WARNINGS_MAX);
        Ok(cards)
    }

    fn warning(&self, row: &WarningRow, answer: Option<Answer>) -> anyhow::Result<Option<WarningCard>> {
        let Some((warning, text)) = self.read_warning(row) else { return Ok(None) };
        let v1::Warning { id, issued_at, urgency, is_exercise, .. } = warning;
        let words = self.words();
        let at = words.moment(Timestamp::from_nanos(issued_at.as_nanos()));
        Ok(Some(WarningCard {
            id,
            urgency: match urgency {
                v1::Urgency::Information => Urgency::Information,
                v1::Urgency::Week => Urgency::Week,
                v1::Urgency::Today => Urgency::Today,
            },
            title: text.title,
            what: text.what,
            steps: text.steps,
            issued: words.say("warning_issued", &[("at", &at)])?,
            answer,
            answered: answer
                .map(|answer| words.say(&format!("warning_{}", answer.as_str()), &[]))
                .transpose()?,
            can: [Answer::Seen, Answer::NotRelevant].into_iter().filter(|can| Some(*can) != answer).collect(),
            is_exercise,
        }))
    }

    /// A warning with its text in the language that was asked for, else in whichever there is. `None` when this version cannot read it: it was
    /// never promised to be shown.
    pub(crate) fn read_warning(&self, row: &WarningRow) -> Option<(v1::Warning, v1::WarningText)> {
        let mut warning: v1::Warning = serde_json::from_str(&row.body).ok()?;
        let mut text = core::mem::take(&mut warning.text);
        let text = text.remove(self.lang.as_str()).or_else(|| text.into_values().next())?;
        Some((warning, text))
    }
}

/// What the uplink wrote; `None` when it has never run.
pub(crate) fn open(folder: &std::path::Path) -> anyhow::Result<Option<UplinkReader<'static>>> {
    match UplinkReader::open(folder) {
        Ok(uplink) => Ok(Some(uplink)),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(err) => Err(err.into()),
    }
}

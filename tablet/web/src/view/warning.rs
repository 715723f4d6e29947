//! Warnings of the centre: blue cards that never turn the face.

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
    /// "Set" or "Ikke relevant for os", once somebody has said so.
    #[schema(required)]
    answered: Option<String>,
    /// What people may answer.
    can: Vec<Answer>,
    /// It is an exercise of the centre.
    is_exercise: bool,
}

impl View {
    /// Warnings that are in force, latest first. They have the machine's time, also while a recording is played.
    pub(crate) fn warnings(&self) -> anyhow::Result<Vec<WarningCard>> {
        let Some(uplink) = &self.uplink else { return Ok(Vec::new()) };
        let now = machine_time().as_nanos();
        let in_force = uplink.warnings()?.into_iter().filter(|row| !row.is_recalled && now < row.until_ns);
        let mut cards = Vec::new();
        for row in in_force {
            // One that this version cannot read was never promised to be shown.
            let Ok(warning) = serde_json::from_str::<v1::Warning>(&row.body) else { continue };
            let answer = self.tablet.last_answer(&row.id)?;
            if answer.as_deref() != Some("not_relevant") {
                cards.extend(self.warning(warning, answer.as_deref())?);
            }
            if cards.len() == WARNINGS_MAX {
                break;
            }
        }
        Ok(cards)
    }

    fn warning(&self, warning: v1::Warning, answer: Option<&str>) -> anyhow::Result<Option<WarningCard>> {
        let v1::Warning { id, issued_at, urgency, mut text, is_exercise, .. } = warning;
        // In the language that was asked for, else in whichever there is.
        let Some(text) = text.remove(self.lang.as_str()).or_else(|| text.into_values().next()) else {
            return Ok(None);
        };
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
            answered: answer.map(|_| words.say("warning_seen", &[])).transpose()?,
            can: if answer.is_none() {
                vec![Answer::Seen, Answer::NotRelevant]
            } else {
                vec![Answer::NotRelevant]
            },
            is_exercise,
        }))
    }

    /// The warning of this name, if it is in force.
    pub(crate) fn has_warning(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.warnings()?.iter().any(|warning| warning.id == id))
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

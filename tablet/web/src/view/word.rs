//! The closed words of the API. Enums and no strings, so that its description lists them and the front end's types know them all.

use common_model::IncidentState;
use common_words::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Language {
    /// Danish.
    #[default]
    Da,
    /// English.
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Language {
        match lang {
            Lang::Da => Language::Da,
            Lang::En => Language::En,
        }
    }
}

/// A face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Face {
    Ok,
    Attention,
    Act,
    Unknown,
}

impl From<common_model::Face> for Face {
    fn from(face: common_model::Face) -> Face {
        match face {
            common_model::Face::Ok => Face::Ok,
            common_model::Face::Attention => Face::Attention,
            common_model::Face::Act => Face::Act,
            common_model::Face::Unknown => Face::Unknown,
        }
    }
}

/// How soon a card asks for something.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Due {
    Now,
    Today,
    Week,
}

/// What people may do with a card.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Can {
    Seen,
    Solved,
    Known,
}

/// What is shown is not happening now.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mark {
    Recording,
    #[expect(dead_code, reason = "the centre begins an exercise, and cannot yet; the tablet can show one")]
    Exercise,
}

/// One of the three parts.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartKey {
    Network,
    Updates,
    Watching,
}

/// What happened to an incident, or to what the box sees.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EntryState {
    Opened,
    Updated,
    Quiet,
    Closed,
    Blind,
    Sees,
    Gap,
    /// The centre warned.
    Warning,
    /// And this was answered.
    Answered,
}

impl From<IncidentState> for EntryState {
    fn from(state: IncidentState) -> EntryState {
        match state {
            IncidentState::Opened => EntryState::Opened,
            IncidentState::Updated => EntryState::Updated,
            IncidentState::Quiet => EntryState::Quiet,
            IncidentState::Closed => EntryState::Closed,
        }
    }
}

/// A link of the chain from the wire to the tablet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkKey {
    Capture,
    Decoder,
    Detectors,
    Store,
    Tablet,
}

/// How a link of the chain did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkState {
    Waiting,
    Ok,
    Failed,
}

/// What counts as inside.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Automatic,
    Segments,
    WholeNetwork,
}

/// How soon the centre asks for something.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Urgency {
    Information,
    Week,
    Today,
}

/// What people may answer to a warning; its cards stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Seen,
    NotRelevant,
}

impl Answer {
    /// The wire's word for it, which is also how it is kept.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Answer::Seen => "seen",
            Answer::NotRelevant => "not_relevant",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Answer> {
        [Answer::Seen, Answer::NotRelevant].into_iter().find(|answer| answer.as_str() == word)
    }
}

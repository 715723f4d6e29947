//! What stands beside the face: headline, what to do, the three parts, and when it was last checked.

use std::collections::BTreeMap;

use common_model::{Face, Timestamp};
use common_site::{ContactRole, LocalHour, Site};
use serde::Deserialize;

use crate::catalogue::Language;
use crate::reach::Reach;
use crate::template::{Fill, Template};
use crate::values::{self, Calendar};
use crate::{Lang, RenderError};

/// What is known about the clinic as a whole.
#[derive(Clone, Copy, Debug)]
pub struct StateRequest<'a> {
    /// In which language.
    pub lang: Lang,
    /// Which face.
    pub face: Face,
    /// Open cards for today.
    pub cards_today: u32,
    /// Open cards for this week.
    pub cards_week: u32,
    /// Devices of which an open card says more than that they are new.
    pub unusual: u32,
    /// Devices of which all that open cards say is that they are new.
    pub new: u32,
    /// Somebody in the clinic has seen the red card.
    pub acknowledged: bool,
    /// The trouble keeps to one device, and patients can be seen at the others. Say so only when it is true.
    pub others_work: bool,
    /// The box is still learning what is normal.
    pub learning: bool,
    /// It is an exercise.
    pub exercise: bool,
    /// Whether the box sees the network.
    pub sight: Sight,
    /// What is known of updates.
    pub updates: Updates,
    /// When the box was last heard.
    pub checked_at: Timestamp,
    /// When a box that cannot see last could; none: never.
    pub saw_at: Option<Timestamp>,
    /// When it is read.
    pub now: Timestamp,
    /// The clinic's contacts and clock.
    pub site: &'a Site,
}

impl<'a> StateRequest<'a> {
    /// A face and nothing else to tell.
    #[must_use]
    pub const fn new(lang: Lang, face: Face, site: &'a Site, now: Timestamp) -> Self {
        StateRequest {
            lang,
            face,
            cards_today: 0,
            cards_week: 0,
            unusual: 0,
            new: 0,
            acknowledged: false,
            others_work: false,
            learning: false,
            exercise: false,
            sight: Sight::Sees,
            updates: Updates::Unknown,
            checked_at: now,
            saw_at: None,
            now,
            site,
        }
    }
}

/// Whether the box sees the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sight {
    /// It does.
    #[default]
    Sees,
    /// It runs, but nothing comes in.
    Blind,
    /// It is not heard.
    Silent,
    /// It sees, but can write nothing down.
    Forgets,
}

/// What is known of updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Updates {
    /// Nothing.
    #[default]
    Unknown,
    /// None found to be missing.
    NoneMissing,
    /// So many devices lack some.
    Missing(u32),
}

/// What stands beside the face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// In large letters.
    pub headline: String,
    /// Under it.
    pub subline: String,
    /// Something else that must be known at the same time: a red face over a box that cannot see.
    pub also: Option<String>,
    /// Network, updates and watching: always all three, so that one sour thing does not hide the good ones.
    pub parts: [Part; 3],
    /// When it was last checked; of a box that cannot see, when it last could.
    pub checked: String,
}

/// One of the three parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// How it is.
    pub is: String,
}

/// `states`: the words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct States {
    ok: Lines,
    learning: Lines,
    attention_today: Lines,
    attention_both: Lines,
    attention_week: Lines,
    attention_week_late: Lines,
    act: Lines,
    act_others_work: Lines,
    act_on_call: Lines,
    act_owner: Lines,
    acknowledged: Lines,
    unknown: Lines,
    forgets: Lines,
    exercise: Lines,
    also_blind: Template,
    checked: Template,
    last_heard: Template,
    last_saw: Template,
    never_saw: Template,
    network: PartWords,
    updates: PartWords,
    watching: PartWords,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    headline: Template,
    subline: Template,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartWords {
    name: Template,
    is: BTreeMap<String, Template>,
}

impl Language {
    /// Renders a state in this language.
    pub(crate) fn state(&self, request: &StateRequest<'_>) -> Result<State, RenderError> {
        let states = &self.states;
        let (name, lines) = states.lines(request);
        let slots = StateSlots { language: self, request };
        let fill = |template: &Template| {
            template.fill(&slots).map_err(|hole| RenderError::Missing {
                message: format!("state {name}"),
                placeholder: hole.0,
            })
        };
        let part = |words: &PartWords, is: &str| {
            let template =
                words.is.get(is).ok_or_else(|| RenderError::NoMessage { message: format!("state {is}") })?;
            Ok(Part { name: fill(&words.name)?, is: fill(template)? })
        };
        let blind_and_red =
            request.face == Face::Act && matches!(request.sight, Sight::Blind | Sight::Silent);
        let checked = match (request.sight, request.saw_at) {
            (Sight::Sees | Sight::Forgets, _) => &states.checked,
            (Sight::Silent, _) => &states.last_heard,
            (Sight::Blind, Some(_)) => &states.last_saw,
            (Sight::Blind, None) => &states.never_saw,
        };
        Ok(State {
            headline: fill(&lines.headline)?,
            subline: fill(&lines.subline)?,
            also: blind_and_red.then(|| fill(&states.also_blind)).transpose()?,
            parts: [
                part(&states.network, network(request))?,
                part(&states.updates, updates(request))?,
                part(&states.watching, watching(request))?,
            ],
            checked: fill(checked)?,
        })
    }
}

impl States {
    fn lines(&self, request: &StateRequest<'_>) -> (&'static str, &Lines) {
        let late = LocalHour::from(request.site.local(request.now)).weekday >= FRIDAY;
        match request.face {
            _ if request.exercise => ("exercise", &self.exercise),
            Face::Ok if request.learning => ("learning", &self.learning),
            Face::Ok => ("ok", &self.ok),
            Face::Unknown if request.sight == Sight::Forgets => ("forgets", &self.forgets),
            Face::Unknown => ("unknown", &self.unknown),
            Face::Attention if request.cards_today > 0 && request.cards_week > 0 => {
                ("attention_both", &self.attention_both)
            }
            Face::Attention if request.cards_today > 0 => ("attention_today", &self.attention_today),
            Face::Attention if late => ("attention_week_late", &self.attention_week_late),
            Face::Attention => ("attention_week", &self.attention_week),
            Face::Act if request.acknowledged => ("acknowledged", &self.acknowledged),
            Face::Act => self.act(request),
        }
    }

    /// Who is reached decides the headline: the supplier, whoever is on call there, or the owner.
    fn act(&self, request: &StateRequest<'_>) -> (&'static str, &Lines) {
        match Reach::of(request.site, request.now) {
            Reach::OnCall => ("act_on_call", &self.act_on_call),
            Reach::Owner => ("act_owner", &self.act_owner),
            Reach::Supplier if request.others_work => ("act_others_work", &self.act_others_work),
            Reach::Supplier => ("act", &self.act),
        }
    }
}

/// Monday is 0.
const FRIDAY: u8 = 4;

const fn network(request: &StateRequest<'_>) -> &'static str {
    match request.sight {
        _ if request.unusual > 0 => "unusual",
        _ if request.new > 0 => "new",
        Sight::Sees => "calm",
        Sight::Blind | Sight::Silent | Sight::Forgets => "unknown",
    }
}

const fn updates(request: &StateRequest<'_>) -> &'static str {
    match request.updates {
        Updates::Unknown => "unknown",
        Updates::NoneMissing => "none_missing",
        Updates::Missing(_) => "missing",
    }
}

const fn watching(request: &StateRequest<'_>) -> &'static str {
    match request.sight {
        Sight::Sees => "sees",
        Sight::Blind => "blind",
        Sight::Silent => "silent",
        Sight::Forgets => "forgets",
    }
}

struct StateSlots<'a> {
    language: &'a Language,
    request: &'a StateRequest<'a>,
}

impl Fill for StateSlots<'_> {
    fn words(&self, name: &str) -> Option<String> {
        let forms = &self.language.forms;
        let calendar = Calendar { site: self.request.site, now: self.request.now, forms };
        match name {
            "checked_at" => calendar.moment(self.request.checked_at, &forms.at).ok(),
            "saw_at" => calendar.moment(self.request.saw_at?, &forms.at).ok(),
            "it_supplier" => self.language.nouns.contact(ContactRole::ItSupplier).map(str::to_owned),
            "owner" => self.language.nouns.contact(ContactRole::Owner).map(str::to_owned),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<(u64, String)> {
        let number = match name {
            "today" => self.request.cards_today,
            "week" => self.request.cards_week,
            "unusual" => self.request.unusual,
            "new" => self.request.new,
            "missing" => match self.request.updates {
                Updates::Missing(number) => number,
                Updates::Unknown | Updates::NoneMissing => 0,
            },
            _ => return None,
        };
        Some((number.into(), values::count(number.into(), &self.language.forms)))
    }
}

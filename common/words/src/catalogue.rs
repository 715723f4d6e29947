//! The list of all messages, and everything read from files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use crate::card::{RenderError, Rendered, Request};
use crate::lang::InBoth;
use crate::message::Message;
use crate::slots::BUILT_IN;
use crate::state::{State, StateRequest, States};
use crate::tablet::{Tablet, TabletWords};
use crate::terms::{Choices, Forms, Nouns, UnplugSteps};
use crate::timeline::{Timeline, TimelineWords};

macro_rules! messages {
    ($($key:literal)*) => {
        &[$((
            $key,
            InBoth([
                include_str!(concat!("../messages/", $key, ".da.toml")),
                include_str!(concat!("../messages/", $key, ".en.toml")),
            ]),
        )),*]
    };
}

/// Every message: `messages/<key>.{da,en}.toml`. Alphabetical; a test compares this list with the folder.
static MESSAGES: &[(&str, InBoth<&str>)] = messages! {
    "box_blind"
    "box_forgets"
    "box_mirror_off"
    "box_one_way"
    "box_silent"
    "hidden_channel"
    "increased_activity"
    "internal_probe"
    "known_bad_contact"
    "login_after_guessing"
    "new_device"
    "password_guessing"
    "password_spraying"
    "probe_from_internet"
    "resolved"
    "rogue_address_server"
    "traffic_diverted"
    "unusual_upload"
};

macro_rules! terms {
    ($name:literal) => {
        InBoth([
            ($name, include_str!(concat!("../terms/", $name, ".da.toml"))),
            ($name, include_str!(concat!("../terms/", $name, ".en.toml"))),
        ])
    };
}

static NOUNS: InBoth<(&str, &str)> = terms!("nouns");
static FORMS: InBoth<(&str, &str)> = terms!("forms");
static CHOICES: InBoth<(&str, &str)> = terms!("choices");
static STEPS: InBoth<(&str, &str)> = terms!("steps");
static STATES: InBoth<(&str, &str)> = terms!("states");
static TABLET: InBoth<(&str, &str)> = terms!("tablet");
static TIMELINE: InBoth<(&str, &str)> = terms!("timeline");

/// All messages and terms, read and checked.
#[derive(Debug)]
pub struct Catalogue {
    languages: InBoth<Language>,
}

/// Everything in one language.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) messages: BTreeMap<&'static str, Message>,
    pub(crate) nouns: Nouns,
    pub(crate) forms: Forms,
    pub(crate) choices: Choices,
    pub(crate) steps: UnplugSteps,
    pub(crate) states: States,
    pub(crate) tablet: TabletWords,
    pub(crate) timeline: TimelineWords,
}

/// Why a file of words could not be read. The files are built in, so a test has seen them all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("common/words/{file}: {problem}")]
pub struct CatalogueError {
    /// Which file.
    pub file: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Catalogue {
    /// All messages and terms; read at the first call, kept for ever.
    ///
    /// # Errors
    /// [`CatalogueError`] names the first file that is wrong.
    pub fn load() -> Result<&'static Catalogue, &'static CatalogueError> {
        static LOADED: OnceLock<Result<Catalogue, CatalogueError>> = OnceLock::new();
        LOADED.get_or_init(Catalogue::read).as_ref()
    }

    /// The keys of all messages, in alphabetical order.
    pub fn messages(&self) -> impl Iterator<Item = &'static str> {
        MESSAGES.iter().map(|(key, _)| *key)
    }

    /// The facts a message asks for, in any language and either role; `None` when there is no such message.
    ///
    /// A kind that names the message must give all of them.
    #[must_use]
    pub fn placeholders(&self, message: &str) -> Option<BTreeSet<&str>> {
        let mut names = BTreeSet::new();
        for language in &self.languages.0 {
            names.extend(language.messages.get(message)?.names());
        }
        names.retain(|name| !BUILT_IN.contains(name));
        Some(names)
    }

    /// Whether a message says something else when it was done *to* the device.
    #[must_use]
    pub fn has_target(&self, message: &str) -> bool {
        self.languages
            .0
            .iter()
            .any(|language| language.messages.get(message).is_some_and(Message::has_target))
    }

    /// Whether a word of a detector (`Fact::Choice`) has words for people in both languages.
    #[must_use]
    pub fn knows_choice(&self, word: &str) -> bool {
        self.languages.0.iter().all(|language| language.choices.choice.contains_key(word))
    }

    /// The file of a message, as it was written.
    #[must_use]
    pub fn text(&self, message: &str, lang: crate::Lang) -> Option<&'static str> {
        MESSAGES.iter().find(|(key, _)| *key == message).map(|(_, texts)| *texts.of(lang))
    }

    /// Renders a card.
    ///
    /// # Errors
    /// [`RenderError`] names the message, and the placeholder that nothing fits. It is a fault of ours.
    pub fn render(&self, request: &Request<'_>) -> Result<Rendered, RenderError> {
        self.languages.of(request.lang).card(request)
    }

    /// Renders the title alone.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn title(&self, request: &Request<'_>) -> Result<String, RenderError> {
        self.languages.of(request.lang).title(request.message, request)
    }

    /// Renders what stands beside the face.
    ///
    /// # Errors
    /// [`RenderError`] names the state, and the placeholder that nothing fits. It is a fault of ours.
    pub fn state(&self, request: &StateRequest<'_>) -> Result<State, RenderError> {
        self.languages.of(request.lang).state(request)
    }

    /// The words of a timeline.
    #[must_use]
    pub fn timeline<'a>(&'a self, lang: crate::Lang, site: &'a common_site::Site) -> Timeline<'a> {
        Timeline { language: self.languages.of(lang), site }
    }

    /// The words of the tablet, at this moment.
    #[must_use]
    pub fn tablet<'a>(
        &'a self,
        lang: crate::Lang,
        site: &'a common_site::Site,
        now: common_model::Timestamp,
    ) -> Tablet<'a> {
        Tablet { language: self.languages.of(lang), site, now }
    }

    fn read() -> Result<Catalogue, CatalogueError> {
        let [da, en] = crate::Lang::ALL.map(Language::read);
        Ok(Catalogue { languages: InBoth([da?, en?]) })
    }
}

impl Language {
    fn read(lang: crate::Lang) -> Result<Language, CatalogueError> {
        let mut messages = BTreeMap::new();
        for (key, texts) in MESSAGES {
            let file = || format!("messages/{key}.{}.toml", lang.as_str());
            let message = Message::parse(texts.of(lang));
            messages.insert(*key, message.map_err(|problem| CatalogueError { file: file(), problem })?);
        }
        let nouns: Nouns = terms(&NOUNS, lang)?;
        if let Some(problem) = nouns.gaps().into_iter().next() {
            return Err(CatalogueError { file: file_of(&NOUNS, lang), problem });
        }
        Ok(Language {
            messages,
            nouns,
            forms: terms(&FORMS, lang)?,
            choices: terms(&CHOICES, lang)?,
            steps: terms(&STEPS, lang)?,
            states: terms(&STATES, lang)?,
            tablet: terms(&TABLET, lang)?,
            timeline: terms(&TIMELINE, lang)?,
        })
    }
}

fn terms<T: DeserializeOwned>(from: &InBoth<(&str, &str)>, lang: crate::Lang) -> Result<T, CatalogueError> {
    let (_, text) = from.of(lang);
    toml::from_str(text)
        .map_err(|error| CatalogueError { file: file_of(from, lang), problem: error.to_string() })
}

fn file_of(from: &InBoth<(&str, &str)>, lang: crate::Lang) -> String {
    format!("terms/{}.{}.toml", from.of(lang).0, lang.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_alphabetical_and_names_every_file() {
        let listed: Vec<String> = MESSAGES
            .iter()
            .flat_map(|(key, _)| [format!("{key}.da.toml"), format!("{key}.en.toml")])
            .collect();
        assert!(listed.is_sorted());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/messages");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(listed, found, "src/catalogue.rs and messages/ differ");
    }

    #[test]
    fn languages_ask_for_the_same() {
        let catalogue = Catalogue::load().unwrap();
        let [da, en] = &catalogue.languages.0;
        for (key, _) in MESSAGES {
            let facts = |language: &Language| {
                let names = language.messages[key].names();
                names
                    .into_iter()
                    .filter(|name| !BUILT_IN.contains(name))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(facts(da), facts(en), "{key}");
            assert_eq!(da.messages[key].has_target(), en.messages[key].has_target(), "{key}");
        }
        let phrases = |language: &Language| language.tablet.keys().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(phrases(da), phrases(en));
        let words = |language: &Language| language.choices.choice.keys().cloned().collect::<Vec<_>>();
        assert_eq!(words(da), words(en));
    }
}

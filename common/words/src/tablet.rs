//! What the tablet says of the clinic besides cards and face: devices, history, settings, the self-test, and why something failed.

use std::collections::BTreeMap;

use common_model::{ClosedBy, DeviceType, Party, Timestamp};
use common_site::{ContactRole, Site};
use serde::Deserialize;

use crate::card::RenderError;
use crate::catalogue::Language;
use crate::reach::without_number;
use crate::slots;
use crate::template::{Fill, Template, capitalised};
use crate::terms::Forms;
use crate::values::{self, Calendar};

/// `tablet`: the words.
#[derive(Debug, Deserialize)]
pub(crate) struct TabletWords {
    /// By [`DeviceType::as_str`].
    r#type: BTreeMap<String, String>,
    #[serde(flatten)]
    phrases: BTreeMap<String, Template>,
}

/// The words of the tablet in one language, for one clinic, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Tablet<'a> {
    pub(crate) language: &'a Language,
    pub(crate) site: &'a Site,
    pub(crate) now: Timestamp,
}

impl TabletWords {
    /// The keys of its phrases.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.phrases.keys().map(String::as_str)
    }
}

impl Tablet<'_> {
    /// A phrase of `terms/tablet`, its holes filled. `{Hole}` begins with a capital letter; a hole that chooses by number takes digits.
    ///
    /// # Errors
    /// [`RenderError`] when there is no such phrase, or a hole that nothing fits: a fault of ours.
    pub fn say(&self, phrase: &str, holes: &[(&str, &str)]) -> Result<String, RenderError> {
        let message = || format!("tablet {phrase}");
        let template = self.language.tablet.phrases.get(phrase);
        let template = template.ok_or_else(|| RenderError::NoMessage { message: message() })?;
        let filled = template.fill(&Holes { words: holes, forms: &self.language.forms });
        filled.map_err(|hole| RenderError::Missing { message: message(), placeholder: hole.0 })
    }

    /// A moment, said from near to far: "at 14.05", "yesterday at 14.05".
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> String {
        self.calendar().moment(at, &self.language.forms.at).unwrap_or_default()
    }

    /// Since a moment: "siden kl. 14.05".
    #[must_use]
    pub fn since(&self, at: Timestamp) -> String {
        self.calendar().moment(at, &self.language.forms.since).unwrap_or_default()
    }

    /// What a device or an address is called: its name in quotes, else its maker, else what it is.
    #[must_use]
    pub fn party(&self, party: &Party) -> String {
        slots::party(party, &self.language.nouns, &self.language.forms)
            .map(|text| capitalised(&text))
            .unwrap_or_default()
    }

    /// A type of device in a list: "Printer".
    #[must_use]
    pub fn device_type(&self, of: DeviceType) -> &str {
        self.language.tablet.r#type.get(of.as_str()).map_or("", String::as_str)
    }

    /// A contact in a list: "Your IT supplier".
    #[must_use]
    pub fn contact(&self, role: ContactRole) -> String {
        self.language.nouns.contact(role).map(capitalised).unwrap_or_default()
    }

    /// The same inside a sentence: "your IT supplier".
    #[must_use]
    pub fn contact_in_sentence(&self, role: ContactRole) -> String {
        self.language.nouns.contact(role).unwrap_or_default().to_owned()
    }

    /// For each whom a card may say to call and who has no number: a sentence that says so.
    ///
    /// # Errors
    /// As [`Tablet::say`].
    pub fn without_number(&self) -> Result<Vec<String>, RenderError> {
        let say = |role| self.say("no_number", &[("role", &self.contact_in_sentence(role))]);
        without_number(self.site).into_iter().map(say).collect()
    }

    /// Who closed an incident, in a sentence.
    ///
    /// # Errors
    /// As [`Tablet::say`].
    pub fn closed_by(&self, who: ClosedBy) -> Result<String, RenderError> {
        self.say(&format!("closed_{}", who.as_str()), &[])
    }

    /// An amount of data: "2,6 MB".
    #[must_use]
    pub fn bytes(&self, bytes: u64) -> String {
        values::bytes(bytes, &self.language.forms)
    }

    fn calendar(&self) -> Calendar<'_> {
        Calendar { site: self.site, now: self.now, forms: &self.language.forms }
    }
}

struct Holes<'a> {
    words: &'a [(&'a str, &'a str)],
    forms: &'a Forms,
}

impl Holes<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(hole, _)| *hole == name).map(|(_, words)| *words)
    }
}

impl Fill for Holes<'_> {
    fn words(&self, name: &str) -> Option<String> {
        self.of(name).map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<(u64, String)> {
        let number = self.of(name)?.parse().ok()?;
        Some((number, values::count(number, self.forms)))
    }
}

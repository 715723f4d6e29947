//! A card: one incident as a person reads it.

use common_model::{DeviceType, Due, Facts, FindingRole, Party, Timestamp};
use common_site::{Contact, ContactRole, Site};

use crate::Lang;
use crate::catalogue::Language;
use crate::message::{Step, Unplug, Words};
use crate::reach::reached;
use crate::slots::Slots;
use crate::template::{Template, Unfilled, capitalised};
use crate::terms::UnplugWays;

/// Who reads it. Decides, with the type of a fact, what may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The clinic itself, on its own tablet: everything may be shown.
    #[default]
    Clinic,
    /// The centre: what names a person or a place inside the clinic is left out, and what is outside is named only when it is known to be
    /// bad. Parties are shown as they are handed in: under their pseudonyms.
    Centre,
}

/// What a card is made from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The key of the message: `Kind::message`.
    pub message: &'a str,
    /// For the message `resolved` and its like: the key of the message whose title is told.
    pub about: Option<&'a str>,
    /// In which language.
    pub lang: Lang,
    /// For whom.
    pub audience: Audience,
    /// How soon the clinic must act.
    pub due: Due,
    /// What the device did, or had done to it.
    pub role: FindingRole,
    /// Whom the card is about.
    pub device: &'a Party,
    /// The other end, where there is one.
    pub peer: Option<&'a Party>,
    /// Devices that facts name.
    pub others: &'a [Party],
    /// What the detector knows.
    pub facts: &'a Facts,
    /// The clinic's contacts and clock.
    pub site: &'a Site,
    /// When the incident opened.
    pub opened_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// When the card is read: decides between a time, "yesterday" and a date, and which number answers.
    pub now: Timestamp,
}

/// A card, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The headline.
    pub title: String,
    /// What has happened.
    pub what: String,
    /// What it can mean: one harmless reading and one harmful, where both are possible.
    pub meaning: String,
    /// What to do, at most three things.
    pub steps: Vec<String>,
    /// Whom to call.
    pub call: Option<Call>,
}

/// Whom to call, from the clinic's own contact card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What they do for the clinic.
    pub role: ContactRole,
    /// Whom to ask for; where the card has no entry, what they are: "Your IT supplier".
    pub name: String,
    /// The number that answers at this time.
    pub phone: Option<String>,
    /// Where to write.
    pub email: Option<String>,
}

/// Why a card could not be rendered: a fault of ours, never of the traffic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No such file.
    #[error("there is no message {message:?}")]
    NoMessage {
        /// Its key.
        message: String,
    },
    /// The kind does not give what the message asks for.
    #[error("message {message}: nothing fits {{{placeholder}}}")]
    Missing {
        /// Its key.
        message: String,
        /// The hole that stays empty.
        placeholder: String,
    },
}

impl Language {
    /// Renders a card in this language.
    pub(crate) fn card(&self, request: &Request<'_>) -> Result<Rendered, RenderError> {
        let words = self.words(request.message, request.role)?;
        let title = request.about.map(|about| self.title(about, request)).transpose()?;
        let slots = self.slots(request, words, title);
        let fill = |template: &Template| template.fill(&slots).map_err(|hole| missing(request.message, hole));

        Ok(Rendered {
            title: fill(&words.title)?,
            what: fill(&words.what)?,
            meaning: fill(&words.meaning)?,
            steps: words.steps.iter().map(|step| fill(self.step(step, request))).collect::<Result<_, _>>()?,
            call: called(words, request).map(|role| self.call(role, request.site, request.now)),
        })
    }

    /// The title of this message, with what the request fills it.
    pub(crate) fn title(&self, message: &str, request: &Request<'_>) -> Result<String, RenderError> {
        let words = self.words(message, request.role)?;
        words.title.fill(&self.slots(request, words, None)).map_err(|hole| missing(message, hole))
    }

    fn words(&self, message: &str, role: FindingRole) -> Result<&Words, RenderError> {
        let found = self.messages.get(message).map(|found| found.words(role));
        found.ok_or_else(|| RenderError::NoMessage { message: message.to_owned() })
    }

    fn slots<'a>(&'a self, request: &'a Request<'a>, words: &Words, title: Option<String>) -> Slots<'a> {
        Slots {
            request,
            nouns: &self.nouns,
            forms: &self.forms,
            choices: &self.choices,
            call: called(words, request),
            title,
        }
    }

    fn step<'a>(&'a self, step: &'a Step, request: &Request<'_>) -> &'a Template {
        match step {
            Step::Text(template) => template,
            Step::Unplug(way) => way_of(*way, request.due, self.unplug(request)),
        }
    }

    /// The only door to words that take a device off the network.
    fn unplug(&self, request: &Request<'_>) -> &UnplugWays {
        let Party { device_type, type_confirmed, .. } = request.device;
        match (device_type, request.role, type_confirmed) {
            (DeviceType::Medical, _, _) => &self.steps.patient,
            (DeviceType::Pc | DeviceType::Printer, FindingRole::Source, true) => &self.steps.plugged,
            (DeviceType::Laptop, FindingRole::Source, true) => &self.steps.wireless,
            _ => &self.steps.leave,
        }
    }

    fn call(&self, role: ContactRole, site: &Site, now: Timestamp) -> Call {
        let contact = site.contacts.get(&role);
        let noun = || capitalised(self.nouns.contact(role).unwrap_or_default());
        let phone = contact.and_then(|contact| {
            let after_hours = contact.after_hours_number().filter(|_| !site.answers(role, now));
            after_hours.or(contact.number()).map(str::to_owned)
        });
        let built_in = || (role == ContactRole::Dcis).then(|| self.nouns.dcis_email.clone());
        Call {
            role,
            name: contact
                .map(|contact| contact.name.clone())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(noun),
            phone,
            email: contact.and_then(Contact::address).map(str::to_owned).or_else(built_in),
        }
    }
}

/// Whom the card names.
fn called(words: &Words, request: &Request<'_>) -> Option<ContactRole> {
    words.call.map(|role| reached(role, request.due, request.site, request.now))
}

fn way_of(way: Unplug, due: Due, ways: &UnplugWays) -> &Template {
    match (way, due) {
        (Unplug::AtOnce, Due::Now) => &ways.at_once,
        (Unplug::AtOnce | Unplug::IfUnexplained, _) => &ways.if_unexplained,
        (Unplug::IfNo, _) => &ways.if_no,
    }
}

fn missing(message: &str, hole: Unfilled) -> RenderError {
    RenderError::Missing { message: message.to_owned(), placeholder: hole.0 }
}

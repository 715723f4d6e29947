//! The form of a message file, and a message as it is kept.

use std::collections::BTreeSet;

use common_model::FindingRole;
use common_site::ContactRole;
use serde::Deserialize;

use crate::template::Template;

/// A message in one language.
#[derive(Debug)]
pub(crate) struct Message {
    /// Said when the device did it, or when it makes no difference.
    source: Words,
    /// Said when it was done to the device.
    target: Option<Words>,
}

/// The words of a card, with holes.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) title: Template,
    pub(crate) what: Template,
    pub(crate) meaning: Template,
    pub(crate) steps: Vec<Step>,
    pub(crate) call: Option<ContactRole>,
}

/// One thing to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Step {
    /// These words.
    Text(Template),
    /// Take the device off the network, where that is right; else what is right instead.
    Unplug(Unplug),
}

/// How an `unplug` step is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unplug {
    /// Do it, when the matter is for now; while it is for later, only if nobody can explain what was seen.
    AtOnce,
    /// Do it if nobody can explain what was seen.
    IfUnexplained,
    /// Follows a question: do it if the answer was no.
    IfNo,
}

/// Most things a card may ask for. Source: design rule "at most three steps, one action each".
const STEPS_MAX: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageFile {
    title: Template,
    what: Template,
    meaning: Template,
    steps: Vec<Step>,
    call: Option<String>,
    target: Option<TargetFile>,
}

/// What is said otherwise when it was done to the device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    title: Option<Template>,
    what: Option<Template>,
    meaning: Option<Template>,
    steps: Option<Vec<Step>>,
}

impl Message {
    /// Reads a message file; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: MessageFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let call = match &file.call {
            None => None,
            Some(word) => Some(ContactRole::from_word(word).ok_or(format!("there is no contact {word:?}"))?),
        };
        let source =
            Words { title: file.title, what: file.what, meaning: file.meaning, steps: file.steps, call };
        let target = file.target.map(|other| {
            let own = source.clone();
            Words {
                title: other.title.unwrap_or(own.title),
                what: other.what.unwrap_or(own.what),
                meaning: other.meaning.unwrap_or(own.meaning),
                steps: other.steps.unwrap_or(own.steps),
                call,
            }
        });
        let message = Message { source, target };
        message.variants().try_for_each(Words::check)?;
        Ok(message)
    }

    /// The words for a device in this role.
    pub(crate) fn words(&self, role: FindingRole) -> &Words {
        match (role, &self.target) {
            (FindingRole::Target, Some(words)) => words,
            _ => &self.source,
        }
    }

    /// Whether something else is said when it was done to the device.
    pub(crate) const fn has_target(&self) -> bool {
        self.target.is_some()
    }

    /// The names of all holes in all variants.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for words in self.variants() {
            for template in [&words.title, &words.what, &words.meaning] {
                template.names_into(&mut names);
            }
            for step in &words.steps {
                match step {
                    Step::Text(template) => template.names_into(&mut names),
                    Step::Unplug(_) => {}
                }
            }
        }
        names
    }

    fn variants(&self) -> impl Iterator<Item = &Words> {
        core::iter::once(&self.source).chain(&self.target)
    }
}

impl Words {
    fn check(&self) -> Result<(), String> {
        if self.steps.len() > STEPS_MAX {
            return Err(format!("{} steps; {STEPS_MAX} at most", self.steps.len()));
        }
        let unplugs = self.steps.iter().any(|step| matches!(step, Step::Unplug(_)));
        if unplugs && self.call.is_none() {
            return Err("has an unplug step but nobody to call when there is none to render".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "title = \"T {device}\"\nwhat = \"W {count}\"\nmeaning = \"M\"\n\
                        steps = [{ unplug = \"at_once\" }, { text = \"Call {call} {due}.\" }]\ncall = \"it_supplier\"\n\
                        [target]\nwhat = \"T {names}\"\n";

    #[test]
    fn good_file_is_read() {
        let message = Message::parse(GOOD).unwrap();
        assert!(message.has_target());
        assert_eq!(
            message.names().into_iter().collect::<Vec<_>>(),
            ["call", "count", "device", "due", "names"]
        );
        assert_eq!(message.words(FindingRole::Target).steps.len(), 2);
    }

    #[test]
    fn wrong_files_are_refused() {
        for (from, to) in [
            ("it_supplier", "plumber"),
            ("at_once", "sometimes"),
            ("{device}", "{device"),
            ("meaning", "mening"),
            ("call = \"it_supplier\"\n", ""),
            ("[target]", "[other]"),
            ("[{ unplug", "[{ text = \"a\" }, { text = \"b\" }, { unplug"),
        ] {
            assert!(Message::parse(&GOOD.replace(from, to)).is_err(), "{from} -> {to}");
        }
    }
}

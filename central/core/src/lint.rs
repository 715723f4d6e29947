//! Whether a busy person understands a warning: the same rules as for the box's own messages.

use std::collections::BTreeMap;

use common_wire::limits::{STEPS_MAX, TEXT_CHARS_MAX};
use common_wire::v1::WarningText;
use common_words::readability::Readability;
use serde::Serialize;
use utoipa::ToSchema;

/// Source: the rules for all words of the product.
pub const LIX_MAX: usize = 35;
/// The same.
pub const WORDS_MAX: usize = 55;
/// The same.
pub const SENTENCE_WORDS_MAX: usize = 17;

/// Both are written: a clinic chooses its language.
pub const LANGUAGES: [&str; 2] = ["da", "en"];

/// What is wrong with a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// In which language.
    pub lang: String,
    /// Which rule: `missing`, `too_long`, `lix`, `words`, `sentence`, `steps`, `empty`, `characters`.
    pub rule: &'static str,
    /// How much was found.
    pub found: usize,
    /// How much may be.
    pub max: usize,
}

/// How a text measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Measure {
    /// In which language.
    pub lang: String,
    /// How hard it is to read; 35 at most.
    pub lix: usize,
    /// 55 at most.
    pub words: usize,
    /// Words of the longest sentence; 17 at most.
    pub longest_sentence: usize,
}

/// Measures a warning's words in each language.
#[must_use]
pub fn measure(text: &BTreeMap<String, WarningText>) -> Vec<Measure> {
    let of = |(lang, text): (&String, &WarningText)| {
        let counted = Readability::of(parts(text));
        Measure {
            lang: lang.clone(),
            lix: counted.lix(),
            words: counted.words,
            longest_sentence: counted.longest_sentence,
        }
    };
    text.iter().map(of).collect()
}

/// All that is wrong with a warning's words; with none it may be sent.
#[must_use]
pub fn faults(text: &BTreeMap<String, WarningText>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for lang in LANGUAGES {
        let mut check = |rule: &'static str, found: usize, max: usize| {
            if found > max {
                faults.push(Fault { lang: lang.to_owned(), rule, found, max });
            }
        };
        let Some(text) = text.get(lang) else {
            check("missing", 1, 0);
            continue;
        };
        let counted = Readability::of(parts(text));
        check("empty", parts(text).filter(|part| part.trim().is_empty()).count(), 0);
        check("empty", usize::from(text.steps.is_empty()), 0);
        check("characters", parts(text).filter(|part| part.contains(char::is_control)).count(), 0);
        check("too_long", parts(text).map(|part| part.chars().count()).max().unwrap_or(0), TEXT_CHARS_MAX);
        check("steps", text.steps.len(), STEPS_MAX);
        check("lix", counted.lix(), LIX_MAX);
        check("words", counted.words, WORDS_MAX);
        check("sentence", counted.longest_sentence, SENTENCE_WORDS_MAX);
    }
    let unknown = text.keys().filter(|lang| !LANGUAGES.contains(&lang.as_str()));
    faults.extend(unknown.map(|lang| Fault { lang: lang.clone(), rule: "language", found: 1, max: 0 }));
    faults
}

fn parts(text: &WarningText) -> impl Iterator<Item = &str> {
    [&text.title, &text.what].into_iter().chain(&text.steps).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(what: &str) -> WarningText {
        WarningText { title: "False e-mails".into(), what: what.into(), steps: vec!["Open no files.".into()] }
    }

    fn rules(da: &str, en: &str) -> Vec<(String, &'static str)> {
        let both = BTreeMap::from([("da".to_owned(), text(da)), ("en".to_owned(), text(en))]);
        faults(&both).into_iter().map(|fault| (fault.lang, fault.rule)).collect()
    }

    #[test]
    fn plain_words_pass_and_hard_ones_are_named() {
        assert_eq!(rules("Flere får mails.", "Some get e-mails."), []);
        let hard = "Organisationers informationssikkerhedsansvarlige understreger nødvendigheden.";
        assert_eq!(rules(hard, "Some get e-mails."), [("da".into(), "lix")]);
        assert_eq!(rules("Flere får mails.", &"It is so. ".repeat(20)), [("en".into(), "words")]);
        assert_eq!(rules("", "Some."), [("da".into(), "empty")]);
    }

    #[test]
    fn both_languages_are_written() {
        let only = BTreeMap::from([("da".to_owned(), text("Flere får mails."))]);
        assert_eq!(
            faults(&only).first().map(|fault| (fault.lang.as_str(), fault.rule)),
            Some(("en", "missing"))
        );
        assert_eq!(measure(&only).first().map(|one| one.words), Some(8));
    }
}

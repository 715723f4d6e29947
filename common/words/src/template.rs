//! Sentences with holes in them.
//!
//! `{window}` is filled with the fact `window`; `{Device}` too, with a capital first letter; `{count|# code|# codes}` chooses
//! by number, and `#` becomes the number. What is filled in is never read as a template again.

use std::collections::BTreeSet;

use serde::Deserialize;

/// A sentence with holes in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Slot { name: String, capital: bool },
    Plural { name: String, one: String, many: String },
}

/// What fills the holes.
pub(crate) trait Fill {
    /// The words for this hole.
    fn words(&self, name: &str) -> Option<String>;

    /// For a hole that chooses by number: the number, and how it is written.
    fn number(&self, name: &str) -> Option<(u64, String)>;
}

/// The hole that nothing fits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfilled(pub(crate) String);

impl Template {
    /// Fills all holes.
    pub(crate) fn fill(&self, from: &impl Fill) -> Result<String, Unfilled> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                // A name may end with a stop itself: "Nordlys Inc." ends the sentence.
                Piece::Text(words) if text.ends_with('.') => {
                    text.push_str(words.strip_prefix('.').unwrap_or(words));
                }
                Piece::Text(words) => text.push_str(words),
                Piece::Slot { name, capital } => {
                    let words = from.words(name).ok_or_else(|| Unfilled(name.clone()))?;
                    text.push_str(&if *capital { capitalised(&words) } else { words });
                }
                Piece::Plural { name, one, many } => {
                    let (number, written) = from.number(name).ok_or_else(|| Unfilled(name.clone()))?;
                    let form = if number == 1 { one } else { many };
                    text.push_str(&form.replace('#', &written));
                }
            }
        }
        Ok(text)
    }

    /// Adds the names of its holes.
    pub(crate) fn names_into<'t>(&'t self, names: &mut BTreeSet<&'t str>) {
        names.extend(self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Slot { name, .. } | Piece::Plural { name, .. } => Some(name.as_str()),
        }));
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(closed(before)?));
            }
            let (inside, behind) =
                after.split_once('}').ok_or_else(|| format!("a {{ is not closed in: {text}"))?;
            pieces.push(slot(inside)?);
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(closed(rest)?));
        }
        Ok(Template(pieces))
    }
}

/// The same text with a capital first letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn closed(text: &str) -> Result<String, String> {
    if text.contains('}') { Err(format!("a }} was not opened in: {text}")) } else { Ok(text.to_owned()) }
}

fn slot(inside: &str) -> Result<Piece, String> {
    let mut parts = inside.split('|');
    let written = parts.next().unwrap_or_default();
    let name = written.to_ascii_lowercase();
    let capital = written.starts_with(|letter: char| letter.is_ascii_uppercase());
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(format!("{{{inside}}} is not a placeholder"));
    }
    match (parts.next(), parts.next(), parts.next()) {
        (None, _, _) => Ok(Piece::Slot { name, capital }),
        (Some(one), Some(many), None) => {
            Ok(Piece::Plural { name, one: one.to_owned(), many: many.to_owned() })
        }
        _ => Err(format!("{{{inside}}} needs exactly two forms: one and many")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Example;

    impl Fill for Example {
        fn words(&self, name: &str) -> Option<String> {
            match name {
                "device" => Some("a {pc}".to_owned()),
                "firm" => Some("Nordlys Inc.".to_owned()),
                _ => None,
            }
        }

        fn number(&self, name: &str) -> Option<(u64, String)> {
            match name {
                "one" => Some((1, "1".into())),
                "many" => Some((1_200, "1,200".into())),
                _ => None,
            }
        }
    }

    fn filled(text: &str) -> Result<String, Unfilled> {
        Template::try_from(text.to_owned()).unwrap().fill(&Example)
    }

    #[test]
    fn holes_are_filled_and_never_read_again() {
        assert_eq!(filled("{Device} and {device}."), Ok("A {pc} and a {pc}.".into()));
        assert_eq!(filled("{one|# code|# codes}, {many|# code|# codes}"), Ok("1 code, 1,200 codes".into()));
        assert_eq!(filled("{other}"), Err(Unfilled("other".into())));
        assert_eq!(filled("{other|a|b}"), Err(Unfilled("other".into())));
    }

    #[test]
    fn a_sentence_ends_with_one_stop() {
        assert_eq!(filled("Call {firm}. Then wait."), Ok("Call Nordlys Inc. Then wait.".into()));
        assert_eq!(filled("{firm} {device}."), Ok("Nordlys Inc. a {pc}.".into()));
    }

    #[test]
    fn slips_of_the_pen_are_refused() {
        for wrong in
            ["{device", "device}", "a } {device}", "{}", "{de vice}", "{count|one}", "{count|a|b|c}", "{a1}"]
        {
            assert!(Template::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

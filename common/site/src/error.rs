//! What is wrong with a settings file: where, which field, and what was probably meant.

use core::fmt::{self, Write as _};

use common_model::one_line;
use toml::Spanned;

use crate::place::{place_at, spans_of};

/// Why `site.toml` was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteError {
    /// The line, from 1; `None` where no single line is to blame.
    pub line: Option<usize>,
    /// The field, where one is to blame: `opening_hours.monday`.
    pub field: Option<String>,
    /// What is wrong with it.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Of several fields that are called so (`known.kind`), which one, from 0.
    pub(crate) nth: usize,
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sentence = "site settings".to_owned();
        if let Some(line) = self.line {
            write!(sentence, ", line {line}")?;
        }
        if let Some(field) = &self.field {
            write!(sentence, ", `{field}`")?;
        }
        write!(sentence, ": {}", self.problem)?;
        if let Some(suggestion) = &self.suggestion {
            write!(sentence, "; did you mean {suggestion}?")?;
        }
        // What stands in the file is quoted, whatever it is.
        f.write_str(&one_line(&sentence))
    }
}

impl core::error::Error for SiteError {}

/// The text of the file, to say on which line an error is.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t>(pub(crate) &'t str);

impl Source<'_> {
    /// An error at a value.
    pub(crate) fn at<T>(
        self,
        value: &Spanned<T>,
        field: impl Into<String>,
        problem: impl Into<String>,
    ) -> SiteError {
        SiteError { line: Some(self.line(value.span().start)), ..SiteError::about(field, problem) }
    }

    /// An error of the reader: syntax, a wrong type, an unknown field or a missing one.
    pub(crate) fn unreadable(self, error: &toml::de::Error) -> SiteError {
        let at = error.span().map(|span| span.start);
        let place = at.and_then(|at| place_at(self.0, at));
        SiteError { line: at.map(|at| self.line(at)), ..SiteError::of_reader(place, error.message()) }
    }

    fn line(self, offset: usize) -> usize {
        self.0.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

impl SiteError {
    /// An error of a field, on a line that is not known (see [`SiteError::placed`]).
    #[must_use]
    pub fn about(field: impl Into<String>, problem: impl Into<String>) -> SiteError {
        let problem = problem.into();
        SiteError { line: None, field: Some(field.into()), problem, suggestion: None, nth: 0 }
    }

    /// An error inside a table that others read (a detector's settings); its line is not known (see [`SiteError::placed`]).
    #[must_use]
    pub fn within(table: &str, error: &toml::de::Error) -> SiteError {
        // What is shown ends with the field, which there is no other way to ask for.
        let shown = error.to_string();
        let field = shown.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        let place = field.map_or_else(|| table.to_owned(), |field| format!("{table}.{field}"));
        SiteError::of_reader(Some(place), error.message())
    }

    /// A name in a table that names nothing; `known` are those that do. It is the `nth` of the fields that are called so.
    #[must_use]
    pub fn no_such<'k>(
        field: impl Into<String>,
        nth: usize,
        wrong: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> SiteError {
        SiteError {
            nth, ..SiteError::about(field, format!("there is no “{wrong}”")).or_all(wrong, known)
        }
    }

    /// The same, with the line on which its field stands in this text.
    #[must_use]
    pub fn placed(mut self, text: &str) -> SiteError {
        if let (None, Some(field)) = (self.line, &self.field) {
            let spans = spans_of(text, field);
            self.line = spans.get(self.nth).or(spans.first()).map(|span| Source(text).line(span.start));
        }
        self
    }

    /// In our words where they are known: serde's are for programmers.
    fn of_reader(place: Option<String>, message: &str) -> SiteError {
        let message = message.replace('\n', " ");
        let mut named = message.split('`').skip(1).step_by(2);
        let within = |field: &str| match &place {
            Some(place) if place == field || place.ends_with(&format!(".{field}")) => place.clone(),
            Some(place) => format!("{place}.{field}"),
            None => field.to_owned(),
        };
        if message.starts_with("unknown field")
            && let Some(wrong) = named.next()
        {
            return SiteError::about(within(wrong), "unknown field").or_all(wrong, named);
        }
        if message.starts_with("missing field")
            && let Some(missing) = named.next()
        {
            return SiteError::about(within(missing), "is missing");
        }
        let problem = wrong_type(&message).unwrap_or(message);
        SiteError { line: None, field: place, problem, suggestion: None, nth: 0 }
    }

    /// The same, with the one that is near to `wrong`, else with all that there are.
    pub(crate) fn or_all<'k>(mut self, wrong: &str, known: impl Iterator<Item = &'k str>) -> SiteError {
        let all: Vec<&str> = known.collect();
        self.suggestion = nearest(wrong, all.iter().copied());
        if self.suggestion.is_none() && !all.is_empty() {
            self.problem = format!("{}; there are: {}", self.problem, all.join(", "));
        }
        self
    }

    /// The same, with what was probably meant.
    pub(crate) fn perhaps(mut self, suggestion: impl Into<String>) -> SiteError {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// Most letters that may differ between a word and what was probably meant. Guess; two is a swap and a slip.
const SLIPS_MAX: usize = 3;

/// One letter in so many may differ. Guess: with more, every short word is near to every other.
const LETTERS_PER_SLIP: usize = 3;

/// The known word that is nearest to `wrong`, in back-quotes, if one is near enough.
pub(crate) fn nearest<'w>(wrong: &str, known: impl Iterator<Item = &'w str>) -> Option<String> {
    let is_near = |slips: usize, word: &str| {
        slips <= SLIPS_MAX && slips * LETTERS_PER_SLIP <= wrong.len().max(word.len())
    };
    known
        .map(|word| (slips(wrong, word), word))
        .filter(|(slips, word)| is_near(*slips, word))
        .min()
        .map(|(_, word)| format!("`{word}`"))
}

/// "invalid type: integer `5`, expected a string" in words that need no programmer.
fn wrong_type(message: &str) -> Option<String> {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "))?;
    let (found, wanted) = rest.rsplit_once(", expected ")?;
    let wanted = match wanted {
        "a string" => "a text, in quotes",
        "a sequence" => "a list, in square brackets",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not below 0 and not too large",
        "f32" | "f64" => "a number",
        "a map" => "a table",
        _ if wanted.starts_with("struct ") => "a table",
        _ => return None,
    };
    let found = match found.split_once([' ', '`']).map_or(found, |(word, _)| word) {
        "string" => "a text",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" => "a table",
        _ => return Some(format!("must be {wanted}")),
    };
    Some(format!("must be {wanted}, and is {found}"))
}

/// How many letters must be added, taken away or changed (Levenshtein distance).
fn slips(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right.chars()) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *cell;
            before = changed.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (left, right, count) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ip", "pi", 2)] {
            assert_eq!(slips(left, right), count, "{left} {right}");
        }
    }
}

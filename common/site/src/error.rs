//! What is wrong with a settings file: where, which field, and what was probably meant.

use core::fmt::{self, Write as _};

use common_model::one_line;
use toml::Spanned;

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

    /// An error of the reader: syntax, a wrong type or an unknown field.
    pub(crate) fn unreadable(self, error: &toml::de::Error) -> SiteError {
        let problem = error.message().replace('\n', " ");
        let (field, suggestion) = unknown_field(&problem);
        SiteError { line: error.span().map(|span| self.line(span.start)), field, problem, suggestion }
    }

    fn line(self, offset: usize) -> usize {
        self.0.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

impl SiteError {
    /// An error of the file as a whole.
    pub(crate) fn about(field: impl Into<String>, problem: impl Into<String>) -> SiteError {
        SiteError { line: None, field: Some(field.into()), problem: problem.into(), suggestion: None }
    }

    /// An error inside a table that others read (a detector's settings): its line is not known any more.
    #[must_use]
    pub fn within(table: &str, error: &toml::de::Error) -> SiteError {
        let problem = error.message().replace('\n', " ");
        let (field, suggestion) = unknown_field(&problem);
        let field = field.map_or_else(|| table.to_owned(), |field| format!("{table}.{field}"));
        SiteError { line: None, field: Some(field), problem, suggestion }
    }

    /// A name in a table that names nothing; `known` are those that do.
    #[must_use]
    pub fn no_such<'k>(table: &str, wrong: &str, known: impl Iterator<Item = &'k str>) -> SiteError {
        let suggestion = nearest(wrong, known);
        SiteError { suggestion, ..SiteError::about(table, format!("there is no “{wrong}”")) }
    }

    /// The same, with what was probably meant.
    pub(crate) fn perhaps(mut self, suggestion: impl Into<String>) -> SiteError {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// Most letters that may differ between a word and what was probably meant. Guess; two is a swap and a slip.
const SLIPS_MAX: usize = 3;

/// The known word that is nearest to `wrong`, in back-quotes, if one is near enough.
pub(crate) fn nearest<'w>(wrong: &str, known: impl Iterator<Item = &'w str>) -> Option<String> {
    known
        .map(|word| (slips(wrong, word), word))
        .filter(|(slips, word)| *slips <= SLIPS_MAX && *slips < word.len())
        .min()
        .map(|(_, word)| format!("`{word}`"))
}

/// serde names the unknown field first and then all known ones, each in back-quotes.
fn unknown_field(problem: &str) -> (Option<String>, Option<String>) {
    if !problem.starts_with("unknown field") {
        return (None, None);
    }
    let mut words = problem.split('`').skip(1).step_by(2);
    let Some(wrong) = words.next() else { return (None, None) };
    (Some(wrong.to_owned()), nearest(wrong, words))
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

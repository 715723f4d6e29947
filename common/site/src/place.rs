//! Where in the text of a settings file a field stands, and which field stands at a place.
//!
//! Decides nothing about what is right: it only helps errors to say line *and* field, whoever found them.

use core::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The field at this byte of the text: `opening_hours.monday`; a field of one of several tables is called without its number.
pub(crate) fn place_at(text: &str, at: usize) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    walk(text, &mut |field, spans| {
        let mut holds = spans.into_iter().filter(|span| span.contains(&at)).map(|span| span.len());
        // Of those that hold it, the narrowest; of equals, the innermost, which comes last.
        if let Some(len) = holds.next()
            && best.as_ref().is_none_or(|(least, _)| len <= *least)
        {
            best = Some((len, field.to_owned()));
        }
    });
    best.map(|(_, field)| field)
}

/// Where the fields that are called so stand, in the order of the text.
pub(crate) fn spans_of(text: &str, wanted: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    walk(text, &mut |field, [key, _value]| {
        if field == wanted {
            found.push(key);
        }
    });
    found
}

/// Tells of each field: its name, and where its name and its value stand.
fn walk(text: &str, tell: &mut dyn FnMut(&str, [Range<usize>; 2])) {
    // Of a file that is no TOML what could be read of it.
    let (table, _errors) = DeTable::parse_recoverable(text);
    walk_table(table.get_ref(), "", tell);
}

fn walk_table(table: &DeTable<'_>, within: &str, tell: &mut dyn FnMut(&str, [Range<usize>; 2])) {
    for (key, value) in table {
        let name = key.get_ref();
        let field = if within.is_empty() { name.to_string() } else { format!("{within}.{name}") };
        tell(&field, [key.span(), value.span()]);
        walk_value(value, &field, tell);
    }
}

fn walk_value(value: &Spanned<DeValue<'_>>, field: &str, tell: &mut dyn FnMut(&str, [Range<usize>; 2])) {
    match value.get_ref() {
        DeValue::Table(table) => walk_table(table, field, tell),
        DeValue::Array(values) => {
            for value in values.iter() {
                // A table of several has the same name as all of them.
                tell(field, [value.span(), value.span()]);
                walk_value(value, field, tell);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\nb = [2, 3]\n[c.d]\ne = \"x\"\n[[f]]\ng = 1\n[[f]]\ng = 2\n";

    #[test]
    fn what_stands_at_a_place_is_named() {
        for (what, field) in
            [("a =", "a"), ("1", "a"), ("3", "b"), ("e =", "c.d.e"), ("\"x", "c.d.e"), ("g = 2", "f.g")]
        {
            assert_eq!(place_at(TEXT, TEXT.find(what).unwrap()).as_deref(), Some(field), "{what}");
        }
    }

    #[test]
    fn every_field_of_a_name_is_found() {
        let lines = |field| {
            let line = |span: Range<usize>| TEXT[..span.start].lines().count().max(1);
            spans_of(TEXT, field).into_iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(lines("c.d.e").len(), 1);
        assert_eq!(lines("f.g").len(), 2);
        assert_eq!(lines("h"), []);
    }
}

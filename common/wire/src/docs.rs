//! The wire described for other implementers, from the types themselves: `docs/generated/wire-v1.md`.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use utoipa::OpenApi;

use crate::{Committed, Letter, Letters, Signed, v1};

/// Bodies, letters, questions and answers that were sent once, by name: they decode for ever.
pub const GOLDEN: &[(&str, &str)] = &[
    ("answer", include_str!("../golden/v1/answer.json")),
    ("claim", include_str!("../golden/v1/claim.json")),
    ("claimed", include_str!("../golden/v1/claimed.json")),
    ("committed", include_str!("../golden/v1/committed.json")),
    ("epoch_key", include_str!("../golden/v1/epoch_key.json")),
    ("gap", include_str!("../golden/v1/gap.json")),
    ("health", include_str!("../golden/v1/health.json")),
    ("incident", include_str!("../golden/v1/incident.json")),
    ("inventory", include_str!("../golden/v1/inventory.json")),
    ("ledger", include_str!("../golden/v1/ledger.json")),
    ("recall", include_str!("../golden/v1/recall.json")),
    ("record", include_str!("../golden/v1/record.json")),
    ("refused", include_str!("../golden/v1/refused.json")),
    ("renew", include_str!("../golden/v1/renew.json")),
    ("renewed", include_str!("../golden/v1/renewed.json")),
    ("sighting", include_str!("../golden/v1/sighting.json")),
    ("warning", include_str!("../golden/v1/warning.json")),
];

#[derive(OpenApi)]
#[openapi(components(schemas(
    v1::Body,
    v1::Down,
    v1::Claim,
    v1::Claimed,
    v1::Renew,
    v1::Renewed,
    v1::Refused,
    Committed,
    Letters,
    Signed,
    Letter
)))]
struct Wire;

/// What stands above the tables.
const HEAD: &str = include_str!("wire.md");

/// The page, without the notice that it was generated.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.trim_end().to_owned();
    page.push('\n');
    let api = serde_json::to_value(Wire::openapi()).unwrap_or_default();
    for (name, schema) in api.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten()
    {
        section(&mut page, name, schema);
    }
    page.push_str("\n# Examples\n\nEach decodes for ever: `common/wire/golden`.\n");
    for (name, json) in GOLDEN {
        let _written = write!(page, "\n## {name}\n\n```json\n{}\n```\n", json.trim_end());
    }
    page
}

fn section(page: &mut String, name: &str, schema: &Value) {
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let _written = write!(page, "\n## {name}\n\n{}\n", one_line(about));
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", plain(word))).collect();
        let _written = write!(page, "\nOne of {}.\n", words.join(", "));
    } else if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        page.push_str("\n| `type` | fields |\n| --- | --- |\n");
        for variant in variants {
            let fields: Vec<String> = fields(variant).map(|(field, of)| said(field, of)).collect();
            let parts = variant.get("allOf").and_then(Value::as_array).into_iter().flatten();
            let whole: Vec<String> =
                parts.filter_map(|part| Some(link(part.get("$ref")?.as_str()?))).collect();
            let _written = writeln!(page, "| {} | {} |", tag(variant), [whole, fields].concat().join("; "));
        }
    } else {
        let needed = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        page.push_str("\n| field | type | must be there | what |\n| --- | --- | --- | --- |\n");
        for (field, of) in fields(schema) {
            let must = if needed.iter().any(|one| one == field) { "yes" } else { "" };
            let about = of.get("description").and_then(Value::as_str).unwrap_or_default();
            let _written = writeln!(page, "| `{field}` | {} | {must} | {} |", type_of(of), one_line(about));
        }
    }
}

/// Fields of a schema, also where they stand in one of several parts.
fn fields(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let objects = core::iter::once(schema).chain(parts).filter_map(|part| part.get("properties"));
    let all = objects.filter_map(Value::as_object).flat_map(Map::iter);
    // The word that says which variant it is stands in a column of its own.
    all.filter(|(_, of)| of.pointer("/enum/0").is_none()).map(|(name, of)| (name.as_str(), of))
}

fn said(field: &str, of: &Value) -> String {
    format!("`{field}`: {}", type_of(of))
}

/// The word by which a variant is known.
fn tag(variant: &Value) -> String {
    let parts = variant.get("allOf").and_then(Value::as_array).into_iter().flatten();
    let mut objects = core::iter::once(variant).chain(parts);
    let word = objects.find_map(|part| part.pointer("/properties/type/enum/0"));
    match word.or_else(|| variant.pointer("/enum/0")) {
        Some(word) => format!("`{}`", plain(word)),
        None => {
            let only = variant.get("properties").and_then(Value::as_object).and_then(|all| all.keys().next());
            format!("`{}`", only.map_or("", String::as_str))
        }
    }
}

fn type_of(of: &Value) -> String {
    if let Some(to) = of.get("$ref").and_then(Value::as_str) {
        return link(to);
    }
    let several = ["oneOf", "anyOf", "allOf"].iter().find_map(|key| of.get(key)?.as_array());
    if let Some(several) = several {
        return several.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(item) = of.get("items") {
        return format!("list of {}", type_of(item));
    }
    if let Some(value) = of.get("additionalProperties").filter(|value| value.is_object()) {
        return format!("by name: {}", type_of(value));
    }
    match of.get("type") {
        Some(Value::Array(types)) => types.iter().map(plain).collect::<Vec<_>>().join(" or "),
        Some(one) => plain(one),
        None => "anything".to_owned(),
    }
}

fn link(to: &str) -> String {
    let name = to.rsplit('/').next().unwrap_or(to);
    format!("[{name}](#{})", name.to_lowercase())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;

    fn decodes(name: &str, json: &str) -> Value {
        fn as_one<T: Serialize + DeserializeOwned>(json: &str) -> Result<Value, serde_json::Error> {
            serde_json::to_value(serde_json::from_str::<T>(json)?)
        }
        let read = match name {
            "record" => as_one::<crate::Record>(json),
            "warning" | "recall" | "epoch_key" => as_one::<v1::Down>(json),
            "claim" => as_one::<v1::Claim>(json),
            "claimed" => as_one::<v1::Claimed>(json),
            "renew" => as_one::<v1::Renew>(json),
            "renewed" => as_one::<v1::Renewed>(json),
            "refused" => as_one::<v1::Refused>(json),
            "committed" => as_one::<Committed>(json),
            _ => as_one::<v1::Body>(json),
        };
        read.unwrap_or_else(|err| panic!("{name}: {err}"))
    }

    #[test]
    fn golden_files_decode_for_ever_and_lose_nothing() {
        for (name, json) in GOLDEN {
            let sent: Value = serde_json::from_str(json).unwrap();
            assert_eq!(decodes(name, json), sent, "{name}");
        }
    }

    #[test]
    fn fields_of_tomorrow_are_ignored() {
        for (name, json) in GOLDEN {
            let mut sent: Value = serde_json::from_str(json).unwrap();
            sent.as_object_mut().unwrap().insert("of_tomorrow".into(), Value::from(7));
            decodes(name, &sent.to_string());
        }
    }

    /// A new file is a new line; a line that changed is a promise that was broken.
    #[test]
    fn golden_files_are_as_they_were_sent() {
        use sha2::{Digest as _, Sha256};
        let sums: String = GOLDEN
            .iter()
            .map(|(name, json)| {
                let digest = Sha256::digest(json.as_bytes());
                format!("{}  {name}.json\n", crate::hex::hex(&digest))
            })
            .collect();
        assert_eq!(include_str!("../golden/v1/SHA256SUMS"), sums);
    }

    #[test]
    fn the_page_names_every_type_and_shows_an_example_of_each() {
        let page = page();
        for body in ["incident", "sighting", "inventory", "health", "answer", "ledger", "gap"] {
            assert!(page.contains(&format!("| `{body}` |")), "{body} has no row");
            assert!(page.contains(&format!("\n## {body}\n")), "{body} has no example");
        }
        assert!(!page.contains("anything"), "a type is not told");
    }
}

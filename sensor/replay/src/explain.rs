//! What a kind of trouble is: which detector sees it, how loud it is, what fools it, and in which words people are told.

use core::fmt::Write as _;
use core::time::Duration;

use anyhow::{anyhow, bail};
use common_model::{Due, Kind};
use common_words::{Catalogue, Lang};
use sensor_detectors::{ALL as DETECTORS, Spec, kinds};

/// Everything there is to know of a kind, as text.
///
/// # Errors
/// When there is no such kind; the sentence names all that there are.
pub fn explain(kind: &str) -> anyhow::Result<String> {
    let found = DETECTORS.iter().find_map(|spec| {
        let kind = spec.kinds.iter().find(|known| known.id == kind)?;
        Some((*spec, *kind))
    });
    let Some((spec, kind)) = found else {
        let all: Vec<&str> = kinds().map(|kind| kind.id).collect();
        bail!("there is no kind `{kind}`; there are: {}", all.join(", "));
    };
    let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
    let mut text = String::new();
    write!(text, "{}", head(spec, kind))?;
    write!(text, "\n{}\n", spec.readme.trim())?;
    if !spec.settings_toml.trim().is_empty() {
        write!(text, "\n## Settings\n[detectors.{}]\n{}\n", spec.id, spec.settings_toml.trim())?;
    }
    for lang in Lang::ALL {
        let words = catalogue.text(kind.message, lang).unwrap_or_default();
        write!(text, "\n## Words ({}): {}\n{}\n", lang.as_str(), kind.message, words.trim())?;
    }
    Ok(text)
}

fn head(spec: &Spec, kind: &Kind) -> String {
    let alone = match kind.alone {
        Due::None => "a note, without a card".to_owned(),
        Due::Week | Due::Today => format!("a yellow card ({})", kind.alone.as_str()),
        Due::Now => "a red card, by itself".to_owned(),
    };
    let from = format!("from {} % sure; below that a note", kind.card_from.as_percent());
    let profile = if kind.needs_profile { "; a note until the clinic has been learned" } else { "" };
    format!(
        "{} (detector {}, category {}, severity {})\nOne finding alone: {alone}, {from}{profile}.\nOver when nothing more was seen for {}.\nATT&CK: {}\n",
        kind.id,
        spec.id,
        kind.category.as_str(),
        kind.severity.as_str(),
        hours(kind.quiet_for),
        if kind.techniques.is_empty() { "none".to_owned() } else { kind.techniques.join(" ") },
    )
}

fn hours(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    if minutes.is_multiple_of(60) { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_explained_in_both_languages() {
        for kind in kinds() {
            let text = explain(kind.id).unwrap();
            assert!(text.contains("## What fools it") && text.contains("## Words (da)"), "{}", kind.id);
            assert!(text.matches("title").count() >= 2, "{}", kind.id);
        }
    }

    #[test]
    fn a_kind_that_is_not_there_names_those_that_are() {
        let error = explain("dns-tunel").unwrap_err().to_string();
        assert!(error.starts_with("there is no kind `dns-tunel`") && error.contains("dns-tunnel"), "{error}");
    }
}

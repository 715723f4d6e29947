//! Every kind of trouble has words, and the words ask for nothing that the detector does not know.

use common_model::Kind;
use common_words::Catalogue;

use crate::house::House;

/// The message that a kind names is there in both languages, and its placeholders are facts of that kind.
pub(super) fn kinds(_house: &House) -> Vec<String> {
    match Catalogue::load() {
        Ok(catalogue) => sensor_detectors::kinds().flat_map(|kind| faults_of(kind, catalogue)).collect(),
        Err(err) => vec![err.to_string()],
    }
}

fn faults_of(kind: &Kind, catalogue: &Catalogue) -> Vec<String> {
    let Some(placeholders) = catalogue.placeholders(kind.message) else {
        return vec![format!("kind {} names the message `{}`, which is not there", kind.id, kind.message)];
    };
    let unknown = placeholders.into_iter().filter(|name| !kind.facts.contains(name));
    unknown
        .map(|name| {
            format!("message `{}` asks for {{{name}}}, which is no fact of kind {}", kind.message, kind.id)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common_model::{Category, Confidence, Due, Severity};

    use super::*;

    const GOOD: Kind = Kind {
        id: "dns-tunnel",
        category: Category::DnsTunnel,
        techniques: &[],
        message: "hidden_channel",
        facts: &["domain", "names", "bytes", "window"],
        severity: Severity::High,
        alone: Due::Today,
        card_from: Confidence::percent(60),
        needs_profile: false,
        quiet_for: Duration::from_secs(60),
    };

    #[test]
    fn a_kind_without_words_is_a_fault() {
        let catalogue = Catalogue::load().unwrap();
        assert!(faults_of(&GOOD, catalogue).is_empty());
        assert_eq!(faults_of(&Kind { message: "no_such", ..GOOD }, catalogue).len(), 1);
        assert!(!faults_of(&Kind { facts: &[], ..GOOD }, catalogue).is_empty());
    }
}

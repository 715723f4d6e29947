//! Whether what a body holds has the form that it promises. A record that has not is put aside at the centre, before a database sees it.

use std::collections::BTreeMap;

use super::{Body, Fact, Indicator, Peer};
use crate::limits::{FACTS_MAX, INDICATOR_BYTES_MAX, WORD_BYTES_MAX};

/// Why a body is not to be taken; `None` when it is well.
pub(crate) fn misshapen(body: &Body) -> Option<&'static str> {
    let (words, facts, peer): (Vec<&str>, _, _) = match body {
        Body::Incident(one) => (vec![&one.id, &one.kind, &one.category], Some(&one.facts), one.peer.as_ref()),
        Body::Sighting(one) => (vec![&one.kind], Some(&one.facts), None),
        Body::Answer(one) => (vec![&one.warning], None, None),
        Body::Inventory(_) | Body::Health(_) | Body::Ledger(_) | Body::Gap(_) => (Vec::new(), None, None),
    };
    if words.iter().any(|word| word.len() > WORD_BYTES_MAX) {
        return Some("an id or a word that is longer than it may be");
    }
    if facts.is_some_and(|facts| facts.len() > FACTS_MAX) {
        return Some("more facts than there may be");
    }
    let outside = peer.and_then(|peer| match peer {
        Peer::Outside(indicator) => Some(indicator),
        Peer::Device(_) => None,
    });
    let wrong = outside.into_iter().chain(facts.into_iter().flat_map(indicators)).any(|one| !is_well(one));
    wrong.then_some("an indicator that is longer than it may be")
}

fn indicators(facts: &BTreeMap<String, Fact>) -> impl Iterator<Item = &Indicator> {
    facts.values().filter_map(|fact| match fact {
        Fact::Indicator(indicator) => Some(indicator),
        _ => None,
    })
}

fn is_well(indicator: &Indicator) -> bool {
    let is_short = |word: &str| word.len() <= WORD_BYTES_MAX;
    indicator.value.as_ref().is_none_or(|value| value.len() <= INDICATOR_BYTES_MAX)
        && indicator.pseudonyms.iter().all(|one| is_short(&one.epoch) && is_short(&one.hmac))
}

/// Whether a JSON text holds the character NUL in one of its strings: PostgreSQL's text cannot.
pub(crate) fn holds_nul(json: &str) -> bool {
    // Seldom: only then it is read a second time.
    json.contains("\\u0000") && serde_json::from_str(json).is_ok_and(|value| has_nul(&value))
}

fn has_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(all) => all.iter().any(has_nul),
        serde_json::Value::Object(all) => {
            all.iter().any(|(name, value)| name.contains('\0') || has_nul(value))
        }
        _ => false,
    }
}

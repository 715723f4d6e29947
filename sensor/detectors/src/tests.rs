//! What holds for every detector of the list, and for the one that new ones are copied from. Cases: `tests/cases.rs`.

use std::collections::BTreeSet;

use common_site::Site;

use crate::{ALL, Settings, Spec, template};

fn every() -> impl Iterator<Item = &'static Spec> {
    ALL.iter().copied().chain([&template::SPEC])
}

fn builds(spec: &'static Spec, settings: &str) -> Result<(), String> {
    let site = Site::parse(&format!("[detectors.{}]\n{settings}", spec.id)).map_err(|err| err.to_string())?;
    let built = (spec.build)(Settings { spec, site: &site, seed: 1 });
    built.map(drop).map_err(|err| err.to_string())
}

#[test]
fn each_is_built_from_its_defaults() {
    for spec in every() {
        assert_eq!(builds(spec, ""), Ok(()), "{}", spec.id);
    }
}

#[test]
fn each_setting_may_be_replaced_and_none_misspelt() {
    for spec in every() {
        let defaults: toml::Table = spec.settings_toml.parse().unwrap();
        for (name, value) in &defaults {
            assert_eq!(builds(spec, &format!("{name} = {value}")), Ok(()), "{}", spec.id);
            let error = builds(spec, &format!("{name}x = {value}")).unwrap_err();
            let wanted = format!("`detectors.{}.{name}x`: unknown field", spec.id);
            assert!(error.contains(&wanted) && error.contains(&format!("did you mean `{name}`?")), "{error}");
        }
    }
}

/// A limit of 0 is reached by everything, one that is no number by nothing: neither may be accepted without a word.
#[test]
fn no_setting_may_be_nothing_or_no_number() {
    for spec in every() {
        let defaults: toml::Table = spec.settings_toml.parse().unwrap();
        for (name, value) in ["0", "-1", "nan", "-0.5", "inf", "\"a\"", "[1]"]
            .iter()
            .flat_map(|value| defaults.iter().map(move |(name, default)| (name, default, value)))
            .filter(|(_, default, _)| default.is_integer() || default.is_float())
            .map(|(name, _, value)| (name, value))
        {
            let error = builds(spec, &format!("{name} = {value}")).unwrap_err();
            let place = format!("`detectors.{}.{name}`: must be ", spec.id);
            assert!(error.contains(&place) && error.contains("number above 0"), "{error}");
        }
    }
}

#[test]
fn each_wants_something_once_and_has_kinds_of_its_own() {
    let mut ids = BTreeSet::new();
    for spec in every() {
        assert!(!spec.wants.is_empty() && spec.wants.is_sorted_by(|one, other| one < other), "{}", spec.id);
        assert!(spec.kinds.iter().all(|kind| ids.insert(kind.id)), "{}", spec.id);
        assert!(spec.kinds.iter().any(|kind| kind.id == spec.id), "no kind is called {}", spec.id);
    }
}

#[test]
fn techniques_are_written_as_attack_writes_them() {
    for technique in every().flat_map(|spec| spec.kinds).flat_map(|kind| kind.techniques) {
        let (number, part) = technique.split_once('.').unwrap_or((technique, "001"));
        let are_digits =
            |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        assert!(number.strip_prefix('T').is_some_and(|digits| are_digits(digits, 4)), "{technique}");
        assert!(are_digits(part, 3), "{technique}");
    }
}

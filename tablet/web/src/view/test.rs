//! The self-test, link by link.

use box_store::sensor::TestStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// A self-test.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Test {
    id: String,
    done: bool,
    links: Vec<Link>,
}

/// A link of the chain.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Link {
    /// `capture`, `decoder`, `detectors`, `store` or `tablet`.
    key: &'static str,
    name: String,
    /// `waiting`, `ok` or `failed`.
    state: &'static str,
    text: String,
}

impl View {
    /// The test that was asked for by this command.
    pub(crate) fn test(&self, id: i64) -> anyhow::Result<Test> {
        let words = self.words();
        let status =
            self.status.as_ref().and_then(|status| status.test.as_ref()).filter(|test| test.id == id);
        let passed = |test: &TestStatus| {
            [
                ("capture", test.capture),
                ("decoder", test.decoder),
                ("detectors", test.detectors),
                ("store", test.store),
                ("tablet", true),
            ]
        };
        let keys = ["capture", "decoder", "detectors", "store", "tablet"];
        let states = match status {
            Some(test) => passed(test).map(|(key, is_ok)| (key, if is_ok { "ok" } else { "failed" })),
            None => keys.map(|key| (key, "waiting")),
        };
        let links = states.into_iter().map(|(key, state)| {
            let text =
                if state == "waiting" { "test_waiting".to_owned() } else { format!("test_{key}_{state}") };
            let name = words.say(&format!("test_name_{key}"), &[])?;
            Ok(Link { key, name, state, text: words.say(&text, &[])? })
        });
        Ok(Test { id: id.to_string(), done: status.is_some(), links: links.collect::<anyhow::Result<_>>()? })
    }
}

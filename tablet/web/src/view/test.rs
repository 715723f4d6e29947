//! The self-test, link by link.

use box_store::sensor::TestStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use super::word::{LinkKey, LinkState};

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
    key: LinkKey,
    name: String,
    state: LinkState,
    text: String,
}

/// Whether a test came through a link.
type Passed = fn(&TestStatus) -> bool;

/// The chain, and whether a test came through each link. That this is shown at all is the last one.
const CHAIN: [(LinkKey, &str, Passed); 5] = [
    (LinkKey::Capture, "capture", |test| test.capture),
    (LinkKey::Decoder, "decoder", |test| test.decoder),
    (LinkKey::Detectors, "detectors", |test| test.detectors),
    (LinkKey::Store, "store", |test| test.store),
    (LinkKey::Tablet, "tablet", |_| true),
];

impl View {
    /// The test that was asked for by this command.
    pub(crate) fn test(&self, id: i64) -> anyhow::Result<Test> {
        let words = self.words();
        let status =
            self.status.as_ref().and_then(|status| status.test.as_ref()).filter(|test| test.id == id);
        let link = |(key, name, of): (LinkKey, &str, Passed)| {
            let (state, text) = match status.map(of) {
                Some(true) => (LinkState::Ok, format!("test_{name}_ok")),
                Some(false) => (LinkState::Failed, format!("test_{name}_failed")),
                None => (LinkState::Waiting, "test_waiting".to_owned()),
            };
            let name = words.say(&format!("test_name_{name}"), &[])?;
            Ok(Link { key, name, state, text: words.say(&text, &[])? })
        };
        let links = CHAIN.into_iter().map(link);
        Ok(Test { id: id.to_string(), done: status.is_some(), links: links.collect::<anyhow::Result<_>>()? })
    }
}

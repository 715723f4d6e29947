//! The lines of a record: JSON that a person can read, and its beginning.

use std::sync::Arc;

use anyhow::Context as _;
use box_store::record::{IncidentRecord, from_hex, hex};
use common_model::{ClosedBy, IncidentId, Timestamp};
use common_site::Site;
use sensor_decode::PortId;
use sensor_engine::{Command, Given, PortReport};
use serde::{Deserialize, Serialize};

/// The form that is written, and the only one that is read.
const FORM: u32 = 1;

/// How an engine began.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    form: u32,
    /// Of the program that wrote it: another may give another answer.
    pub(super) version: String,
    pub(super) seed: u64,
    /// How many lists there are beside the built-in ones.
    pub(super) lists: usize,
    /// What was open before.
    pub(super) open: Vec<IncidentRecord>,
}

impl Start {
    pub(super) fn new(seed: u64, lists: usize, open: Vec<IncidentRecord>) -> Self {
        Start { form: FORM, version: env!("CARGO_PKG_VERSION").to_owned(), seed, lists, open }
    }

    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let start: Start = serde_json::from_str(text).context("not the beginning of a record")?;
        anyhow::ensure!(start.form == FORM, "a record of form {}, and only {FORM} can be read", start.form);
        Ok(start)
    }
}

/// What an engine was told that is no frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// So many frames came before it.
    pub(super) after: u64,
    at_ns: u64,
    told: Told,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Told {
    Silence,
    Port { number: u8, report: PortReport },
    Close { incident: String, by: String },
    Site { toml: String },
}

impl Line {
    /// `None` for frames, and for lists, which nobody gives a running engine yet.
    pub(super) fn new(after: u64, given: &Given<'_>) -> Option<Self> {
        let told = match given {
            Given::Silence(_) => Told::Silence,
            Given::Port(_, port, report) => Told::Port { number: port.0, report: *report },
            Given::Command(_, Command::Close(id, by)) => {
                Told::Close { incident: hex(id.0), by: by.as_str().to_owned() }
            }
            Given::Command(_, Command::Site(site)) => Told::Site { toml: site.to_toml() },
            Given::Command(_, Command::Indicators(_)) | Given::Frame(_) => return None,
        };
        Some(Line { after, at_ns: given.at().as_nanos(), told })
    }

    /// What the engine is to be given.
    pub(super) fn given(self) -> anyhow::Result<Given<'static>> {
        let at = Timestamp::from_nanos(self.at_ns);
        Ok(match self.told {
            Told::Silence => Given::Silence(at),
            Told::Port { number, report } => Given::Port(at, PortId(number), report),
            Told::Close { incident, by } => {
                let by = ClosedBy::ALL.into_iter().find(|who| who.as_str() == by);
                let by = by.context("nobody closes incidents who is called so")?;
                Given::Command(at, Command::Close(IncidentId(from_hex("incident", &incident)?), by))
            }
            Told::Site { toml } => Given::Command(at, Command::Site(Arc::new(Site::parse(&toml)?))),
        })
    }
}

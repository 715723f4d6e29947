//! What people ask at the tablet. A command is done when its effect is on the disk: its number is written together with what came of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use box_store::record::from_hex;
use box_store::sensor::{Status, TestStatus};
use box_store::tablet::CommandRecord;
use box_store::{StoreError, TabletReader};
use common_model::{ClosedBy, IncidentId};
use common_site::Site;
use sensor_engine::{Command, Engine};

use crate::{Agent, canary};

/// Most commands read at once. Guess: more than people press.
const COMMANDS_MAX: u32 = 100;

impl Agent {
    /// Does what was asked.
    pub(crate) fn obey(&mut self) -> anyhow::Result<()> {
        let Ok(tablet) = TabletReader::open(self.memory.folder()) else { return Ok(()) };
        let Ok(commands) = tablet.commands_after(self.status.command_done, COMMANDS_MAX) else {
            return Ok(());
        };
        for command in commands {
            match command.what {
                CommandRecord::Close { incident, by } => {
                    let by = ClosedBy::ALL.into_iter().find(|who| who.as_str() == by);
                    if let (Ok(id), Some(by)) = (from_hex("incident", &incident), by) {
                        self.tell(self.now, Command::Close(IncidentId(id), by));
                    }
                }
                CommandRecord::Site => {
                    // The tablet has checked it; one that cannot be read leaves what was chosen before.
                    if let Ok(Some(site)) = chosen(self.memory.folder()) {
                        self.ears.listen_for(&site.monitored)?;
                        self.tell(self.now, Command::Site(site));
                        self.take_devices();
                    }
                }
                CommandRecord::Test => self.test(command.seq),
            }
            self.status.command_done = command.seq;
        }
        self.take_outputs();
        Ok(())
    }

    /// Lets the canary fly, and says which links of the chain it passed.
    fn test(&mut self, id: i64) {
        let passed = canary::fly().unwrap_or_default();
        let capture = self.status.ports.iter().any(|port| port.sees && port.trouble.is_none());
        let mut test =
            TestStatus { id, capture, decoder: passed.decoder, detectors: passed.detectors, store: false };
        let status = Status { test: Some(test.clone()), ..self.status.clone() };
        test.store = self.memory.keeps(&status);
        self.status.test = Some(test);
    }
}

/// What the clinic chose last.
pub(crate) fn chosen(folder: &Path) -> anyhow::Result<Option<Arc<Site>>> {
    let toml = match TabletReader::open(folder).and_then(|tablet| tablet.site()) {
        Ok(toml) => toml,
        Err(StoreError::Missing { .. }) => None,
        Err(err) => return Err(err.into()),
    };
    let Some(toml) = toml else { return Ok(None) };
    let site = Site::parse(&toml).context("the settings in tablet.db")?;
    Engine::check(&site).context("the settings in tablet.db")?;
    Ok(Some(Arc::new(site)))
}

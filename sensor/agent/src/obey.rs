//! What people ask at the tablet. A command is done when its effect is on the disk: its number is written together with what came of it.

use std::path::Path;
use std::sync::Arc;

use box_store::record::from_hex;
use box_store::sensor::{Status, TestStatus};
use box_store::tablet::{CommandRecord, Numbering};
use box_store::{StoreError, TabletReader};
use common_model::{ClosedBy, IncidentId};
use common_site::Site;
use sensor_engine::{Command, Engine};

use crate::faults::tell;
use crate::{Agent, canary};

/// Most commands read at once. Guess: more than people press.
const COMMANDS_MAX: u32 = 100;

impl Agent {
    /// Does what was asked.
    pub(crate) fn obey(&mut self) -> anyhow::Result<()> {
        let Ok(tablet) = TabletReader::open(self.memory.folder()) else { return Ok(()) };
        let Ok(numbering) = tablet.numbering() else { return Ok(()) };
        self.count_by(numbering);
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
                    // The tablet has checked it; of what cannot be used the latest that can holds.
                    let Chosen { site, is_refused } = chosen(self.memory.folder());
                    self.are_settings_refused = is_refused;
                    if let Some(site) = site {
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

    /// Commands are counted by the file that they stand in. In one that was made anew none is done, and in an older copy none that is not in it.
    fn count_by(&mut self, Numbering { of, last }: Numbering) {
        let Status { command_done, commands_of, .. } = &mut self.status;
        let is_another = commands_of.is_some() && of.is_some() && *commands_of != of;
        *command_done = if is_another { 0 } else { last.min(*command_done) };
        *commands_of = of.or(commands_of.take());
    }

    /// Lets the canary fly, and says which links of the chain it passed.
    fn test(&mut self, id: i64) {
        let passed = canary::fly().unwrap_or_default();
        let capture = !self.status.ports.is_empty()
            && self.status.ports.iter().all(|port| port.sees && port.trouble.is_none());
        let mut test =
            TestStatus { id, capture, decoder: passed.decoder, detectors: passed.detectors, store: false };
        let status = Status { test: Some(test.clone()), ..self.status.clone() };
        test.store = self.memory.keeps(&status);
        self.status.test = Some(test);
    }
}

/// What the clinic chose.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The latest settings that this version can use.
    pub(crate) site: Option<Arc<Site>>,
    /// Whether there are later ones that it cannot.
    pub(crate) is_refused: bool,
}

/// Looks what the clinic chose last.
pub(crate) fn chosen(folder: &Path) -> Chosen {
    let latest_first = match TabletReader::open(folder).and_then(|tablet| tablet.sites()) {
        Ok(sites) => sites,
        Err(StoreError::Missing { .. }) => return Chosen::default(),
        Err(err) => {
            tell(&format!("the settings could not be read: {err}"));
            return Chosen { site: None, is_refused: true };
        }
    };
    // What is wrong with them names devices and people, and is not told.
    let usable = |toml: &String| Site::parse(toml).ok().filter(|site| Engine::check(site).is_ok());
    let is_refused = latest_first.first().is_some_and(|toml| usable(toml).is_none());
    if is_refused {
        tell("this version cannot use the latest settings; the latest that it can use hold");
    }
    Chosen { site: latest_first.iter().find_map(usable).map(Arc::new), is_refused }
}

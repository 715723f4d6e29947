//! What came out of the engine, with the ends named and the words filled in.

use std::io;
use std::sync::Arc;

use common_model::{
    DeviceId, Due, Facts, Finding, FindingRole, Incident, IncidentId, Party, Sighting, Timestamp,
};
use common_site::Site;
use common_words::{Audience, Catalogue, Lang, RenderError, Rendered, Request};
use sensor_decode::PortId;
use sensor_engine::{Output, SightState};
use sensor_inventory::{Device, Inventory};

use crate::Summary;

/// One thing that came out, ready to be written down.
#[derive(Debug)]
pub enum Told<'a> {
    /// A detector's opinion.
    Finding {
        /// It.
        finding: &'a Finding,
        /// Which incident it belongs to.
        incident: IncidentId,
        /// Whom it is about.
        device: Party,
        /// The other end.
        peer: Option<Party>,
    },
    /// A step in an incident's life.
    Incident {
        /// It.
        incident: &'a Incident,
        /// When the step was taken.
        at: Timestamp,
        /// Whom it is about.
        device: Party,
        /// The other end.
        peer: Option<Party>,
        /// What people are told.
        words: Rendered,
    },
    /// Too weak for a finding.
    Sighting {
        /// It.
        sighting: &'a Sighting,
        /// Who saw it.
        device: Party,
    },
    /// A device is new, or something new is known of it.
    Device {
        /// It.
        device: &'a Device,
        /// As outputs name it.
        party: Party,
        /// When.
        at: Timestamp,
    },
    /// A port sees, or has gone blind.
    Sight {
        /// Which port.
        port: PortId,
        /// What it does now.
        state: SightState,
        /// When that was noticed.
        at: Timestamp,
        /// When it was last heard.
        last_heard: Timestamp,
        /// What people are told.
        words: Rendered,
    },
}

/// Writes down what came out.
pub trait Teller {
    /// Takes one thing.
    ///
    /// # Errors
    /// What the place says to which it is written.
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()>;

    /// A run has ended.
    ///
    /// # Errors
    /// As [`Teller::tell`].
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}

/// Names ends and fills words in.
#[derive(Clone, Debug)]
pub struct Telling {
    /// The words.
    pub catalogue: &'static Catalogue,
    /// What the clinic chose.
    pub site: Arc<Site>,
    /// In which language.
    pub lang: Lang,
}

/// The message that speaks for a port that hears nothing.
const BLIND_MESSAGE: &str = "box_blind";

impl Telling {
    /// What this output tells; `None` for a device that has been forgotten meanwhile.
    ///
    /// # Errors
    /// [`RenderError`] when a message asks for what its kind does not give: a fault of ours.
    pub fn told<'a>(
        &self,
        output: &'a Output,
        inventory: &'a Inventory,
    ) -> Result<Option<Told<'a>>, RenderError> {
        let told = match output {
            Output::Finding(finding, incident) => Told::Finding {
                finding,
                incident: *incident,
                device: inventory.accused(finding.kind, finding.device, &finding.facts),
                peer: finding.peer.map(|peer| inventory.party(peer)),
            },
            Output::Incident(incident, at) => {
                let device = inventory.accused(incident.kind, incident.device, &incident.facts);
                let peer = incident.peer.map(|peer| inventory.party(peer));
                let words = self.catalogue.render(&Request {
                    message: incident.kind.message,
                    due: incident.due,
                    role: incident.role,
                    peer: peer.as_ref(),
                    facts: &incident.facts,
                    opened_at: incident.opened_at,
                    seen_at: incident.last_seen,
                    ..self.request(&device, *at)
                })?;
                Told::Incident { incident, at: *at, device, peer, words }
            }
            Output::Sighting(sighting) => {
                Told::Sighting { sighting, device: inventory.party(sighting.device) }
            }
            Output::Device(id, at) => match self.device(*id, inventory) {
                Some((device, party)) => Told::Device { device, party, at: *at },
                None => return Ok(None),
            },
            Output::Sight { port, state, at, last_heard } => {
                let words = self.catalogue.render(&Request {
                    opened_at: *last_heard,
                    seen_at: *last_heard,
                    ..self.request(&Party::default(), *at)
                })?;
                Told::Sight { port: *port, state: *state, at: *at, last_heard: *last_heard, words }
            }
        };
        Ok(Some(told))
    }

    fn device<'a>(&self, id: DeviceId, inventory: &'a Inventory) -> Option<(&'a Device, Party)> {
        let device = inventory.get(id)?;
        Some((device, inventory.party(common_model::Subject::Device(device.id))))
    }

    /// A request of which the caller fills in what it knows better.
    fn request<'a>(&'a self, device: &'a Party, now: Timestamp) -> Request<'a> {
        const NO_FACTS: &Facts = &Facts::new();
        Request {
            message: BLIND_MESSAGE,
            about: None,
            lang: self.lang,
            audience: Audience::Clinic,
            due: Due::Now,
            role: FindingRole::Source,
            device,
            peer: None,
            others: &[],
            facts: NO_FACTS,
            site: &self.site,
            opened_at: now,
            seen_at: now,
            now,
        }
    }
}

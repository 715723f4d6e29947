//! What came out of the engine, as rows to be written.

use box_store::record::{DeviceRecord, EventRecord, IncidentRecord, PartyRecord, SightingRecord, hex};
use box_store::sensor::Batch;
use common_model::Subject;
use sensor_engine::{Engine, Output, SightState};

use crate::talks::Listener;

/// Puts everything that came out into the batch. `port_name` names a port.
pub(crate) fn take(
    engine: &mut Engine,
    talks: &Listener,
    batch: &mut Batch,
    port_name: &dyn Fn(u8) -> String,
) {
    while let Some(output) = engine.poll_output() {
        let inventory = engine.inventory();
        match output {
            Output::Incident(incident, at) => {
                let device = inventory.accused(incident.kind, incident.device, &incident.facts);
                let peer = incident.peer.map(|peer| inventory.party(peer));
                let record = IncidentRecord::new(&incident, &device, peer.as_ref());
                batch.events.push((at.as_nanos(), EventRecord::Incident(Box::new(record))));
            }
            Output::Sighting(sighting) => {
                let record = SightingRecord::new(&sighting, &inventory.party(sighting.device));
                batch.sightings.push((sighting.at.as_nanos(), record));
            }
            Output::Device(id, _) => batch.devices.extend(device(engine, talks, id)),
            Output::Sight { port, state, at, last_heard } => {
                let sees = state == SightState::Sees;
                let (port, last_heard_ns) = (port.0, last_heard.as_nanos());
                let event = EventRecord::Sight { port, name: port_name(port), sees, last_heard_ns };
                batch.events.push((at.as_nanos(), event));
            }
            // A finding is told by its incident; the row of the incident counts it.
            Output::Finding(..) => {}
        }
    }
}

/// A device as it is now; `None` when it was forgotten, or turned out to be another.
pub(crate) fn device(engine: &Engine, talks: &Listener, id: common_model::DeviceId) -> Option<DeviceRecord> {
    let device = engine.inventory().get(id).filter(|device| device.id == id)?;
    let party = engine.inventory().party(Subject::Device(id));
    let announced = &device.announced_name;
    Some(DeviceRecord {
        party: PartyRecord { id: Some(hex(id.0)), ..PartyRecord::new(Subject::Device(id), &party) },
        announced_name: (!announced.is_empty()).then(|| announced.to_string()),
        addresses: device.ips.iter().copied().collect(),
        first_seen_ns: device.first_seen.as_nanos(),
        last_seen_ns: device.last_seen.as_nanos(),
        is_router: device.is_router,
        is_visitor: device.is_visitor(),
        talks_to: talks.of(engine, id),
        evidence: device.evidence().map(str::to_owned).collect(),
    })
}

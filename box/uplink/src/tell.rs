//! What is stored, as bodies of the wire.

use std::collections::BTreeMap;

use box_store::record::{DeviceRecord, IncidentRecord, PartyRecord, SightingRecord};
use box_store::sensor::Status;
use common_model::{Category, DeviceId, Party, Timestamp};
use common_site::{ContactRole, Site};
use common_wire::limits::{STEPS_MAX, TEXT_CHARS_MAX};
use common_wire::v1::{
    CallRole, Device, DeviceType, Health, Incident, Inventory, Peer, Port, Sighting, Text,
};
use common_words::{Audience, Catalogue, Lang, Rendered, Request};
use serde::de::DeserializeOwned;

use crate::mask::Mask;

/// Devices that were heard within this time are counted.
const COUNTED_NS: u64 = 7 * 86_400 * 1_000_000_000;

/// What everything is told with.
#[derive(Debug)]
pub struct Teller<'a> {
    /// What may leave.
    pub mask: Mask<'a>,
    /// The clinic's settings.
    pub site: &'a Site,
    /// The words.
    pub catalogue: &'a Catalogue,
    /// Whether a recording is played.
    pub is_exercise: bool,
}

impl Teller<'_> {
    /// A step of an incident; nothing when what is stored holds a word that is not one of ours.
    #[must_use]
    pub fn incident(&self, record: &IncidentRecord, at: Timestamp, now: Timestamp) -> Option<Incident> {
        let device = self.mask.any_device(&record.device);
        let peer = record.peer.as_ref().map(|peer| self.mask.peer(peer));
        Some(Incident {
            id: record.id.clone(),
            state: word(&record.state)?,
            closed_by: record.closed_by.as_deref().and_then(word),
            at,
            opened_at: Timestamp::from_nanos(record.opened_at_ns),
            last_seen: Timestamp::from_nanos(record.last_seen_ns),
            kind: record.kind.clone(),
            category: Category::from_word(&record.category)?.as_str().to_owned(),
            techniques: record.techniques.clone(),
            severity: word(&record.severity)?,
            confidence_percent: record.confidence_percent.min(100),
            due: word(&record.due)?,
            text: self.text(record, &device, peer.as_ref(), now)?,
            device,
            role: word(&record.role)?,
            peer,
            findings: record.findings,
            facts: self.mask.facts(&record.facts),
            is_exercise: self.is_exercise,
        })
    }

    /// What was too weak for a card.
    #[must_use]
    pub fn sighting(&self, record: &SightingRecord, at: Timestamp) -> Sighting {
        Sighting {
            at,
            kind: record.kind.clone(),
            device: self.mask.any_device(&record.device),
            facts: self.mask.facts(&record.facts),
            is_exercise: self.is_exercise,
        }
    }

    /// The words that the clinic sees, rendered a second time.
    fn text(
        &self,
        record: &IncidentRecord,
        device: &Device,
        peer: Option<&Peer>,
        now: Timestamp,
    ) -> Option<Text> {
        let shown = masked(&record.device, device);
        let other = peer.zip(record.peer.as_ref()).map(|(peer, stored)| match peer {
            Peer::Device(device) => masked(stored, device),
            // Without a name it is "an address on the internet".
            Peer::Outside(_) => Party { ip: stored.ip, ..Party::default() },
        });
        let facts = record.facts().ok()?;
        let rendered = self.catalogue.render(&Request {
            message: &record.message,
            about: None,
            lang: Lang::Da,
            audience: Audience::Centre,
            due: record.due().ok()?,
            role: record.role().ok()?,
            device: &shown,
            peer: other.as_ref(),
            others: &[],
            facts: &facts,
            site: self.site,
            opened_at: Timestamp::from_nanos(record.opened_at_ns),
            seen_at: Timestamp::from_nanos(record.last_seen_ns),
            now,
        });
        let Rendered { title, what, meaning, steps, call } = rendered.ok()?;
        Some(Text {
            lang: Lang::Da.as_str().to_owned(),
            title: cut(&title),
            what: cut(&what),
            meaning: cut(&meaning),
            steps: steps.iter().take(STEPS_MAX).map(|step| cut(step)).collect(),
            call: call.map(|call| call_role(call.role)),
        })
    }
}

/// A device under its pseudonym: nothing of it is left but what it is.
fn masked(stored: &PartyRecord, device: &Device) -> Party {
    let party = stored.to_party();
    Party {
        id: Some(party.id.unwrap_or(DeviceId(0))),
        name: Some(Mask::called(device)),
        device_type: party.device_type,
        type_confirmed: party.type_confirmed,
        ..Party::default()
    }
}

/// How many devices of each type were heard lately.
#[must_use]
pub(crate) fn inventory(devices: &[DeviceRecord], at: Timestamp) -> Inventory {
    let since = at.as_nanos().saturating_sub(COUNTED_NS);
    let heard = devices.iter().filter(|device| device.last_seen_ns >= since);
    let mut by_type = BTreeMap::new();
    let mut confirmed = 0;
    for device in heard {
        let kind: DeviceType = word(&device.party.device_type).unwrap_or(DeviceType::Unknown);
        *by_type.entry(kind).or_insert(0) += 1;
        confirmed += u32::from(device.party.type_confirmed);
    }
    Inventory { at, devices: by_type, confirmed }
}

/// A sensor that has not said so long how it is, is not there; it says so each second. As long as the tablet waits before it turns grey.
const SENSOR_SILENT_NS: u64 = 90 * 1_000_000_000;

/// How the sensor is; the link's own part is filled in by whoever knows it. A sensor that is silent is no calm one: what it said last is old.
#[must_use]
pub(crate) fn health(status: &Status, at: Timestamp) -> Health {
    let port = |port: &box_store::sensor::PortStatus| Port {
        number: port.number,
        sees: port.sees,
        has_carrier: port.has_carrier,
        last_heard: Timestamp::from_nanos(port.last_heard_ns),
    };
    Health {
        at,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        is_learning: status.is_learning,
        problem: if is_silent(status, at) {
            Some("sensor_silent".to_owned())
        } else {
            status.problem.clone()
        },
        ports: status.ports.iter().map(port).collect(),
        waiting: BTreeMap::new(),
        sent_today_bytes: 0,
        budget_bytes: 0,
    }
}

/// Whether the sensor has not said for a while how it is. One of an older version does not say when.
pub(crate) const fn is_silent(status: &Status, at: Timestamp) -> bool {
    status.said_at_ns != 0 && at.as_nanos().saturating_sub(status.said_at_ns) > SENSOR_SILENT_NS
}

/// One of the wire's words.
pub(crate) fn word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

const fn call_role(role: ContactRole) -> CallRole {
    match role {
        ContactRole::ItSupplier => CallRole::ItSupplier,
        ContactRole::Owner => CallRole::Owner,
        ContactRole::Dcis => CallRole::Dcis,
        ContactRole::DeviceSupplier => CallRole::DeviceSupplier,
        ContactRole::InternetProvider => CallRole::InternetProvider,
        ContactRole::GpSystem => CallRole::GpSystem,
    }
}

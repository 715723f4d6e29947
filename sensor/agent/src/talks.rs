//! Whom each device talks to, for the list on the tablet: the few to whom and from whom most bytes went.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use box_store::record::PartyRecord;
use common_model::{DeviceId, Subject};
use sensor_detectors::{Observation, What};
use sensor_engine::Engine;

/// Most devices, as many as the inventory has.
const DEVICES_MAX: usize = 512;

/// Most other ends kept of one device. Guess: twice what is shown, so that a newcomer has a chance.
const PEERS_MAX: usize = 16;

/// So many are shown. Guess: as many as fit below a device's name.
const SHOWN_MAX: usize = 6;

/// Whom each device talks to, and how many bytes went either way.
#[derive(Debug, Default)]
struct Talks(BTreeMap<DeviceId, BTreeMap<Subject, u64>>);

impl Talks {
    fn add(&mut self, device: DeviceId, peer: Subject, bytes: u64) {
        if self.0.len() >= DEVICES_MAX && !self.0.contains_key(&device) {
            return;
        }
        let peers = self.0.entry(device).or_default();
        if peers.len() >= PEERS_MAX && !peers.contains_key(&peer) {
            // Whoever was talked to least makes room; what it had is the newcomer's, so that it is not the next to go.
            let least = peers.iter().min_by_key(|(_, bytes)| **bytes).map(|(peer, bytes)| (*peer, *bytes));
            let Some((least, inherited)) = least else { return };
            peers.remove(&least);
            peers.insert(peer, inherited);
        }
        let sum = peers.entry(peer).or_default();
        *sum = sum.saturating_add(bytes);
    }
}

/// Listens to an engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener(Arc<Mutex<Talks>>);

impl Listener {
    /// Hears from now on with whom devices talk.
    pub(crate) fn listen_to(&self, engine: &mut Engine) {
        let talks = Arc::clone(&self.0);
        engine.listen(Box::new(move |seen: &Observation<'_>| {
            let What::Contact(contact) = seen.what else { return };
            if !contact.phase.is_report() {
                return;
            }
            let bytes = contact.sent.bytes.saturating_add(contact.received.bytes);
            let (source, target) = (seen.source.subject(), seen.target.subject());
            let mut talks = talks.lock().unwrap_or_else(PoisonError::into_inner);
            for (one, other) in [(source, target), (target, source)] {
                if let Subject::Device(id) = one {
                    talks.add(id, other, bytes);
                }
            }
        }));
    }

    /// With whom this device talks most, the most first; addresses outside by their names.
    pub(crate) fn of(&self, engine: &Engine, id: DeviceId) -> Vec<PartyRecord> {
        let talks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(peers) = talks.0.get(&id) else { return Vec::new() };
        let mut peers: Vec<(Subject, u64)> = peers.iter().map(|(peer, bytes)| (*peer, *bytes)).collect();
        drop(talks);
        peers.sort_by_key(|(_, bytes)| core::cmp::Reverse(*bytes));
        let mut shown: Vec<PartyRecord> = Vec::new();
        for (peer, _) in peers {
            let record = PartyRecord::new(peer, &engine.inventory().party(peer));
            // One name has many addresses, and those without a name are told apart by nobody.
            let is_same = |known: &PartyRecord| known.id == record.id && known.name == record.name;
            if shown.len() < SHOWN_MAX && !shown.iter().any(is_same) {
                shown.push(record);
            }
        }
        shown
    }
}

//! Whom each device talks to, for the list on the tablet: the few to whom and from whom most bytes went lately. Goes on from the list that is
//! stored, and forgets with the inventory.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use box_store::record::{DeviceRecord, PartyRecord};
use common_model::{DeviceId, Subject, Timestamp};
use sensor_detectors::{Observation, What};
use sensor_engine::Engine;
use sensor_inventory::Inventory;

/// Most devices, as many as the inventory has.
const DEVICES_MAX: usize = 2_048;

/// Most other ends kept of one device. Guess: twice what is shown, so that a newcomer has a chance.
const PEERS_MAX: usize = 16;

/// So many are shown. Guess: as many as fit below a device's name.
const SHOWN_MAX: usize = 6;

/// So often all sums are halved: what was long ago counts less. Guess.
const HALVED_EVERY: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Whom each device talks to.
#[derive(Debug, Default)]
struct Talks {
    devices: BTreeMap<DeviceId, Peers>,
    halved_at: Option<Timestamp>,
}

type Peers = BTreeMap<Subject, Peer>;

/// The other end.
#[derive(Clone, Debug, Default)]
struct Peer {
    /// How many bytes went either way.
    bytes: u64,
    /// What it was called before a restart: the inventory may not know it yet.
    known_as: Option<PartyRecord>,
}

impl Talks {
    fn add(&mut self, device: DeviceId, peer: Subject, bytes: u64) {
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&device) {
            return;
        }
        add(self.devices.entry(device).or_default(), peer, Peer { bytes, known_as: None });
    }

    /// What is stored of a device: only the order is known.
    fn restore(&mut self, device: &DeviceRecord) {
        let Ok(Subject::Device(id)) = device.party.subject() else { return };
        for (bytes, party) in (1..).zip(device.talks_to.iter().take(SHOWN_MAX).rev()) {
            let Ok(peer) = party.subject() else { continue };
            self.add(id, peer, bytes);
            if let Some(peer) = self.devices.get_mut(&id).and_then(|peers| peers.get_mut(&peer)) {
                peer.known_as = Some(party.clone());
            }
        }
    }

    /// Whom the inventory forgot is forgotten; who turned out to be another is that one.
    fn follow(&mut self, inventory: &Inventory) {
        for (id, peers) in core::mem::take(&mut self.devices) {
            let Some(device) = inventory.get(id) else { continue };
            let of = self.devices.entry(device.id).or_default();
            peers.into_iter().for_each(|(peer, talked)| add(of, peer, talked));
        }
    }

    fn age(&mut self, now: Timestamp) {
        let halved_at = *self.halved_at.get_or_insert(now);
        if now.since(halved_at) >= HALVED_EVERY {
            self.halved_at = Some(now);
            self.devices.values_mut().flat_map(BTreeMap::values_mut).for_each(|peer| peer.bytes /= 2);
        }
    }
}

fn add(peers: &mut Peers, peer: Subject, talked: Peer) {
    if peers.len() >= PEERS_MAX && !peers.contains_key(&peer) {
        // Whoever was talked to least makes room; what it had is the newcomer's, so that it is not the next to go.
        let least =
            peers.iter().min_by_key(|(_, least)| least.bytes).map(|(peer, least)| (*peer, least.bytes));
        let Some((least, inherited)) = least else { return };
        peers.remove(&least);
        peers.insert(peer, Peer { bytes: inherited, known_as: None });
    }
    let sum = peers.entry(peer).or_default();
    sum.bytes = sum.bytes.saturating_add(talked.bytes);
    sum.known_as = sum.known_as.take().or(talked.known_as);
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

    /// Goes on from what is stored.
    pub(crate) fn restore(&self, devices: &[DeviceRecord]) {
        let mut talks = self.talks();
        devices.iter().for_each(|device| talks.restore(device));
    }

    /// Forgets what the inventory forgot, and counts less what was long ago.
    pub(crate) fn tidy(&self, engine: &Engine, now: Timestamp) {
        let mut talks = self.talks();
        // Before the first frame nothing is known, which is not forgotten.
        if engine.inventory().iter().next().is_some() {
            talks.follow(engine.inventory());
        }
        talks.age(now);
    }

    /// With whom this device talks most, the most first; addresses outside by their names.
    pub(crate) fn of(&self, engine: &Engine, id: DeviceId) -> Vec<PartyRecord> {
        let Some(peers) = self.talks().devices.get(&id).cloned() else { return Vec::new() };
        let mut peers: Vec<(Subject, Peer)> = peers.into_iter().collect();
        peers.sort_by_key(|(_, peer)| core::cmp::Reverse(peer.bytes));
        let mut shown: Vec<PartyRecord> = Vec::new();
        for (peer, Peer { known_as, .. }) in peers {
            let known = PartyRecord::new(peer, &engine.inventory().party(peer));
            let record = known_as.filter(|_| known.name.is_none()).unwrap_or(known);
            // One name has many addresses, and those without a name are told apart by nobody.
            let is_same = |known: &PartyRecord| known.id == record.id && known.name == record.name;
            if shown.len() < SHOWN_MAX && !shown.iter().any(is_same) {
                shown.push(record);
            }
        }
        shown
    }

    fn talks(&self) -> MutexGuard<'_, Talks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(last: u8) -> Subject {
        Subject::Address([203, 0, 113, last].into())
    }

    #[test]
    fn what_was_long_ago_counts_less() {
        let mut talks = Talks::default();
        let start = Timestamp::from_secs(1_773_822_600);
        talks.age(start);
        talks.add(DeviceId(1), outside(1), 1_000);
        for week in 1..=4 {
            talks.age(start + HALVED_EVERY * week);
        }
        talks.add(DeviceId(1), outside(2), 100);
        let bytes: Vec<u64> = talks.devices[&DeviceId(1)].values().map(|peer| peer.bytes).collect();
        assert_eq!(bytes, [62, 100]);
    }

    #[test]
    fn whom_the_inventory_forgot_makes_room_for_newcomers() {
        let mut talks = Talks::default();
        for device in 0..DEVICES_MAX as u64 + 1 {
            talks.add(DeviceId(device), outside(1), 1);
        }
        assert_eq!(talks.devices.len(), DEVICES_MAX);
        talks.follow(&Inventory::new(Arc::default(), 0));
        talks.add(DeviceId(9_999), outside(1), 1);
        assert_eq!(talks.devices.len(), 1);
    }
}

//! A map of fixed size that forgets the entry that was touched longest ago.

use core::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    hash: u64,
    newer: u32,
    older: u32,
}

/// A map of at most `len_max` entries; all memory is taken when it is made.
#[derive(Debug)]
pub struct Recent<K, V> {
    slots: Vec<Slot<K, V>>,
    index: HashTable<u32>,
    hasher: FixedState,
    len_max: usize,
    newest: u32,
    oldest: u32,
    forgotten: u64,
}

impl<K: Hash + Eq + Copy, V> Recent<K, V> {
    /// A map of at most `len_max` entries (at least one).
    #[must_use]
    pub fn new(len_max: usize, seed: u64) -> Self {
        let len_max = len_max.clamp(1, NONE as usize >> 1);
        Recent {
            slots: Vec::with_capacity(len_max),
            index: HashTable::with_capacity(len_max),
            hasher: FixedState::with_seed(seed),
            len_max,
            newest: NONE,
            oldest: NONE,
            forgotten: 0,
        }
    }

    /// Memory of a map of `len_max` entries, in bytes, without what the values point to.
    #[must_use]
    pub const fn memory_bytes(len_max: usize) -> usize {
        // The index keeps at most 7/8 of its power of two full, five bytes each.
        len_max.saturating_mul(size_of::<Slot<K, V>>().saturating_add(12))
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many entries were forgotten because the map was full.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The value of `key`; does not touch it.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(self.hasher.hash_one(key), key)?;
        self.slots.get(at as usize).map(|slot| &slot.value)
    }

    /// The value of `key`, touched.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(self.hasher.hash_one(key), key)?;
        self.touch(at);
        self.slots.get_mut(at as usize).map(|slot| &mut slot.value)
    }

    /// The value of `key`, touched; made by `make` when there is none. The entry touched longest ago makes room for it.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let hash = self.hasher.hash_one(key);
        let at = match self.find(hash, &key) {
            Some(at) => {
                self.touch(at);
                at
            }
            None => self.insert(hash, key, make()),
        };
        #[expect(clippy::indexing_slicing, reason = "`at` was just found or made")]
        &mut self.slots[at as usize].value
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let hash = self.hasher.hash_one(key);
        let at = self.find(hash, key)?;
        self.unlink(at);
        if let Ok(entry) = self.index.find_entry(hash, |known| *known == at) {
            entry.remove();
        }
        let last = u32::try_from(self.slots.len()).ok()?.checked_sub(1)?;
        let slot = self.slots.swap_remove(at as usize);
        if last != at {
            self.moved(last, at);
        }
        Some(slot.value)
    }

    /// Changes all values; that touches none of them.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut V)) {
        let mut at = self.newest;
        while let Some(slot) = self.slots.get_mut(at as usize) {
            change(&mut slot.value);
            at = slot.older;
        }
    }

    /// All entries, the one touched last first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut at = self.newest;
        core::iter::from_fn(move || {
            let slot = self.slots.get(at as usize)?;
            at = slot.older;
            Some((&slot.key, &slot.value))
        })
    }

    /// All values, to be changed; touches none. The order is that of the slots, which is the same for the same calls.
    pub fn values_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.slots.iter_mut().map(|slot| (&slot.key, &mut slot.value))
    }

    /// The entry touched longest ago.
    #[must_use]
    pub fn oldest(&self) -> Option<(&K, &V)> {
        self.slots.get(self.oldest as usize).map(|slot| (&slot.key, &slot.value))
    }

    fn find(&self, hash: u64, key: &K) -> Option<u32> {
        let is_it = |at: &u32| self.slots.get(*at as usize).is_some_and(|slot| slot.key == *key);
        self.index.find(hash, is_it).copied()
    }

    fn insert(&mut self, hash: u64, key: K, value: V) -> u32 {
        let slot = Slot { key, value, hash, newer: NONE, older: NONE };
        let at = if self.slots.len() >= self.len_max {
            let at = self.oldest;
            self.forgotten = self.forgotten.saturating_add(1);
            self.unlink(at);
            if let Some(old) = self.slots.get_mut(at as usize) {
                if let Ok(entry) = self.index.find_entry(old.hash, |known| *known == at) {
                    entry.remove();
                }
                *old = slot;
            }
            at
        } else {
            self.slots.push(slot);
            self.slots.len().saturating_sub(1) as u32
        };
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| slots.get(*at as usize).map_or(0, |slot| slot.hash));
        self.link_newest(at);
        at
    }

    fn touch(&mut self, at: u32) {
        if self.newest != at {
            self.unlink(at);
            self.link_newest(at);
        }
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get(at as usize) else { return };
        let (newer, older) = (slot.newer, slot.older);
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let newest = self.newest;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.newer = NONE;
            slot.older = newest;
        }
        match self.slots.get_mut(newest as usize) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
    }

    /// The slot that stood at `from` stands at `to` since a removal.
    fn moved(&mut self, from: u32, to: u32) {
        let Some(slot) = self.slots.get(to as usize) else { return };
        let (hash, newer, older) = (slot.hash, slot.newer, slot.older);
        if let Some(known) = self.index.find_mut(hash, |known| *known == from) {
            *known = to;
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = to,
            None => self.newest = to,
        }
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = to,
            None => self.oldest = to,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Behaves as a plain list of (key, value), newest first, cut at the end.
        #[test]
        fn is_a_list_cut_at_the_end(steps in prop::collection::vec((0_u8..3, 0_u8..12), 0..200)) {
            let mut table = Recent::new(5, 7);
            let mut list: Vec<(u8, u32)> = Vec::new();
            let mut forgotten = 0;
            for (number, (step, key)) in steps.into_iter().enumerate() {
                let place = list.iter().position(|(known, _)| *known == key);
                match step {
                    0 => {
                        let entry = place.map_or((key, number as u32), |place| list.remove(place));
                        list.insert(0, entry);
                        if list.len() > 5 { list.pop(); forgotten += 1; }
                        prop_assert_eq!(*table.entry(key, || number as u32), entry.1);
                    }
                    1 => {
                        if let Some(place) = place { let entry = list.remove(place); list.insert(0, entry); }
                        prop_assert_eq!(table.get_mut(&key).copied(), place.map(|_| list[0].1));
                    }
                    _ => {
                        let removed = place.map(|place| list.remove(place).1);
                        prop_assert_eq!(table.remove(&key), removed);
                    }
                }
                prop_assert_eq!(table.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>(), list.clone());
                prop_assert_eq!(table.oldest().map(|(key, _)| *key), list.last().map(|(key, _)| *key));
            }
            prop_assert_eq!(table.forgotten(), forgotten);
        }
    }
}

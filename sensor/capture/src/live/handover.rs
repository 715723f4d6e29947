//! The bounded hand-over between two threads: slots that go round, one side filling them, the other reading them, nothing moved or allocated.
//!
//! A slot belongs to the producer until it is published, then to the consumer until it is given back. Which is which is two counters that only
//! grow. Nothing blocks the producer; the consumer may wait for the bell. Tried in every interleaving with loom: `.ci/loom.sh`.

use core::time::Duration;

#[cfg(not(all(loom, test)))]
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(not(all(loom, test)))]
use std::sync::{Arc, Condvar, Mutex, PoisonError};

#[cfg(all(loom, test))]
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
#[cfg(all(loom, test))]
use loom::sync::{Arc, Condvar, Mutex};
#[cfg(all(loom, test))]
use std::sync::PoisonError;

use self::cell::Slot;

/// Two ends over these slots.
pub(super) fn handover<T: Send>(slots: impl Iterator<Item = T>) -> (Producer<T>, Consumer<T>) {
    let shared = Arc::new(Shared {
        slots: slots.map(Slot::new).collect(),
        published: AtomicUsize::new(0),
        given_back: AtomicUsize::new(0),
        is_closed: AtomicBool::new(false),
        bell: Bell { has_rung: Mutex::new(false), waiters: Condvar::new() },
    });
    (Producer { shared: Arc::clone(&shared), published: 0 }, Consumer { shared, given_back: 0, published: 0 })
}

/// The side that fills.
pub(super) struct Producer<T> {
    shared: Arc<Shared<T>>,
    published: usize,
}

/// The side that reads.
pub(super) struct Consumer<T> {
    shared: Arc<Shared<T>>,
    given_back: usize,
    /// As far as was seen: asked again only when that is used up.
    published: usize,
}

struct Shared<T> {
    slots: Box<[Slot<T>]>,
    /// How many slots were ever published; those from `given_back` up to here belong to the consumer.
    published: AtomicUsize,
    /// How many slots the consumer ever gave back.
    given_back: AtomicUsize,
    /// The producer is gone.
    is_closed: AtomicBool,
    bell: Bell,
}

// SAFETY: the two ends are one `Producer` and one `Consumer`, neither can be cloned, and both reach slots by `&mut self` only. The producer
// touches the slot number `published`, and only while `published - given_back < slots.len()`, so never one of those in
// `given_back..published`, which are all that the consumer touches. A slot changes hands by a release store of the counter, which the other
// side loads with acquire before it touches the slot. `T: Send` because what is in a slot is used by both threads in turn.
#[expect(unsafe_code, reason = "slots are shared without a lock")]
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Producer<T> {
    /// The slot to fill; `None` while the consumer has them all. The same one until it is published.
    pub(super) fn slot(&mut self) -> Option<&mut T> {
        if self.in_flight() >= self.shared.slots.len() {
            return None;
        }
        let slot = self.shared.slots.get(self.published % self.shared.slots.len())?;
        // SAFETY: fewer than all slots are with the consumer, so number `published` is ours; see `Shared`. The reference lives as long as
        // `&mut self`, and `publish` takes that too.
        #[expect(unsafe_code, reason = "slots are shared without a lock")]
        unsafe {
            Some(slot.write())
        }
    }

    /// Hands the slot over, and wakes the consumer. Without a free slot it does nothing.
    pub(super) fn publish(&mut self) {
        if self.in_flight() >= self.shared.slots.len() {
            return;
        }
        self.published = self.published.wrapping_add(1);
        self.shared.published.store(self.published, Ordering::Release);
        self.shared.bell.ring();
    }

    /// How many slots the consumer has.
    pub(super) fn in_flight(&self) -> usize {
        self.published.wrapping_sub(self.shared.given_back.load(Ordering::Acquire))
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::Release);
        self.shared.bell.ring();
    }
}

impl<T> Consumer<T> {
    /// The oldest slot that was published and not given back.
    pub(super) fn front(&mut self) -> Option<&T> {
        if self.given_back == self.published {
            self.published = self.shared.published.load(Ordering::Acquire);
            if self.given_back == self.published {
                return None;
            }
        }
        let slot = self.shared.slots.get(self.given_back % self.shared.slots.len())?;
        // SAFETY: the slot number `given_back` was published and not given back, so it is ours; see `Shared`. The reference lives as long as
        // `&mut self`, and `give_back` takes that too.
        #[expect(unsafe_code, reason = "slots are shared without a lock")]
        unsafe {
            Some(slot.read())
        }
    }

    /// Gives the oldest slot back to be filled again.
    pub(super) fn give_back(&mut self) {
        if self.front().is_some() {
            self.given_back = self.given_back.wrapping_add(1);
            self.shared.given_back.store(self.given_back, Ordering::Release);
        }
    }

    /// Whether the producer is gone. Ask before [`Consumer::front`]: then what is not there will never come.
    pub(super) fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Acquire)
    }

    /// Waits until something was published, the producer went, or the time is over. May return early.
    pub(super) fn wait(&self, patience: Duration) {
        self.shared.bell.wait(patience);
    }
}

/// Remembers that it rang, so that ringing before the wait counts.
struct Bell {
    has_rung: Mutex<bool>,
    waiters: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.has_rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.waiters.notify_one();
    }

    fn wait(&self, patience: Duration) {
        let mut has_rung = self.has_rung.lock().unwrap_or_else(PoisonError::into_inner);
        if !*has_rung {
            has_rung = match self.waiters.wait_timeout(has_rung, patience) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *has_rung = false;
    }
}

#[cfg(not(all(loom, test)))]
#[expect(unsafe_code, reason = "slots are shared without a lock")]
mod cell {
    //! A slot as it runs.

    use core::cell::UnsafeCell;

    pub(super) struct Slot<T>(UnsafeCell<T>);

    impl<T> Slot<T> {
        pub(super) fn new(content: T) -> Self {
            Self(UnsafeCell::new(content))
        }

        /// # Safety
        /// Nobody else reads or writes the slot while the reference lives.
        #[expect(clippy::mut_from_ref, reason = "the counters say whose it is")]
        pub(super) unsafe fn write(&self) -> &mut T {
            // SAFETY: what the caller promises.
            unsafe { &mut *self.0.get() }
        }

        /// # Safety
        /// Nobody writes the slot while the reference lives.
        pub(super) unsafe fn read(&self) -> &T {
            // SAFETY: what the caller promises.
            unsafe { &*self.0.get() }
        }
    }
}

#[cfg(all(loom, test))]
#[expect(unsafe_code, reason = "slots are shared without a lock")]
mod cell {
    //! A slot that loom watches: it fails when both sides touch it without an order between them.

    use loom::cell::UnsafeCell;

    pub(super) struct Slot<T>(UnsafeCell<T>);

    impl<T> Slot<T> {
        pub(super) fn new(content: T) -> Self {
            Self(UnsafeCell::new(content))
        }

        #[expect(clippy::mut_from_ref, reason = "the counters say whose it is")]
        pub(super) unsafe fn write(&self) -> &mut T {
            // SAFETY: what the caller promises, and loom looks.
            self.0.with_mut(|content| unsafe { &mut *content })
        }

        pub(super) unsafe fn read(&self) -> &T {
            // SAFETY: what the caller promises, and loom looks.
            self.0.with(|content| unsafe { &*content })
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn full_and_empty_are_told_apart() {
        let (mut producer, mut consumer) = handover([0, 0].into_iter());
        assert!(consumer.front().is_none());
        for number in 1..=2 {
            *producer.slot().unwrap() = number;
            producer.publish();
        }
        assert!(producer.slot().is_none());
        assert_eq!(producer.in_flight(), 2);
        assert_eq!(consumer.front(), Some(&1));
        consumer.give_back();
        assert!(producer.slot().is_some());
        assert_eq!(consumer.front(), Some(&2));
        consumer.give_back();
        assert!(consumer.front().is_none());
    }

    #[test]
    fn a_million_go_through_in_order_and_none_is_lost() {
        let (mut producer, mut consumer) = handover([0_u64; 3].into_iter());
        let filler = std::thread::spawn(move || {
            for number in 1..=1_000_000 {
                loop {
                    if let Some(slot) = producer.slot() {
                        *slot = number;
                        break;
                    }
                    std::thread::yield_now();
                }
                producer.publish();
            }
        });
        let mut last = 0;
        loop {
            let is_closed = consumer.is_closed();
            match consumer.front() {
                Some(&number) => {
                    assert_eq!(number, last + 1);
                    last = number;
                    consumer.give_back();
                }
                None if is_closed => break,
                None => consumer.wait(Duration::from_secs(10)),
            }
        }
        filler.join().unwrap();
        assert_eq!(last, 1_000_000);
    }
}

#[cfg(all(test, loom))]
mod interleavings {
    use super::*;

    /// Every order in which one thread takes over from the other so often at most, wherever that is. loom's authors found that two or three
    /// are enough for nearly all faults; without a bound the longer of these takes hours.
    fn every_order(body: impl Fn() + Sync + Send + 'static) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(body);
    }

    /// Reads until the producer is gone. Returns how many were heard.
    fn read_all(mut consumer: Consumer<u32>) -> u32 {
        let (mut heard, mut last) = (0, 0);
        loop {
            let is_closed = consumer.is_closed();
            match consumer.front() {
                Some(&number) => {
                    assert!(number > last);
                    last = number;
                    heard += 1;
                    consumer.give_back();
                }
                None if is_closed => return heard,
                // loom's wait never times out: a lost wake-up would be a deadlock, and loom finds those.
                None => consumer.wait(Duration::MAX),
            }
        }
    }

    /// Fills up to `count`; returns how many found no slot.
    fn fill(mut producer: Producer<u32>, count: u32) -> u32 {
        let mut dropped = 0;
        for number in 1..=count {
            match producer.slot() {
                Some(slot) => {
                    *slot = number;
                    producer.publish();
                }
                None => dropped += 1,
            }
        }
        dropped
    }

    #[test]
    fn what_is_published_comes_in_order_and_the_rest_is_counted() {
        every_order(|| {
            let (producer, consumer) = handover([0_u32; 2].into_iter());
            let filler = loom::thread::spawn(move || fill(producer, 3));
            assert_eq!(read_all(consumer) + filler.join().unwrap(), 3);
        });
    }

    #[test]
    fn one_slot_is_enough() {
        every_order(|| {
            let (producer, consumer) = handover([0_u32; 1].into_iter());
            let filler = loom::thread::spawn(move || fill(producer, 2));
            assert_eq!(read_all(consumer) + filler.join().unwrap(), 2);
        });
    }

    #[test]
    fn a_consumer_that_leaves_stops_nobody() {
        every_order(|| {
            let (producer, mut consumer) = handover([0_u32; 1].into_iter());
            let reader = loom::thread::spawn(move || {
                assert!(consumer.front().is_none_or(|number| *number > 0));
                consumer.give_back();
            });
            assert!(fill(producer, 2) <= 1);
            reader.join().unwrap();
        });
    }
}

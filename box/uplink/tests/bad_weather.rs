//! The same as a year of bad weather, in a second: what was written on the box is at the centre once, in order in each lane, whatever the link and
//! the two ends do. The box is the real state machine and the real batches over a spool in memory; the centre is ten lines of rule.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use box_store::StoreError;
use box_store::uplink::Numbered;
use box_uplink::{Delivery, Failure, LANES, Spool, Stand, Step, fill};
use common_model::Timestamp;
use common_wire::v1::{Body, Inventory};
use common_wire::{Batch, BoxId, Committed, Lane, Position, SpoolId};
use proptest::prelude::*;

const BOX: BoxId = BoxId::from_bytes([1; 16]);
const SPOOL: SpoolId = SpoolId::from_bytes([2; 16]);

/// What happens next.
#[derive(Clone, Debug)]
enum Happens {
    /// Something is written into a lane.
    Write(usize),
    /// Time passes, and the box sends what it may.
    Turn(u16),
    /// The batch that is under way arrives, is lost, or arrives and its answer is lost.
    Arrive,
    Lose,
    LoseAnswer,
    /// A batch of before arrives once more, late.
    Late(usize),
    /// The box is killed: what it had not written down is forgotten.
    KillBox,
    /// The centre is put back to how it was some batches ago.
    PutBackCentre(usize),
    /// The box forgets what the centre has committed and is old.
    Forget(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => (0..LANES).prop_map(Happens::Write),
        6 => (0_u16..300).prop_map(Happens::Turn),
        6 => Just(Happens::Arrive),
        2 => Just(Happens::Lose),
        2 => Just(Happens::LoseAnswer),
        2 => (0_usize..8).prop_map(Happens::Late),
        1 => Just(Happens::KillBox),
        1 => (1_usize..4).prop_map(Happens::PutBackCentre),
        1 => (0..LANES).prop_map(Happens::Forget),
    ]
}

/// A spool in memory.
#[derive(Clone, Default)]
struct Memory {
    lanes: [Vec<Numbered>; LANES],
    stands: [Stand; LANES],
}

impl Memory {
    fn write(&mut self, lane: usize) {
        self.stands[lane].last += 1;
        let seq = self.stands[lane].last;
        // Only its number matters; an inventory goes in its own lane, elsewhere it is put aside, which is also arriving.
        let at = Timestamp::from_secs(seq);
        let body = Body::Inventory(Inventory { at, devices: BTreeMap::new(), confirmed: 0 });
        let body = serde_json::to_string(&body).unwrap_or_default();
        self.lanes[lane].push(Numbered { seq, at_ns: 0, what: "inventory".to_owned(), body });
    }
}

impl Spool for Memory {
    fn records_after(&self, lane: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        let records = self.lanes[lane as usize].iter().filter(|record| record.seq > seq);
        Ok(records.take(most as usize).cloned().collect())
    }
}

/// The centre: for each lane what it has, in the order in which it came, each with the first number that it stands for.
#[derive(Clone, Default)]
struct Centre {
    lanes: [Vec<(u64, u64)>; LANES],
}

impl Centre {
    fn committed(&self, lane: Lane) -> u64 {
        self.lanes[lane as usize].last().map_or(0, |(_, seq)| *seq)
    }

    fn take(&mut self, bytes: &[u8]) -> Committed {
        let batch =
            Batch::read(bytes).unwrap_or_else(|err| panic!("the box sent what nobody can read: {err}"));
        let mut answer = Committed::default();
        for record in &batch.records {
            let (first, committed) = (record.first_seq(), self.committed(record.lane));
            if first <= committed + 1 && record.seq > committed {
                self.lanes[record.lane as usize].push((committed + 1, record.seq));
            }
            answer.set(Position { spool: SPOOL, lane: record.lane }, self.committed(record.lane));
        }
        answer
    }
}

struct World {
    now: Timestamp,
    disk: Memory,
    delivery: Delivery,
    centre: Centre,
    before: VecDeque<Centre>,
    under_way: Option<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

impl World {
    fn new() -> Self {
        World {
            now: Timestamp::from_secs(1_773_000_000),
            disk: Memory::default(),
            delivery: Delivery::new(SPOOL, [Stand::default(); LANES], u64::MAX, 7),
            centre: Centre::default(),
            before: VecDeque::new(),
            under_way: None,
            sent: Vec::new(),
        }
    }

    fn turn(&mut self, secs: u16) {
        self.now = self.now + Duration::from_secs(secs.into());
        self.delivery.handle_spool(SPOOL, self.disk.stands);
        let Some(ask) = self.delivery.poll_send(self.now, 0) else { return };
        let filled = fill(&ask, (BOX, SPOOL), self.now, &self.disk).unwrap_or_else(|err| panic!("{err}"));
        assert!(!filled.until.is_empty(), "it asks for what is not there: {ask:?}");
        let bytes = filled.draft.pack().unwrap_or_else(|err| panic!("{err}"));
        self.sent.push(bytes.clone());
        self.under_way = Some(bytes);
        self.delivery.sent(filled.until);
    }

    fn answer(&mut self, answer: &Committed) {
        for step in self.delivery.handle_answer(self.now, answer) {
            match step {
                Step::Commit(lane, seq) => self.disk.stands[lane as usize].committed = seq,
                Step::BeginAgain => panic!("the centre has what nobody wrote"),
            }
        }
    }

    fn arrive(&mut self) -> Option<Committed> {
        let bytes = self.under_way.take()?;
        self.before.push_front(self.centre.clone());
        self.before.truncate(4);
        Some(self.centre.take(&bytes))
    }

    fn happen(&mut self, happens: &Happens) {
        match happens {
            Happens::Write(lane) => self.disk.write(*lane),
            Happens::Turn(secs) => self.turn(*secs),
            Happens::Arrive => {
                if let Some(answer) = self.arrive() {
                    self.answer(&answer);
                }
            }
            Happens::Lose => {
                self.under_way = None;
                self.delivery.handle_failure(self.now, Failure::Link);
            }
            Happens::LoseAnswer => {
                self.arrive();
                self.delivery.handle_failure(self.now, Failure::Link);
            }
            Happens::Late(back) => {
                if let Some(bytes) = self.sent.iter().rev().nth(*back).cloned() {
                    self.centre.take(&bytes);
                }
            }
            Happens::KillBox => {
                self.under_way = None;
                self.delivery = Delivery::new(SPOOL, self.disk.stands, u64::MAX, 8);
            }
            Happens::PutBackCentre(back) => {
                if let Some(before) = self.before.get(*back).cloned() {
                    self.centre = before;
                    // Batches of the time after it are gone with it.
                    self.sent.clear();
                    self.under_way = None;
                    self.delivery.handle_failure(self.now, Failure::Link);
                }
            }
            Happens::Forget(lane) => {
                let committed = self.disk.stands[*lane].committed;
                self.disk.lanes[*lane].retain(|record| record.seq + 2 > committed);
            }
        }
        self.check();
    }

    /// What the centre has of each lane is whole from the first number on, and nothing of it twice.
    fn check(&self) {
        for lane in &self.centre.lanes {
            let mut next = 1;
            for (first, last) in lane {
                assert_eq!(*first, next, "doubled or missing");
                next = last + 1;
            }
        }
    }

    /// Good weather again: everything arrives.
    fn end(mut self) {
        self.disk.write(0);
        for lane in 0..LANES {
            self.disk.write(lane);
        }
        for _ in 0..400 {
            self.turn(200);
            if let Some(answer) = self.arrive() {
                self.answer(&answer);
            }
        }
        self.check();
        for (lane, stand) in Lane::ALL.into_iter().zip(self.disk.stands) {
            assert_eq!(self.centre.committed(lane), stand.last, "lane {lane} did not arrive");
            assert_eq!(stand.committed, stand.last, "lane {lane}: the box does not know that it arrived");
        }
    }
}

fn runs() -> u32 {
    std::env::var("CYBERALARM_WEATHERS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order(weather in proptest::collection::vec(happens(), 1..120)) {
        let mut world = World::new();
        for happens in &weather {
            world.happen(happens);
        }
        world.end();
    }
}

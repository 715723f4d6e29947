//! The same as a year of bad weather, in a second: what was written on the box is at the centre once, in order in each lane, whatever the link and
//! the two ends do. The box is the real state machine and the real batches, over a spool in memory and, in fewer runs, over the real one, which
//! is also put back from copies; the centre is ten lines of rule.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use box_store::backup::{back_up, restore};
use box_store::uplink::{Entry, Numbered};
use box_store::{StoreError, UplinkDb};
use box_uplink::{Delivery, Failure, LANES, Spool, Stand, Step, begin_again, fill, open_spool, stands};
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
    /// A copy of the box is made; the box is put back from the last one.
    BackUpBox,
    PutBackBox,
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

/// On a disk nothing is forgotten, so that at the end each record can be asked for. The centre is not put back: when both ends are, what the box's copy
/// knows to have arrived is not sent again.
fn happens_on_disk() -> impl Strategy<Value = Happens> {
    let on_disk = |happens: &Happens| !matches!(happens, Happens::Forget(_) | Happens::PutBackCentre(_));
    prop_oneof![
        12 => happens().prop_filter("not here", on_disk),
        1 => Just(Happens::BackUpBox),
        1 => Just(Happens::PutBackBox),
    ]
}

/// Where the box keeps its spool.
trait Disk: Spool {
    fn write(&mut self, lane: usize, record: &Body);
    fn spool(&self) -> SpoolId;
    fn stands(&self) -> [Stand; LANES];
    fn commit(&mut self, lane: Lane, seq: u64);
    fn begin_again(&mut self);
    fn forget(&mut self, lane: usize);
    fn back_up(&mut self);
    fn put_back(&mut self);
}

/// A spool in memory.
#[derive(Clone, Default)]
struct Memory {
    lanes: [Vec<Numbered>; LANES],
    stands: [Stand; LANES],
}

impl Disk for Memory {
    fn write(&mut self, lane: usize, record: &Body) {
        self.stands[lane].last += 1;
        let seq = self.stands[lane].last;
        let body = serde_json::to_string(record).unwrap_or_default();
        self.lanes[lane].push(Numbered { seq, at_ns: 0, what: record.type_name().to_owned(), body });
    }

    fn spool(&self) -> SpoolId {
        SPOOL
    }

    fn stands(&self) -> [Stand; LANES] {
        self.stands
    }

    fn commit(&mut self, lane: Lane, seq: u64) {
        self.stands[lane as usize].committed = seq;
    }

    fn begin_again(&mut self) {
        panic!("the centre has what nobody wrote");
    }

    fn forget(&mut self, lane: usize) {
        let committed = self.stands[lane].committed;
        self.lanes[lane].retain(|record| record.seq + 2 > committed);
    }

    fn back_up(&mut self) {}

    fn put_back(&mut self) {}
}

impl Spool for Memory {
    fn records_after(&self, lane: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        let records = self.lanes[lane as usize].iter().filter(|record| record.seq > seq);
        Ok(records.take(most as usize).cloned().collect())
    }
}

/// The real spool. It is closed only while it is put back.
struct Folder {
    folder: tempfile::TempDir,
    db: Option<UplinkDb>,
    copies: usize,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|err| panic!("{err}"));
        let mut made = Folder { folder, db: None, copies: 0 };
        made.open();
        made.back_up();
        made
    }

    fn open(&mut self) {
        self.db = Some(open_spool(&self.state()).unwrap_or_else(|err| panic!("{err}")));
    }

    fn state(&self) -> PathBuf {
        let state = self.folder.path().join("state");
        std::fs::create_dir_all(&state).unwrap_or_else(|err| panic!("{err}"));
        state
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join(format!("copy-{}", self.copies))
    }

    fn db(&self) -> &UplinkDb {
        self.db.as_ref().unwrap_or_else(|| panic!("it is open"))
    }

    fn write_db(&mut self) -> &mut UplinkDb {
        self.db.as_mut().unwrap_or_else(|| panic!("it is open"))
    }
}

impl Disk for Folder {
    fn write(&mut self, lane: usize, record: &Body) {
        let body = serde_json::to_string(record).unwrap_or_default();
        let entry = Entry { lane: lane as u8, at_ns: 0, what: record.type_name(), body };
        self.write_db().put(&[entry], &[], &[]).unwrap_or_else(|err| panic!("{err}"));
    }

    fn spool(&self) -> SpoolId {
        let spool = self.db().reader().spool().unwrap_or_default();
        spool.parse().unwrap_or_else(|_| panic!("{spool}"))
    }

    fn stands(&self) -> [Stand; LANES] {
        stands(self.db()).unwrap_or_else(|err| panic!("{err}"))
    }

    fn commit(&mut self, lane: Lane, seq: u64) {
        self.write_db().commit(&[(lane as u8, seq)]).unwrap_or_else(|err| panic!("{err}"));
    }

    fn begin_again(&mut self) {
        begin_again(self.write_db()).unwrap_or_else(|err| panic!("{err}"));
    }

    fn forget(&mut self, _lane: usize) {}

    fn back_up(&mut self) {
        self.copies += 1;
        back_up(&self.state(), &self.copy()).unwrap_or_else(|err| panic!("{err}"));
    }

    fn put_back(&mut self) {
        self.db = None;
        restore(&self.copy(), &self.state()).unwrap_or_else(|err| panic!("{err}"));
        self.open();
    }
}

impl Spool for Folder {
    fn records_after(&self, lane: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        self.db().records_after(lane, seq, most)
    }
}

/// The first number that a record stands for, its own, and what it says.
type Taken = (u64, u64, String);

/// The centre: for each lane of each spool what it has, in the order in which it came.
#[derive(Clone, Default)]
struct Centre {
    lanes: BTreeMap<(SpoolId, Lane), Vec<Taken>>,
}

impl Centre {
    fn committed(&self, spool: SpoolId, lane: Lane) -> u64 {
        self.lanes.get(&(spool, lane)).and_then(|records| records.last()).map_or(0, |(_, seq, _)| *seq)
    }

    fn take(&mut self, bytes: &[u8]) -> Committed {
        let batch =
            Batch::read(bytes).unwrap_or_else(|err| panic!("the box sent what nobody can read: {err}"));
        let mut answer = Committed::default();
        for record in &batch.records {
            let (spool, lane) = (record.spool, record.lane);
            let (first, committed) = (record.first_seq(), self.committed(spool, lane));
            if first <= committed + 1 && record.seq > committed {
                let says = (committed + 1, record.seq, record.body.get().to_owned());
                self.lanes.entry((spool, lane)).or_default().push(says);
            }
            answer.set(Position { spool, lane }, self.committed(spool, lane));
        }
        answer
    }

    /// How often a record is there, whatever its number.
    fn has(&self, lane: Lane, record: &Body) -> usize {
        let body = serde_json::to_string(record).unwrap_or_default();
        let lanes = self.lanes.iter().filter(|((_, of), _)| *of == lane);
        lanes.flat_map(|(_, records)| records).filter(|(_, _, says)| *says == body).count()
    }
}

struct World<D> {
    now: Timestamp,
    disk: D,
    /// Everything that was written and not taken back with the box, and how much of it there was when it was copied last.
    written: Vec<(usize, Body)>,
    made: u64,
    copied: usize,
    is_put_back: bool,
    delivery: Delivery,
    centre: Centre,
    before: VecDeque<Centre>,
    under_way: Option<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

impl<D: Disk> World<D> {
    fn new(disk: D) -> Self {
        World {
            now: Timestamp::from_secs(1_773_000_000),
            delivery: Delivery::new(disk.spool(), [Stand::default(); LANES], u64::MAX, 7),
            disk,
            written: Vec::new(),
            made: 0,
            copied: 0,
            is_put_back: false,
            centre: Centre::default(),
            before: VecDeque::new(),
            under_way: None,
            sent: Vec::new(),
        }
    }

    fn write(&mut self, lane: usize) {
        // Only which one it is matters; an inventory goes in its own lane, elsewhere it is put aside, which is also arriving.
        self.made += 1;
        let at = Timestamp::from_secs(self.made);
        let record = Body::Inventory(Inventory { at, devices: BTreeMap::new(), confirmed: 0 });
        self.disk.write(lane, &record);
        self.written.push((lane, record));
    }

    fn turn(&mut self, secs: u16) {
        self.now = self.now + Duration::from_secs(secs.into());
        let spool = self.disk.spool();
        self.delivery.handle_spool(spool, self.disk.stands());
        let Some(ask) = self.delivery.poll_send(self.now, 0) else { return };
        let filled = fill(&ask, (BOX, spool), self.now, &self.disk).unwrap_or_else(|err| panic!("{err}"));
        assert!(!filled.until.is_empty(), "it asks for what is not there: {ask:?}");
        let bytes = filled.draft.pack().unwrap_or_else(|err| panic!("{err}"));
        self.sent.push(bytes.clone());
        self.under_way = Some(bytes);
        self.delivery.sent(filled.until);
    }

    fn answer(&mut self, answer: &Committed) {
        for step in self.delivery.handle_answer(self.now, answer) {
            match step {
                Step::Commit(lane, seq) => self.disk.commit(lane, seq),
                Step::BeginAgain => self.disk.begin_again(),
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
            Happens::Write(lane) => self.write(*lane),
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
                self.delivery = Delivery::new(self.disk.spool(), self.disk.stands(), u64::MAX, 8);
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
            Happens::Forget(lane) => self.disk.forget(*lane),
            Happens::BackUpBox => {
                self.disk.back_up();
                self.copied = self.written.len();
            }
            Happens::PutBackBox => {
                self.disk.put_back();
                self.is_put_back = true;
                self.written.truncate(self.copied);
                self.under_way = None;
                self.delivery = Delivery::new(self.disk.spool(), self.disk.stands(), u64::MAX, 9);
            }
        }
        self.check();
    }

    /// What the centre has of each lane is whole from the first number on, and nothing of it twice.
    fn check(&self) {
        for lane in self.centre.lanes.values() {
            let mut next = 1;
            for (first, last, _) in lane {
                assert_eq!(*first, next, "doubled or missing");
                next = last + 1;
            }
        }
    }

    /// Good weather again: everything arrives. Returns how it ended.
    fn end(mut self) -> Self {
        for lane in [0, 0, 1, 2, 3] {
            self.write(lane);
        }
        for _ in 0..400 {
            self.turn(200);
            if let Some(answer) = self.arrive() {
                self.answer(&answer);
            }
            if self.disk.stands().iter().all(|stand| stand.committed == stand.last) {
                break;
            }
        }
        self.check();
        for (lane, stand) in Lane::ALL.into_iter().zip(self.disk.stands()) {
            let committed = self.centre.committed(self.disk.spool(), lane);
            assert_eq!(committed, stand.last, "lane {lane} did not arrive");
            assert_eq!(stand.committed, stand.last, "lane {lane}: the box does not know that it arrived");
        }
        self
    }
}

fn runs() -> u32 {
    std::env::var("CYBERALARM_WEATHERS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_once_and_in_order(weather in proptest::collection::vec(happens(), 1..120)) {
        let mut world = World::new(Memory::default());
        for happens in &weather {
            world.happen(happens);
        }
        world.end();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs() / 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_on_the_disk_arrives_also_from_a_box_that_was_put_back(weather in proptest::collection::vec(happens_on_disk(), 1..80)) {
        let mut world = World::new(Folder::new());
        for happens in &weather {
            world.happen(happens);
        }
        let world = world.end();
        for (lane, record) in &world.written {
            let times = world.centre.has(Lane::ALL[*lane], record);
            // What was under way when the copy was made cannot be known to have arrived.
            prop_assert!(times == 1 || times > 1 && world.is_put_back, "{record:?} is there {times} times");
        }
    }
}

//! A week without a link, in virtual time: the box hears on, numbers and keeps; then the link is back, with a budget that does not let everything
//! go at once. The spool, the state machine, the batches and the letters are the box's own, the store is the centre's own; only the line between
//! them is played.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use box_store::UplinkDb;
use box_store::uplink::{Entry, Keys, Numbered};
use box_store::{StoreError, uplink::Identity};
use box_uplink::{Delivery, Failure, LANES, Spool, Stand, Step, fill, gather, take_letters};
use central_core::audience::Audience;
use central_core::{Member, MemberKind};
use central_store::{
    BoxCell, IncidentFilter, Incoming, IncomingRecord, IngestLog as _, QueryEngine as _, Store,
};
use common_model::Timestamp;
use common_model::hash::StableHash;
use common_wire::docs::GOLDEN;
use common_wire::v1::{
    AnswerWord, Body, Down, Fact, Health, Incident, Indicator, Inventory, Sighting, Warning,
};
use common_wire::{
    Batch, BoxId, CentreKey, ClaimCode, Committed, IndicatorKind, Lane, Letters, Position, Pseudonym,
    SpoolId, sign,
};
use common_words::Catalogue;
use ed25519_dalek::SigningKey;

const BOX: BoxId = BoxId::from_bytes([1; 16]);
const SPOOL: SpoolId = SpoolId::from_bytes([2; 16]);

/// Midnight, UTC.
const BEGINS: Timestamp = Timestamp::from_secs(1_772_928_000);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Bytes a day: less than what waits after the week, and more than what comes in a day.
const BUDGET_BYTES: u64 = 150_000;

/// Sightings of an hour.
const SIGHTINGS: u64 = 32;

/// Days without a link, and days until all must be through.
const OFFLINE_DAYS: u32 = 7;
const DAYS: u32 = 14;

struct World {
    folder: tempfile::TempDir,
    now: Timestamp,
    db: UplinkDb,
    keys: Keys,
    delivery: Delivery,
    store: Arc<Store>,
    cell: Arc<BoxCell>,
    /// Records in the order in which the centre heard them, each with when.
    heard: Vec<(Timestamp, Lane, u64)>,
}

struct Records<'d>(&'d UplinkDb);

impl Spool for Records<'_> {
    fn records_after(&self, lane: Lane, seq: u64, most: u32) -> Result<Vec<Numbered>, StoreError> {
        self.0.reader().records_after(lane as u8, seq, most)
    }
}

fn golden<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let text = GOLDEN.iter().find(|(one, _)| *one == name).unwrap().1;
    serde_json::from_str(text).unwrap()
}

fn letter_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn stands(db: &UplinkDb) -> [Stand; LANES] {
    db.reader().lanes().unwrap().map(|row| Stand { last: row.last, committed: row.committed })
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let db = UplinkDb::open(folder.path(), &SPOOL.to_string()).unwrap();
        let identity = Identity {
            box_id: BOX.to_string(),
            member: "Klinik 1".into(),
            centre: "192.0.2.1:8443".into(),
            ca: String::new(),
            certificate: String::new(),
            private_key: String::new(),
            letter_key: CentreKey::of(&letter_key()).to_hex(),
            way_out: None,
        };
        let claimed_as = |keys: &mut Keys| keys.identity = Some(identity);
        let ((), keys) = Keys::change(folder.path(), &"01".repeat(32), claimed_as).unwrap();
        let delivery = Delivery::new(SPOOL, stands(&db), BUDGET_BYTES, 7);
        let store = Store::open_folder(folder.path()).await.unwrap();
        let cell = claimed(&store).await;
        World { folder, now: BEGINS, db, keys, delivery, store, cell, heard: Vec::new() }
    }

    /// What a box numbers in an hour.
    fn hear(&mut self, hour: u64) {
        let incident =
            Incident { id: format!("{hour:016x}"), at: self.now, last_seen: self.now, ..golden("incident") };
        let mut bodies = vec![
            (Lane::Alert, Body::Incident(Box::new(incident))),
            (Lane::Health, Body::Health(Health { at: self.now, ..golden("health") })),
        ];
        if hour.is_multiple_of(24) {
            let inventory = Inventory { at: self.now, ..golden("inventory") };
            bodies.push((Lane::Inventory, Body::Inventory(inventory)));
        }
        bodies
            .extend((0..SIGHTINGS).map(|number| (Lane::Sighting, self.sighting(hour * SIGHTINGS + number))));
        let entry = |(lane, body): (Lane, Body)| Entry {
            lane: lane as u8,
            at_ns: self.now.as_nanos(),
            what: body.type_name(),
            body: serde_json::to_string(&body).unwrap(),
        };
        let entries: Vec<Entry> = bodies.into_iter().map(entry).collect();
        self.db.put(&entries, &[], &[]).unwrap();
    }

    /// With a pseudonym that no other has, as most have.
    fn sighting(&self, number: u64) -> Body {
        let part =
            |part: u64| format!("{:016x}", StableHash::new("pseudonym").u64(number).u64(part).finish());
        let hmac = (0..4).map(part).collect();
        let pseudonyms = vec![Pseudonym { epoch: "2026-03".into(), hmac }];
        let indicator = Indicator { kind: IndicatorKind::Domain, pseudonyms, value: None };
        let facts = BTreeMap::from([("domain".to_owned(), Fact::Indicator(indicator))]);
        Body::Sighting(Sighting { at: self.now, facts, ..golden("sighting") })
    }

    /// The box does what it may, over a link that is there or not.
    async fn turn(&mut self, is_linked: bool) {
        let catalogue = Catalogue::load().unwrap();
        gather(self.folder.path(), &mut self.db, &self.keys, catalogue, BUDGET_BYTES, self.now).unwrap();
        loop {
            self.delivery.handle_spool(SPOOL, stands(&self.db));
            let used = self.db.reader().bytes_of_day(self.now.as_nanos()).unwrap();
            let Some(ask) = self.delivery.poll_send(self.now, used) else { break };
            if !is_linked {
                self.delivery.handle_failure(self.now, Failure::Link);
                break;
            }
            let filled = fill(&ask, (BOX, SPOOL), self.now, &Records(&self.db)).unwrap();
            assert!(!filled.until.is_empty(), "it asks for what may not go: {ask:?}");
            let packed = filled.draft.pack().unwrap();
            let lines: Vec<(u8, u64, u64)> =
                filled.lines.iter().map(|(lane, seq, bytes)| (*lane as u8, *seq, *bytes)).collect();
            self.db.leaving(&lines, packed.len() as u64, self.now.as_nanos()).unwrap();
            self.delivery.sent(filled.until);
            let committed = self.arrive(&packed).await;
            for step in self.delivery.handle_answer(self.now, &committed) {
                match step {
                    Step::Commit(lane, seq) => self.db.commit(&[(lane as u8, seq)]).unwrap(),
                    Step::BeginAgain => panic!("the centre has what nobody wrote"),
                }
            }
        }
    }

    async fn arrive(&mut self, packed: &[u8]) -> Committed {
        let batch = Batch::read(packed).unwrap();
        self.heard.extend(batch.records.iter().map(|record| (self.now, record.lane, record.seq)));
        let records = batch.records.iter().map(IncomingRecord::read).collect();
        let incoming = Incoming { from: Arc::clone(&self.cell), received_at: self.now, records };
        self.store.append(incoming).await.unwrap().committed
    }

    /// Somebody at the desk writes a warning.
    async fn warn(&mut self, day: u32) {
        let id = format!("{day:016x}");
        let warning =
            Warning { id: id.clone(), issued_at: self.now, until: self.now + DAY * 30, ..golden("warning") };
        let mut tx = self.store.begin().await.unwrap();
        tx.add_warning(&warning, &Audience::default(), "analyst").await.unwrap();
        let key = letter_key();
        tx.send(&[Arc::clone(&self.cell)], &Down::Warning(warning), &id, self.now, &|letter| {
            sign(letter, &key)
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// The box asks for letters, as often as there are some; each answer is lost once, so that each letter comes twice.
    async fn ask_for_letters(&mut self) {
        loop {
            let after = self.db.reader().last_letter().unwrap();
            let letters = Letters { letters: self.store.letters_after(&self.cell, after, 3).await.unwrap() };
            let folder = self.folder.path();
            if letters.letters.is_empty() {
                break;
            }
            take_letters(folder, &mut self.db, &self.keys, &letters, self.now).unwrap();
            let again = take_letters(folder, &mut self.db, &self.keys, &letters, self.now);
            self.keys = Keys::read(folder).unwrap().unwrap();
            assert!(
                again.unwrap_err().to_string().contains("refused"),
                "a letter that was taken comes again"
            );
        }
    }
}

async fn claimed(store: &Store) -> Arc<BoxCell> {
    let member = Member {
        name: "Klinik 1".into(),
        kind: MemberKind::Gp,
        region: String::new(),
        municipality: String::new(),
        supplier: String::new(),
    };
    let code = ClaimCode::from_bytes([3; 16]);
    let mut tx = store.begin().await.unwrap();
    let no = tx.add_member(&member, BEGINS).await.unwrap();
    tx.add_claim(&code, no, BEGINS).await.unwrap();
    tx.commit().await.unwrap();
    store.claim(&code, "key", BOX, BEGINS).await.unwrap().unwrap().cell
}

#[tokio::test]
async fn after_a_week_offline_all_arrives_the_important_first_and_within_the_budget() {
    let mut world = World::new().await;
    let back_at = BEGINS + DAY * OFFLINE_DAYS + HOUR * 9;
    let mut waited = [Stand::default(); LANES];
    for day in 0..DAYS {
        for hour in 0..24 {
            world.hear(u64::from(day * 24 + hour));
            if hour == 8 && day < OFFLINE_DAYS {
                world.warn(day).await;
            }
            for _ in 0..12 {
                let is_linked = world.now >= back_at;
                if world.now == back_at {
                    waited = stands(&world.db);
                }
                if is_linked {
                    world.ask_for_letters().await;
                }
                world.turn(is_linked).await;
                world.now = world.now + Duration::from_secs(300);
            }
        }
        // Of this day no more than the budget left; alerts are few here, and count too.
        let used = world.db.reader().bytes_of_day((BEGINS + DAY * day).as_nanos()).unwrap();
        assert!(used <= BUDGET_BYTES, "day {day}: {used} bytes");
        assert_eq!(used > 0, day >= OFFLINE_DAYS, "day {day}");
    }

    // The link came back: all alerts of the week before anything else.
    let alerts = (waited[0].last - waited[0].committed) as usize;
    assert!(alerts > 7 * 24, "{waited:?}");
    assert!(world.heard[..alerts].iter().all(|(at, lane, _)| (*at, *lane) == (back_at, Lane::Alert)));
    // The budget was short: the sightings of the week took days.
    let last_of_week = waited[1].last;
    let came = world.heard.iter().find(|(_, lane, seq)| (*lane, *seq) == (Lane::Sighting, last_of_week));
    let (came, ..) = came.expect("it came");
    assert!(came.since(back_at) > DAY && came.since(back_at) < DAY * 6, "after {:?}", came.since(back_at));

    // Each lane is there whole, in order, once.
    for (lane, stand) in Lane::ALL.into_iter().zip(stands(&world.db)) {
        assert_eq!(stand.committed, stand.last, "lane {lane} is through");
        let heard: Vec<u64> =
            world.heard.iter().filter(|heard| heard.1 == lane).map(|heard| heard.2).collect();
        assert_eq!(heard, (1..=stand.last).collect::<Vec<_>>(), "lane {lane}");
        let position = Position { spool: SPOOL, lane };
        let stored = world.store.records_after(world.cell.no, position, 0, u16::MAX).await.unwrap();
        assert_eq!(stored.len() as u64, stand.last, "lane {lane}");
    }

    // The desk sorts by when it happened, not by when it came.
    let filter = IncidentFilter { limit: 1_000, ..IncidentFilter::default() };
    let rows = world.store.incidents(&filter).await.unwrap();
    let seen: Vec<i64> = rows.iter().map(|row| row.place.last_seen_ns).collect();
    assert_eq!(rows.len() as u32, DAYS * 24);
    assert!(seen.is_sorted_by(|one, next| one > next));

    // Each warning of the week is on the tablet once, and the box said so once.
    let mut warnings: Vec<String> =
        world.db.reader().warnings().unwrap().into_iter().map(|warning| warning.id).collect();
    warnings.sort();
    let wanted: Vec<String> = (0..OFFLINE_DAYS).map(|day| format!("{day:016x}")).collect();
    assert_eq!(warnings, wanted);
    for id in &wanted {
        let answers = world.store.warning_answers(id).await.unwrap();
        assert_eq!(answers.iter().map(|row| row.answer).collect::<Vec<_>>(), [Some(AnswerWord::Delivered)]);
    }
    world.store.close().await;
}

//! The same on both databases: what is written is there, once, after the database was closed and opened again.
#![expect(clippy::unwrap_used, reason = "a test ends at what it does not expect")]

mod postgres;

use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use central_core::audit::Mark;
use central_core::crossing::Policy;
use central_core::{Audience, Member, MemberKind, Role};
use central_store::{
    Account, BoxCell, ClaimRefused, EpochKeyRow, IncidentFilter, IncidentOrder, Incoming, IncomingRecord,
    IngestLog as _, Landed, LinkRefused, QueryEngine as _, Session, ShardState as _, Store, StoreError,
};
use common_model::Timestamp;
use common_wire::ClaimCode;
use common_wire::docs::GOLDEN;
use common_wire::v1::{
    Answer, AnswerWord, Body, Down, Due, Fact, Health, Incident, Recall, Sighting, State, Warning,
};
use common_wire::{BoxId, Lane, Letter, LetterError, Position, Pseudonym, Record, Signed, SpoolId};

const NOW: Timestamp = Timestamp::from_secs(1_773_822_600);

/// A database that is closed and opened again.
struct Place {
    url: String,
    _folder: tempfile::TempDir,
}

impl Place {
    fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("central.db").display());
        Place { url, _folder: folder }
    }

    async fn open(&self) -> Arc<Store> {
        Store::open(&self.url).await.unwrap()
    }
}

/// Runs on both.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::run(super::$name(super::Place::sqlite())); })+
        }
        mod needs_postgres {
            $(#[test] fn $name() {
                let cluster = super::postgres::Cluster::start();
                let place = super::Place { url: cluster.url(), _folder: tempfile::tempdir().unwrap() };
                super::run(super::$name(place));
            })+
        }
    };
}

on_both!(
    records_land_once_and_in_order,
    a_code_makes_one_box,
    letters_are_numbered_for_each_box,
    a_box_that_has_more_letters_than_are_known_is_gone_on_from,
    a_new_box_is_sent_what_is_in_force,
    incidents_have_their_latest_state_and_all_their_steps,
    what_was_pressed_stands_above_that_it_was_delivered,
    a_record_that_no_database_could_keep_holds_up_nobody,
    the_queue_goes_on_page_by_page_in_either_order,
    the_audit_log_holds_together,
    what_members_share_is_found_once,
    round_a_change_of_epochs_there_is_one_finding,
    findings_grow_and_join_and_lose_nothing,
    what_is_old_is_forgotten_and_what_was_concluded_stays,
    an_incident_is_searched_by_its_words_and_by_when_it_came,
    sessions_end,
);

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test);
}

async fn member(store: &Store, name: &str, supplier: &str) -> i64 {
    let member = Member {
        name: name.into(),
        kind: MemberKind::Dentist,
        region: "Nord".into(),
        municipality: "Thisted".into(),
        supplier: supplier.into(),
    };
    let mut tx = store.begin().await.unwrap();
    let no = tx.add_member(&member, NOW).await.unwrap();
    tx.commit().await.unwrap();
    no
}

async fn claimed(store: &Store, number: u8, supplier: &str) -> Arc<BoxCell> {
    let member = member(store, &format!("Klinik {number}"), supplier).await;
    let code = ClaimCode::from_bytes([number; 16]);
    let mut tx = store.begin().await.unwrap();
    tx.add_claim(&code, member, NOW).await.unwrap();
    tx.commit().await.unwrap();
    store.claim(&code, "key", BoxId::from_bytes([number; 16]), NOW).await.unwrap().unwrap().cell
}

fn golden<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(GOLDEN.iter().find(|(one, _)| *one == name).unwrap().1).unwrap()
}

const SPOOL: SpoolId = SpoolId::from_bytes([9; 16]);

fn incident(cell: &BoxCell, seq: u64, secs: u64) -> Record {
    let mut body: Incident = golden("incident");
    body.at = NOW + Duration::from_secs(secs);
    Record::new((cell.id, SPOOL), (Lane::Alert, seq), NOW, &Body::Incident(Box::new(body))).unwrap()
}

async fn append(store: &Store, cell: &Arc<BoxCell>, records: &[Record]) -> Landed {
    let records = records.iter().map(IncomingRecord::read).collect();
    store.append(Incoming { from: Arc::clone(cell), received_at: NOW, records }).await.unwrap()
}

async fn records_land_once_and_in_order(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let at = Position { spool: SPOOL, lane: Lane::Alert };
    let all: Vec<Record> = (1..=700).map(|seq| incident(&cell, seq, seq)).collect();
    let early = append(&store, &cell, &all[1..3]).await;
    assert_eq!((early.too_early, early.committed.of(at)), (2, Some(0)));
    let landed = append(&store, &cell, &all[..500]).await;
    assert_eq!((landed.accepted, landed.committed.of(at)), (500, Some(500)));
    store.close().await;

    let store = place.open().await;
    let cell = store.find(cell.id).unwrap();
    let landed = append(&store, &cell, &all[400..]).await;
    assert_eq!((landed.accepted, landed.duplicates, landed.committed.of(at)), (200, 100, Some(700)));
    // Many at once, each of them the whole: each record once.
    let appends = (0..8).map(|_| {
        let (store, cell, all) = (Arc::clone(&store), Arc::clone(&cell), all.clone());
        tokio::spawn(async move { append(&store, &cell, &all).await.accepted })
    });
    for accepted in appends.collect::<Vec<_>>() {
        assert_eq!(accepted.await.unwrap(), 0);
    }
    let gap = r#"{"type":"gap","from":701,"to":720,"at":"2026-03-12T09:30:00Z","cause":"full"}"#;
    let body = serde_json::value::RawValue::from_string(gap.into()).unwrap();
    let gap = Record::of_text((cell.id, SPOOL), (Lane::Alert, 720), NOW, body).unwrap();
    assert_eq!(append(&store, &cell, &[gap]).await.committed.of(at), Some(720));
    let gaps = store.gaps(cell.no).await.unwrap();
    assert_eq!((gaps.len(), gaps[0].from, gaps[0].to), (1, 701, 720));
    // A box has so many spools, and no more.
    for number in 0..64 {
        let spool = SpoolId::from_bytes([number; 16]);
        let record = Record { spool, ..incident(&cell, 1, 1) };
        let incoming = Incoming {
            from: Arc::clone(&cell),
            received_at: NOW,
            records: vec![IncomingRecord::read(&record)],
        };
        let landed = store.append(incoming).await;
        let is_last = landed.is_err();
        if number == 63 && !is_last {
            // 9 was there before.
            let record = Record { spool: SpoolId::from_bytes([200; 16]), ..record };
            let records = vec![IncomingRecord::read(&record)];
            let landed = store.append(Incoming { from: Arc::clone(&cell), received_at: NOW, records }).await;
            assert!(matches!(landed, Err(StoreError::TooManySpools(64))));
        }
    }
    store.close().await;
}

async fn a_code_makes_one_box(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let code = ClaimCode::from_bytes([1; 16]);
    let claim = |key: &'static str, secs| {
        let (store, code) = (Arc::clone(&store), code.clone());
        async move {
            store
                .claim(&code, key, BoxId::from_bytes([7; 16]), NOW + Duration::from_secs(secs))
                .await
                .unwrap()
        }
    };
    assert_eq!(claim("key", 60).await.unwrap().cell.id, cell.id);
    assert_eq!(claim("key", 3_601).await.unwrap_err(), ClaimRefused::Used);
    assert_eq!(claim("another", 60).await.unwrap_err(), ClaimRefused::Used);
    let unknown = store.claim(&ClaimCode::from_bytes([2; 16]), "key", cell.id, NOW).await.unwrap();
    assert_eq!(unknown.unwrap_err(), ClaimRefused::Unknown);
    let mut tx = store.begin().await.unwrap();
    store.revoke(&mut tx, &cell, NOW).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let store = place.open().await;
    assert!(store.find(cell.id).unwrap().is_revoked());
    let same = Member {
        name: "Klinik 1".into(),
        kind: MemberKind::Gp,
        region: String::new(),
        municipality: String::new(),
        supplier: String::new(),
    };
    let mut tx = store.begin().await.unwrap();
    assert!(matches!(tx.add_member(&same, NOW).await, Err(StoreError::Exists(_))));
    drop(tx);
    assert_eq!(store.members().await.unwrap().len(), 1);
    store.close().await;
}

async fn letters_are_numbered_for_each_box(place: Place) {
    let store = place.open().await;
    let (one, two) = (claimed(&store, 1, "").await, claimed(&store, 2, "").await);
    let sign = |letter: &Letter| {
        Ok(Signed { letter: letter.seq.to_string(), key: String::new(), signature: String::new() })
    };
    let body = Down::Recall(Recall { warning: "x".into(), at: NOW });
    for to in [vec![Arc::clone(&one)], vec![Arc::clone(&one), Arc::clone(&two)]] {
        let mut tx = store.begin().await.unwrap();
        tx.send(&to, &body, "x", NOW, &sign).await.unwrap();
        tx.commit().await.unwrap();
    }
    // What is not kept is not sent.
    let mut tx = store.begin().await.unwrap();
    tx.send(&[Arc::clone(&two)], &body, "x", NOW, &sign).await.unwrap();
    drop(tx);
    assert_eq!((one.letters_sent(), two.letters_sent()), (2, 1));
    one.acked(1);
    one.seen(NOW);
    store.close().await;
    let store = place.open().await;
    let one = store.find(one.id).unwrap();
    assert_eq!((one.letters_sent(), one.letters_acked(), one.last_seen()), (2, 1, Some(NOW)));
    let letters = store.letters_after(&one, 1, 10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.letter.as_str()).collect::<Vec<_>>(), ["2"]);
    store.close().await;
}

/// As it would be signed, to be read again.
fn unsigned(letter: &Letter) -> Result<Signed, LetterError> {
    let letter = serde_json::to_string(letter).unwrap();
    Ok(Signed { letter, key: String::new(), signature: String::new() })
}

fn warning(id: &str, hours: u64) -> Warning {
    let until = NOW + Duration::from_secs(hours * 3_600);
    Warning { id: id.into(), until, ..golden("warning") }
}

/// Sends a warning of this name, and takes back those of these names.
async fn warn(store: &Store, to: &[Arc<BoxCell>], new: Warning, audience: &Audience, recalled: &[&str]) {
    let mut tx = store.begin().await.unwrap();
    tx.add_warning(&new, audience, "ida").await.unwrap();
    tx.send(to, &Down::Warning(new.clone()), &new.id, NOW, &unsigned).await.unwrap();
    for id in recalled {
        assert!(tx.recall_warning(id, NOW).await.unwrap());
        let body = Down::Recall(Recall { warning: (*id).into(), at: NOW });
        tx.send(to, &body, id, NOW, &unsigned).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The numbers of the letters after one, and what each is about.
async fn letters(store: &Store, cell: &BoxCell, after: u64) -> Vec<(u64, String)> {
    let letters = store.letters_after(cell, after, 64).await.unwrap();
    let about = |signed: &Signed| {
        let letter: Letter = serde_json::from_str(&signed.letter).unwrap();
        let about = match letter.body {
            Down::Warning(warning) => warning.id,
            Down::Recall(recall) => format!("not {}", recall.warning),
            Down::EpochKey(key) => key.epoch,
        };
        (letter.seq, about)
    };
    letters.iter().map(about).collect()
}

async fn a_box_that_has_more_letters_than_are_known_is_gone_on_from(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let (to, all) = ([Arc::clone(&cell)], Audience::everybody());
    warn(&store, &to, warning("had", 24), &all, &[]).await;
    cell.acked(1);
    warn(&store, &to, warning("over", 0), &all, &[]).await;
    warn(&store, &to, warning("holds", 24), &all, &["had"]).await;
    let go_on_from = async |store: &Store, cell: &Arc<BoxCell>, after| {
        store.go_on_from(cell, after, NOW, &unsigned).await.unwrap()
    };
    for absurd in [4 + 10_001, u64::try_from(i64::MAX).unwrap(), u64::MAX] {
        assert!(!go_on_from(&store, &cell, absurd).await, "{absurd}");
    }
    assert_eq!(cell.letters_sent(), 4);
    // It has nine. What came after the one that it acknowledged here, and still holds, comes again.
    assert!(go_on_from(&store, &cell, 9).await);
    let again = [(10, "holds".to_owned()), (11, "not had".to_owned())];
    assert_eq!(letters(&store, &cell, 9).await, again);
    store.keep_seen().await.unwrap();
    store.close().await;

    let store = place.open().await;
    let cell = store.find(cell.id).unwrap();
    assert_eq!((cell.letters_sent(), cell.letters_acked(), cell.letters_known()), (11, 9, 9));
    // Its other connection asks the same: nothing is written twice.
    assert!(go_on_from(&store, &cell, 9).await);
    assert_eq!((letters(&store, &cell, 9).await.len(), cell.letters_sent()), (2, 11));
    // Now the box is put back, to where the numbers have a hole.
    assert_eq!(letters(&store, &cell, 2).await, []);
    assert!(go_on_from(&store, &cell, 2).await);
    assert_eq!(letters(&store, &cell, 2).await, [(3, "holds".to_owned()), (4, "not had".to_owned())]);
    assert_eq!((cell.letters_sent(), cell.letters_known()), (4, 2));
    let log = store.audit_entries(None, 100).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.deed == "box.number_letters").count(), 2);
    // Whoever plays with it is refused.
    let mut after = cell.letters_sent();
    while go_on_from(&store, &cell, after + 1).await {
        after = cell.letters_sent();
        assert!(after < 1_000);
    }
    store.close().await;
}

async fn a_new_box_is_sent_what_is_in_force(place: Place) {
    let store = place.open().await;
    let old = claimed(&store, 1, "Nord It").await;
    let of = |supplier: &str| Audience { suppliers: vec![supplier.into()], ..Audience::default() };
    for (id, hours, audience) in
        [("taken", 24, of("Nord It")), ("theirs", 24, of("Syd It")), ("over", 0, of("Nord It"))]
    {
        warn(&store, &[Arc::clone(&old)], warning(id, hours), &audience, &[]).await;
    }
    warn(&store, &[Arc::clone(&old)], warning("ours", 24), &of("Nord It"), &["taken"]).await;
    let key = |epoch: &str, hours: u64| EpochKeyRow {
        epoch: epoch.into(),
        secret: "5".repeat(64),
        from: NOW,
        until: NOW + Duration::from_secs(hours * 3_600),
    };
    let code = ClaimCode::from_bytes([2; 16]);
    let mut tx = store.begin().await.unwrap();
    tx.add_epoch_key(&key("2026-02", 0)).await.unwrap();
    tx.add_epoch_key(&key("2026-03", 24)).await.unwrap();
    tx.add_claim(&code, old.member, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let new = store.claim(&code, "key", BoxId::from_bytes([2; 16]), NOW).await.unwrap().unwrap().cell;
    for _twice in 0..2 {
        let mut tx = store.begin().await.unwrap();
        tx.send_in_force(&new, NOW, &unsigned).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(letters(&store, &new, 0).await, [(1, "2026-03".to_owned()), (2, "ours".to_owned())]);
    }
    store.close().await;
}

async fn incidents_have_their_latest_state_and_all_their_steps(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let filter = IncidentFilter { limit: 10, ..IncidentFilter::default() };
    let at = |body: &str| {
        let Body::Incident(one) = serde_json::from_str(body).unwrap() else { panic!("no incident") };
        one.at.since(NOW).as_secs()
    };
    let of_next_disk =
        |seq, secs| Record { spool: SpoolId::from_bytes([8; 16]), ..incident(&cell, seq, secs) };
    // In one group and in two. The box's clock is set back, its numbers go on; a later spool beats an earlier one.
    for (records, latest) in [
        (vec![incident(&cell, 1, 10), incident(&cell, 2, 30), incident(&cell, 3, 20)], 20),
        (vec![incident(&cell, 4, 5)], 5),
        (vec![of_next_disk(1, 2), incident(&cell, 5, 40)], 2),
        (vec![incident(&cell, 6, 50)], 2),
        (vec![of_next_disk(2, 3)], 3),
    ] {
        append(&store, &cell, &records).await;
        let rows = store.incidents(&filter).await.unwrap();
        assert_eq!(rows.iter().map(|row| at(&row.body)).collect::<Vec<_>>(), [latest]);
    }
    let id = store.incidents(&filter).await.unwrap().remove(0).place.id;
    let steps = store.incident_steps(cell.no, &id).await.unwrap();
    let steps: Vec<u64> = steps.iter().map(|step| at(&step.body)).collect();
    assert_eq!(steps, [10, 30, 20, 5, 40, 50, 2, 3]);
    let boxes = store.boxes(None).await.unwrap();
    assert_eq!((boxes.len(), boxes[0].quarantined, boxes[0].health_at), (1, 0, None));
    // How it is came when it came, whatever its clock says.
    let health: Health = golden("health");
    let record = Record::new((cell.id, SPOOL), (Lane::Health, 1), NOW, &Body::Health(health)).unwrap();
    append(&store, &cell, &[record]).await;
    append(&store, &cell, &[incident(&cell, 7, 60)]).await;
    assert_eq!(store.boxes(None).await.unwrap()[0].health_at, Some(NOW));
    store.close().await;
}

async fn what_was_pressed_stands_above_that_it_was_delivered(place: Place) {
    let store = place.open().await;
    for (number, together) in [(1, 1), (2, 5)] {
        let cell = claimed(&store, number, "").await;
        warn(&store, &[Arc::clone(&cell)], warning(&number.to_string(), 24), &Audience::everybody(), &[])
            .await;
        // The clock is set back before the second press; at last the tablet's file is made anew, and it is delivered again.
        let told = [
            (AnswerWord::Delivered, 10),
            (AnswerWord::Seen, 20),
            (AnswerWord::Delivered, 30),
            (AnswerWord::NotRelevant, 5),
            (AnswerWord::Delivered, 40),
        ];
        let records: Vec<Record> = (1..)
            .zip(told)
            .map(|(seq, (answer, secs))| {
                let at = NOW + Duration::from_secs(secs);
                let body = Body::Answer(Answer { warning: number.to_string(), answer, at });
                Record::new((cell.id, SPOOL), (Lane::Alert, seq), NOW, &body).unwrap()
            })
            .collect();
        for some in records.chunks(together) {
            append(&store, &cell, some).await;
        }
        let answers = store.warning_answers(&number.to_string()).await.unwrap();
        let answers: Vec<_> = answers.iter().map(|row| row.answer).collect();
        assert_eq!(answers, [Some(AnswerWord::NotRelevant)], "{together} together");
    }
    store.close().await;
}

async fn a_record_that_no_database_could_keep_holds_up_nobody(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let told = |seq: u64, change: &dyn Fn(&mut Incident)| {
        let mut one: Incident = golden("incident");
        one.id = format!("{seq:016x}");
        change(&mut one);
        Record::new((cell.id, SPOOL), (Lane::Alert, seq), NOW, &Body::Incident(Box::new(one))).unwrap()
    };
    let records = [
        told(1, &|_| {}),
        told(2, &|one| one.text.title = "a\0b".into()),
        told(3, &|one| one.kind = "\0".into()),
        // As no index of PostgreSQL takes it.
        told(4, &|one| one.id = (0..9_000).map(|n: u32| char::from(b'a' + (n * n % 23) as u8)).collect()),
        told(5, &|_| {}),
    ];
    append(&store, &cell, &records).await;
    let filter = IncidentFilter { limit: 10, ..IncidentFilter::default() };
    assert_eq!(store.incidents(&filter).await.unwrap().len(), 2);
    assert_eq!(store.boxes(None).await.unwrap()[0].quarantined, 3);
    store.close().await;
}

async fn the_queue_goes_on_page_by_page_in_either_order(place: Place) {
    let store = place.open().await;
    let cell = claimed(&store, 1, "").await;
    let told = |seq: u64, minute: u64, due: Due, state: State| {
        let mut one: Incident = golden("incident");
        one.id = format!("{seq:016x}");
        (one.at, one.last_seen) =
            (NOW + Duration::from_secs(minute * 60), NOW + Duration::from_secs(minute * 60));
        (one.due, one.state) = (due, state);
        Record::new((cell.id, SPOOL), (Lane::Alert, seq), NOW, &Body::Incident(Box::new(one))).unwrap()
    };
    let records = [
        told(1, 50, Due::Week, State::Opened),
        told(2, 45, Due::Now, State::Closed),
        told(3, 40, Due::Now, State::Opened),
        told(4, 30, Due::Today, State::Updated),
        told(5, 30, Due::Today, State::Opened),
    ];
    append(&store, &cell, &records).await;
    for (order, wanted) in
        [(IncidentOrder::Latest, [1, 2, 3, 4, 5]), (IncidentOrder::Urgent, [3, 4, 5, 1, 2])]
    {
        for limit in 1..=5 {
            let mut filter = IncidentFilter { limit, order, ..IncidentFilter::default() };
            let mut found = Vec::new();
            loop {
                let page = store.incidents(&filter).await.unwrap();
                let Some(last) = page.last() else { break };
                filter.after = Some(last.place.clone());
                found.extend(page.into_iter().map(|row| u64::from_str_radix(&row.place.id, 16).unwrap()));
            }
            assert_eq!(found, wanted, "{order:?}, {limit} a page");
        }
    }
    store.close().await;
}

async fn the_audit_log_holds_together(place: Place) {
    let store = place.open().await;
    for number in 0..5 {
        store
            .audit(NOW, "ida", "incident.read", &number.to_string(), "\0'; DROP TABLE audit; --")
            .await
            .unwrap();
    }
    let kept = store.audit_verify(None).await.unwrap().mark();
    let newest = store.audit_entries(None, 2).await.unwrap();
    assert_eq!((newest.len(), newest[0].no, newest[0].hash.clone()), (2, kept.no, kept.hash.clone()));
    assert_eq!(kept.no, 5);
    store.audit(NOW, "ida", "incident.read", "6", "").await.unwrap();
    assert_eq!(store.audit_verify(Some(kept.clone())).await.unwrap().mark().no, 6);
    for other in [Mark { no: 7, ..kept.clone() }, Mark { no: 4, ..kept.clone() }] {
        let broken = store.audit_verify(Some(other)).await.unwrap_err();
        assert!(matches!(broken, StoreError::Unreadable(_)), "{broken}");
    }
    store.close().await;
}

async fn what_members_share_is_found_once(place: Place) {
    let store = place.open().await;
    let mut seen: Sighting = golden("sighting");
    for (number, supplier) in [(1, "Nord It"), (2, "Nord It"), (3, ""), (4, "Syd It")] {
        let cell = claimed(&store, number, supplier).await;
        seen.at = NOW + Duration::from_secs(u64::from(number));
        let record =
            Record::new((cell.id, SPOOL), (Lane::Sighting, 1), NOW, &Body::Sighting(seen.clone())).unwrap();
        append(&store, &cell, &[record]).await;
        store.look_for_findings(Policy::default(), NOW).await.unwrap();
        assert_eq!(store.findings(10).await.unwrap().len(), usize::from(number == 4), "after {number}");
    }
    let (found, more) = store.look_for_findings(Policy::default(), NOW).await.unwrap();
    assert_eq!((found, more), (0, false));
    assert_eq!(store.findings(10).await.unwrap()[0].members.len(), 4);
    store.close().await;
}

/// That boxes met something at these hours, under the key of each of these epochs.
async fn meet(store: &Store, met: &[(u8, i64, &[&str])]) {
    for (number, hour, epochs) in met {
        let id = BoxId::from_bytes([*number; 16]);
        let cell = match store.find(id) {
            Some(cell) => cell,
            None => claimed(store, *number, "").await,
        };
        let mut seen: Sighting = golden("sighting");
        seen.at = Timestamp::from_secs(NOW.as_secs().checked_add_signed(hour * 3_600).unwrap());
        for fact in seen.facts.values_mut() {
            if let Fact::Indicator(of) = fact {
                let name = |epoch: &&str| Pseudonym { epoch: (*epoch).into(), hmac: format!("of {epoch}") };
                of.pseudonyms = epochs.iter().map(name).collect();
            }
        }
        // A spool for each, so that each is the first of its lane.
        let mut spool = [*number; 16];
        spool[..8].copy_from_slice(&hour.to_be_bytes());
        let at = (cell.id, SpoolId::from_bytes(spool));
        let record = Record::new(at, (Lane::Sighting, 1), NOW, &Body::Sighting(seen)).unwrap();
        append(store, &cell, &[record]).await;
    }
}

/// What was found: whose, and from which hour to which.
async fn found(store: &Store) -> Vec<(Vec<i64>, i64, i64)> {
    store.look_for_findings(Policy::default(), NOW).await.unwrap();
    let hour = |at: Timestamp| (at.as_secs().cast_signed() - NOW.as_secs().cast_signed()) / 3_600;
    let findings = store.findings(10).await.unwrap();
    findings.into_iter().map(|one| (one.members, hour(one.first), hour(one.last))).collect()
}

async fn round_a_change_of_epochs_there_is_one_finding(place: Place) {
    let store = place.open().await;
    let (old, both, new): (&[&str], &[&str], &[&str]) = (&["03"], &["03", "04"], &["04"]);
    // The day before both are in force is compared with the days on which they are.
    meet(&store, &[(1, -30, old), (2, -20, both), (3, -10, both)]).await;
    assert_eq!(found(&store).await, [(vec![1, 2, 3], -30, -10)]);
    meet(&store, &[(4, 5, both), (5, 10, both)]).await;
    assert_eq!(found(&store).await, [(vec![1, 2, 3, 4, 5], -30, 10)]);
    // So is the day after; then only the newer is left.
    meet(&store, &[(6, 30, new), (7, 31, new)]).await;
    meet(&store, &[(8, 50, new), (1, 52, new)]).await;
    assert_eq!(found(&store).await, [(vec![1, 2, 3, 4, 5, 6, 7, 8], -30, 52)]);
    assert_eq!(store.findings(1).await.unwrap()[0].independent, 8);
    store.close().await;
}

async fn findings_grow_and_join_and_lose_nothing(place: Place) {
    let store = place.open().await;
    let key: &[&str] = &["03"];
    // A box that was offline tells of days at once: the later ones hide nothing of the earlier.
    meet(&store, &[(1, 0, key), (2, 1, key), (3, 2, key), (1, 200, key), (1, 300, key)]).await;
    assert_eq!(found(&store).await, [(vec![1, 2, 3], 0, 2)]);
    let no = store.findings(1).await.unwrap()[0].no;
    // Others go on: who met it first stays.
    meet(&store, &[(4, 12, key), (5, 25, key), (6, 26, key)]).await;
    assert_eq!(found(&store).await, [(vec![1, 2, 3, 4, 5, 6], 0, 26)]);
    // Long after: another. What comes between joins them, under the number of the first.
    meet(&store, &[(7, 70, key), (8, 71, key), (9, 72, key)]).await;
    assert_eq!(found(&store).await, [(vec![7, 8, 9], 70, 72), (vec![1, 2, 3, 4, 5, 6], 0, 26)]);
    meet(&store, &[(7, 48, key), (8, 49, key), (9, 50, key)]).await;
    assert_eq!(found(&store).await, [((1..=9).collect::<Vec<i64>>(), 0, 72)]);
    assert_eq!(store.findings(1).await.unwrap()[0].no, no);
    // Nothing is new, then what changes nothing.
    assert_eq!(store.look_for_findings(Policy::default(), NOW).await.unwrap(), (0, false));
    meet(&store, &[(9, 71, key)]).await;
    assert_eq!(store.look_for_findings(Policy::default(), NOW).await.unwrap(), (0, false));
    store.close().await;
}

async fn what_is_old_is_forgotten_and_what_was_concluded_stays(place: Place) {
    let store = place.open().await;
    meet(&store, &[(1, 0, &["03"]), (2, 0, &["03"]), (3, 0, &["03"])]).await;
    assert_eq!(found(&store).await.len(), 1);
    let cell = store.find(BoxId::from_bytes([1; 16])).unwrap();
    // More than are forgotten in one step.
    let all: Vec<Record> = (1..=2_100).map(|seq| incident(&cell, seq, seq)).collect();
    append(&store, &cell, &all).await;
    let at = Position { spool: SPOOL, lane: Lane::Alert };
    let filter = IncidentFilter { limit: 10, ..IncidentFilter::default() };
    let incident_id = store.incidents(&filter).await.unwrap().remove(0).place.id;
    assert_eq!(store.forget(NOW).await.unwrap(), 0);
    assert_eq!(store.records_after(cell.no, at, 0, 9_999).await.unwrap().len(), 2_100);

    let later = NOW + Duration::from_secs(10_000);
    assert!(store.forget(later).await.unwrap() >= 2_103);
    assert_eq!(store.records_after(cell.no, at, 0, 9_999).await.unwrap(), []);
    assert!(store.incident_steps(cell.no, &incident_id).await.unwrap().is_empty());
    assert_eq!(store.incidents(&filter).await.unwrap().len(), 1);
    assert_eq!(store.findings(10).await.unwrap().len(), 1);
    store.close().await;
    // The lane goes on where it was.
    let store = place.open().await;
    let cell = store.find(cell.id).unwrap();
    let landed = append(&store, &cell, &[all[2_099].clone(), incident(&cell, 2_101, 1)]).await;
    assert_eq!((landed.duplicates, landed.accepted), (1, 1));

    let mut tx = store.begin().await.unwrap();
    let key = EpochKeyRow { epoch: "2026-02".into(), secret: "5".repeat(64), from: NOW, until: later };
    tx.add_epoch_key(&key).await.unwrap();
    tx.send(&[Arc::clone(&cell)], &key.body(), &key.epoch, NOW, &unsigned).await.unwrap();
    tx.commit().await.unwrap();
    warn(&store, &[Arc::clone(&cell)], warning("holds", 24), &Audience::everybody(), &[]).await;
    store.forget_epoch_keys(later, later).await.unwrap();
    assert_eq!(store.epoch_keys(NOW).await.unwrap(), [key]);
    store.forget_epoch_keys(later + Duration::from_secs(1), later).await.unwrap();
    assert_eq!(store.epoch_keys(NOW).await.unwrap(), []);
    // A box that comes after that long does not wait for the letter that is gone.
    assert_eq!(letters(&store, &cell, 0).await, []);
    assert!(store.go_on_from(&cell, 0, NOW, &unsigned).await.unwrap());
    assert_eq!(letters(&store, &cell, 0).await, [(1, "holds".to_owned())]);
    store.close().await;
}

async fn an_incident_is_searched_by_its_words_and_by_when_it_came(place: Place) {
    let store = place.open().await;
    let member = member(&store, "\u{d8}jenl\u{e6}ge Bagge", "").await;
    let code = ClaimCode::from_bytes([1; 16]);
    let mut tx = store.begin().await.unwrap();
    tx.add_claim(&code, member, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let cell = store.claim(&code, "key", BoxId::from_bytes([1; 16]), NOW).await.unwrap().unwrap().cell;
    // Played: it was seen years ago, and came today.
    let mut body: Incident = golden("incident");
    (body.last_seen, body.is_exercise) = (Timestamp::from_secs(1_500_000_000), true);
    body.text.title = "100 % \u{c5}bne d\u{f8}re".into();
    let record =
        Record::new((cell.id, SPOOL), (Lane::Alert, 1), NOW, &Body::Incident(Box::new(body.clone())))
            .unwrap();
    append(&store, &cell, &[record]).await;
    let found = async |change: &dyn Fn(&mut IncidentFilter)| {
        let mut filter = IncidentFilter { limit: 10, ..IncidentFilter::default() };
        change(&mut filter);
        store.incidents(&filter).await.unwrap().len()
    };
    let words = async |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        found(&|filter| filter.words.clone_from(&words)).await
    };
    assert_eq!(words(&["\u{e5}BNE", "\u{f8}jenl\u{c6}ge"]).await, 1);
    assert_eq!(words(&["100 %", &body.id[2..].to_uppercase()]).await, 1);
    for none in ["100_%", "%%", "_", "!", "'", "dentist"] {
        assert_eq!(words(&[none]).await, 0, "{none}");
    }
    assert_eq!(found(&|filter| filter.since = Some(NOW)).await, 1);
    assert_eq!(found(&|filter| filter.since = Some(NOW + Duration::from_secs(1))).await, 0);
    assert_eq!(found(&|filter| filter.is_exercise = Some(true)).await, 1);
    assert_eq!(found(&|filter| filter.is_exercise = Some(false)).await, 0);
    assert_eq!(store.kinds().await.unwrap(), [(body.kind, body.category)]);
    store.close().await;
}

async fn sessions_end(place: Place) {
    let store = place.open().await;
    let account = Account { name: "ida".into(), role: Role::Analyst };
    let until = NOW + Duration::from_secs(60);
    let mut tx = store.begin().await.unwrap();
    tx.put_account(&account, NOW).await.unwrap();
    tx.add_link("link", "ida", until).await.unwrap();
    tx.add_link("old", "ida", NOW - Duration::from_secs(1)).await.unwrap();
    assert_eq!(tx.use_link("link", NOW).await.unwrap(), Ok(account.clone()));
    for (link, why) in [
        ("link", LinkRefused::Used("ida".into())),
        ("old", LinkRefused::Old("ida".into())),
        ("none", LinkRefused::Unknown),
    ] {
        assert_eq!(tx.use_link(link, NOW).await.unwrap(), Err(why));
    }
    let session = Session { account, csrf: "c".into(), until };
    tx.add_session("hash", &session, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.session("hash", NOW).await.unwrap().is_some());
    assert!(store.session("hash", until + Duration::from_secs(1)).await.unwrap().is_none());
    assert!(store.session("other", NOW).await.unwrap().is_none());
    store.close().await;
}

//! What boxes may and may not, over true connections.

use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Context;
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;

use axum::http::StatusCode;
use central_core::Audience;
use central_core::digest::sha256;
use central_core::pass::{CLAIM_LIFE, DAY, LIFE, RENEWABLE};
use central_store::{IncidentFilter, IngestLog as _, QueryEngine as _, ShardState as _};
use common_wire::limits::BATCH_BYTES_MAX;
use common_wire::v1::{Body, Down, Recall, Urgency, Warning};
use common_wire::{Committed, Draft, EpochKey, Lane, Letter, Letters, Position, Record};
use serde_json::{Value, json};
use testing_fleet::{
    Line, PlayedBox, certificates, claim, connector, health, incident, request_for_certificate, sighting,
};

use super::Running;
use crate::app::machine_time;
use crate::identity::Identity;

fn at(played: &PlayedBox, lane: Lane) -> Position {
    Position { spool: played.spool, lane }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_is_claimed_sends_and_hears() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    assert_eq!(played.member, "Klinik Nord");
    let fingerprint = sha256(&certificates(&played.ca).unwrap()[0]);
    assert!(fingerprint.starts_with(&centre.app.identity.fingerprint()));

    let mut line = played.connect().await.unwrap();
    let now = machine_time();
    let batch = played.batch(&[incident(1, None, now), health(now), incident(1, None, now)], now).unwrap();
    let answer: Committed = line.batch(batch.clone()).await.unwrap().well().unwrap();
    assert_eq!(answer.of(at(&played, Lane::Alert)), Some(2));
    assert_eq!(answer.of(at(&played, Lane::Health)), Some(1));
    // Once more: nothing changes.
    let again: Committed = line.batch(batch).await.unwrap().well().unwrap();
    assert_eq!(again, answer);
    let counts = centre.app.store.counts();
    assert_eq!(counts.records.load(Ordering::Relaxed), 3);
    assert_eq!(counts.duplicates.load(Ordering::Relaxed), 3);
    let filter = IncidentFilter { limit: 10, ..IncidentFilter::default() };
    let incidents = centre.app.store.incidents(&filter).await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!(
        centre.app.store.incident_steps(incidents[0].place.box_no, "0000000000000001").await.unwrap().len(),
        2
    );

    // The keys of the epochs wait for it, signed and in order.
    let letters: Letters = line.inbox(0).await.unwrap().well().unwrap();
    assert!(!letters.letters.is_empty());
    for (seq, signed) in (1..).zip(&letters.letters) {
        let letter = played.letter_key.open(signed, played.id, seq).unwrap();
        assert!(matches!(letter.body, Down::EpochKey(_)));
    }
    let sent = u64::try_from(letters.letters.len()).unwrap();
    assert_eq!(line.inbox(sent + 10_001).await.unwrap().status, StatusCode::CONFLICT);
    assert_eq!(line.inbox(u64::MAX).await.unwrap().status, StatusCode::CONFLICT);
    assert_eq!(centre.refused("acknowledged"), 2);
}

/// Tells every box something, as the desk does.
async fn warn(centre: &Running, id: &str) {
    let now = machine_time();
    let warning = Warning {
        id: id.to_owned(),
        issued_at: now,
        until: now + DAY,
        urgency: Urgency::Today,
        text: Default::default(),
        is_exercise: false,
    };
    let store = &centre.app.store;
    let mut tx = store.begin().await.unwrap();
    tx.add_warning(&warning, &Audience::everybody(), "ida").await.unwrap();
    let sign = |letter: &Letter| centre.app.identity.sign(letter);
    tx.send(&store.cells(), &Down::Warning(warning), id, now, &sign).await.unwrap();
    tx.commit().await.unwrap();
}

/// The warnings in the letters after a number, each letter opened as a box opens it; and the number of the last.
async fn hear(played: &PlayedBox, after: u64) -> (Vec<String>, u64) {
    let mut line = played.connect().await.unwrap();
    let letters: Letters = line.inbox(after).await.unwrap().well().unwrap();
    let (mut last, mut heard) = (after, Vec::new());
    for signed in &letters.letters {
        last += 1;
        if let Down::Warning(warning) = played.letter_key.open(signed, played.id, last).unwrap().body {
            heard.push(warning.id);
        }
    }
    (heard, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_backup_was_put_back_no_later_warning_is_missed() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    warn(&centre, "before").await;
    let (_, last) = hear(&played, 0).await;
    centre.app.store.keep_seen().await.unwrap();
    let backup = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(centre.folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), backup.path().join(file.file_name())).unwrap();
    }
    // What is said from here on only the box remembers.
    for id in ["lost1", "lost2", "lost3"] {
        warn(&centre, id).await;
    }
    let (heard, last) = hear(&played, last).await;
    assert_eq!(heard, ["lost1", "lost2", "lost3"]);
    drop(centre);

    let centre = Running::in_folder(backup).await;
    played.centre = centre.boxes;
    // Numbered as if the box had them; one more, and the box would be behind again.
    for id in ["new1", "new2"] {
        warn(&centre, id).await;
    }
    let (heard, last) = hear(&played, last).await;
    assert!(heard.ends_with(&["new1".into(), "new2".into()]), "{heard:?}");
    warn(&centre, "new3").await;
    assert_eq!(hear(&played, last).await.0, ["new3"]);
    assert_eq!(centre.refused("acknowledged"), 1);
    let entries = centre.app.store.audit_entries(None, 10).await.unwrap();
    assert!(entries.iter().any(|entry| entry.deed == "box.number_letters"), "{entries:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_comes_in_place_of_another_hears_what_is_in_force() {
    let centre = Running::new().await;
    let first = centre.claimed("Klinik Nord", "").await;
    warn(&centre, "here").await;
    let code = centre.code(1, machine_time()).await;
    let second = claim(centre.boxes, &first.ca, &code).await.unwrap();
    assert_eq!(hear(&second, 0).await.0, ["here"]);
}

/// Whether somebody who waits was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_wakes_its_box_and_no_other() {
    let centre = Running::new().await;
    let (north, south) = (centre.claimed("Klinik Nord", "").await, centre.claimed("Klinik Syd", "").await);
    let store = &centre.app.store;
    let cells = [north, south].map(|played| store.find(played.id).unwrap());
    let woken = [(); 2].map(|()| Arc::new(Woken::default()));
    let mut waiting = cells.each_ref().map(|cell| Box::pin(cell.is_called(cell.letters_sent())));
    for (waits, woken) in waiting.iter_mut().zip(&woken) {
        assert!(waits.as_mut().poll(&mut Context::from_waker(&Arc::clone(woken).into())).is_pending());
    }
    let is_woken = || woken.each_ref().map(|woken| woken.0.load(Ordering::Relaxed));
    let body = Down::Recall(Recall { warning: "x".into(), at: machine_time() });
    let mut tx = store.begin().await.unwrap();
    let sign = |letter: &Letter| centre.app.identity.sign(letter);
    tx.send(&cells[..1], &body, "x", machine_time(), &sign).await.unwrap();
    tx.commit().await.unwrap();
    store.tell_news();
    assert_eq!(is_woken(), [true, false]);
    let mut tx = store.begin().await.unwrap();
    store.revoke(&mut tx, &cells[1], machine_time()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(is_woken(), [true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_early_waits_and_what_cannot_be_read_is_put_aside() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let mut line = played.connect().await.unwrap();
    let now = machine_time();
    let mut records: Vec<Record> =
        (0..4).map(|n| played.record(&incident(n, None, now), now).unwrap()).collect();
    let pack = |records: &[&Record]| {
        let mut draft = Draft::default();
        for record in records {
            draft.push(record).unwrap();
        }
        draft.pack().unwrap()
    };
    let early = pack(&[&records[2], &records[3]]);
    let answer: Committed = line.batch(early).await.unwrap().well().unwrap();
    assert_eq!(answer.of(at(&played, Lane::Alert)), Some(0));
    // A body of tomorrow counts as committed, and lies with its reason.
    records[1].body = serde_json::value::RawValue::from_string(r#"{"type":"poem"}"#.into()).unwrap();
    let all: Vec<&Record> = records.iter().collect();
    let answer: Committed = line.batch(pack(&all)).await.unwrap().well().unwrap();
    assert_eq!((answer.of(at(&played, Lane::Alert)), answer.refused), (Some(4), 1));
    let boxes = centre.app.store.boxes(Some(&played.id.to_string())).await.unwrap();
    assert_eq!(boxes[0].quarantined, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_code_works_once_for_one_key_and_two_weeks() {
    let centre = Running::new().await;
    let ca = centre.app.identity.ca_pem().to_owned();
    let member = centre.member("Klinik Nord", "").await;
    let code = centre.code(member, machine_time()).await;
    let (csr, _) = request_for_certificate().unwrap();
    let mut line = Line::connect(centre.boxes, &connector(&ca, None).unwrap()).await.unwrap();
    let body = json!({ "code": code, "csr": csr });
    let first: Value = line.post("/v1/claim", &body).await.unwrap().well().unwrap();
    // Its answer was lost: the same key gets the same box.
    let again: Value = line.post("/v1/claim", &body).await.unwrap().well().unwrap();
    assert_eq!(first["box"], again["box"]);

    let other = request_for_certificate().unwrap().0;
    let old = centre.code(member, machine_time() - CLAIM_LIFE - DAY).await;
    let wrong = "0".repeat(26);
    for (code, csr, status) in [
        (&code, &other, StatusCode::FORBIDDEN),
        (&old, &other, StatusCode::FORBIDDEN),
        (&wrong, &other, StatusCode::FORBIDDEN),
        (&"what".to_owned(), &other, StatusCode::FORBIDDEN),
        (&wrong, &"what".to_owned(), StatusCode::BAD_REQUEST),
    ] {
        let answer = line.post("/v1/claim", &json!({ "code": code, "csr": csr })).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.json::<Value>().unwrap()["error"].is_string());
    }
    assert_eq!((centre.refused("claim"), centre.refused("request")), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_expired_and_revoked_boxes_are_refused_and_counted() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let now = machine_time();

    // Another centre's certificate: no connection.
    let stranger_folder = tempfile::tempdir().unwrap();
    let stranger = Identity::open(stranger_folder.path(), now).unwrap();
    let (csr, key) = request_for_certificate().unwrap();
    let foreign = stranger.issue(Identity::read_request(&csr).unwrap(), played.id, now).unwrap();
    let with = connector(&played.ca, Some((&foreign.chain, &key.serialize_pem()))).unwrap();
    let refused = async { Line::connect(centre.boxes, &with).await?.inbox(0).await };
    refused.await.unwrap_err();
    // The same, over: an expired certificate is no way round the signature.
    let foreign = stranger.issue(Identity::read_request(&csr).unwrap(), played.id, now - LIFE - DAY).unwrap();
    let with = connector(&played.ca, Some((&foreign.chain, &key.serialize_pem()))).unwrap();
    let refused = async { Line::connect(centre.boxes, &with).await?.inbox(0).await };
    refused.await.unwrap_err();
    // The box hears of it before we have counted.
    let counted = async {
        while centre.refused("handshake") < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap();

    // None at all.
    let mut bare = Line::connect(centre.boxes, &connector(&played.ca, None).unwrap()).await.unwrap();
    assert_eq!(bare.inbox(0).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(bare.batch(Vec::new()).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(centre.refused("no_certificate"), 2);

    // Over for a day: it may renew, and nothing else.
    let expired = |age| {
        let (csr, key) = request_for_certificate().unwrap();
        let issued =
            centre.app.identity.issue(Identity::read_request(&csr).unwrap(), played.id, now - LIFE - age);
        let mut over: PlayedBox = played.clone();
        (over.chain, over.key) = (issued.unwrap().chain, key.serialize_pem());
        over
    };
    let renew = json!({ "csr": request_for_certificate().unwrap().0 });
    let mut over = expired(DAY).connect().await.unwrap();
    assert_eq!(over.inbox(0).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(over.post("/v1/renew", &renew).await.unwrap().status, StatusCode::OK);
    // For longer than ninety days: a person must approve, once.
    let mut long_over = expired(RENEWABLE + DAY).connect().await.unwrap();
    assert_eq!(long_over.post("/v1/renew", &renew).await.unwrap().status, StatusCode::FORBIDDEN);
    let cell = centre.app.store.find(played.id).unwrap();
    let mut tx = centre.app.store.begin().await.unwrap();
    centre.app.store.approve_renewal(&mut tx, &cell, true).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(long_over.inbox(0).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(long_over.post("/v1/renew", &renew).await.unwrap().status, StatusCode::OK);
    assert_eq!(long_over.post("/v1/renew", &renew).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(centre.refused("expired"), 4);

    // Revoked: with its next word, also while it waits for letters.
    let mut line = played.connect().await.unwrap();
    let mut waits = played.connect().await.unwrap();
    let sent = hear(&played, 0).await.1;
    let waiting = tokio::spawn(async move { waits.inbox(sent).await.unwrap().status });
    let batch = played.batch(&[health(now)], now).unwrap();
    assert_eq!(line.batch(batch.clone()).await.unwrap().status, StatusCode::OK);
    let mut tx = centre.app.store.begin().await.unwrap();
    centre.app.store.revoke(&mut tx, &cell, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(line.batch(batch).await.unwrap().status, StatusCode::FORBIDDEN);
    assert_eq!(line.post("/v1/renew", &renew).await.unwrap().status, StatusCode::FORBIDDEN);
    let let_go = tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    assert_eq!(let_go, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_are_none_or_anothers_change_nothing() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let mut other = centre.claimed("Klinik Syd", "").await;
    let mut line = played.connect().await.unwrap();
    let now = machine_time();
    let own = played.record(&health(now), now).unwrap();
    let foreign = other.record(&health(now), now).unwrap();
    let mut mixed = Draft::default();
    mixed.push(&own).unwrap();
    mixed.push(&foreign).unwrap();
    let mut bomb = vec![0; 40 << 20];
    bomb = common_wire_packed(&bomb);
    for (bytes, status) in [
        (mixed.pack().unwrap(), StatusCode::FORBIDDEN),
        (b"not packed".to_vec(), StatusCode::BAD_REQUEST),
        (Vec::new(), StatusCode::BAD_REQUEST),
        (bomb, StatusCode::BAD_REQUEST),
        (vec![0; BATCH_BYTES_MAX + 1], StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        // One that is too long ends its connection.
        let mut fresh = played.connect().await.unwrap();
        let answer = fresh.batch(bytes).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.json::<Value>().unwrap()["error"].is_string());
    }
    let refused = ["other_box", "malformed", "too_long"].map(|why| centre.refused(why));
    assert_eq!(refused, [1, 3, 1]);
    for (path, status) in
        [("/v1/else", StatusCode::NOT_FOUND), ("/v1/inbox?after=x", StatusCode::BAD_REQUEST)]
    {
        let answer = line.ask("GET", path, "application/json", Vec::new()).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.json::<Value>().unwrap()["error"].is_string(), "{path}");
    }
    let counts = centre.app.store.counts();
    assert_eq!(counts.records.load(Ordering::Relaxed), 0);
}

fn common_wire_packed(bytes: &[u8]) -> Vec<u8> {
    // A batch's own packing refuses nothing: it is the reader that must.
    zstd::bulk::compress(bytes, 3).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_independent_members_that_met_the_same_are_a_finding() {
    let centre = Running::new().await;
    let key = EpochKey::new("2026-03", [7; 32]);
    let now = machine_time();
    for (name, supplier) in [("A", "Nordklinik It"), ("B", "Nordklinik It"), ("C", ""), ("D", "Syd It")] {
        let mut played = centre.claimed(name, supplier).await;
        let bodies: [Body; 2] =
            [sighting("update.example", &key, now), sighting(&format!("only-{name}.example"), &key, now)];
        let batch = played.batch(&bodies, now).unwrap();
        assert_eq!(played.connect().await.unwrap().batch(batch).await.unwrap().status, StatusCode::OK);
        centre.app.store.look_for_findings(centre.app.policy, now).await.unwrap();
        let found = centre.app.store.findings(10).await.unwrap();
        assert_eq!(found.len(), usize::from(name == "D"), "after {name}");
    }
    let found = centre.app.store.findings(10).await.unwrap();
    assert_eq!((found[0].independent, found[0].members.len()), (3, 4));
    // Looking again finds nothing new.
    centre.app.store.look_for_findings(centre.app.policy, now).await.unwrap();
    assert_eq!(centre.app.store.findings(10).await.unwrap(), found);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_restart() {
    let centre = Running::new().await;
    let mut played = centre.claimed("Klinik Nord", "").await;
    let now = machine_time();
    let batch = played.batch(&[health(now)], now).unwrap();
    assert_eq!(played.connect().await.unwrap().batch(batch.clone()).await.unwrap().status, StatusCode::OK);
    // As after a crash: what was open is left as it lies.
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(centre.folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    drop(centre);
    let centre = Running::in_folder(copy).await;
    played.centre = centre.boxes;
    let answer: Committed = played.connect().await.unwrap().batch(batch).await.unwrap().well().unwrap();
    assert_eq!(answer.of(at(&played, Lane::Health)), Some(1));
    assert_eq!(centre.app.store.counts().duplicates.load(Ordering::Relaxed), 1);
    assert!(centre.sign_in.is_none() && centre.desk.port() != 0);
    let second = claim(centre.boxes, centre.app.identity.ca_pem(), "0").await;
    assert!(second.unwrap_err().to_string().contains("claim code"));
}

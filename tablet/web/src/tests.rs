//! Requests as a browser makes them, on a real folder.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use box_store::record::{DeviceRecord, EventRecord, IncidentRecord, PartyRecord, hex};
use box_store::sensor::{Batch, PortHour, PortStatus, Status, TestStatus};
use box_store::tablet::CommandRecord;
use box_store::uplink::{Entry, Letter, WarningRow};
use box_store::{SensorDb, TabletReader, UplinkDb};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::guard::Guard;
use crate::shared::{Shared, machine_time};

/// 2026-03-18T09:30:00Z: half past ten in Denmark.
const NOON: u64 = 1_773_826_200_000_000_000;

const MINUTE: u64 = 60_000_000_000;

const SITE: &str = "clinic = \"Test\"\n[contacts.it_supplier]\nname = \"Nordklinik It\"\nphone = \"+45 70 00 00 00\"\nhours = \"08:00-16:00\"\nafter_hours_phone = \"+45 70 00 00 99\"\n";

/// A tablet on a folder of its own.
struct Tablet {
    folder: tempfile::TempDir,
    sensor: SensorDb,
    shared: Arc<Shared>,
    app: Router,
}

impl Tablet {
    fn new() -> Tablet {
        let folder = tempfile::tempdir().expect("a folder");
        let sensor = SensorDb::open(folder.path()).expect("a new file");
        let shared = Shared::new(folder.path(), Some(SITE)).expect("a new file");
        let guard = Guard::new(Arc::clone(&shared), ([127, 0, 0, 1], 8_080).into());
        let app = crate::serve::router(Arc::clone(&shared), guard);
        Tablet { folder, sensor, shared, app }
    }

    /// The sensor says how it is, with these incidents open.
    fn heard(&mut self, status: Status, incidents: Vec<IncidentRecord>) {
        let events =
            incidents.into_iter().map(|one| (one.last_seen_ns, EventRecord::Incident(Box::new(one))));
        let batch = Batch { events: events.collect(), status: Some(status.clone()), ..Batch::default() };
        self.sensor.write(&batch).expect("it can be written");
        self.shared.rang(&serde_json::to_vec(&status).expect("JSON"));
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.expect("infallible")
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.send(request("GET", path).body(Body::empty()).expect("a request")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        body(response).await
    }

    /// Presses something. Returns the status and what was said.
    async fn press(&self, method: &str, path: &str, with: &Value) -> (StatusCode, Value) {
        self.press_text(method, path, "application/json", with.to_string()).await
    }

    async fn press_text(&self, method: &str, path: &str, kind: &str, with: String) -> (StatusCode, Value) {
        let request = request(method, path)
            .header("x-cyberalarm", &self.shared.token)
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(with))
            .expect("a request");
        let response = self.send(request).await;
        (response.status(), body(response).await)
    }

    fn commands(&self) -> Vec<CommandRecord> {
        let reader = TabletReader::open(self.folder.path()).expect("it is there");
        let commands = reader.commands_after(0, 100).expect("it can be read");
        commands.into_iter().map(|command| command.what).collect()
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, "localhost:8080")
}

async fn body(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a small body");
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// A sensor that hears, on the recorded clinic's morning.
fn hears() -> Status {
    let port = PortStatus {
        name: "eth1".into(),
        sees: true,
        has_carrier: true,
        last_heard_ns: NOON,
        ..PortStatus::default()
    };
    Status { now_ns: NOON, said_at_ns: machine_time().as_nanos(), ports: vec![port], ..Status::default() }
}

fn incident(id: u64, due: &str) -> IncidentRecord {
    let party = PartyRecord {
        id: Some(hex(7)),
        name: Some("Reception".into()),
        ip: Some("10.0.0.21".parse().expect("an address")),
        mac: Some("00:00:5e:00:53:21".into()),
        device_type: "pc".into(),
        type_confirmed: true,
        vendor: None,
    };
    IncidentRecord {
        id: hex(id),
        state: "opened".into(),
        closed_by: None,
        solved_by: None,
        solved_at_ns: None,
        opened_at_ns: NOON - 5 * MINUTE,
        last_seen_ns: NOON - MINUTE,
        kind: "arp-spoofing".into(),
        category: "spoofing".into(),
        techniques: Vec::new(),
        message: "traffic_diverted".into(),
        device: party,
        role: "source".into(),
        identity: hex(1),
        peer: None,
        severity: "high".into(),
        confidence_percent: 90,
        due: due.into(),
        findings: 1,
        facts: vec![("addresses".into(), box_store::record::FactRecord::Count(1))],
    }
}

#[tokio::test]
async fn never_green_before_the_box_was_heard() {
    let tablet = Tablet::new();
    for lang in ["da", "en"] {
        let home = tablet.get(&format!("/api/v1/home?lang={lang}")).await;
        assert_eq!((&home["face"], &home["parts"][0]["face"]), (&json!("unknown"), &json!("unknown")));
        assert_eq!(
            home["headline"],
            if lang == "da" { "Vi venter på boksen" } else { "We are waiting for the box" }
        );
    }
}

#[tokio::test]
async fn the_face_is_the_worst_of_what_is_open() {
    let faces = [
        (vec![], "ok"),
        (vec!["none"], "ok"),
        (vec!["week"], "attention"),
        (vec!["week", "today"], "attention"),
        (vec!["today", "now", "week"], "act"),
    ];
    for (dues, face) in faces {
        let mut tablet = Tablet::new();
        let incidents = (1..).zip(&dues).map(|(id, due)| incident(id, due)).collect();
        tablet.heard(hears(), incidents);
        let home = tablet.get("/api/v1/home").await;
        assert_eq!(home["face"], face, "{dues:?}");
        let cards = home["cards"].as_array().unwrap();
        assert_eq!(cards.len(), dues.iter().filter(|due| **due != "none").count());
        if face == "act" {
            assert_eq!(cards[0]["due"], "now", "the worst is first");
            assert_eq!(cards[0]["can"], json!(["seen", "solved"]));
        }
    }
}

#[tokio::test]
async fn a_box_that_cannot_see_is_grey_and_says_which_cable() {
    let mut tablet = Tablet::new();
    let mut status = hears();
    status.ports.push(PortStatus {
        number: 1,
        name: "eth2".into(),
        last_heard_ns: NOON - 3 * MINUTE,
        saw_ns: NOON - 3 * MINUTE,
        has_carrier: true,
        ..PortStatus::default()
    });
    tablet.heard(status.clone(), vec![]);
    let home = tablet.get("/api/v1/home").await;
    assert_eq!(home["face"], "unknown");
    assert_eq!(home["cards"][0]["kind"], "box-blind");
    // It goes on hearing one port; what it does not see it has not checked.
    assert_eq!(home["checked"], "Så sidst nettet kl. 10.27");
    let text = "Boksen hører nettet.";
    assert_eq!(home["ports"][0], json!({ "name": "Kablet i stik eth1", "sees": true, "text": text }));
    let text = "Boksen har ikke hørt noget siden kl. 10.27.";
    assert_eq!(home["ports"][1], json!({ "name": "Kablet i stik eth2", "sees": false, "text": text }));
    status.ports[1].has_carrier = false;
    // Red stays red, and says so beside it.
    tablet.heard(status, vec![incident(1, "now")]);
    let home = tablet.get("/api/v1/home").await;
    assert_eq!(
        (&home["face"], &home["also"]),
        (&json!("act"), &json!(["Boksen kan ikke se jeres net lige nu."]))
    );
    assert!(home["ports"][1]["text"].as_str().unwrap().contains("ikke signal"));
}

#[tokio::test]
async fn a_box_that_hears_only_a_part_is_grey_and_says_which_setting() {
    let mut tablet = Tablet::new();
    for (trouble, kind, text) in [
        ("mirror_off", "box-mirror-off", "It is not shown the rest of the traffic."),
        ("one_way", "box-one-way", "The box hears one direction only."),
    ] {
        let mut status = hears();
        status.ports[0].trouble = Some(trouble.into());
        tablet.heard(status.clone(), vec![]);
        assert_eq!(tablet.get("/api/v1/home?lang=en").await["checked"], "Has not seen the network yet");
        status.ports[0].saw_ns = NOON - 20 * MINUTE;
        tablet.heard(status.clone(), vec![]);
        let home = tablet.get("/api/v1/home?lang=en").await;
        assert_eq!(home["checked"], "Last saw the network at 10:10");
        assert_eq!(home["cards"][0]["since"], "since 10:10");
        assert_eq!((&home["face"], &home["cards"][0]["kind"]), (&json!("unknown"), &json!(kind)));
        assert!(home["ports"][0]["text"].as_str().unwrap().ends_with(text), "{home}");
        // A cable comes first.
        status.ports[0].has_carrier = false;
        tablet.heard(status, vec![]);
        assert_eq!(tablet.get("/api/v1/home").await["cards"][0]["kind"], "box-blind");
    }
    // What was lost is said for an hour.
    let mut status = hears();
    for (ago, says) in [(5, "lost some of it"), (61, "hears the network.")] {
        status.ports[0].lost_at_ns = NOON - ago * MINUTE;
        tablet.heard(status.clone(), vec![]);
        let home = tablet.get("/api/v1/home?lang=en").await;
        assert!(home["ports"][0]["text"].as_str().unwrap().contains(says), "{home}");
        assert_eq!(home["face"], "ok");
    }
}

#[tokio::test]
async fn what_each_port_heard_is_listed_hour_by_hour_for_a_day() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![]);
    let now = NOON / 3_600_000_000_000;
    let port_hours = [now - 25, now - 24, now].map(|hour| PortHour {
        hour,
        frames: 1_200,
        frames_from_inside: 700,
        frames_to_inside: 500,
        unseen_bytes: 64,
        devices_heard: 9,
        devices_silent: 2,
        ..PortHour::default()
    });
    tablet.sensor.write(&Batch { port_hours: port_hours.to_vec(), ..Batch::default() }).unwrap();
    let sight = tablet.get("/api/v1/sight?lang=en").await;
    assert_eq!(sight["ports"][0]["name"], "The cable in socket eth1");
    let hours = sight["ports"][0]["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 2, "a day, the latest first: {sight}");
    assert_eq!(hours[0]["at"], "at 10:00");
    assert_eq!((&hours[0]["from_inside"], &hours[0]["unseen_bytes"]), (&json!(700), &json!(64)));
    assert_eq!((&hours[0]["heard"], &hours[0]["not_heard"]), (&json!(9), &json!(2)));
}

#[tokio::test]
async fn new_devices_are_not_called_unusual_traffic() {
    let mut tablet = Tablet::new();
    let new = IncidentRecord { category: "new-device".into(), ..incident(1, "week") };
    let mut other = IncidentRecord { category: "new-device".into(), ..incident(3, "week") };
    other.device.id = Some(hex(8));
    for (open, says) in [
        (vec![new.clone()], "1 nyt apparat"),
        (vec![new.clone(), other.clone()], "2 nye apparater"),
        (vec![new, other, incident(2, "week")], "Usædvanlig trafik fra 1 apparat"),
    ] {
        tablet.heard(hears(), open);
        assert_eq!(tablet.get("/api/v1/home").await["parts"][0]["is"], says);
    }
}

#[tokio::test]
async fn what_nobody_looks_at_has_no_face_and_the_time_is_the_clinics() {
    let mut tablet = Tablet::new();
    tablet.heard(Status { is_recording: true, ..hears() }, vec![]);
    let home = tablet.get("/api/v1/home").await;
    let updates = &home["parts"][1];
    assert_eq!((&updates["face"], &updates["is"]), (&Value::Null, &json!("Ikke med endnu")));
    assert_eq!(home["now"], "2026-03-18T10:30:00+01:00");
}

#[tokio::test]
async fn a_box_that_was_not_heard_for_ninety_seconds_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let mut sensor = SensorDb::open(folder.path()).unwrap();
    // Whatever the clocks say: a box without a battery may be a year ahead of its own past, or behind it.
    let year = 365 * 24 * 60 * MINUTE;
    for said_at_ns in [machine_time().as_nanos() - year, machine_time().as_nanos() + year] {
        let status = Status { said_at_ns, ..hears() };
        sensor.write(&Batch { status: Some(status), ..Batch::default() }).unwrap();
        for (started_before, kind) in [(0, Value::Null), (91, json!("box-silent"))] {
            let mut shared = Shared::new(folder.path(), None).unwrap();
            Arc::get_mut(&mut shared).unwrap().started_before(Duration::from_secs(started_before));
            let guard = Guard::new(Arc::clone(&shared), ([127, 0, 0, 1], 8_080).into());
            let app = crate::serve::router(shared, guard);
            let asked = request("GET", "/api/v1/home").body(Body::empty()).unwrap();
            let home = body(app.oneshot(asked).await.unwrap()).await;
            assert_eq!((&home["face"], &home["cards"][0]["kind"]), (&json!("unknown"), &kind), "{home}");
        }
    }
}

#[tokio::test]
async fn a_box_that_cannot_remember_says_so() {
    let mut tablet = Tablet::new();
    let forgets = Status { problem: Some("disk_full".into()), ..hears() };
    tablet.heard(forgets.clone(), vec![]);
    let home = tablet.get("/api/v1/home").await;
    assert_eq!(
        (&home["face"], &home["headline"]),
        (&json!("unknown"), &json!("Boksen kan ikke huske lige nu"))
    );
    assert_eq!(home["cards"][0]["kind"], "box-forgets");
    assert!(home["cards"][0]["what"].as_str().unwrap().starts_with("Boksens lager er fuldt."));
    // What could not be written is shown all the same, and is newer than what was.
    let unwritten = vec![incident(2, "now")];
    tablet.heard(Status { unwritten, ..forgets.clone() }, vec![incident(2, "week")]);
    let home = tablet.get("/api/v1/home").await;
    assert_eq!((&home["face"], &home["cards"][0]["due"]), (&json!("act"), &json!("now")), "{home}");
    let closed = IncidentRecord { state: "closed".into(), ..incident(2, "week") };
    tablet.heard(Status { unwritten: vec![closed], ..forgets.clone() }, vec![]);
    assert_eq!(tablet.get("/api/v1/home").await["cards"].as_array().unwrap().len(), 1);
    tablet.heard(forgets.clone(), vec![IncidentRecord { state: "closed".into(), ..incident(2, "week") }]);
    // Nothing hides anything else: red, blind, full, and everything is kept.
    let mut all = Status { record: Some("on".into()), ..forgets };
    all.ports[0].has_carrier = false;
    tablet.heard(all, vec![incident(1, "now")]);
    let home = tablet.get("/api/v1/home?lang=en").await;
    assert_eq!((&home["face"], home["also"].as_array().unwrap().len()), (&json!("act"), 3), "{home}");
    assert_eq!(home["cards"][1]["kind"], "box-blind");
}

#[tokio::test]
async fn seen_is_a_badge_and_turns_no_face() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![incident(1, "now")]);
    for _ in 0..2 {
        let (status, _) = tablet.press("POST", &format!("/api/v1/cards/{}/seen", hex(1)), &json!({})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let home = tablet.get("/api/v1/home").await;
    assert_eq!((&home["face"], &home["acknowledged"]), (&json!("act"), &json!(true)));
    assert!(home["cards"][0]["seen"].as_str().unwrap().starts_with("Set "));
    assert_eq!(home["headline"], "I er i gang med sagen");
}

#[tokio::test]
async fn solved_is_asked_of_the_sensor() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![incident(1, "now")]);
    let path = format!("/api/v1/cards/{}/solved", hex(1));
    assert_eq!(tablet.press("POST", &path, &json!({ "by": "supplier" })).await.0, StatusCode::NO_CONTENT);
    let close = CommandRecord::Close { incident: hex(1), by: "supplier".into() };
    assert_eq!(tablet.commands(), [CommandRecord::Site, close]);
    // Whoever it is: one of two.
    let (status, said) = tablet.press("POST", &path, &json!({ "by": "burglar" })).await;
    assert_eq!(
        (status, &said["problem"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("Det kunne boksen ikke forstå."))
    );
    // Closed meanwhile.
    let closed =
        IncidentRecord { state: "closed".into(), closed_by: Some("supplier".into()), ..incident(1, "now") };
    tablet.heard(hears(), vec![closed]);
    assert_eq!(tablet.press("POST", &path, &json!({ "by": "clinic" })).await.0, StatusCode::CONFLICT);
    assert_eq!(
        tablet.press("POST", "/api/v1/cards/1/solved", &json!({ "by": "clinic" })).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn known_becomes_a_rule_with_an_end_and_closes_the_card() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![incident(1, "today"), incident(2, "now")]);
    let known = |id| format!("/api/v1/cards/{}/known", hex(id));
    assert_eq!(tablet.press("POST", &known(1), &json!({ "days": 30 })).await.0, StatusCode::NO_CONTENT);
    let site = tablet.shared.site().unwrap();
    assert_eq!((site.known.len(), site.known[0].kind.as_str()), (1, "arp-spoofing"));
    assert_eq!(site.known[0].until.unwrap().to_string(), "2026-04-17");
    let close = CommandRecord::Close { incident: hex(1), by: "known".into() };
    assert_eq!(tablet.commands()[1..], [CommandRecord::Site, close]);
    // It is shown, and can be taken back.
    let rules = tablet.get("/api/v1/known?lang=en").await;
    let rule = &rules["rules"][0];
    assert_eq!(rule["title"], "Your traffic is taking a detour", "{rules}");
    assert!(rule["until"].as_str().unwrap().starts_with("Until ") && rule["device_name"].is_string());
    let asked = json!({ "kind": rule["kind"], "device": rule["device"] });
    assert_eq!(tablet.press("POST", "/api/v1/known/forget", &asked).await.0, StatusCode::NO_CONTENT);
    assert!(tablet.shared.site().unwrap().known.is_empty());
    assert_eq!(tablet.press("POST", "/api/v1/known/forget", &asked).await.0, StatusCode::NOT_FOUND);
    // Again replaces it; what is red is never merely known; a day too many is none.
    assert_eq!(tablet.press("POST", &known(1), &json!({ "days": null })).await.0, StatusCode::NO_CONTENT);
    assert_eq!(tablet.shared.site().unwrap().known.len(), 1);
    assert_eq!(
        tablet.press("POST", &known(2), &json!({ "days": 30 })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        tablet.press("POST", &known(1), &json!({ "days": 0 })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn the_clinic_names_a_device_and_confirms_what_it_is() {
    let mut tablet = Tablet::new();
    let device = DeviceRecord {
        party: PartyRecord { name: None, type_confirmed: false, ..incident(1, "today").device },
        announced_name: Some("desktop-7".into()),
        addresses: vec!["10.0.0.21".parse().unwrap()],
        first_seen_ns: NOON - 60 * MINUTE,
        last_seen_ns: NOON - MINUTE,
        is_router: false,
        is_visitor: false,
        evidence: vec!["it asks for updates".into()],
        talks_to: vec![],
    };
    tablet.sensor.write(&Batch { devices: vec![device], ..Batch::default() }).unwrap();
    tablet.heard(hears(), vec![incident(1, "today")]);
    let list = tablet.get("/api/v1/devices").await;
    let first = &list["devices"][0];
    assert_eq!(
        (&first["type_name"], &first["has_card"], &first["is_heard"]),
        (&json!("Pc"), &json!(true), &json!(true))
    );
    let types: Vec<&str> = list["types"].as_array().unwrap().iter().map(|of| text(&of["id"])).collect();
    assert_eq!((types.len(), types.contains(&"unknown")), (11, false), "what nobody knows is no answer");

    let path = format!("/api/v1/devices/{}", hex(7));
    assert_eq!(
        tablet.press("PUT", &path, &json!({ "name": "Reception 2", "type": "printer" })).await.0,
        StatusCode::NO_CONTENT
    );
    let named = tablet.shared.site().unwrap().devices;
    assert_eq!((named.len(), named[0].name.as_deref(), named[0].confirmed), (1, Some("Reception 2"), true));
    assert_eq!(named[0].device_type, common_model::DeviceType::Printer);
    for wrong in
        [json!({ "name": "x".repeat(41), "type": null }), json!({ "name": "a", "type": "spaceship" })]
    {
        assert_eq!(tablet.press("PUT", &path, &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    // What it is, without a name of the clinic's: it keeps the name that it calls itself.
    let said = tablet.press("PUT", &path, &json!({ "name": null, "type": "laptop" })).await;
    assert_eq!(said.0, StatusCode::NO_CONTENT);
    let named = tablet.shared.site().unwrap().devices;
    assert_eq!((named[0].name.as_deref(), named[0].confirmed), (None, true));
    // A name is one device's, and whoever takes it twice is told so, in the language of the screen.
    let taken = "[[device]]\nname = \"Reception\"\nmac = \"00:00:5e:00:53:99\"\ntype = \"pc\"\n";
    let done = tablet.press_text("PUT", "/api/v1/settings/site.toml", "text/plain", taken.into()).await;
    assert_eq!(done.0, StatusCode::OK);
    let (status, said) =
        tablet.press("PUT", &format!("{path}?lang=en"), &json!({ "name": "Reception", "type": null })).await;
    assert_eq!((status, &said["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("name")));
    assert_eq!(said["problem"], "You already have a device of that name. Choose another.");
    tablet.press_text("PUT", "/api/v1/settings/site.toml", "text/plain", String::new()).await;
    // Nothing said any more.
    assert_eq!(
        tablet.press("PUT", &path, &json!({ "name": null, "type": null })).await.0,
        StatusCode::NO_CONTENT
    );
    assert!(tablet.shared.site().unwrap().devices.is_empty());
}

#[tokio::test]
async fn settings_come_back_as_they_went_and_what_is_wrong_is_named() {
    let tablet = Tablet::new();
    let mut settings = tablet.get("/api/v1/settings").await;
    assert_eq!(settings["contacts"][0]["after_hours_phone"], "+45 70 00 00 99");
    settings["clinic"] = json!("Lægerne");
    settings["hours"][5] = json!({ "day": 5, "from": "10:00", "until": "12:00" });
    settings["monitored"] = json!({ "mode": "segments", "segments": ["10.0.0.0/24"], "reason": "" });
    let saved = tablet.press("PUT", "/api/v1/settings", &settings).await;
    assert_eq!(saved, (StatusCode::OK, json!({ "without_number": [] })));
    assert_eq!(tablet.get("/api/v1/settings").await, settings);

    settings["hours"][5]["until"] = json!("09:00");
    let (status, said) = tablet.press("PUT", "/api/v1/settings", &settings).await;
    assert_eq!((status, &said["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("hours.5")));
    assert_eq!(said["problem"], "Skriv tiderne som 08:00 og 16:00, den tidligste først.");
    settings["hours"][5]["until"] = json!("12:00");
    for segments in [json!(["0.0.0.0/0"]), json!(["ten"])] {
        settings["monitored"]["segments"] = segments;
        let (status, said) = tablet.press("PUT", "/api/v1/settings?lang=en", &settings).await;
        assert_eq!(
            (status, &said["field"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("monitored.segments"))
        );
        assert_eq!(said["problem"], "Write each network as 10.0.0.0/24, one on each line.");
    }
}

#[tokio::test]
async fn a_contact_that_cannot_be_reached_is_refused_at_its_field() {
    let tablet = Tablet::new();
    let settings = tablet.get("/api/v1/settings").await;
    for (field, text, says) in [
        ("phone", "12", "Skriv telefonnummeret med 8 cifre, eller med + og landekode."),
        ("after_hours_phone", "Bo", "Skriv telefonnummeret med 8 cifre, eller med + og landekode."),
        ("email", "Bo", "Skriv en mailadresse, fx navn@firma.dk."),
        ("name", "12", "Skriv et navn til kontakten."),
        ("name", " ", "Skriv et navn til kontakten."),
    ] {
        let mut wrong = settings.clone();
        wrong["contacts"][0][field] = json!(text);
        let (status, said) = tablet.press("PUT", "/api/v1/settings", &wrong).await;
        let place = format!("contacts.it_supplier.{field}");
        assert_eq!((status, &said["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(place)));
        assert_eq!(said["problem"], says);
    }
    assert_eq!(tablet.get("/api/v1/settings").await, settings);
}

#[tokio::test]
async fn a_missing_number_is_saved_and_spoken_of_and_no_card_says_to_call_it() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![incident(1, "now")]);
    assert_eq!(tablet.get("/api/v1/home").await["without_number"], json!([]));
    let mut settings = tablet.get("/api/v1/settings").await;
    for field in ["phone", "after_hours_phone", "hours_from", "hours_until"] {
        settings["contacts"][0][field] = json!("");
    }
    let (status, said) = tablet.press("PUT", "/api/v1/settings", &settings).await;
    let missing =
        json!(["Der er ikke noget telefonnummer til it-leverandøren. Skriv det ind, før det haster."]);
    assert_eq!((status, &said["without_number"]), (StatusCode::OK, &missing));
    let home = tablet.get("/api/v1/home").await;
    assert_eq!(home["without_number"], missing);
    let call = &home["cards"][0]["call"];
    assert_eq!(
        (&call["name"], &call["phone"], &call["email"]),
        (&json!("Nordklinik It"), &Value::Null, &Value::Null)
    );
    // Nothing at all is saved, too; the card says who it is.
    settings["contacts"][0]["name"] = json!("");
    assert_eq!(tablet.press("PUT", "/api/v1/settings", &settings).await.0, StatusCode::OK);
    assert_eq!(tablet.get("/api/v1/home").await["cards"][0]["call"]["name"], "It-leverandøren");
}

#[tokio::test]
async fn what_was_kept_before_contacts_were_looked_at_stays_and_is_not_called() {
    let mut tablet = Tablet::new();
    let kept = "clinic = \"A\"\n[contacts.it_supplier]\nname = \"Bo\"\nphone = \"12\"\nemail = \"Bo\"\n";
    tablet.shared.write(|db, now| db.choose(kept, None, now)).unwrap();
    tablet.heard(hears(), vec![incident(1, "today")]);
    assert_eq!(tablet.get("/api/v1/settings").await["contacts"][0]["phone"], "12");
    let home = tablet.get("/api/v1/home").await;
    assert_eq!((&home["clinic"], home["without_number"].as_array().unwrap().len()), (&json!("A"), 1));
    let call = &home["cards"][0]["call"];
    assert_eq!((&call["phone"], &call["email"], &call["hours"]), (&Value::Null, &Value::Null, &Value::Null));
    // It stands in the way of no other change.
    let known = format!("/api/v1/cards/{}/known", hex(1));
    assert_eq!(tablet.press("POST", &known, &json!({ "days": 30 })).await.0, StatusCode::NO_CONTENT);
    let rules = tablet.get("/api/v1/known").await;
    let rule = json!({ "kind": rules["rules"][0]["kind"], "device": rules["rules"][0]["device"] });
    assert_eq!(tablet.press("POST", "/api/v1/known/forget", &rule).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn settings_of_another_version_leave_the_ones_before() {
    let tablet = Tablet::new();
    tablet.shared.write(|db, now| db.choose("of_another_version = true\n", None, now)).unwrap();
    assert_eq!(tablet.get("/api/v1/settings").await["contacts"][0]["name"], "Nordklinik It");
    assert_eq!(tablet.get("/api/v1/home").await["clinic"], "Test");
}

#[tokio::test]
async fn site_toml_goes_out_and_in() {
    let tablet = Tablet::new();
    let response =
        tablet.send(request("GET", "/api/v1/settings/site.toml").body(Body::empty()).unwrap()).await;
    assert!(response.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().contains("site.toml"));
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let exported = String::from_utf8(bytes.to_vec()).unwrap();
    let path = "/api/v1/settings/site.toml";
    assert_eq!(tablet.press_text("PUT", path, "application/toml", exported).await.0, StatusCode::OK);
    // What is wrong stands in the language of the page; what the file calls it is for whoever wrote it.
    for (file, line, danish, english, detail) in [
        (
            "clinic = \"x\"\n[opening_hours]\nmonday = \"late\"\n",
            3,
            "Boksen kan ikke bruge tiderne. De skal stå som 08:00-16:00.",
            "The box cannot use the times. They must stand as 08:00-16:00.",
            "site settings, `opening_hours.monday`: “late”: ",
        ),
        (
            "clinic = \"x\"\n[detectors.nonsense]\nx = 1\n",
            2,
            "Boksen kan ikke bruge indstillingen af en regel.",
            "The box cannot use the setting of a rule.",
            "site settings, `detectors.nonsense`: there is no “nonsense”",
        ),
        (
            "clinic = \"x\"\nclinc = 1\n",
            2,
            "Boksen kan ikke bruge det, der står ved clinc.",
            "The box cannot use what stands at clinc.",
            "site settings, `clinc`: unknown field; did you mean `clinic`?",
        ),
        (
            "clinic = \"x\"\n= 1\n",
            2,
            "Filen er ikke skrevet, så boksen kan læse den.",
            "The file is not written so that the box can read it.",
            "site settings: ",
        ),
    ] {
        for (lang, problem) in [("da", danish), ("en", english)] {
            let path = format!("{path}?lang={lang}");
            let (status, said) = tablet.press_text("PUT", &path, "application/toml", file.to_owned()).await;
            assert_eq!((status, &said["line"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(line)), "{said}");
            assert_eq!(said["problem"], problem);
            assert!(text(&said["detail"]).starts_with(detail), "{said}");
        }
    }
    let nobody = "[contacts.it_supplier]\nname = \"Bo\"\nphone = \"12\"\n".to_owned();
    let (status, said) = tablet.press_text("PUT", path, "application/toml", nobody).await;
    assert_eq!((status, &said["line"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(3)));
}

#[tokio::test]
async fn history_says_what_happened_and_who_closed_it() {
    let mut tablet = Tablet::new();
    let closed =
        IncidentRecord { state: "closed".into(), closed_by: Some("supplier".into()), ..incident(1, "now") };
    tablet.heard(hears(), vec![incident(1, "now"), closed]);
    let events = vec![
        (
            NOON,
            EventRecord::Sight {
                port: 0,
                name: "eth1".into(),
                sees: false,
                last_heard_ns: NOON - 2 * MINUTE,
            },
        ),
        (NOON + MINUTE, EventRecord::Gap { from_ns: NOON }),
    ];
    tablet.sensor.write(&Batch { events, ..Batch::default() }).unwrap();
    let history = tablet.get("/api/v1/history?lang=en").await;
    let states: Vec<_> =
        history["entries"].as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["gap", "blind", "closed", "opened"]);
    let closed = &history["entries"][2];
    assert_eq!(closed["text"], "Your IT supplier said that it is solved.");
    assert_eq!((&closed["device"], &closed["at"]), (&json!("“Reception”"), &json!("at 10:29")));
    assert_eq!(history["entries"][1]["device"], Value::Null, "no device cuts a cable");
    let blind = text(&history["entries"][1]["text"]);
    assert_eq!(blind, "The cable in socket eth1: nothing to hear since 10:28.");
    assert_eq!(history["entries"][0]["text"].as_str().unwrap().matches("10:3").count(), 2, "{history}");
    let earlier = tablet.get("/api/v1/history?before=2").await;
    assert_eq!(earlier["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_self_test_is_asked_for_and_told_link_by_link() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![]);
    let (status, test) = tablet.press("POST", "/api/v1/test", &json!({})).await;
    assert_eq!((status, &test["done"]), (StatusCode::OK, &json!(false)));
    let id = test["id"].as_str().unwrap().parse().unwrap();
    let done = TestStatus { id, capture: false, decoder: true, detectors: true, store: true };
    tablet.heard(Status { test: Some(done), ..hears() }, vec![]);
    let view = crate::view::View::new(&tablet.shared, common_words::Lang::En).unwrap();
    let test = serde_json::to_value(view.test(id).unwrap()).unwrap();
    let states: Vec<_> =
        test["links"].as_array().unwrap().iter().map(|link| link["state"].as_str().unwrap()).collect();
    assert_eq!((&test["done"], states), (&json!(true), vec!["failed", "ok", "ok", "ok", "ok"]));
}

#[tokio::test]
async fn strangers_are_refused() {
    let tablet = Tablet::new();
    // A page of an attacker that made its own name point here.
    let rebound = Request::builder()
        .uri("/api/v1/home")
        .header(header::HOST, "evil.example:8080")
        .body(Body::empty())
        .unwrap();
    assert_eq!(tablet.send(rebound).await.status(), StatusCode::MISDIRECTED_REQUEST);
    // Another page of the same browser uses up nothing of ours.
    for _ in 0..200 {
        let image = request("GET", "/api/v1/home").header("sec-fetch-site", "cross-site");
        let refused = tablet.send(image.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status(), StatusCode::MISDIRECTED_REQUEST);
    }
    // A link to the tablet is followed.
    let link =
        request("GET", "/").header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    let link = link.header("sec-fetch-dest", "document").body(Body::empty()).unwrap();
    assert_eq!(tablet.send(link).await.status(), StatusCode::OK);
    // A form on an attacker's page.
    let forged = request("POST", "/api/v1/test").body(Body::empty()).unwrap();
    let response = tablet.send(forged).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(body(response).await["problem"], "Siden er for gammel. Hent den igen.");
    assert!(!tablet.commands().contains(&CommandRecord::Test));
    // Too much at once.
    let large = "x".repeat((1 << 20) + 1);
    let (status, said) =
        tablet.press_text("PUT", "/api/v1/settings/site.toml", "application/toml", large).await;
    assert_eq!((status, &said["problem"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("Det er for stort.")));
    for path in ["/../../etc/passwd", "/api/v1/nothing", "/api/v1/cards/%00/seen"] {
        let response = tablet.send(request("GET", path).body(Body::empty()).unwrap()).await;
        assert!(response.status().is_client_error(), "{path}");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }
}

#[tokio::test]
async fn a_flood_of_requests_is_refused_and_every_answer_is_guarded() {
    let tablet = Tablet::new();
    let mut refused = 0;
    for _ in 0..400 {
        let response = tablet.send(request("GET", "/api/v1/session").body(Body::empty()).unwrap()).await;
        refused += u32::from(response.status() == StatusCode::TOO_MANY_REQUESTS);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }
    assert!(refused > 0);
}

#[test]
fn only_this_machine_is_served() {
    static STOP: AtomicBool = AtomicBool::new(true);
    let folder = tempfile::tempdir().unwrap();
    let options = crate::Options {
        beat: || (),
        folder: folder.path().to_owned(),
        address: ([0, 0, 0, 0], 8_080).into(),
        site: None,
    };
    let err = crate::serve(&options, &STOP, |_| {}).unwrap_err();
    assert!(err.to_string().contains("not a loopback address"), "{err}");
}

/// The uplink's file beside the tablet's.
fn uplink(tablet: &Tablet) -> UplinkDb {
    UplinkDb::open(tablet.folder.path(), "0123456789abcdef0123456789abcdef").expect("a new file")
}

fn warning(id: &str, until_ns: u64) -> Letter {
    let text = |title: &str| json!({ "title": title, "what": "Mails.", "steps": ["Åbn dem ikke."] });
    let body = json!({
        "id": id, "issued_at": "2026-03-12T10:55:00.000000000Z", "until": "2026-03-26T10:55:00.000000000Z",
        "urgency": "today", "text": { "da": text("Falske mails"), "en": text("False e-mails") },
    });
    let body = body.to_string();
    Letter::Warning(WarningRow { id: id.into(), at_ns: 1, until_ns, is_recalled: false, body })
}

#[tokio::test]
async fn a_warning_of_the_centre_is_a_card_beside_the_others_and_is_answered() {
    let mut tablet = Tablet::new();
    tablet.heard(hears(), vec![]);
    let later = machine_time().as_nanos() + MINUTE;
    let mut uplink = uplink(&tablet);
    for (seq, id, until) in [(1, "aa", later), (2, "bb", later), (3, "cc", 1)] {
        uplink.take_letter(seq, 1, &warning(id, until)).unwrap();
    }
    uplink.take_letter(4, 1, &Letter::Recall("bb".into())).unwrap();
    let home = tablet.get("/api/v1/home?lang=en").await;
    assert_eq!((&home["face"], home["warnings"].as_array().unwrap().len()), (&json!("ok"), 1));
    let card = &home["warnings"][0];
    assert_eq!((&card["id"], &card["title"]), (&json!("aa"), &json!("False e-mails")));
    assert_eq!((&card["can"], &card["answered"]), (&json!(["seen", "not_relevant"]), &Value::Null));
    let press = async |id: &str, word: &str| {
        let answer = json!({ "answer": word });
        tablet.press("POST", &format!("/api/v1/warnings/{id}/answer"), &answer).await.0
    };
    let shown = async || {
        let card = tablet.get("/api/v1/home").await["warnings"][0].clone();
        (card["answer"].clone(), card["answered"].clone(), card["can"].clone())
    };
    let seen = (json!("seen"), json!("Set"), json!(["not_relevant"]));
    // Pressed twice it is said once.
    for _ in 0..2 {
        assert_eq!(press("aa", "seen").await, StatusCode::NO_CONTENT);
        assert_eq!(shown().await, seen);
    }
    // What is not relevant can be taken back on the same day.
    assert_eq!(press("aa", "not_relevant").await, StatusCode::NO_CONTENT);
    assert_eq!(shown().await, (json!("not_relevant"), json!("Ikke relevant for os"), json!(["seen"])));
    assert_eq!(press("aa", "seen").await, StatusCode::NO_CONTENT);
    assert_eq!(shown().await, seen);
    assert_eq!(press("bb", "seen").await, StatusCode::NOT_FOUND, "it was taken back");
    assert_eq!(press("aa", "delivered").await, StatusCode::UNPROCESSABLE_ENTITY, "that is not for people");
    let reader = TabletReader::open(tablet.folder.path()).unwrap();
    let answers: Vec<String> =
        reader.answers_after(0, 9).unwrap().into_iter().map(|answer| answer.answer).collect();
    assert_eq!(answers, ["seen", "not_relevant", "seen"]);
}

#[tokio::test]
async fn a_warning_that_is_not_relevant_is_put_away_the_next_day_and_crowds_out_nothing() {
    let tablet = Tablet::new();
    let now = machine_time().as_nanos();
    let mut uplink = uplink(&tablet);
    for seq in 1..=7 {
        uplink.take_letter(seq, 1, &warning(&format!("w{seq}"), now + MINUTE)).unwrap();
    }
    let yesterday = now - 24 * 60 * MINUTE;
    for (id, word, at) in
        [("w1", "not_relevant", yesterday), ("w2", "not_relevant", now), ("w3", "seen", yesterday)]
    {
        tablet.shared.write(|db, _| db.answer(id, word, at)).unwrap();
    }
    let home = tablet.get("/api/v1/home").await;
    let ids: Vec<_> =
        home["warnings"].as_array().unwrap().iter().map(|card| card["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["w4", "w5", "w6", "w7", "w3"], "what waits first, five at most");
    for id in ["w4", "w5", "w6", "w7"] {
        tablet.shared.write(|db, _| db.answer(id, "seen", now)).unwrap();
    }
    let home = tablet.get("/api/v1/home").await;
    let ids: Vec<_> =
        home["warnings"].as_array().unwrap().iter().map(|card| card["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["w3", "w4", "w5", "w6", "w7"]);
}

#[tokio::test]
async fn warnings_and_their_answers_stand_in_the_history_by_their_time() {
    let mut tablet = Tablet::new();
    let now = machine_time().as_nanos();
    let mut uplink = uplink(&tablet);
    let issued = |id: &str, at_ns| {
        let Letter::Warning(row) = warning(id, now + MINUTE) else { unreachable!("it is one") };
        Letter::Warning(WarningRow { at_ns, ..row })
    };
    let day = 24 * 60 * MINUTE;
    for (seq, id, at) in [(1, "aa", now - 4 * MINUTE), (2, "bb", now - 3 * MINUTE), (3, "cc", now - 91 * day)]
    {
        uplink.take_letter(seq, 1, &issued(id, at)).unwrap();
    }
    uplink.take_letter(4, 1, &Letter::Recall("bb".into())).unwrap();
    let answers = [
        ("aa", "not_relevant", now - 2 * MINUTE),
        ("aa", "seen", now - MINUTE),
        ("cc", "seen", now - 90 * day - MINUTE),
    ];
    for (id, word, at) in answers {
        tablet.shared.write(|db, _| db.answer(id, word, at)).unwrap();
    }
    // Between the two warnings the box was off; before them there is more than one part can show.
    let gap = |at| (at, EventRecord::Gap { from_ns: at - MINUTE });
    let mut events: Vec<_> = (0..70).map(|minute| gap(now - (100 - minute) * MINUTE)).collect();
    events.push(gap(now - 3 * MINUTE - 1));
    tablet.sensor.write(&Batch { events, status: Some(hears()), ..Batch::default() }).unwrap();
    let history = tablet.get("/api/v1/history").await;
    let entries = history["entries"].as_array().unwrap();
    let said: Vec<_> = entries
        .iter()
        .take(6)
        .map(|entry| (entry["state"].as_str().unwrap(), entry["text"].as_str().unwrap()))
        .collect();
    assert_eq!(said[0], ("answered", "I svarede, at I har set det."));
    assert_eq!(said[1], ("answered", "I svarede, at det ikke er relevant for jer."));
    assert_eq!(said[2], ("warning", "DCIS Sund sendte et varsel og har taget det tilbage."));
    assert_eq!(said[3].0, "gap");
    assert_eq!(said[4], ("warning", "DCIS Sund har sendt et varsel."));
    assert_eq!((said[5].0, entries[0]["title"].as_str()), ("gap", Some("Falske mails")));
    let keys: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry["key"].to_string()).collect();
    assert_eq!((keys.len(), entries.len()), (64, 64), "sixty of the box, four of the centre");
    // Older parts say nothing twice, and nothing of before the history.
    let older = tablet.get(&format!("/api/v1/history?before={}", history["next"])).await;
    let states: Vec<_> =
        older["entries"].as_array().unwrap().iter().map(|entry| entry["state"].clone()).collect();
    assert_eq!(states, vec![json!("gap"); 11]);
}

#[tokio::test]
async fn all_that_left_is_listed_in_plain_words_with_how_much_and_when() {
    let tablet = Tablet::new();
    assert_eq!(tablet.get("/api/v1/sent").await["days"], json!([]));
    let mut uplink = uplink(&tablet);
    let mut delivered = golden("answer");
    delivered = delivered.replace("not_relevant", "delivered");
    let entry = |lane, what: &'static str| Entry { lane, at_ns: NOON, what, body: golden(what) };
    let entries = [
        entry(0, "incident"),
        entry(3, "health"),
        entry(3, "health"),
        entry(0, "answer"),
        entry(1, "gap"),
        entry(0, "incident"),
        Entry { body: delivered, ..entry(0, "answer") },
    ];
    uplink.put(&entries, &[], &[]).unwrap();
    uplink.leaving(&[(0, 1, 900), (3, 1, 300), (0, 2, 200), (1, 1, 100)], 700, NOON).unwrap();
    uplink.leaving(&[(3, 2, 1_310), (0, 3, 901), (0, 4, 190)], 700, NOON + 90 * MINUTE).unwrap();
    let sent = tablet.get("/api/v1/sent").await;
    let lines = sent["days"][0]["lines"].as_array().unwrap();
    let said: Vec<(&str, &str)> =
        lines.iter().map(|line| (text(&line["text"]), text(&line["figures"]))).collect();
    assert_eq!(
        said,
        [
            ("En mistanke: En pc sender måske data ud i det skjulte", "2 beskeder, 1,8 kB, kl. 10.30–12.00"),
            ("At et varsel er kommet frem", "1 besked, 0,2 kB, kl. 12.00"),
            ("Jeres svar på et varsel", "1 besked, 0,2 kB, kl. 10.30"),
            ("At noget ikke kunne gemmes", "1 besked, 0,1 kB, kl. 10.30"),
            ("Hvordan boksen har det", "2 beskeder, 1,6 kB, kl. 10.30–12.00"),
        ]
    );
    assert_eq!((&lines[0]["records"], &lines[0]["bytes"]), (&json!(2), &json!(1_801)));
    assert!(lines.iter().all(|line| serde_json::from_str::<Value>(text(&line["raw"])).is_ok()));
    // What left in Danish has its headline in the language of the page.
    let sent = tablet.get("/api/v1/sent?lang=en").await;
    let first = &sent["days"][0]["lines"][0];
    assert_eq!(text(&first["text"]), "A suspicion: A PC may be sending data out in secret");
    assert_eq!(text(&first["figures"]), "2 messages, 1.8 kB, from 10:30 to 12:00");
}

#[tokio::test]
async fn what_left_comes_by_whole_days_of_the_clinic_and_nothing_is_cut() {
    const PER_DAY: u64 = 700;
    const DAYS: u64 = 16;
    let tablet = Tablet::new();
    let mut uplink = uplink(&tablet);
    let body = golden("sighting");
    for day in 0..DAYS {
        // The first at midnight in Denmark, which is 23 o'clock in London.
        let begin = NOON - 630 * MINUTE + day * 24 * 60 * MINUTE;
        let entries =
            (0..PER_DAY).map(|_| Entry { lane: 1, at_ns: begin, what: "sighting", body: body.clone() });
        uplink.put(&entries.collect::<Vec<_>>(), &[], &[]).unwrap();
        let lines: Vec<(u8, u64, u64)> = (1..=PER_DAY).map(|seq| (1, day * PER_DAY + seq, 10)).collect();
        uplink.leaving(&lines[..1], 10, begin).unwrap();
        // The clocks change on one of the days.
        uplink.leaving(&lines[1..], 10, begin + 22 * 60 * MINUTE).unwrap();
    }
    let (mut days, mut path) = (Vec::new(), "/api/v1/sent".to_owned());
    loop {
        let sent = tablet.get(&path).await;
        days.extend(sent["days"].as_array().unwrap().clone());
        let Some(next) = sent["next"].as_str() else { break };
        path = format!("/api/v1/sent?until={next}");
    }
    assert_eq!(days.len(), DAYS as usize);
    assert_eq!(days[0]["day"], "torsdag den 2. april");
    assert_eq!(days[15]["day"], "onsdag den 18. marts");
    for day in &days {
        assert_eq!(day["lines"].as_array().unwrap().len(), 1, "{day}");
        assert_eq!(day["lines"][0]["records"], PER_DAY, "{day}");
    }
    let wrong = tablet.send(request("GET", "/api/v1/sent?until=soon").body(Body::empty()).unwrap()).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
}

fn golden(name: &str) -> String {
    let golden = common_wire::docs::GOLDEN.iter().find(|(known, _)| *known == name);
    golden.expect("it is there").1.to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

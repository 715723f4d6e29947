//! No name, address or person of the clinic is in any byte that leaves, whatever the traffic said.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::collections::BTreeSet;

use box_store::record::{DeviceRecord, EventRecord, FactRecord, IncidentRecord, PartyRecord, SightingRecord};
use box_store::sensor::{Batch as SensorBatch, PortStatus, Status};
use box_store::uplink::{EpochRow, Keys};
use box_store::{SensorDb, UplinkDb};
use box_uplink::{Mask, Teller, gather};
use common_model::{DeviceType, Timestamp};
use common_site::{NamedDevice, Site};
use common_wire::v1::{Body, Fact, Peer};
use common_words::Catalogue;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_secs(1_773_000_000);

/// Messages that speak for incidents, each with the facts that it shows.
fn messages() -> Vec<(&'static str, Vec<(String, FactRecord)>)> {
    let of_the_box = ["box_blind", "box_forgets", "box_silent", "resolved"];
    let messages = catalogue().messages().filter(|message| !of_the_box.contains(message));
    messages
        .map(|message| {
            let shown = catalogue().placeholders(message).unwrap_or_default();
            (message, shown.into_iter().map(|name| (name.to_owned(), filling(name))).collect())
        })
        .collect()
}

/// What a message shows under this name; what stands in it is the traffic's.
fn filling(name: &str) -> FactRecord {
    match name {
        "window" => FactRecord::DurationNs(60_000_000_000),
        "bytes" | "amount" => FactRecord::Bytes(120_000),
        "service" => FactRecord::Choice("ssh".into()),
        "domain" | "destination" | "indicator" => {
            FactRecord::Indicator { value: "files.example.com".into(), known_bad: false }
        }
        _ => FactRecord::Count(12),
    }
}

fn keys() -> Keys {
    let epoch = EpochRow { epoch: "2026-03".into(), key: "07".repeat(32), from_ns: 0, until_ns: u64::MAX };
    Keys { epochs: vec![epoch], ..Keys::born(&"01".repeat(32)) }
}

fn catalogue() -> &'static Catalogue {
    Catalogue::load().unwrap_or_else(|err| panic!("{err}"))
}

fn party(name: &str, host: u8) -> PartyRecord {
    PartyRecord {
        id: Some(format!("{:016x}", u64::from(host) + 77)),
        name: Some(name.to_owned()),
        ip: Some(inside(host)),
        mac: Some(format!("02:aa:bb:cc:dd:{host:02x}")),
        device_type: "pc".into(),
        type_confirmed: true,
        vendor: Some("Findus Geräte GmbH".into()),
    }
}

fn inside(host: u8) -> IpAddr {
    Ipv4Addr::new(10, 47, 3, host).into()
}

/// The same host by each way of being inside: private, unique local and link-local.
fn any_inside(host: u8, which: usize) -> IpAddr {
    let last = u16::from(host);
    match which {
        0 => inside(host),
        1 => Ipv6Addr::new(0xfd47, 0xabc, 0, 0, 0, 0, 0, last).into(),
        _ => Ipv6Addr::new(0xfe80, 0, 0, 0, 0xaabb, 0, 0, last).into(),
    }
}

/// What none of the bytes may hold that leave a box on whose net somebody said this.
const NEVER: [&str; 6] = ["QZX", "10.47.3.", "fd47:abc:", "fe80:", "02:aa:bb", "Findus"];

fn incident(message: &str, device: PartyRecord, peer: Option<PartyRecord>) -> IncidentRecord {
    IncidentRecord {
        id: "00000000000000a1".into(),
        state: "opened".into(),
        closed_by: None,
        solved_by: None,
        solved_at_ns: None,
        opened_at_ns: NOW.as_nanos(),
        last_seen_ns: NOW.as_nanos(),
        kind: "some-kind".into(),
        category: "scan".into(),
        techniques: vec!["T1046".into()],
        message: message.to_owned(),
        device,
        role: "source".into(),
        identity: "00000000000000b2".into(),
        peer,
        severity: "high".into(),
        confidence_percent: 90,
        due: "today".into(),
        findings: 1,
        facts: Vec::new(),
    }
}

fn told(site: &Site, record: &IncidentRecord) -> String {
    let keys = keys();
    let mask = Mask::new(&keys, site, catalogue(), NOW).unwrap_or_else(|| panic!("no mask"));
    let teller = Teller { mask, site, catalogue: catalogue(), is_exercise: false };
    let incident =
        teller.incident(record, NOW, NOW).unwrap_or_else(|| panic!("{} cannot be told", record.message));
    let (kind, device, facts) = (record.kind.clone(), record.device.clone(), record.facts.clone());
    let sighting = SightingRecord { kind, device, facts };
    let sighting = teller.sighting(&sighting, NOW);
    let bodies = [Body::Incident(Box::new(incident)), Body::Sighting(sighting)];
    bodies.iter().map(|body| serde_json::to_string(body).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_message_can_be_told_to_the_centre() {
    let messages = messages();
    assert!(messages.len() > 8, "{messages:?}");
    for (message, facts) in messages {
        let mut record = incident(message, party("Reception", 21), Some(party("Server", 5)));
        record.facts = facts;
        let text = told(&Site::default(), &record);
        assert!(!text.contains("Reception") && !text.contains("Server"), "{text}");
    }
}

#[test]
fn the_clinics_own_names_leave_only_where_it_said_so() {
    let named = NamedDevice {
        name: Some("Reception".into()),
        mac: None,
        ip: Some(inside(21)),
        device_type: DeviceType::Pc,
        confirmed: true,
    };
    let mut site = Site { devices: vec![named], ..Site::default() };
    let record = incident("new_device", party("Reception", 21), Some(party("LAPTOP-JENS", 22)));
    assert!(!told(&site, &record).contains("Reception"));
    site.share_device_names = true;
    let text = told(&site, &record);
    assert!(text.contains("Reception"));
    assert!(!text.contains("LAPTOP-JENS"), "what a device calls itself is not the clinic's name for it");
}

#[test]
fn what_is_outside_crosses_as_a_pseudonym_and_what_is_known_to_be_bad_in_clear() {
    let keys = keys();
    let site = Site::default();
    let mask = Mask::new(&keys, &site, catalogue(), NOW).unwrap();
    let tell = |value: &str, known_bad| {
        let fact = FactRecord::Indicator { value: value.to_owned(), known_bad };
        mask.facts(&[("it".to_owned(), fact)]).remove("it").unwrap()
    };
    let Fact::Indicator(unknown) = tell("Files.Example.com", false) else { panic!("withheld") };
    assert_eq!((unknown.value, unknown.pseudonyms.len()), (None, 1));
    let Fact::Indicator(bad) = tell("203.0.113.7", true) else { panic!("withheld") };
    assert_eq!(bad.value.as_deref(), Some("203.0.113.7"));
    for inside in [
        "10.47.3.9",
        "fd00::7",
        "server.klinik.local",
        "nas",
        "http://10.47.3.9/x",
        "http://nas/login",
        "a b",
    ] {
        assert_eq!(tell(inside, true), Fact::Withheld, "{inside}");
    }
    let outside = PartyRecord { ip: Some("203.0.113.7".parse().unwrap()), ..PartyRecord::default() };
    assert!(matches!(mask.peer(&outside), Peer::Outside(_)));
    let dark = PartyRecord { ip: Some(inside(99)), ..PartyRecord::default() };
    assert!(matches!(mask.peer(&dark), Peer::Device(_)), "an address inside that nobody was heard at");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Names begin with a mark that nothing of ours has, so that finding it means that a name got out.
    #[test]
    fn nothing_inside_is_in_any_byte(
        said in "QZX[ -~æøåÆØÅ\u{202e}\u{0}]{4,40}",
        host in 1_u8..255,
        message in proptest::sample::select(messages()),
        place in 0_usize..3,
        which in 0_usize..3,
    ) {
        let (message, facts) = message;
        let at = |host| PartyRecord { ip: Some(any_inside(host, which)), ..party(&said, host) };
        let mut record = incident(message, at(host), Some(at(host.wrapping_add(1).max(1))));
        record.facts = facts;
        let secret = match place {
            0 => FactRecord::Person(said.clone()),
            1 => FactRecord::InternalName(said.clone()),
            _ => FactRecord::InternalAddress(any_inside(host, which)),
        };
        record.facts.push(("account".to_owned(), secret));
        // The name of a device, taken for something outside by a detector of tomorrow.
        record.facts.push(("other".to_owned(), FactRecord::Indicator { value: said.clone(), known_bad: false }));
        record.facts.push(("word".to_owned(), FactRecord::Choice(said)));
        let text = told(&Site::default(), &record);
        for never in NEVER {
            prop_assert!(!text.contains(never), "{never} left: {text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same for everything that is numbered, by the way that it takes: out of the box's files, into the spool.
    #[test]
    fn nothing_inside_is_in_any_record_of_the_spool(
        said in "QZX[ -~æøåÆØÅ]{4,40}",
        host in 1_u8..255,
        which in 0_usize..3,
        message in proptest::sample::select(messages()),
    ) {
        let folder = tempfile::tempdir()?;
        let ip = any_inside(host, which);
        let device = PartyRecord { ip: Some(ip), ..party(&said, host) };
        let mut step = incident(message.0, device.clone(), Some(device.clone()));
        step.facts = message.1;
        step.facts.push(("other".to_owned(), FactRecord::Indicator { value: ip.to_string(), known_bad: true }));
        let sighting =
            SightingRecord { kind: "some-kind".into(), device: device.clone(), facts: step.facts.clone() };
        let known = DeviceRecord {
            party: device.clone(),
            announced_name: Some(said.clone()),
            addresses: vec![ip],
            first_seen_ns: NOW.as_nanos(),
            last_seen_ns: NOW.as_nanos(),
            is_router: true,
            is_visitor: false,
            evidence: vec![said.clone()],
            talks_to: vec![device],
        };
        let port = PortStatus { name: said.clone(), sees: true, ..PortStatus::default() };
        let gone = EventRecord::Sight { port: 0, name: said, sees: false, last_heard_ns: 1 };
        let at_ns = NOW.as_nanos();
        let heard = SensorBatch {
            events: vec![(at_ns, EventRecord::Incident(Box::new(step))), (at_ns, gone)],
            sightings: vec![(at_ns, sighting)],
            devices: vec![known],
            status: Some(Status { now_ns: at_ns, ports: vec![port], ..Status::default() }),
            ..SensorBatch::default()
        };
        SensorDb::open(folder.path())?.write(&heard)?;
        let mut db = UplinkDb::open(folder.path(), &"02".repeat(16))?;
        let gathered = |db: &mut UplinkDb, now| gather(folder.path(), db, &keys(), catalogue(), 1_000, now);
        while gathered(&mut db, NOW).map_err(|err| TestCaseError::fail(err.to_string()))? {}
        // What left today is told tomorrow.
        let lines: Vec<(u8, u64, u64)> = (0..4).map(|lane| (lane, 1, 100)).collect();
        db.leaving(&lines, 400, at_ns)?;
        let tomorrow = NOW + Duration::from_secs(86_400);
        while gathered(&mut db, tomorrow).map_err(|err| TestCaseError::fail(err.to_string()))? {}
        let mut types = BTreeSet::new();
        for lane in 0..4 {
            for record in db.reader().records_after(lane, 0, 1_000)? {
                for never in NEVER {
                    prop_assert!(!record.body.contains(never), "{never} left: {}", record.body);
                }
                types.insert(record.what);
            }
        }
        let wanted = ["health", "incident", "inventory", "ledger", "sighting"];
        prop_assert_eq!(types.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    }
}

//! JSON lines: one object a line, for programs. The fields are promised; readers leave out types and fields that they do not know.

use core::fmt::Display;
use std::io::{self, Write};

use common_model::{Category, DeviceType, Face, Fact, Facts, Kind, Party, Severity};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::{Summary, Teller, Told};

/// Writes JSON lines.
#[derive(Debug)]
pub struct Lines<W> {
    into: W,
}

impl<W: Write> Lines<W> {
    /// Writes to this.
    pub const fn new(into: W) -> Self {
        Lines { into }
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.into, line)?;
        self.into.write_all(b"\n")
    }
}

impl<W: Write> Teller for Lines<W> {
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()> {
        let line = match told {
            Told::Finding { finding, incident, device, peer } => Line::Finding {
                at: Shown(finding.at),
                kind: finding.kind.id,
                category: finding.kind.category.as_str(),
                device: device.into(),
                device_role: finding.role.as_str(),
                peer: peer.as_ref().map(PartyLine::from),
                severity: finding.kind.severity.as_str(),
                confidence: fraction(finding.confidence.as_percent()),
                techniques: finding.kind.techniques,
                facts: facts(&finding.facts),
                incident: Shown(incident),
            },
            Told::Incident { incident, at, device, peer, words } => {
                let Kind { id: kind, category, techniques, message, .. } = incident.kind;
                Line::Incident(Box::new(IncidentLine {
                    id: Shown(incident.id),
                    state: incident.state.as_str(),
                    closed_by: incident.closed_by.map(common_model::ClosedBy::as_str),
                    at: Shown(*at),
                    opened_at: Shown(incident.opened_at),
                    last_seen: Shown(incident.last_seen),
                    face: incident.due.face().map_or("none", Face::as_str),
                    due: incident.due.as_str(),
                    kind,
                    category: Category::as_str(*category),
                    severity: Severity::as_str(incident.severity),
                    confidence: fraction(incident.confidence.as_percent()),
                    device: device.into(),
                    device_role: incident.role.as_str(),
                    peer: peer.as_ref().map(PartyLine::from),
                    techniques,
                    findings: incident.findings,
                    message,
                    title: &words.title,
                    what: &words.what,
                    meaning: &words.meaning,
                    steps: &words.steps,
                    call: words.call.as_ref().map(|call| CallLine {
                        role: call.role.as_str(),
                        name: &call.name,
                        phone: call.phone.as_deref(),
                    }),
                }))
            }
            Told::Sighting { sighting, device } => Line::Sighting {
                at: Shown(sighting.at),
                kind: sighting.kind.id,
                category: sighting.kind.category.as_str(),
                device: device.into(),
                facts: facts(&sighting.facts),
            },
            Told::Device { device, party, at } => Line::Device {
                at: Shown(*at),
                device: party.into(),
                vendor: party.vendor.as_deref(),
                addresses: device.ips.iter().map(|ip| Shown(*ip)).collect(),
                first_seen: Shown(device.first_seen),
                is_router: device.is_router,
                is_visitor: device.is_visitor(),
                evidence: device.evidence().collect(),
            },
            Told::Sight { port, state, at, last_heard, words } => {
                let is_blind = *state == sensor_engine::SightState::Blind;
                Line::Sight {
                    at: Shown(*at),
                    port: port.0,
                    state: if is_blind { "blind" } else { "sees" },
                    last_heard: Shown(*last_heard),
                    face: if is_blind { Face::Unknown.as_str() } else { Face::Ok.as_str() },
                    title: is_blind.then_some(&words.title),
                    what: is_blind.then_some(&words.what),
                    steps: if is_blind { &words.steps } else { &[] },
                }
            }
        };
        self.line(&line)
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let counts = &summary.counts;
        self.line(&Line::Summary {
            file: &summary.file,
            warning: summary.warning.as_deref(),
            packets: counts.frames,
            bytes: counts.bytes,
            first_at: summary.first_at.map(Shown),
            last_at: summary.last_at.map(Shown),
            captured_secs: summary.captured().as_secs_f64(),
            flows: counts.flows,
            devices: counts.devices,
            findings: counts.findings,
            incidents: counts.incidents,
            undecodable_packets: counts.undecodable,
            dropped: named(&summary.dropped()),
            noticed: named(&summary.noticed()),
            cpu_secs: summary.cpu.as_secs_f64(),
            packets_per_cpu_sec: summary.packets_per_cpu_sec().round(),
            peak_rss_mib: summary.peak_memory_bytes as f64 / f64::from(1 << 20),
        })?;
        self.into.flush()
    }
}

/// A line. The names and the order of fields are what scripts see.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Finding {
        at: Shown<common_model::Timestamp>,
        kind: &'static str,
        category: &'static str,
        device: PartyLine<'a>,
        device_role: &'static str,
        peer: Option<PartyLine<'a>>,
        severity: &'static str,
        confidence: f64,
        techniques: &'static [&'static str],
        facts: Map<String, Value>,
        incident: Shown<&'a common_model::IncidentId>,
    },
    Incident(Box<IncidentLine<'a>>),
    Sighting {
        at: Shown<common_model::Timestamp>,
        kind: &'static str,
        category: &'static str,
        device: PartyLine<'a>,
        facts: Map<String, Value>,
    },
    Device {
        at: Shown<common_model::Timestamp>,
        #[serde(flatten)]
        device: PartyLine<'a>,
        vendor: Option<&'a str>,
        addresses: Vec<Shown<core::net::IpAddr>>,
        first_seen: Shown<common_model::Timestamp>,
        is_router: bool,
        is_visitor: bool,
        evidence: Vec<&'static str>,
    },
    Sight {
        at: Shown<common_model::Timestamp>,
        port: u8,
        state: &'static str,
        last_heard: Shown<common_model::Timestamp>,
        face: &'static str,
        title: Option<&'a String>,
        what: Option<&'a String>,
        steps: &'a [String],
    },
    Summary {
        file: &'a str,
        warning: Option<&'a str>,
        packets: u64,
        bytes: u64,
        first_at: Option<Shown<common_model::Timestamp>>,
        last_at: Option<Shown<common_model::Timestamp>>,
        captured_secs: f64,
        flows: u64,
        devices: u64,
        findings: u64,
        incidents: u64,
        undecodable_packets: u64,
        dropped: Map<String, Value>,
        noticed: Map<String, Value>,
        cpu_secs: f64,
        packets_per_cpu_sec: f64,
        peak_rss_mib: f64,
    },
}

#[derive(Serialize)]
struct IncidentLine<'a> {
    id: Shown<common_model::IncidentId>,
    state: &'static str,
    closed_by: Option<&'static str>,
    at: Shown<common_model::Timestamp>,
    opened_at: Shown<common_model::Timestamp>,
    last_seen: Shown<common_model::Timestamp>,
    face: &'static str,
    due: &'static str,
    kind: &'static str,
    category: &'static str,
    severity: &'static str,
    confidence: f64,
    device: PartyLine<'a>,
    device_role: &'static str,
    peer: Option<PartyLine<'a>>,
    techniques: &'static [&'static str],
    findings: u32,
    message: &'static str,
    title: &'a str,
    what: &'a str,
    meaning: &'a str,
    steps: &'a [String],
    call: Option<CallLine<'a>>,
}

/// A device or an address; what is not known is null.
#[derive(Serialize)]
struct PartyLine<'a> {
    id: Option<Shown<common_model::DeviceId>>,
    name: Option<&'a str>,
    ip: Option<Shown<core::net::IpAddr>>,
    mac: Option<Shown<common_model::Mac>>,
    r#type: Option<&'static str>,
    type_confirmed: bool,
}

#[derive(Serialize)]
struct CallLine<'a> {
    role: &'static str,
    name: &'a str,
    phone: Option<&'a str>,
}

impl<'a> From<&'a Party> for PartyLine<'a> {
    fn from(party: &'a Party) -> Self {
        PartyLine {
            id: party.id.map(Shown),
            name: party.name.as_deref(),
            ip: party.ip.map(Shown),
            mac: party.mac.map(Shown),
            r#type: (party.device_type != DeviceType::Unknown).then(|| party.device_type.as_str()),
            type_confirmed: party.type_confirmed,
        }
    }
}

/// Written as it is displayed.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Each fact with its type.
fn facts(facts: &Facts) -> Map<String, Value> {
    facts.iter().map(|(name, fact)| (name.to_owned(), typed(fact))).collect()
}

fn typed(fact: &Fact) -> Value {
    let value = match fact {
        Fact::Device(id) => json!(id.to_string()),
        Fact::Person(text) | Fact::InternalName(text) => json!(text),
        Fact::InternalAddress(ip) => json!(ip.to_string()),
        Fact::Indicator { value, known_bad } => {
            return json!({ "type": fact.type_name(), "value": value, "known_bad": known_bad });
        }
        Fact::Count(count) | Fact::Bytes(count) => json!(count),
        Fact::Duration(span) => json!(span.as_secs_f64()),
        Fact::Time(at) => json!(at.to_string()),
        Fact::Choice(word) => json!(word),
    };
    json!({ "type": fact.type_name(), "value": value })
}

fn named(counts: &[(&'static str, u64)]) -> Map<String, Value> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect()
}

fn fraction(percent: u8) -> f64 {
    f64::from(percent) / 100.0
}

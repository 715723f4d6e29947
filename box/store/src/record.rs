//! What rows hold: the model's types as JSON that stays readable for years. Words are those of machine-readable output, facts keep their
//! type, times are nanoseconds since 1970, ids are sixteen hexadecimal digits.

use core::net::IpAddr;
use core::time::Duration;

use common_model::{
    Category, ClosedBy, Confidence, DeviceId, DeviceType, Due, Fact, Facts, FindingRole, Incident,
    IncidentId, IncidentState, Kind, Party, Severity, Sighting, Solved, Subject, Timestamp,
};
use serde::{Deserialize, Serialize};

/// An incident at one step of its life, with everything that its words need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// `opened`, `updated`, `quiet` or `closed`.
    pub state: String,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// Who called it solved while it went on: it is closed when nothing more was seen of it for a while.
    #[serde(default)]
    pub solved_by: Option<String>,
    /// When.
    #[serde(default)]
    pub solved_at_ns: Option<u64>,
    /// When it opened.
    pub opened_at_ns: u64,
    /// When it was last seen.
    pub last_seen_ns: u64,
    /// Row of the table of kinds.
    pub kind: String,
    /// Its category.
    pub category: String,
    /// MITRE ATT&CK technique ids.
    #[serde(default)]
    pub techniques: Vec<String>,
    /// The message that speaks for it.
    pub message: String,
    /// Whom it is about, as far as it was known then.
    pub device: PartyRecord,
    /// `source` or `target`.
    pub role: String,
    /// What makes it the same trouble: sixteen hexadecimal digits.
    pub identity: String,
    /// The other end.
    pub peer: Option<PartyRecord>,
    /// The worst so far.
    pub severity: String,
    /// The surest so far, in percent.
    pub confidence_percent: u8,
    /// `none`, `week`, `today` or `now`.
    pub due: String,
    /// How many findings it holds.
    pub findings: u32,
    /// Facts of the latest finding, by name.
    pub facts: Vec<(String, FactRecord)>,
}

/// A device of the clinic, or an address outside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRecord {
    /// Only devices of the clinic have one: sixteen hexadecimal digits.
    pub id: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Its latest address.
    pub ip: Option<IpAddr>,
    /// Its Ethernet address.
    pub mac: Option<String>,
    /// What it is.
    pub device_type: String,
    /// Whether somebody said so.
    pub type_confirmed: bool,
    /// Who made it.
    pub vendor: Option<String>,
}

/// A fact with its type; the type decides who may be shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum FactRecord {
    /// A device of the clinic.
    Device(String),
    /// A trace of a person.
    Person(String),
    /// A name inside the clinic.
    InternalName(String),
    /// An address inside the clinic.
    InternalAddress(IpAddr),
    /// Something outside the clinic.
    Indicator {
        /// Its canonical form.
        value: String,
        /// Whether a list of known-bad things has it.
        known_bad: bool,
    },
    /// A number of things.
    Count(u64),
    /// An amount of data, in bytes.
    Bytes(u64),
    /// A span of time, in nanoseconds.
    DurationNs(u64),
    /// A moment, in nanoseconds since 1970.
    TimeNs(u64),
    /// One of a few words.
    Choice(String),
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {field}")]
pub struct RecordError {
    /// Which field.
    pub field: &'static str,
    /// What it says.
    pub value: String,
}

impl IncidentRecord {
    /// As it is kept.
    #[must_use]
    pub fn new(incident: &Incident, device: &Party, peer: Option<&Party>) -> Self {
        IncidentRecord {
            id: hex(incident.id.0),
            state: incident.state.as_str().into(),
            closed_by: incident.closed_by.map(|who| who.as_str().into()),
            solved_by: incident.solved.map(|solved| solved.by.as_str().into()),
            solved_at_ns: incident.solved.map(|solved| solved.at.as_nanos()),
            opened_at_ns: incident.opened_at.as_nanos(),
            last_seen_ns: incident.last_seen.as_nanos(),
            kind: incident.kind.id.into(),
            category: incident.kind.category.as_str().into(),
            techniques: incident.kind.techniques.iter().map(|id| (*id).to_owned()).collect(),
            message: incident.kind.message.into(),
            device: PartyRecord::new(incident.device, device),
            role: incident.role.as_str().into(),
            identity: hex(incident.identity),
            peer: incident.peer.zip(peer).map(|(subject, party)| PartyRecord::new(subject, party)),
            severity: incident.severity.as_str().into(),
            confidence_percent: incident.confidence.as_percent(),
            due: incident.due.as_str().into(),
            findings: incident.findings,
            facts: facts(&incident.facts),
        }
    }

    /// The incident again; `kind` is the row that it names.
    ///
    /// # Errors
    /// [`RecordError`] when a word is not one of ours.
    pub fn to_incident(&self, kind: &'static Kind) -> Result<Incident, RecordError> {
        Ok(Incident {
            id: IncidentId(from_hex("id", &self.id)?),
            state: self.state()?,
            closed_by: self.closed_by.as_deref().map(closed_by).transpose()?,
            solved: self.solved()?,
            opened_at: Timestamp::from_nanos(self.opened_at_ns),
            last_seen: Timestamp::from_nanos(self.last_seen_ns),
            kind,
            device: self.device.subject()?,
            role: self.role()?,
            identity: from_hex("identity", &self.identity)?,
            peer: self.peer.as_ref().map(PartyRecord::subject).transpose()?,
            severity: word("severity", &self.severity, &Severity::ALL, Severity::as_str)?,
            confidence: Confidence::percent(self.confidence_percent),
            due: self.due()?,
            findings: self.findings,
            facts: self.facts()?,
        })
    }

    fn solved(&self) -> Result<Option<Solved>, RecordError> {
        let by = self.solved_by.as_deref().map(closed_by).transpose()?;
        let at = Timestamp::from_nanos(self.solved_at_ns.unwrap_or(self.last_seen_ns));
        Ok(by.map(|by| Solved { by, at }))
    }

    /// Where it is in its life.
    ///
    /// # Errors
    /// [`RecordError`] when the word is not one of ours.
    pub fn state(&self) -> Result<IncidentState, RecordError> {
        word("state", &self.state, &IncidentState::ALL, IncidentState::as_str)
    }

    /// How soon the clinic must act.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub fn due(&self) -> Result<Due, RecordError> {
        word("due", &self.due, &Due::ALL, Due::as_str)
    }

    /// Whether all that it says is that a device is new.
    #[must_use]
    pub fn is_of_new_device(&self) -> bool {
        self.category == Category::NewDevice.as_str()
    }

    /// What the device did.
    ///
    /// # Errors
    /// As [`Self::state`].
    pub fn role(&self) -> Result<FindingRole, RecordError> {
        word("role", &self.role, &FindingRole::ALL, FindingRole::as_str)
    }

    /// Its facts.
    ///
    /// # Errors
    /// [`RecordError`] when a device's id is not one.
    pub fn facts(&self) -> Result<Facts, RecordError> {
        let mut facts = Facts::new();
        for (name, fact) in &self.facts {
            facts.set(name.clone(), fact.to_fact()?);
        }
        Ok(facts)
    }
}

impl PartyRecord {
    /// As it is kept.
    #[must_use]
    pub fn new(subject: Subject, party: &Party) -> Self {
        let (id, ip) = match subject {
            Subject::Device(id) => (Some(hex(id.0)), party.ip),
            Subject::Address(ip) => (None, Some(ip)),
        };
        PartyRecord {
            id,
            name: party.name.clone(),
            ip,
            mac: party.mac.map(|mac| mac.to_string()),
            device_type: party.device_type.as_str().into(),
            type_confirmed: party.type_confirmed,
            vendor: party.vendor.as_ref().map(|vendor| vendor.clone().into_owned()),
        }
    }

    /// The party again. A word that is not one of ours is a device of which nothing is known.
    #[must_use]
    pub fn to_party(&self) -> Party {
        Party {
            id: self.id.as_deref().and_then(|id| from_hex("id", id).ok()).map(DeviceId),
            name: self.name.clone(),
            ip: self.ip,
            mac: self.mac.as_deref().and_then(|mac| mac.parse().ok()),
            device_type: DeviceType::from_word(&self.device_type).unwrap_or_default(),
            type_confirmed: self.type_confirmed,
            vendor: self.vendor.clone().map(Into::into),
        }
    }

    /// Who it is.
    ///
    /// # Errors
    /// [`RecordError`] when it has neither an id nor an address.
    pub fn subject(&self) -> Result<Subject, RecordError> {
        match (&self.id, self.ip) {
            (Some(id), _) => Ok(Subject::Device(DeviceId(from_hex("device", id)?))),
            (None, Some(ip)) => Ok(Subject::Address(ip)),
            (None, None) => Err(RecordError { field: "device", value: String::new() }),
        }
    }
}

impl FactRecord {
    fn new(fact: &Fact) -> Self {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        match fact {
            Fact::Device(id) => FactRecord::Device(hex(id.0)),
            Fact::Person(name) => FactRecord::Person(name.clone()),
            Fact::InternalName(name) => FactRecord::InternalName(name.clone()),
            Fact::InternalAddress(ip) => FactRecord::InternalAddress(*ip),
            Fact::Indicator { value, known_bad } => {
                FactRecord::Indicator { value: value.clone(), known_bad: *known_bad }
            }
            Fact::Count(count) => FactRecord::Count(*count),
            Fact::Bytes(bytes) => FactRecord::Bytes(*bytes),
            Fact::Duration(span) => FactRecord::DurationNs(nanos(*span)),
            Fact::Time(at) => FactRecord::TimeNs(at.as_nanos()),
            Fact::Choice(word) => FactRecord::Choice(word.clone().into_owned()),
        }
    }

    fn to_fact(&self) -> Result<Fact, RecordError> {
        Ok(match self {
            FactRecord::Device(id) => Fact::Device(DeviceId(from_hex("device", id)?)),
            FactRecord::Person(name) => Fact::Person(name.clone()),
            FactRecord::InternalName(name) => Fact::InternalName(name.clone()),
            FactRecord::InternalAddress(ip) => Fact::InternalAddress(*ip),
            FactRecord::Indicator { value, known_bad } => {
                Fact::Indicator { value: value.clone(), known_bad: *known_bad }
            }
            FactRecord::Count(count) => Fact::Count(*count),
            FactRecord::Bytes(bytes) => Fact::Bytes(*bytes),
            FactRecord::DurationNs(nanos) => Fact::Duration(Duration::from_nanos(*nanos)),
            FactRecord::TimeNs(nanos) => Fact::Time(Timestamp::from_nanos(*nanos)),
            FactRecord::Choice(word) => Fact::Choice(word.clone().into()),
        })
    }
}

/// What is too weak for a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SightingRecord {
    /// Row of the table of kinds.
    pub kind: String,
    /// Who saw it.
    pub device: PartyRecord,
    /// Only indicators, counts and amounts.
    pub facts: Vec<(String, FactRecord)>,
}

impl SightingRecord {
    /// As it is kept.
    #[must_use]
    pub fn new(sighting: &Sighting, device: &Party) -> Self {
        SightingRecord {
            kind: sighting.kind.id.into(),
            device: PartyRecord::new(sighting.device, device),
            facts: facts(&sighting.facts),
        }
    }
}

/// A device as the list on the tablet shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRecord {
    /// Who it is.
    pub party: PartyRecord,
    /// What it calls itself.
    pub announced_name: Option<String>,
    /// All its addresses, latest first.
    pub addresses: Vec<IpAddr>,
    /// When it was first heard.
    pub first_seen_ns: u64,
    /// When it was last heard.
    pub last_seen_ns: u64,
    /// Whether it carries other devices' packets.
    pub is_router: bool,
    /// Whether it made up its address, as phones do.
    pub is_visitor: bool,
    /// What its type was guessed from.
    pub evidence: Vec<String>,
    /// With whom it talks most.
    #[serde(default)]
    pub talks_to: Vec<PartyRecord>,
}

/// What happened, for the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum EventRecord {
    /// A step in an incident's life.
    Incident(Box<IncidentRecord>),
    /// A port went blind, or sees again.
    Sight {
        /// Its number.
        port: u8,
        /// What it is called: the interface, or the recording.
        name: String,
        /// Whether it sees.
        sees: bool,
        /// When it was last heard.
        last_heard_ns: u64,
    },
    /// The sensor was not running: nothing was heard, and what was being counted began anew.
    Gap {
        /// When it was last heard of before.
        from_ns: u64,
    },
}

impl EventRecord {
    pub(crate) const fn what(&self) -> &'static str {
        match self {
            EventRecord::Incident(_) => "incident",
            EventRecord::Sight { .. } => "sight",
            EventRecord::Gap { .. } => "gap",
        }
    }
}

fn facts(facts: &Facts) -> Vec<(String, FactRecord)> {
    facts.iter().map(|(name, fact)| (name.to_owned(), FactRecord::new(fact))).collect()
}

fn closed_by(said: &str) -> Result<ClosedBy, RecordError> {
    word("closed_by", said, &ClosedBy::ALL, ClosedBy::as_str)
}

/// An id as text.
#[must_use]
pub fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// An id from its text.
///
/// # Errors
/// [`RecordError`] when it is not sixteen hexadecimal digits.
pub fn from_hex(field: &'static str, text: &str) -> Result<u64, RecordError> {
    let digits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let id = u64::from_str_radix(text, 16).ok().filter(|_| digits);
    id.ok_or_else(|| RecordError { field, value: text.to_owned() })
}

fn word<T: Copy>(
    field: &'static str,
    said: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, RecordError> {
    let found = all.iter().copied().find(|one| as_str(*one) == said);
    found.ok_or_else(|| RecordError { field, value: said.to_owned() })
}

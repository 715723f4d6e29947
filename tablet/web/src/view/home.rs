//! The first screen: face, headline, parts and cards.

use core::time::Duration;
use std::collections::BTreeSet;

use box_store::record::IncidentRecord;
use box_store::sensor::{PortStatus, Status};
use common_model::{DeviceType, Due, Face, FindingRole, Timestamp};
use common_words::{Sight, State, StateRequest, Updates};
use serde::Serialize;
use utoipa::ToSchema;

use super::card::Card;
use super::warning::WarningCard;
use super::word::{self, PartKey};
use super::{Language, View};
use crate::shared::Hearing;

/// Frames that were lost are spoken of for so long. Guess.
const LOSS_SHOWN: Duration = Duration::from_secs(3_600);

/// The first screen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Home {
    lang: Language,
    clinic: String,
    #[schema(required)]
    mark: Option<word::Mark>,
    face: word::Face,
    learning: bool,
    /// Somebody has seen every red card.
    acknowledged: bool,
    headline: String,
    subline: String,
    /// What must be known at the same time: the box cannot see, cannot remember, or keeps everything that it hears.
    also: Vec<String>,
    checked: String,
    /// Network, updates and watching: always all three.
    parts: Vec<Part>,
    /// The worst first.
    cards: Vec<Card>,
    /// Of the centre, what waits for an answer first. They never turn the face.
    warnings: Vec<WarningCard>,
    ports: Vec<Port>,
    /// A sentence for each whom a card may say to call and who has no number.
    without_number: Vec<String>,
    /// Of the last event that it shows.
    seq: i64,
    /// The box's own time on the clinic's clock, RFC 3339: `2026-03-12T10:42:07+01:00`.
    now: String,
}

/// One of the three parts.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    key: PartKey,
    /// None where the box does not look.
    #[schema(required)]
    face: Option<word::Face>,
    name: String,
    is: String,
}

/// A port that the box listens to.
#[derive(Debug, Serialize, ToSchema)]
struct Port {
    /// What it is called on the screen.
    name: String,
    sees: bool,
    text: String,
}

impl View {
    /// The first screen.
    pub(crate) fn home(&self) -> anyhow::Result<Home> {
        let mut open = self.open_incidents()?;
        open.retain(|incident| incident.due != Due::None.as_str());
        open.sort_by_key(|incident| {
            (core::cmp::Reverse(incident.due().ok()), core::cmp::Reverse(incident.last_seen_ns))
        });
        let mut cards =
            open.iter().map(|incident| self.card(incident)).collect::<anyhow::Result<Vec<_>>>()?;

        let sight = self.sight();
        let face = face(&open, sight);
        let reds: Vec<&Card> = cards.iter().filter(|card| card.face == word::Face::Act).collect();
        let acknowledged = !reds.is_empty() && reds.iter().all(|card| card.seen.is_some());
        let count = |due: Due| {
            let due = open.iter().filter(|incident| incident.due == due.as_str()).count();
            u32::try_from(due).unwrap_or(u32::MAX)
        };
        let devices = |of: fn(&IncidentRecord) -> bool| -> BTreeSet<_> {
            let of_these = open.iter().filter(|incident| of(incident));
            of_these.map(|incident| (&incident.device.id, incident.device.ip)).collect()
        };
        let unusual = devices(|incident| !incident.is_of_new_device());
        let new = devices(IncidentRecord::is_of_new_device);
        let number = |devices: usize| u32::try_from(devices).unwrap_or(u32::MAX);
        let last_heard = self.status.as_ref().map_or(self.now, |status| Timestamp::from_nanos(status.now_ns));
        let is_learning = |status: &Status| status.is_learning && self.hearing == Hearing::Heard;
        let learning = self.status.as_ref().is_some_and(is_learning);
        let words = self.catalogue.state(&StateRequest {
            cards_today: count(Due::Today),
            cards_week: count(Due::Week),
            unusual: number(unusual.len()),
            new: number(new.difference(&unusual).count()),
            acknowledged,
            others_work: others_work(&open),
            learning,
            sight,
            updates: Updates::Unknown,
            checked_at: last_heard,
            saw_at: self.saw(),
            ..StateRequest::new(self.lang, face, &self.site, self.now)
        })?;
        if let Some(card) = self.cannot_see(sight, last_heard)? {
            cards.push(card);
        }
        let State { mut headline, mut subline, also, parts, checked } = words;
        if self.hearing == Hearing::Waiting && face == Face::Unknown {
            headline = self.words().say("waiting", &[])?;
            subline = self.words().say("waiting_sub", &[])?;
        }
        let status = self.status.as_ref();
        // Where it is the only trouble, its own card says it.
        let problem = status.and_then(|status| status.problem.clone());
        let problem = problem.filter(|_| face == Face::Act || sight != Sight::Forgets);
        let lost = status.filter(|status| status.dropped > 0).map(|_| "rows_lost".to_owned());
        let record = status.and_then(|status| Some(format!("record_{}", status.record.as_deref()?)));
        let beside =
            problem.into_iter().chain(lost).chain(record).map(|phrase| self.words().say(&phrase, &[]));
        let also = also.into_iter().map(Ok).chain(beside).collect::<Result<_, _>>()?;
        let seq = self.sensor.as_ref().map(|sensor| sensor.events_before(i64::MAX, 1)).transpose()?;
        Ok(Home {
            lang: self.lang.into(),
            clinic: self.site.clinic.clone(),
            mark: self.status.as_ref().filter(|status| status.is_recording).map(|_| word::Mark::Recording),
            face: face.into(),
            learning: learning && face == Face::Ok,
            acknowledged,
            headline,
            subline,
            also,
            checked,
            parts: part_faces(&open, sight)
                .into_iter()
                .zip(parts)
                .map(|((key, face), part)| Part {
                    key,
                    face: face.map(Into::into),
                    name: part.name,
                    is: part.is,
                })
                .collect(),
            cards,
            warnings: self.warnings()?,
            ports: self.ports()?,
            without_number: self.words().without_number()?,
            seq: seq.and_then(|events| Some(events.first()?.seq)).unwrap_or(0),
            now: self.clinic_time(),
        })
    }

    /// What is open: as it was written, and newer than that what could not be written.
    pub(crate) fn open_incidents(&self) -> anyhow::Result<Vec<IncidentRecord>> {
        let written = self.sensor.as_ref().map(box_store::SensorReader::open_incidents).transpose()?;
        let mut open = written.unwrap_or_default();
        let unwritten = self.status.as_ref().filter(|_| self.hearing == Hearing::Heard);
        for newer in unwritten.map_or(&[][..], |status| &status.unwritten) {
            open.retain(|incident| incident.id != newer.id);
            if newer.state != "closed" {
                open.push(newer.clone());
            }
        }
        Ok(open)
    }

    fn sight(&self) -> Sight {
        let Some(status) = self.status.as_ref().filter(|_| self.hearing == Hearing::Heard) else {
            return Sight::Silent;
        };
        let all_see = |ports: &[PortStatus]| !ports.is_empty() && ports.iter().all(all_is_shown);
        let remembers = !matches!(status.problem.as_deref(), Some("disk_full" | "read_only" | "broken"));
        match (all_see(&status.ports), remembers) {
            (false, _) => Sight::Blind,
            (true, false) => Sight::Forgets,
            (true, true) => Sight::Sees,
        }
    }

    /// What to do about a box that cannot see.
    fn cannot_see(&self, sight: Sight, last_heard: Timestamp) -> anyhow::Result<Option<Card>> {
        let message = match sight {
            Sight::Sees => return Ok(None),
            _ if self.hearing == Hearing::Waiting => return Ok(None),
            Sight::Forgets => "box_forgets",
            Sight::Blind => self.why_blind(),
            Sight::Silent => "box_silent",
        };
        let since = if sight == Sight::Blind { self.saw().unwrap_or(last_heard) } else { last_heard };
        let mut card = self.technical_card(message, since)?;
        let problem = self.status.as_ref().and_then(|status| status.problem.as_deref());
        if let Some(problem) = problem.filter(|_| sight == Sight::Forgets) {
            card.what = self.words().say(problem, &[])?;
        }
        Ok(Some(card))
    }

    /// When all ports last saw. One that never did says nothing of when.
    fn saw(&self) -> Option<Timestamp> {
        let ports = self.status.iter().flat_map(|status: &Status| &status.ports);
        let blind = ports.filter(|port| !all_is_shown(port) && port.saw_ns > 0).map(|port| port.saw_ns);
        blind.min().map(Timestamp::from_nanos)
    }

    /// The message that says why the box cannot see: a cable before a setting, and the setting that hides more before the other.
    fn why_blind(&self) -> &'static str {
        let ports = self.status.as_ref().map_or(&[][..], |status| &status.ports);
        let has = |trouble: &str| ports.iter().any(|port| port.trouble.as_deref() == Some(trouble));
        match () {
            () if !ports.iter().all(sees) => "box_blind",
            () if has("mirror_off") => "box_mirror_off",
            () if has("one_way") => "box_one_way",
            () => "box_blind",
        }
    }

    fn ports(&self) -> anyhow::Result<Vec<Port>> {
        let Some(status) = &self.status else { return Ok(Vec::new()) };
        let port = |port: &PortStatus| {
            let words = self.words();
            let name = self.port_title(&port.name, status.is_recording)?;
            let since = words.since(Timestamp::from_nanos(port.last_heard_ns));
            let lost_at = Timestamp::from_nanos(port.lost_at_ns);
            let lost = words.moment(lost_at);
            let (phrase, hole) = match (port.state.as_str(), port) {
                ("gone", _) => ("port_gone", None),
                ("not_prepared", _) => ("port_not_prepared", None),
                ("refused", _) => ("port_refused", None),
                (_, PortStatus { has_carrier: false, .. }) => ("port_pulled", None),
                (_, PortStatus { sees: true, trouble: Some(trouble), .. }) => match trouble.as_str() {
                    "one_way" => ("port_one_way", None),
                    _ => ("port_mirror_off", None),
                },
                (_, PortStatus { sees: true, .. }) if self.now.since(lost_at) < LOSS_SHOWN => {
                    ("port_lost", Some(("at", &lost)))
                }
                (_, PortStatus { sees: true, .. }) => ("port_sees", None),
                (_, PortStatus { last_heard_ns: 0, .. }) => ("port_never", None),
                _ => ("port_blind", Some(("since", &since))),
            };
            let text = words.say(phrase, hole.map(|(name, said)| (name, said.as_str())).as_slice())?;
            Ok(Port { name, sees: sees(port), text })
        };
        status.ports.iter().map(port).collect()
    }
}

/// Whether a port hears anything.
fn sees(port: &PortStatus) -> bool {
    port.sees && port.has_carrier
}

/// Whether it hears, and all that a mirror port shows.
fn all_is_shown(port: &PortStatus) -> bool {
    sees(port) && port.trouble.is_none()
}

/// The worst of what is open, and whether the box sees: act > unknown > attention > ok.
fn face(open: &[IncidentRecord], sight: Sight) -> Face {
    let worst = open.iter().filter_map(|incident| incident.due().ok()?.face()).max().unwrap_or(Face::Ok);
    if sight == Sight::Sees { worst } else { worst.max(Face::Unknown) }
}

/// Nobody looks at updates yet, so they have no face: a grey one would say that something is wrong.
fn part_faces(open: &[IncidentRecord], sight: Sight) -> [(PartKey, Option<Face>); 3] {
    let watching = if sight == Sight::Sees { Face::Ok } else { Face::Unknown };
    [
        (PartKey::Network, Some(face(open, sight))),
        (PartKey::Updates, None),
        (PartKey::Watching, Some(watching)),
    ]
}

/// Whether patients can be seen at the other devices: all that is red is done by one device that nobody else works with.
fn others_work(open: &[IncidentRecord]) -> bool {
    let mut reds = open.iter().filter(|incident| incident.due == Due::Now.as_str());
    let Some(first) = reds.next() else { return false };
    let serves_only_itself = |incident: &IncidentRecord| {
        let is_own = matches!(
            DeviceType::from_word(&incident.device.device_type),
            Some(DeviceType::Pc | DeviceType::Laptop | DeviceType::Phone | DeviceType::Tablet)
        );
        is_own && incident.role == FindingRole::Source.as_str()
    };
    serves_only_itself(first) && reds.all(|red| serves_only_itself(red) && red.device.id == first.device.id)
}

//! What happened, latest first.

use box_store::record::{EventRecord, IncidentRecord};
use box_store::sensor::Stored;
use common_model::{ClosedBy, Face, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use super::word::{self, EntryState};

/// A part of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct History {
    entries: Vec<Entry>,
    /// Ask for what is before this; none when that was all.
    #[schema(required)]
    next: Option<i64>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entry {
    seq: i64,
    /// The time of day.
    at: String,
    /// The day, as a heading.
    day: String,
    /// None for a note.
    #[schema(required)]
    face: Option<word::Face>,
    title: String,
    /// What the device is called.
    #[schema(required)]
    device: Option<String>,
    text: String,
    state: EntryState,
}

/// Entries at once. Guess: three screens.
const ENTRIES_MAX: u32 = 60;

impl View {
    /// What happened before this, latest first.
    pub(crate) fn history(&self, before: i64) -> anyhow::Result<History> {
        let Some(sensor) = &self.sensor else { return Ok(History { entries: Vec::new(), next: None }) };
        let events = sensor.events_before(before, ENTRIES_MAX)?;
        let is_full = events.len() == ENTRIES_MAX as usize;
        let next = events.last().map(|last| last.seq).filter(|_| is_full);
        let entries = events.into_iter().map(|event| self.entry(&event)).collect::<anyhow::Result<_>>()?;
        Ok(History { entries, next })
    }

    fn entry(&self, event: &Stored<EventRecord>) -> anyhow::Result<Entry> {
        let at = Timestamp::from_nanos(event.at_ns);
        let timeline = self.catalogue.timeline(self.lang, &self.site);
        let said = match &event.value {
            EventRecord::Incident(incident) => self.said_of(incident)?,
            EventRecord::Sight { name, sees, last_heard_ns, .. } => {
                self.said_of_port(name, *sees, *last_heard_ns)?
            }
            EventRecord::Gap { from_ns } => {
                let words = self.words();
                let from = words.moment(Timestamp::from_nanos(*from_ns));
                let text = words.say("event_gap_text", &[("from", &from), ("until", &words.moment(at))])?;
                Said {
                    face: Some(Face::Unknown),
                    title: words.say("event_gap", &[])?,
                    device: None,
                    text,
                    state: EntryState::Gap,
                }
            }
        };
        let Said { face, title, device, text, state } = said;
        Ok(Entry {
            seq: event.seq,
            at: self.words().say("clock", &[("at", &timeline.clock(at))])?,
            day: timeline.day(at)?,
            face: face.map(word::Face::from),
            title,
            device,
            text,
            state,
        })
    }

    fn said_of(&self, incident: &IncidentRecord) -> anyhow::Result<Said> {
        let rendered = self.incident_words(incident)?;
        let by = incident.closed_by.as_deref();
        let by = by.and_then(|by| ClosedBy::ALL.into_iter().find(|who| who.as_str() == by));
        let text = match (incident.state.as_str(), by) {
            ("closed", Some(who)) => self.words().closed_by(who)?,
            ("quiet", _) => self.words().say("quiet", &[])?,
            _ => rendered.what,
        };
        let face = incident.due()?.face();
        let device = Some(self.words().party(&incident.device.to_party()));
        Ok(Said { face, title: rendered.title, device, text, state: incident.state()?.into() })
    }

    fn said_of_port(&self, name: &str, sees: bool, last_heard_ns: u64) -> anyhow::Result<Said> {
        let words = self.words();
        let is_recording = self.status.as_ref().is_some_and(|status| status.is_recording);
        let port = self.port_name(name, is_recording)?;
        let since = words.since(Timestamp::from_nanos(last_heard_ns));
        Ok(if sees {
            let text = words.say("event_sees_text", &[("port", &port)])?;
            Said {
                face: Some(Face::Ok),
                title: words.say("event_sees", &[])?,
                device: None,
                text,
                state: EntryState::Sees,
            }
        } else {
            let text = words.say("event_blind_text", &[("port", &port), ("since", &since)])?;
            Said {
                face: Some(Face::Unknown),
                title: words.say("event_blind", &[])?,
                device: None,
                text,
                state: EntryState::Blind,
            }
        })
    }
}

struct Said {
    face: Option<Face>,
    title: String,
    device: Option<String>,
    text: String,
    state: EntryState,
}

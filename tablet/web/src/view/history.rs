//! What happened, latest first.

use core::ops::Range;
use core::time::Duration;
use std::collections::BTreeMap;

use box_store::UplinkReader;
use box_store::record::{EventRecord, IncidentRecord};
use box_store::sensor::Stored;
use common_model::{ClosedBy, Face, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use super::word::{self, Answer, EntryState};
use crate::shared::machine_time;

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
    /// No other entry has it.
    key: String,
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

/// What is older is no history: as long as the sensor keeps its own.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 3_600);

impl View {
    /// What happened before this, latest first.
    pub(crate) fn history(&self, before: i64) -> anyhow::Result<History> {
        let ask =
            |before, most| self.sensor.as_ref().map(|sensor| sensor.events_before(before, most)).transpose();
        let events = ask(before, ENTRIES_MAX)?.unwrap_or_default();
        let is_full = events.len() == ENTRIES_MAX as usize;
        let last = events.last().filter(|_| is_full);
        let next = last.map(|last| last.seq);
        // What the centre said stands among what the box saw by its time: from the last of this part to the last of the one before.
        let from = last.map_or_else(|| (machine_time() - HISTORY).as_nanos(), |last| last.at_ns);
        let above = ask(before.saturating_add(1), 1)?.and_then(|events| Some(events.first()?.at_ns));
        let until = above.filter(|_| before < i64::MAX).unwrap_or(u64::MAX);
        let mut entries: Vec<(u64, Entry)> = Vec::new();
        for event in &events {
            entries.push((event.at_ns, self.entry(event)?));
        }
        for (at_ns, letter) in self.letters(from..until)? {
            let place = entries.iter().position(|(at, _)| *at <= at_ns).unwrap_or(entries.len());
            entries.insert(place, (at_ns, letter));
        }
        Ok(History { entries: entries.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    /// Warnings of the centre and what was answered to them, latest first.
    fn letters(&self, times: Range<u64>) -> anyhow::Result<Vec<(u64, Entry)>> {
        let rows = self.uplink.as_ref().map(UplinkReader::warnings).transpose()?.unwrap_or_default();
        let words = self.words();
        let mut letters = Vec::new();
        let warnings: BTreeMap<_, _> = rows
            .iter()
            .filter_map(|row| Some((row.id.as_str(), (row, self.read_warning(row)?.1.title))))
            .collect();
        for (row, title) in warnings.values().filter(|(row, _)| times.contains(&row.at_ns)) {
            let text = if row.is_recalled { "event_recalled_text" } else { "event_warning_text" };
            let said = Said {
                face: None,
                title: title.clone(),
                device: None,
                text: words.say(text, &[])?,
                state: EntryState::Warning,
            };
            letters.push((row.at_ns, self.said(format!("warning-{}", row.id), row.at_ns, said)?));
        }
        for answer in self.tablet.answers_between(times.start, times.end, ENTRIES_MAX)? {
            let Some((_, title)) = warnings.get(answer.warning.as_str()) else { continue };
            let Some(word) = Answer::from_word(&answer.answer) else { continue };
            let text = words.say(&format!("event_{}_text", word.as_str()), &[])?;
            let title = title.clone();
            let said = Said { face: None, title, device: None, text, state: EntryState::Answered };
            letters.push((answer.at_ns, self.said(format!("answer-{}", answer.seq), answer.at_ns, said)?));
        }
        letters.sort_by_key(|(at_ns, _)| core::cmp::Reverse(*at_ns));
        Ok(letters)
    }

    fn entry(&self, event: &Stored<EventRecord>) -> anyhow::Result<Entry> {
        let at = Timestamp::from_nanos(event.at_ns);
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
        self.said(format!("event-{}", event.seq), event.at_ns, said)
    }

    fn said(&self, key: String, at_ns: u64, said: Said) -> anyhow::Result<Entry> {
        let at = Timestamp::from_nanos(at_ns);
        let timeline = self.catalogue.timeline(self.lang, &self.site);
        let Said { face, title, device, text, state } = said;
        Ok(Entry {
            key,
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

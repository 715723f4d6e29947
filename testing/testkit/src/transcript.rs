//! What came out of a case, written so that a person can read it in a review: findings, steps of incidents, and the rendered text.

use core::fmt::Write as _;
use std::io;

use common_model::{Due, Fact, Facts, Incident, IncidentState, Party, Timestamp};
use common_words::Rendered;
use sensor_replay::{Summary, Teller, Told};

/// Writes a transcript. Times are UTC and counted from the midnight before the first thing that came out; ids are left out: so the same
/// recording played on another date reads the same.
#[derive(Debug, Default)]
pub struct Transcript {
    /// What came out so far.
    pub text: String,
    /// Only findings and notes of these kinds are written down; cards always are. Empty: everything.
    kinds: Vec<&'static str>,
    first_midnight_secs: Option<u64>,
    /// Incidents of each sort that were opened.
    pub cards: u64,
    /// Findings of the kinds that are written down.
    pub findings: u64,
    /// Sightings of them.
    pub sightings: u64,
}

/// A day; a transcript knows no calendar.
const DAY_SECS: u64 = 86_400;

impl Transcript {
    /// Of these kinds, or (none given) of all.
    #[must_use]
    pub fn of_kinds(kinds: Vec<&'static str>) -> Self {
        Transcript { kinds, ..Transcript::default() }
    }

    fn is_wanted(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// `09:00:12.250`, and with its number in front from the second day on.
    fn time(&mut self, at: Timestamp) -> String {
        let midnight = *self.first_midnight_secs.get_or_insert(at.as_secs() / DAY_SECS * DAY_SECS);
        let passed = at.since(Timestamp::from_secs(midnight));
        let (days, secs) = (passed.as_secs() / DAY_SECS, passed.as_secs() % DAY_SECS);
        let day = if days > 0 { format!("day {} ", days + 1) } else { String::new() };
        format!(
            "{day}{:02}:{:02}:{:02}.{:03}",
            secs / 3_600,
            secs / 60 % 60,
            secs % 60,
            passed.subsec_millis()
        )
    }

    fn incident(&mut self, incident: &Incident, at: Timestamp, device: &Party, words: &Rendered) {
        let is_card = incident.due > Due::None;
        if !is_card && !self.is_wanted(incident.kind.id) {
            return;
        }
        let time = self.time(at);
        let is_new = incident.state == IncidentState::Opened;
        self.cards += u64::from(is_new && is_card);
        let by = incident.closed_by.map(|by| format!(" by {}", by.as_str())).unwrap_or_default();
        self.line(&format!(
            "{time}  {:<8} {:<5}  {} of {}{by}",
            incident.state.as_str(),
            incident.due.as_str(),
            incident.kind.id,
            name(device)
        ));
        if matches!(incident.state, IncidentState::Opened | IncidentState::Updated) {
            self.line(&format!("    {}", words.title));
            self.line(&format!("    {} {}", words.what, words.meaning));
            for (step, number) in words.steps.iter().zip(1..) {
                self.line(&format!("    {number}. {step}"));
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

impl Teller for Transcript {
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()> {
        match told {
            Told::Finding { finding, device, peer, .. } if self.is_wanted(finding.kind.id) => {
                self.findings += 1;
                let time = self.time(finding.at);
                let mut line = format!(
                    "{time}  finding  {} {} %  {} {}",
                    finding.kind.id,
                    finding.confidence.as_percent(),
                    finding.role.as_str(),
                    name(device)
                );
                if let Some(peer) = peer {
                    line.push_str(&format!(", other end {}", name(peer)));
                }
                self.line(&line);
                self.facts(&finding.facts);
            }
            Told::Incident { incident, at, device, words, .. } => {
                self.incident(incident, *at, device, words);
            }
            Told::Sighting { sighting, device } if self.is_wanted(sighting.kind.id) => {
                self.sightings += 1;
                let time = self.time(sighting.at);
                self.line(&format!("{time}  sighting {} {}", sighting.kind.id, name(device)));
                self.facts(&sighting.facts);
            }
            Told::Sight { state, at, .. } if self.kinds.is_empty() => {
                let time = self.time(*at);
                self.line(&format!("{time}  sight    {state:?}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _summary: &Summary) -> io::Result<()> {
        if self.text.is_empty() {
            self.line("nothing");
        }
        Ok(())
    }
}

impl Transcript {
    fn facts(&mut self, facts: &Facts) {
        if facts.iter().next().is_none() {
            return;
        }
        let mut line = String::from("   ");
        for (name, fact) in facts.iter() {
            let _infallible = write!(line, " {name}={}", shown(fact));
        }
        self.line(&line);
    }
}

fn name(party: &Party) -> String {
    let name = party.name.clone().or_else(|| party.ip.map(|ip| ip.to_string()));
    name.or_else(|| party.mac.map(|mac| mac.to_string())).unwrap_or_else(|| "somebody".to_owned())
}

fn shown(fact: &Fact) -> String {
    match fact {
        Fact::Device(id) => id.to_string(),
        Fact::Person(text) | Fact::InternalName(text) | Fact::Indicator { value: text, .. } => text.clone(),
        Fact::InternalAddress(ip) => ip.to_string(),
        Fact::Count(count) => count.to_string(),
        Fact::Bytes(bytes) => format!("{bytes}B"),
        Fact::Duration(span) => format!("{}s", span.as_secs()),
        Fact::Time(at) => at.to_string(),
        Fact::Choice(word) => word.clone().into_owned(),
    }
}

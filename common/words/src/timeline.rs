//! The words of a timeline: headings, labels, and the line of figures at its end.

use core::time::Duration;
use std::collections::BTreeMap;

use common_model::{Due, Timestamp};
use common_site::{LocalHour, Site};
use serde::Deserialize;

use crate::card::RenderError;
use crate::catalogue::Language;
use crate::template::{Fill, Template};
use crate::values::{self, Calendar};

/// What a line of a timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A card or a note that opened, or grew worse.
    Due(Due),
    /// Nothing more was seen of a red card, and it stays.
    Quiet,
    /// It is over.
    Closed,
    /// The box sees nothing.
    Blind,
    /// The box sees again.
    Sees,
}

/// What a recording came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Packets read.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// From the first to the last.
    pub captured: Duration,
    /// Devices.
    pub devices: u64,
    /// Conversations.
    pub flows: u64,
    /// Incidents that had a card.
    pub cards: u64,
    /// Incidents that had none.
    pub notes: u64,
    /// Time on the processor, in seconds.
    pub cpu_secs: f64,
    /// The most memory that was taken, in bytes.
    pub memory_bytes: u64,
    /// What was left out, and how often.
    pub dropped: Vec<(&'static str, u64)>,
}

/// `timeline`: the words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimelineWords {
    weekdays: [String; 7],
    day: Template,
    call: Template,
    figures: Template,
    speed: Template,
    dropped: Template,
    warning: String,
    worse: String,
    clinic: String,
    label: Labels,
    /// By the name in machine-readable output.
    left_out: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    now: String,
    today: String,
    week: String,
    none: String,
    quiet: String,
    closed: String,
    blind: String,
    sees: String,
}

/// The words of a timeline in one language, for one clinic.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    pub(crate) language: &'a Language,
    pub(crate) site: &'a Site,
}

impl Timeline<'_> {
    /// The day as a heading: "onsdag den 18. marts".
    ///
    /// # Errors
    /// [`RenderError`] names the hole that nothing fits: a fault of ours, as below.
    pub fn day(&self, at: Timestamp) -> Result<String, RenderError> {
        let words = &self.language.timeline;
        let weekday = usize::from(LocalHour::from(self.site.local(at)).weekday);
        let weekday = words.weekdays.get(weekday).cloned().unwrap_or_default();
        let date = self.calendar(at).date(at).unwrap_or_default();
        fill(&words.day, &Holes(&[("weekday", &weekday), ("date", &date)], &[]))
    }

    /// The time of day, as it stands before a line: "14.05".
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.calendar(at).clock(at).unwrap_or_default()
    }

    /// The label of a line.
    #[must_use]
    pub fn label(&self, label: Label) -> &str {
        let labels = &self.language.timeline.label;
        match label {
            Label::Due(Due::Now) => &labels.now,
            Label::Due(Due::Today) => &labels.today,
            Label::Due(Due::Week) => &labels.week,
            Label::Due(Due::None) => &labels.none,
            Label::Quiet => &labels.quiet,
            Label::Closed => &labels.closed,
            Label::Blind => &labels.blind,
            Label::Sees => &labels.sees,
        }
    }

    /// Whom to call: "Ring til: Klipservice It".
    ///
    /// # Errors
    /// As [`Timeline::day`].
    pub fn call(&self, name: &str) -> Result<String, RenderError> {
        fill(&self.language.timeline.call, &Holes(&[("name", name)], &[]))
    }

    /// What a recording came to, in lines.
    ///
    /// # Errors
    /// As [`Timeline::day`].
    pub fn figures(&self, figures: &Figures) -> Result<Vec<String>, RenderError> {
        let (words, forms) = (&self.language.timeline, &self.language.forms);
        let number = |number: u64| (number, values::count(number, forms));
        let line = fill(
            &words.figures,
            &Holes(
                &[
                    ("bytes", &values::bytes(figures.bytes, forms)),
                    ("captured", &values::duration(figures.captured, forms)),
                ],
                &[
                    ("packets", number(figures.packets)),
                    ("devices", number(figures.devices)),
                    ("flows", number(figures.flows)),
                    ("cards", number(figures.cards)),
                    ("notes", number(figures.notes)),
                ],
            ),
        )?;
        let cpu = format!("{:.2} s", figures.cpu_secs).replace('.', &forms.decimal);
        let rate = if figures.cpu_secs > 0.0 { figures.packets as f64 / figures.cpu_secs } else { 0.0 };
        let memory = values::bytes(figures.memory_bytes, forms);
        let speed = fill(
            &words.speed,
            &Holes(&[("cpu", &cpu), ("memory", &memory)], &[("rate", number(rate.round() as u64))]),
        )?;
        let mut lines = vec![line, speed];
        if !figures.dropped.is_empty() {
            let parts: Vec<String> = figures
                .dropped
                .iter()
                .map(|(what, count)| format!("{} {}", self.left_out(what), values::count(*count, forms)))
                .collect();
            lines.push(fill(&words.dropped, &Holes(&[("dropped", &parts.join(", "))], &[]))?);
        }
        Ok(lines)
    }

    /// That a recording is not whole, before what it came to.
    #[must_use]
    pub fn warning(&self) -> &str {
        &self.language.timeline.warning
    }

    /// What the recorded clinic is called, that comes with the program.
    #[must_use]
    pub fn recorded_clinic(&self) -> &str {
        &self.language.timeline.clinic
    }

    /// What stands behind the label of a card that was there already.
    #[must_use]
    pub fn worse(&self) -> &str {
        &self.language.timeline.worse
    }

    /// The words for something that was left out; a name that has none is said as it is.
    #[must_use]
    pub fn left_out<'w>(&'w self, name: &'w str) -> &'w str {
        self.language.timeline.left_out.get(name).map_or(name, String::as_str)
    }

    fn calendar(&self, now: Timestamp) -> Calendar<'_> {
        Calendar { site: self.site, now, forms: &self.language.forms }
    }
}

/// Words and numbers by name.
struct Holes<'a>(&'a [(&'a str, &'a str)], &'a [(&'a str, (u64, String))]);

impl Fill for Holes<'_> {
    fn words(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, words)| (*words).to_owned())
    }

    fn number(&self, name: &str) -> Option<(u64, String)> {
        self.1.iter().find(|(known, _)| *known == name).map(|(_, number)| number.clone())
    }
}

fn fill(template: &Template, holes: &Holes<'_>) -> Result<String, RenderError> {
    template
        .fill(holes)
        .map_err(|hole| RenderError::Missing { message: "timeline".to_owned(), placeholder: hole.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalogue, Lang};

    /// 2026-03-18, 14:05 in Copenhagen: a Wednesday.
    const AT: Timestamp = Timestamp::from_secs(1_773_839_100);

    #[test]
    fn a_day_has_its_heading_and_its_clock() {
        let site = Site::default();
        let words = |lang| Catalogue::load().unwrap().timeline(lang, &site);
        assert_eq!(words(Lang::Da).day(AT).as_deref(), Ok("onsdag den 18. marts"));
        assert_eq!(words(Lang::En).day(AT).as_deref(), Ok("Wednesday 18 March"));
        assert_eq!(words(Lang::Da).clock(AT), "14.05");
        assert_eq!(words(Lang::En).label(Label::Due(Due::Today)), "YELLOW – today");
    }

    #[test]
    fn figures_are_said_in_both_languages() {
        let site = Site::default();
        let figures = Figures {
            packets: 1_200,
            bytes: 34_000_000,
            captured: Duration::from_secs(7_200),
            devices: 1,
            flows: 17,
            cards: 2,
            notes: 0,
            cpu_secs: 0.5,
            memory_bytes: 31_000_000,
            dropped: vec![("copies", 12)],
        };
        let said = |lang| Catalogue::load().unwrap().timeline(lang, &site).figures(&figures).unwrap();
        assert_eq!(
            said(Lang::Da),
            [
                "1.200 pakker, 34 MB på 2 timer. 1 apparat, 17 samtaler. 2 kort, 0 notater.",
                "Beregnet på 0,50 s (2.400 pakker i sekundet), 31 MB hukommelse.",
                "Udeladt og talt: gentagelser 12.",
            ]
        );
        assert_eq!(
            said(Lang::En)[0],
            "1,200 packets, 34 MB in 2 hours. 1 device, 17 conversations. 2 cards, 0 notes."
        );
    }
}

//! A timeline that a clinic could read: what was said when, and a line of figures. It decides which steps are worth a line, not what they say.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use common_model::{Due, Incident, IncidentState, Party, Timestamp};
use common_site::Site;
use common_words::{Catalogue, Label, Lang, RenderError, Rendered};
use sensor_engine::SightState;

use crate::{Summary, Teller, Told};

/// How lines are coloured; empty strings when they are not.
#[derive(Clone, Copy, Debug, Default)]
struct Colours {
    is_on: bool,
}

/// Writes a timeline.
#[derive(Debug)]
pub struct Timeline<W> {
    into: W,
    catalogue: &'static Catalogue,
    site: Arc<Site>,
    lang: Lang,
    colours: Colours,
    /// Nothing before this moment gets a line: the box was learning.
    from: Timestamp,
    /// The heading of the day that is being told.
    day: String,
    /// How soon each open incident was last said to be due.
    said: BTreeMap<u64, Due>,
}

/// What is written beside the label, below the first line.
const INDENT: &str = "       ";

impl<W: Write> Timeline<W> {
    /// Writes to this; in colour when it is a terminal.
    pub fn new(
        into: W,
        catalogue: &'static Catalogue,
        site: Arc<Site>,
        lang: Lang,
        is_coloured: bool,
    ) -> Self {
        Timeline {
            into,
            catalogue,
            site,
            lang,
            colours: Colours { is_on: is_coloured },
            from: Timestamp::EPOCH,
            day: String::new(),
            said: BTreeMap::new(),
        }
    }

    /// Leaves out what happens before this moment.
    #[must_use]
    pub const fn beginning_at(mut self, from: Timestamp) -> Self {
        self.from = from;
        self
    }

    fn incident(
        &mut self,
        incident: &Incident,
        at: Timestamp,
        device: &Party,
        words: &Rendered,
    ) -> io::Result<()> {
        let before = self.said.insert(incident.id.0, incident.due);
        let is_worse = before.is_none_or(|before| incident.due > before);
        match incident.state {
            IncidentState::Opened | IncidentState::Updated if is_worse => {
                let was_card = before.is_some_and(|before| before > Due::None);
                let worse = if was_card { self.words().worse().to_owned() } else { String::new() };
                self.said_line(at, Label::Due(incident.due), &worse, &words.title)?;
                // A note is its title; a card says what to do.
                if incident.due > Due::None {
                    self.card(words)?;
                }
                self.for_supplier(incident, device)?;
                if incident.due > Due::None { writeln!(self.into) } else { Ok(()) }
            }
            IncidentState::Opened | IncidentState::Updated => Ok(()),
            IncidentState::Quiet => self.line(at, Label::Quiet, &words.title),
            IncidentState::Closed => {
                self.said.remove(&incident.id.0);
                let was_card = incident.due > Due::None;
                if was_card { self.line(at, Label::Closed, &words.title) } else { Ok(()) }
            }
        }
    }

    fn card(&mut self, words: &Rendered) -> io::Result<()> {
        writeln!(self.into, "{INDENT}{} {}", words.what, words.meaning)?;
        for (step, number) in words.steps.iter().zip(1..) {
            writeln!(self.into, "{INDENT}{number}. {step}")?;
        }
        if let Some(call) = &words.call {
            let line = self.words().call(&call.name).map_err(fault)?;
            let reach = [call.phone.as_deref(), call.email.as_deref()].into_iter().flatten();
            let reach: String = reach.map(|reach| format!(", {reach}")).collect();
            writeln!(self.into, "{INDENT}{line}{reach}")?;
        }
        Ok(())
    }

    /// What an IT supplier asks first: which kind, and which device by its addresses and maker.
    fn for_supplier(&mut self, incident: &Incident, device: &Party) -> io::Result<()> {
        let known = [
            device.ip.map(|ip| ip.to_string()),
            device.mac.map(|mac| mac.to_string()),
            device.vendor.as_ref().map(ToString::to_string),
        ];
        let parts: Vec<String> =
            core::iter::once(incident.kind.id.to_owned()).chain(known.into_iter().flatten()).collect();
        let line = self.colours.dim(&parts.join(" \u{b7} "));
        writeln!(self.into, "{INDENT}{line}")
    }

    fn line(&mut self, at: Timestamp, label: Label, title: &str) -> io::Result<()> {
        self.said_line(at, label, "", title)
    }

    /// A line whose label says something more.
    fn said_line(&mut self, at: Timestamp, label: Label, more: &str, title: &str) -> io::Result<()> {
        let day = self.words().day(at).map_err(fault)?;
        if day != self.day {
            writeln!(self.into, "{}", self.colours.bold(&day))?;
            self.day = day;
        }
        let (clock, mut name) = (self.words().clock(at), self.words().label(label).to_owned());
        if !more.is_empty() {
            name = format!("{name} ({more})");
        }
        let name = self.colours.label(label, &name);
        writeln!(self.into, "{clock}  {name}  {}", self.colours.bold(title))
    }

    fn words(&self) -> common_words::Timeline<'_> {
        self.catalogue.timeline(self.lang, &self.site)
    }
}

impl<W: Write> Teller for Timeline<W> {
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()> {
        match told {
            Told::Incident { incident, at, device, words, .. } => {
                if *at < self.from {
                    self.said.insert(incident.id.0, incident.due);
                    return Ok(());
                }
                self.incident(incident, *at, device, words)
            }
            Told::Sight { state: SightState::Blind, at, words, .. } if *at >= self.from => {
                self.line(*at, Label::Blind, &words.title)?;
                self.card(words)?;
                writeln!(self.into)
            }
            // Every recording begins with a port that sees; only one that was blind is news.
            Told::Sight { state: SightState::Sees, at, last_heard, words, .. }
                if *at >= self.from && last_heard < at =>
            {
                self.line(*at, Label::Sees, &words.title)
            }
            Told::Sight { .. } | Told::Finding { .. } | Told::Sighting { .. } | Told::Device { .. } => Ok(()),
        }
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        if !self.day.is_empty() {
            writeln!(self.into)?;
        }
        writeln!(self.into, "{}", self.colours.dim(&summary.file))?;
        if let Some(problem) = &summary.warning {
            let warning = self.colours.bold(self.words().warning());
            writeln!(self.into, "{warning}")?;
            // The reader's own words, which are English: for whoever looks for the fault.
            writeln!(self.into, "{INDENT}{}", self.colours.dim(problem))?;
        }
        for line in self.words().figures(&summary.figures()).map_err(fault)? {
            writeln!(self.into, "{line}")?;
        }
        self.day.clear();
        self.said.clear();
        self.into.flush()
    }
}

impl Colours {
    fn bold(self, text: &str) -> String {
        self.in_style("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.in_style("2", text)
    }

    fn label(self, label: Label, text: &str) -> String {
        let style = match label {
            Label::Due(Due::Now) => "1;37;41",
            Label::Due(Due::Today | Due::Week) => "30;43",
            Label::Blind => "30;47",
            Label::Due(Due::None) | Label::Quiet | Label::Closed | Label::Sees => "2",
        };
        self.in_style(style, text)
    }

    /// Styles of ECMA-48 §8.3.117, which every terminal knows.
    fn in_style(self, style: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn fault(err: RenderError) -> io::Error {
    io::Error::other(err)
}

//! What has left the clinic: in plain words, by days of the clinic, all of it, with how much is behind each line.

use box_store::UplinkReader;
use box_store::uplink::{SentRow, SentSum};
use common_model::{DeviceType, FindingRole, Party, Timestamp};
use common_wire::v1::{AnswerWord, Body, Incident, Role};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// Days at once, each whole. Guess: a few screens; the file keeps 90 days on which something left.
const DAYS_MAX: usize = 14;

/// What the box has sent, by days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// The latest first.
    days: Vec<SentDay>,
    /// Ask for what left on this day and before; none when that was all.
    #[schema(required)]
    next: Option<String>,
    /// A sentence about all of it.
    note: String,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
struct SentDay {
    day: String,
    lines: Vec<SentLine>,
}

/// One thing that was sent, or many of a kind.
#[derive(Debug, Serialize, ToSchema)]
struct SentLine {
    text: String,
    /// How many records the line stands for, how much they are, and when they left, in words.
    figures: String,
    records: u64,
    bytes: u64,
    /// The record as it was sent; of many the latest.
    raw: String,
}

impl View {
    /// What the box has sent up to the end of this day. It has the machine's time, also while a recording is played.
    pub(crate) fn sent(&self, until: Option<Date>) -> anyhow::Result<Sent> {
        let note = if self.site.share_device_names { "sent_note_names" } else { "sent_note" };
        let mut sent = Sent { days: Vec::new(), next: None, note: self.words().say(note, &[])? };
        let Some(uplink) = &self.uplink else { return Ok(sent) };
        let after = until.and_then(|day| day.tomorrow().ok());
        let mut end = after.map_or(Ok(u64::MAX >> 1), |day| self.begin_of(day))?;
        while let Some(last_ns) = uplink.last_sent_before(end)? {
            let at = Timestamp::from_nanos(last_ns);
            let date = self.site.local(at).date();
            if sent.days.len() == DAYS_MAX {
                sent.next = Some(date.to_string());
                break;
            }
            let begin = self.begin_of(date)?;
            let day = self.catalogue.timeline(self.lang, &self.site).day(at)?;
            sent.days.push(SentDay { day, lines: self.lines(uplink, begin, end)? });
            end = begin;
        }
        Ok(sent)
    }

    /// When this day of the clinic begins.
    fn begin_of(&self, day: Date) -> anyhow::Result<u64> {
        let begin = self.site.timezone.to_timestamp(day.at(0, 0, 0, 0))?;
        Ok(u64::try_from(begin.as_nanosecond()).unwrap_or_default())
    }

    /// Incidents and answers by what they say, everything else by what it is.
    fn lines(&self, uplink: &UplinkReader<'_>, begin: u64, end: u64) -> anyhow::Result<Vec<SentLine>> {
        let mut lines = Vec::new();
        for sum in uplink.sent_sums(begin, end)? {
            let most = if matches!(&*sum.what, "incident" | "answer") { u32::MAX } else { 1 };
            let rows = uplink.sent_of(&sum.what, begin, end, most)?;
            if most == 1 {
                let text = self.words().say(&format!("sent_{}", sum.what), &[])?;
                lines.extend(rows.into_iter().map(|row| (text.clone(), sum.clone(), row.body)));
                continue;
            }
            for row in rows {
                let text = self.told(&row)?;
                match lines.iter_mut().find(|(said, ..)| *said == text) {
                    Some((_, sum, _)) => add(sum, &row),
                    None => lines.push((text, only(&row), row.body)),
                }
            }
        }
        let line = |(text, sum, raw): (String, SentSum, String)| {
            let figures = self.figures(&sum)?;
            Ok(SentLine { text, figures, records: sum.records, bytes: sum.bytes, raw })
        };
        lines.into_iter().map(line).collect()
    }

    /// "12 messages, 3.4 kB, from 06:15 to 10:42"
    fn figures(&self, sum: &SentSum) -> anyhow::Result<String> {
        let words = self.words();
        let timeline = self.catalogue.timeline(self.lang, &self.site);
        let [first, last] = [sum.first_ns, sum.last_ns].map(|at| timeline.clock(Timestamp::from_nanos(at)));
        let time = if first == last {
            words.say("clock", &[("at", &first)])?
        } else {
            words.say("sent_within", &[("first", &first), ("last", &last)])?
        };
        let (records, size) = (sum.records.to_string(), words.bytes(sum.bytes));
        Ok(words.say("sent_figures", &[("records", &records), ("size", &size), ("time", &time)])?)
    }

    /// What an incident or an answer says, in the language of the page, whatever language it was sent in.
    fn told(&self, row: &SentRow) -> anyhow::Result<String> {
        let words = self.words();
        Ok(match serde_json::from_str(&row.body) {
            Ok(Body::Incident(incident)) => {
                words.say("sent_incident", &[("title", &self.title_of_sent(&incident))])?
            }
            Ok(Body::Answer(answer)) if answer.answer == AnswerWord::Delivered => {
                words.say("sent_delivered", &[])?
            }
            _ => words.say(&format!("sent_{}", row.what), &[])?,
        })
    }

    /// The headline; the one that was sent when it is of a kind that this version does not know.
    fn title_of_sent(&self, incident: &Incident) -> String {
        let device_type = serde_json::to_value(incident.device.device_type).ok();
        let device_type = device_type.as_ref().and_then(|word| DeviceType::from_word(word.as_str()?));
        let device = Party { device_type: device_type.unwrap_or_default(), ..Party::default() };
        let role = match incident.role {
            Role::Source => FindingRole::Source,
            Role::Target => FindingRole::Target,
        };
        let title = self.title_of_kind(&incident.kind, &device, role);
        title.unwrap_or_else(|| incident.text.title.clone())
    }
}

fn only(row: &SentRow) -> SentSum {
    SentSum {
        what: row.what.clone(),
        records: 1,
        bytes: row.bytes,
        first_ns: row.sent_at_ns,
        last_ns: row.sent_at_ns,
    }
}

/// One more, that left before.
fn add(sum: &mut SentSum, row: &SentRow) {
    sum.records += 1;
    sum.bytes += row.bytes;
    sum.first_ns = sum.first_ns.min(row.sent_at_ns);
}

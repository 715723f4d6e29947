//! What has left the clinic: in plain words, by days, with the bytes behind each line.

use box_store::uplink::SentRow;
use common_model::Timestamp;
use common_wire::v1::Body;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// Most records that are looked at. Guess: some weeks of a busy clinic; the file keeps 90 days.
const RECORDS_MAX: u32 = 5_000;

/// What the box has sent, by days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// The latest first.
    days: Vec<SentDay>,
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
    /// Of all that the line stands for.
    bytes: u64,
    /// The record as it was sent; of many the latest.
    raw: String,
}

impl View {
    /// What the box has sent. It has the machine's time, also while a recording is played.
    pub(crate) fn sent(&self) -> anyhow::Result<Sent> {
        let rows = self.uplink.as_ref().map(|uplink| uplink.sent_before(u64::MAX >> 1, RECORDS_MAX));
        let rows = rows.transpose()?.unwrap_or_default();
        let note = if self.site.share_device_names { "sent_note_names" } else { "sent_note" };
        let note = self.words().say(note, &[])?;
        let timeline = self.catalogue.timeline(self.lang, &self.site);
        let mut days: Vec<(String, Vec<SentRow>)> = Vec::new();
        for row in rows {
            let day = timeline.day(Timestamp::from_nanos(row.sent_at_ns))?;
            match days.last_mut() {
                Some((last, of_day)) if *last == day => of_day.push(row),
                _ => days.push((day, vec![row])),
            }
        }
        let days = days.into_iter().map(|(day, rows)| Ok(SentDay { day, lines: self.lines(rows)? }));
        Ok(Sent { days: days.collect::<anyhow::Result<_>>()?, note })
    }

    /// Incidents and answers one by one, everything else by what it is.
    fn lines(&self, rows: Vec<SentRow>) -> anyhow::Result<Vec<SentLine>> {
        let mut lines = Vec::new();
        let mut many: Vec<(String, u64, SentLine)> = Vec::new();
        for row in rows {
            if let Some(text) = self.told_alone(&row)? {
                lines.push(SentLine { text, bytes: row.bytes, raw: row.body });
                continue;
            }
            match many.iter_mut().find(|(what, ..)| *what == row.what) {
                Some((_, count, line)) => {
                    *count += 1;
                    line.bytes += row.bytes;
                }
                None => many.push((
                    row.what,
                    1,
                    SentLine { text: String::new(), bytes: row.bytes, raw: row.body },
                )),
            }
        }
        for (what, count, line) in many {
            // Answers that people gave stand alone: what is left of them is that something arrived.
            let what = if what == "answer" { "delivered" } else { &what };
            let text = self.words().say(&format!("sent_{what}"), &[("count", &count.to_string())])?;
            lines.push(SentLine { text, ..line });
        }
        Ok(lines)
    }

    fn told_alone(&self, row: &SentRow) -> anyhow::Result<Option<String>> {
        let words = self.words();
        Ok(match serde_json::from_str(&row.body) {
            Ok(Body::Incident(incident)) => {
                Some(words.say("sent_incident", &[("title", &incident.text.title)])?)
            }
            Ok(Body::Answer(answer)) if answer.answer != common_wire::v1::AnswerWord::Delivered => {
                Some(words.say("sent_answer", &[])?)
            }
            _ => None,
        })
    }
}

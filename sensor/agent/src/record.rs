//! Keeps everything that was heard with all that the engine was told, so that it can be played again to the same answer.
//!
//! Each start of the sensor begins a stretch, a folder of its own in the record's:
//!
//! ```text
//! 0001/start.json      how the engine began: what was open, which version, which seed
//!      learned.json    what it had learned, if anything
//!      site.toml       what the clinic had chosen
//!      list-1.csv      what was known to be bad, beside the built-in lists
//!      frames.pcapng   what was heard, an interface for each port: any other program can open it too
//!      told.jsonl      everything else, each line with how many frames came before it
//! ```
//!
//! It holds what was said in the clinic. So nobody but its owner may read it, and the tablet says that it is being kept. When it is as large as it
//! may be, it ends, and says so: what came first is what explains the rest, and half a stretch cannot be played to the same answer.

mod kept;
mod line;

pub use kept::{Kept, Stretch};

use core::time::Duration;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use box_store::record::IncidentRecord;
use common_model::Timestamp;
use common_site::Site;
use sensor_capture::NgWriter;
use sensor_capture::files::{check_place, read_text_capped};
use sensor_decode::LinkType;
use sensor_engine::Given;

use self::line::{Line, Start};

/// How large a record may become when nobody says otherwise. Guess: some hours of a clinic at work.
pub const RECORD_BYTES_MAX: u64 = 1 << 30;

/// Silence that lasts is written so often. Engines are told several times a second; the last time tells the same as all of them.
const SILENCE_EVERY: Duration = Duration::from_secs(10);

/// Longest list of indicators, in bytes, as in `sensor/replay`.
const LIST_BYTES_MAX: u64 = 256 << 20;

/// Where to, and how much.
#[derive(Clone, Debug)]
pub struct RecordTo {
    /// The record's folder.
    pub folder: PathBuf,
    /// It ends when all stretches in the folder take so much.
    pub bytes_max: u64,
    /// Files of what is known to be bad, as the engine was given them.
    pub lists: Vec<PathBuf>,
}

impl RecordTo {
    /// Looks whether anything can be kept there.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> anyhow::Result<()> {
        make_folder(&self.folder).with_context(|| format!("could not make {}", self.folder.display()))?;
        check_place(&self.folder.join("stretch"))?;
        Ok(())
    }
}

/// What is at the beginning of a stretch.
pub(crate) struct Beginning<'a> {
    pub(crate) site: &'a Site,
    pub(crate) learned: Option<&'a str>,
    pub(crate) open: Vec<IncidentRecord>,
    pub(crate) seed: u64,
    pub(crate) ports: Vec<(String, LinkType)>,
}

/// A record that is being written.
#[derive(Debug)]
pub(crate) struct Record {
    frames: NgWriter<BufWriter<File>>,
    told: BufWriter<File>,
    frames_written: u64,
    /// Silence that is not written yet, and since when it lasts.
    silence: Option<(Timestamp, Timestamp)>,
    bytes: u64,
    bytes_max: u64,
    state: RecordState,
}

/// How a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordState {
    /// It goes on.
    On,
    /// It is as large as it may be.
    Full,
    /// It could not be written.
    Failed,
}

impl RecordState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            RecordState::On => "on",
            RecordState::Full => "full",
            RecordState::Failed => "failed",
        }
    }
}

impl Record {
    /// Begins a stretch; `None` when the record is as large as it may be, so that a sensor that falls again and again does not fill the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(to: &RecordTo, beginning: &Beginning<'_>) -> anyhow::Result<Option<Self>> {
        let RecordTo { folder, bytes_max, lists } = to;
        let could_not = || format!("could not write the record in {}", folder.display());
        make_folder(folder).with_context(could_not)?;
        let used = size_of_folder(folder).with_context(could_not)?;
        if used >= *bytes_max {
            return Ok(None);
        }
        let stretch = next_stretch(folder).with_context(could_not)?;
        for (number, list) in (1..).zip(lists) {
            let text = read_text_capped(list, LIST_BYTES_MAX)?;
            write(&stretch, &format!("list-{number}.csv"), text.as_bytes()).with_context(could_not)?;
        }
        let Beginning { site, learned, open, seed, ports } = beginning;
        write(&stretch, "site.toml", site.to_toml().as_bytes()).with_context(could_not)?;
        if let Some(learned) = learned {
            write(&stretch, "learned.json", learned.as_bytes()).with_context(could_not)?;
        }
        let start = Start::new(*seed, lists.len(), open.clone());
        write(&stretch, "start.json", &serde_json::to_vec(&start)?).with_context(could_not)?;
        let create = |name: &str| create(&stretch.join(name)).map(BufWriter::new);
        let frames = create("frames.pcapng").and_then(|file| NgWriter::new(file, ports));
        let mut record = Record {
            frames: frames.with_context(could_not)?,
            told: create("told.jsonl").with_context(could_not)?,
            frames_written: 0,
            silence: None,
            bytes: used + size_of_folder(&stretch).with_context(could_not)?,
            bytes_max: *bytes_max,
            state: RecordState::On,
        };
        record.flush();
        Ok(Some(record))
    }

    /// Keeps what the engine is given.
    pub(crate) fn keep(&mut self, given: &Given<'_>) {
        if self.state != RecordState::On {
            return;
        }
        if self.bytes >= self.bytes_max {
            self.flush();
            self.state = RecordState::Full;
            return;
        }
        if self.write(given).is_err() {
            self.state = RecordState::Failed;
        }
    }

    fn write(&mut self, given: &Given<'_>) -> io::Result<()> {
        if let Given::Silence(at) = given {
            return self.write_silence(*at);
        }
        self.end_silence()?;
        match given {
            Given::Frame(frame) => {
                self.bytes += self.frames.write(frame)?;
                self.frames_written += 1;
                Ok(())
            }
            given => self.write_line(given),
        }
    }

    /// Silence after silence is one silence, of which only the end is written. The first of all says what time it is.
    fn write_silence(&mut self, at: Timestamp) -> io::Result<()> {
        let is_first = self.frames_written == 0 && self.silence.is_none();
        let since = self.silence.map_or(at, |(since, _)| since);
        let lasts = at.since(since) >= SILENCE_EVERY || at < since;
        self.silence = Some((since, at));
        if is_first || lasts { self.end_silence() } else { Ok(()) }
    }

    fn end_silence(&mut self) -> io::Result<()> {
        let Some((_, until)) = self.silence.take() else { return Ok(()) };
        self.write_line(&Given::Silence(until))
    }

    fn write_line(&mut self, given: &Given<'_>) -> io::Result<()> {
        let line = Line::new(self.frames_written, given)
            .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "new lists are not kept"))?;
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.bytes += text.len() as u64;
        self.told.write_all(&text)
    }

    /// Puts what is kept on the disk, as far as it goes: a killed sensor loses no more of it than since this was last done.
    pub(crate) fn flush(&mut self) {
        if self.state == RecordState::On {
            let done = self.frames.get_mut().flush().and_then(|()| self.told.flush());
            if done.is_err() {
                self.state = RecordState::Failed;
            }
        }
    }

    pub(crate) const fn state(&self) -> RecordState {
        self.state
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.state == RecordState::On && self.end_silence().is_ok() {
            self.flush();
        }
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A folder for a new stretch, numbered after those that are there.
fn next_stretch(folder: &Path) -> io::Result<PathBuf> {
    let last = stretches(folder)?.pop().map_or(0, |(number, _)| number);
    let stretch = folder.join(format!("{:04}", last + 1));
    DirBuilder::new().mode(0o700).create(&stretch)?;
    Ok(stretch)
}

/// The stretches in a folder, in order.
fn stretches(folder: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut stretches = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        if let Some(number) = number.filter(|_| path.is_dir()) {
            stretches.push((number, path));
        }
    }
    stretches.sort_unstable();
    Ok(stretches)
}

/// The bytes of all files in a folder and the folders in it.
fn size_of_folder(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        sum += if found.is_dir() { size_of_folder(&entry.path())? } else { found.len() };
    }
    Ok(sum)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn write(stretch: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    create(&stretch.join(name))?.write_all(bytes)
}

#[cfg(test)]
mod tests;

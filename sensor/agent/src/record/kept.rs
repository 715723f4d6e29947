//! A record that is played again.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_capture::files::read_text_capped;
use sensor_capture::{Frames, Recording};
use sensor_engine::{Engine, Given, Setup, Snapshot};

use super::line::{Line, Start};
use super::{LIST_BYTES_MAX, stretches};
use crate::before::incident;

/// Longest file beside the frames, in bytes. Source: a profile, as in `sensor/replay`.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Longest line. Source: settings of a megabyte, each letter written as two at most.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// A record.
#[derive(Debug)]
pub struct Kept {
    stretches: Vec<PathBuf>,
}

impl Kept {
    /// Opens the record in this folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let could_not = || format!("could not read {}", folder.display());
        let mut found = stretches(folder).with_context(could_not)?;
        if found.is_empty() && folder.join("start.json").exists() {
            // One stretch by itself.
            found = vec![(1, folder.to_owned())];
        }
        ensure!(!found.is_empty(), "{} is a folder, and there is no record in it", folder.display());
        Ok(Kept { stretches: found.into_iter().map(|(_, path)| path).collect() })
    }

    /// Its stretches, in order.
    ///
    /// # Errors
    /// For each, when it cannot be read.
    pub fn stretches(&self) -> impl Iterator<Item = anyhow::Result<Stretch>> {
        self.stretches
            .iter()
            .map(|path| Stretch::open(path).with_context(|| format!("the record in {}", path.display())))
    }
}

/// What an engine was given from its beginning to its end.
#[derive(Debug)]
pub struct Stretch {
    name: String,
    start: Start,
    site: Arc<Site>,
    indicators: Arc<Indicators>,
    learned: Option<Snapshot>,
    frames: Recording,
    frames_read: u64,
    told: BufReader<File>,
    next: Option<Line>,
}

impl Stretch {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let text = |name: &str, most| read_text_capped(&path.join(name), most);
        let start = Start::parse(&text("start.json", FILE_BYTES_MAX)?)?;
        let site = Site::parse(&text("site.toml", FILE_BYTES_MAX)?).context("site.toml")?;
        Engine::check(&site).context("site.toml")?;
        let mut indicators = Indicators::built_in();
        for number in 1..=start.lists {
            let name = format!("list-{number}.csv");
            knowledge_indicators::parse(&name, &text(&name, LIST_BYTES_MAX)?, &mut indicators)?;
        }
        let learned = if path.join("learned.json").exists() {
            Some(Snapshot::parse(&text("learned.json", FILE_BYTES_MAX)?).context("learned.json")?)
        } else {
            None
        };
        let told = path.join("told.jsonl");
        let told = File::open(&told).with_context(|| format!("could not open {}", told.display()))?;
        let mut stretch = Stretch {
            name: path.display().to_string(),
            start,
            site: Arc::new(site),
            indicators: Arc::new(indicators),
            learned,
            frames: Recording::open(&path.join("frames.pcapng"))?,
            frames_read: 0,
            told: BufReader::new(told),
            next: None,
        };
        stretch.read_line()?;
        Ok(stretch)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the clinic had chosen at its beginning.
    #[must_use]
    pub const fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The version of the program that wrote it, when it is another than this one: the answer may be another too.
    #[must_use]
    pub fn other_version(&self) -> Option<&str> {
        Some(self.start.version.as_str()).filter(|version| *version != env!("CARGO_PKG_VERSION"))
    }

    /// An engine as it was at its beginning.
    ///
    /// # Errors
    /// When what was open cannot be read.
    pub fn engine(&self) -> anyhow::Result<Engine> {
        Ok(Engine::new(Setup {
            site: Arc::clone(&self.site),
            indicators: Arc::clone(&self.indicators),
            learned: self.learned.clone(),
            open: self.start.open.iter().map(incident).collect::<anyhow::Result<_>>()?,
            seed: self.start.seed,
            ..Setup::default()
        })?)
    }

    /// The next thing that the engine was given; `None` at the end. A killed sensor has left less of one file than of the other: what is
    /// whole in both is played.
    ///
    /// # Errors
    /// When a line is none of a record.
    pub fn next_given(&mut self) -> anyhow::Result<Option<Given<'_>>> {
        if let Some(line) = self.next.take_if(|line| line.after <= self.frames_read) {
            self.read_line()?;
            return Ok(Some(line.given()?));
        }
        self.frames_read += 1;
        Ok(self.frames.next_frame().map(Given::Frame))
    }

    /// Its frames, for what is wrong with them.
    #[must_use]
    pub const fn frames(&self) -> &impl Frames {
        &self.frames
    }

    fn read_line(&mut self) -> anyhow::Result<()> {
        let mut text = Vec::new();
        self.told.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text).context("told.jsonl")?;
        self.next = match text.strip_suffix(b"\n") {
            Some(line) => Some(serde_json::from_slice(line).context("a line of told.jsonl")?),
            None if text.len() as u64 == LINE_BYTES_MAX => bail!("a line of told.jsonl has no end"),
            // Cut off, or the end.
            None => None,
        };
        Ok(())
    }
}

//! What a run is made from: captures, the clinic's settings, lists of what is known to be bad, and a learned profile, each from a file.
//!
//! Everything is read and checked before the first frame is played, so that a wrong file is one sentence and not half a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use common_site::Site;
use knowledge_indicators::Indicators;
use sensor_capture::files::{check_place, read_text_capped, write_atomically};
use sensor_capture::{Frames, Recording, Script, Together};
use sensor_engine::{Depth, Engine, Setup, Snapshot};

/// Longest settings file, in bytes. Guess: a hundred devices take 15,000.
const SITE_BYTES_MAX: u64 = 1 << 20;

/// Longest list of indicators, in bytes. Guess: two million at 100 bytes each.
const LIST_BYTES_MAX: u64 = 256 << 20;

/// Longest profile, in bytes. Source: 512 devices with eight weeks of hours, each written with 15 bytes or more.
const PROFILE_BYTES_MAX: u64 = 64 << 20;

/// What a run is made from, except its captures.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// What the clinic chose.
    pub site: Arc<Site>,
    /// What is known to be bad.
    pub indicators: Arc<Indicators>,
    /// What was learned before.
    pub learned: Option<Snapshot>,
    /// Feeds hash tables, and nothing else.
    pub seed: u64,
}

impl Inputs {
    /// Reads the clinic's settings.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong; it names the file, the line and the field.
    pub fn read_site(&mut self, path: &Path) -> anyhow::Result<()> {
        let text = read_text_capped(path, SITE_BYTES_MAX)?;
        let site = Site::parse(&text).with_context(|| path.display().to_string())?;
        let checked = Engine::check(&site).map_err(|err| err.placed(&text));
        checked.with_context(|| path.display().to_string())?;
        self.site = Arc::new(site);
        Ok(())
    }

    /// Reads lists of what is known to be bad, beside those that are built in.
    ///
    /// # Errors
    /// When a file cannot be read or is no list.
    pub fn read_indicators(&mut self, paths: &[PathBuf]) -> anyhow::Result<()> {
        let mut indicators = Indicators::built_in();
        for path in paths {
            let text = read_text_capped(path, LIST_BYTES_MAX)?;
            knowledge_indicators::parse(&path.display().to_string(), &text, &mut indicators)?;
        }
        self.indicators = Arc::new(indicators);
        Ok(())
    }

    /// Reads what was learned before.
    ///
    /// # Errors
    /// When the file cannot be read or is no profile of ours.
    pub fn read_profile(&mut self, path: &Path) -> anyhow::Result<()> {
        let text = read_text_capped(path, PROFILE_BYTES_MAX)?;
        self.learned = Some(Snapshot::parse(&text).with_context(|| path.display().to_string())?);
        Ok(())
    }

    /// An engine made from this.
    ///
    /// # Errors
    /// When the settings of a detector are wrong.
    pub fn engine(&self, depth: Depth) -> anyhow::Result<Engine> {
        let Inputs { site, indicators, learned, seed } = self.clone();
        Ok(Engine::new(Setup { site, indicators, learned, seed, depth, ..Setup::default() })?)
    }
}

/// Keeps what was learned, for [`Inputs::read_profile`].
///
/// # Errors
/// When the file cannot be written; the old one is then as it was.
pub fn write_profile(path: &Path, engine: &Engine) -> anyhow::Result<()> {
    let text = engine.snapshot().to_json()?;
    Ok(write_atomically(path, text.as_bytes())?)
}

/// Looks whether a profile can be kept there, before a long run. `read` are files that are only to be read.
///
/// # Errors
/// When it cannot be written, or is one of those.
pub fn check_profile_place<'p>(path: &Path, read: impl IntoIterator<Item = &'p Path>) -> anyhow::Result<()> {
    let place = check_place(path)?;
    let same = read.into_iter().find(|read| read.canonicalize().is_ok_and(|read| read == place));
    if let Some(same) = same {
        bail!(
            "{} is to be read, and a profile written there would replace it: name another file",
            same.display()
        );
    }
    Ok(())
}

/// Looks whether each of these can be opened. What can be read only once, such as a pipe, is left alone until it is played.
///
/// # Errors
/// What is wrong with the first that cannot be.
pub fn check_captures(paths: &[PathBuf]) -> anyhow::Result<()> {
    ensure!(!paths.is_empty(), "no capture was named");
    let again = |path: &&PathBuf| !is_read_once(path);
    paths.iter().filter(again).try_for_each(|path| open_capture(path).map(drop))
}

/// Looks whether a capture can be read more than once.
///
/// # Errors
/// When it is a pipe or the like.
pub fn check_is_file(path: &Path) -> anyhow::Result<()> {
    ensure!(
        !is_read_once(path),
        "{} is read several times, so it must be a file and no pipe",
        path.display()
    );
    Ok(())
}

/// Whether a second reading would not begin where the first did.
fn is_read_once(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Opens one capture, or packet script (`.pkt`).
///
/// # Errors
/// When it cannot be opened, or is none.
pub fn open_capture(path: &Path) -> anyhow::Result<Box<dyn Frames>> {
    if path.extension().is_some_and(|extension| extension == "pkt") {
        return Ok(Box::new(Script::open(path)?));
    }
    Ok(Box::new(Recording::open(path)?))
}

/// Opens several captures as one, in time order.
///
/// # Errors
/// When one cannot be opened, or is none.
pub fn open_together(paths: &[PathBuf]) -> anyhow::Result<Box<dyn Frames>> {
    let named = |path: &PathBuf| Ok((path.display().to_string(), open_capture(path)?));
    Ok(Box::new(Together::new(paths.iter().map(named).collect::<anyhow::Result<_>>()?)))
}

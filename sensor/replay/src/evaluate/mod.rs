//! Plays labelled captures and says what was found and what was not.
//!
//! A folder has a `labels.tsv` ([`labels`]); each capture in it is played alone, with an engine that knows nothing; what came out is
//! compared with the label ([`verdict`]) and put into a table ([`report`]).

mod labels;
mod report;
mod verdict;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use common_site::Site;
use common_words::{Catalogue, Lang};
use sensor_engine::Depth;

use crate::{Inputs, Telling, open_capture, play};
use labels::Label;
pub use labels::check_labels;
use verdict::{Seen, Verdict};

/// Plays all captures of a folder and writes the report. Returns whether every file was there and could be played.
///
/// # Errors
/// When the labels cannot be read, or the report cannot be written.
pub fn evaluate(
    folder: &Path,
    is_json: bool,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&str),
) -> anyhow::Result<bool> {
    let labels = labels::read(&folder.join("labels.tsv"))?;
    let mut verdicts = Vec::with_capacity(labels.len());
    for label in labels {
        progress(&label.file);
        let verdict = match seen(folder, &label) {
            Ok(seen) => Verdict::of(label, seen),
            Err(err) => Verdict::unplayed(label, format!("{err:#}")),
        };
        verdicts.push(verdict);
    }
    if is_json {
        report::json(&verdicts, out)?;
    } else {
        report::table(&verdicts, out)?;
    }
    Ok(verdicts.iter().all(|verdict| verdict.fault.is_none()))
}

fn seen(folder: &Path, label: &Label) -> anyhow::Result<Seen> {
    let mut frames = open_capture(&folder.join(&label.file))?;
    let mut seen = Seen::default();
    let telling = Telling {
        catalogue: Catalogue::load().map_err(|err| anyhow!("{err}"))?,
        site: Arc::new(Site::default()),
        lang: Lang::En,
    };
    let engine = Inputs::default().engine(Depth::Detectors)?;
    play(&label.file, &mut *frames, engine, telling, &mut seen)?;
    Ok(seen)
}

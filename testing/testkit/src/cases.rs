//! Runs the cases of a folder: recordings with what must come out beside them.
//!
//! | file | what |
//! | --- | --- |
//! | `<case>.pkt`, `<case>.pcap`, `<case>.pcap.zst` … | the recording: a packet script or a capture |
//! | `<case>.expect` | what must come out: written by `BLESS=1`, read by eye, never edited by hand |
//! | `<case>.site.toml` | the clinic's settings, where the case needs some |
//! | `<case>.indicators.csv` | what is known to be bad, where the case needs some |
//!
//! A case whose name begins with `quiet-` must bring no finding of its kinds and no card; every other one must bring a finding or a sighting.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use knowledge_indicators::Indicators;
use sensor_capture::files::read_text_capped;
use sensor_engine::Depth;
use sensor_replay::{Inputs, open_capture};

use crate::transcript::Transcript;
use crate::{five_ways, golden};

/// Longest list of a case, in bytes. Guess: a case needs ten lines.
const LIST_BYTES_MAX: u64 = 64 << 10;

/// What belongs to a recording, and stands beside it.
const BESIDE: [&str; 3] = [".expect", ".site.toml", ".indicators.csv"];

/// What explains recordings, or made them.
const ABOUT: [&str; 2] = [".md", ".py"];

/// Runs all cases of a folder, in order of their names; `kinds` are those that they are about.
///
/// # Errors
/// What went wrong, case by case.
pub fn check_folder(folder: &Path, kinds: &[&'static str]) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("could not list {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    let ends =
        |path: &Path, endings: &[&str]| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
    let (beside, mut cases): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().filter(|path| !ends(path, &ABOUT)).partition(|path| ends(path, &BESIDE));
    cases.sort();
    ensure!(!cases.is_empty(), "{} holds no case", folder.display());
    let is_orphan = |path: &&PathBuf| !cases.iter().any(|case| name(case) == name(path));
    let orphans =
        beside.iter().filter(is_orphan).map(|path| format!("{}: beside no recording", path.display()));
    let played = cases
        .iter()
        .filter_map(|case| check(case, kinds).err().map(|err| format!("{}: {err:#}", case.display())));
    let faults: Vec<String> = orphans.chain(played).collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn check(case: &Path, kinds: &[&'static str]) -> anyhow::Result<()> {
    let (inputs, later) = (inputs(case, 0)?, inputs(case, five_ways::YEARS_LATER)?);
    let open = || open_capture(case);
    let mut transcript = Transcript::of_kinds(kinds.to_vec());
    five_ways::play_once(&mut *open()?, &inputs, inputs.engine(Depth::Detectors)?, &mut transcript)?;
    if name(case).starts_with("quiet-") {
        ensure!(transcript.findings == 0 && transcript.cards == 0, "is not quiet:\n{}", transcript.text);
    } else {
        ensure!(transcript.findings + transcript.sightings > 0, "brought nothing of {}", kinds.join(", "));
    }
    golden::check(&beside(case, ".expect"), &transcript.text)?;
    five_ways::check(&open, &inputs, &later, kinds)
}

/// What the case is played with; what is known to be bad, so many years later.
fn inputs(case: &Path, years: u32) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    let (site, indicators) = (beside(case, ".site.toml"), beside(case, ".indicators.csv"));
    if site.exists() {
        inputs.read_site(&site)?;
    }
    if indicators.exists() {
        let text = read_text_capped(&indicators, LIST_BYTES_MAX)?;
        let mut known = Indicators::built_in();
        knowledge_indicators::parse(&indicators.display().to_string(), &aged(&text, years), &mut known)?;
        inputs.indicators = Arc::new(known);
    }
    Ok(inputs)
}

/// The list with every field that begins like a date (`2026-03-18`) so many years later.
fn aged(list: &str, years: u32) -> String {
    let aged = |field: &str| match field.split_once('-') {
        Some((year, rest)) if year.len() == 4 && rest.len() == 5 => match year.parse::<u32>() {
            Ok(year) => format!("{}-{rest}", year + years),
            Err(_) => field.to_owned(),
        },
        _ => field.to_owned(),
    };
    let line = |line: &str| line.split(',').map(aged).collect::<Vec<_>>().join(",");
    list.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `quiet-backup` of `cases/quiet-backup.pcap.zst`.
fn name(case: &Path) -> &str {
    let file = case.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    file.split('.').next().unwrap_or(file)
}

fn beside(case: &Path, ending: &str) -> PathBuf {
    case.with_file_name(format!("{}{ending}", name(case)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_come_out_is_no_case_and_needs_one() {
        let folder = tempfile::tempdir().unwrap();
        let said = || format!("{:#}", check_folder(folder.path(), &["port-scan"]).unwrap_err());
        std::fs::write(folder.path().join("quiet-gone.expect"), "").unwrap();
        assert!(said().contains("holds no case"), "{}", said());
        std::fs::write(folder.path().join("wrong.pkt"), "what?\n").unwrap();
        assert!(said().contains("quiet-gone.expect: beside no recording"), "{}", said());
    }
}

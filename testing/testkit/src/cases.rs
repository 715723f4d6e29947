//! Runs the cases of a folder: recordings with what must come out beside them.
//!
//! | file | what |
//! | --- | --- |
//! | `<case>.pkt`, `<case>.pcap`, `<case>.pcap.zst` … | the recording: a packet script or a capture |
//! | `<case>.expect` | what must come out: written by `BLESS=1`, read by eye, never edited by hand |
//! | `<case>.site.toml` | the clinic's settings, where the case needs some |
//! | `<case>.indicators.csv` | what is known to be bad, where the case needs some |
//!
//! A case whose name begins with `quiet-` must bring no finding of its kinds and no card; every other one must bring a finding.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use sensor_engine::Depth;
use sensor_replay::{Inputs, open_capture};

use crate::transcript::Transcript;
use crate::{five_ways, golden};

/// Files that stand beside a recording and are none.
const BESIDE: [&str; 5] = [".expect", ".site.toml", ".indicators.csv", ".md", ".py"];

/// Runs all cases of a folder, in order of their names; `kinds` are those that they are about.
///
/// # Errors
/// What went wrong, case by case.
pub fn check_folder(folder: &Path, kinds: &[&'static str]) -> anyhow::Result<()> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("could not list {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    cases.retain(|path| !BESIDE.iter().any(|ending| path.to_string_lossy().ends_with(ending)));
    cases.sort();
    ensure!(!cases.is_empty(), "{} holds no case", folder.display());
    let faults: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case, kinds).err().map(|err| format!("{}: {err:#}", case.display())))
        .collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn check(case: &Path, kinds: &[&'static str]) -> anyhow::Result<()> {
    let inputs = inputs(case)?;
    let open = || open_capture(case);
    let mut transcript = Transcript::of_kinds(kinds.to_vec());
    five_ways::play_once(&mut *open()?, &inputs, inputs.engine(Depth::Detectors)?, &mut transcript)?;
    if name(case).starts_with("quiet-") {
        ensure!(transcript.findings == 0 && transcript.cards == 0, "is not quiet:\n{}", transcript.text);
    } else {
        ensure!(transcript.findings > 0, "brought no finding of {}", kinds.join(", "));
    }
    golden::check(&beside(case, ".expect"), &transcript.text)?;
    five_ways::check(&open, &inputs, kinds)
}

fn inputs(case: &Path) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    let (site, indicators) = (beside(case, ".site.toml"), beside(case, ".indicators.csv"));
    if site.exists() {
        inputs.read_site(&site)?;
    }
    if indicators.exists() {
        inputs.read_indicators(&[indicators])?;
    }
    Ok(inputs)
}

/// `quiet-backup` of `cases/quiet-backup.pcap.zst`.
fn name(case: &Path) -> &str {
    let file = case.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    file.split('.').next().unwrap_or(file)
}

fn beside(case: &Path, ending: &str) -> PathBuf {
    case.with_file_name(format!("{}{ending}", name(case)))
}

//! `cyberalarm evaluate`: plays labelled captures, or the recorded clinic, and says what was found and what was not.

mod clinic;

use std::io::{BufWriter, IsTerminal as _, Write as _, stderr, stdout};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A folder with captures and their `labels.tsv`, or with a recorded clinic.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write JSON, one object a line, instead of a table.
    #[arg(long)]
    json: bool,
    /// Another seed, other days of the recorded clinic.
    #[arg(long, value_name = "N", default_value_t = 2)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    let mut errors = stderr();
    let shows_progress = errors.is_terminal();
    let mut progress = |file: &str| {
        if shows_progress {
            // Whoever closed the error output sees no progress.
            let _closed = write!(errors, "\r\u{1b}[K{file}");
        }
    };
    let Arguments { folder, json, seed } = arguments;
    let are_all_played = if clinic::is_there(folder) {
        clinic::evaluate(folder, *seed, *json, &mut out, &mut progress)?;
        true
    } else {
        sensor_replay::evaluate(folder, *json, &mut out, &mut progress)?
    };
    if shows_progress {
        let _closed = write!(stderr(), "\r\u{1b}[K");
    }
    out.flush()?;
    ensure!(are_all_played, "some captures could not be played; they are named above");
    Ok(())
}

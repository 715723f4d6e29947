//! `cyberalarm evaluate`: plays labelled captures and says what was found and what was not.

use std::io::{BufWriter, IsTerminal as _, Write as _, stderr, stdout};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A folder with captures and their `labels.tsv`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Write JSON, one object a line, instead of a table.
    #[arg(long)]
    json: bool,
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
    let are_all_played = sensor_replay::evaluate(&arguments.folder, arguments.json, &mut out, &mut progress)?;
    if shows_progress {
        let _closed = write!(stderr(), "\r\u{1b}[K");
    }
    out.flush()?;
    ensure!(are_all_played, "some captures could not be played; they are named above");
    Ok(())
}

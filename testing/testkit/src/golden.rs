//! Compares what came out with what was accepted before, and accepts it anew when asked to.

use std::path::Path;

use anyhow::{Context as _, bail};
use sensor_capture::files::read_text_capped;

/// Longest golden file, in bytes. Guess: a day of cards has 20,000.
const GOLDEN_BYTES_MAX: u64 = 4 << 20;

/// The environment variable that accepts what came out.
const BLESS: &str = "BLESS";

/// Compares `text` with the file. With `BLESS=1` the file is written instead; read it by eye, then commit it.
///
/// # Errors
/// When they differ (the first different line is told), or the file cannot be read or written.
pub fn check(path: &Path, text: &str) -> anyhow::Result<()> {
    if std::env::var_os(BLESS).is_some_and(|value| value == "1") {
        return std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()));
    }
    let accepted = read_text_capped(path, GOLDEN_BYTES_MAX).with_context(|| {
        format!("nothing was accepted for it yet: run the test with {BLESS}=1 and read {}", path.display())
    })?;
    if accepted == text {
        return Ok(());
    }
    let differs = accepted.lines().zip(text.lines()).zip(1..).find(|((one, other), _)| one != other);
    let Some(((accepted_line, line), number)) = differs else {
        let (accepted_lines, lines) = (accepted.lines().count(), text.lines().count());
        bail!(
            "{} has {accepted_lines} lines, and now {lines} come out ({BLESS}=1 accepts them)",
            path.display()
        );
    };
    bail!(
        "{}:{number} differs ({BLESS}=1 accepts what comes out now)\n  accepted: {accepted_line}\n  now:      {line}",
        path.display()
    );
}

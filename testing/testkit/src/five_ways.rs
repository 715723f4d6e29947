//! Plays a recording in five ways, which every recording must stand:
//!
//! 1. as recorded;
//! 2. with another seed: the same output, byte for byte;
//! 3. with TCP cut into segments of one byte and of 1,400: the same is said in every protocol;
//! 4. with one frame in a hundred missing: no panic, and nothing that came out is dropped;
//! 5. twenty-eight years later (1,461 weeks, so weekdays and dates agree), what is known to be bad too: the same output, but for the times.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, anyhow, ensure};
use common_words::{Catalogue, Lang};
use sensor_capture::Frames;
use sensor_engine::{Depth, Engine};
use sensor_protocols::Event;
use sensor_replay::{Inputs, Lines, Teller, Telling, What, play};

use crate::change::{Later, Lossy, Recut};
use crate::transcript::Transcript;

/// How much later the last way is.
pub const YEARS_LATER: u32 = 28;

/// 28 years: 10,227 days, the seven leap days in them included.
const LATER: Duration = Duration::from_secs(10_227 * 86_400);

/// Opens the recording, each time from the start.
pub type Open<'a> = &'a dyn Fn() -> anyhow::Result<Box<dyn Frames>>;

/// Plays a recording once, for `teller`. Returns the engine as it was at the end.
///
/// # Errors
/// When it cannot be opened, or what came out cannot be put into words.
pub fn play_once(
    frames: &mut dyn Frames,
    inputs: &Inputs,
    engine: Engine,
    teller: &mut dyn Teller,
) -> anyhow::Result<Engine> {
    let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
    let telling = Telling { catalogue, site: Arc::clone(&inputs.site), lang: Lang::Da };
    Ok(play("case", frames, engine, telling, teller)?.0)
}

/// Plays it in the four other ways, and compares. `later` are the inputs 28 years later, `kinds` those that a transcript is about.
///
/// # Errors
/// Says which way went wrong, and where the outputs part.
pub fn check(open: Open<'_>, inputs: &Inputs, later: &Inputs, kinds: &[&'static str]) -> anyhow::Result<()> {
    seeds_agree(open, inputs).context("with another seed")?;
    cuts_agree(open, inputs).context("with TCP cut into other segments")?;
    losses_do_no_harm(open, inputs).context("with one frame in a hundred missing")?;
    years_agree(open, inputs, later, kinds).context("28 years later")
}

fn seeds_agree(open: Open<'_>, inputs: &Inputs) -> anyhow::Result<()> {
    let lines = |seed| {
        let inputs = Inputs { seed, ..inputs.clone() };
        let mut lines = Vec::new();
        play_once(&mut *open()?, &inputs, inputs.engine(Depth::Detectors)?, &mut Lines::new(&mut lines))?;
        // The summary is measured, and comes last.
        let text = String::from_utf8(lines)?;
        let kept = text.lines().filter(|line| !line.starts_with(SUMMARY)).map(str::to_owned);
        Ok::<Vec<String>, anyhow::Error>(kept.collect())
    };
    same(&lines(0)?, &lines(0x5eed)?)
}

const SUMMARY: &str = r#"{"type":"summary""#;

fn cuts_agree(open: Open<'_>, inputs: &Inputs) -> anyhow::Result<()> {
    let whole = said(&mut *open()?, inputs)?;
    for step in [1, 1_400] {
        let cut = said(&mut Recut::new(open()?, step), inputs)?;
        same(&whole, &cut).with_context(|| format!("{step} bytes at a time"))?;
    }
    Ok(())
}

/// Everything that was said in any protocol, a line each.
fn said(frames: &mut dyn Frames, inputs: &Inputs) -> anyhow::Result<Vec<String>> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&said);
    let mut engine = inputs.engine(Depth::Detectors)?;
    engine.listen(Box::new(move |seen| {
        if let What::Said(event) = seen.what
            && !is_weighed(event)
            && let Ok(mut said) = hears.lock()
        {
            said.push(format!("{} -> {}: {event:?}", seen.source.ip, seen.target.ip));
        }
    }));
    play_once(frames, inputs, engine, &mut Transcript::default())?;
    let said = said.lock().map_err(|_poisoned| anyhow!("the listener panicked"))?;
    Ok(said.clone())
}

/// Logins of ssh are told by the sizes of messages, and where those are hidden by the sizes of segments.
fn is_weighed(event: &Event<'_>) -> bool {
    matches!(event, Event::Login(login) if login.service == "ssh")
}

fn losses_do_no_harm(open: Open<'_>, inputs: &Inputs) -> anyhow::Result<()> {
    for seed in 0..3 {
        let engine = inputs.engine(Depth::Detectors)?;
        let engine = play_once(&mut Lossy::new(open()?, seed), inputs, engine, &mut Transcript::default())?;
        let counts = engine.counts();
        ensure!(counts.outputs_dropped == 0, "outputs were dropped");
    }
    Ok(())
}

fn years_agree(
    open: Open<'_>,
    inputs: &Inputs,
    later: &Inputs,
    kinds: &[&'static str],
) -> anyhow::Result<()> {
    let lines = |frames: &mut dyn Frames, inputs: &Inputs| {
        let mut transcript = Transcript::of_kinds(kinds.to_vec());
        play_once(frames, inputs, inputs.engine(Depth::Detectors)?, &mut transcript)?;
        Ok::<_, anyhow::Error>(transcript.text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    same(&lines(&mut *open()?, inputs)?, &lines(&mut Later::new(open()?, LATER), later)?)
}

fn same(one: &[String], other: &[String]) -> anyhow::Result<()> {
    let differs = one.iter().zip(other).zip(1..).find(|((one, other), _)| one != other);
    if let Some(((one, other), number)) = differs {
        anyhow::bail!("line {number} differs\n  before: {one}\n  now:    {other}");
    }
    ensure!(one.len() == other.len(), "{} lines before, {} now", one.len(), other.len());
    Ok(())
}

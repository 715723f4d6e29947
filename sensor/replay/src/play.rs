//! Drives the engine: frames in, outputs to a teller.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use common_model::{Due, Timestamp};
use sensor_capture::Frames;
use sensor_engine::{Command, Engine, Given, Output};

use crate::{Cost, Summary, Teller, Telling};

/// A run in progress: an engine, who tells of it, and what is known of it so far.
pub struct Play<'a> {
    engine: Engine,
    telling: Telling,
    teller: &'a mut dyn Teller,
    summary: Summary,
    with_card: BTreeSet<u64>,
    cost: Cost,
}

impl core::fmt::Debug for Play<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Play").field("engine", &self.engine).finish_non_exhaustive()
    }
}

/// Plays all frames and ends the run. Returns the engine, whose snapshot may be wanted, and the summary.
///
/// # Errors
/// When what came out cannot be written, or a message cannot be filled in.
pub fn play(
    file: &str,
    frames: &mut dyn Frames,
    engine: Engine,
    telling: Telling,
    teller: &mut dyn Teller,
) -> anyhow::Result<(Engine, Summary)> {
    let mut play = Play::new(file, engine, telling, teller);
    play.frames(frames, &mut |_at| {})?;
    play.end(frames)
}

impl<'a> Play<'a> {
    /// Begins a run.
    #[must_use]
    pub fn new(file: &str, engine: Engine, telling: Telling, teller: &'a mut dyn Teller) -> Self {
        Play {
            engine,
            telling,
            teller,
            summary: Summary { file: file.to_owned(), ..Summary::default() },
            with_card: BTreeSet::new(),
            cost: Cost::start(),
        }
    }

    /// Plays frames to their end; `progress` is told the time of each.
    ///
    /// # Errors
    /// As [`play`].
    pub fn frames(
        &mut self,
        frames: &mut dyn Frames,
        progress: &mut dyn FnMut(Timestamp),
    ) -> anyhow::Result<()> {
        while let Some(frame) = frames.next_frame() {
            self.summary.heard(frame.at);
            self.engine.handle_frame(&frame);
            progress(frame.at);
            self.take_outputs()?;
        }
        Ok(())
    }

    /// Gives the engine what a record says that it was given.
    ///
    /// # Errors
    /// As [`play`].
    pub fn give(&mut self, given: Given<'_>) -> anyhow::Result<()> {
        match &given {
            Given::Frame(frame) => self.summary.heard(frame.at),
            Given::Command(_, Command::Site(site)) => self.telling.site = Arc::clone(site),
            Given::Command(..) | Given::Port(..) | Given::Silence(_) => {}
        }
        self.engine.handle(given);
        self.take_outputs()
    }

    /// Time passes in silence, second by second, as on a wire on which nothing is heard.
    ///
    /// # Errors
    /// As [`play`].
    pub fn silence(&mut self, from: Timestamp, until: Timestamp) -> anyhow::Result<()> {
        let mut now = from;
        while now < until {
            now = (now + core::time::Duration::from_secs(1)).min(until);
            self.engine.handle_silence(now);
            self.take_outputs()?;
        }
        Ok(())
    }

    /// Ends the run: conversations that go on are over. `frames` are those that were played, for what their reader left out.
    ///
    /// # Errors
    /// As [`play`].
    pub fn end(mut self, frames: &dyn Frames) -> anyhow::Result<(Engine, Summary)> {
        self.engine.finish();
        self.take_outputs()?;
        self.stop(frames)
    }

    /// Ends the run where a sensor stopped: what goes on then is not over, and nothing more comes out.
    ///
    /// # Errors
    /// As [`play`].
    pub fn stop(mut self, frames: &dyn Frames) -> anyhow::Result<(Engine, Summary)> {
        self.summary.counts = self.engine.counts();
        self.summary.cards = self.with_card.len() as u64;
        self.summary.warning = frames.problem();
        self.summary.skipped = frames.left_out();
        self.summary.cpu = self.cost.cpu();
        self.summary.peak_memory_bytes = Cost::peak_memory_bytes();
        self.teller.end(&self.summary).context("could not write what came out")?;
        Ok((self.engine, self.summary))
    }

    fn take_outputs(&mut self) -> anyhow::Result<()> {
        while let Some(output) = self.engine.poll_output() {
            if let Output::Incident(incident, _) = &output
                && incident.due > Due::None
            {
                self.with_card.insert(incident.id.0);
            }
            if let Some(told) = self.telling.told(&output, self.engine.inventory())? {
                self.teller.tell(&told).context("could not write what came out")?;
            }
        }
        Ok(())
    }
}

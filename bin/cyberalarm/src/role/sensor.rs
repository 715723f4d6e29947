//! `cyberalarm sensor`: listens, and remembers what it heard. Started by `cyberalarm box`.

use core::time::Duration;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use common_model::Timestamp;
use common_site::Monitored;
use sensor_agent::{Agent, Ears, Pace, RECORD_BYTES_MAX, RecordTo, Recorded, Wires};
use sensor_capture::live::PortName;
use sensor_replay::{Inputs, open_capture, open_together};
use testing_days::Clinic;

/// A capture is shown in this time, or in its own when that is shorter. Guess: as long as somebody likes to watch.
const SHOWN_IN: Duration = Duration::from_secs(60);

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of the box's state.
    #[arg(long, value_name = "DIR", default_value = super::STATE)]
    pub(crate) state: PathBuf,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// What is listened to, and what is known before.
#[derive(Args, Clone)]
pub(crate) struct Source {
    /// Listen on these ports; each must be prepared by `cyberalarm box prepare PORT` first.
    #[arg(long, value_name = "PORT", num_args = 1.., conflicts_with_all = ["capture", "clinic"])]
    interface: Vec<PortName>,
    /// Keep everything that is heard in this folder, to be played again by `cyberalarm replay DIR`. It holds what was said in the clinic.
    #[arg(long, value_name = "DIR", requires = "interface")]
    record: Option<PathBuf>,
    /// The record ends when it is so large.
    #[arg(long, value_name = "MIB", default_value_t = RECORD_BYTES_MAX >> 20, requires = "record")]
    record_mib: u64,
    /// Play captures as if they were heard now.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "clinic")]
    pub(crate) capture: Vec<PathBuf>,
    /// Play a recorded clinic: calm days at full speed, then the day of the attack.
    #[arg(long, value_name = "DIR")]
    pub(crate) clinic: Option<PathBuf>,
    /// Calm days before the day of the attack.
    #[arg(long, value_name = "N", default_value_t = 14, requires = "clinic")]
    calm_days: u16,
    /// Another seed, other days.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "clinic")]
    seed: u64,
    /// Play a recording so many times as fast.
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    speed: f64,
    /// The clinic's settings, until the tablet keeps them.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Lists of what is known to be bad.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    indicators: Vec<PathBuf>,
}

impl Source {
    /// The clinic's settings before it has a tablet.
    pub(crate) fn settings_file(&self) -> Option<PathBuf> {
        self.settings.clone().or_else(|| Some(self.clinic.as_ref()?.join("site.toml")))
    }

    /// Whether it listens on ports.
    pub(crate) fn is_live(&self) -> bool {
        !self.interface.is_empty()
    }

    /// The same, as it is told to another process.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut say = |option: &str, values: &[PathBuf]| {
            if !values.is_empty() {
                words.push(option.into());
                words.extend(values.iter().map(Into::into));
            }
        };
        say("--interface", &self.interface.iter().map(|port| port.as_str().into()).collect::<Vec<_>>());
        say("--record", self.record.as_slice());
        say("--capture", &self.capture);
        say("--clinic", self.clinic.as_slice());
        say("--settings", self.settings.as_slice());
        say("--indicators", &self.indicators);
        if self.clinic.is_some() {
            words.extend(["--calm-days".into(), self.calm_days.to_string().into()]);
            words.extend(["--seed".into(), self.seed.to_string().into()]);
        }
        if self.record.is_some() {
            words.extend(["--record-mib".into(), self.record_mib.to_string().into()]);
        }
        words.extend(["--speed".into(), self.speed.to_string().into()]);
        words
    }

    /// Checks everything that can be checked before anything is started.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Inputs { site, .. } = self.inputs()?;
        self.record_to().as_ref().map_or(Ok(()), RecordTo::check)?;
        // A name that is wrong is said to whoever starts the box; a port that was there and goes is waited for.
        if self.is_live() {
            return Wires::open(&self.interface, &site.monitored).map(drop);
        }
        self.ears(&site.monitored).map(drop)
    }

    fn record_to(&self) -> Option<RecordTo> {
        let folder = self.record.clone()?;
        Some(RecordTo { folder, bytes_max: self.record_mib << 20, lists: self.lists() })
    }

    /// Lists of what is known to be bad, beside the built-in ones.
    fn lists(&self) -> Vec<PathBuf> {
        let of_clinic = self.clinic.as_ref().map(|clinic| clinic.join("indicators.csv"));
        of_clinic.into_iter().chain(self.indicators.clone()).collect()
    }

    fn inputs(&self) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        if let Some(path) = self.settings_file() {
            inputs.read_site(&path)?;
        }
        inputs.read_indicators(&self.lists())?;
        Ok(inputs)
    }

    fn pace(&self, start: Timestamp, waypoints: Vec<(Timestamp, Duration)>) -> anyhow::Result<Pace> {
        check_speed(self.speed)?;
        let faster = |(until, by): (Timestamp, Duration)| (until, by.div_f64(self.speed));
        Ok(Pace::new(start, waypoints.into_iter().map(faster).collect()))
    }

    fn ears(&self, monitored: &Monitored) -> anyhow::Result<Box<dyn Ears>> {
        if self.is_live() {
            return Ok(Box::new(Wires::open_again(&self.interface, monitored)?));
        }
        if let Some(dir) = &self.clinic {
            let clinic = Clinic::open(dir)?;
            let attack = clinic.attack_day(self.seed, 1.0)?;
            let both = clinic.calm_days(self.calm_days, self.seed)?.then(&attack);
            let pace = self.pace(attack.starts_at(), clinic.pace()?)?;
            return Ok(Box::new(Recorded::new("clinic", Box::new(both.frames()), pace, clinic.solved_at()?)));
        }
        ensure!(!self.capture.is_empty(), "nothing to listen to: name --interface, --capture or --clinic");
        let (first, last) = span(&self.capture)?;
        let shown_in = last.since(first).min(SHOWN_IN);
        let pace = self.pace(first, vec![(last, shown_in)])?;
        let name = self.capture.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        Ok(Box::new(Recorded::new(&name, open_together(&self.capture)?, pace, None)))
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let stop = super::begin(&arguments.state)?;
    let source = &arguments.source;
    let Inputs { site, indicators, .. } = source.inputs()?;
    // A thread has the rights of the one that started it, so that which listens has no other; it keeps this one, because a port that was
    // taken out and comes back is opened again.
    box_supervisor::keep_listening()?;
    let ears = source.ears(&site.monitored)?;
    if !source.is_live() {
        box_supervisor::drop_all()?;
    }
    let record = source.record_to();
    let (folder, beat) = (arguments.state.clone(), Some(box_supervisor::beat as fn()));
    let setup = sensor_agent::Setup { folder, site, indicators, record, beat };
    Agent::new(setup, ears)?.run(stop)
}

/// Whether a recording can be played so many times as fast.
pub(super) fn check_speed(speed: f64) -> anyhow::Result<()> {
    ensure!((0.01..=1_000.0).contains(&speed), "--speed {speed}: not from 0.01 to 1000");
    Ok(())
}

/// The first and the last time in these captures.
fn span(captures: &[PathBuf]) -> anyhow::Result<(Timestamp, Timestamp)> {
    let (mut first, mut last) = (Timestamp::MAX, Timestamp::EPOCH);
    for path in captures {
        let mut frames = open_capture(path)?;
        while let Some(frame) = frames.next_frame() {
            (first, last) = (first.min(frame.at), last.max(frame.at));
        }
    }
    Ok((first.min(last), last))
}

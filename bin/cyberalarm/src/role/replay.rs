//! `cyberalarm replay`: plays captures and says what came out.

use std::io::{self, BufWriter, IsTerminal as _, Write, stderr, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use clap::{Args, ValueEnum};
use common_words::{Catalogue, Lang};
use sensor_agent::{Kept, Stretch};
use sensor_engine::{Depth, Engine};
use sensor_replay::{
    Inputs, Lines, Play, Teller, Telling, Timeline, check_captures, check_profile_place, open_capture,
    open_together, play, write_profile,
};

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Captures: pcap or pcapng, plain or packed with gzip or zstd, packet scripts (.pkt), or a folder that a box kept with --record, which
    /// brings its own settings. Each is a run of its own.
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
    /// Write JSON, one object a line, instead of a timeline.
    #[arg(long)]
    json: bool,
    /// The language of the words.
    #[arg(long, value_enum, default_value_t = Language::Da)]
    lang: Language,
    /// The clinic's settings (see `cyberalarm config defaults`).
    #[arg(long, value_name = "site.toml")]
    settings: Option<PathBuf>,
    /// A list of what is known to be bad, beside those that are built in. May be given several times.
    #[arg(long, value_name = "FILE")]
    indicators: Vec<PathBuf>,
    /// What was learned before, as --save-profile wrote it.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Where to keep what was learned by the end of the (last) run.
    #[arg(long, value_name = "FILE")]
    save_profile: Option<PathBuf>,
    /// Play all captures as one, in time order.
    #[arg(long)]
    together: bool,
    /// Feeds hash tables; the answer is the same with any.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// A language of the product.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    /// Danish.
    Da,
    /// English.
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Da => Lang::Da,
            Language::En => Lang::En,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut inputs = Inputs { seed: arguments.seed, ..Inputs::default() };
    inputs.read_indicators(&arguments.indicators)?;
    if let Some(path) = &arguments.settings {
        inputs.read_site(path)?;
    }
    if let Some(path) = &arguments.profile {
        inputs.read_profile(path)?;
    }
    if let Some(path) = &arguments.save_profile {
        let read = arguments.captures.iter().chain(&arguments.settings).chain(&arguments.indicators);
        check_profile_place(path, read.map(PathBuf::as_path))?;
    }
    let (records, captures): (Vec<_>, Vec<_>) =
        arguments.captures.iter().cloned().partition(|path| path.is_dir());
    if records.is_empty() {
        check_captures(&captures)?;
    } else {
        let has_more = !captures.is_empty() || arguments.settings.is_some() || arguments.profile.is_some();
        let is_alone = !has_more && arguments.indicators.is_empty() && !arguments.together;
        ensure!(
            is_alone,
            "{}: a record brings all that it needs, and is played by itself",
            records[0].display()
        );
        // Whose clock the timeline shows.
        if let Some(first) = Kept::open(&records[0])?.stretches().next() {
            inputs.site = Arc::clone(first?.site());
        }
    }

    let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
    let (site, lang) = (inputs.site.clone(), arguments.lang.into());
    let out =
        BufWriter::new(Output { out: Some(stdout().lock()), goes_on: arguments.save_profile.is_some() });
    let mut teller: Box<dyn Teller> = if arguments.json {
        Box::new(Lines::new(out))
    } else {
        Box::new(Timeline::new(out, catalogue, site.clone(), lang, stdout().is_terminal()))
    };
    let telling = Telling { catalogue, site, lang };
    let mut last = None;
    for folder in &records {
        for stretch in Kept::open(folder)?.stretches() {
            last = Some(play_again(stretch?, &telling, &mut *teller)?);
        }
    }
    if arguments.together {
        let names: Vec<String> = arguments.captures.iter().map(|path| path.display().to_string()).collect();
        let mut frames = open_together(&arguments.captures)?;
        let engine = inputs.engine(Depth::Detectors)?;
        last = Some(play(&names.join(" "), &mut *frames, engine, telling, &mut *teller)?.0);
    } else {
        for path in &captures {
            let mut frames = open_capture(path)?;
            let engine = inputs.engine(Depth::Detectors)?;
            let name = path.display().to_string();
            last = Some(play(&name, &mut *frames, engine, telling.clone(), &mut *teller)?.0);
        }
    }
    match (&arguments.save_profile, &last) {
        (Some(path), Some(engine)) => write_profile(path, engine),
        _ => Ok(()),
    }
}

/// Plays what a box kept from its start to its stop.
fn play_again(mut stretch: Stretch, telling: &Telling, teller: &mut dyn Teller) -> anyhow::Result<Engine> {
    if let Some(version) = stretch.other_version() {
        // Whoever closed the error output does not want to know.
        let _closed = writeln!(
            stderr(),
            "cyberalarm: {} was kept by version {version}: what comes out may differ",
            stretch.name()
        );
    }
    let telling = Telling { site: Arc::clone(stretch.site()), ..telling.clone() };
    let name = stretch.name().to_owned();
    let mut play = Play::new(&name, stretch.engine()?, telling, teller);
    while let Some(given) = stretch.next_given().with_context(|| name.clone())? {
        play.give(given)?;
    }
    Ok(play.stop(stretch.frames())?.0)
}

/// The output. Whoever reads it may have enough before its end, and close it: then there is nothing more to do, except where a profile is
/// wanted, which needs all of the run.
struct Output<W> {
    /// Gone when it was closed.
    out: Option<W>,
    goes_on: bool,
}

impl<W: Write> Output<W> {
    fn until_closed(&mut self, done: io::Result<usize>, all: usize) -> io::Result<usize> {
        match done {
            Err(err) if self.goes_on && err.kind() == io::ErrorKind::BrokenPipe => {
                self.out = None;
                Ok(all)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let all = bytes.len();
        let done = self.out.as_mut().map_or(Ok(all), |out| out.write(bytes));
        self.until_closed(done, all)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.as_mut().map_or(Ok(()), Write::flush);
        self.until_closed(done.map(|()| 0), 0).map(|_| ())
    }
}

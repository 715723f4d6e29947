//! `cyberalarm run`: plays the recorded clinic. First calm days, from which the box learns what is normal, then the day of the attack.

use std::io::{BufWriter, IsTerminal as _, Write as _, stderr, stdout};
use std::path::PathBuf;

use anyhow::{anyhow, ensure};
use clap::Args;
use common_model::Timestamp;
use common_words::{Catalogue, Lang};
use sensor_engine::Depth;
use sensor_replay::{Inputs, Lines, Play, Teller, Telling, Timeline};
use testing_days::{Clinic, Plan};

use super::replay::Language;

/// What can be asked for.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder of the recorded clinic.
    #[arg(long, value_name = "DIR", default_value = "testing/days/clinic")]
    clinic: PathBuf,
    /// Calm days before the day of the attack.
    #[arg(long, value_name = "N", default_value_t = 14)]
    calm_days: u16,
    /// Another seed, other days: who is late, who is away, what is read.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Of each attack only the first part is played, 0 to 1.
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = part)]
    strength: f64,
    /// Write JSON, one object a line, of all days.
    #[arg(long)]
    json: bool,
    /// The language of the words.
    #[arg(long, value_enum, default_value_t = Language::Da)]
    lang: Language,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.clinic;
    let is_there = folder.join("timetable.toml").exists();
    ensure!(is_there, "there is no recorded clinic in {}: name its folder with --clinic", folder.display());
    let clinic = Clinic::open(folder)?;
    let mut inputs = Inputs::default();
    inputs.read_site(&clinic.site_path())?;
    inputs.read_indicators(&[clinic.indicators_path()])?;
    let calm = clinic.calm_days(arguments.calm_days, arguments.seed)?;
    let attack = clinic.attack_day(arguments.seed, arguments.strength)?;
    let both = calm.then(&attack);

    let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
    let (site, lang) = (inputs.site.clone(), arguments.lang.into());
    // What a machine reads is the same in each language.
    let lang_of_name = if arguments.json { Lang::En } else { lang };
    let name = catalogue.timeline(lang_of_name, &site).recorded_clinic().to_owned();
    let out = BufWriter::new(stdout().lock());
    let mut teller: Box<dyn Teller> = if arguments.json {
        Box::new(Lines::new(out))
    } else {
        let timeline = Timeline::new(out, catalogue, site.clone(), lang, stdout().is_terminal());
        Box::new(timeline.beginning_at(attack.starts_at()))
    };
    let telling = Telling { catalogue, site, lang };
    let engine = inputs.engine(Depth::Detectors)?;
    let mut play = Play::new(&name, engine, telling, &mut *teller);
    let mut frames = both.frames();
    let mut progress = Progress::new(&both);
    play.frames(&mut frames, &mut |at| progress.show(at))?;
    progress.clear();
    // The cable is pulled, and time goes on.
    play.silence(attack.heard_until(), attack.ends_at())?;
    play.end(&frames)?;
    Ok(())
}

/// A part of a whole.
fn part(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|part| (0.0..=1.0).contains(part));
    number.ok_or_else(|| "not a number from 0 to 1".to_owned())
}

/// Says on the error output which day is being played, when somebody looks at it.
struct Progress {
    starts_at: Timestamp,
    days: u64,
    shown: u64,
    is_shown: bool,
}

/// A day; the clock's changes do not matter here.
const DAY_SECS: u64 = 86_400;

impl Progress {
    fn new(plan: &Plan) -> Self {
        let days = plan.ends_at().since(plan.starts_at()).as_secs().div_ceil(DAY_SECS);
        Progress { starts_at: plan.starts_at(), days, shown: 0, is_shown: stderr().is_terminal() }
    }

    fn show(&mut self, at: Timestamp) {
        let day = at.since(self.starts_at).as_secs() / DAY_SECS + 1;
        if self.is_shown && day != self.shown {
            self.shown = day;
            // Whoever closed the error output sees no progress.
            let _closed = write!(stderr(), "\r\u{1b}[KPlaying day {day} of {} …", self.days);
        }
    }

    fn clear(&self) {
        if self.is_shown {
            let _closed = write!(stderr(), "\r\u{1b}[K");
        }
    }
}

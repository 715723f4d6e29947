//! The recorded clinic: how noisy calm days are once the clinic is known, and how much of each attack must be there to be seen.
//!
//! Twenty-eight calm days are played; what comes up in the last fourteen is the noise. Then, for each attack scene, the day of the attack
//! with this scene alone, whole and in part, by a box that has learned fourteen calm days.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::anyhow;
use common_model::{Due, Timestamp};
use common_words::{Catalogue, Lang};
use sensor_engine::Depth;
use sensor_replay::{Inputs, Summary, Teller, Telling, Told, play};
use serde_json::json;
use testing_days::{Attack, Clinic, Plan};

/// Days from which the clinic is learned, and days after them whose noise is counted.
const LEARNED_DAYS: u16 = 14;
const JUDGED_DAYS: u16 = 14;

/// How much of an attack is played.
const STRENGTHS: [(f64, &str); 3] = [(1.0, "whole"), (0.5, "half"), (0.1, "a tenth")];

/// How soon to act, the soonest first.
const DUES: [Due; 4] = [Due::Now, Due::Today, Due::Week, Due::None];

/// The worst of each incident from a moment on.
struct Worst {
    from: Timestamp,
    incidents: BTreeMap<u64, (&'static str, Due)>,
}

/// What became of one attack: for each strength the soonest due of a sign of it, if there was one.
struct Outcome<'a> {
    attack: &'a Attack,
    seen: Vec<Option<Due>>,
}

/// Whether this folder holds a recorded clinic.
pub(super) fn is_there(folder: &Path) -> bool {
    folder.join("timetable.toml").exists()
}

/// Plays it, and writes the tables.
pub(super) fn evaluate(
    folder: &Path,
    seed: u64,
    is_json: bool,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(&str),
) -> anyhow::Result<()> {
    let clinic = Clinic::open(folder)?;
    let mut inputs = Inputs::default();
    inputs.read_site(&clinic.site_path())?;
    inputs.read_indicators(&[clinic.indicators_path()])?;

    progress("calm days");
    let calm = clinic.calm_days(LEARNED_DAYS + JUDGED_DAYS, seed)?;
    let judged_from = clinic.calm_days(JUDGED_DAYS, seed)?.starts_at();
    let (noise, _) = incidents(&calm, &inputs, judged_from)?;

    let learning = clinic.calm_days(LEARNED_DAYS, seed)?;
    let (_, engine) = incidents(&learning, &inputs, learning.starts_at())?;
    let learned = Inputs { learned: Some(engine.snapshot()), ..inputs };
    let mut outcomes = Vec::new();
    for attack in clinic.timetable().attacks() {
        progress(&attack.scene);
        let mut seen = Vec::new();
        for (strength, _) in STRENGTHS {
            let plan = clinic.one_attack(&attack.scene, seed, strength)?;
            let (incidents, _) = incidents(&plan, &learned, plan.starts_at())?;
            let is_sign = |kind: &str| attack.signs.iter().any(|sign| sign == kind);
            seen.push(incidents.values().filter(|(kind, _)| is_sign(kind)).map(|(_, due)| *due).max());
        }
        outcomes.push(Outcome { attack, seen });
    }
    if is_json {
        write_json(&noise, &outcomes, seed, out)?
    } else {
        write_table(&noise, &outcomes, seed, out)?
    }
    Ok(())
}

type Incidents = BTreeMap<u64, (&'static str, Due)>;

/// What comes up in a plan from a moment on, and the engine at the end.
fn incidents(
    plan: &Plan,
    inputs: &Inputs,
    from: Timestamp,
) -> anyhow::Result<(Incidents, sensor_engine::Engine)> {
    let catalogue = Catalogue::load().map_err(|err| anyhow!("{err}"))?;
    let telling = Telling { catalogue, site: inputs.site.clone(), lang: Lang::En };
    let mut worst = Worst { from, incidents: BTreeMap::new() };
    let engine = inputs.engine(Depth::Detectors)?;
    let (engine, _) = play("the recorded clinic", &mut plan.frames(), engine, telling, &mut worst)?;
    Ok((worst.incidents, engine))
}

impl Teller for Worst {
    fn tell(&mut self, told: &Told<'_>) -> io::Result<()> {
        if let Told::Incident { incident, .. } = told
            && incident.opened_at >= self.from
        {
            let seen = self.incidents.entry(incident.id.0).or_insert((incident.kind.id, incident.due));
            if incident.due >= seen.1 {
                *seen = (incident.kind.id, incident.due);
            }
        }
        Ok(())
    }

    fn end(&mut self, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }
}

fn count(noise: &Incidents, due: Due) -> usize {
    noise.values().filter(|(_, seen)| *seen == due).count()
}

/// A note has no due.
fn word(due: Due) -> &'static str {
    if due == Due::None { "note" } else { due.as_str() }
}

fn write_table(
    noise: &Incidents,
    outcomes: &[Outcome<'_>],
    seed: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "noise of {JUDGED_DAYS} calm days (seed {seed}) after {LEARNED_DAYS} learned ones")?;
    for due in DUES {
        let kinds: Vec<&str> =
            noise.values().filter(|(_, seen)| *seen == due).map(|(kind, _)| *kind).collect();
        writeln!(out, "  {:<8}{:>3}  {}", word(due), count(noise, due), kinds.join(" "))?;
    }
    write!(out, "\n{:<16}", "attack, alone")?;
    for (_, name) in STRENGTHS {
        write!(out, "{name:>10}")?;
    }
    writeln!(out, "   seen as one of")?;
    for Outcome { attack, seen } in outcomes {
        write!(out, "{:<16}", attack.scene)?;
        for due in seen {
            write!(out, "{:>10}", due.map_or("-", word))?;
        }
        writeln!(out, "   {}", attack.signs.join(", "))?;
    }
    Ok(())
}

fn write_json(noise: &Incidents, outcomes: &[Outcome<'_>], seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let counts = DUES.map(|due| (word(due).to_owned(), json!(count(noise, due))));
    let counts: serde_json::Map<_, _> = counts.into_iter().collect();
    writeln!(out, "{}", json!({ "type": "noise", "days": JUDGED_DAYS, "seed": seed, "incidents": counts }))?;
    for Outcome { attack, seen } in outcomes {
        for ((strength, _), due) in STRENGTHS.iter().zip(seen) {
            let line = json!({
                "type": "attack", "scene": attack.scene, "strength": strength, "signs": attack.signs,
                "seen": due.map(word),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

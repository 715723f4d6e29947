//! Composes recorded scenes of a clinic into days, by a timetable and a seed.
//!
//! A scene is a short capture of real programs (`clinic/scenes`, made by `clinic/record`); `clinic/timetable.toml` says when scenes
//! happen. [`Clinic::open`] reads both, [`Clinic::calm_days`] and [`Clinic::attack_day`] draw a [`Plan`], and [`Plan::frames`] plays it
//! in time order. Nothing is invented here: a frame is the recorded one, only its time is moved. What the frames mean is not known here.

mod dice;
mod error;
mod plan;
mod scene;
mod timetable;

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common_model::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;

use plan::Event;
use scene::Scenes;
use timetable::MILLIS_PER_DAY;

pub use error::DaysError;
pub use plan::{Placed, Plan, PlanFrames};
pub use timetable::{Attack, Timetable};

/// A recorded clinic: its scenes and its timetable.
#[derive(Clone, Debug)]
pub struct Clinic {
    dir: PathBuf,
    timetable: Timetable,
    scenes: Arc<Scenes>,
}

impl Clinic {
    /// Reads `timetable.toml` and every scene it names from `dir/scenes`.
    ///
    /// # Errors
    /// When a file is missing, cannot be read, or says something that makes no sense; the error names it.
    pub fn open(dir: &Path) -> Result<Self, DaysError> {
        let timetable = Timetable::load(dir)?;
        let scenes = Arc::new(Scenes::load(&dir.join("scenes"), &timetable.scene_names())?);

        Ok(Clinic { dir: dir.to_owned(), timetable, scenes })
    }

    /// When things happen.
    #[must_use]
    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// The clinic's own settings.
    #[must_use]
    pub fn site_path(&self) -> PathBuf {
        self.dir.join("site.toml")
    }

    /// What is known to be bad, as the clinic's box knew it on the attack day.
    #[must_use]
    pub fn indicators_path(&self) -> PathBuf {
        self.dir.join("indicators.csv")
    }

    /// The `count` days before the attack day, without attacks.
    ///
    /// # Errors
    /// [`DaysError::Moment`] when a day lies outside what the calendar can say.
    pub fn calm_days(&self, count: u16, seed: u64) -> Result<Plan, DaysError> {
        let end = self.timetable.attack_date;
        let first = end.checked_sub(i64::from(count).days()).map_err(|_| DaysError::Moment { day: end })?;
        let midnight = self.timetable.moment(end, 0)?;
        let mut events = Vec::new();
        let mut day = first;
        while day < end {
            self.draw(day, seed, &mut events)?;
            day = day.tomorrow().map_err(|_| DaysError::Moment { day })?;
        }

        Ok(Plan::new(Arc::clone(&self.scenes), self.timetable.moment(first, 0)?, midnight, midnight, events))
    }

    /// The attack day, from midnight until its recording ends. Of each attack scene the first `strength` (0 to 1) of the frames are
    /// played, at least one.
    ///
    /// # Errors
    /// [`DaysError::Moment`] when the day lies outside what the calendar can say.
    pub fn attack_day(&self, seed: u64, strength: f64) -> Result<Plan, DaysError> {
        let on_the_day = |attack: &'_ Attack| Some((attack.at_millis?, attack.scene.clone()));
        let attacks: Vec<_> = self.timetable.attacks().iter().filter_map(on_the_day).collect();
        self.day_with(&attacks, seed, strength)
    }

    /// The attack day with one attack alone, at 10 o'clock.
    ///
    /// # Errors
    /// [`DaysError::NoSuchScene`] when `scene` is not an attack of the timetable.
    pub fn one_attack(&self, scene: &str, seed: u64, strength: f64) -> Result<Plan, DaysError> {
        if !self.timetable.attacks().iter().any(|attack| attack.scene == scene) {
            return Err(DaysError::NoSuchScene { scene: scene.to_owned() });
        }
        self.day_with(&[(MILLIS_PER_DAY / 24 * 10, scene.to_owned())], seed, strength)
    }

    /// When on the attack day the supplier says that everything is solved.
    ///
    /// # Errors
    /// [`DaysError::Moment`] when the day lies outside what the calendar can say.
    pub fn solved_at(&self) -> Result<Option<Timestamp>, DaysError> {
        let Timetable { attack_date, solved_millis, .. } = self.timetable;
        solved_millis.map(|millis| self.timetable.moment(attack_date, millis)).transpose()
    }

    /// How the attack day is shown to somebody who has not got a day: by which moment of it so much time has passed.
    ///
    /// # Errors
    /// [`DaysError::Moment`] when the day lies outside what the calendar can say.
    pub fn pace(&self) -> Result<Vec<(Timestamp, Duration)>, DaysError> {
        let mut passed = Duration::ZERO;
        let pace = self.timetable.pace.iter().map(|waypoint| {
            passed += Duration::from_secs_f64(waypoint.secs);
            Ok((self.timetable.moment(self.timetable.attack_date, waypoint.until_millis)?, passed))
        });
        pace.collect()
    }

    fn day_with(&self, attacks: &[(u32, String)], seed: u64, strength: f64) -> Result<Plan, DaysError> {
        let day = self.timetable.attack_date;
        let mut events = Vec::new();
        self.draw(day, seed, &mut events)?;
        for &(at_millis, ref scene) in attacks {
            events.push(self.event(day, at_millis, scene, Some(strength))?);
        }

        Ok(Plan::new(
            Arc::clone(&self.scenes),
            self.timetable.moment(day, 0)?,
            self.timetable.moment(day, self.timetable.cable_pulled_millis)?,
            self.timetable.moment(day, self.timetable.ends_millis)?,
            events,
        ))
    }

    /// Adds what a calm day holds.
    fn draw(&self, day: Date, seed: u64, events: &mut Vec<Event>) -> Result<(), DaysError> {
        for drawn in self.timetable.draw(day, seed) {
            events.push(self.event(day, drawn.at_millis, &drawn.scene, None)?);
        }

        Ok(())
    }

    fn event(
        &self,
        day: Date,
        at_millis: u32,
        scene: &str,
        strength: Option<f64>,
    ) -> Result<Event, DaysError> {
        let at: Timestamp = self.timetable.moment(day, at_millis)?;
        let scene =
            self.scenes.find(scene).ok_or_else(|| DaysError::NoSuchScene { scene: scene.to_owned() })?;

        Ok(Event { at, scene, strength })
    }
}

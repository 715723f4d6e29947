//! Reads `timetable.toml` and draws what a day holds. The file's head documents its fields.
//!
//! Pure but for [`Timetable::load`]; knows names of scenes, not their frames.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common_model::Timestamp;
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use sensor_capture::files;
use serde::Deserialize;

use crate::DaysError;
use crate::dice::Dice;

/// Milliseconds of a day by the clock on the wall.
pub(crate) const MILLIS_PER_DAY: u32 = 86_400_000;

/// Longest timetable that is read, in bytes. Guess: ours has 8 000.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Most times an entry happens on one day. Guess: every minute.
const COUNT_MAX: u32 = 1_440;

/// When things happen in the clinic.
#[derive(Clone, Debug)]
pub struct Timetable {
    zone: TimeZone,
    pub(crate) attack_date: Date,
    pub(crate) cable_pulled_millis: u32,
    pub(crate) ends_millis: u32,
    pub(crate) solved_millis: Option<u32>,
    pub(crate) pace: Vec<Waypoint>,
    attacks: Vec<Attack>,
    away: BTreeMap<String, f64>,
    calm: Vec<Entry>,
}

/// How the day is shown to somebody who has not got a day: until when, in how many seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waypoint {
    pub(crate) until_millis: u32,
    pub(crate) secs: f64,
}

/// An attack scene.
#[derive(Clone, Debug)]
pub struct Attack {
    /// Which scene.
    pub scene: String,
    /// The kinds of trouble of which one must be seen.
    pub signs: Vec<String>,
    /// When it happens on the day of the attack; `None` when it can only be played alone.
    pub(crate) at_millis: Option<u32>,
}

/// A calm scene that a day holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) at_millis: u32,
    pub(crate) scene: String,
}

#[derive(Clone, Debug)]
struct Entry {
    what: String,
    scenes: Vec<String>,
    devices: Vec<String>,
    days: Vec<Day>,
    from_millis: u32,
    to_millis: u32,
    often: Often,
    chance: f64,
}

#[derive(Clone, Copy, Debug)]
enum Often {
    Times { least: u32, most: u32 },
    Every { millis: u32, jitter_millis: u32 },
}

impl Timetable {
    /// Reads `dir/timetable.toml`.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense; the error names the field.
    pub fn load(dir: &Path) -> Result<Self, DaysError> {
        let path = dir.join("timetable.toml");
        let text = files::read_text_capped(&path, FILE_BYTES_MAX)?;

        Self::parse(&text).map_err(|problem| DaysError::Timetable { path, problem })
    }

    /// Every scene that some day or [`crate::Clinic::one_attack`] can hold.
    #[must_use]
    pub fn scene_names(&self) -> BTreeSet<String> {
        let calm = self.calm.iter().flat_map(Entry::scene_names);
        calm.chain(self.attacks.iter().map(|attack| attack.scene.clone())).collect()
    }

    /// The attack scenes, in the order of the timetable.
    #[must_use]
    pub fn attacks(&self) -> &[Attack] {
        &self.attacks
    }

    /// The instant at which the clock on the clinic's wall shows `millis` after midnight.
    pub(crate) fn moment(&self, day: Date, millis: u32) -> Result<Timestamp, DaysError> {
        let time = Time::midnight() + SignedDuration::from_millis(i64::from(millis));
        let instant = self.zone.to_timestamp(day.to_datetime(time)).map_err(|_| DaysError::Moment { day })?;
        let nanos = u64::try_from(instant.as_nanosecond()).map_err(|_| DaysError::Moment { day })?;

        Ok(Timestamp::from_nanos(nanos))
    }

    /// What a day holds, apart from attacks; in the order of the timetable, not of time.
    pub(crate) fn draw(&self, day: Date, seed: u64) -> Vec<Drawn> {
        let date = day.to_string();
        let away = |device: &str| {
            let chance = self.away.get(device).copied().unwrap_or(0.0);
            Dice::new(seed, &[&date, "away", device]).happens(chance)
        };

        let mut drawn = Vec::new();
        for entry in self.calm.iter().filter(|entry| entry.days.iter().any(|name| name.is(day))) {
            if entry.devices.is_empty() {
                entry.draw("", Dice::new(seed, &[&date, &entry.what]), &mut drawn);
            }
            for device in entry.devices.iter().filter(|device| !away(device)) {
                entry.draw(device, Dice::new(seed, &[&date, &entry.what, device]), &mut drawn);
            }
        }
        drawn
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().replace('\n', " "))?;
        let zone = TimeZone::get(&written.zone)
            .map_err(|_| format!("zone: there is no time zone {}", written.zone))?;
        let attack_date = written.attack_day.date.parse().map_err(|_| {
            format!("attack_day.date: {} is not a date like 2026-03-18", written.attack_day.date)
        })?;
        for (device, &chance) in &written.away {
            check_chance(&format!("away.{device}"), chance)?;
        }
        let attacks = written
            .attack
            .into_iter()
            .map(|WrittenAttack { at, scene, signs }| {
                let at_millis = at.map(|at| clock("attack.at", &at)).transpose()?;
                Ok(Attack { scene, signs, at_millis })
            })
            .collect::<Result<_, String>>()?;

        let pace = written
            .pace
            .into_iter()
            .map(|WrittenPace { until, secs }| {
                if !(0.0..=3_600.0).contains(&secs) {
                    return Err(format!("pace.secs: {secs} is not a number of seconds of an hour"));
                }
                Ok(Waypoint { until_millis: clock("pace.until", &until)?, secs })
            })
            .collect::<Result<Vec<_>, String>>()?;
        if !pace.is_sorted_by_key(|waypoint| waypoint.until_millis) {
            return Err("pace: is not in the order of the day".to_owned());
        }
        let solved = written.attack_day.solved.as_ref();

        Ok(Timetable {
            zone,
            attack_date,
            cable_pulled_millis: clock("attack_day.cable_pulled", &written.attack_day.cable_pulled)?,
            ends_millis: clock("attack_day.ends", &written.attack_day.ends)?,
            solved_millis: solved.map(|at| clock("attack_day.solved", at)).transpose()?,
            pace,
            attacks,
            away: written.away,
            calm: written.calm.into_iter().map(WrittenEntry::check).collect::<Result<_, _>>()?,
        })
    }
}

impl Entry {
    fn scene_names(&self) -> impl Iterator<Item = String> {
        let devices: Vec<&str> = if self.devices.is_empty() {
            vec![""]
        } else {
            self.devices.iter().map(String::as_str).collect()
        };
        devices
            .into_iter()
            .flat_map(|device| self.scenes.iter().map(|scene| scene.replace("{device}", device)))
    }

    fn draw(&self, device: &str, mut dice: Dice, drawn: &mut Vec<Drawn>) {
        if !dice.happens(self.chance) {
            return;
        }
        let mut add = |at_millis: u32, dice: &mut Dice| {
            let last = u32::try_from(self.scenes.len().saturating_sub(1)).unwrap_or(0);
            if let Some(scene) = self.scenes.get(dice.between(0, last) as usize) {
                drawn.push(Drawn { at_millis, scene: scene.replace("{device}", device) });
            }
        };
        match self.often {
            Often::Times { least, most } => {
                for _ in 0..dice.between(least, most) {
                    let at_millis = dice.between(self.from_millis, self.to_millis);
                    add(at_millis, &mut dice);
                }
            }
            Often::Every { millis, jitter_millis } => {
                let mut beat = self.from_millis;
                while beat <= self.to_millis {
                    let moved = dice.between(0, jitter_millis.saturating_mul(2));
                    let at_millis =
                        beat.saturating_add(moved).saturating_sub(jitter_millis).min(MILLIS_PER_DAY - 1);
                    add(at_millis, &mut dice);
                    beat = beat.saturating_add(millis);
                }
            }
        }
    }
}

// ---- the file as it is written

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    zone: String,
    attack_day: WrittenAttackDay,
    #[serde(default)]
    attack: Vec<WrittenAttack>,
    #[serde(default)]
    away: BTreeMap<String, f64>,
    #[serde(default)]
    calm: Vec<WrittenEntry>,
    #[serde(default)]
    pace: Vec<WrittenPace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttackDay {
    date: String,
    cable_pulled: String,
    ends: String,
    solved: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPace {
    until: String,
    secs: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAttack {
    at: Option<String>,
    scene: String,
    signs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    what: String,
    scenes: Vec<String>,
    #[serde(default)]
    devices: Vec<String>,
    days: Vec<Day>,
    from: String,
    to: String,
    count: Option<[u32; 2]>,
    every_minutes: Option<f64>,
    jitter_minutes: Option<f64>,
    chance: Option<f64>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn is(self, day: Date) -> bool {
        self as i8 == day.weekday().to_monday_zero_offset()
    }
}

impl WrittenEntry {
    fn check(self) -> Result<Entry, String> {
        let field = |name: &str| format!("calm entry \"{}\", {name}", self.what);
        let (from_millis, to_millis) = (clock(&field("from"), &self.from)?, clock(&field("to"), &self.to)?);
        if to_millis < from_millis {
            return Err(format!("{}: {} is before {}", field("to"), self.to, self.from));
        }
        let often = match (self.count, self.every_minutes) {
            (Some([least, most]), None) if least <= most && most <= COUNT_MAX => Often::Times { least, most },
            (Some(_), None) => {
                return Err(format!("{}: wants [least, most], at most {COUNT_MAX}", field("count")));
            }
            (None, Some(every)) => {
                let millis = minutes(&field("every_minutes"), every)?;
                let jitter_millis = minutes(&field("jitter_minutes"), self.jitter_minutes.unwrap_or(0.0))?;
                if millis < MILLIS_PER_DAY / COUNT_MAX {
                    return Err(format!("{}: at least one minute", field("every_minutes")));
                }
                Often::Every { millis, jitter_millis }
            }
            _ => return Err(format!("{}: wants either count or every_minutes", field("count"))),
        };
        let chance = self.chance.unwrap_or(1.0);
        check_chance(&field("chance"), chance)?;
        if self.scenes.is_empty() {
            return Err(format!("{}: names no scene", field("scenes")));
        }
        if self.devices.is_empty() && self.scenes.iter().any(|scene| scene.contains("{device}")) {
            return Err(format!("{}: a scene has {{device}}, but the entry has no devices", field("scenes")));
        }

        Ok(Entry {
            what: self.what,
            scenes: self.scenes,
            devices: self.devices,
            days: self.days,
            from_millis,
            to_millis,
            often,
            chance,
        })
    }
}

fn check_chance(field: &str, chance: f64) -> Result<(), String> {
    if (0.0..=1.0).contains(&chance) {
        Ok(())
    } else {
        Err(format!("{field}: {chance} is not a chance from 0 to 1"))
    }
}

fn minutes(field: &str, minutes: f64) -> Result<u32, String> {
    if (0.0..=1_440.0).contains(&minutes) {
        // At most 86.4 million: fits.
        Ok((minutes * 60_000.0) as u32)
    } else {
        Err(format!("{field}: {minutes} is not a number of minutes of a day"))
    }
}

/// `08:15` or `08:15:30` to milliseconds after midnight.
fn clock(field: &str, text: &str) -> Result<u32, String> {
    let time: Time = text.parse().map_err(|_| format!("{field}: {text} is not a time like 08:15"))?;
    let secs = u32::try_from(
        i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second()),
    );
    Ok(secs.unwrap_or(0) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "zone = 'Europe/Copenhagen'\n[attack_day]\ndate = '2026-03-18'\n\
                        cable_pulled = '15:30'\nends = '16:00'\n";

    fn timetable(entry: &str) -> Result<Timetable, String> {
        Timetable::parse(&format!("{HEAD}{entry}"))
    }

    fn entry(rest: &str) -> String {
        format!(
            "[[calm]]\nwhat = 'mail'\nscenes = ['mail']\ndays = ['wed']\nfrom = '08:00'\nto = '09:00'\n{rest}\n"
        )
    }

    const WEDNESDAY: Date = jiff::civil::date(2026, 3, 18);

    #[test]
    fn clock_on_the_wall_becomes_utc_by_the_zone_of_the_season() {
        let timetable = timetable("").unwrap();
        let at = |day, millis| timetable.moment(day, millis).unwrap().to_string();
        assert_eq!(at(WEDNESDAY, 34_200_000), "2026-03-18T08:30:00.000000000Z");
        assert_eq!(at(jiff::civil::date(2026, 7, 1), 34_200_500), "2026-07-01T07:30:00.500000000Z");
        assert_eq!(at(WEDNESDAY, 0), "2026-03-17T23:00:00.000000000Z");
    }

    #[test]
    fn beats_stay_near_their_time() {
        let timetable = timetable(&entry("every_minutes = 20\njitter_minutes = 1")).unwrap();
        let drawn = timetable.draw(WEDNESDAY, 3);
        assert_eq!(drawn.len(), 4);
        for (beat, drawn) in drawn.iter().enumerate() {
            let planned = 28_800_000 + 1_200_000 * beat as i64;
            assert!((i64::from(drawn.at_millis) - planned).abs() <= 60_000);
        }
    }

    #[test]
    fn counted_things_stay_inside_their_hours_and_days() {
        let timetable = timetable(&entry("count = [5, 5]")).unwrap();
        let drawn = timetable.draw(WEDNESDAY, 3);
        assert_eq!(drawn.len(), 5);
        assert!(drawn.iter().all(|drawn| (28_800_000..=32_400_000).contains(&drawn.at_millis)));
        assert_eq!(timetable.draw(WEDNESDAY.tomorrow().unwrap(), 3), []);
    }

    #[test]
    fn a_device_that_is_away_does_nothing() {
        let with = |away: &str| {
            let entry = entry("count = [1, 1]\ndevices = ['nurse']\n").replace("'mail']", "'mail.{device}']");
            timetable(&format!("{entry}[away]\nnurse = {away}\n")).unwrap().draw(WEDNESDAY, 3)
        };
        assert_eq!(with("1.0"), []);
        assert_eq!(with("0.0")[0].scene, "mail.nurse");
    }

    #[test]
    fn nonsense_is_refused_with_the_field() {
        let problem = |text: &str| timetable(text).unwrap_err();
        assert!(problem(&entry("count = [3, 2]")).contains("\"mail\", count"));
        assert!(problem(&entry("every_minutes = 0")).contains("every_minutes"));
        assert!(problem(&entry("chance = 0.5")).contains("either count or every_minutes"));
        assert!(problem(&entry("count = [1, 1]\nchance = 2.0")).contains("chance"));
        assert!(problem(&entry("count = [1, 1]").replace("08:00", "10:00")).contains("before"));
        assert!(problem(&entry("count = [1, 1]").replace("08:00", "quarter past")).contains("is not a time"));
        assert!(problem("colour = 'red'").contains("colour"));
        let pace = |first: &str, secs: &str| {
            problem(&format!(
                "[[pace]]\nuntil = '{first}'\nsecs = 1\n[[pace]]\nuntil = '11:00'\nsecs = {secs}\n"
            ))
        };
        assert!(pace("12:00", "1").contains("order of the day"));
        assert!(pace("10:00", "-1").contains("pace.secs"));
    }
}

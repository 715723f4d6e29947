//! Reads what the other roles wrote since the last time, and numbers what goes to the centre. How far it has read is written in the same
//! transaction as what came of it, so nothing is missed and nothing is told twice, whenever it is killed.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use box_store::record::EventRecord;
use box_store::sensor::Stored;
use box_store::uplink::{Entry, Keys};
use box_store::{SensorReader, StoreError, TabletReader, UplinkDb};
use common_model::Timestamp;
use common_site::Site;
use common_wire::Lane;
use common_wire::v1::{Answer, AnswerWord, Body, GapCause, LaneUse, Ledger, LedgerLine, Waiting};
use common_words::Catalogue;

use crate::batch::gap_body;
use crate::mask::Mask;
use crate::random;
use crate::tell::{self, Teller};

/// Most rows that are read of one file at once.
const ROWS_MAX: u32 = 200;

/// Most sightings a day; more are dropped and counted. Guess: what a month of a busy day's probes from outside comes to.
const SIGHTINGS_PER_DAY: u64 = 400;

const NANOS_PER_SEC: u64 = 1_000_000_000;
const DAY_NS: u64 = 86_400 * NANOS_PER_SEC;

/// How the box is, is told so often, and at once when a port went blind or sees again. Guess: the centre calls a box silent after an hour.
const HEALTH_EVERY_NS: u64 = 900 * NANOS_PER_SEC;

/// The ledgers of so many days are told at once; what left is kept for as many.
const LEDGER_DAYS_MAX: i64 = 90;

/// How far the sensor's events, its sightings, the tablet's answers and the centre's warnings were read, and when things that come by the
/// clock came last.
const EVENTS: &str = "event";
const SIGHTINGS: &str = "sighting";
const ANSWERS: &str = "answer";
const WARNINGS: &str = "warning";
const HEALTH: &str = "health";
const SILENT: &str = "sensor silent";
const INVENTORY: &str = "inventory";
const LEDGER: &str = "ledger";

/// Which files these numbers are of.
const SENSOR: &str = "sensor.db";
const TABLET: &str = "tablet.db";

/// Reads and numbers everything that is new. Returns whether there was anything. `budget_bytes` is what the box is told that it may send a day.
///
/// # Errors
/// When a file cannot be read or written: then nothing of that step was numbered, and the next time finds it again.
pub fn gather(
    folder: &Path,
    db: &mut UplinkDb,
    keys: &Keys,
    catalogue: &Catalogue,
    budget_bytes: u64,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let mut has_news = deliveries(db, now)? | answers(folder, db, now)?;
    let sensor = match SensorReader::open(folder) {
        Ok(sensor) => sensor,
        Err(StoreError::Missing { .. }) => return Ok(has_news),
        Err(err) => return Err(err.into()),
    };
    let Some(status) = sensor.status()? else { return Ok(has_news) };
    begin_with(db, (SENSOR, sensor.name()?), &[EVENTS, SIGHTINGS])?;
    let site = chosen(folder)?;
    let mask = Mask::new(keys, &site, catalogue, now).context("uplink.keys: the box's key is not one")?;
    let teller = Teller { mask, site: &site, catalogue, is_exercise: status.is_recording };
    let (more, must_tell) = events(&sensor, db, &teller, now)?;
    has_news |= more;
    has_news |= sightings(&sensor, db, &teller, now)?;
    has_news |= by_the_clock(&sensor, db, &status, must_tell, budget_bytes, now)?;
    db.make_room(now.as_nanos(), status.forget_before_ns > 0, &|from, to, cause| {
        let cause = if cause == "old" { GapCause::Old } else { GapCause::Full };
        gap_body(from, to, now, cause)
    })?;
    Ok(has_news)
}

/// Notes for which box of a centre everything is numbered from now on. To another than before only that is told which happens from now on: what
/// was before is the former member's. Returns whether it is another.
///
/// # Errors
/// When a file cannot be read or written: then it is still the one before.
pub fn speak_for(folder: &Path, db: &mut UplinkDb, box_id: &str, now: Timestamp) -> anyhow::Result<bool> {
    let mut cursors = vec![(LEDGER, turn(now, DAY_NS))];
    match SensorReader::open(folder) {
        Ok(sensor) => {
            let (event, sighting) = sensor.last_rows()?;
            cursors.extend([(EVENTS, event), (SIGHTINGS, sighting)]);
            cursors.extend(number(sensor.name()?).map(|name| (SENSOR, name)));
        }
        Err(StoreError::Missing { .. }) => {}
        Err(err) => return Err(err.into()),
    }
    match TabletReader::open(folder) {
        Ok(tablet) => {
            cursors.push((ANSWERS, tablet.last_answer_row()?));
            cursors.extend(number(tablet.numbering()?.of).map(|name| (TABLET, name)));
        }
        Err(StoreError::Missing { .. }) => {}
        Err(err) => return Err(err.into()),
    }
    Ok(db.speak_for(box_id, &random::digits::<16>()?, &cursors)?)
}

/// A file's name as a number.
fn number(name: Option<String>) -> Option<i64> {
    name.and_then(|name| u64::from_str_radix(&name, 16).ok()).map(u64::cast_signed)
}

/// Notices that a file is another one than the one that was read: somebody put it there, and its numbers begin anew.
fn begin_with(
    db: &mut UplinkDb,
    (file, name): (&str, Option<String>),
    sources: &[&str],
) -> anyhow::Result<()> {
    let (Some(name), known) = (number(name), db.reader().cursor(file)?) else { return Ok(()) };
    if name == known {
        return Ok(());
    }
    let mut cursors = vec![(file, name)];
    if known != 0 {
        cursors.extend(sources.iter().map(|source| (*source, 0)));
    }
    Ok(db.put(&[], &cursors, &[])?)
}

/// Warnings that are on the tablet.
fn deliveries(db: &mut UplinkDb, now: Timestamp) -> anyhow::Result<bool> {
    let delivered = db.reader().warnings_after(db.reader().cursor(WARNINGS)?)?;
    let Some((last, _)) = delivered.last() else { return Ok(false) };
    let cursors = [(WARNINGS, *last)];
    let body = |warning| Body::Answer(Answer { warning, answer: AnswerWord::Delivered, at: now });
    let entries: Vec<Entry> =
        delivered.into_iter().filter_map(|(_, warning)| entry(Lane::Alert, now, &body(warning))).collect();
    db.put(&entries, &cursors, &[])?;
    Ok(true)
}

/// What the clinic answered to warnings.
fn answers(folder: &Path, db: &mut UplinkDb, now: Timestamp) -> anyhow::Result<bool> {
    let Ok(tablet) = TabletReader::open(folder) else { return Ok(false) };
    begin_with(db, (TABLET, tablet.numbering()?.of), &[ANSWERS])?;
    let after = db.reader().cursor(ANSWERS)?;
    // A tablet of an older version has no answers yet.
    let Ok(answers) = tablet.answers_after(after, ROWS_MAX) else { return Ok(false) };
    let Some(last) = answers.last().map(|answer| answer.seq) else { return Ok(false) };
    let entry = |answer: box_store::tablet::Answer| {
        let at = Timestamp::from_nanos(answer.at_ns);
        let body = Answer { answer: tell::word(&answer.answer)?, warning: answer.warning, at };
        entry(Lane::Alert, now, &Body::Answer(body))
    };
    let entries: Vec<Entry> = answers.into_iter().filter_map(entry).collect();
    db.put(&entries, &[(ANSWERS, last)], &[])?;
    Ok(true)
}

/// Steps of incidents. Returns whether there were any, and whether something happened that the box's health tells.
fn events(
    sensor: &SensorReader,
    db: &mut UplinkDb,
    teller: &Teller<'_>,
    now: Timestamp,
) -> anyhow::Result<(bool, bool)> {
    let events = sensor.events_after(db.reader().cursor(EVENTS)?, ROWS_MAX)?;
    let Some((first, last)) = ends(&events) else { return Ok((false, false)) };
    miss(db, (Lane::Alert, EVENTS), first, now)?;
    let (mut entries, mut untold, mut must_tell) = (Vec::new(), 0, false);
    for event in events {
        let at = Timestamp::from_nanos(event.at_ns);
        match event.value {
            EventRecord::Incident(record) => {
                let told = teller.incident(&record, at, now);
                let body = told.map(|incident| Body::Incident(Box::new(incident)));
                match body.and_then(|body| entry(Lane::Alert, now, &body)) {
                    Some(entry) => entries.push(entry),
                    None => untold += 1,
                }
            }
            EventRecord::Sight { .. } | EventRecord::Gap { .. } => must_tell = true,
        }
    }
    db.put(&entries, &[(EVENTS, last)], &[(lane(Lane::Alert), untold)])?;
    // What is not told is told of.
    Ok((true, must_tell || untold > 0))
}

/// The first and the last number of some rows.
fn ends<T>(rows: &[Stored<T>]) -> Option<(i64, i64)> {
    Some((rows.first()?.seq, rows.last()?.seq))
}

/// Rows before this one that were not read and are gone: the sensor keeps its history for so long and no longer. A gap stands for them, which
/// counts all of them, because nobody knows which of them would have been told.
fn miss(db: &mut UplinkDb, (to, source): (Lane, &str), first: i64, now: Timestamp) -> anyhow::Result<()> {
    let read = db.reader().cursor(source)?;
    let gone = u64::try_from(first.saturating_sub(read) - 1).unwrap_or(0);
    if gone > 0 {
        let gap = |from, to| gap_body(from, to, now, GapCause::Old);
        db.miss((lane(to), gone), now.as_nanos(), (source, first - 1), &gap)?;
    }
    Ok(())
}

fn sightings(
    sensor: &SensorReader,
    db: &mut UplinkDb,
    teller: &Teller<'_>,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let sightings = sensor.sightings_after(db.reader().cursor(SIGHTINGS)?, ROWS_MAX)?;
    let Some((first, last)) = ends(&sightings) else { return Ok(false) };
    miss(db, (Lane::Sighting, SIGHTINGS), first, now)?;
    let today = now.as_nanos() / DAY_NS * DAY_NS;
    let told = db.reader().numbered_since(lane(Lane::Sighting), today)?;
    let room = usize::try_from(SIGHTINGS_PER_DAY.saturating_sub(told)).unwrap_or(usize::MAX);
    let dropped = sightings.len().saturating_sub(room);
    let entries: Vec<Entry> = sightings
        .into_iter()
        .take(room)
        .filter_map(|sighting| {
            let body = teller.sighting(&sighting.value, Timestamp::from_nanos(sighting.at_ns));
            entry(Lane::Sighting, now, &Body::Sighting(body))
        })
        .collect();
    db.put(&entries, &[(SIGHTINGS, last)], &[(lane(Lane::Sighting), dropped as u64)])?;
    Ok(true)
}

/// Health every quarter of an hour, devices and ledger once a day.
fn by_the_clock(
    sensor: &SensorReader,
    db: &mut UplinkDb,
    status: &box_store::sensor::Status,
    must_tell: bool,
    budget_bytes: u64,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let (quarter, day) = (turn(now, HEALTH_EVERY_NS), turn(now, DAY_NS));
    let (mut entries, mut cursors) = (Vec::new(), Vec::new());
    let silent = i64::from(tell::is_silent(status, now));
    if must_tell || db.reader().cursor(HEALTH)? != quarter || db.reader().cursor(SILENT)? != silent {
        let mut health = tell::health(status, now);
        for (lane, row) in Lane::ALL.into_iter().zip(db.reader().lanes()?) {
            let records = row.last.saturating_sub(row.committed);
            health.waiting.insert(lane, Waiting { records, dropped: row.dropped });
        }
        health.sent_today_bytes = db.reader().bytes_of_day(now.as_nanos())?;
        health.budget_bytes = budget_bytes;
        entries.extend(entry(Lane::Health, now, &Body::Health(health)));
        cursors.extend([(HEALTH, quarter), (SILENT, silent)]);
    }
    if db.reader().cursor(INVENTORY)? != day {
        // The devices have the sensor's time, which in a recording is another.
        let heard_until = Timestamp::from_nanos(status.now_ns);
        let mut inventory = tell::inventory(&sensor.devices()?, heard_until);
        inventory.at = now;
        entries.extend(entry(Lane::Inventory, now, &Body::Inventory(inventory)));
        cursors.push((INVENTORY, day));
    }
    if db.reader().cursor(LEDGER)? != day {
        // Each day since the last that was told: a box may have been off.
        let told = db.reader().cursor(LEDGER)?.max(day - LEDGER_DAYS_MAX);
        for day in told..day {
            let ledger = ledger(db, day.unsigned_abs().saturating_mul(DAY_NS))?;
            entries.extend(ledger.and_then(|ledger| entry(Lane::Health, now, &Body::Ledger(ledger))));
        }
        cursors.push((LEDGER, day));
    }
    if !cursors.is_empty() {
        db.put(&entries, &cursors, &[])?;
    }
    Ok(!entries.is_empty())
}

/// What left on the day that begins then; nothing when nothing did.
fn ledger(db: &UplinkDb, begins_ns: u64) -> anyhow::Result<Option<Ledger>> {
    let sent = db.reader().sent_between(begins_ns, begins_ns.saturating_add(DAY_NS))?;
    let mut ledger = Ledger { day: String::new(), lanes: Default::default(), lines: Vec::new() };
    for row in sent.iter().filter(|row| row.what != "ledger") {
        let Some(lane) = Lane::ALL.get(usize::from(row.lane)) else { continue };
        let LaneUse { records, bytes } = ledger.lanes.entry(*lane).or_default();
        (*records, *bytes) = (*records + 1, *bytes + row.bytes);
        match ledger.lines.iter_mut().find(|line| line.body == row.what) {
            Some(line) => line.records += 1,
            None => ledger.lines.push(LedgerLine { body: row.what.clone(), records: 1 }),
        }
    }
    Timestamp::from_nanos(begins_ns).to_string().get(..10).unwrap_or_default().clone_into(&mut ledger.day);
    Ok((!ledger.lines.is_empty()).then_some(ledger))
}

/// Which turn of so many nanoseconds it is.
fn turn(now: Timestamp, every_ns: u64) -> i64 {
    i64::try_from(now.as_nanos() / every_ns).unwrap_or(i64::MAX)
}

/// The number of a lane in the store.
pub(crate) const fn lane(lane: Lane) -> u8 {
    lane as u8
}

/// Kept for so long from now on, whenever what it tells was: a recording may be years old.
fn entry(lane: Lane, now: Timestamp, body: &Body) -> Option<Entry> {
    let text = serde_json::to_string(body).ok()?;
    Some(Entry { lane: self::lane(lane), at_ns: now.as_nanos(), what: body.type_name(), body: text })
}

/// What the clinic chose last that can be read: a program that was put back by a version may not read the latest. Where nothing that was chosen can be
/// read nothing is told, because by other settings an inner address may pass for one outside.
fn chosen(folder: &Path) -> anyhow::Result<Arc<Site>> {
    let sites = match TabletReader::open(folder).and_then(|tablet| tablet.sites()) {
        Ok(sites) => sites,
        Err(StoreError::Missing { .. }) => Vec::new(),
        Err(err) => return Err(err.into()),
    };
    let mut chosen = Ok(Site::default());
    for toml in sites {
        chosen = Site::parse(&toml);
        if chosen.is_ok() {
            break;
        }
    }
    Ok(Arc::new(chosen.context("the settings in tablet.db")?))
}

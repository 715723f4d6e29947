//! The words of a line, and the values that are written in words: times, sizes, dates, numbers. Knows no statement.

use core::cmp::Reverse;
use core::str::FromStr;
use core::time::Duration;
use std::borrow::Cow;

use common_model::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// A value, or what is wrong with the line.
pub(super) type Said<T> = Result<T, String>;

/// Most names that an error lists. Guess: what still can be read at a glance.
const LISTED_MAX: usize = 12;

/// Units of time, in nanoseconds.
const TIME_UNITS: &[(&str, u64)] = &[
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("day", 86_400_000_000_000),
    ("days", 86_400_000_000_000),
];

/// Units of size, in bytes (SI).
const SIZE_UNITS: &[(&str, u64)] =
    &[("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// Largest size, in bytes: far more than fits in a script, and small enough to reckon with.
const SIZE_BYTES_MAX: u64 = 1_000_000_000_000;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: Cow<'t, str>,
    /// It stood in quotes: it is a text, never a keyword.
    pub(super) is_quoted: bool,
}

impl Word<'_> {
    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.is_quoted && self.text == keyword
    }
}

/// Splits a line: at spaces, except inside quotes, up to `#`. A line of a talk is its arrow and its text, whatever stands in it. The colon at
/// the end of a line that opens a block is left out.
pub(super) fn split(line: &str) -> Said<Vec<Word<'_>>> {
    let word = |text, is_quoted| Word { text: Cow::Borrowed(text), is_quoted };
    if let Some((arrow, text)) = line.split_at_checked(1).filter(|(arrow, _)| matches!(*arrow, "<" | ">")) {
        return Ok(vec![word(arrow, false), word(text.strip_prefix(' ').unwrap_or(text), true)]);
    }
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (text, after, is_quoted) = if let Some(inside) = rest.strip_prefix('"') {
            let (text, after) =
                inside.split_once('"').ok_or_else(|| format!("the quote of {rest} is not closed"))?;
            (text, after, true)
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (&rest[..end], &rest[end..], false)
        };
        words.push(word(text, is_quoted));
        rest = after.trim_start();
    }
    let opens = words.first().is_some_and(|first| matches!(&*first.text, "repeat" | "talk"));
    if opens && let Some(Word { text: Cow::Borrowed(text), is_quoted: false }) = words.last_mut() {
        *text = text.strip_suffix(':').unwrap_or(text);
        if text.is_empty() {
            words.pop();
        }
    }
    Ok(words)
}

/// What to say of a word that is none of those that are known; the likest come first.
pub(super) fn unknown<'k>(kind: &str, word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let alike = |name: &str| name.chars().zip(word.chars()).take_while(|(a, b)| a == b).count();
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_by_key(|name| Reverse(alike(name)));
    let more = if known.len() > LISTED_MAX { ", \u{2026}" } else { "" };
    known.truncate(LISTED_MAX);
    format!("there is no {kind} `{word}`; {kind}s: {}{more}", known.join(", "))
}

/// Reads words one after the other.
#[derive(Debug)]
pub(super) struct Words<'w> {
    words: &'w [Word<'w>],
    at: usize,
}

impl<'w> Words<'w> {
    pub(super) const fn new(words: &'w [Word<'w>]) -> Self {
        Words { words, at: 0 }
    }

    /// The next word, if there is one.
    pub(super) fn any(&mut self) -> Option<&'w Word<'w>> {
        let word = self.peek()?;
        self.at += 1;
        Some(word)
    }

    /// The next word's text; `what` says what it should be.
    pub(super) fn next(&mut self, what: &str) -> Said<&'w str> {
        match self.any() {
            Some(word) => Ok(&word.text),
            None => Err(self.lacking(what)),
        }
    }

    /// The next word, which stays the next.
    pub(super) fn peek(&self) -> Option<&'w Word<'w>> {
        self.words.get(self.at)
    }

    /// Takes the next word if it is this keyword.
    pub(super) fn takes(&mut self, keyword: &str) -> bool {
        let is_next = self.peek().is_some_and(|word| word.is(keyword));
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes the next word, which must be this keyword.
    pub(super) fn must(&mut self, keyword: &str) -> Said<()> {
        if self.takes(keyword) {
            return Ok(());
        }
        let instead = self.peek().map_or(String::new(), |word| format!(", not `{}`", word.text));
        Err(self.lacking(&format!("`{keyword}`{instead}")))
    }

    /// Takes the next word if it is one of these keywords, and says which.
    pub(super) fn one_of<T: Copy>(&mut self, known: &[(&str, T)]) -> Option<T> {
        known.iter().find(|(keyword, _)| self.takes(keyword)).map(|(_, value)| *value)
    }

    /// There is nothing more.
    pub(super) fn end(&mut self) -> Said<()> {
        self.any().map_or(Ok(()), |word| Err(format!("`{}` is too much", word.text)))
    }

    /// A value that is written as one word.
    pub(super) fn value<T: FromStr>(&mut self, what: &str) -> Said<T> {
        let word = self.next(what)?;
        word.parse().map_err(|_err| format!("`{word}` is not {what}"))
    }

    /// How long: `500ms`, `10 min`, `1.5 h`.
    pub(super) fn duration(&mut self) -> Said<Duration> {
        self.amount("a time", TIME_UNITS, None).map(Duration::from_nanos)
    }

    /// How much: `48`, `20 kB`, `5 MB`.
    pub(super) fn size(&mut self) -> Said<u64> {
        let bytes = self.amount("a size", SIZE_UNITS, Some(1))?;
        if bytes > SIZE_BYTES_MAX { Err("more than 1 TB is too much".to_owned()) } else { Ok(bytes) }
    }

    /// A day's midnight (UTC).
    pub(super) fn date(&mut self) -> Said<Timestamp> {
        let word = self.next("a date, like 2026-03-18")?;
        let date = Some(word).filter(|word| word.len() == 10).and_then(|word| word.parse::<Date>().ok());
        let instant =
            date.and_then(|date| TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok());
        let secs = instant.and_then(|instant| u64::try_from(instant.as_second()).ok());
        secs.map(Timestamp::from_secs)
            .ok_or_else(|| format!("`{word}` is not a date from 1970 on, like 2026-03-18"))
    }

    /// A time of day, since midnight.
    pub(super) fn clock(&mut self) -> Said<Duration> {
        let word = self.next("a time of day, like 09:30")?;
        let digits = |word: &&str| {
            word.contains(':') && !word.contains(|c: char| !c.is_ascii_digit() && !":.".contains(c))
        };
        let time = Some(word).filter(digits).and_then(|word| word.parse::<Time>().ok());
        let time = time.ok_or_else(|| format!("`{word}` is not a time of day, like 09:30 or 09:30:15.5"))?;
        let since = time - Time::midnight();
        Duration::try_from(since).map_err(|err| err.to_string())
    }

    fn lacking(&self, what: &str) -> String {
        let before = self.at.checked_sub(1).and_then(|before| self.words.get(before));
        before.map_or(format!("here comes {what}"), |before| format!("after `{}` comes {what}", before.text))
    }

    /// A number and its unit, in one word or two; a size may go without unit.
    fn amount(&mut self, what: &str, units: &[(&str, u64)], without: Option<u64>) -> Said<u64> {
        let word = self.next(what)?;
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let (number, unit) = word.split_at(end);
        let number: f64 = number.parse().map_err(|_err| format!("`{word}` is not {what}"))?;
        let unit = match unit {
            "" => self.one_of(units).or(without),
            unit => units.iter().find(|(name, _)| *name == unit).map(|(_, value)| *value),
        };
        let names = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let unit = unit.ok_or_else(|| format!("`{word}` lacks its unit: one of {}", names()))?;
        Ok((number * unit as f64).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(line: &str, read: impl FnOnce(&mut Words<'_>) -> Said<T>) -> Said<T> {
        let words = split(line).unwrap();
        let mut words = Words::new(&words);
        let value = read(&mut words)?;
        words.end().map(|()| value)
    }

    #[test]
    fn words_are_split_at_spaces_outside_quotes() {
        let words = split(r#"a  "b # c" d#e # f"#).unwrap();
        let texts: Vec<(&str, bool)> = words.iter().map(|word| (&*word.text, word.is_quoted)).collect();
        assert_eq!(texts, [("a", false), ("b # c", true), ("d#e", false)]);
        assert_eq!(split(r#"a "b"#).unwrap_err(), r#"the quote of "b is not closed"#);
    }

    #[test]
    fn a_line_of_a_talk_is_a_text() {
        let words = split(r#">  say "x # y:"#).unwrap();
        assert_eq!((&*words[0].text, &*words[1].text), (">", r#" say "x # y:"#));
        assert_eq!(split("<").unwrap()[1].text, "");
    }

    #[test]
    fn the_colon_of_a_block_is_left_out() {
        assert_eq!(split("repeat 3: # x").unwrap()[1].text, "3");
        assert_eq!(split("repeat 3 :").unwrap().len(), 2);
        assert_eq!(split("a b:").unwrap()[1].text, "b:");
    }

    #[test]
    fn times_have_a_unit() {
        let duration = |line| read(line, |words| words.duration());
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5 h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(duration("2 days"), Ok(Duration::from_secs(172_800)));
        assert_eq!(duration("7us"), Ok(Duration::from_micros(7)));
        assert_eq!(duration("5").unwrap_err(), "`5` lacks its unit: one of us, ms, s, min, h, day, days");
        assert_eq!(duration("soon").unwrap_err(), "`soon` is not a time");
        assert_eq!(duration("").unwrap_err(), "here comes a time");
        assert_eq!(duration("5 min ago").unwrap_err(), "`ago` is too much");
    }

    #[test]
    fn sizes_may_go_without() {
        let size = |line| read(line, |words| words.size());
        assert_eq!((size("48"), size("20 kB"), size("1.5MB")), (Ok(48), Ok(20_000), Ok(1_500_000)));
        assert_eq!(size("5 TB").unwrap_err(), "more than 1 TB is too much");
        assert_eq!(size("5KiB").unwrap_err(), "`5KiB` lacks its unit: one of B, kB, MB, GB, TB");
    }

    #[test]
    fn dates_and_clocks_are_checked() {
        assert_eq!(read("2026-03-18", |words| words.date()), Ok(Timestamp::from_secs(1_773_792_000)));
        for wrong in ["2026-02-30", "1969-12-31", "2026-3-18", "18.3.2026", "2026-03-18T09:00"] {
            assert!(read(wrong, |words| words.date()).unwrap_err().contains(wrong));
        }
        assert_eq!(read("09:30:15.5", |words| words.clock()), Ok(Duration::from_millis(34_215_500)));
        assert_eq!(read("23:59", |words| words.clock()), Ok(Duration::from_secs(86_340)));
        for wrong in ["24:00", "9", "09:60", "-09:00", "T09:00"] {
            assert!(read(wrong, |words| words.clock()).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_likest_are_named_first() {
        assert_eq!(
            unknown("device", "pc-9", ["router", "pc-1"]),
            "there is no device `pc-9`; devices: pc-1, router"
        );
        let many: Vec<String> = (0..20).map(|n| format!("pc-{n}")).collect();
        assert!(unknown("device", "x", many.iter().map(String::as_str)).ends_with("pc-11, \u{2026}"));
    }
}

//! Fills the holes of a word: counters of repeats and random text. `{{` is a brace.

use std::borrow::Cow;

use common_model::hash::StableHash;

use super::lines::LINE_BYTES_MAX;
use super::words::{Said, Word, unknown};

/// Random numbers that are the same for the same seed, on every machine.
#[derive(Clone, Copy, Debug)]
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// A number below `end`.
    const fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        let bits = StableHash::new("packet-script").u64(self.seed).u64(self.thrown).finish();
        // The high half of the product: no modulo, which would prefer small numbers.
        ((bits as u128 * end as u128) >> 64) as u64
    }
}

/// What stands in the holes of the line that is played.
#[derive(Debug)]
pub(super) struct Holes {
    dice: Dice,
    /// Of the repeats around it, the innermost last.
    counters: Vec<(String, u64)>,
}

impl Holes {
    /// Nothing counts yet.
    pub(super) const fn new() -> Self {
        Holes { dice: Dice { seed: 1, thrown: 0 }, counters: Vec::new() }
    }

    /// Other random text from here on.
    pub(super) const fn reseed(&mut self, seed: u64) {
        self.dice = Dice { seed, thrown: 0 };
    }

    /// A repeat begins.
    pub(super) fn enter(&mut self, counter: &str) {
        self.counters.push((counter.to_owned(), 0));
    }

    /// Its next beat.
    pub(super) fn count(&mut self) {
        if let Some((_, count)) = self.counters.last_mut() {
            *count += 1;
        }
    }

    /// It is over.
    pub(super) fn leave(&mut self) {
        self.counters.pop();
    }

    /// Fills the holes of a word.
    pub(super) fn fill(&mut self, word: &mut Word<'_>) -> Said<()> {
        if !word.text.contains('{') {
            return Ok(());
        }
        let mut filled = String::with_capacity(word.text.len());
        let mut rest = &*word.text;
        while let Some((before, hole)) = rest.split_once('{') {
            filled.push_str(before);
            if let Some(after) = hole.strip_prefix('{') {
                filled.push('{');
                rest = after;
                continue;
            }
            let (hole, after) =
                hole.split_once('}').ok_or_else(|| format!("`{{{hole}` has no end (`{{{{` is a brace)"))?;
            self.put(hole, &mut filled)?;
            if filled.len() > LINE_BYTES_MAX {
                return Err(format!(
                    "with `{{{hole}}}` filled the line is longer than {LINE_BYTES_MAX} bytes"
                ));
            }
            rest = after;
        }
        filled.push_str(rest);
        word.text = Cow::Owned(filled);
        Ok(())
    }

    fn put(&mut self, hole: &str, filled: &mut String) -> Said<()> {
        let wrong = || {
            format!(
                "`{{{hole}}}` is not like {{n}}, {{n+20}}, {{hex:16}}, {{letters:12}} or {{number:1-250}}"
            )
        };
        match hole.split_once(':') {
            Some((kind @ ("hex" | "letters"), len)) => {
                let len: usize = len.parse().ok().filter(|len| *len <= LINE_BYTES_MAX).ok_or_else(wrong)?;
                let alphabet: &[u8] =
                    if kind == "hex" { b"0123456789abcdef" } else { b"abcdefghijklmnopqrstuvwxyz" };
                let mut letter = || alphabet[self.dice.below(alphabet.len() as u64) as usize];
                filled.extend((0..len).map(|_| char::from(letter())));
            }
            Some(("number", range)) => {
                let (least, most) = range.split_once('-').ok_or_else(wrong)?;
                let ends = least.parse::<u32>().ok().zip(most.parse::<u32>().ok());
                let (least, most) = ends.filter(|(least, most)| least <= most).ok_or_else(wrong)?;
                let number = u64::from(least) + self.dice.below(u64::from(most - least) + 1);
                filled.push_str(&number.to_string());
            }
            Some(_) => return Err(wrong()),
            None => {
                let (name, plus) = hole.split_once('+').unwrap_or((hole, "0"));
                let plus: u32 = plus.parse().map_err(|_err| wrong())?;
                filled.push_str(&(self.counter(name)? + u64::from(plus)).to_string());
            }
        }
        Ok(())
    }

    fn counter(&self, name: &str) -> Said<u64> {
        if self.counters.is_empty() {
            return Err(format!("`{{{name}}}` counts a repeat, and there is none around it"));
        }
        let found = self.counters.iter().rfind(|(counter, _)| counter == name);
        let names = self.counters.iter().rev().map(|(counter, _)| counter.as_str());
        found.map(|(_, count)| *count).ok_or_else(|| unknown("counter", name, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(holes: &mut Holes, text: &str) -> Said<String> {
        let mut word = Word { text: Cow::Borrowed(text), is_quoted: false };
        holes.fill(&mut word).map(|()| word.text.into_owned())
    }

    fn inside() -> Holes {
        let mut holes = Holes::new();
        for counter in ["day", "n"] {
            holes.enter(counter);
            holes.count();
        }
        holes.count();
        holes
    }

    #[test]
    fn repeats_are_counted_from_one() {
        assert_eq!(fill(&mut inside(), "10.0.{day}.{n}:{n+1022}").unwrap(), "10.0.1.2:1024");
    }

    #[test]
    fn random_text_is_the_same_for_the_same_seed() {
        let pattern = "{hex:16}-{letters:12}-{number:1-250}";
        let once = fill(&mut Holes::new(), pattern).unwrap();
        assert_eq!(once, fill(&mut Holes::new(), pattern).unwrap());
        let mut other = Holes::new();
        other.reseed(2);
        assert_ne!(once, fill(&mut other, pattern).unwrap());
        assert_ne!(once, fill(&mut other, pattern).unwrap());
        let parts: Vec<&str> = once.split('-').collect();
        assert_eq!((parts[0].len(), parts[1].len()), (16, 12));
        assert!((1..=250).contains(&parts[2].parse::<u32>().unwrap()));
    }

    #[test]
    fn a_range_is_reached_at_both_ends() {
        let mut holes = Holes::new();
        let thrown: Vec<String> = (0..200).map(|_| fill(&mut holes, "{number:7-9}").unwrap()).collect();
        for number in ["7", "8", "9"] {
            assert!(thrown.iter().any(|thrown| thrown == number));
        }
        assert!(thrown.iter().all(|thrown| ["7", "8", "9"].contains(&thrown.as_str())));
    }

    #[test]
    fn braces_are_doubled() {
        assert_eq!(fill(&mut Holes::new(), "{{\"a\": 1}").unwrap(), "{\"a\": 1}");
    }

    #[test]
    fn holes_that_are_none_are_named() {
        let fault = |text| fill(&mut inside(), text).unwrap_err();
        assert_eq!(fault("{m}"), "there is no counter `m`; counters: n, day");
        assert_eq!(fault("{n"), "`{n` has no end (`{{` is a brace)");
        for wrong in ["{hex:}", "{hex:99999}", "{number:9-7}", "{number:7}", "{n+x}", "{dec:3}"] {
            assert!(fault(wrong).starts_with(&format!("`{wrong}` is not like")), "{wrong}");
        }
        assert_eq!(
            fill(&mut Holes::new(), "{n}").unwrap_err(),
            "`{n}` counts a repeat, and there is none around it"
        );
        assert!(fault("{hex:16384}{hex:16384}").ends_with("filled the line is longer than 16384 bytes"));
    }
}

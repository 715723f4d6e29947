//! Makes a new thing by copying a living one: the template is built, tested and shipped, so it cannot rot.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;

use crate::house::House;
use crate::tidy::lists::PROTOCOLS;

/// What can be made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum What {
    /// A parser: `sensor/protocols/src/<name>/`.
    Protocol,
}

/// Copies the template and puts the new thing on its list.
pub(crate) fn make(house: &House, what: What, name: &str) -> anyhow::Result<()> {
    let words = words_of(name)?;
    match what {
        What::Protocol => {
            let _ = (house, words, PROTOCOLS, Path::new(""));
            bail!("not yet")
        }
    }
}

fn words_of(name: &str) -> anyhow::Result<Vec<&str>> {
    let words: Vec<&str> = name.split('-').collect();
    let is_word = |word: &&str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    ensure!(
        words.iter().all(is_word),
        "`{name}` is no name: use lower case words with dashes, as `dns-tunnel`"
    );
    words.first().context("a name has at least one word")?;
    Ok(words)
}

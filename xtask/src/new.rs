//! Makes a new thing by copying a living one: each folder in `xtask/templates` is compiled and tested by the crate that it is for
//! (`mod template` in its `lib.rs`), so it cannot rot.
//!
//! In a template the name is `example`. A new thing works as it is; then one makes it one's own.

use std::process::Command;

use anyhow::{Context as _, ensure};
use clap::ValueEnum;

use crate::house::House;
use crate::tidy::lists::{DETECTORS, MESSAGE_LIST, MESSAGES, PROTOCOLS};

/// What can be made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum What {
    /// A detector: a folder in `sensor/detectors/src`.
    Detector,
    /// A message: a file in each language in `common/words/messages`.
    Message,
    /// A parser: a folder in `sensor/protocols/src`.
    Protocol,
}

/// A name in the three ways it is written.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    /// `dns-tunnel`
    kebab: String,
    /// `dns_tunnel`
    snake: String,
    /// `DnsTunnel`
    pascal: String,
}

/// Copies the template and puts the new thing on its list.
pub(crate) fn make(house: &House, what: What, name: &str) -> anyhow::Result<()> {
    let name = Name::parse(name)?;
    match what {
        What::Detector => detector(house, &name),
        What::Message => message(house, &name),
        What::Protocol => protocol(house, &name),
    }
}

fn detector(house: &House, name: &Name) -> anyhow::Result<()> {
    let list_file = format!("{DETECTORS}/lib.rs");
    let opening = "pub static ALL: &[&Spec] = &[";
    let list = insert_before(house.text(&list_file), opening, "mod ", &format!("mod {};", name.snake))?;
    let list = insert_into(&list, opening, &format!("&{}::SPEC", name.snake))?;
    copy(house, "detector", &format!("{DETECTORS}/{}", name.snake), name)?;
    store(house, &list_file, &list)?;
    format_crate(house, "sensor-detectors")?;
    println!(
        "Next: docs/guide/adding-a-detector.md, `cargo xtask docs`, and `cargo nextest run -p sensor-detectors`."
    );
    Ok(())
}

/// The template is the shortest real message.
fn message(house: &House, name: &Name) -> anyhow::Result<()> {
    const TEMPLATE: &str = "new_device";
    let list = insert_after(house.text(MESSAGE_LIST), "= messages! {", &format!("    \"{}\"", name.snake))?;
    for language in ["da", "en"] {
        let to = format!("{MESSAGES}/{}.{language}.toml", name.snake);
        ensure!(!house.has(&to), "{to} is there already");
        store(house, &to, house.text(&format!("{MESSAGES}/{TEMPLATE}.{language}.toml")))?;
    }
    store(house, MESSAGE_LIST, &list)?;
    println!("Next: docs/guide/adding-a-message.md, and `cargo nextest run -p common-words`.");
    Ok(())
}

fn protocol(house: &House, name: &Name) -> anyhow::Result<()> {
    let list_file = format!("{PROTOCOLS}/lib.rs");
    let list = house.text(&list_file);
    let opening = "any::protocols! {";
    let list = insert_before(list, opening, "pub mod ", &format!("pub mod {};", name.snake))?;
    let list = insert_after(&list, opening, &format!("    {}({}),", name.pascal, name.snake))?;
    copy(house, "protocol", &format!("{PROTOCOLS}/{}", name.snake), name)?;
    store(house, &list_file, &list)?;
    format_crate(house, "sensor-protocols")?;
    println!("Next: docs/guide/adding-a-protocol.md, and `cargo nextest run -p sensor-protocols`.");
    Ok(())
}

impl Name {
    /// Messages are written with `_` and detectors with `-`: whoever makes one may write either.
    fn parse(given: &str) -> anyhow::Result<Name> {
        let name = given.replace('_', "-");
        let is_word = |word: &str| {
            word.starts_with(|first: char| first.is_ascii_lowercase())
                && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        };
        ensure!(
            name.split('-').all(is_word),
            "`{given}` is no name: use words in lower case joined by dashes, as `dns-tunnel`"
        );
        let pascal = name.split('-').map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        Ok(Name { snake: name.replace('-', "_"), pascal: pascal.collect(), kebab: name })
    }

    /// A template's text with this name in place of the template's own.
    fn put_into(&self, template: &str) -> String {
        template
            .replace("Example", &self.pascal)
            .replace("EXAMPLE", &self.snake.to_uppercase())
            .replace("example", &self.kebab)
    }
}

/// Copies a template's files to `to`, which must not be there yet.
fn copy(house: &House, template: &str, to: &str, name: &Name) -> anyhow::Result<()> {
    ensure!(!house.has(to), "{to} is there already");
    let from = format!("xtask/templates/{template}/");
    for (path, text) in house.files.iter().filter(|(path, _)| path.starts_with(&from)) {
        let inside = path.strip_prefix(&from).unwrap_or(path);
        store(house, &format!("{to}/{inside}"), &name.put_into(text))?;
    }
    Ok(())
}

fn store(house: &House, path: &str, text: &str) -> anyhow::Result<()> {
    let full = house.root.join(path);
    let folder = full.parent().with_context(|| format!("{path} has no folder"))?;
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    std::fs::write(&full, text).with_context(|| format!("could not write {}", full.display()))?;
    println!("{path}");
    Ok(())
}

/// Lists may break their lines in another way once they are longer.
fn format_crate(house: &House, package: &str) -> anyhow::Result<()> {
    let status =
        Command::new(env!("CARGO")).current_dir(&house.root).args(["fmt", "--package", package]).status();
    ensure!(status.context("could not start cargo fmt")?.success(), "cargo fmt --package {package} failed");
    Ok(())
}

/// Puts a line in its alphabetical place in the last unbroken run of lines that begin with `prefix` and stand before `opening`.
fn insert_before(text: &str, opening: &str, prefix: &str, line: &str) -> anyhow::Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let opens = lines.iter().position(|known| known.contains(opening)).unwrap_or(lines.len());
    let last = lines.iter().take(opens).rposition(|known| known.starts_with(prefix));
    let last =
        last.with_context(|| format!("found no line that begins with `{prefix}` before `{opening}`"))?;
    let run = lines.iter().take(last + 1).rev().take_while(|known| known.starts_with(prefix)).count();
    insert_sorted(&mut lines, last + 1 - run, run, line);
    Ok(lines.join("\n") + "\n")
}

/// Puts a line in its alphabetical place in the list that opens with `opening` and closes with the next `}` or `]`.
fn insert_after(text: &str, opening: &str, line: &str) -> anyhow::Result<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let opens = lines.iter().position(|known| known.contains(opening));
    let begin = opens.with_context(|| format!("found no list that opens with `{opening}`"))? + 1;
    let len = lines.iter().skip(begin).take_while(|known| !known.starts_with(['}', ']'])).count();
    insert_sorted(&mut lines, begin, len, line);
    Ok(lines.join("\n") + "\n")
}

/// Puts an entry in its alphabetical place in the list that opens with `opening` and closes with the next `]`; rustfmt breaks the lines.
fn insert_into(text: &str, opening: &str, entry: &str) -> anyhow::Result<String> {
    let parts = text.split_once(opening).and_then(|(before, rest)| Some((before, rest.split_once(']')?)));
    let (before, (list, after)) =
        parts.with_context(|| format!("found no list that opens with `{opening}`"))?;
    let mut entries: Vec<&str> = list.split(',').map(str::trim).filter(|known| !known.is_empty()).collect();
    entries.push(entry);
    entries.sort_unstable();
    Ok(format!("{before}{opening}{}]{after}", entries.join(", ")))
}

fn insert_sorted<'a>(lines: &mut Vec<&'a str>, begin: usize, len: usize, line: &'a str) {
    let before = lines.iter().skip(begin).take(len).take_while(|known| **known < line).count();
    lines.insert(begin + before, line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_three_ways() {
        let name = Name::parse("dns-tunnel2").unwrap();
        assert_eq!((name.snake.as_str(), name.pascal.as_str()), ("dns_tunnel2", "DnsTunnel2"));
        assert_eq!(
            name.put_into("Example(EXAMPLE, \"example\")"),
            "DnsTunnel2(DNS_TUNNEL2, \"dns-tunnel2\")"
        );
    }

    #[test]
    fn a_name_may_be_given_as_files_are_called() {
        assert_eq!(Name::parse("odd_hours").unwrap(), Name::parse("odd-hours").unwrap());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in ["", "Dns", "dns__tunnel", "-dns", "dns-", "dns--tunnel", "9p", "../x"] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_goes_to_its_place() {
        let before = "pub mod a;\n\npub mod dns;\npub mod tls;\n\nx::list! {\n    Dns(dns),\n    Tls(tls),\n}\npub mod b;\n";
        let after = insert_before(before, "x::list! {", "pub mod ", "pub mod ftp;").unwrap();
        let after = insert_after(&after, "x::list! {", "    Ftp(ftp),").unwrap();
        assert_eq!(
            after,
            "pub mod a;\n\npub mod dns;\npub mod ftp;\npub mod tls;\n\n\
             x::list! {\n    Dns(dns),\n    Ftp(ftp),\n    Tls(tls),\n}\npub mod b;\n"
        );
        assert!(insert_after(before, "y::list! {", "x").is_err());
    }

    #[test]
    fn an_entry_goes_to_its_place() {
        let after = insert_into("ALL = &[&a::SPEC, &c::SPEC];\n", "ALL = &[", "&b::SPEC").unwrap();
        assert_eq!(after, "ALL = &[&a::SPEC, &b::SPEC, &c::SPEC];\n");
    }

    #[test]
    fn first_and_last_places_are_places() {
        assert_eq!(insert_before("m b;\nlist\n", "list", "m ", "m a;").unwrap(), "m a;\nm b;\nlist\n");
        assert_eq!(insert_before("m b;\nlist\n", "list", "m ", "m c;").unwrap(), "m b;\nm c;\nlist\n");
    }
}

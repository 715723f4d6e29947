//! Pages that are made from the lists in the code: `docs/generated/`.
//!
//! A page is a pure function of the lists; `write` stores them, `check` compares them with what is stored.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::house::House;

/// First line of every generated page.
const NOTICE: &str = "<!-- Made by `cargo xtask docs` from the lists in the code. Edit those. -->\n\n";

/// Stores every page.
pub(crate) fn write(house: &House) -> anyhow::Result<()> {
    for (path, text) in pages() {
        let full = house.root.join(path);
        if let Some(folder) = full.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        std::fs::write(&full, text).with_context(|| format!("could not write {}", full.display()))?;
        println!("{path}");
    }
    Ok(())
}

/// Fails when a stored page is not what the code says.
pub(crate) fn check(house: &House) -> anyhow::Result<()> {
    let stale: Vec<&str> =
        pages().into_iter().filter(|(path, text)| house.text(path) != text).map(|(path, _)| path).collect();
    if !stale.is_empty() {
        bail!("{} is stale: run `cargo xtask docs`", stale.join(" and "));
    }
    Ok(())
}

/// Every page with its path.
fn pages() -> Vec<(&'static str, String)> {
    vec![
        ("docs/generated/detectors.md", detectors()),
        ("docs/generated/kinds.md", kinds()),
        ("docs/generated/protocols.md", protocols()),
        ("docs/generated/wire-v1.md", format!("{NOTICE}{}", common_wire::docs::page())),
    ]
}

fn protocols() -> String {
    let mut page = head("Protocols", "What the sensor reads. Each is a folder in `sensor/protocols/src`.");
    table(&mut page, &["id", "over", "usual ports"]);
    for spec in sensor_protocols::ALL {
        let carriers: Vec<String> =
            spec.carriers.iter().map(|carrier| format!("{carrier:?}").to_uppercase()).collect();
        let ports: Vec<String> = spec.ports_hint.iter().map(u16::to_string).collect();
        row(&mut page, &[&link(spec.id), &carriers.join(", "), &ports.join(", ")]);
    }
    for spec in sensor_protocols::ALL {
        readme(&mut page, spec.id, spec.readme);
    }
    page
}

fn detectors() -> String {
    let mut page = head(
        "Detectors",
        "What the sensor calls trouble. Each is a folder in `sensor/detectors/src`; how loud each of its kinds is stands in \
         [kinds.md](kinds.md).",
    );
    table(&mut page, &["id", "kinds", "memory at most, KiB"]);
    for spec in sensor_detectors::ALL {
        let kinds: Vec<&str> = spec.kinds.iter().map(|kind| kind.id).collect();
        let memory_kib = spec.memory_bytes_max.div_ceil(1_024).to_string();
        row(&mut page, &[&link(spec.id), &kinds.join(", "), &memory_kib]);
    }
    for spec in sensor_detectors::ALL {
        readme(&mut page, spec.id, spec.readme);
        let settings = spec.settings_toml.trim();
        let _infallible =
            writeln!(page, "\n### Settings\n\n```toml\n[detectors.{}]\n{settings}\n```", spec.id);
    }
    page
}

fn kinds() -> String {
    let mut page = head(
        "Kinds of trouble",
        "Each row decides how loud a kind is: `alone` is how soon one finding of it, alone, asks the clinic to act (`none` is a note without \
         a card, `now` is a red face at once), `sure from` is how sure a detector must be for a card, and a kind that needs a profile leaves \
         notes until the sensor has learned what is normal. `{…}` are the facts that its message may use.",
    );
    table(
        &mut page,
        &[
            "kind",
            "category",
            "severity",
            "alone",
            "sure from",
            "profile",
            "quiet after",
            "message",
            "facts",
            "ATT&CK",
        ],
    );
    for kind in sensor_detectors::kinds() {
        let facts: Vec<String> = kind.facts.iter().map(|fact| format!("`{{{fact}}}`")).collect();
        let cells = [
            kind.id.to_owned(),
            kind.category.as_str().to_owned(),
            kind.severity.as_str().to_owned(),
            kind.alone.as_str().to_owned(),
            format!("{} %", kind.card_from.as_percent()),
            if kind.needs_profile { "needed" } else { "" }.to_owned(),
            hours(kind.quiet_for),
            kind.message.to_owned(),
            facts.join(" "),
            kind.techniques.join(" "),
        ];
        row(&mut page, &cells.each_ref().map(String::as_str));
    }
    page
}

fn head(title: &str, why: &str) -> String {
    format!("{NOTICE}# {title}\n\n{why}\n\n")
}

/// A link to a chapter of the same page.
fn link(id: &str) -> String {
    format!("[{id}](#{id})")
}

fn hours(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    if minutes.is_multiple_of(60) { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

fn table(page: &mut String, columns: &[&str]) {
    row(page, columns);
    row(page, &vec!["---"; columns.len()]);
}

fn row(page: &mut String, cells: &[&str]) {
    let _infallible = writeln!(page, "| {} |", cells.join(" | "));
}

/// A README as a chapter: its title becomes the id (which the table links to), its headings go one level down.
fn readme(page: &mut String, id: &str, text: &str) {
    let (title, body) = text.split_once('\n').unwrap_or((text, ""));
    let _infallible =
        writeln!(page, "\n## {id}\n\n{}.\n", title.trim_start_matches("# ").trim_end_matches('.'));
    for line in body.trim().lines() {
        page.push_str(if line.starts_with("## ") { "#" } else { "" });
        page.push_str(line);
        page.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_has_its_chapter() {
        let page = protocols();
        for spec in sensor_protocols::ALL {
            assert!(page.contains(&format!("\n## {}\n", spec.id)), "{} has none", spec.id);
        }
    }

    #[test]
    fn every_kind_has_its_row() {
        let page = kinds();
        for kind in sensor_detectors::kinds() {
            assert!(page.contains(&format!("\n| {} |", kind.id)), "{} has none", kind.id);
        }
    }

    #[test]
    fn headings_go_one_level_down() {
        let mut page = String::new();
        readme(&mut page, "dns", "# dns: names\n\n## Limits\nNone.\n");
        assert_eq!(page, "\n## dns\n\ndns: names.\n\n### Limits\nNone.\n");
    }
}

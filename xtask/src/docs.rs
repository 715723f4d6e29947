//! Pages that are made from the lists in the code: `docs/generated/`.
//!
//! A page is a pure function of the lists; `write` stores them, `check` compares them with what is stored.

use std::fmt::Write as _;

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
    vec![("docs/generated/protocols.md", protocols())]
}

fn protocols() -> String {
    let mut page = format!(
        "{NOTICE}# Protocols\n\nWhat the sensor reads. Each is a folder in `sensor/protocols/src`.\n\n\
         | id | over | usual ports |\n| --- | --- | --- |\n"
    );
    for spec in sensor_protocols::ALL {
        let carriers: Vec<String> =
            spec.carriers.iter().map(|carrier| format!("{carrier:?}").to_uppercase()).collect();
        let ports: Vec<String> = spec.ports_hint.iter().map(u16::to_string).collect();
        row(&mut page, &[&format!("[{0}](#{0})", spec.id), &carriers.join(", "), &ports.join(", ")]);
    }
    for spec in sensor_protocols::ALL {
        readme(&mut page, spec.id, spec.readme);
    }
    page
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
    fn headings_go_one_level_down() {
        let mut page = String::new();
        readme(&mut page, "dns", "# dns: names\n\n## Limits\nNone.\n");
        assert_eq!(page, "\n## dns\n\ndns: names.\n\n### Limits\nNone.\n");
    }
}

//! The table of what was found, and the same as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::verdict::Verdict;

/// One row: the captures of a category whose labels are as certain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    captures: u64,
    found: u64,
    carded: u64,
    right: u64,
    judged: u64,
}

impl Row {
    fn add(&mut self, verdict: &Verdict) {
        self.captures += 1;
        self.found += u64::from(verdict.is_found);
        self.carded += u64::from(verdict.is_carded);
        self.right += u64::from(verdict.is_right_device == Some(true));
        self.judged += u64::from(verdict.is_right_device.is_some());
    }
}

/// Strong and weak rows, by category.
fn rows(verdicts: &[Verdict]) -> BTreeMap<&str, [Row; 2]> {
    let mut rows: BTreeMap<&str, [Row; 2]> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.label.is_benign()) {
        let [strong, weak] = rows.entry(&verdict.label.category).or_default();
        (if verdict.label.is_weak { weak } else { strong }).add(verdict);
    }
    rows
}

/// What benign captures brought.
fn benign(verdicts: &[Verdict]) -> (u64, u64, u64, u64) {
    let benign = || verdicts.iter().filter(|verdict| verdict.label.is_benign());
    (
        benign().count() as u64,
        benign().map(|verdict| verdict.false_alarms).sum(),
        benign().map(|verdict| verdict.attack_notes).sum(),
        benign().map(|verdict| verdict.other_cards).sum(),
    )
}

/// Writes the table, and the misses and false alarms by name.
pub(super) fn table(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:<24}{:>9}{:>7}{:>8}{:>14}", "category", "captures", "found", "carded", "right device")?;
    for (category, [strong, weak]) in rows(verdicts) {
        for (name, row) in [(category.to_owned(), strong), (format!("{category} (weak)"), weak)] {
            if row.captures > 0 {
                let right = format!("{} of {}", row.right, row.judged);
                let Row { captures, found, carded, .. } = row;
                writeln!(out, "{name:<24}{captures:>9}{found:>7}{carded:>8}{right:>14}")?;
            }
        }
    }
    let (captures, false_alarms, attack_notes, other_cards) = benign(verdicts);
    writeln!(
        out,
        "\nbenign: {captures} captures, {false_alarms} false alarms, {attack_notes} attack notes, {other_cards} other cards"
    )?;

    let told = |verdict: &Verdict| {
        let saw = if verdict.categories.is_empty() { "nothing".into() } else { verdict.categories.join(" ") };
        format!("  {} {} (saw {saw})", verdict.label.id, verdict.label.file)
    };
    list(out, "missed:", verdicts, &|verdict| {
        let is_missed = !verdict.label.is_benign() && !verdict.is_found && verdict.fault.is_none();
        is_missed.then(|| format!("{} as {}", told(verdict), verdict.label.category))
    })?;
    list(out, "wrong device:", verdicts, &|verdict| {
        (verdict.is_right_device == Some(false)).then(|| told(verdict))
    })?;
    list(out, "false alarms:", verdicts, &|verdict| (verdict.false_alarms > 0).then(|| told(verdict)))?;
    list(out, "attack notes and other cards on benign captures:", verdicts, &|verdict| {
        let is_noisy = verdict.attack_notes + verdict.other_cards > 0;
        (verdict.label.is_benign() && is_noisy).then(|| told(verdict))
    })?;
    list(out, "not played:", verdicts, &|verdict| {
        Some(format!("  {} {}: {}", verdict.label.id, verdict.label.file, verdict.fault.as_ref()?))
    })
}

fn list(
    out: &mut dyn Write,
    heading: &str,
    verdicts: &[Verdict],
    line: &dyn Fn(&Verdict) -> Option<String>,
) -> io::Result<()> {
    let lines: Vec<String> = verdicts.iter().filter_map(line).collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes one object for each capture, and one with the sums.
pub(super) fn json(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    for verdict in verdicts {
        let line = json!({
            "type": "capture",
            "id": verdict.label.id,
            "file": verdict.label.file,
            "category": verdict.label.category,
            "weak": verdict.label.is_weak,
            "found": verdict.is_found,
            "carded": verdict.is_carded,
            "right_device": verdict.is_right_device,
            "false_alarms": verdict.false_alarms,
            "attack_notes": verdict.attack_notes,
            "other_cards": verdict.other_cards,
            "saw": verdict.categories,
            "fault": verdict.fault,
        });
        writeln!(out, "{line}")?;
    }
    let categories: Vec<Value> = rows(verdicts)
        .into_iter()
        .flat_map(|(category, [strong, weak])| [(category, false, strong), (category, true, weak)])
        .filter(|(_, _, row)| row.captures > 0)
        .map(|(category, weak, Row { captures, found, carded, right, judged })| {
            json!({
                "category": category, "weak": weak, "captures": captures, "found": found, "carded": carded,
                "right_device": right, "judged": judged,
            })
        })
        .collect();
    let (captures, false_alarms, attack_notes, other_cards) = benign(verdicts);
    let benign = json!({
        "captures": captures, "false_alarms": false_alarms, "attack_notes": attack_notes, "other_cards": other_cards,
    });
    let total = json!({ "type": "total", "categories": categories, "benign": benign });
    writeln!(out, "{total}")
}

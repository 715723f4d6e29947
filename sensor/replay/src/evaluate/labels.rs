//! Reads `labels.tsv`: what is in each capture, and who did it to whom.

use core::net::IpAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use common_model::{Category, one_line};
use ipnet::IpNet;
use sensor_capture::files::read_text_capped;

/// Longest file of labels, in bytes. Guess: a thousand captures with 400 bytes each.
const LABELS_BYTES_MAX: u64 = 16 << 20;

/// The word for a capture in which nobody means harm.
const BENIGN: &str = "benign";

/// What is said of one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) file: String,
    /// The category as it is written: the row of the table.
    pub(super) category: String,
    /// Categories of which one is to be found; none for what is benign.
    pub(super) wanted: Vec<Category>,
    /// Addresses of whoever is in it.
    pub(super) ends: Ends,
    /// The label is not certain.
    pub(super) is_weak: bool,
}

/// Whom an incident may be about, to be about the right one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    addresses: Vec<IpAddr>,
    prefixes: Vec<IpNet>,
}

impl Label {
    pub(super) fn is_benign(&self) -> bool {
        self.category == BENIGN
    }
}

impl Ends {
    /// Whether one of these is labelled; `None` when the label names nobody. Prefixes count only where no plain address is given.
    pub(super) fn name(&self, ips: &[IpAddr]) -> Option<bool> {
        if !self.addresses.is_empty() {
            return Some(ips.iter().any(|ip| self.addresses.contains(ip)));
        }
        let in_prefix = |ip: &IpAddr| self.prefixes.iter().any(|prefix| prefix.contains(ip));
        (!self.prefixes.is_empty()).then(|| ips.iter().any(in_prefix))
    }

    /// Reads addresses and prefixes out of text with ports and remarks.
    fn add(&mut self, text: &str) {
        for word in text.split([' ', ',', ';', '(', ')']) {
            let without_port = word.rsplit_once(':').map_or(word, |(address, _port)| address);
            if let Ok(ip) = word.parse().or_else(|_| without_port.parse()) {
                self.addresses.push(ip);
            } else if let Ok(prefix) = word.parse() {
                self.prefixes.push(prefix);
            }
        }
    }
}

/// Reads a file of labels: tab-separated, the first line names the columns.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Label>> {
    let text = read_text_capped(path, LABELS_BYTES_MAX)?;
    parse(&text).with_context(|| path.display().to_string())
}

/// Whether a text is a file of labels; says how many.
///
/// # Errors
/// Names the line that is wrong.
pub fn check_labels(text: &str) -> anyhow::Result<usize> {
    Ok(parse(text)?.len())
}

fn parse(text: &str) -> anyhow::Result<Vec<Label>> {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let (header, _) = lines.next().context("is empty")?;
    let columns: Vec<&str> = header.split('\t').collect();
    let column = |name: &str| columns.iter().position(|column| column.trim() == name);
    let needed = |name: &str| column(name).with_context(|| format!("line 1 names no column `{name}`"));
    let (id, category, file) = (needed("id")?, needed("category")?, needed("file")?);
    let (secondary, strength) = (column("secondary_labels"), column("label_strength"));
    let ends = [column("attacker_ips"), column("victim_or_client_ips")];

    let mut labels = Vec::new();
    for (line, number) in lines {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let field = |at: Option<usize>| at.and_then(|at| fields.get(at)).copied().unwrap_or_default();
        let words = core::iter::once(field(Some(category))).chain(field(secondary).split_whitespace());
        let mut wanted = Vec::new();
        for word in words {
            match Category::from_word(word) {
                Some(category) => wanted.push(category),
                None if word == BENIGN => {}
                None => bail!("line {number}: “{}” is no category", one_line(word)),
            }
        }
        let mut named = Ends::default();
        ends.iter().for_each(|at| named.add(field(*at)));
        labels.push(Label {
            id: field(Some(id)).to_owned(),
            file: field(Some(file)).to_owned(),
            category: field(Some(category)).to_owned(),
            wanted,
            ends: named,
            is_weak: field(strength) == "weak",
        });
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "id\tcategory\tfile\tsecondary_labels\tattacker_ips\tvictim_or_client_ips\tlabel_strength\n";

    #[test]
    fn addresses_are_found_among_ports_and_remarks() {
        let row = "a\tscan\tx.pcap\tworm exploit\t10.0.0.1:443 (a remark) MAC of Somebody_bf:91:ee\t10.0.0.0/24 2001:db8::1\tweak\n";
        let label = parse(&format!("{HEADER}{row}")).unwrap().remove(0);
        assert_eq!(label.wanted, [Category::Scan, Category::Worm, Category::Exploit]);
        assert!(label.is_weak && !label.is_benign());
        let names = |ip: &str| label.ends.name(&[ip.parse().unwrap()]);
        assert_eq!((names("10.0.0.1"), names("2001:db8::1")), (Some(true), Some(true)));
        assert_eq!(names("10.0.0.7"), Some(false), "a prefix beside addresses does not count");
    }

    #[test]
    fn prefixes_count_where_they_stand_alone_and_nobody_is_not_judged() {
        let ends = |text: &str| {
            let mut ends = Ends::default();
            ends.add(text);
            ends.name(&["10.0.0.7".parse().unwrap()])
        };
        assert_eq!(ends("10.0.0.0/24"), Some(true));
        assert_eq!(ends("138 random hosts"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(error(""), "is empty");
        assert_eq!(error("id\tcategory\n"), "line 1 names no column `file`");
        assert_eq!(error(&format!("{HEADER}a\tscam\tx.pcap\n")), "line 2: “scam” is no category");
        assert_eq!(error(&format!("{HEADER}a\ts\0m\tx.pcap\n")), "line 2: “s\u{fffd}m” is no category");
    }
}

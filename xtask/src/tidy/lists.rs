//! Lists are folders: what stands in a list has a folder, what has a folder stands in the list, and each folder has what it must have.

use std::collections::BTreeSet;

use crate::house::House;

/// Where protocols live.
pub(crate) const PROTOCOLS: &str = "sensor/protocols/src";

/// Headings of a protocol's README, in this order.
const PROTOCOL_HEADINGS: &[&str] = &["What we read", "What we skip", "Limits", "Sources"];

/// `protocols!` lists the folders, in order.
pub(super) fn protocols(house: &House) -> Vec<String> {
    let list_file = format!("{PROTOCOLS}/lib.rs");
    let listed = protocol_list(house.text(&list_file));
    list_is_folders(&list_file, &listed, &house.folders_in(PROTOCOLS))
}

/// Fixed headings in fixed order.
pub(super) fn headings(house: &House) -> Vec<String> {
    headings_of(house, PROTOCOLS, PROTOCOL_HEADINGS)
}

/// Modules named in `any::protocols! { Dns(dns), }`.
fn protocol_list(text: &str) -> Vec<&str> {
    let body = text
        .split_once("protocols! {")
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or("", |(body, _)| body);
    body.split(',').filter_map(|entry| entry.trim().split_once('(')?.1.strip_suffix(')')).collect()
}

fn list_is_folders(list_file: &str, listed: &[&str], folders: &BTreeSet<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if !listed.is_sorted() {
        faults.push(format!("the list in {list_file} is not alphabetical"));
    }
    let named: BTreeSet<&str> = listed.iter().copied().collect();
    faults.extend(
        named.difference(folders).map(|name| format!("{list_file} lists `{name}`, which has no folder")),
    );
    faults.extend(
        folders.difference(&named).map(|name| format!("folder `{name}` is not in the list in {list_file}")),
    );
    faults
}

fn headings_of(house: &House, parent: &str, wanted: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for folder in house.folders_in(parent) {
        let path = format!("{parent}/{folder}/README.md");
        let text = house.text(&path);
        let found: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("## ")).map(str::trim).collect();
        if text.is_empty() {
            faults.push(format!("{path} is missing"));
        } else if found != wanted {
            faults.push(format!("{path} has the headings {found:?}, and should have {wanted:?}"));
        }
        if !text.is_empty() && !text.starts_with("# ") {
            faults.push(format!("{path} does not open with a title"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::house_of;

    const LIST: &str = "any::protocols! {\n    Dns(dns),\n    Tls(tls),\n}\n";

    #[test]
    fn a_list_that_is_its_folders_is_right() {
        let files = [("sensor/protocols/src/lib.rs", LIST), ("sensor/protocols/src/dns/mod.rs", "")];
        let mut house = house_of(&files);
        assert_eq!(protocols(&house).len(), 1);
        house.files.insert("sensor/protocols/src/tls/mod.rs".to_owned(), String::new());
        assert!(protocols(&house).is_empty());
        house.files.insert("sensor/protocols/src/smb/mod.rs".to_owned(), String::new());
        assert_eq!(protocols(&house), ["folder `smb` is not in the list in sensor/protocols/src/lib.rs"]);
    }

    #[test]
    fn a_list_out_of_order_is_a_fault() {
        assert_eq!(list_is_folders("x", &["tls", "dns"], &BTreeSet::from(["dns", "tls"])).len(), 1);
    }

    #[test]
    fn a_readme_without_its_headings_is_a_fault() {
        let path = "sensor/protocols/src/dns/README.md";
        let good = "# dns\n## What we read\n## What we skip\n## Limits\n## Sources\n";
        assert!(headings(&house_of(&[(path, good)])).is_empty());
        assert_eq!(headings(&house_of(&[(path, "# dns\n## What we read\n")])).len(), 1);
        assert_eq!(headings(&house_of(&[("sensor/protocols/src/dns/mod.rs", "")])).len(), 1);
    }
}

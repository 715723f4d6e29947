//! Lists are folders: what stands in a list has a folder, what has a folder stands in the list, and each folder has what it must have.

use std::collections::BTreeSet;

use crate::house::House;

/// Where protocols live.
pub(crate) const PROTOCOLS: &str = "sensor/protocols/src";

/// Where detectors live.
pub(crate) const DETECTORS: &str = "sensor/detectors/src";

/// Where messages live.
pub(crate) const MESSAGES: &str = "common/words/messages";

/// The list of messages.
pub(crate) const MESSAGE_LIST: &str = "common/words/src/catalogue.rs";

/// Headings of a protocol's README, in this order.
const PROTOCOL_HEADINGS: &[&str] = &["What we read", "What we skip", "Limits", "Sources"];

/// Headings of a detector's README, in this order.
const DETECTOR_HEADINGS: &[&str] = &["What it sees", "How", "Why it matters", "What fools it", "Sources"];

/// `protocols!` lists the folders, in order.
pub(super) fn protocols(house: &House) -> Vec<String> {
    let list_file = format!("{PROTOCOLS}/lib.rs");
    let listed = protocol_list(house.text(&list_file));
    list_is_folders(&list_file, &listed, &house.folders_in(PROTOCOLS))
}

/// `ALL` lists the folders, in order, and a folder is called after its id.
pub(super) fn detectors(house: &House) -> Vec<String> {
    let list_file = format!("{DETECTORS}/lib.rs");
    let listed = detector_list(house.text(&list_file));
    let folders = house.folders_in(DETECTORS);
    let mut faults = list_is_folders(&list_file, &listed, &folders);
    for folder in folders {
        let id = format!("id: \"{}\"", folder.replace('_', "-"));
        if !house.text(&format!("{DETECTORS}/{folder}/mod.rs")).contains(&id) {
            faults.push(format!("{DETECTORS}/{folder}/mod.rs does not say `{id}`"));
        }
    }
    faults
}

/// The list of messages is their files, one in each language.
pub(super) fn messages(house: &House) -> Vec<String> {
    let body = between(house.text(MESSAGE_LIST), "= messages! {", "}");
    let listed: Vec<&str> = body.split_whitespace().map(|key| key.trim_matches(['"', ','])).collect();
    let inside = format!("{MESSAGES}/");
    let in_language = |ending: &str| -> BTreeSet<&str> {
        let names = house.files.keys().filter_map(|path| path.strip_prefix(&inside));
        names.filter_map(|name| name.strip_suffix(ending)).collect()
    };
    let (danish, english) = (in_language(".da.toml"), in_language(".en.toml"));
    let mut faults = list_is_folders(MESSAGE_LIST, &listed, &danish);
    let alone = danish.symmetric_difference(&english);
    faults.extend(alone.map(|key| format!("message `{key}` is there in one language only")));
    faults
}

/// Runs the cases.
const CASE_RUNNER: &str = "testing/testkit/src/lib.rs";

/// Fixed headings in fixed order.
pub(super) fn headings(house: &House) -> Vec<String> {
    let mut faults = headings_of(house, PROTOCOLS, PROTOCOL_HEADINGS);
    faults.extend(headings_of(house, DETECTORS, DETECTOR_HEADINGS));
    faults
}

/// What stands beside a recording: what must come out, and what it is played with. Other endings (`.md`, `.py`) explain cases.
const BESIDE: &[&str] = &[".expect", ".site.toml", ".indicators.csv"];

/// Every detector has a case that alarms and one that stays quiet, once there is something that runs cases; and what stands beside a case
/// has one.
pub(super) fn cases(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    if !house.has(CASE_RUNNER) {
        return faults;
    }
    for folder in house.folders_in(DETECTORS) {
        let inside = format!("{DETECTORS}/{folder}/cases/");
        let names = house.files.keys().chain(&house.data).filter_map(|path| path.strip_prefix(&inside));
        let case = |name: &str| BESIDE.iter().find_map(|ending| name.strip_suffix(ending)).map(str::to_owned);
        let (beside, others): (Vec<&str>, Vec<&str>) = names.partition(|name| case(name).is_some());
        let recordings: Vec<&str> =
            others.into_iter().filter(|name| !name.ends_with(".md") && !name.ends_with(".py")).collect();
        for orphan in beside {
            let stem = case(orphan).unwrap_or_default();
            if !recordings.iter().any(|name| name.split('.').next() == Some(&stem)) {
                faults.push(format!("{inside}{orphan} stands beside no recording `{stem}.…`"));
            }
        }
        let (quiet, loud): (Vec<&str>, Vec<&str>) =
            recordings.into_iter().partition(|name| name.starts_with("quiet-"));
        if loud.is_empty() {
            faults.push(format!("{inside} has no case that alarms"));
        }
        if quiet.is_empty() {
            faults.push(format!("{inside} has no case that stays quiet (`quiet-…`)"));
        }
    }
    faults
}

/// Every setting of a detector stands below a comment that says what it is and whence it comes; neighbours may share one, and the entries
/// of a list (indented, up to its `]`) share that of the list.
pub(super) fn settings(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for folder in house.folders_in(DETECTORS) {
        let path = format!("{DETECTORS}/{folder}/settings.toml");
        let (mut comment, mut is_used) = (String::new(), false);
        for (line, number) in house.text(&path).lines().zip(1..) {
            if line.starts_with([' ', ']']) {
                continue;
            }
            if line.starts_with('#') {
                if is_used {
                    comment.clear();
                }
                comment.push_str(line);
                is_used = false;
            } else if !line.trim().is_empty() {
                is_used = true;
                if !comment.contains("Source") && !comment.contains("Guess") {
                    faults.push(format!(
                        "{path}:{number} does not say `Source: …` or `Guess` above the number"
                    ));
                }
            }
        }
    }
    faults
}

/// Modules named in `any::protocols! { Dns(dns), }`.
fn protocol_list(text: &str) -> Vec<&str> {
    let body = between(text, "protocols! {", "}");
    body.split(',').filter_map(|entry| entry.trim().split_once('(')?.1.strip_suffix(')')).collect()
}

/// Modules named in `ALL: &[&Spec] = &[&dns_tunnel::SPEC];`.
fn detector_list(text: &str) -> Vec<&str> {
    let body = between(text, "ALL: &[&Spec] = &[", "]");
    body.split(',').filter_map(|entry| entry.trim().strip_prefix('&')?.strip_suffix("::SPEC")).collect()
}

/// What stands between the first `open` and the next `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    text.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map_or("", |(body, _)| body)
}

fn list_is_folders(list_file: &str, listed: &[&str], folders: &BTreeSet<&str>) -> Vec<String> {
    let mut faults = Vec::new();
    if !listed.is_sorted() {
        faults.push(format!("the list in {list_file} is not alphabetical"));
    }
    let named: BTreeSet<&str> = listed.iter().copied().collect();
    faults.extend(
        named.difference(folders).map(|name| format!("{list_file} lists `{name}`, which is not there")),
    );
    faults
        .extend(folders.difference(&named).map(|name| format!("`{name}` is not in the list in {list_file}")));
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
        assert_eq!(protocols(&house), ["`smb` is not in the list in sensor/protocols/src/lib.rs"]);
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

    #[test]
    fn a_message_in_one_language_is_a_fault() {
        let list = "static MESSAGES = messages! {\n    \"new_device\"\n};\n";
        let danish = "common/words/messages/new_device.da.toml";
        let mut house = house_of(&[(MESSAGE_LIST, list), (danish, "")]);
        assert_eq!(messages(&house), ["message `new_device` is there in one language only"]);
        house.files.insert("common/words/messages/new_device.en.toml".to_owned(), String::new());
        assert!(messages(&house).is_empty());
    }

    #[test]
    fn a_detector_is_listed_and_called_after_its_id() {
        let list = "mod port_scan;\npub static ALL: &[&Spec] = &[&port_scan::SPEC];\n";
        let files = [
            ("sensor/detectors/src/lib.rs", list),
            ("sensor/detectors/src/port_scan/mod.rs", "id: \"port-scan\","),
        ];
        let mut house = house_of(&files);
        assert!(detectors(&house).is_empty());
        house.files.insert("sensor/detectors/src/port_scan/mod.rs".to_owned(), "id: \"scan\",".to_owned());
        assert_eq!(detectors(&house).len(), 1);
        house.files.insert("sensor/detectors/src/beacon/mod.rs".to_owned(), "id: \"beacon\",".to_owned());
        assert_eq!(detectors(&house).len(), 2);
    }

    #[test]
    fn a_detector_without_a_quiet_case_is_a_fault() {
        let house = house_of(&[("sensor/detectors/src/x/cases/loud.pkt", ""), (CASE_RUNNER, "")]);
        assert_eq!(cases(&house), ["sensor/detectors/src/x/cases/ has no case that stays quiet (`quiet-…`)"]);
    }

    #[test]
    fn what_must_come_out_is_no_case_and_needs_one() {
        let inside = "sensor/detectors/src/x/cases";
        let [loud, expected, orphan, quiet] =
            ["loud.pcap.zst", "loud.expect", "quiet-gone.expect", "quiet-one.pkt"]
                .map(|name| format!("{inside}/{name}"));
        let mut house = house_of(&[(&loud, ""), (&expected, ""), (&orphan, ""), (CASE_RUNNER, "")]);
        assert_eq!(
            cases(&house),
            [
                format!("{orphan} stands beside no recording `quiet-gone.…`"),
                format!("{inside}/ has no case that stays quiet (`quiet-…`)")
            ]
        );
        house.files.remove(&orphan);
        house.files.insert(quiet, String::new());
        assert!(cases(&house).is_empty());
    }

    #[test]
    fn a_number_without_a_source_is_a_fault() {
        let path = "sensor/detectors/src/x/settings.toml";
        assert!(settings(&house_of(&[(path, "# Ports. Source: RFC 1.\nports_min = 3\n")])).is_empty());
        assert_eq!(settings(&house_of(&[(path, "# Source: RFC 1.\na = 3\nb = 4\n# C.\nc = 5\n")])).len(), 1);
    }
}

//! Documents tell the truth about paths.

use crate::house::House;

/// Documents whose paths are checked: those a newcomer walks by.
const CHECKED: &[&str] =
    &["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "STYLE.md", "docs/guide/"];

/// Roots that a path in a document begins with.
const ROOMS: &[&str] = &["bin/", "common/", "docs/", "knowledge/", "sensor/", "testing/", "xtask/"];

/// Every path in `code` that begins with a room is there.
pub(super) fn paths(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (document, text) in
        house.files.iter().filter(|(path, _)| CHECKED.iter().any(|start| path.starts_with(start)))
    {
        for (line, number) in text.lines().zip(1..) {
            let missing = paths_in(line).filter(|path| !house.has(path));
            faults.extend(
                missing.map(|path| format!("{document}:{number} names `{path}`, which is not there")),
            );
        }
    }
    faults
}

/// Paths in back-ticks; what has a `<placeholder>`, a `*` or a choice in braces is a pattern, not a path.
fn paths_in(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| ROOMS.iter().any(|room| code.starts_with(room)))
        .filter(|code| !code.contains(['<', '*', '{', ' ', '\u{2026}']))
        .map(|code| code.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::house_of;

    #[test]
    fn a_path_that_is_not_there_is_a_fault() {
        let house = house_of(&[
            ("ARCHITECTURE.md", "see `sensor/attic/` and `sensor/flow`"),
            ("sensor/flow/x.rs", ""),
        ]);
        assert_eq!(paths(&house), ["ARCHITECTURE.md:1 names `sensor/attic`, which is not there"]);
    }

    #[test]
    fn a_pattern_is_not_a_path() {
        assert_eq!(
            paths_in("`sensor/protocols/src/<id>/` `cargo xtask` `common/words/messages/x.{da,en}.toml`")
                .count(),
            0
        );
    }
}

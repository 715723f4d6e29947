//! Who may know whom: the rooms of the house and the direction of the walk.

use crate::house::House;

/// What one crate may know of ours, and whether it may touch the world (files, network, clock of the machine).
struct Room {
    folder: &'static str,
    is_shell: bool,
    /// Folders, or a whole room as `common/*`. Only what it needs to run: tests may need more.
    knows: &'static [&'static str],
}

const fn pure_room(folder: &'static str, knows: &'static [&'static str]) -> Room {
    Room { folder, is_shell: false, knows }
}

const fn shell(folder: &'static str, knows: &'static [&'static str]) -> Room {
    Room { folder, is_shell: true, knows }
}

/// In walking order. A new crate gets its line here, and the line says where on the walk it stands.
const ROOMS: &[Room] = &[
    pure_room("common/model", &[]),
    shell("common/pages", &[]),
    pure_room("common/site", &["common/model"]),
    pure_room("common/wire", &["common/model"]),
    pure_room("common/words", &["common/model", "common/site"]),
    pure_room("knowledge/indicators", &["common/model"]),
    pure_room("sensor/tables", &["common/model"]),
    pure_room("sensor/decode", &["common/model"]),
    shell("sensor/capture", &["common/model", "sensor/decode"]),
    // A parser gets bytes and a side, nothing else: so it knows no flow and can be fuzzed alone.
    pure_room("sensor/protocols", &["common/model"]),
    pure_room("sensor/flow", &["common/model", "sensor/decode", "sensor/protocols", "sensor/tables"]),
    pure_room(
        "sensor/inventory",
        &["common/model", "common/site", "sensor/decode", "sensor/protocols", "sensor/tables"],
    ),
    pure_room("sensor/normal", &["common/model", "common/site", "sensor/tables"]),
    pure_room(
        "sensor/detectors",
        &[
            "common/model",
            "common/site",
            "knowledge/*",
            "sensor/decode",
            "sensor/flow",
            "sensor/inventory",
            "sensor/normal",
            "sensor/protocols",
            "sensor/tables",
        ],
    ),
    // It knows findings (common/model), not who made them.
    pure_room("sensor/incidents", &["common/model", "common/site", "sensor/tables"]),
    pure_room(
        "sensor/engine",
        &[
            "common/model",
            "common/site",
            "knowledge/*",
            "sensor/decode",
            "sensor/detectors",
            "sensor/flow",
            "sensor/incidents",
            "sensor/inventory",
            "sensor/normal",
            "sensor/protocols",
            "sensor/tables",
        ],
    ),
    shell("sensor/agent", &["box/store", "common/*", "knowledge/*", "sensor/*"]),
    shell("sensor/replay", &["common/*", "knowledge/*", "sensor/*", "testing/days"]),
    shell("box/store", &["common/model"]),
    shell("box/supervisor", &[]),
    shell("box/uplink", &["box/store", "common/*"]),
    shell("tablet/web", &["box/store", "common/*", "sensor/detectors", "sensor/engine"]),
    pure_room("central/core", &["common/*"]),
    shell("central/store", &["central/core", "common/*"]),
    shell("central/server", &["central/*", "common/*"]),
    shell("testing/fleet", &["common/*"]),
    shell("testing/days", &["common/*", "sensor/capture", "sensor/decode"]),
    shell("testing/bench", &["sensor/capture", "sensor/decode", "testing/testkit"]),
    shell("testing/targets", &["common/*", "knowledge/*", "sensor/*"]),
    shell("testing/testkit", &["common/*", "knowledge/*", "sensor/*", "testing/days"]),
    shell(
        "bin/cyberalarm",
        &[
            "box/*",
            "central/*",
            "tablet/*",
            "common/*",
            "knowledge/*",
            "sensor/*",
            "testing/days",
            "testing/fleet",
        ],
    ),
    shell("xtask", &["common/*", "knowledge/*", "sensor/*"]),
];

/// Packages that touch the world or bring a runtime of their own.
const WORLDLY: &[&str] = &["axum", "hyper", "mio", "reqwest", "rusqlite", "socket2", "sqlx", "tokio", "ureq"];

/// Whether the crate in this folder may touch the world.
pub(super) fn is_shell(folder: &str) -> bool {
    ROOMS.iter().any(|room| room.folder == folder && room.is_shell)
}

/// Package name = room-folder.
pub(super) fn names(house: &House) -> Vec<String> {
    house
        .crates
        .iter()
        .filter(|(folder, krate)| {
            let is_binary = folder.strip_prefix("bin/").is_some_and(|name| krate.name == name);
            krate.name != folder.replace('/', "-") && !is_binary
        })
        .map(|(folder, krate)| {
            format!(
                "the package in {folder} is called `{}`, and should be `{}`",
                krate.name,
                folder.replace('/', "-")
            )
        })
        .collect()
}

/// Nobody knows what stands after it.
pub(super) fn directions(house: &House) -> Vec<String> {
    let mut faults = Vec::new();
    for (folder, krate) in &house.crates {
        let Some(room) = ROOMS.iter().find(|room| room.folder == folder) else {
            faults.push(format!("{folder} has no line in ROOMS of xtask/src/tidy/rooms.rs"));
            continue;
        };
        let strangers =
            krate.knows.iter().filter(|known| !room.knows.iter().any(|allowed| covers(allowed, known)));
        faults.extend(strangers.map(|stranger| format!("{folder} may not know {stranger}")));
    }
    faults
}

/// No pure crate reaches the world, not even through others.
pub(super) fn pure(house: &House) -> Vec<String> {
    let pure_crates = house.crates.iter().filter(|(folder, _)| !is_shell(folder));
    pure_crates
        .flat_map(|(folder, krate)| {
            let worldly = WORLDLY.iter().filter(|package| krate.reaches.contains(**package));
            worldly.map(move |package| format!("{folder} reaches the package `{package}`"))
        })
        .collect()
}

fn covers(allowed: &str, known: &str) -> bool {
    match allowed.strip_suffix('*') {
        Some(room) => known.starts_with(room),
        None => allowed == known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::house_of;

    #[test]
    fn a_parser_that_knows_the_flow_is_a_fault() {
        let mut house = house_of(&[("sensor/protocols/Cargo.toml", "")]);
        house.crates.get_mut("sensor/protocols").unwrap().knows.insert("sensor/flow".to_owned());
        assert_eq!(directions(&house), ["sensor/protocols may not know sensor/flow"]);
    }

    #[test]
    fn a_crate_without_a_line_is_a_fault() {
        assert_eq!(directions(&house_of(&[("sensor/attic/Cargo.toml", "")])).len(), 1);
    }

    #[test]
    fn a_runtime_behind_the_core_is_a_fault_and_behind_a_shell_is_not() {
        let mut house = house_of(&[("sensor/flow/Cargo.toml", ""), ("sensor/capture/Cargo.toml", "")]);
        for krate in house.crates.values_mut() {
            krate.reaches.insert("tokio".to_owned());
        }
        assert_eq!(pure(&house), ["sensor/flow reaches the package `tokio`"]);
    }

    #[test]
    fn a_name_without_its_room_is_a_fault() {
        let mut house = house_of(&[("sensor/flow/Cargo.toml", ""), ("bin/cyberalarm/Cargo.toml", "")]);
        house.crates.get_mut("sensor/flow").unwrap().name = "flow".to_owned();
        house.crates.get_mut("bin/cyberalarm").unwrap().name = "cyberalarm".to_owned();
        assert_eq!(names(&house).len(), 1);
    }

    #[test]
    fn a_whole_room_covers_its_crates_only() {
        assert!(covers("common/*", "common/model") && !covers("common/*", "sensor/flow"));
    }
}

//! The house as tidy sees it: its crates, who needs whom, and the text of its files.
//!
//! Read once; every rule is a pure function of it, so that a rule can be tested on a house of three lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// What is not ours to judge, wherever it stands. `.git` is a folder, or in a worktree a file.
const SKIPPED: &[&str] = &[".git", "__pycache__", "artifacts", "build", "corpus", "node_modules", "target"];

/// Larger files are data, not text. Guess; the largest text of ours is a tenth of it.
const TEXT_BYTES_MAX: u64 = 1_000_000;

/// Everything the rules look at.
#[derive(Debug, Default)]
pub(crate) struct House {
    /// Where it stands.
    pub(crate) root: PathBuf,
    /// Our crates, by folder (`sensor/flow`).
    pub(crate) crates: BTreeMap<String, Crate>,
    /// Every text file, by its path from the root, with `/`.
    pub(crate) files: BTreeMap<String, String>,
    /// Every file that is not text, by its path from the root.
    pub(crate) data: BTreeSet<String>,
}

/// One crate of ours.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    /// `sensor-flow`.
    pub(crate) name: String,
    /// Folders of those crates of ours that it needs to run (not those that only its tests need).
    pub(crate) knows: BTreeSet<String>,
    /// Names of all packages that it needs to run, whoever brought them.
    pub(crate) reaches: BTreeSet<String>,
}

impl House {
    /// The house that this tool was started in. Not the one it was built in: copies of a house that share a target folder share the tool.
    pub(crate) fn read() -> anyhow::Result<House> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").context("start this tool as `cargo xtask`")?;
        let root = Path::new(&own).parent().context("xtask stands in no workspace")?;
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .features(CargoOpt::AllFeatures)
            .other_options(["--locked".to_owned()])
            .exec()
            .context("could not ask cargo for its metadata")?;
        let mut house =
            House { root: root.to_owned(), crates: crates_of(&metadata, root), ..House::default() };
        house.read_folder(root)?;
        Ok(house)
    }

    /// Our Rust files with their text.
    pub(crate) fn rust_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file, empty when it is not there.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// Whether a file or a folder of this path is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let is_it = |known: &String| known == path || known.starts_with(&inside);
        self.files.keys().any(is_it) || self.data.iter().any(is_it)
    }

    /// Names of the folders right inside `parent`, in order.
    pub(crate) fn folders_in(&self, parent: &str) -> BTreeSet<&str> {
        let inside = format!("{parent}/");
        self.files
            .keys()
            .chain(&self.data)
            .filter_map(|path| path.strip_prefix(&inside)?.split_once('/'))
            .map(|(folder, _)| folder)
            .collect()
    }

    /// The folder of the crate in which a file stands.
    pub(crate) fn crate_of(&self, path: &str) -> Option<&str> {
        self.crates
            .keys()
            .map(String::as_str)
            .find(|folder| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/')))
    }

    fn read_folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let entries =
            std::fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("could not list {}", folder.display()))?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = entry.file_name();
            if SKIPPED.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if kind.is_dir() {
                self.read_folder(&path)?;
            } else if kind.is_file() {
                self.read_file(&path)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the size is checked first")]
    fn read_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let key = path.strip_prefix(&self.root)?.to_string_lossy().replace('\\', "/");
        let is_small = path.metadata()?.len() <= TEXT_BYTES_MAX;
        let text = is_small
            .then(|| std::fs::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()))
            .flatten();
        match text {
            Some(text) => {
                self.files.insert(key, text);
            }
            None => {
                self.data.insert(key);
            }
        }
        Ok(())
    }
}

fn crates_of(metadata: &Metadata, root: &Path) -> BTreeMap<String, Crate> {
    let folder_of = |id: &PackageId| {
        let manifest = metadata[id].manifest_path.as_std_path();
        let folder = manifest.parent()?.strip_prefix(root).ok()?;
        Some(folder.to_string_lossy().replace('\\', "/"))
    };
    let ours: BTreeSet<&PackageId> = metadata.workspace_members.iter().collect();
    ours.iter()
        .filter_map(|id| {
            let knows = needed_by(metadata, id)
                .into_iter()
                .filter(|needed| ours.contains(needed))
                .filter_map(&folder_of)
                .collect();
            let name = metadata[id].name.to_string();
            Some((folder_of(id)?, Crate { name, knows, reaches: reached_from(metadata, id) }))
        })
        .collect()
}

/// What a package needs to run: neither what its tests need nor what only its build needs.
fn needed_by<'a>(metadata: &'a Metadata, id: &PackageId) -> Vec<&'a PackageId> {
    let nodes = metadata.resolve.as_ref().map_or(&[][..], |resolve| &resolve.nodes);
    let Some(node) = nodes.iter().find(|node| node.id == *id) else { return Vec::new() };
    node.deps
        .iter()
        .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal))
        .map(|dependency| &dependency.pkg)
        .collect()
}

fn reached_from(metadata: &Metadata, id: &PackageId) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut waiting = needed_by(metadata, id);
    while let Some(next) = waiting.pop() {
        if seen.insert(next) {
            waiting.extend(needed_by(metadata, next));
        }
    }
    seen.into_iter().map(|id| metadata[id].name.to_string()).collect()
}

/// A house for tests: these files, and a crate for every `Cargo.toml` among them.
#[cfg(test)]
pub(crate) fn house_of(files: &[(&str, &str)]) -> House {
    let files: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let crates = files
        .keys()
        .filter_map(|path| path.strip_suffix("/Cargo.toml"))
        .map(|folder| (folder.to_owned(), Crate { name: folder.replace('/', "-"), ..Crate::default() }))
        .collect();
    House { crates, files, ..House::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_house_is_read() {
        let house = House::read().unwrap();
        assert!(house.crates.contains_key("common/model"));
        assert!(house.crates["sensor/decode"].knows.contains("common/model"));
        assert!(!house.crates["sensor/decode"].reaches.contains("etherparse"), "only its tests need it");
        assert!(!house.files.contains_key(".git"), "the file that a worktree has in place of a folder");
        assert!(
            house.has("common/model/src/lib.rs") && house.has("common/model/src") && house.has("Cargo.lock")
        );
    }

    #[test]
    fn folders_are_those_right_inside() {
        let house =
            house_of(&[("a/x/mod.rs", ""), ("a/y/z/mod.rs", ""), ("a/lib.rs", ""), ("b/x/mod.rs", "")]);
        assert_eq!(house.folders_in("a").into_iter().collect::<Vec<_>>(), ["x", "y"]);
    }
}

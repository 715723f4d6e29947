//! `uplink.keys`: what nobody but the uplink may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The file's name in the folder of the box's state.
pub(crate) const FILE: &str = "uplink.keys";

/// Whoever changes the keys locks this file meanwhile: the uplink and a claim are two processes.
const LOCK: &str = "uplink.lock";

/// Longest file that is read. Two certificates, a key and a few epochs take 10 kB.
const BYTES_MAX: u64 = 1 << 20;

/// Most epochs that are kept. Source: one a month, two at a time are in force.
const EPOCHS_MAX: usize = 4;

/// What is secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// The key for devices' pseudonyms, 64 hexadecimal digits. Never leaves the box.
    pub box_key: String,
    /// Who this box is at the centre; none before it was claimed.
    pub identity: Option<Identity>,
    /// The private key of a claim whose answer has not come, PEM: who asks again with it gets the same box.
    #[serde(default)]
    pub claiming: Option<String>,
    /// Keys for pseudonyms of what is outside, oldest first.
    #[serde(default)]
    pub epochs: Vec<EpochRow>,
}

/// Who this box is at the centre, since it was claimed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its name.
    pub box_id: String,
    /// The clinic, as the centre calls it.
    pub member: String,
    /// Where the centre is: address and port.
    pub centre: String,
    /// The centre's certificate authority, PEM.
    pub ca: String,
    /// The box's certificate and what it was signed with, PEM.
    pub certificate: String,
    /// The box's private key, PEM.
    pub private_key: String,
    /// The centre's key under letters.
    pub letter_key: String,
    /// By which way it was claimed; none when nobody said.
    #[serde(default)]
    pub way_out: Option<WayOut>,
}

/// By which way a box reaches its centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayOut {
    /// By this interface, and by no other.
    Port(String),
    /// Whichever leads there.
    Any,
}

/// A key for pseudonyms of what is outside.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Which epoch.
    pub epoch: String,
    /// 64 hexadecimal digits.
    pub key: String,
    /// In force from then.
    pub from_ns: u64,
    /// In force until then.
    pub until_ns: u64,
}

impl core::fmt::Debug for Keys {
    /// Without the keys.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Keys").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Identity {
    /// Without the private key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Identity { box_id, member, centre, .. } = self;
        f.debug_struct("Identity")
            .field("box_id", box_id)
            .field("member", member)
            .field("centre", centre)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for EpochRow {
    /// Without the key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EpochRow").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Keys {
    /// Those of a box that nobody has claimed.
    #[must_use]
    pub fn born(box_key: &str) -> Self {
        Keys { box_key: box_key.to_owned(), identity: None, claiming: None, epochs: Vec::new() }
    }

    /// Those of this folder; none before a box was born there.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(FILE);
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text)) {
            Ok(_) => serde_json::from_str(&text).map(Some).map_err(|err| StoreError::Row {
                name: path.display().to_string(),
                what: "reading the keys",
                err,
            }),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(explain(&path, "reading the keys", &err)),
        }
    }

    /// Those of this folder; when there are none yet, a box is born with this key.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, or a new one not be written.
    pub fn open(folder: &Path, box_key: &str) -> Result<Self, StoreError> {
        match Keys::read(folder)? {
            Some(keys) => Ok(keys),
            None => Keys::change(folder, box_key, |_| ()).map(|((), keys)| keys),
        }
    }

    /// Changes what is there now, and nobody else does meanwhile: another process may have changed it since it was read last. A box is born with
    /// this key when there is none. Returns what `change` did, and the keys as they are then.
    ///
    /// # Errors
    /// [`StoreError`]; then the file is as it was.
    pub fn change<T>(
        folder: &Path,
        box_key: &str,
        change: impl FnOnce(&mut Keys) -> T,
    ) -> Result<(T, Self), StoreError> {
        let path = folder.join(LOCK);
        let mut lock = OpenOptions::new();
        let lock = lock.create(true).truncate(false).write(true).mode(0o600).open(&path);
        // Held until it is dropped.
        let _held = lock
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|err| explain(&path, "locking the keys", &err))?;
        let kept = Keys::read(folder)?;
        let mut keys = kept.clone().unwrap_or_else(|| Keys::born(box_key));
        let done = change(&mut keys);
        if kept.as_ref() != Some(&keys) {
            keys.write(folder)?;
        }
        Ok((done, keys))
    }

    /// Takes who this box is from now on. Another box than before has nothing of it: neither its pseudonyms nor the keys of its centre.
    pub fn take_identity(&mut self, identity: Identity, box_key: &str) {
        let was = self.identity.as_ref().map(|was| was.box_id.clone());
        if was.is_some_and(|was| was != identity.box_id) {
            box_key.clone_into(&mut self.box_key);
            self.epochs.clear();
        }
        self.claiming = None;
        self.identity = Some(identity);
    }

    /// Takes a key for pseudonyms; the oldest makes room.
    pub fn add_epoch(&mut self, row: EpochRow) {
        self.epochs.retain(|known| known.epoch != row.epoch);
        self.epochs.push(row);
        self.epochs.sort_by_key(|row| row.from_ns);
        let over = self.epochs.len().saturating_sub(EPOCHS_MAX);
        self.epochs.drain(..over);
    }

    /// Those for pseudonyms that are in force at this moment.
    pub fn in_force(&self, now_ns: u64) -> impl Iterator<Item = &EpochRow> {
        self.epochs.iter().filter(move |row| row.from_ns <= now_ns && now_ns < row.until_ns)
    }

    /// Writes them: the whole file or what was there before.
    fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(FILE);
        let what = "keeping the keys";
        let text = serde_json::to_string_pretty(self).map_err(|err| StoreError::Row {
            name: path.display().to_string(),
            what,
            err,
        })?;
        replace(folder, &path, text.as_bytes()).map_err(|err| explain(&path, what, &err))
    }
}

fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = PathBuf::from(format!("{}.new", path.display()));
    // One that a killed process left may be of another mode.
    match fs::remove_file(&new) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

fn explain(path: &Path, what: &'static str, err: &io::Error) -> StoreError {
    let name = path.display().to_string();
    match err.kind() {
        io::ErrorKind::StorageFull => StoreError::Full { name, what },
        _ => StoreError::ReadOnly { name, what },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn epoch(from_ns: u64) -> EpochRow {
        EpochRow { epoch: from_ns.to_string(), key: "k".into(), from_ns, until_ns: from_ns + 15 }
    }

    #[test]
    fn a_box_is_born_once_and_nobody_else_reads_its_keys() {
        let folder = tempfile::tempdir().unwrap();
        let born = Keys::open(folder.path(), "first").unwrap();
        assert_eq!(Keys::open(folder.path(), "second").unwrap(), born);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{mode:o}");
        assert!(!format!("{born:?}").contains("first"));
    }

    #[test]
    fn two_keys_are_in_force_round_a_change_and_old_ones_go() {
        let mut keys = Keys::born("");
        for from in [40, 10, 20, 30, 0, 20] {
            keys.add_epoch(epoch(from));
        }
        let in_force = |at| keys.in_force(at).map(|row| row.from_ns).collect::<Vec<_>>();
        assert_eq!((in_force(12), in_force(22), in_force(27)), (vec![10], vec![10, 20], vec![20]));
        assert_eq!(keys.epochs.len(), EPOCHS_MAX);
    }

    #[test]
    fn what_a_killed_process_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("uplink.keys.new"), "half").unwrap();
        let keys = Keys::open(folder.path(), "first").unwrap();
        assert_eq!(keys.box_key, "first");
        assert!(!folder.path().join("uplink.keys.new").exists());
    }

    #[test]
    fn who_changes_the_keys_changes_what_is_there_now() {
        let folder = tempfile::tempdir().unwrap();
        let adders: Vec<_> = (0..4)
            .map(|from| {
                let folder = folder.path().to_owned();
                std::thread::spawn(move || Keys::change(&folder, "key", |keys| keys.add_epoch(epoch(from))))
            })
            .collect();
        for adder in adders {
            adder.join().unwrap().unwrap();
        }
        let keys = Keys::read(folder.path()).unwrap().unwrap();
        assert_eq!(keys.epochs, (0..4).map(epoch).collect::<Vec<_>>());
    }

    #[test]
    fn another_box_has_nothing_of_the_one_before() {
        let identity = |box_id: &str| Identity {
            box_id: box_id.into(),
            member: String::new(),
            centre: String::new(),
            ca: String::new(),
            certificate: String::new(),
            private_key: String::new(),
            letter_key: String::new(),
            way_out: None,
        };
        let mut keys = Keys::born("first");
        keys.add_epoch(epoch(0));
        keys.take_identity(identity("one"), "second");
        assert_eq!((&keys.box_key[..], keys.epochs.len()), ("first", 1));
        keys.take_identity(identity("one"), "third");
        assert_eq!((&keys.box_key[..], keys.epochs.len()), ("first", 1));
        keys.take_identity(identity("two"), "fourth");
        assert_eq!((&keys.box_key[..], keys.epochs.len()), ("fourth", 0));
    }
}

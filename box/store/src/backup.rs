//! Copies of everything that the box remembers: taken while it runs, put back while it does not.
//!
//! A copy holds the box's keys, too: whoever has it can speak to the centre as this box.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::StoreError;
use crate::db::Db;
use crate::uplink::KEYS_FILE;

/// In this order: what the sensor has done of what was asked at the tablet is never more than what the tablet's copy holds.
const DATABASES: [&str; 3] = [crate::sensor::FILE, crate::tablet::FILE, crate::uplink::FILE];

/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Why a copy could not be made or put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A copy is made in a folder of its own.
    #[error("{0} is there already: a copy is made in a new folder")]
    Exists(String),
    /// There is nothing to copy.
    #[error("there is no file of a box in {0}")]
    Empty(String),
    /// A file of the copy is not whole.
    #[error("{0} is damaged; nothing was put back")]
    Damaged(String),
    /// A database could not be copied.
    #[error("the copy failed")]
    Store(#[from] StoreError),
    /// A file could not be copied.
    #[error("could not copy {name}")]
    File {
        /// Which.
        name: String,
        /// Why.
        #[source]
        err: io::Error,
    },
}

/// Copies what is in the folder `state` into the new folder `to`, while the box runs. There is all of it or no such folder. Returns the
/// names of the files.
///
/// # Errors
/// [`BackupError`]; then there is no copy.
pub fn back_up(state: &Path, to: &Path) -> Result<Vec<&'static str>, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.display().to_string()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // One that was left half done.
    remove(&part, |path| fs::remove_dir_all(path))?;
    DirBuilder::new().mode(0o700).create(&part).map_err(|err| failed(&part, err))?;
    let copied = copy_all(state, &part);
    if copied.is_err() {
        // The first error is the one to tell.
        let _gone = fs::remove_dir_all(&part);
    }
    let copied = copied?;
    fs::rename(&part, to).map_err(|err| failed(to, err))?;
    Ok(copied)
}

/// Puts a copy in the place of what is in the folder `state`. The box must not run. Returns the names of the files.
///
/// # Errors
/// [`BackupError`]. Before every file of the copy was read and found whole nothing is changed.
pub fn restore(from: &Path, state: &Path) -> Result<Vec<&'static str>, BackupError> {
    let found: Vec<&'static str> = DATABASES.into_iter().filter(|name| from.join(name).exists()).collect();
    if found.is_empty() {
        return Err(BackupError::Empty(from.display().to_string()));
    }
    for name in &found {
        check(&from.join(name))?;
    }
    let new = |name: &str| state.join(format!("{name}.new"));
    let with_keys = found.iter().copied().chain(from.join(KEYS_FILE).exists().then_some(KEYS_FILE));
    let found: Vec<&'static str> = with_keys.collect();
    for name in &found {
        copy(&from.join(name), &new(name), mode(name))?;
    }
    if found.contains(&crate::uplink::FILE) {
        let path = new(crate::uplink::FILE);
        let mark = || Connection::open(&path)?.execute(crate::uplink::MARK_PUT_BACK, []);
        mark().map_err(|err| StoreError::Sqlite {
            name: path.display().to_string(),
            what: "marking the copy",
            err,
        })?;
    }
    // What is not in the copy was not there when it was made.
    for name in DATABASES.into_iter().chain([KEYS_FILE]) {
        for ending in BESIDE.into_iter().chain([""]) {
            remove(&state.join(format!("{name}{ending}")), |path| fs::remove_file(path))?;
        }
    }
    for name in &found {
        fs::rename(new(name), state.join(name)).map_err(|err| failed(&state.join(name), err))?;
    }
    File::open(state).and_then(|folder| folder.sync_all()).map_err(|err| failed(state, err))?;
    Ok(found)
}

fn copy_all(state: &Path, to: &Path) -> Result<Vec<&'static str>, BackupError> {
    let mut copied = Vec::new();
    for name in DATABASES.into_iter().filter(|name| state.join(name).exists()) {
        Db::open_to_read(&state.join(name))?.back_up(&to.join(name))?;
        copied.push(name);
    }
    if copied.is_empty() {
        return Err(BackupError::Empty(state.display().to_string()));
    }
    if state.join(KEYS_FILE).exists() {
        copy(&state.join(KEYS_FILE), &to.join(KEYS_FILE), mode(KEYS_FILE))?;
        copied.push(KEYS_FILE);
    }
    Ok(copied)
}

/// Whether a database is one, and whole.
fn check(path: &Path) -> Result<(), BackupError> {
    let said = Connection::open(path)
        .and_then(|copy| copy.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)));
    match said {
        Ok(said) if said == "ok" => Ok(()),
        _ => Err(BackupError::Damaged(path.display().to_string())),
    }
}

fn mode(name: &str) -> u32 {
    if name == KEYS_FILE { 0o600 } else { 0o640 }
}

/// Copies a file; when this returns it is on the disk.
fn copy(from: &Path, to: &Path, mode: u32) -> Result<(), BackupError> {
    // One that was left half done may be of another mode.
    remove(to, |path| fs::remove_file(path))?;
    let run = || {
        let mut copy = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
        io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()
    };
    run().map_err(|err| failed(to, err))
}

fn remove(path: &Path, how: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), BackupError> {
    match how(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(failed(path, err)),
        _ => Ok(()),
    }
}

fn failed(path: &Path, err: io::Error) -> BackupError {
    BackupError::File { name: path.display().to_string(), err }
}

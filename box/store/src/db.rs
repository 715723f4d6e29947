//! A database file: opened, brought up to date, written in transactions, read by others.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction};
use rustix::fs::{StatVfsMountFlags, statvfs};

/// How long a writer waits for a reader's lock, in milliseconds, and the other way round. Guess: no transaction of ours takes a tenth of it.
const BUSY_MS: u64 = 5_000;

/// Read and written by its owner, read by its group.
const MODE: u32 = 0o640;

/// How often, and after how long, the write-ahead log of a new file is tried to be turned on. Together as long as [`BUSY_MS`].
const TRIES_MAX: u32 = 250;
const TRY_AGAIN_AFTER: core::time::Duration = core::time::Duration::from_millis(20);

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full: nothing was written.
    #[error("the disk is full: {name} was not changed ({what})")]
    Full {
        /// Which file.
        name: String,
        /// What was tried.
        what: &'static str,
    },
    /// The file, or the folder it is in, may not be written.
    #[error("{name} cannot be written ({what})")]
    ReadOnly {
        /// Which file.
        name: String,
        /// What was tried.
        what: &'static str,
    },
    /// There is no such file yet: its writer has not started.
    #[error("{name} is not there yet")]
    Missing {
        /// Which file.
        name: String,
    },
    /// It was written by a newer version of this program.
    #[error("{name} has form {found}, and this version knows up to {known}: update the program")]
    Newer {
        /// Which file.
        name: String,
        /// Its form.
        found: u32,
        /// The newest form that is known here.
        known: u32,
    },
    /// What a row holds cannot be read.
    #[error("a row of {name} cannot be read ({what})")]
    Row {
        /// Which file.
        name: String,
        /// What was tried.
        what: &'static str,
        /// Why.
        #[source]
        err: serde_json::Error,
    },
    /// Anything else that SQLite says.
    #[error("{name}: {what} failed")]
    Sqlite {
        /// Which file.
        name: String,
        /// What was tried.
        what: &'static str,
        /// Why.
        #[source]
        err: rusqlite::Error,
    },
}

impl StoreError {
    /// The word for it in how the sensor is: `disk_full`, `read_only`, or `broken` for everything that only somebody who looks can tell.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            StoreError::Full { .. } => "disk_full",
            StoreError::ReadOnly { .. } => "read_only",
            StoreError::Missing { .. }
            | StoreError::Newer { .. }
            | StoreError::Row { .. }
            | StoreError::Sqlite { .. } => "broken",
        }
    }
}

/// A database file and how to name it in errors.
#[derive(Debug)]
pub(crate) struct Db {
    connection: Connection,
    path: PathBuf,
}

impl Db {
    /// Opens for writing, makes the file when it is not there, and brings it up to date.
    pub(crate) fn open(path: &Path, migrations: &[&str]) -> Result<Db, StoreError> {
        make_private(path);
        let connection = Connection::open(path).map_err(|err| explain(path, "opening", err))?;
        let mut db = Db { connection, path: path.to_owned() };
        db.set_up().map_err(|err| explain(path, "opening", err))?;
        db.migrate(migrations)?;
        Ok(db)
    }

    /// Opens what another process writes.
    pub(crate) fn open_to_read(path: &Path) -> Result<Db, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing { name: path.display().to_string() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|err| explain(path, "opening", err))?;
        let busy = connection.busy_timeout(core::time::Duration::from_millis(BUSY_MS));
        busy.map_err(|err| explain(path, "opening", err))?;
        let db = Db { connection, path: path.to_owned() };
        match db.read("asking for its form", form)? {
            // Its writer has made it, and nothing in it yet.
            0 => Err(StoreError::Missing { name: db.name() }),
            _ => Ok(db),
        }
    }

    fn set_up(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(core::time::Duration::from_millis(BUSY_MS))?;
        self.write_ahead()?;
        // On the disk when a call returns, also when the power goes.
        self.connection.pragma_update(None, "synchronous", "full")?;
        self.connection.pragma_update(None, "foreign_keys", true)?;
        // Readers of another user may not make the two files beside the database, so its writer leaves them there.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(())
    }

    /// Turns on the write-ahead log. A reader that looks into a new file at this moment locks it, and SQLite does not wait for this lock.
    fn write_ahead(&self) -> rusqlite::Result<()> {
        let mut tries = 0;
        loop {
            match self.connection.pragma_update(None, "journal_mode", "wal") {
                Err(err) if err.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < TRIES_MAX => {
                    tries += 1;
                    std::thread::sleep(TRY_AGAIN_AFTER);
                }
                done => return done,
            }
        }
    }

    /// Runs what has not run yet; `user_version` counts what has.
    fn migrate(&mut self, migrations: &[&str]) -> Result<(), StoreError> {
        let found = self.read("asking for its form", form)?;
        let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
        if found > known {
            return Err(StoreError::Newer { name: self.name(), found, known });
        }
        if found == known {
            return Ok(());
        }
        self.write("bringing it up to date", |tx| {
            // Asked again under the lock: another process may have been quicker.
            let found = form(tx)?;
            for (number, migration) in (1..=known).zip(migrations).filter(|(number, _)| *number > found) {
                tx.execute_batch(migration)?;
                tx.pragma_update(None, "user_version", number)?;
            }
            Ok(())
        })
    }

    /// All of it or nothing. `what` names it in errors.
    pub(crate) fn write<T>(
        &mut self,
        what: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let run = |connection: &mut Connection| {
            let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let value = change(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        run(&mut self.connection).map_err(|err| explain(path, what, err))
    }

    /// One consistent view of the file.
    pub(crate) fn read<T>(
        &self,
        what: &'static str,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        ask(&self.connection).map_err(|err| explain(&self.path, what, err))
    }

    /// Reads JSON out of a row.
    pub(crate) fn parse<T: serde::de::DeserializeOwned>(
        &self,
        what: &'static str,
        body: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(body).map_err(|err| StoreError::Row { name: self.name(), what, err })
    }

    /// Copies all of it into a new file, while it is being written.
    pub(crate) fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let copy = || {
            let mut target = Connection::open(to)?;
            let backup = rusqlite::backup::Backup::new(&self.connection, &mut target)?;
            backup.run_to_completion(256, core::time::Duration::ZERO, None)
        };
        copy().map_err(|err| explain(to, "copying", err))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// How many migrations have run.
fn form(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// What is remembered is for the users of the box's roles, which are of one group. The files that SQLite makes beside it get the same mode.
fn make_private(path: &Path) {
    // Opened only when it is new: closing a file takes away the locks that SQLite has on it in this process.
    let _is_there = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o007 != 0) {
        // One of an older version. Whose it is not, opens it as it is.
        let _stays = fs::set_permissions(path, Permissions::from_mode(MODE));
    }
}

/// JSON of what we made ourselves: texts, numbers and lists always fit.
pub(crate) fn body<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|err| rusqlite::Error::ToSqlConversionFailure(Box::new(err)))
}

/// An id's 64 bits as SQLite keeps numbers.
pub(crate) const fn bits(id: u64) -> i64 {
    id.cast_signed()
}

fn explain(path: &Path, what: &'static str, err: rusqlite::Error) -> StoreError {
    let name = path.display().to_string();
    match err.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { name, what },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { name, what }
        }
        // SQLite does not tell why the operating system refused: a disk that turned read-only while the file was open is only found by asking.
        Some(ErrorCode::SystemIoFailure) => match statvfs(path) {
            Ok(disk) if disk.f_flag.contains(StatVfsMountFlags::RDONLY) => {
                StoreError::ReadOnly { name, what }
            }
            Ok(disk) if disk.f_bavail == 0 => StoreError::Full { name, what },
            _ => StoreError::Sqlite { name, what, err },
        },
        _ => StoreError::Sqlite { name, what, err },
    }
}

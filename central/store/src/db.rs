//! The database: opened, brought to its newest schema, written through one connection and read through several.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Executor as _, Row as _};

use crate::ingest::{self, Writer};
use crate::rows::{Insert, row};
use crate::shard::{BoxCell, Shard};
use crate::{int, ns};

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// Append-only; each runs once, in order.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001-begin", include_str!("../migrations/0001-begin.sql")),
    ("0002-urgent", include_str!("../migrations/0002-urgent.sql")),
    ("0003-given", include_str!("../migrations/0003-given.sql")),
    ("0004-order", include_str!("../migrations/0004-order.sql")),
    ("0005-health", include_str!("../migrations/0005-health.sql")),
    ("0006-twins", include_str!("../migrations/0006-twins.sql")),
    ("0007-old", include_str!("../migrations/0007-old.sql")),
    ("0008-received", include_str!("../migrations/0008-received.sql")),
];

/// Connections that read. Guess: a desk of a dozen people.
const READERS: u32 = 4;

/// Why something could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the centre's database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The database is of a later program.
    #[error("the centre's database was written by a later version: it has {0}")]
    TooNew(String),
    /// What was stored cannot be read back.
    #[error("the centre's database holds what cannot be read: {0}")]
    Unreadable(String),
    /// It is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// A member cannot go: what its boxes sent stands under its name.
    #[error("this member has boxes, or had them: {0}")]
    HasBoxes(i64),
    /// Nobody writes any more.
    #[error("the centre stops")]
    Stopped,
    /// A box sends out of more spools than a box has.
    #[error("a box has at most {0} spools")]
    TooManySpools(usize),
    /// A letter cannot be signed.
    #[error("a letter cannot be signed: {0}")]
    Letter(#[from] common_wire::LetterError),
}

impl From<serde_json::Error> for StoreError {
    fn from(err: serde_json::Error) -> Self {
        StoreError::Unreadable(err.to_string())
    }
}

/// What the centre keeps.
#[derive(Debug)]
pub struct Store {
    pub(crate) kind: Kind,
    pub(crate) write: AnyPool,
    pub(crate) read: AnyPool,
    pub(crate) shard: Arc<Shard>,
    pub(crate) writer: Writer,
}

impl Store {
    /// Opens the SQLite file in this folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened or is of a later version.
    pub async fn open_folder(folder: &Path) -> Result<Arc<Self>, StoreError> {
        let path = folder.join("central.db");
        Store::open(&format!("sqlite://{}?mode=rwc", path.display())).await
    }

    /// Opens the database at a URL: `sqlite:…` or `postgres:…`.
    ///
    /// # Errors
    /// As [`Self::open_folder`].
    pub async fn open(url: &str) -> Result<Arc<Self>, StoreError> {
        sqlx::any::install_default_drivers();
        let kind = if url.starts_with("sqlite:") { Kind::Sqlite } else { Kind::Postgres };
        let write = pool(kind, url, 1).await?;
        migrate(kind, &write).await?;
        let read = pool(kind, url, READERS).await?;
        let shard = Arc::new(Shard::load(&read).await?);
        let writer = ingest::start(kind, write.clone(), Arc::clone(&shard));
        Ok(Arc::new(Store { kind, write, read, shard, writer }))
    }

    /// Begins to write. Nothing is seen by others, or kept, before [`Tx::commit`].
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn begin(&self) -> Result<Tx<'static>, StoreError> {
        Tx::begin(self.kind, &self.write).await
    }

    /// Writes what is waiting, and closes.
    pub async fn close(&self) {
        let _kept = self.keep_seen().await;
        self.writer.stop().await;
        self.read.close().await;
        self.write.close().await;
    }
}

const SEEN: Insert = Insert {
    into: "INSERT INTO box_seen (box, last_seen_ns, skew_ns, letters_acked, letters_given)",
    columns: 5,
    conflict: "ON CONFLICT (box) DO UPDATE SET last_seen_ns = excluded.last_seen_ns, skew_ns = excluded.skew_ns, \
               letters_acked = excluded.letters_acked, letters_given = excluded.letters_given",
};

async fn pool(kind: Kind, url: &str, connections: u32) -> Result<AnyPool, StoreError> {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if kind == Kind::Sqlite {
                    for pragma in PRAGMAS {
                        connection.execute(*pragma).await?;
                    }
                }
                Ok(())
            })
        });
    Ok(options.connect(url).await?)
}

/// What was answered lies on the disk: `FULL` waits for it at each commit.
const PRAGMAS: &[&str] = &[
    // First: what follows may have to wait for a command on the same file.
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 8000",
];

const MIGRATION: &str = "CREATE TABLE IF NOT EXISTS migration (name TEXT NOT NULL PRIMARY KEY)";

async fn migrate(kind: Kind, pool: &AnyPool) -> Result<(), StoreError> {
    if kind == Kind::Postgres {
        // It is what writers lock. Two that make it at once trip over each other; then it is there.
        let _made = pool.execute(MIGRATION).await;
    }
    let mut tx = Tx::begin(kind, pool).await?;
    tx.inner.execute(MIGRATION).await?;
    let rows = sqlx::query("SELECT name FROM migration ORDER BY name").fetch_all(&mut *tx.inner).await?;
    let done = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    if let Some(unknown) = done.iter().find(|name| !MIGRATIONS.iter().any(|(known, _)| known == name)) {
        return Err(StoreError::TooNew(unknown.clone()));
    }
    for (name, sql) in MIGRATIONS.iter().filter(|(name, _)| !done.iter().any(|done| done == name)) {
        for statement in statements(sql) {
            tx.inner.execute(sqlx::AssertSqlSafe(statement)).await?;
        }
        sqlx::query("INSERT INTO migration (name) VALUES ($1)").bind(*name).execute(&mut *tx.inner).await?;
    }
    tx.commit().await
}

/// The statements of a migration; none of ours has a `;` in it.
fn statements(sql: &str) -> impl Iterator<Item = String> {
    let code: Vec<&str> = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let code = code.join("\n");
    let parts: Vec<String> = code.split(';').map(|part| part.trim().to_owned()).collect();
    parts.into_iter().filter(|part| !part.is_empty())
}

/// What is written together, or not at all.
#[derive(Debug)]
pub struct Tx<'c> {
    pub(crate) kind: Kind,
    pub(crate) inner: sqlx::Transaction<'c, Any>,
    /// Told to the requests when it is kept: whose letters are numbered anew, and from where; then what was sent.
    pub(crate) numbered: Vec<(Arc<BoxCell>, u64)>,
    pub(crate) letters: Vec<(Arc<BoxCell>, u64)>,
}

impl Tx<'static> {
    pub(crate) async fn begin(kind: Kind, pool: &AnyPool) -> Result<Self, StoreError> {
        let inner = match kind {
            // Whoever reads before it writes would be turned away when another wrote between.
            Kind::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => pool.begin().await?,
        };
        let mut tx = Tx { kind, inner, numbered: Vec::new(), letters: Vec::new() };
        if kind == Kind::Postgres {
            // One writer at a time, also beside a command on the same database.
            tx.inner.execute("LOCK TABLE migration IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        Ok(tx)
    }
}

impl Tx<'_> {
    /// Keeps it.
    ///
    /// # Errors
    /// [`StoreError::Sql`]; then nothing of it is kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.inner.commit().await?;
        for (cell, from) in self.numbered {
            cell.numbered_from(from);
        }
        for (cell, sent) in self.letters {
            cell.sent(sent);
        }
        Ok(())
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// The number after the largest in a table.
    pub(crate) async fn next(&mut self, largest: &'static str) -> Result<i64, StoreError> {
        let row = sqlx::query(largest).fetch_one(self.connection()).await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0) + 1)
    }
}

impl Store {
    /// Stores when boxes were seen and what they acknowledged, since the last time. What a crash takes is told again by the boxes.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn keep_seen(&self) -> Result<(), StoreError> {
        let changed = self.shard.take_changed();
        if changed.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let seen = changed.iter().map(|cell| {
            let (acked, given) = (int(cell.letters_acked()), int(cell.letters_given()));
            row![cell.no, cell.last_seen().map(ns), cell.skew_ns(), acked, given]
        });
        tx.insert(SEEN, seen.collect()).await?;
        tx.commit().await
    }
}

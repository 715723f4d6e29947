//! Who works at the desk: accounts, links that let somebody in once, and sessions.

use central_core::Role;
use common_model::Timestamp;
use sqlx::Row as _;

use crate::db::{Store, StoreError, Tx};
use crate::{at, ns};

/// Somebody at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// What they are.
    pub role: Role,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// Proves that a request comes from a page of ours.
    pub csrf: String,
    /// Until then.
    pub until: Timestamp,
}

/// Why a link lets nobody in, and whose it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// There was never such a link.
    #[error("no such link was made")]
    Unknown,
    /// It let somebody in before.
    #[error("this link was used")]
    Used(String),
    /// It is too old.
    #[error("this link is too old")]
    Old(String),
}

impl LinkRefused {
    /// Whom it would have let in.
    #[must_use]
    pub fn account(&self) -> &str {
        match self {
            LinkRefused::Unknown => "",
            LinkRefused::Used(account) | LinkRefused::Old(account) => account,
        }
    }
}

impl Tx<'_> {
    /// Adds an account, or gives it another role.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn put_account(&mut self, account: &Account, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO account (name, role, since_ns) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET role = excluded.role";
        let query = sqlx::query(sql).bind(account.name.clone()).bind(account.role.as_str()).bind(ns(now));
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// Keeps the hash of a link that lets this account in once.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_link(&mut self, hash: &str, account: &str, until: Timestamp) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO link (hash, account, until_ns) VALUES ($1, $2, $3)")
            .bind(hash.to_owned())
            .bind(account.to_owned())
            .bind(ns(until))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Uses a link up; whom it lets in.
    ///
    /// # Errors
    /// [`StoreError::Sql`]. The inner one says why it lets nobody in.
    pub async fn use_link(
        &mut self,
        hash: &str,
        now: Timestamp,
    ) -> Result<Result<Account, LinkRefused>, StoreError> {
        let sql = "UPDATE link SET used_at_ns = $1 WHERE hash = $2 AND used_at_ns IS NULL AND until_ns >= $1";
        let used = sqlx::query(sql).bind(ns(now)).bind(hash.to_owned()).execute(self.connection()).await?;
        if used.rows_affected() == 0 {
            let row =
                sqlx::query("SELECT account, used_at_ns FROM link WHERE hash = $1").bind(hash.to_owned());
            let Some(row) = row.fetch_optional(self.connection()).await? else {
                return Ok(Err(LinkRefused::Unknown));
            };
            let (of, used_at): (String, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
            return Ok(Err(if used_at.is_some() { LinkRefused::Used(of) } else { LinkRefused::Old(of) }));
        }
        let sql = "SELECT account.name, account.role FROM account JOIN link ON link.account = account.name WHERE link.hash = $1";
        let row = sqlx::query(sql).bind(hash.to_owned()).fetch_one(self.connection()).await?;
        account(row.try_get(0)?, &row.try_get::<String, _>(1)?).map(Ok)
    }

    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn add_session(
        &mut self,
        hash: &str,
        session: &Session,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO session (hash, account, csrf, since_ns, until_ns) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash.to_owned())
        .bind(session.account.name.clone())
        .bind(session.csrf.clone())
        .bind(ns(now))
        .bind(ns(session.until))
        .execute(self.connection())
        .await?;
        sqlx::query("DELETE FROM session WHERE until_ns < $1")
            .bind(ns(now))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn end_session(&mut self, hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM session WHERE hash = $1")
            .bind(hash.to_owned())
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

impl Store {
    /// The session with this hash, unless it is over.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT account.name, account.role, session.csrf, session.until_ns FROM session \
                   JOIN account ON account.name = session.account WHERE session.hash = $1 AND session.until_ns >= $2";
        let row = sqlx::query(sql).bind(hash.to_owned()).bind(ns(now)).fetch_optional(&self.read).await?;
        row.map(|row| {
            Ok(Session {
                account: account(row.try_get(0)?, &row.try_get::<String, _>(1)?)?,
                csrf: row.try_get(2)?,
                until: at(row.try_get(3)?),
            })
        })
        .transpose()
    }

    /// What the one who has this account is.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn role_of(&self, name: &str) -> Result<Option<Role>, StoreError> {
        let query = sqlx::query("SELECT role FROM account WHERE name = $1").bind(name.to_owned());
        let row = query.fetch_optional(&self.read).await?;
        row.map(|row| Ok(account(name.to_owned(), &row.try_get::<String, _>(0)?)?.role)).transpose()
    }

    /// Whether anybody has an account.
    ///
    /// # Errors
    /// [`StoreError::Sql`].
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query("SELECT name FROM account LIMIT 1").fetch_optional(&self.read).await?.is_some())
    }
}

fn account(name: String, role: &str) -> Result<Account, StoreError> {
    let role = Role::from_word(role).ok_or_else(|| StoreError::Unreadable(format!("a role {role}")))?;
    Ok(Account { name, role })
}

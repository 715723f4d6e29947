//! Many rows in one statement: what makes intake fast.

use sqlx::any::AnyArguments;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::db::{Kind, StoreError, Tx};

/// A value of a row.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(i64),
    MaybeInt(Option<i64>),
    Text(String),
    MaybeText(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Value::MaybeInt(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Int(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Value::MaybeText(value)
    }
}

/// A row from its values.
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::rows::Value::from($value)),+] };
}
pub(crate) use row;

/// Rows a statement has. Few sizes, so that each is prepared once; the largest stays under SQLite's 32,766 values.
const ROWS: [usize; 3] = [200, 20, 1];

/// A statement that puts many rows into a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insert {
    /// `INSERT INTO t (a, b)`
    pub(crate) into: &'static str,
    /// How many values a row has.
    pub(crate) columns: usize,
    /// What stands after the rows: `ON CONFLICT …`.
    pub(crate) conflict: &'static str,
}

impl Tx<'_> {
    /// Puts rows into a table.
    pub(crate) async fn insert(&mut self, insert: Insert, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let left = rows.len();
            let size = ROWS.into_iter().find(|size| *size <= left).unwrap_or(1);
            let mut arguments = AnyArguments::default();
            for value in rows.by_ref().take(size).flatten() {
                bind(&mut arguments, value)?;
            }
            let sql = sql(self.kind, insert, size);
            self.inner.execute(sqlx::query_with(AssertSqlSafe(sql), arguments)).await?;
        }
        Ok(())
    }
}

/// Binds a value.
pub(crate) fn bind(arguments: &mut AnyArguments, value: Value) -> Result<(), StoreError> {
    use sqlx::Arguments as _;
    let bound = match value {
        Value::Int(value) => arguments.add(value),
        Value::MaybeInt(value) => arguments.add(value),
        Value::Text(value) => arguments.add(value),
        Value::MaybeText(value) => arguments.add(value),
    };
    bound.map_err(|err| StoreError::Sql(sqlx::Error::Encode(err)))
}

fn sql(kind: Kind, insert: Insert, rows: usize) -> String {
    let mut sql = format!("{} VALUES ", insert.into);
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..insert.columns {
            number += 1;
            let comma = if column == 0 { "" } else { ", " };
            sql.push_str(comma);
            match kind {
                // Named values are looked up one by one when SQLite reads a statement; there would be thousands.
                Kind::Sqlite => sql.push('?'),
                Kind::Postgres => sql.push_str(&format!("${number}")),
            }
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(insert.conflict);
    sql
}

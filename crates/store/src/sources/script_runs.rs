//! The log of runs of scripts: the newest are kept. Parameters and results stand in it only while
//! an admin has turned that on, which ends by itself.

use offhook_org::{RecordId, UserContext};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{SourceError, may_author, name_key};
use crate::accounts::to_json;
use crate::database::{Row, Statement};
use crate::error::StoreError;
use crate::{Store, now_ms, serial};

/// Runs that are kept.
pub const RUNS_MAX: u32 = 10_000;

/// How long parameters and results are kept once that was turned on, in milliseconds.
pub const CAPTURE_MS: i64 = 60 * 60 * 1_000;

/// The row of `org_setting` that says until when.
const CAPTURE: &str = "script_capture";

/// One run of a script. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScriptRun {
    /// Its number; given by the store.
    #[serde(skip)]
    pub id: i64,
    /// When it began, UTC milliseconds.
    pub at_ms: i64,
    /// With whose rights.
    pub user: Option<RecordId>,
    /// That user's name.
    pub user_name: String,
    /// The class as it was called.
    pub class: String,
    /// The method as it was called.
    pub method: String,
    /// Who asked: `runApex`, `Try it`, `Test`.
    pub door: String,
    /// `ok`, `exception`, `no class`, `no method`, `not allowed`, `fault`, `limit: time`, …
    pub outcome: String,
    /// What is said of a failure.
    pub message: String,
    /// Time of the run, in microseconds.
    pub took_us: u64,
    /// Time that it waited for its turn, in microseconds.
    pub waited_us: u64,
    /// Queries and searches.
    pub queries: u32,
    /// Rows that they gave.
    pub rows: u32,
    /// Records that were written.
    pub writes: u32,
    /// Memory of the engine at the end, in bytes.
    pub memory_bytes: u64,
    /// The parameters, while they are kept.
    pub params: Option<Json>,
    /// The result, while it is kept.
    pub result: Option<Json>,
}

impl ScriptRun {
    /// Did it give a result?
    pub fn is_ok(&self) -> bool {
        self.outcome == "ok"
    }
}

impl Store {
    /// Notes a run.
    pub async fn put_script_run(&self, run: &ScriptRun) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        let number = serial::take(&mut transaction, "script_run", 1).await?;
        let id = i64::try_from(number).unwrap_or(i64::MAX);
        let put = Statement::new(
            "INSERT INTO script_run (id, class_key, is_ok, body) VALUES ($1, $2, $3, $4)",
        )
        .with(id)
        .with(name_key(&run.class))
        .with(run.is_ok())
        .with(to_json(run)?);
        transaction.execute(&put).await?;
        let prune = Statement::new("DELETE FROM script_run WHERE id <= $1");
        transaction
            .execute(&prune.with(id - i64::from(RUNS_MAX)))
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The newest runs before a number, of one class if it is named, or only those that failed.
    pub async fn script_runs(
        &self,
        class: Option<&str>,
        only_failed: bool,
        before: i64,
        limit: u32,
    ) -> Result<Vec<ScriptRun>, StoreError> {
        let mut statement = Statement::new("SELECT id, body FROM script_run WHERE id < ");
        statement.arg(before);
        if let Some(class) = class {
            statement.push(" AND class_key = ").arg(name_key(class));
        }
        if only_failed {
            statement.push(" AND NOT is_ok");
        }
        statement.push(" ORDER BY id DESC LIMIT ").arg(limit);
        let rows = self.database().read(&statement).await?;
        let run = |row: &Row| {
            let run: ScriptRun = row.json(1)?;
            Ok(ScriptRun {
                id: row.integer(0)?,
                ..run
            })
        };
        rows.iter().map(run).collect()
    }

    /// Until when parameters and results are kept, UTC milliseconds; 0 when they are not.
    pub async fn script_capture_until(&self) -> Result<i64, StoreError> {
        let held = Statement::new("SELECT body FROM org_setting WHERE name = $1").with(CAPTURE);
        let row = self.database().read_one(&held).await?;
        Ok(row.map_or(Ok(0), |row| row.json::<i64>(0))?)
    }

    /// Keeps parameters and results for the next hour, or stops that.
    pub async fn capture_script_runs(
        &self,
        user: &UserContext,
        is_on: bool,
    ) -> Result<(), SourceError> {
        may_author(user)?;
        let until_ms = if is_on { now_ms() + CAPTURE_MS } else { 0 };
        let put = Statement::new(
            "INSERT INTO org_setting (name, body) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )
        .with(CAPTURE)
        .with(to_json(&until_ms)?);
        let said = match is_on {
            true => "Parameters and results of server scripts are kept in the log for an hour",
            false => "Parameters and results of server scripts are not kept in the log",
        };
        let mut transaction = self.database().begin().await?;
        transaction.execute(&put).await?;
        self.audit_in(
            &mut transaction,
            user,
            "Server Scripts",
            "scriptCapture",
            said,
        )
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

//! A user's own sessions, as the user sees and ends them, and the user's own change of password.

use offhook_org::RecordId;

use super::{SignInError, token};
use crate::Store;
use crate::audit::one_line;
use crate::database::Statement;
use crate::error::StoreError;

/// Sessions that are shown, the newest first.
const SHOWN_MAX: i64 = 100;

/// Characters kept of what a browser says of itself.
const PROGRAM_LENGTH_MAX: usize = 200;

/// One session of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// By which it is ended; tells nothing of its token.
    pub key: String,
    /// Name of the app that an API session belongs to; `None` of a browser's.
    pub app: Option<String>,
    /// What the browser said of itself; may be empty.
    pub program: String,
    /// The address that it came from; may be empty.
    pub source: String,
    /// When it began, UTC milliseconds; unknown of sessions from an older Offhook.
    pub began_at_ms: Option<i64>,
    /// When it ends if it is not used, UTC milliseconds.
    pub expires_at_ms: i64,
    /// Is it the one that asks?
    pub is_this: bool,
}

impl Store {
    /// Notes where a session of the pages began.
    pub async fn describe_session(
        &self,
        session: &str,
        source: &str,
        program: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let note = Statement::new(
            "UPDATE session SET began_at_ms = $2, source = $3, program = $4
             WHERE token_hash = $1",
        )
        .with(token::hash(session))
        .with(now_ms)
        .with(one_line(source, PROGRAM_LENGTH_MAX))
        .with(one_line(program, PROGRAM_LENGTH_MAX));
        self.database().write(&note).await?;
        Ok(())
    }

    /// The user's live sessions, of browsers and of API clients; the newest first.
    pub async fn own_sessions(
        &self,
        user: &RecordId,
        session: &str,
        now_ms: i64,
    ) -> Result<Vec<OwnSession>, StoreError> {
        let this = token::hash(session);
        let all = Statement::new(
            "SELECT key, app, program, source, began, ends FROM (
                 SELECT token_hash AS key, NULL AS app, coalesce(program, '') AS program,
                     coalesce(source, '') AS source, began_at_ms AS began, expires_at_ms AS ends
                 FROM session WHERE user_id = $1 AND expires_at_ms > $2
                 UNION ALL SELECT token_hash, app_name, '', '', issued_at_ms, expires_at_ms
                 FROM api_session WHERE user_id = $1 AND expires_at_ms > $2
             ) AS live ORDER BY coalesce(began, 0) DESC, key LIMIT $3",
        )
        .with(user)
        .with(now_ms)
        .with(SHOWN_MAX);
        let rows = self.database().read(&all).await?;
        let sessions = rows.iter().map(|row| {
            Ok(OwnSession {
                key: row.text(0)?.to_owned(),
                app: row.optional_text(1)?.map(ToOwned::to_owned),
                program: row.text(2)?.to_owned(),
                source: row.text(3)?.to_owned(),
                began_at_ms: match row.is_null(4) {
                    true => None,
                    false => Some(row.integer(4)?),
                },
                expires_at_ms: row.integer(5)?,
                is_this: row.text(0)? == this,
            })
        });
        sessions.collect()
    }

    /// Ends one of the user's own sessions; `false` when there is no such one.
    pub async fn end_own_session(&self, user: &RecordId, key: &str) -> Result<bool, StoreError> {
        let mut ended = 0;
        for table in ["session", "api_session"] {
            let end = format!("DELETE FROM {table} WHERE user_id = $1 AND token_hash = $2");
            let end = Statement::new(end).with(user).with(key);
            ended += self.database().write(&end).await?;
        }
        self.note_revocation();
        Ok(ended > 0)
    }

    /// Ends every session of the user but this one; how many there were.
    pub async fn end_other_sessions(
        &self,
        user: &RecordId,
        session: &str,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database().begin().await?;
        let mut ended = 0;
        for statement in other_sessions(user, session) {
            ended += transaction.execute(&statement).await?;
        }
        transaction.commit().await?;
        self.note_revocation();
        Ok(ended)
    }

    /// Changes a user's own password: the present one must be right, and wrong ones lock the name
    /// as at the login page. Every other session of the user ends.
    pub async fn change_password(
        &self,
        user_name: &str,
        present: &str,
        new: &str,
        session: &str,
        now_ms: i64,
    ) -> Result<(), SignInError> {
        let proved = self.prove_password(user_name, present, now_ms).await?;
        self.forgive_attempts(&proved.name_hash).await?;
        let hash = self.inner.passwords.hash(new).await?;
        let set = Statement::new("UPDATE password SET hash = $2 WHERE user_id = $1");
        let mut transaction = self.database().begin().await.map_err(StoreError::from)?;
        let statements = [set.with(&proved.user).with(hash)];
        for statement in statements
            .into_iter()
            .chain(other_sessions(&proved.user, session))
        {
            transaction
                .execute(&statement)
                .await
                .map_err(StoreError::from)?;
        }
        transaction.commit().await.map_err(StoreError::from)?;
        self.note_revocation();
        Ok(())
    }
}

fn other_sessions(user: &RecordId, session: &str) -> [Statement; 2] {
    let browsers = Statement::new("DELETE FROM session WHERE user_id = $1 AND token_hash <> $2");
    let clients = Statement::new("DELETE FROM api_session WHERE user_id = $1");
    [
        browsers.with(user).with(token::hash(session)),
        clients.with(user),
    ]
}

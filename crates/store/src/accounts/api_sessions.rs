//! Sessions of API clients: the access tokens that OAuth and the SOAP login give out. They look
//! like the platform's (`{15 characters of the org's id}!{opaque}`); only hashes are kept.

use offhook_org::RecordId;
use offhook_org::oauth::Scopes;

use super::{EXTEND_EVERY_MS, token};
use crate::Store;
use crate::database::{DbError, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::random;

/// A token longer than this is none of ours.
const TOKEN_LENGTH_MAX: usize = 512;

/// The session of an API client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSession {
    /// For whom the client acts.
    pub user: RecordId,
    /// Name of the connected app, or what the client called itself at the SOAP login.
    pub app: String,
    /// What the token is good for.
    pub scopes: Scopes,
    /// When it was given out, UTC milliseconds.
    pub issued_at_ms: i64,
    /// When it ends unless it is used, UTC milliseconds.
    pub expires_at_ms: i64,
    /// The registered app (key prefix 0H4), if one asked.
    pub app_id: Option<RecordId>,
}

/// To whom and for what a session is to be given.
#[derive(Debug, Clone)]
pub struct NewApiSession {
    /// For whom the client acts.
    pub user: RecordId,
    /// Name of the client for logs, limits and Setup.
    pub app: String,
    /// The registered app, if one asked.
    pub app_id: Option<RecordId>,
    /// The grant that the session ends with, if there is one.
    pub grant: Option<RecordId>,
    /// What it is good for.
    pub scopes: Scopes,
}

const COLUMNS: &str = "s.user_id, s.app_name, s.scopes, s.issued_at_ms, s.expires_at_ms, s.app_id";

impl Store {
    /// The live session with this token, its end moved on. Looked up each time, so that what was
    /// revoked, and who was deactivated, is out with the next request.
    pub async fn api_session(
        &self,
        token: &str,
        now_ms: i64,
    ) -> Result<Option<ApiSession>, StoreError> {
        let Some(found) = self.peek_api_session(token, now_ms).await? else {
            return Ok(None);
        };
        let idle_ms = self.api_policy().await?.session_idle_ms;
        let mut session = found;
        if session.expires_at_ms < now_ms + idle_ms - EXTEND_EVERY_MS {
            session.expires_at_ms = now_ms + idle_ms;
            let extend = Statement::new(
                "UPDATE api_session SET expires_at_ms = $2
                 WHERE token_hash = $1 AND expires_at_ms < $2",
            )
            .with(token::hash(token))
            .with(session.expires_at_ms);
            self.database().write(&extend).await?;
        }
        Ok(Some(session))
    }

    /// The live session with this token, without using it: for introspection.
    pub async fn peek_api_session(
        &self,
        token: &str,
        now_ms: i64,
    ) -> Result<Option<ApiSession>, StoreError> {
        if token.len() > TOKEN_LENGTH_MAX || !token.contains('!') {
            return Ok(None);
        }
        let statement = Statement::new(format!(
            "SELECT {COLUMNS} FROM api_session s JOIN org_user u ON u.id = s.user_id
             WHERE s.token_hash = $1 AND s.expires_at_ms > $2 AND u.isactive AND NOT u.is_deleted"
        ))
        .with(token::hash(token))
        .with(now_ms);
        let row = self.database().read_one(&statement).await?;
        row.as_ref().map(read_session).transpose()
    }

    /// Gives out a session and says its token, which nobody can read again.
    pub async fn issue_api_session(
        &self,
        new: &NewApiSession,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let mut transaction = self.database().begin().await?;
        let token = self
            .insert_api_session(&mut transaction, new, now_ms)
            .await?;
        transaction.commit().await?;
        Ok(token)
    }

    pub(super) async fn insert_api_session(
        &self,
        transaction: &mut Transaction,
        new: &NewApiSession,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let token = format!("{}!{}", self.org_id().short(), random::token());
        let idle_ms = self.api_policy().await?.session_idle_ms;
        let clear = Statement::new("DELETE FROM api_session WHERE expires_at_ms <= $1");
        transaction.execute(&clear.with(now_ms)).await?;
        let insert = Statement::new(
            "INSERT INTO api_session (token_hash, user_id, app_id, grant_id, app_name, scopes,
                 issued_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .with(token::hash(&token))
        .with(&new.user)
        .with(optional(new.app_id.as_ref()))
        .with(optional(new.grant.as_ref()))
        .with(new.app.as_str())
        .with(new.scopes.to_string())
        .with(now_ms)
        .with(now_ms + idle_ms);
        transaction.execute(&insert).await?;
        Ok(token)
    }

    /// Ends the session with this token; `false` when there is none.
    pub async fn revoke_api_session(&self, token: &str) -> Result<bool, StoreError> {
        let end = Statement::new("DELETE FROM api_session WHERE token_hash = $1");
        let ended = self.database().write(&end.with(token::hash(token))).await?;
        self.note_revocation();
        Ok(ended > 0)
    }

    /// A number that changes whenever tokens are revoked. Whoever holds a connection open for a
    /// session asks [`Store::api_session`] again when it does, and once a second beside, since a
    /// user can also be deactivated.
    pub fn api_revocations(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.api_revocations.subscribe()
    }

    pub(crate) fn note_revocation(&self) {
        self.inner
            .api_revocations
            .send_modify(|count| *count = count.wrapping_add(1));
    }
}

fn optional(id: Option<&RecordId>) -> Option<String> {
    id.map(|id| id.as_str().to_owned())
}

fn read_session(row: &Row) -> Result<ApiSession, StoreError> {
    Ok(ApiSession {
        user: row.record_id(0)?,
        app: row.text(1)?.to_owned(),
        scopes: read_scopes(row, 2)?,
        issued_at_ms: row.integer(3)?,
        expires_at_ms: row.integer(4)?,
        app_id: match row.is_null(5) {
            true => None,
            false => Some(row.record_id(5)?),
        },
    })
}

pub(super) fn read_scopes(row: &Row, column: usize) -> Result<Scopes, DbError> {
    Scopes::parse(row.text(column)?)
        .map_err(|word| DbError::Corrupt(format!("the scope {word:?} of a token")))
}

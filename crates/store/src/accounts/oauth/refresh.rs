//! Refresh tokens, and the end of tokens.

use offhook_org::RecordId;
use offhook_org::oauth::Scopes;

use super::{Grant, GrantError, Tokens, end_grant, insert_refresh_token, is_active};
use crate::Store;
use crate::accounts::api_sessions::read_scopes;
use crate::accounts::connected_apps::ConnectedApp;
use crate::accounts::token;
use crate::database::{Row, Statement, Transaction};
use crate::error::StoreError;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What introspection tells of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenFacts {
    /// For whom.
    pub user: RecordId,
    /// Whose.
    pub app_id: RecordId,
    /// What it is good for.
    pub scopes: Scopes,
    /// UTC milliseconds.
    pub issued_at_ms: i64,
}

impl Store {
    /// A new session for a refresh token; with rotation, a new refresh token too. One that was
    /// replaced ends its whole family.
    pub async fn refresh(
        &self,
        app: &ConnectedApp,
        refresh_token: &str,
        asked: &Scopes,
        now_ms: i64,
    ) -> Result<Tokens, GrantError> {
        let token_hash = token::hash(refresh_token);
        let mut transaction = self.database().begin().await?;
        let Some(row) = self.refresh_token_of(&mut transaction, &token_hash).await? else {
            return Err(GrantError::Unknown);
        };
        let grant = Grant {
            id: row.record_id(0)?,
            app,
            user: row.record_id(2)?,
            scopes: read_scopes(&row, 3)?,
        };
        if row.record_id(1)? != app.id {
            return Err(GrantError::Unknown);
        }
        if let Some(over) = why_over(&row, app, now_ms)? {
            end_grant(&mut transaction, grant.id.as_str()).await?;
            transaction.commit().await?;
            self.note_revocation();
            return Err(over);
        }
        if !is_active(&mut transaction, &grant.user).await? {
            return Err(GrantError::Inactive);
        }
        if grant.scopes.lack(asked).is_some() {
            return Err(GrantError::Scope);
        }
        let note = Statement::new(
            "UPDATE oauth_grant SET last_used_ms = $2, use_count = use_count + 1 WHERE id = $1",
        )
        .with(&grant.id)
        .with(now_ms);
        transaction.execute(&note).await?;
        let next = match app.settings.rotate_refresh_tokens {
            true => Some(rotate(&mut transaction, &token_hash, &grant.id, now_ms).await?),
            false => None,
        };
        let scopes = match asked.is_empty() {
            true => grant.scopes.clone(),
            false => asked.clone(),
        };
        let tokens = self
            .give(&mut transaction, &grant, scopes, next, now_ms)
            .await?;
        transaction.commit().await?;
        Ok(tokens)
    }

    async fn refresh_token_of(
        &self,
        transaction: &mut Transaction,
        token_hash: &str,
    ) -> Result<Option<Row>, StoreError> {
        let lock = self.database().dialect().for_update();
        let find = Statement::new(format!(
            "SELECT g.id, g.app_id, g.user_id, g.scopes, g.last_used_ms, r.replaced_at_ms
             FROM refresh_token r JOIN oauth_grant g ON g.id = r.grant_id
             WHERE r.token_hash = $1{lock}"
        ))
        .with(token_hash);
        Ok(transaction.fetch_one(&find).await?)
    }

    /// Ends what this token opens: an access token its session, a refresh token its family.
    /// `false` when it opens nothing.
    pub async fn revoke_token(&self, text: &str) -> Result<bool, StoreError> {
        let hash = token::hash(text);
        let end_session = Statement::new("DELETE FROM api_session WHERE token_hash = $1");
        let end_family = Statement::new(
            "DELETE FROM oauth_grant WHERE id IN (
                 SELECT grant_id FROM refresh_token WHERE token_hash = $1)",
        );
        let mut transaction = self.database().begin().await?;
        let mut ended = transaction
            .execute(&end_session.with(hash.as_str()))
            .await?;
        ended += transaction.execute(&end_family.with(hash)).await?;
        transaction.commit().await?;
        self.note_revocation();
        Ok(ended > 0)
    }

    /// What a refresh token is, if it is good.
    pub async fn refresh_token_facts(
        &self,
        text: &str,
    ) -> Result<Option<RefreshTokenFacts>, StoreError> {
        let find = Statement::new(
            "SELECT g.user_id, g.app_id, g.scopes, r.created_at_ms
             FROM refresh_token r JOIN oauth_grant g ON g.id = r.grant_id
             JOIN org_user u ON u.id = g.user_id
             WHERE r.token_hash = $1 AND r.replaced_at_ms IS NULL
                 AND u.isactive AND NOT u.is_deleted",
        )
        .with(token::hash(text));
        let Some(row) = self.database().read_one(&find).await? else {
            return Ok(None);
        };
        Ok(Some(RefreshTokenFacts {
            user: row.record_id(0)?,
            app_id: row.record_id(1)?,
            scopes: read_scopes(&row, 2)?,
            issued_at_ms: row.integer(3)?,
        }))
    }
}

/// Why the family of a token ends, if it does.
fn why_over(row: &Row, app: &ConnectedApp, now_ms: i64) -> Result<Option<GrantError>, StoreError> {
    if !row.is_null(5) {
        return Ok(Some(GrantError::Reused));
    }
    let days = app.settings.refresh_token_days.map(i64::from);
    let last_used_ms = row.integer(4)?;
    let is_old = days.is_some_and(|days| last_used_ms + days * DAY_MS <= now_ms);
    Ok(is_old.then_some(GrantError::Expired))
}

async fn rotate(
    transaction: &mut Transaction,
    token_hash: &str,
    grant: &RecordId,
    now_ms: i64,
) -> Result<String, StoreError> {
    let replaced =
        Statement::new("UPDATE refresh_token SET replaced_at_ms = $2 WHERE token_hash = $1")
            .with(token_hash)
            .with(now_ms);
    transaction.execute(&replaced).await?;
    Ok(insert_refresh_token(transaction, grant, now_ms).await?)
}

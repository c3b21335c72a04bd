//! What OAuth gives out: codes, refresh tokens, and the sessions that come from them. Everything
//! that one act of granting gave is a family: it is listed, counted and revoked as one, and the
//! reuse of a code or of a replaced refresh token ends it (RFC 9700, 2.2.2 and 4.14).

mod codes;
mod devices;
mod one_time;
mod refresh;

use offhook_org::RecordId;
use offhook_org::oauth::{Scope, Scopes};

pub use codes::CodeProof;
pub use devices::{DeviceQuestion, DeviceStart};
pub use refresh::RefreshTokenFacts;

use super::connected_apps::ConnectedApp;
use super::{NewApiSession, token};
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::{Store, random, serial};

/// Key prefix of OauthToken.
const KEY_PREFIX: &str = "0CQ";

/// Grants that a user has for one app; a further one ends the oldest, as on the platform.
const GRANTS_MAX: i64 = 5;

/// Sessions that live for one grant; a further one ends the oldest.
const SESSIONS_MAX: i64 = 100;

/// What a client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// A refresh token, where one is due.
    pub refresh_token: Option<String>,
    /// What they are good for.
    pub scopes: Scopes,
    /// For whom.
    pub user: RecordId,
    /// UTC milliseconds.
    pub issued_at_ms: i64,
    /// Of the request for the code, to stand in the id token.
    pub nonce: Option<String>,
}

/// Why a client gets nothing.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It was never given out, or not to this app.
    #[error("the code or token is not one of this app's")]
    Unknown,
    /// It was good once.
    #[error("the code or token has expired")]
    Expired,
    /// It was used before; everything that came from it has ended.
    #[error("the code or token was used before, and what it gave was revoked")]
    Reused,
    /// The address is another than in the request for the code.
    #[error("the redirect address differs from the one of the request")]
    RedirectMismatch,
    /// The verifier does not fit the challenge, or is missing.
    #[error("the code verifier does not fit")]
    WrongVerifier,
    /// The scopes are more than was granted.
    #[error("more scopes than were granted")]
    Scope,
    /// The user was deactivated or frozen.
    #[error("the user is not active")]
    Inactive,
    /// The person has not answered yet.
    #[error("the person has not answered yet")]
    Pending,
    /// The device asks too often.
    #[error("asked too often")]
    TooOften,
    /// The person said no.
    #[error("the person said no")]
    Denied,
    /// More is waiting than the limit.
    #[error("too many devices are waiting for an answer")]
    TooMany,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for GrantError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

/// A grant that exists, and for whom.
struct Grant<'a> {
    id: RecordId,
    app: &'a ConnectedApp,
    user: RecordId,
    scopes: Scopes,
}

impl Store {
    /// A session without a family behind it: of the flows in which nobody is asked.
    pub async fn issue_app_session(
        &self,
        app: &ConnectedApp,
        user: &RecordId,
        scopes: &Scopes,
        now_ms: i64,
    ) -> Result<Tokens, StoreError> {
        let without_refresh: Scopes = scopes
            .iter()
            .filter(|s| *s != Scope::RefreshToken)
            .collect();
        let new = NewApiSession {
            user: user.clone(),
            app: app.settings.name.clone(),
            app_id: Some(app.id.clone()),
            grant: None,
            scopes: without_refresh,
        };
        let access_token = self.issue_api_session(&new, now_ms).await?;
        Ok(Tokens {
            access_token,
            refresh_token: None,
            scopes: new.scopes,
            user: new.user,
            issued_at_ms: now_ms,
            nonce: None,
        })
    }

    /// Did the user grant the app these scopes before?
    pub async fn has_granted(
        &self,
        app: &RecordId,
        user: &RecordId,
        scopes: &Scopes,
    ) -> Result<bool, StoreError> {
        let statement =
            Statement::new("SELECT scopes FROM oauth_grant WHERE app_id = $1 AND user_id = $2")
                .with(app)
                .with(user);
        let rows = self.database().read(&statement).await?;
        let covers = |row| {
            Ok(super::api_sessions::read_scopes(row, 0)?
                .lack(scopes)
                .is_none())
        };
        let found: Result<Vec<bool>, StoreError> = rows.iter().map(covers).collect();
        Ok(found?.contains(&true))
    }

    /// Begins a family and gives its first tokens.
    async fn begin_grant(
        &self,
        transaction: &mut Transaction,
        app: &ConnectedApp,
        user: RecordId,
        scopes: Scopes,
        now_ms: i64,
    ) -> Result<(RecordId, Tokens), GrantError> {
        let number = serial::take(transaction, KEY_PREFIX, 1).await?;
        let grant = Grant {
            id: RecordId::from_serial(KEY_PREFIX, number),
            app,
            user,
            scopes,
        };
        let insert = Statement::new(
            "INSERT INTO oauth_grant (id, app_id, user_id, scopes, created_at_ms, last_used_ms,
                 use_count) VALUES ($1, $2, $3, $4, $5, $5, 1)",
        )
        .with(&grant.id)
        .with(&app.id)
        .with(&grant.user)
        .with(grant.scopes.to_string())
        .with(now_ms);
        transaction.execute(&insert).await?;
        let limit = Statement::new(
            "DELETE FROM oauth_grant WHERE id IN (
                 SELECT id FROM oauth_grant WHERE app_id = $1 AND user_id = $2
                 ORDER BY last_used_ms DESC, id DESC LIMIT 1000 OFFSET $3)",
        )
        .with(&app.id)
        .with(&grant.user)
        .with(GRANTS_MAX);
        transaction.execute(&limit).await?;
        let refresh_token = match grant.scopes.names(Scope::RefreshToken) {
            true => Some(insert_refresh_token(transaction, &grant.id, now_ms).await?),
            false => None,
        };
        let scopes = grant.scopes.clone();
        let tokens = self
            .give(transaction, &grant, scopes, refresh_token, now_ms)
            .await?;
        Ok((grant.id, tokens))
    }

    /// A session of a family.
    async fn give(
        &self,
        transaction: &mut Transaction,
        grant: &Grant<'_>,
        scopes: Scopes,
        refresh_token: Option<String>,
        now_ms: i64,
    ) -> Result<Tokens, GrantError> {
        let new = NewApiSession {
            user: grant.user.clone(),
            app: grant.app.settings.name.clone(),
            app_id: Some(grant.app.id.clone()),
            grant: Some(grant.id.clone()),
            scopes,
        };
        let access_token = self.insert_api_session(transaction, &new, now_ms).await?;
        let limit = Statement::new(
            "DELETE FROM api_session WHERE token_hash IN (
                 SELECT token_hash FROM api_session WHERE grant_id = $1
                 ORDER BY issued_at_ms DESC, token_hash LIMIT 1000 OFFSET $2)",
        )
        .with(&grant.id)
        .with(SESSIONS_MAX);
        transaction.execute(&limit).await?;
        Ok(Tokens {
            access_token,
            refresh_token,
            scopes: new.scopes,
            user: new.user,
            issued_at_ms: now_ms,
            nonce: None,
        })
    }
}

/// Inserted and said once. The characters are those that fit into the command line's auth URL.
async fn insert_refresh_token(
    transaction: &mut Transaction,
    grant: &RecordId,
    now_ms: i64,
) -> Result<String, DbError> {
    let refresh_token = format!("5Aep861{}", random::token());
    let insert = Statement::new(
        "INSERT INTO refresh_token (token_hash, grant_id, created_at_ms) VALUES ($1, $2, $3)",
    )
    .with(token::hash(&refresh_token))
    .with(grant)
    .with(now_ms);
    transaction.execute(&insert).await?;
    Ok(refresh_token)
}

async fn end_grant(transaction: &mut Transaction, grant: &str) -> Result<(), DbError> {
    let end = Statement::new("DELETE FROM oauth_grant WHERE id = $1").with(grant);
    transaction.execute(&end).await?;
    Ok(())
}

async fn is_active(transaction: &mut Transaction, user: &RecordId) -> Result<bool, DbError> {
    let user = Statement::new(
        "SELECT 1 FROM org_user u WHERE u.id = $1 AND u.isactive AND NOT u.is_deleted
         AND NOT EXISTS (SELECT 1 FROM user_freeze f WHERE f.user_id = u.id)",
    )
    .with(user);
    Ok(transaction.fetch_one(&user).await?.is_some())
}

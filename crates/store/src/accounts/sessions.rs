//! Signing in and out, and the sessions between.

use offhook_org::RecordId;

use super::{EXTEND_EVERY_MS, IDLE_MAX_MS, NamedUser, Session, SignInError, token};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::random;

/// Wrong passwords in a row that lock a user name.
const FAILED_MAX: i64 = 5;

/// How long it stays locked; also how long failures are remembered.
const LOCK_MS: i64 = 15 * 60 * 1_000;

/// Attempts while locked do not move the lock's end.
const COUNT_ATTEMPT: &str = "
    INSERT INTO sign_in_failure (name_hash, failed_count, last_ms) VALUES ($1, 1, $2)
    ON CONFLICT (name_hash) DO UPDATE SET
        failed_count = CASE
            WHEN sign_in_failure.last_ms <= $3 THEN 1
            ELSE sign_in_failure.failed_count + 1
        END,
        last_ms = CASE
            WHEN sign_in_failure.failed_count >= $4 AND sign_in_failure.last_ms > $3
            THEN sign_in_failure.last_ms
            ELSE $2
        END
    RETURNING failed_count, last_ms";

impl Store {
    /// Signs in; 5 wrong passwords in a row lock the user for 15 minutes. A name that no user
    /// has is locked in the same way, so that nothing tells it from one that a user has.
    pub async fn sign_in(
        &self,
        user_name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Session, SignInError> {
        let proved = self.prove_password(user_name, password, now_ms).await?;
        let session = Session::new(proved.user, now_ms);
        self.begin_session(&session, &proved.name_hash, now_ms)
            .await?;
        Ok(session)
    }

    /// Whose password this is. The attempt stays counted: whoever goes on from here forgives it.
    pub(super) async fn prove_password(
        &self,
        user_name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Proved, SignInError> {
        let name_hash = token::hash(&user_name.trim().to_lowercase());
        self.count_attempt(&name_hash, now_ms).await?;
        let user = self.user_to_sign_in(user_name.trim()).await?;
        let hash = user.as_ref().and_then(|u| u.password_hash.as_deref());
        if !self.inner.passwords.verify(password, hash).await? {
            return Err(SignInError::Wrong);
        }
        match user.filter(|user| user.is_active) {
            Some(user) => Ok(Proved {
                user: user.id,
                name_hash,
            }),
            None => Err(SignInError::Inactive),
        }
    }

    /// Counts the attempt as failed before the password is looked at, so that a hundred guesses
    /// at once are not a hundred first ones; a right password takes the count back.
    pub(super) async fn count_attempt(
        &self,
        name_hash: &str,
        now_ms: i64,
    ) -> Result<(), SignInError> {
        let count = Statement::new(COUNT_ATTEMPT)
            .with(name_hash)
            .with(now_ms)
            .with(now_ms - LOCK_MS)
            .with(FAILED_MAX);
        let forget = Statement::new("DELETE FROM sign_in_failure WHERE last_ms <= $1");
        let mut transaction = self.database().begin().await?;
        transaction.execute(&forget.with(now_ms - LOCK_MS)).await?;
        let row = transaction.fetch_one(&count).await?;
        transaction.commit().await?;
        let Some(row) = row else { return Ok(()) };
        if row.integer(0)? <= FAILED_MAX {
            return Ok(());
        }
        let left_ms = (row.integer(1)? + LOCK_MS - now_ms).max(1);
        let minutes = u32::try_from((left_ms + 59_999) / 60_000).unwrap_or(u32::MAX);
        Err(SignInError::Locked { minutes })
    }

    /// The user with this name, in any case of its letters, and whether it is active.
    pub async fn user_named(&self, user_name: &str) -> Result<Option<NamedUser>, StoreError> {
        let user = self.user_to_sign_in(user_name).await?;
        Ok(user.map(|user| NamedUser {
            id: user.id,
            is_active: user.is_active,
        }))
    }

    pub(super) async fn user_to_sign_in(
        &self,
        user_name: &str,
    ) -> Result<Option<UserToSignIn>, StoreError> {
        let dialect = self.database().dialect();
        let statement = Statement::new(format!(
            "SELECT u.id, u.isactive AND NOT EXISTS (
                        SELECT 1 FROM user_freeze f WHERE f.user_id = u.id), p.hash
             FROM org_user u
             LEFT JOIN password p ON p.user_id = u.id
             WHERE {} = {} AND NOT u.is_deleted",
            dialect.folded("u.username"),
            dialect.folded("$1")
        ))
        .with(user_name);
        let Some(row) = self.database().read_one(&statement).await? else {
            return Ok(None);
        };
        Ok(Some(UserToSignIn {
            id: row.record_id(0)?,
            is_active: !row.is_null(1) && row.boolean(1)?,
            password_hash: row.optional_text(2)?.map(ToOwned::to_owned),
        }))
    }

    pub(super) async fn forgive_attempts(&self, name_hash: &str) -> Result<(), StoreError> {
        let forgive = Statement::new("DELETE FROM sign_in_failure WHERE name_hash = $1");
        self.database().write(&forgive.with(name_hash)).await?;
        Ok(())
    }

    async fn begin_session(
        &self,
        session: &Session,
        name_hash: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let forgive = Statement::new("DELETE FROM sign_in_failure WHERE name_hash = $1");
        let forgive = forgive.with(name_hash);
        let clear = Statement::new("DELETE FROM session WHERE expires_at_ms <= $1").with(now_ms);
        let begin = Statement::new(
            "INSERT INTO session (token_hash, user_id, expires_at_ms) VALUES ($1, $2, $3)",
        )
        .with(token::hash(&session.token))
        .with(&session.user)
        .with(session.expires_at_ms);
        let mut transaction = self.database().begin().await?;
        for statement in [forgive, clear, begin] {
            transaction.execute(&statement).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The live session with this token, its end moved on (12 hours after the last use).
    pub async fn session(&self, token: &str, now_ms: i64) -> Result<Option<Session>, StoreError> {
        let token_hash = token::hash(token);
        let statement = Statement::new(
            "SELECT s.user_id, s.expires_at_ms FROM session s
             JOIN org_user u ON u.id = s.user_id
             WHERE s.token_hash = $1 AND s.expires_at_ms > $2 AND u.isactive AND NOT u.is_deleted",
        )
        .with(token_hash.as_str())
        .with(now_ms);
        let Some(row) = self.database().read_one(&statement).await? else {
            return Ok(None);
        };
        let mut session = Session {
            token: token.to_owned(),
            csrf_token: token::csrf(token),
            user: row.record_id(0)?,
            expires_at_ms: row.integer(1)?,
        };
        if session.expires_at_ms < now_ms + IDLE_MAX_MS - EXTEND_EVERY_MS {
            session.expires_at_ms = now_ms + IDLE_MAX_MS;
            self.extend_session(&token_hash, session.expires_at_ms)
                .await?;
        }
        Ok(Some(session))
    }

    pub(super) async fn extend_session(
        &self,
        token_hash: &str,
        expires_at_ms: i64,
    ) -> Result<(), StoreError> {
        let extend = Statement::new(
            "UPDATE session SET expires_at_ms = $2 WHERE token_hash = $1 AND expires_at_ms < $2",
        )
        .with(token_hash)
        .with(expires_at_ms);
        self.database().write(&extend).await?;
        Ok(())
    }

    /// Ends a session and every softphone ticket that came from it.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let end = Statement::new("DELETE FROM session WHERE token_hash = $1");
        let end = end.with(token::hash(token));
        self.database().write(&end).await?;
        Ok(())
    }

    /// Sets a user's password and ends the sessions that the old one began, those of API
    /// clients too.
    pub async fn set_password(&self, user: &RecordId, password: &str) -> Result<(), StoreError> {
        let hash = self.inner.passwords.hash(password).await?;
        let set = Statement::new(
            "INSERT INTO password (user_id, hash) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash",
        )
        .with(user)
        .with(hash);
        let end = Statement::new("DELETE FROM session WHERE user_id = $1").with(user);
        let end_api = Statement::new("DELETE FROM api_session WHERE user_id = $1").with(user);
        let mut transaction = self.database().begin().await?;
        for statement in [set, end, end_api] {
            transaction.execute(&statement).await?;
        }
        transaction.commit().await?;
        self.note_revocation();
        Ok(())
    }
}

/// A user whose password was right.
pub(super) struct Proved {
    pub(super) user: RecordId,
    /// Under which attempts at the name are counted.
    pub(super) name_hash: String,
}

pub(super) struct UserToSignIn {
    pub(super) id: RecordId,
    pub(super) is_active: bool,
    pub(super) password_hash: Option<String>,
}

impl Session {
    pub(super) fn new(user: RecordId, now_ms: i64) -> Self {
        let token = random::token();
        Self {
            csrf_token: token::csrf(&token),
            token,
            user,
            expires_at_ms: now_ms + IDLE_MAX_MS,
        }
    }
}

//! From a token into the console: a one-time password in an address, good for a minute, becomes
//! a console session (`frontdoor.jsp`).

use offhook_org::RecordId;

use crate::Store;
use crate::accounts::{Session, token};
use crate::database::Statement;
use crate::error::StoreError;
use crate::random;

/// How long the address is good for.
const ONE_TIME_MS: i64 = 60 * 1_000;

impl Store {
    /// A one-time password that opens the console for a user.
    pub async fn issue_one_time_login(
        &self,
        user: &RecordId,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let password = random::token();
        let clear = Statement::new("DELETE FROM one_time_login WHERE expires_at_ms <= $1");
        let insert = Statement::new(
            "INSERT INTO one_time_login (password_hash, user_id, expires_at_ms)
             VALUES ($1, $2, $3)",
        )
        .with(token::hash(&password))
        .with(user)
        .with(now_ms + ONE_TIME_MS);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&clear.with(now_ms)).await?;
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(password)
    }

    /// Takes the one-time password, and opens a console session; `None` when it is over.
    pub async fn redeem_one_time_login(
        &self,
        password: &str,
        now_ms: i64,
    ) -> Result<Option<Session>, StoreError> {
        let take = Statement::new(
            "DELETE FROM one_time_login WHERE password_hash = $1
             RETURNING user_id, expires_at_ms",
        )
        .with(token::hash(password));
        let mut transaction = self.database().begin().await?;
        let row = transaction.fetch_one(&take).await?;
        transaction.commit().await?;
        match row {
            Some(row) if row.integer(1)? > now_ms => {
                self.open_session(&row.record_id(0)?, now_ms).await
            }
            Some(_) | None => Ok(None),
        }
    }

    /// A console session for an active user who has proven who it is in another way.
    pub async fn open_session(
        &self,
        user: &RecordId,
        now_ms: i64,
    ) -> Result<Option<Session>, StoreError> {
        let session = Session::new(user.clone(), now_ms);
        let insert = Statement::new(
            "INSERT INTO session (token_hash, user_id, expires_at_ms)
             SELECT $1, id, $3 FROM org_user WHERE id = $2 AND isactive AND NOT is_deleted
                 AND id NOT IN (SELECT user_id FROM user_freeze)",
        )
        .with(token::hash(&session.token))
        .with(user)
        .with(session.expires_at_ms);
        let opened = self.database().write(&insert).await?;
        Ok((opened > 0).then_some(session))
    }
}

//! The softphone's way in: a one-time token in the frame's URL, swapped for a socket ticket that
//! the page keeps in memory. Both belong to a console session and end with it.

use super::{EXTEND_EVERY_MS, IDLE_MAX_MS, Session, SoftphoneUser, token};
use crate::Store;
use crate::database::{DbError, Statement, Transaction};
use crate::error::StoreError;
use crate::random;

/// How long a one-time token is good for.
const TOKEN_MS: i64 = 60 * 1_000;

/// Tickets are not cleared away one by one; each new one clears those that ended.
const CLEAR_TICKETS: &str = "DELETE FROM softphone_ticket WHERE expires_at_ms <= $1";

impl Store {
    /// A one-time token for the softphone's URL, bound to user, call center and session; 60 s.
    pub async fn issue_softphone_token(
        &self,
        session: &Session,
        call_center: &str,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let token = random::token();
        let clear = Statement::new("DELETE FROM softphone_token WHERE expires_at_ms <= $1");
        let insert = Statement::new(
            "INSERT INTO softphone_token (token_hash, session_hash, call_center, expires_at_ms)
             SELECT $1, token_hash, $3, $4 FROM session WHERE token_hash = $2",
        )
        .with(token::hash(&token))
        .with(token::hash(&session.token))
        .with(call_center)
        .with(now_ms + TOKEN_MS);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&clear.with(now_ms)).await?;
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(token)
    }

    /// Swaps the token for a socket ticket, once.
    pub async fn redeem_softphone_token(
        &self,
        token: &str,
        now_ms: i64,
    ) -> Result<Option<String>, StoreError> {
        let mut transaction = self.database().begin().await?;
        let take = Statement::new(
            "DELETE FROM softphone_token WHERE token_hash = $1
             RETURNING session_hash, call_center, expires_at_ms",
        )
        .with(token::hash(token));
        let Some(row) = transaction.fetch_one(&take).await? else {
            return Ok(None);
        };
        let (session_hash, call_center) = (row.text(0)?, row.text(1)?);
        let is_good = row.integer(2)? > now_ms;
        let ticket = random::token();
        if is_good {
            insert_ticket(&mut transaction, &ticket, session_hash, call_center, now_ms).await?;
        }
        transaction.commit().await?;
        Ok(is_good.then_some(ticket))
    }

    /// Another ticket for the one who holds this one, to be sent over the open socket; the old
    /// one stays good for its time. `None` when it is not good any more.
    pub async fn renew_softphone_ticket(
        &self,
        ticket: &str,
        now_ms: i64,
    ) -> Result<Option<String>, StoreError> {
        let Some(held) = self.held_ticket(ticket, now_ms).await? else {
            return Ok(None);
        };
        let fresh = random::token();
        let mut transaction = self.database().begin().await?;
        let call_center = &held.holder.call_center;
        insert_ticket(
            &mut transaction,
            &fresh,
            &held.session_hash,
            call_center,
            now_ms,
        )
        .await?;
        transaction.commit().await?;
        Ok(Some(fresh))
    }

    /// Who holds this ticket; good for 12 hours after its last use, as long as the session lives
    /// and the user is in the call center. Using it keeps the session alive too.
    pub async fn softphone_user(
        &self,
        ticket: &str,
        now_ms: i64,
    ) -> Result<Option<SoftphoneUser>, StoreError> {
        let Some(held) = self.held_ticket(ticket, now_ms).await? else {
            return Ok(None);
        };
        let expires_at_ms = now_ms + IDLE_MAX_MS;
        if held.expires_at_ms < expires_at_ms - EXTEND_EVERY_MS {
            let extend = Statement::new(
                "UPDATE softphone_ticket SET expires_at_ms = $2 WHERE ticket_hash = $1",
            )
            .with(token::hash(ticket))
            .with(expires_at_ms);
            self.database().write(&extend).await?;
            self.extend_session(&held.session_hash, expires_at_ms)
                .await?;
        }
        Ok(Some(held.holder))
    }

    async fn held_ticket(
        &self,
        ticket: &str,
        now_ms: i64,
    ) -> Result<Option<HeldTicket>, StoreError> {
        let statement = Statement::new(
            "SELECT u.id, t.call_center, t.session_hash, t.expires_at_ms
             FROM softphone_ticket t
             JOIN session s ON s.token_hash = t.session_hash
             JOIN org_user u ON u.id = s.user_id
             WHERE t.ticket_hash = $1 AND t.expires_at_ms > $2 AND s.expires_at_ms > $2
                 AND u.isactive AND NOT u.is_deleted
                 AND lower(u.callcentername) = lower(t.call_center)",
        )
        .with(token::hash(ticket))
        .with(now_ms);
        let Some(row) = self.database().read_one(&statement).await? else {
            return Ok(None);
        };
        Ok(Some(HeldTicket {
            holder: SoftphoneUser {
                user: row.record_id(0)?,
                call_center: row.text(1)?.to_owned(),
            },
            session_hash: row.text(2)?.to_owned(),
            expires_at_ms: row.integer(3)?,
        }))
    }
}

struct HeldTicket {
    holder: SoftphoneUser,
    session_hash: String,
    expires_at_ms: i64,
}

async fn insert_ticket(
    transaction: &mut Transaction,
    ticket: &str,
    session_hash: &str,
    call_center: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let insert = Statement::new(
        "INSERT INTO softphone_ticket (ticket_hash, session_hash, call_center, expires_at_ms)
         VALUES ($1, $2, $3, $4)",
    )
    .with(token::hash(ticket))
    .with(session_hash)
    .with(call_center)
    .with(now_ms + IDLE_MAX_MS);
    let clear = Statement::new(CLEAR_TICKETS).with(now_ms);
    transaction.execute(&clear).await?;
    transaction.execute(&insert).await?;
    Ok(())
}

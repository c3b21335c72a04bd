//! For whom a page is rendered: a ticket in its address, which belongs to a console session and
//! ends with it. It opens nothing but pages.

use offhook_org::RecordId;

use crate::Store;
use crate::accounts::{Session, text_hash};
use crate::database::Statement;
use crate::error::StoreError;
use crate::random;

/// How long a ticket is good for, in milliseconds: a working day. A page that reloads itself
/// shows the same again; a session that ends takes the ticket with it.
const TICKET_MS: i64 = 12 * 60 * 60 * 1_000;

/// Tickets of one session; each new one takes the oldest beyond.
const TICKETS_MAX: u32 = 200;

impl Store {
    /// A ticket for pages of this session's user.
    pub async fn issue_page_ticket(
        &self,
        session: &Session,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let ticket = random::token();
        let session_hash = text_hash(&session.token);
        let clear = Statement::new(
            "DELETE FROM page_ticket WHERE expires_at_ms <= $1 OR ticket_hash IN (
                 SELECT ticket_hash FROM page_ticket WHERE session_hash = $2
                 ORDER BY expires_at_ms DESC LIMIT $3 OFFSET $4)",
        )
        .with(now_ms)
        .with(session_hash.as_str())
        .with(TICKETS_MAX)
        .with(TICKETS_MAX - 1);
        let insert = Statement::new(
            "INSERT INTO page_ticket (ticket_hash, session_hash, expires_at_ms)
             SELECT $1, token_hash, $3 FROM session WHERE token_hash = $2",
        )
        .with(text_hash(&ticket))
        .with(session_hash.as_str())
        .with(now_ms + TICKET_MS);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&clear).await?;
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(ticket)
    }

    /// For whom this ticket renders pages.
    pub async fn page_user(
        &self,
        ticket: &str,
        now_ms: i64,
    ) -> Result<Option<RecordId>, StoreError> {
        let held = Statement::new(
            "SELECT u.id FROM page_ticket t
             JOIN session s ON s.token_hash = t.session_hash
             JOIN org_user u ON u.id = s.user_id
             WHERE t.ticket_hash = $1 AND t.expires_at_ms > $2 AND s.expires_at_ms > $2
                 AND u.isactive AND NOT u.is_deleted",
        )
        .with(text_hash(ticket))
        .with(now_ms);
        let row = self.database().read_one(&held).await?;
        Ok(row.map(|row| row.record_id(0)).transpose()?)
    }
}

//! The audit trail of Setup: who changed what and when, as rows of SetupAuditTrail, written in
//! the transaction of the change; and the history of sign-ins.

use offhook_org::{RecordId, UserContext, Value};

use crate::Store;
use crate::database::{DbError, Transaction};
use crate::error::StoreError;
use crate::rights::rows::{link, row, text};

/// Characters of a line of the trail.
const DISPLAY_LENGTH_MAX: usize = 1_000;

/// Characters of what a client says of itself.
const CLIENT_LENGTH_MAX: usize = 64;

/// An attempt to sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInAttempt {
    /// The user; an attempt for a name that nobody has is not kept.
    pub user: Option<RecordId>,
    /// `Application`, `Remote Access 2.0`, `Other Apex API` (the platform's words).
    pub login_type: String,
    /// `Success`, `Invalid Password`, `User Locked Out`.
    pub status: String,
    /// Name of the connected app, or `Browser`.
    pub application: String,
    /// The address that it came from.
    pub source_ip: String,
    /// What the browser says it is.
    pub browser: String,
    /// `REST API`, `SOAP Partner`; empty for the pages.
    pub api_type: String,
}

impl Store {
    /// Notes a change of Setup in the transaction that makes it. `section` is the place in Setup
    /// (`Manage Users`), `action` a word of the platform's (`PermSetAssign`), `display` a
    /// sentence for people: "Assigned permission set Calls to user Sam Carter".
    pub(crate) async fn audit_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        section: &str,
        action: &str,
        display: &str,
    ) -> Result<(), DbError> {
        let line = row([
            ("Section", text(section)),
            ("Action", text(action)),
            ("Display", text(one_line(display, DISPLAY_LENGTH_MAX))),
        ]);
        let rows = vec![line];
        self.insert_rows(transaction, user, "SetupAuditTrail", rows)
            .await?;
        Ok(())
    }

    /// [`Store::audit_in`] for a change that needed no transaction of its own.
    pub async fn audit(
        &self,
        user: &UserContext,
        section: &str,
        action: &str,
        display: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        self.audit_in(&mut transaction, user, section, action, display)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes an attempt to sign in.
    pub async fn note_sign_in(
        &self,
        attempt: &SignInAttempt,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let Some(user) = &attempt.user else {
            return Ok(());
        };
        let said = |words: &str| text(one_line(words, CLIENT_LENGTH_MAX));
        let line = row([
            ("UserId", link(user)),
            ("LoginTime", Value::DateTime(now_ms)),
            ("LoginType", said(&attempt.login_type)),
            ("Status", said(&attempt.status)),
            ("Application", said(&attempt.application)),
            ("SourceIp", said(&attempt.source_ip)),
            ("Browser", said(&attempt.browser)),
            ("ApiType", said(&attempt.api_type)),
        ]);
        let mut transaction = self.database().begin().await?;
        let system = UserContext::system();
        self.insert_rows(&mut transaction, &system, "LoginHistory", vec![line])
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// A text as one line of printable characters: what comes from outside makes no lines of its own
/// and sends no commands to a terminal.
fn one_line(words: &str, length_max: usize) -> String {
    let printable = words.chars().map(|c| match c.is_control() {
        true => ' ',
        false => c,
    });
    printable.take(length_max).collect()
}

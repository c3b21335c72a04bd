//! Users signing in: passwords, sessions, softphone tokens and tickets.
//!
//! Users themselves are records of the object User; their profile is its `ProfileName` field and
//! their call center its `CallCenterName` field (internal name).

use offhook_org::access::Profile;
use offhook_org::{RecordId, UserContext};

use crate::Store;
use crate::error::StoreError;

/// A console session.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Opaque, random, 256 bits; only its hash is stored.
    pub token: String,
    /// To be sent back with every form.
    pub csrf_token: String,
    /// The user.
    pub user: RecordId,
    /// When it ends unless it is used, UTC milliseconds.
    pub expires_at_ms: i64,
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Wrong user name or password; the same for both, in the same time.
    #[error("the user name or password is wrong")]
    Wrong,
    /// Too many wrong passwords.
    #[error("too many wrong passwords: try again in {minutes} minutes")]
    Locked {
        /// Until then.
        minutes: u32,
    },
    /// The user was deactivated.
    #[error("this user is not active: ask an administrator")]
    Inactive,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who stands behind a softphone token or ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftphoneUser {
    /// The user.
    pub user: RecordId,
    /// Internal name of the call center.
    pub call_center: String,
}

impl Store {
    /// Signs in; 5 wrong passwords in a row lock the user for 15 minutes.
    pub async fn sign_in(
        &self,
        user_name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<Session, SignInError> {
        let _ = (user_name, password, now_ms);
        todo!()
    }

    /// The live session with this token, its end moved on (12 hours after the last use).
    pub async fn session(&self, token: &str, now_ms: i64) -> Result<Option<Session>, StoreError> {
        let _ = (token, now_ms);
        todo!()
    }

    /// Ends a session and every softphone ticket that came from it.
    pub async fn sign_out(&self, token: &str) -> Result<(), StoreError> {
        let _ = token;
        todo!()
    }

    /// Sets a user's password.
    pub async fn set_password(&self, user: &RecordId, password: &str) -> Result<(), StoreError> {
        let _ = (user, password);
        todo!()
    }

    /// The user with all rights worked out; `None` when not there or not active.
    pub async fn user_context(&self, user: &RecordId) -> Result<Option<UserContext>, StoreError> {
        let _ = user;
        todo!()
    }

    /// Stores or replaces a profile.
    pub async fn put_profile(&self, profile: &Profile) -> Result<(), StoreError> {
        let _ = profile;
        todo!()
    }

    /// All profiles by name.
    pub async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        todo!()
    }

    /// A one-time token for the softphone's URL, bound to user, call center and session; 60 s.
    pub async fn issue_softphone_token(
        &self,
        session: &Session,
        call_center: &str,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let _ = (session, call_center, now_ms);
        todo!()
    }

    /// Swaps the token for a socket ticket, once.
    pub async fn redeem_softphone_token(
        &self,
        token: &str,
        now_ms: i64,
    ) -> Result<Option<String>, StoreError> {
        let _ = (token, now_ms);
        todo!()
    }

    /// Who holds this ticket; good for 12 hours after its last use, as long as the session lives
    /// and the user is in the call center.
    pub async fn softphone_user(
        &self,
        ticket: &str,
        now_ms: i64,
    ) -> Result<Option<SoftphoneUser>, StoreError> {
        let _ = (ticket, now_ms);
        todo!()
    }
}

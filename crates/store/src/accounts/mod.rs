//! Users signing in: passwords, sessions, softphone tokens and tickets; and API clients that act
//! for them.
//!
//! Users themselves are records of the object User; their profile is its `ProfileName` field and
//! their call center its `CallCenterName` field (internal name).

mod api_passwords;
mod api_policy;
mod api_sessions;
mod connected_apps;
mod keys;
mod oauth;
mod own_sessions;
pub(crate) mod passwords;
mod sessions;
mod sign_ins;
mod softphone;
mod token;

use offhook_org::RecordId;

pub use api_passwords::api_enabled;
pub use api_policy::{ApiPolicy, SecurityTokenRule};
pub use api_sessions::{ApiSession, NewApiSession};
pub use connected_apps::{AppError, AppSecret, AppUse, ConnectedApp};
pub use keys::{Assertion, CERTIFICATE_SIZE_MAX, CertificateFacts, read_certificate};
pub use oauth::{CodeProof, DeviceQuestion, DeviceStart, GrantError, RefreshTokenFacts, Tokens};
pub use own_sessions::OwnSession;
pub use sign_ins::{SIGNED_IN, SignInDoor, SignInName, sign_in_status};
pub use token::access_token_hash;
pub(crate) use token::hash as text_hash;

use crate::database::Param;
use crate::error::StoreError;
pub use crate::usage::ApiUsage;

/// The fewest characters of a password (NIST SP 800-63B asks for 8 and advises more).
pub const PASSWORD_LENGTH_MIN: usize = 10;

/// The most that a form takes: more are no better, and cost time to hash.
pub const PASSWORD_LENGTH_MAX: usize = 200;

/// A session or ticket ends this long after its last use.
const IDLE_MAX_MS: i64 = 12 * 60 * 60 * 1_000;

/// The end of a session is moved at most this often, so that reading a page is rarely a write.
const EXTEND_EVERY_MS: i64 = 60 * 1_000;

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

/// A user that was looked up by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUser {
    /// The user.
    pub id: RecordId,
    /// Was it not deactivated?
    pub is_active: bool,
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

/// A parameter of JSON text.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<Param, StoreError> {
    let text = serde_json::to_string(value)
        .map_err(|e| StoreError::Failed(format!("writing JSON: {e}")))?;
    Ok(text.into())
}

//! Passwords where an API takes them: the SOAP login and the username-password flow. The user's
//! security token may, or must, stand behind the password.

use offhook_org::{RecordId, UserContext};

use super::{SecurityTokenRule, SignInError, token};
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;
use crate::random;

/// Characters of a security token, as on the platform.
const SECURITY_TOKEN_LENGTH: usize = 24;

impl Store {
    /// Who this is, by user name and password; wrong ones lock the name as at the console's
    /// door. Begins no session.
    pub async fn check_api_password(
        &self,
        user_name: &str,
        password: &str,
        now_ms: i64,
    ) -> Result<RecordId, SignInError> {
        let rule = self.api_policy().await?.security_token;
        let name_hash = token::hash(&user_name.trim().to_lowercase());
        self.count_attempt(&name_hash, now_ms).await?;
        let user = self.user_to_sign_in(user_name.trim()).await?;
        let known = match &user {
            Some(user) => self.security_token_hash(&user.id).await?,
            None => None,
        };
        let (password, has_token) = without_security_token(password, known.as_deref());
        let hash = user.as_ref().and_then(|u| u.password_hash.as_deref());
        let is_right = self.inner.passwords.verify(password, hash).await?;
        if !is_right || (rule == SecurityTokenRule::Required && !has_token) {
            return Err(SignInError::Wrong);
        }
        let Some(user) = user.filter(|u| u.is_active) else {
            return Err(SignInError::Inactive);
        };
        self.forgive_attempts(&name_hash).await?;
        Ok(user.id)
    }

    /// Gives a user a new security token and says it; the old one is over.
    pub async fn reset_security_token(&self, user: &RecordId) -> Result<String, StoreError> {
        let security_token = random::token()[..SECURITY_TOKEN_LENGTH].to_owned();
        let set = Statement::new(
            "INSERT INTO security_token (user_id, token_hash) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash",
        )
        .with(user)
        .with(token::hash(&security_token));
        self.database().write(&set).await?;
        Ok(security_token)
    }

    async fn security_token_hash(&self, user: &RecordId) -> Result<Option<String>, StoreError> {
        let find = Statement::new("SELECT token_hash FROM security_token WHERE user_id = $1");
        let row = self.database().read_one(&find.with(user)).await?;
        Ok(row
            .map(|row| row.text(0).map(ToOwned::to_owned))
            .transpose()?)
    }
}

/// The password without the security token, if the end of it is the token.
fn without_security_token<'a>(given: &'a str, known: Option<&str>) -> (&'a str, bool) {
    let at = given.len().checked_sub(SECURITY_TOKEN_LENGTH);
    let parts = at.and_then(|at| given.split_at_checked(at));
    match parts {
        Some((password, end)) if known == Some(token::hash(end).as_str()) => (password, true),
        _ => (given, false),
    }
}

/// May this user work through APIs at all?
pub fn api_enabled(user: &UserContext) -> bool {
    user.holds(offhook_org::access::Permission::ApiEnabled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_security_token_is_taken_off_the_end_and_nothing_else_is() {
        let security_token = "0123456789abcdef01234567";
        let known = token::hash(security_token);
        let both = format!("pässword{security_token}");
        assert_eq!(
            without_security_token(&both, Some(&known)),
            ("pässword", true)
        );
        for other in [
            "",
            "short",
            &both[..both.len() - 1],
            "ü0123456789abcdef0123456",
        ] {
            assert_eq!(without_security_token(other, Some(&known)), (other, false));
        }
        assert_eq!(without_security_token(&both, None), (both.as_str(), false));
    }
}

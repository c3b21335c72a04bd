//! Devices without a browser: they show a short code, a person types it elsewhere and allows it
//! (RFC 8628; the platform's device flow).

use offhook_org::RecordId;
use offhook_org::oauth::Scopes;

use super::{GrantError, Tokens, is_active};
use crate::accounts::api_sessions::read_scopes;
use crate::accounts::connected_apps::ConnectedApp;
use crate::accounts::{SignInError, token};
use crate::database::Statement;
use crate::error::StoreError;
use crate::{Store, random};

/// How long a person has to type the code.
const DEVICE_CODE_MS: i64 = 10 * 60 * 1_000;

/// A device asks at most this often.
const INTERVAL_MS: i64 = 5_000;

/// A little less is taken, since networks hurry and dawdle.
const INTERVAL_SLACK_MS: i64 = 1_000;

/// Devices that wait at once.
const WAITING_MAX: i64 = 1_000;

/// Letters of a code for people: no vowels, so that no word comes out, and nothing that looks
/// like something else.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What a device gets to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStart {
    /// The device keeps it and asks with it.
    pub device_code: String,
    /// The person types it: eight letters.
    pub user_code: String,
    /// Seconds between two questions.
    pub interval_s: i64,
    /// Seconds until both codes end.
    pub expires_in_s: i64,
}

/// What a person is asked who typed a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceQuestion {
    /// The code, as it is kept.
    pub user_code: String,
    /// Which app asks.
    pub app: RecordId,
    /// For what.
    pub scopes: Scopes,
}

impl Store {
    /// Codes for a device.
    pub async fn begin_device(
        &self,
        app: &ConnectedApp,
        scopes: &Scopes,
        now_ms: i64,
    ) -> Result<DeviceStart, GrantError> {
        let start = DeviceStart {
            device_code: random::token(),
            user_code: user_code(),
            interval_s: INTERVAL_MS / 1_000,
            expires_in_s: DEVICE_CODE_MS / 1_000,
        };
        let clear = Statement::new("DELETE FROM device_code WHERE expires_at_ms <= $1");
        let insert = Statement::new(
            "INSERT INTO device_code (device_hash, user_code, app_id, scopes, state,
                 polled_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, 'waiting', 0, $5)",
        )
        .with(token::hash(&start.device_code))
        .with(start.user_code.as_str())
        .with(&app.id)
        .with(scopes.to_string())
        .with(now_ms + DEVICE_CODE_MS);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&clear.with(now_ms)).await?;
        let count = Statement::new("SELECT count(*) FROM device_code");
        let count = transaction.fetch_one(&count).await?;
        if count.map_or(Ok(0), |row| row.integer(0))? >= WAITING_MAX {
            return Err(GrantError::TooMany);
        }
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(start)
    }

    /// What a code asks for that a person typed, with any blanks and dashes, in any case.
    pub async fn device_question(
        &self,
        typed: &str,
        now_ms: i64,
    ) -> Result<Option<DeviceQuestion>, StoreError> {
        let letters = typed.chars().filter(char::is_ascii_alphanumeric).take(20);
        let user_code: String = letters.map(|c| c.to_ascii_uppercase()).collect();
        let find = Statement::new(
            "SELECT app_id, scopes FROM device_code
             WHERE user_code = $1 AND state = 'waiting' AND expires_at_ms > $2",
        )
        .with(user_code.as_str())
        .with(now_ms);
        let Some(row) = self.database().read_one(&find).await? else {
            return Ok(None);
        };
        Ok(Some(DeviceQuestion {
            user_code,
            app: row.record_id(0)?,
            scopes: read_scopes(&row, 1)?,
        }))
    }

    /// The same for a user who types it: five wrong codes in a row, and the user must wait.
    pub async fn guess_device_code(
        &self,
        user: &RecordId,
        typed: &str,
        now_ms: i64,
    ) -> Result<Option<DeviceQuestion>, SignInError> {
        let guesser = token::hash(&format!("device code typed by {user}"));
        self.count_attempt(&guesser, now_ms).await?;
        let question = self.device_question(typed, now_ms).await?;
        if question.is_some() {
            self.forgive_attempts(&guesser).await?;
        }
        Ok(question)
    }

    /// Notes what the person said; `false` when the code is over.
    pub async fn answer_device(
        &self,
        question: &DeviceQuestion,
        user: &RecordId,
        is_allowed: bool,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let answer = Statement::new(
            "UPDATE device_code SET state = $2, user_id = $3
             WHERE user_code = $1 AND state = 'waiting' AND expires_at_ms > $4",
        )
        .with(question.user_code.as_str())
        .with(if is_allowed { "approved" } else { "denied" })
        .with(user)
        .with(now_ms);
        Ok(self.database().write(&answer).await? > 0)
    }

    /// What a device gets that asks: tokens, once the person has allowed it.
    pub async fn poll_device(
        &self,
        app: &ConnectedApp,
        device_code: &str,
        now_ms: i64,
    ) -> Result<Tokens, GrantError> {
        let device_hash = token::hash(device_code);
        let lock = self.database().dialect().for_update();
        let find = Statement::new(format!(
            "SELECT app_id, scopes, state, user_id, polled_at_ms, expires_at_ms
             FROM device_code WHERE device_hash = $1{lock}"
        ))
        .with(device_hash.as_str());
        let mut transaction = self.database().begin().await?;
        let Some(row) = transaction.fetch_one(&find).await? else {
            return Err(GrantError::Unknown);
        };
        if row.record_id(0)? != app.id {
            return Err(GrantError::Unknown);
        }
        if row.integer(5)? <= now_ms {
            return Err(GrantError::Expired);
        }
        if row.text(2)? == "waiting" {
            let note =
                Statement::new("UPDATE device_code SET polled_at_ms = $2 WHERE device_hash = $1");
            transaction
                .execute(&note.with(device_hash).with(now_ms))
                .await?;
            transaction.commit().await?;
            let is_early = row.integer(4)? + INTERVAL_MS - INTERVAL_SLACK_MS > now_ms;
            return Err(if is_early {
                GrantError::TooOften
            } else {
                GrantError::Pending
            });
        }
        let over = Statement::new("DELETE FROM device_code WHERE device_hash = $1");
        transaction.execute(&over.with(device_hash)).await?;
        if row.text(2)? == "denied" {
            transaction.commit().await?;
            return Err(GrantError::Denied);
        }
        let (user, scopes) = (row.record_id(3)?, read_scopes(&row, 1)?);
        if !is_active(&mut transaction, &user).await? {
            return Err(GrantError::Inactive);
        }
        let begun = self.begin_grant(&mut transaction, app, user, scopes, now_ms);
        let (_, tokens) = begun.await?;
        transaction.commit().await?;
        Ok(tokens)
    }
}

/// Eight letters: 34 bits of chance, for ten minutes, to be guessed by users of the org alone.
fn user_code() -> String {
    let digits = random::token();
    let bytes = digits.as_bytes().chunks(2).filter_map(|pair| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    });
    // 240 is the last multiple of 20: every letter is as likely as every other.
    let fair = bytes.filter(|byte| *byte < 240).take(8);
    let code: String = fair
        .map(|b| char::from(LETTERS[usize::from(b % 20)]))
        .collect();
    if code.len() == 8 { code } else { user_code() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_for_people_has_eight_letters() {
        for _ in 0..100 {
            let code = user_code();
            assert_eq!(code.len(), 8);
            assert!(code.bytes().all(|b| LETTERS.contains(&b)), "{code}");
        }
    }
}

//! Authorization codes: given out when a person allows an app, swapped once, within 10 minutes.

use offhook_org::RecordId;
use offhook_org::oauth::Authorization;

use super::{GrantError, Tokens, end_grant, is_active};
use crate::accounts::api_sessions::read_scopes;
use crate::accounts::connected_apps::ConnectedApp;
use crate::accounts::token;
use crate::database::{Row, Statement, Transaction};
use crate::error::StoreError;
use crate::{Store, random};

/// How long a code is good for.
const CODE_MS: i64 = 10 * 60 * 1_000;

/// How long a used code is remembered, so that its reuse is noticed.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What comes with a code.
#[derive(Debug, Clone, Copy)]
pub struct CodeProof<'a> {
    /// The redirect address, as it was in the request.
    pub redirect_uri: &'a str,
    /// Of PKCE.
    pub verifier: Option<&'a str>,
}

impl Store {
    /// A code for what a person allowed.
    pub async fn issue_authorization_code(
        &self,
        app: &ConnectedApp,
        user: &RecordId,
        authorization: &Authorization,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let code = format!("aPrx{}", random::token());
        let clear = Statement::new("DELETE FROM authorization_code WHERE expires_at_ms <= $1");
        let insert = Statement::new(
            "INSERT INTO authorization_code (code_hash, app_id, user_id, redirect_uri, scopes,
                 challenge, nonce, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .with(token::hash(&code))
        .with(&app.id)
        .with(user)
        .with(authorization.redirect_uri.as_str())
        .with(authorization.scopes.to_string())
        .with(authorization.challenge.clone())
        .with(authorization.nonce.clone())
        .with(now_ms + CODE_MS);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&clear.with(now_ms - MEMORY_MS)).await?;
        transaction.execute(&insert).await?;
        transaction.commit().await?;
        Ok(code)
    }

    /// Swaps a code for tokens, once. A second time ends what the first gave.
    pub async fn redeem_authorization_code(
        &self,
        app: &ConnectedApp,
        code: &str,
        proof: CodeProof<'_>,
        now_ms: i64,
    ) -> Result<Tokens, GrantError> {
        let code_hash = token::hash(code);
        let mut transaction = self.database().begin().await?;
        let Some(row) = self.code_of(&mut transaction, &code_hash).await? else {
            return Err(GrantError::Unknown);
        };
        if row.record_id(0)? != app.id {
            return Err(GrantError::Unknown);
        }
        if let Some(grant) = row.optional_text(6)? {
            end_grant(&mut transaction, grant).await?;
            transaction.commit().await?;
            self.note_revocation();
            return Err(GrantError::Reused);
        }
        if let Err(wrong) = check(&row, proof, now_ms) {
            // A code that was tried with the wrong proof is in the wrong hands.
            let spoil = Statement::new("DELETE FROM authorization_code WHERE code_hash = $1");
            transaction.execute(&spoil.with(code_hash)).await?;
            transaction.commit().await?;
            return Err(wrong);
        }
        let user = row.record_id(1)?;
        if !is_active(&mut transaction, &user).await? {
            return Err(GrantError::Inactive);
        }
        let scopes = read_scopes(&row, 3)?;
        let begun = self.begin_grant(&mut transaction, app, user, scopes, now_ms);
        let (grant, mut tokens) = begun.await?;
        let used = Statement::new(
            "UPDATE authorization_code SET grant_id = $2, expires_at_ms = $3 WHERE code_hash = $1",
        )
        .with(code_hash)
        .with(&grant)
        .with(now_ms);
        transaction.execute(&used).await?;
        transaction.commit().await?;
        tokens.nonce = row.optional_text(5)?.map(ToOwned::to_owned);
        Ok(tokens)
    }

    async fn code_of(
        &self,
        transaction: &mut Transaction,
        code_hash: &str,
    ) -> Result<Option<Row>, StoreError> {
        let lock = self.database().dialect().for_update();
        let find = Statement::new(format!(
            "SELECT app_id, user_id, redirect_uri, scopes, challenge, nonce, grant_id,
                 expires_at_ms FROM authorization_code WHERE code_hash = $1{lock}"
        ))
        .with(code_hash);
        Ok(transaction.fetch_one(&find).await?)
    }
}

fn check(row: &Row, proof: CodeProof<'_>, now_ms: i64) -> Result<(), GrantError> {
    if row.integer(7)? <= now_ms {
        return Err(GrantError::Expired);
    }
    if row.text(2)? != proof.redirect_uri {
        return Err(GrantError::RedirectMismatch);
    }
    let is_proven = match (row.optional_text(4)?, proof.verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => token::fits_challenge(verifier, challenge),
        // A verifier without a challenge: somebody took the challenge away on the way.
        (None, Some(_)) | (Some(_), None) => false,
    };
    match is_proven {
        true => Ok(()),
        false => Err(GrantError::WrongVerifier),
    }
}

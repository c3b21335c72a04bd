//! What the org allows to API clients as a whole.

use offhook_org::UserContext;
use serde::{Deserialize, Serialize};

use super::connected_apps::{AppError, may_customize};
use super::to_json;
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

const NAME: &str = "api_policy";

/// The org's settings for API clients. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiPolicy {
    /// SOAP `login()` with user name and password.
    pub soap_login: bool,
    /// The OAuth username-password flow, for apps that have it.
    pub password_flow: bool,
    /// Is the password alone enough where an API takes one?
    pub security_token: SecurityTokenRule,
    /// A session ends this long after its last use.
    pub session_idle_ms: i64,
}

/// What stands behind the password in an API login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityTokenRule {
    /// The password, or the password with the user's security token.
    Optional,
    /// The password with the user's security token only.
    Required,
}

impl Default for ApiPolicy {
    fn default() -> Self {
        Self {
            soap_login: false,
            password_flow: false,
            security_token: SecurityTokenRule::Optional,
            session_idle_ms: 2 * 60 * 60 * 1_000,
        }
    }
}

impl Store {
    /// What the org allows to API clients.
    pub async fn api_policy(&self) -> Result<ApiPolicy, StoreError> {
        if let Some(policy) = self.held_policy() {
            return Ok(policy);
        }
        let statement = Statement::new("SELECT body FROM org_setting WHERE name = $1").with(NAME);
        let policy = match self.database().read_one(&statement).await? {
            Some(row) => row.json(0)?,
            None => ApiPolicy::default(),
        };
        self.hold_policy(&policy);
        Ok(policy)
    }

    /// Sets what the org allows to API clients.
    pub async fn put_api_policy(
        &self,
        user: &UserContext,
        policy: &ApiPolicy,
    ) -> Result<(), AppError> {
        may_customize(user)?;
        let put = Statement::new(
            "INSERT INTO org_setting (name, body) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )
        .with(NAME)
        .with(to_json(policy)?);
        let mut transaction = self.database().begin().await?;
        transaction.execute(&put).await?;
        let switch = |on: bool| if on { "on" } else { "off" };
        let said = format!(
            "API access: SOAP login {}, username-password flow {}, security token {}",
            switch(policy.soap_login),
            switch(policy.password_flow),
            match policy.security_token {
                SecurityTokenRule::Optional => "optional",
                SecurityTokenRule::Required => "required",
            },
        );
        self.audit_in(
            &mut transaction,
            user,
            "API Access",
            "apiAccessPolicy",
            &said,
        )
        .await?;
        transaction.commit().await?;
        self.hold_policy(policy);
        Ok(())
    }

    fn held_policy(&self) -> Option<ApiPolicy> {
        let held = self.inner.api_policy.read();
        held.ok().and_then(|policy| policy.clone())
    }

    /// One process owns the database, so what it holds in memory is what is there.
    fn hold_policy(&self, policy: &ApiPolicy) {
        if let Ok(mut held) = self.inner.api_policy.write() {
            *held = Some(policy.clone());
        }
    }
}

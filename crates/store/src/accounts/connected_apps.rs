//! Connected apps: programs that are registered to act for users. Their settings are checked by
//! `org::oauth`; here they are kept, with their secrets and with who uses them.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use offhook_org::access::Permission;
use offhook_org::oauth::{AppProblem, AppSettings, PermittedUsers};
use offhook_org::{RecordId, UserContext};

use super::to_json;
use super::{keys, token};
use crate::Store;
use crate::database::{DbError, Param, Row, Statement, Transaction};
use crate::error::StoreError;
use crate::{random, serial};

/// Key prefix of ConnectedApplication.
const KEY_PREFIX: &str = "0H4";

/// Apps of an org.
const APPS_MAX: i64 = 500;

/// The place in the audit trail.
pub(super) const SECTION: &str = "Connected Apps";

/// Users that the page of an app names.
const USES_MAX: i64 = 500;

/// Client ids longer than this are none of ours.
const CLIENT_ID_LENGTH_MAX: usize = 300;

/// A registered app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedApp {
    /// Its record.
    pub id: RecordId,
    /// The consumer key.
    pub client_id: String,
    /// What an administrator settled.
    pub settings: AppSettings,
    /// Comes with every org and cannot be deleted: `PlatformCLI`.
    pub is_built_in: bool,
    /// When it was made, UTC milliseconds.
    pub created_at_ms: i64,
}

/// A user of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppUse {
    /// The user.
    pub user: RecordId,
    /// Name for display.
    pub user_name: String,
    /// Grants that live.
    pub grants: u32,
    /// Sessions that live.
    pub sessions: u32,
    /// When the app last got a token for the user, UTC milliseconds.
    pub last_used_ms: i64,
}

/// A secret of an app, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSecret {
    /// UTC milliseconds.
    pub created_at_ms: i64,
    /// When it ends, for one that was rotated away.
    pub ends_at_ms: Option<i64>,
}

/// Why an app was not saved.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The user lacks the permission.
    #[error("connected apps need the permission Customize Application")]
    NotAllowed,
    /// The settings are not right.
    #[error("the app was not saved: {}", .0.first().map_or("", |(_, why)| why))]
    Problems(Vec<AppProblem>),
    /// It is not there.
    #[error("this connected app does not exist any more")]
    NotFound,
    /// It comes with the org.
    #[error("this app comes with Offhook and cannot be deleted; block it instead")]
    BuiltIn,
    /// Too many.
    #[error("an org has at most {APPS_MAX} connected apps: delete one that nobody uses")]
    TooMany,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unique(_) => name_taken(),
            error => Self::Store(error.into()),
        }
    }
}

fn name_taken() -> AppError {
    let text = "Another connected app has this name: choose another one.";
    AppError::Problems(vec![("name", text.to_owned())])
}

const COLUMNS: &str = "id, client_id, body, is_built_in, created_at_ms";

impl Store {
    /// All apps by name.
    pub async fn connected_apps(&self) -> Result<Vec<ConnectedApp>, StoreError> {
        let all = format!("SELECT {COLUMNS} FROM connected_app ORDER BY lower(name)");
        let rows = self.database().read(&Statement::new(all)).await?;
        rows.iter().map(read_app).collect()
    }

    /// The app with this id.
    pub async fn connected_app(&self, id: &RecordId) -> Result<Option<ConnectedApp>, StoreError> {
        let one = Statement::new(format!("SELECT {COLUMNS} FROM connected_app WHERE id = $1"));
        let row = self.database().read_one(&one.with(id)).await?;
        row.as_ref().map(read_app).transpose()
    }

    /// The app with this consumer key.
    pub async fn connected_app_of_client(
        &self,
        client_id: &str,
    ) -> Result<Option<ConnectedApp>, StoreError> {
        if client_id.len() > CLIENT_ID_LENGTH_MAX {
            return Ok(None);
        }
        let one = format!("SELECT {COLUMNS} FROM connected_app WHERE client_id = $1");
        let row = self
            .database()
            .read_one(&Statement::new(one).with(client_id))
            .await?;
        row.as_ref().map(read_app).transpose()
    }

    /// Registers an app and says its secret, which nobody can read again.
    pub async fn create_connected_app(
        &self,
        user: &UserContext,
        settings: &AppSettings,
        now_ms: i64,
    ) -> Result<(ConnectedApp, String), AppError> {
        self.check_app(user, settings).await?;
        let mut transaction = self.database().begin().await?;
        let count = Statement::new("SELECT count(*) FROM connected_app");
        let count = transaction.fetch_one(&count).await?;
        if count.map_or(Ok(0), |row| row.integer(0))? >= APPS_MAX {
            return Err(AppError::TooMany);
        }
        // The first number is the built-in app's.
        let number = serial::take(&mut transaction, KEY_PREFIX, 1).await? + 1;
        let app = ConnectedApp {
            id: RecordId::from_serial(KEY_PREFIX, number),
            client_id: format!("3MVG9{}{}", random::token(), &random::token()[..16]),
            settings: settings.clone(),
            is_built_in: false,
            created_at_ms: now_ms,
        };
        let insert = Statement::new(
            "INSERT INTO connected_app (id, client_id, name, is_built_in, body, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .with(&app.id)
        .with(app.client_id.as_str())
        .with(settings.name.trim())
        .with(false)
        .with(to_json(settings)?)
        .with(now_ms);
        transaction.execute(&insert).await?;
        let secret = self
            .insert_secret(&mut transaction, &app.id, now_ms)
            .await?;
        transaction.commit().await?;
        Ok((app, secret))
    }

    /// Changes an app's settings. Blocking it ends all its tokens.
    pub async fn update_connected_app(
        &self,
        user: &UserContext,
        id: &RecordId,
        settings: &AppSettings,
    ) -> Result<(), AppError> {
        self.check_app(user, settings).await?;
        let update = Statement::new("UPDATE connected_app SET name = $2, body = $3 WHERE id = $1")
            .with(id)
            .with(settings.name.trim())
            .with(to_json(settings)?);
        let mut transaction = self.database().begin().await?;
        if transaction.execute(&update).await? == 0 {
            return Err(AppError::NotFound);
        }
        if settings.is_blocked {
            end_tokens(&mut transaction, id, None).await?;
        }
        let said = format!("Changed connected app {}", settings.name.trim());
        self.audit_in(
            &mut transaction,
            user,
            SECTION,
            "updateConnectedApplication",
            &said,
        )
        .await?;
        transaction.commit().await?;
        self.note_revocation();
        Ok(())
    }

    /// Deletes an app with all its tokens.
    pub async fn delete_connected_app(
        &self,
        user: &UserContext,
        id: &RecordId,
    ) -> Result<(), AppError> {
        may_customize(user)?;
        let app = self.connected_app(id).await?.ok_or(AppError::NotFound)?;
        if app.is_built_in {
            return Err(AppError::BuiltIn);
        }
        let mut transaction = self.database().begin().await?;
        end_tokens(&mut transaction, id, None).await?;
        let delete = Statement::new("DELETE FROM connected_app WHERE id = $1").with(id);
        transaction.execute(&delete).await?;
        let said = format!(
            "Deleted connected app {} with all its tokens",
            app.settings.name
        );
        self.audit_in(
            &mut transaction,
            user,
            SECTION,
            "deleteConnectedApplication",
            &said,
        )
        .await?;
        transaction.commit().await?;
        self.note_revocation();
        Ok(())
    }

    /// Gives an app a new secret and says it. The present one stays good for `overlap_ms`; an
    /// older one that was still good ends now, so that there are two at most.
    pub async fn rotate_app_secret(
        &self,
        user: &UserContext,
        id: &RecordId,
        overlap_ms: i64,
        now_ms: i64,
    ) -> Result<String, AppError> {
        may_customize(user)?;
        let app = self.connected_app(id).await?.ok_or(AppError::NotFound)?;
        let older = "DELETE FROM connected_app_secret
                     WHERE app_id = $1 AND ends_at_ms IS NOT NULL";
        let end = "UPDATE connected_app_secret SET ends_at_ms = $2 WHERE app_id = $1";
        let mut transaction = self.database().begin().await?;
        transaction.execute(&Statement::new(older).with(id)).await?;
        let end = Statement::new(end)
            .with(id)
            .with(now_ms + overlap_ms.max(0));
        transaction.execute(&end).await?;
        let secret = self.insert_secret(&mut transaction, id, now_ms).await?;
        let said = format!("Gave connected app {} a new secret", app.settings.name);
        self.audit_in(
            &mut transaction,
            user,
            SECTION,
            "rotateConnectedApplicationSecret",
            &said,
        )
        .await?;
        transaction.commit().await?;
        Ok(secret)
    }

    /// The secrets of an app that are good, the newest first.
    pub async fn app_secrets(
        &self,
        id: &RecordId,
        now_ms: i64,
    ) -> Result<Vec<AppSecret>, StoreError> {
        let statement = Statement::new(
            "SELECT created_at_ms, ends_at_ms FROM connected_app_secret
             WHERE app_id = $1 AND (ends_at_ms IS NULL OR ends_at_ms > $2)
             ORDER BY created_at_ms DESC",
        )
        .with(id)
        .with(now_ms);
        let rows = self.database().read(&statement).await?;
        let read = |row: &Row| {
            let ends_at_ms = match row.is_null(1) {
                true => None,
                false => Some(row.integer(1)?),
            };
            Ok(AppSecret {
                created_at_ms: row.integer(0)?,
                ends_at_ms,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Is this a secret of the app that is good?
    pub async fn app_secret_fits(
        &self,
        id: &RecordId,
        secret: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let statement = Statement::new(
            "SELECT 1 FROM connected_app_secret
             WHERE app_id = $1 AND secret_hash = $2 AND (ends_at_ms IS NULL OR ends_at_ms > $3)",
        )
        .with(id)
        .with(token::hash(secret))
        .with(now_ms);
        Ok(self.database().read_one(&statement).await?.is_some())
    }

    /// Base64 of the HMAC-SHA256 of a text with the app's newest secret: by this the app knows
    /// that a token's identity comes from us. An app without secret has the empty one.
    pub async fn sign_for_app(&self, id: &RecordId, text: &str) -> Result<String, StoreError> {
        let statement = Statement::new(
            "SELECT sealed FROM connected_app_secret WHERE app_id = $1 AND ends_at_ms IS NULL",
        )
        .with(id);
        let secret = match self.database().read_one(&statement).await? {
            Some(row) => self.open_sealed(&purpose(id), row.text(0)?)?,
            None => Vec::new(),
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Ok(STANDARD.encode(hmac::sign(&key, text.as_bytes())))
    }

    /// Did an administrator approve that this user uses the app?
    pub async fn is_approved_for(
        &self,
        app: &ConnectedApp,
        user: &RecordId,
    ) -> Result<bool, StoreError> {
        let settings = &app.settings;
        if settings.permitted_users != PermittedUsers::AdminApproved {
            return Ok(false);
        }
        let profile = Statement::new("SELECT profilename FROM org_user WHERE id = $1").with(user);
        let row = self.database().read_one(&profile).await?;
        let profile = row.as_ref().map(|row| row.optional_text(0)).transpose()?;
        let is_approved = |name: &str| settings.profiles.iter().any(|p| p == name);
        if profile.flatten().is_some_and(is_approved) {
            return Ok(true);
        }
        let mut sets = Statement::new(
            "SELECT 1 FROM org_permissionsetassignment WHERE NOT is_deleted AND assigneeid = ",
        );
        sets.arg(user).push(" AND permissionsetid IN ");
        sets.arg_list(settings.permission_sets.iter().map(Param::from));
        sets.push(" LIMIT 1");
        Ok(self.database().read_one(&sets).await?.is_some())
    }

    /// How many users each app has that hold a token.
    pub async fn app_user_counts(
        &self,
        now_ms: i64,
    ) -> Result<BTreeMap<RecordId, u32>, StoreError> {
        let statement = Statement::new(
            "SELECT app_id, count(*) FROM (
                 SELECT app_id, user_id FROM oauth_grant
                 UNION
                 SELECT app_id, user_id FROM api_session
                 WHERE app_id IS NOT NULL AND expires_at_ms > $1
             ) uses GROUP BY app_id",
        )
        .with(now_ms);
        let rows = self.database().read(&statement).await?;
        let read = |row: &Row| Ok((row.record_id(0)?, count(row, 1)?));
        rows.iter().map(read).collect()
    }

    /// Who uses an app, the latest first; at most 500.
    pub async fn app_uses(&self, id: &RecordId, now_ms: i64) -> Result<Vec<AppUse>, StoreError> {
        let statement = Statement::new(
            "SELECT uses.user_id, u.name, CAST(sum(grants) AS BIGINT),
                 CAST(sum(sessions) AS BIGINT), max(used_ms)
             FROM (
                 SELECT user_id, 1 AS grants, 0 AS sessions, last_used_ms AS used_ms
                 FROM oauth_grant WHERE app_id = $1
                 UNION ALL
                 SELECT user_id, 0, 1, issued_at_ms FROM api_session
                 WHERE app_id = $1 AND expires_at_ms > $2
             ) uses LEFT JOIN org_user u ON u.id = uses.user_id
             GROUP BY uses.user_id, u.name ORDER BY max(used_ms) DESC, uses.user_id LIMIT $3",
        )
        .with(id)
        .with(now_ms)
        .with(USES_MAX);
        let rows = self.database().read(&statement).await?;
        let read = |row: &Row| {
            Ok(AppUse {
                user: row.record_id(0)?,
                user_name: row.optional_text(1)?.unwrap_or_default().to_owned(),
                grants: count(row, 2)?,
                sessions: count(row, 3)?,
                last_used_ms: row.integer(4)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Ends an app's tokens: of one user, or all.
    pub async fn revoke_app_tokens(
        &self,
        user: &UserContext,
        id: &RecordId,
        of: Option<&RecordId>,
    ) -> Result<(), AppError> {
        may_customize(user)?;
        let app = self.connected_app(id).await?.ok_or(AppError::NotFound)?;
        let mut transaction = self.database().begin().await?;
        end_tokens(&mut transaction, id, of).await?;
        let whose = of.map_or("all users".to_owned(), |of| format!("user {of}"));
        let said = format!(
            "Revoked tokens of connected app {} for {whose}",
            app.settings.name
        );
        self.audit_in(&mut transaction, user, SECTION, "revokeOauthToken", &said)
            .await?;
        transaction.commit().await?;
        self.note_revocation();
        Ok(())
    }

    /// Who may, and whether the settings are right.
    async fn check_app(&self, user: &UserContext, settings: &AppSettings) -> Result<(), AppError> {
        may_customize(user)?;
        let mut problems = settings.problems();
        if let Some(pem) = &settings.certificate
            && let Err(why) = keys::read_certificate(pem)
        {
            problems.push(("certificate", why));
        }
        if let Some(run_as) = &settings.run_as
            && self.user_context(run_as).await?.is_none()
        {
            let text = "This user does not exist or is not active: choose another one.";
            problems.push(("run_as", text.to_owned()));
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(AppError::Problems(problems)),
        }
    }

    async fn insert_secret(
        &self,
        transaction: &mut Transaction,
        app: &RecordId,
        now_ms: i64,
    ) -> Result<String, StoreError> {
        let secret = random::token().to_uppercase();
        let insert = Statement::new(
            "INSERT INTO connected_app_secret (secret_hash, app_id, sealed, created_at_ms)
             VALUES ($1, $2, $3, $4)",
        )
        .with(token::hash(&secret))
        .with(app)
        .with(self.seal(&purpose(app), secret.as_bytes())?)
        .with(now_ms);
        transaction.execute(&insert).await?;
        Ok(secret)
    }
}

pub(super) fn may_customize(user: &UserContext) -> Result<(), AppError> {
    match user.holds(Permission::CustomizeApplication) {
        true => Ok(()),
        false => Err(AppError::NotAllowed),
    }
}

fn purpose(app: &RecordId) -> String {
    format!("the secret of the connected app {app}")
}

fn count(row: &Row, column: usize) -> Result<u32, DbError> {
    Ok(u32::try_from(row.integer(column)?).unwrap_or(u32::MAX))
}

async fn end_tokens(
    transaction: &mut Transaction,
    app: &RecordId,
    user: Option<&RecordId>,
) -> Result<(), DbError> {
    for table in [
        "api_session",
        "oauth_grant",
        "authorization_code",
        "device_code",
    ] {
        let mut end = Statement::new(format!("DELETE FROM {table} WHERE app_id = "));
        end.arg(app);
        if let Some(user) = user {
            end.push(" AND user_id = ").arg(user);
        }
        transaction.execute(&end).await?;
    }
    Ok(())
}

fn read_app(row: &Row) -> Result<ConnectedApp, StoreError> {
    Ok(ConnectedApp {
        id: row.record_id(0)?,
        client_id: row.text(1)?.to_owned(),
        settings: row.json(2)?,
        is_built_in: row.boolean(3)?,
        created_at_ms: row.integer(4)?,
    })
}

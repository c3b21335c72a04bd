//! The shelves: everything that must outlive the process, on SQLite or PostgreSQL.
//!
//! [`Store`] is cheap to clone. Every read and write of a record of the org takes the
//! [`UserContext`](offhook_org::UserContext) it is done for; nothing here knows HTTP or SIP.
//! This is the one crate that holds SQL. It decides nothing: what may be written is asked of
//! `offhook_org`, what a call is comes from `offhook_calls`.
//!
//! The rooms: `database` (one statement and one row for both engines), `migrations` and `tables`
//! (the tables, ours and those made from the schema), `org` (records), `calls` (calls, and their
//! logs on the way to a Task), `accounts` (passwords, sessions, softphone tickets), `cti` (call
//! centers, layouts, traces of screen pops), `events` (what clients replay), `usage` (how much
//! the APIs are used), `files` (the contents of files, in a folder beside the database), `sources`
//! (scripts and pages that admins write).

pub mod accounts;
mod audit;
pub mod audit_anchors;
mod audit_chain;
pub mod backup;
pub mod bulk;
pub mod calls;
pub mod cti;
mod database;
pub mod error;
pub mod events;
pub mod files;
mod migrations;
pub mod org;
pub mod random;
pub mod rights;
mod secrets;
mod serial;
pub mod sources;
mod tables;
pub mod usage;

use std::sync::{Arc, PoisonError, RwLock};

use offhook_org::Schema;
use offhook_phone::Region;

use crate::calls::group_commit::GroupCommit;
use crate::database::{Database, Statement};
pub use audit_chain::{AuditAnchor, AuditProblem, AuditReport};
pub use error::{OpenError, StoreError};
pub use secrets::MasterKey;

/// How to open the store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:PATH` (the folder must exist) or `postgres://…`.
    pub database_url: String,
    /// The org's own region, for numbers without a country code.
    pub region: Region,
    /// The org's time zone, IANA name.
    pub time_zone: String,
}

/// The shelves.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<Database>,
    group_commit: GroupCommit,
    /// Swapped as a whole after a change of an admin is committed.
    schema: RwLock<Arc<Schema>>,
    region: Region,
    time_zone: String,
    passwords: accounts::passwords::Passwords,
    locators: org::query::locators::Locators,
    api_calls: usage::ApiCalls,
    published: usage::PublishedEvents,
    api_limits: RwLock<usage::ApiLimits>,
    api_policy: RwLock<Option<accounts::ApiPolicy>>,
    api_revocations: tokio::sync::watch::Sender<u64>,
    master_key: std::sync::OnceLock<MasterKey>,
    files: std::sync::OnceLock<Arc<files::Shelf>>,
    storage: files::KeptTotals,
    publishing: RwLock<Arc<offhook_org::events::Publishing>>,
    rights: rights::RightsCache,
    org_id: std::sync::OnceLock<offhook_org::RecordId>,
    metadata: org::metadata::Changing,
}

impl Store {
    /// Opens the database, checks it, brings its tables up to date. Refuses, without touching
    /// anything, a database that is damaged, made by a newer Offhook, or not Offhook's. Must be
    /// called in a tokio runtime, which then carries the writer of [`Store::commit`].
    pub async fn open(settings: &StoreSettings) -> Result<Self, OpenError> {
        let database = Database::open(&settings.database_url).await?;
        let ready = async {
            let (schema, new) = migrations::run(&database, &settings.database_url).await?;
            let start = async {
                let publishing = events::start(&database).await?;
                let (api_calls, api_limits) = usage::start(&database).await?;
                Ok((schema, new, publishing, api_calls, api_limits))
            };
            let started = start.await;
            started.map_err(|error| migrations::from_db(&settings.database_url, error))
        };
        let (schema, new_fields, publishing, api_calls, api_limits) = match ready.await {
            Ok(started) => started,
            Err(error) => {
                database.close().await;
                return Err(error);
            }
        };
        let database = Arc::new(database);
        Database::keep_planner_informed(&database);
        let store = Self {
            inner: Arc::new(Inner {
                group_commit: GroupCommit::start(database.clone()),
                database,
                schema: RwLock::new(Arc::new(schema)),
                region: settings.region,
                time_zone: settings.time_zone.clone(),
                passwords: accounts::passwords::Passwords::default(),
                locators: org::query::locators::Locators::default(),
                api_calls,
                published: usage::PublishedEvents::default(),
                api_limits: RwLock::new(api_limits),
                api_policy: RwLock::default(),
                api_revocations: tokio::sync::watch::Sender::default(),
                master_key: std::sync::OnceLock::new(),
                files: std::sync::OnceLock::new(),
                storage: files::KeptTotals::default(),
                publishing: RwLock::new(Arc::new(publishing)),
                rights: rights::RightsCache::default(),
                org_id: std::sync::OnceLock::new(),
                metadata: org::metadata::Changing::default(),
            }),
        };
        let first = async {
            let org = store.first_rows(&new_fields).await?;
            store.share_by_default().await?;
            store.keep_value_rows().await?;
            store.link_old_audit_rows().await?;
            store.keep_call_center_rows().await?;
            store.fill_standing(&new_fields).await?;
            Ok::<_, StoreError>(org)
        };
        match first.await {
            Ok(org) => drop(store.inner.org_id.set(org)),
            Err(error) => {
                store.close().await;
                return Err(OpenError::Unreachable {
                    why: error.to_string(),
                });
            }
        }
        Ok(store)
    }

    /// Writes everything out and closes all connections.
    pub async fn close(&self) {
        self.inner.group_commit.finish().await;
        if let Err(error) = self.flush_api_usage().await {
            tracing::warn!(%error, "the last API calls could not be counted");
        }
        self.inner.database.close().await;
    }

    /// The org's objects and fields as they are now. Who works with them for longer keeps this
    /// snapshot: a change of an admin makes another, and leaves it as it is.
    pub fn schema(&self) -> Arc<Schema> {
        let schema = self.inner.schema.read();
        schema.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The org's own region.
    pub fn region(&self) -> Region {
        self.inner.region
    }

    /// The org's time zone, IANA name.
    pub fn time_zone(&self) -> &str {
        &self.inner.time_zone
    }

    /// Is this an org without any user yet?
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let user = Statement::new("SELECT id FROM org_user LIMIT 1");
        Ok(self.database().read_one(&user).await?.is_none())
    }

    /// The org's own id.
    pub fn org_id(&self) -> offhook_org::RecordId {
        let first = || offhook_org::RecordId::from_serial("00D", 1);
        self.inner.org_id.get().cloned().unwrap_or_else(first)
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }
}

/// The wall clock, UTC milliseconds.
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

//! The shelves: everything that must outlive the process, on SQLite or PostgreSQL.
//!
//! [`Store`] is cheap to clone. Every read and write of a record of the org takes the
//! [`UserContext`](offhook_org::UserContext) it is done for; nothing here knows HTTP or SIP.

pub mod accounts;
pub mod calls;
pub mod cti;
pub mod error;
pub mod org;
pub mod random;

use std::sync::Arc;

use offhook_org::Schema;
use offhook_phone::Region;

pub use error::{OpenError, StoreError};

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
    #[expect(dead_code, reason = "skeleton")]
    inner: Arc<()>,
}

impl Store {
    /// Opens the database, checks it, brings its tables up to date. Refuses, without touching
    /// anything, a database that is damaged, made by a newer Offhook, or not Offhook's.
    pub async fn open(settings: &StoreSettings) -> Result<Self, OpenError> {
        let _ = settings;
        todo!()
    }

    /// Writes everything out and closes all connections.
    pub async fn close(&self) {
        todo!()
    }

    /// The org's objects and fields.
    pub fn schema(&self) -> &Schema {
        todo!()
    }

    /// The org's own region.
    pub fn region(&self) -> Region {
        todo!()
    }

    /// The org's time zone, IANA name.
    pub fn time_zone(&self) -> &str {
        todo!()
    }

    /// Is this an org without any user yet?
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        todo!()
    }
}

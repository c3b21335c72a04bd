//! The demo org: a sales and service team with its accounts, its people and half a year of work.

use offhook_store::Store;

/// One login of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// What the person is: `administrator`, `sales rep`, `service agent`, `supervisor`.
    pub role: String,
}

/// The logins that the demo prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DemoLogins(Vec<Login>);

impl DemoLogins {
    /// Each login, the administrator first.
    pub(crate) fn users(&self) -> &[Login] {
        &self.0
    }
}

/// The logins of a demo that is there.
pub(crate) fn logins() -> DemoLogins {
    DemoLogins(Vec::new())
}

/// Fills an empty org.
pub(crate) async fn fill(store: &Store, now_ms: i64) -> anyhow::Result<DemoLogins> {
    let _ = (store, now_ms);
    Ok(logins())
}

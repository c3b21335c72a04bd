//! A schema of its own on the cluster of the tests, for tests that know the store and no database
//! library: PostgreSQL's own client makes it.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cluster::{programs, server_url};

/// The address of a new schema; `None` where there is no PostgreSQL, unless everything must be
/// tested.
pub(crate) fn new_schema() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server_url()?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let schema = format!("test_{}_{number}", std::process::id());
    let create = format!("CREATE SCHEMA {schema}");
    let psql = format!("{}/psql", programs()?);
    let made = Command::new(psql)
        .args([&server, "-q", "-c", &create])
        .output();
    let made = made.unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let separator = if server.contains('?') { '&' } else { '?' };
    Some(format!("{server}{separator}options[search_path]={schema}"))
}

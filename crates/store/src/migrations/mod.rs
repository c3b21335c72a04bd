//! Bringing the tables up to date: numbered scripts for Offhook's own tables, then the tables of
//! the org's objects, all in one transaction. Scripts add first and remove a release later.

use offhook_org::Schema;
use offhook_org::schema::{Object, definition};

use crate::database::{Database, DbError, Statement, Transaction};
use crate::error::OpenError;
use crate::org::metadata;
use crate::tables;

/// Each script once, in order; its number is its place, from 1.
const SCRIPTS: &[&str] = &[
    include_str!("0001_first_tables.sql"),
    include_str!("0002_api_access.sql"),
    include_str!("0003_platform_cli.sql"),
    include_str!("0004_events.sql"),
    include_str!("0005_bulk.sql"),
    include_str!("0006_api_usage.sql"),
    include_str!("0007_recycle_bin.sql"),
    include_str!("0008_rights.sql"),
    include_str!("0009_metadata.sql"),
    include_str!("0010_pinned_lists.sql"),
    include_str!("0011_audit_chain.sql"),
    include_str!("0012_files.sql"),
    include_str!("0013_sources.sql"),
    include_str!("0014_call_centers.sql"),
    include_str!("0015_recent_references.sql"),
    include_str!("0016_sessions.sql"),
    include_str!("0017_adapter_proxy.sql"),
];

/// The version that brought the tables of the recycle bin.
const BIN_SINCE: i64 = 7;

/// Fields (object, field) that came to tables that were there before.
pub(crate) type NewFields = Vec<(String, String)>;

/// The newest version of the tables that this Offhook knows.
pub(crate) fn known() -> i64 {
    i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX)
}

/// Brings the database up to date, or refuses it untouched; the org's schema, and what is new.
pub(crate) async fn run(database: &Database, url: &str) -> Result<(Schema, NewFields), OpenError> {
    let found = found_version(database, url).await?;
    let known = known();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    apply(database, found).await.map_err(|e| from_db(url, e))
}

/// 0 for an empty database.
async fn found_version(database: &Database, url: &str) -> Result<i64, OpenError> {
    let version = read_version(database).await.map_err(|e| from_db(url, e))?;
    version.ok_or_else(|| OpenError::Foreign {
        path: shown(url).to_owned(),
    })
}

/// `None` when there are tables, and they are not ours.
async fn read_version(database: &Database) -> Result<Option<i64>, DbError> {
    let count = |pattern: &str| Statement::new(database.dialect().count_tables()).with(pattern);
    if count_of(database, &count("offhook_meta")).await? == 0 {
        let others = count_of(database, &count("%")).await?;
        return Ok((others == 0).then_some(0));
    }
    let version = Statement::new("SELECT value FROM offhook_meta WHERE name = 'version'");
    let row = database.read_one(&version).await?;
    row.map_or(Ok(None), |row| row.integer(0).map(Some))
}

async fn count_of(database: &Database, statement: &Statement) -> Result<i64, DbError> {
    let row = database.read_one(statement).await?;
    row.map_or(Ok(0), |row| row.integer(0))
}

async fn apply(database: &Database, found: i64) -> Result<(Schema, NewFields), DbError> {
    let mut transaction = database.begin().await?;
    if found == 0 {
        let meta = "CREATE TABLE offhook_meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
                    INSERT INTO offhook_meta (name, value) VALUES ('version', 0);";
        transaction.execute_script(meta).await?;
    }
    for (number, script) in (1..).zip(SCRIPTS) {
        if number > found {
            let script = database.dialect().script(script);
            transaction.execute_script(&script).await?;
            let version =
                Statement::new("UPDATE offhook_meta SET value = $1 WHERE name = 'version'")
                    .with(number);
            transaction.execute(&version).await?;
        }
    }
    database.dialect().prepare(&mut transaction).await?;
    let dialect = database.dialect();
    let made = metadata::rows::load(&mut transaction).await?;
    let schema = definition::compile(&made)
        .map_err(|error| DbError::Corrupt(format!("objects and fields of the org: {error}")))?;
    metadata::deleted::purge(&mut transaction, crate::now_ms()).await?;
    let new = tables::bring_up_to_date(&mut transaction, dialect, &schema).await?;
    if (1..BIN_SINCE).contains(&found) {
        adopt_deleted(&mut transaction, &schema).await?;
    }
    transaction.commit().await?;
    Ok((schema, new))
}

/// Notes what was deleted before the recycle bin kept account of it: each record by itself, at
/// the time of its last change.
async fn adopt_deleted(transaction: &mut Transaction, schema: &Schema) -> Result<(), DbError> {
    let has = |object: &Object, name: &str| {
        let field = object.field(name);
        field.is_some_and(offhook_org::schema::Field::has_column)
    };
    for object in schema.objects().iter().filter(|object| object.has_table()) {
        if has(object, "LastModifiedById") && has(object, "LastModifiedDate") {
            let table = tables::table(object);
            let adopt = Statement::new(format!(
                "INSERT INTO recycle_bin (record, root, deleted_by, deleted_at_ms)
                 SELECT id, id, lastmodifiedbyid, lastmodifieddate FROM {table}
                 WHERE is_deleted AND lastmodifieddate IS NOT NULL
                 ON CONFLICT (record) DO NOTHING"
            ));
            transaction.execute(&adopt).await?;
        }
    }
    Ok(())
}

pub(crate) fn from_db(url: &str, error: DbError) -> OpenError {
    let path = shown(url).to_owned();
    match error {
        DbError::Corrupt(why) => OpenError::Damaged { path, why },
        DbError::Busy(_) | DbError::Deadlock(_) | DbError::TimedOut => OpenError::InUse { path },
        DbError::Unique(why) | DbError::Full(why) | DbError::Failed(why) => {
            OpenError::Unwritable { path, why }
        }
    }
}

/// A database URL without password.
fn shown(url: &str) -> &str {
    match url.strip_prefix("sqlite:") {
        Some(path) => path,
        None => url.rsplit_once('@').map_or(url, |(_, place)| place),
    }
}

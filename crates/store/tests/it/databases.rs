//! A database for each test: a file in a temporary folder, or a schema in a PostgreSQL cluster
//! that this binary starts for itself (or that `OFFHOOK_TEST_POSTGRES_URL` names).

use std::sync::atomic::{AtomicU32, Ordering};

use offhook_phone::Region;
use offhook_store::files::FilesSettings;
use offhook_store::{Store, StoreSettings};

use crate::cluster::server_url;

/// Defines a test that runs on both databases.
macro_rules! on_both_databases {
    ($(async fn $name:ident($database:ident: TestDatabase) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test uses what its file imports")]
            use super::*;

            async fn run($database: crate::databases::TestDatabase) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                run(crate::databases::TestDatabase::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(database) = crate::databases::TestDatabase::postgres().await {
                    run(database).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both_databases;

/// Where a test's store is.
pub(crate) struct TestDatabase {
    url: String,
    _folder: Option<tempfile::TempDir>,
    files: tempfile::TempDir,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            url: format!("sqlite:{}", folder.path().join("offhook.db").display()),
            _folder: Some(folder),
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// A database file that is kept elsewhere.
    pub(crate) fn at(path: &std::path::Path) -> Self {
        Self {
            url: format!("sqlite:{}", path.display()),
            _folder: None,
            files: tempfile::tempdir().unwrap(),
        }
    }

    /// `None` where there is no PostgreSQL, unless everything must be tested.
    pub(crate) async fn postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = server_url()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{number}", std::process::id());
        let mut connection = connect(&server).await;
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create)
            .execute(&mut connection)
            .await
            .unwrap();
        let separator = if server.contains('?') { '&' } else { '?' };
        Some(Self {
            url: format!("{server}{separator}options[search_path]={schema}"),
            _folder: None,
            files: tempfile::tempdir().unwrap(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file of a SQLite database.
    pub(crate) fn path(&self) -> Option<&str> {
        self.url.strip_prefix("sqlite:")
    }

    pub(crate) fn settings(&self) -> StoreSettings {
        settings(&self.url)
    }

    pub(crate) async fn open(&self) -> Store {
        let store = Store::open(&self.settings()).await.unwrap();
        store.use_files(FilesSettings::new(self.files())).unwrap();
        store
    }

    /// The folder of the contents of files.
    pub(crate) fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    /// Runs statements past the store, as an admin with the database's own tools could.
    pub(crate) async fn run(&self, script: &str) {
        let script = sqlx::AssertSqlSafe(script.to_owned());
        match self.path() {
            Some(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .collation("folded", |a, b| a.to_lowercase().cmp(&b.to_lowercase()));
                let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
                sqlx::raw_sql(script)
                    .execute(&mut connection)
                    .await
                    .unwrap();
                sqlx::Connection::close(connection).await.unwrap();
            }
            None => {
                let mut connection = connect(&self.url).await;
                sqlx::raw_sql(script)
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
        }
    }
}

/// Rows of a table as text, in order.
type Rows = Vec<String>;

impl TestDatabase {
    /// Everything that the database holds, by table; on PostgreSQL without the numbers that were
    /// given out, which are gone for good even if nothing came of them.
    pub(crate) async fn dump(&self) -> std::collections::BTreeMap<String, Rows> {
        match self.path() {
            Some(path) => dump_sqlite(path).await,
            None => dump_postgres(&self.url).await,
        }
    }
}

/// A lock of somebody else; given back when it is dropped.
pub(crate) enum Hold {
    Sqlite { _connection: sqlx::SqliteConnection },
    Postgres { _connection: sqlx::PgConnection },
}

impl TestDatabase {
    /// Holds rows (`org_account WHERE …`) as another writer would; SQLite holds all.
    pub(crate) async fn hold(&self, rows: &str) -> Hold {
        match self.path() {
            Some(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
                let begin = sqlx::raw_sql("BEGIN IMMEDIATE");
                begin.execute(&mut connection).await.unwrap();
                Hold::Sqlite {
                    _connection: connection,
                }
            }
            None => {
                let mut connection = connect(&self.url).await;
                let hold = format!("BEGIN; SELECT id FROM {rows} FOR UPDATE");
                let hold = sqlx::raw_sql(sqlx::AssertSqlSafe(hold));
                hold.execute(&mut connection).await.unwrap();
                Hold::Postgres {
                    _connection: connection,
                }
            }
        }
    }
}

async fn dump_sqlite(path: &str) -> std::collections::BTreeMap<String, Rows> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut dump = std::collections::BTreeMap::new();
    for table in tables {
        let columns =
            format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
        let columns: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(columns))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let rows = format!(
            "SELECT {} AS row FROM {table} ORDER BY 1",
            columns.join(" || ', ' || ")
        );
        let rows: Rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        dump.insert(table, rows);
    }
    sqlx::Connection::close(connection).await.unwrap();
    dump
}

async fn dump_postgres(url: &str) -> std::collections::BTreeMap<String, Rows> {
    let mut connection = connect(url).await;
    let tables = "SELECT tablename::text FROM pg_catalog.pg_tables
                  WHERE schemaname = current_schema() AND tablename <> 'serial'";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let mut dump = std::collections::BTreeMap::new();
    for table in tables {
        let rows = sqlx::AssertSqlSafe(format!("SELECT t::text FROM {table} t ORDER BY 1"));
        let rows: Rows = sqlx::query_scalar(rows)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        dump.insert(table, rows);
    }
    dump
}

pub(crate) fn settings(url: &str) -> StoreSettings {
    StoreSettings {
        database_url: url.to_owned(),
        region: Region::parse("US").unwrap(),
        time_zone: "America/New_York".to_owned(),
    }
}

async fn connect(url: &str) -> sqlx::PgConnection {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    sqlx::ConnectOptions::connect(&options).await.unwrap()
}

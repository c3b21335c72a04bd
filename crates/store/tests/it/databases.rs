//! A database for each test: a file in a temporary folder, or a schema in a PostgreSQL cluster
//! that this binary starts for itself (or that `OFFHOOK_TEST_POSTGRES_URL` names).

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use offhook_phone::Region;
use offhook_store::files::FilesSettings;
use offhook_store::{Store, StoreSettings};

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

fn server_url() -> Option<String> {
    if let Ok(url) = std::env::var("OFFHOOK_TEST_POSTGRES_URL") {
        return Some(url);
    }
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match CLUSTER.get_or_init(Cluster::start) {
        Ok(cluster) => Some(cluster.url.clone()),
        Err(why) => {
            let must_run = std::env::var("OFFHOOK_TEST_ALL").is_ok_and(|v| v == "1");
            assert!(!must_run, "the tests on PostgreSQL cannot run: {why}");
            eprintln!("SKIPPED: on PostgreSQL: {why}");
            None
        }
    }
}

/// A PostgreSQL cluster in a temporary folder, reached over a socket there. It ends, and its
/// folder goes, when this process ends and with it the pipe that the script reads from.
struct Cluster {
    url: String,
    _script: Child,
    _stays_open: ChildStdin,
}

const SCRIPT: &str = r#"
    set -e
    folder=$(mktemp -d "${TMPDIR:-/tmp}/offhook-postgres-XXXXXX")
    "$0/initdb" -D "$folder/data" -U offhook -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
        >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
    "$0/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-c listen_addresses='' \
        -c unix_socket_directories='$folder' -c fsync=off -c max_connections=300" \
        start >/dev/null </dev/null || { cat "$folder/log"; exit 1; }
    echo "ready $folder"
    read -r end || true
    "$0/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$folder"
"#;

impl Cluster {
    fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed (Debian: postgresql)")?;
        let mut command = match is_root() {
            // The server refuses to run as root.
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--", "sh", "-c", SCRIPT, &programs]);
                command
            }
            false => {
                let mut command = Command::new("sh");
                command.args(["-c", SCRIPT, &programs]);
                command
            }
        };
        let mut script = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let stays_open = script.stdin.take().ok_or("no pipe")?;
        let mut words = String::new();
        for line in BufReader::new(script.stdout.take().ok_or("no pipe")?).lines() {
            let line = line.map_err(|e| e.to_string())?;
            if let Some(folder) = line.strip_prefix("ready ") {
                return Ok(Self {
                    url: format!("postgres://offhook@localhost/postgres?host={folder}"),
                    _script: script,
                    _stays_open: stays_open,
                });
            }
            words.push_str(&line);
        }
        Err(format!("the cluster did not start: {words}"))
    }
}

/// The folder of the newest server's programs.
fn programs() -> Option<String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let newest = folders.filter(|f| f.join("initdb").exists()).max()?;
    Some(newest.display().to_string())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

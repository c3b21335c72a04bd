//! A PostgreSQL cluster for the tests of this binary: the one that `OFFHOOK_TEST_POSTGRES_URL`
//! names, or one that is started for it and ends with it. The doors' own tests start it from here.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

/// Where the server of the tests is; `None` where there is none, unless everything must be tested.
pub(crate) fn server_url() -> Option<String> {
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
pub(crate) fn programs() -> Option<String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let newest = folders.filter(|f| f.join("initdb").exists()).max()?;
    Some(newest.display().to_string())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

//! The data folder: the embedded database, the credentials of `offhook call`, and a note of where
//! the running server listens.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use offhook_store::audit_anchors::AUDIT_ANCHORS;
use serde::{Deserialize, Serialize};

/// The data folder of one installation.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    path: PathBuf,
}

/// With which digest user `offhook call` may place calls into the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TestCaller {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

/// Where the running server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// Its process.
    pub pid: u32,
    /// SIP over UDP.
    pub sip: SocketAddr,
    /// The console's origin.
    pub console: String,
    /// The origin of pages.
    pub pages: String,
    /// The console's origin over TLS, and with it the API's.
    #[serde(default)]
    pub secure_console: Option<String>,
}

/// Marks a data folder whose org is a demo and may be thrown away.
const DEMO_MARK: &str = "demo.json";
/// What secrets in the database are sealed with.
const MASTER_KEY_FILE: &str = "master.key";
/// The embedded database and what SQLite keeps beside it.
const DATABASE_FILES: &[&str] = &["offhook.db", "offhook.db-wal", "offhook.db-shm"];
/// Locked by the server that owns the database. It is never removed: a server that runs would
/// then own a file that nobody else finds.
const LOCK_FILE: &str = "offhook.db.lock";

impl DataFolder {
    /// The folder, made if it is not there; refused when it cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| {
            format!("cannot make the data folder {shown}; choose another with --data-folder")
        })?;
        let probe = path.join(".writable");
        fs::write(&probe, b"")
            .and_then(|()| fs::remove_file(&probe))
            .with_context(|| {
                format!(
                    "cannot write in the data folder {shown}; give the user that runs Offhook the \
                 right to, or choose another with --data-folder"
                )
            })?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Was the org here made as a demo?
    pub(crate) fn is_demo(&self) -> bool {
        self.path.join(DEMO_MARK).exists()
    }

    /// Marks the org here as a demo.
    pub(crate) fn mark_demo(&self) -> Result<()> {
        self.write(DEMO_MARK, &serde_json::json!({ "demo": true }))
    }

    /// Throws the demo org away. Refused for an org that is none, and while a server runs on it.
    pub(crate) fn reset_demo(&self) -> Result<()> {
        let has_database = self.path.join(DATABASE_FILES[0]).exists();
        if has_database && !self.is_demo() {
            bail!(
                "the org in {} is no demo, so --reset-demo leaves it alone; name another folder \
                 with --data-folder",
                self.path.display()
            );
        }
        let _owned = self.own()?;
        let files = self.path.join(offhook_store::files::FOLDER);
        // Beside a database elsewhere, they are that one's.
        if has_database && files.exists() {
            fs::remove_dir_all(&files)
                .with_context(|| format!("cannot remove {}", files.display()))?;
        }
        for name in DATABASE_FILES.iter().chain([&DEMO_MARK, &AUDIT_ANCHORS]) {
            match fs::remove_file(self.path.join(name)) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!("cannot remove {}", self.path.join(name).display())
                    });
                }
            }
        }
        Ok(())
    }

    /// Locks the database as a server does, until the file is dropped.
    fn own(&self) -> Result<fs::File> {
        let path = self.path.join(LOCK_FILE);
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        lock.try_lock().map_err(|_| {
            anyhow::anyhow!(
                "the demo in {} is in use by another Offhook; stop that one first, or name another \
                 folder with --data-folder",
                self.path.display()
            )
        })?;
        Ok(lock)
    }

    /// The credentials of `offhook call`; made with this password when there are none yet.
    pub(crate) fn test_caller(
        &self,
        fresh_password: impl FnOnce() -> String,
    ) -> Result<TestCaller> {
        if let Some(caller) = self.read("test-caller.json")? {
            return Ok(caller);
        }
        let caller = TestCaller {
            username: "offhook-call".to_owned(),
            password: fresh_password(),
        };
        self.write("test-caller.json", &caller)?;
        Ok(caller)
    }

    /// The credentials of `offhook call`, if a server ever ran here.
    pub(crate) fn known_test_caller(&self) -> Result<Option<TestCaller>> {
        self.read("test-caller.json")
    }

    /// The master key that secrets in the database are sealed with: 32 bytes, made when there
    /// are none yet. A backup of the database is of no use to a thief without it, and without it
    /// the apps of the org need new secrets.
    pub(crate) fn master_key(&self, fresh: impl FnOnce() -> String) -> Result<[u8; 32]> {
        let path = self.path.join(MASTER_KEY_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = fresh();
                self.write_private(MASTER_KEY_FILE, text.as_bytes())?;
                text
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        bytes_of_hex(text.trim()).with_context(|| {
            format!(
                "{} must hold 64 hexadecimal digits; put back the file that belongs to this \
                 database",
                path.display()
            )
        })
    }

    /// Notes where the server listens.
    pub(crate) fn write_running(&self, running: &Running) -> Result<()> {
        self.write("running.json", running)
    }

    /// Where the server listens, if one runs (or ended without saying so).
    pub(crate) fn running(&self) -> Result<Option<Running>> {
        self.read("running.json")
    }

    /// The server has ended.
    pub(crate) fn remove_running(&self) {
        // Nothing is lost when it stays: `offhook call` then says that nobody answers there.
        let _ = fs::remove_file(self.path.join("running.json"));
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Option<T>> {
        let path = self.path.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let value = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; remove it and start again", path.display()))?;
        Ok(Some(value))
    }

    /// Where a file of the folder is.
    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What a file holds; `None` when it is not there.
    pub(crate) fn read_bytes(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Writes beside, then renames: a reader sees the old file or the new one, whole. Only the
    /// owner may read it.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        self.write_private(name, &serde_json::to_vec_pretty(value)?)
    }

    /// The same for any content.
    pub(crate) fn write_private(&self, name: &str, content: &[u8]) -> Result<()> {
        self.write_with_mode(name, content, 0o600)
    }

    /// The same for what everybody may read.
    pub(crate) fn write_public(&self, name: &str, content: &[u8]) -> Result<()> {
        self.write_with_mode(name, content, 0o644)
    }

    fn write_with_mode(&self, name: &str, content: &[u8], mode: u32) -> Result<()> {
        let path = self.path.join(name);
        let beside = self.path.join(format!(".{name}.new"));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&beside)
            .with_context(|| format!("cannot write {}", beside.display()))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_org_that_is_no_demo_is_never_reset() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("offhook.db"), b"precious").expect("written");
        let data = DataFolder::open(folder.path()).expect("writable");
        let refused = data.reset_demo().expect_err("it is no demo");
        assert!(refused.to_string().contains("no demo"), "{refused}");
        assert_eq!(
            fs::read(folder.path().join("offhook.db")).expect("still there"),
            b"precious"
        );
    }

    #[test]
    fn a_demo_is_reset_and_the_caller_s_credentials_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::open(folder.path()).expect("writable");
        fs::write(folder.path().join("offhook.db"), b"demo").expect("written");
        data.mark_demo().expect("marked");
        let caller = data.test_caller(|| "secret".to_owned()).expect("made");
        fs::create_dir_all(folder.path().join("files/ab")).expect("made");
        fs::write(folder.path().join("files/ab/content"), b"demo").expect("written");
        data.reset_demo().expect("it is a demo");
        assert!(!folder.path().join("offhook.db").exists());
        assert!(!folder.path().join("files").exists());
        assert_eq!(
            data.test_caller(|| "other".to_owned()).expect("kept"),
            caller
        );
    }

    #[test]
    fn a_demo_that_a_server_runs_on_is_not_reset() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::open(folder.path()).expect("writable");
        fs::write(folder.path().join("offhook.db"), b"demo").expect("written");
        data.mark_demo().expect("marked");
        let running = data.own().expect("nobody runs yet");
        let refused = data.reset_demo().expect_err("it is in use");
        assert!(refused.to_string().contains("in use"), "{refused}");
        assert!(folder.path().join("offhook.db").exists());
        drop(running);
        data.reset_demo().expect("nobody runs any more");
        assert!(!folder.path().join("offhook.db").exists());
    }

    #[test]
    fn the_master_key_is_made_once_and_a_damaged_one_is_not_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::open(folder.path()).expect("writable");
        let made = data.master_key(|| "07".repeat(32)).expect("made");
        assert_eq!(made, [7; 32]);
        assert_eq!(data.master_key(|| "08".repeat(32)).expect("kept"), made);
        let path = folder.path().join(MASTER_KEY_FILE);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, "07").expect("written");
        let refused = data.master_key(|| "08".repeat(32)).expect_err("damaged");
        assert!(
            format!("{refused:#}").contains("64 hexadecimal"),
            "{refused:#}"
        );
    }

    #[test]
    fn a_folder_below_a_file_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, b"").expect("written");
        let refused = DataFolder::open(&file.join("data")).expect_err("a file is in the way");
        assert!(
            format!("{refused:#}").contains("--data-folder"),
            "{refused:#}"
        );
    }
}

//! Backups of the embedded database: made while a server writes, restored into an empty folder,
//! and refused when they are not whole.

use std::fs;
use std::path::{Path, PathBuf};

use offhook_org::ObjectName;
use offhook_org::save::Strictness;
use offhook_store::Store;
use offhook_store::backup::{BackupError, BackupSource, Manifest, make, restore, verify};
use tempfile::TempDir;

use crate::databases::{TestDatabase, settings};
use crate::desk::{Desk, fields};

struct Place {
    folder: TempDir,
    /// The backup.
    file: PathBuf,
    _outside: TempDir,
}

impl Place {
    fn new() -> Self {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Self {
            file: outside.path().join("org.tar"),
            folder,
            _outside: outside,
        }
    }

    async fn open(&self) -> Store {
        open(self.folder.path()).await
    }

    async fn make(&self, with_keys: bool) -> Result<Manifest, BackupError> {
        let database = self.folder.path().join("offhook.db");
        let source = BackupSource {
            folder: self.folder.path(),
            database: Some(&database),
            with_keys,
            offhook: "0.0.0",
            now_ms: 1_790_000_000_000,
        };
        make(&source, &self.file).await
    }
}

async fn open(folder: &Path) -> Store {
    let database = folder.join("offhook.db");
    let settings = settings(&format!("sqlite:{}", database.display()));
    Store::open(&settings).await.unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_a_server_writes_is_restored_whole() {
    let place = Place::new();
    let desk = Desk::new(place.open().await).await;
    fs::write(place.folder.path().join("test-caller.json"), b"{}").unwrap();
    fs::write(place.folder.path().join("running.json"), b"{}").unwrap();
    fs::create_dir(place.folder.path().join("files")).unwrap();
    fs::write(place.folder.path().join("files/a"), b"blob").unwrap();
    let tasks = ObjectName::new("Task");
    let (store, rep, object) = (desk.store.clone(), desk.rep.clone(), tasks.clone());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let writer = tokio::spawn(async move {
        let mut count = 0_u32;
        while !*stopped.borrow() {
            let task = fields(&[("Subject", &count.to_string())]);
            let create = store.create(&rep, &object, &task, Strictness::Strict);
            create.await.unwrap();
            count += 1;
        }
        count
    });
    while desk.store.last_event() < 20 {
        tokio::task::yield_now().await;
    }
    let manifest = place.make(true).await.unwrap();
    stop.send(true).unwrap();
    let written = writer.await.unwrap();
    let paths: Vec<_> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["offhook.db", "files/a", "test-caller.json"]);
    let parent = place.file.parent().unwrap();
    assert_eq!(names(parent), ["org.tar"], "nothing half made is left");
    assert_eq!(verify(&place.file).unwrap(), manifest);

    let target = tempfile::tempdir().unwrap();
    restore(&place.file, target.path()).await.unwrap();
    assert_eq!(
        names(target.path()),
        ["files", "offhook.db", "test-caller.json"]
    );
    assert_eq!(fs::read(target.path().join("files/a")).unwrap(), b"blob");
    let restored = open(target.path()).await;
    let last = restored.last_event();
    assert!(
        (20..=i64::from(written)).contains(&last),
        "{last} of {written}"
    );
    let task = fields(&[("Subject", "after the restore")]);
    let made = restored.create(&desk.rep, &tasks, &task, Strictness::Strict);
    made.await.unwrap();
    assert_eq!(restored.last_event(), last + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_stay_at_home_on_request() {
    let place = Place::new();
    place.open().await.close().await;
    for name in ["master.key", "tls-ca-key.der", "tls-ca.pem"] {
        fs::write(place.folder.path().join(name), b"secret").unwrap();
    }
    let manifest = place.make(false).await.unwrap();
    assert!(!manifest.has_keys);
    let paths: Vec<_> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["offhook.db", "tls-ca.pem"]);
    fs::remove_file(&place.file).unwrap();
    let manifest = place.make(true).await.unwrap();
    assert!(manifest.files.iter().any(|f| f.path == "master.key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_was_cut_or_changed_restores_nothing() {
    let place = Place::new();
    place.open().await.close().await;
    place.make(true).await.unwrap();
    let whole = fs::read(&place.file).unwrap();
    let target = tempfile::tempdir().unwrap();
    let mut changed = whole.clone();
    changed[5_000] ^= 1;
    let database = |bytes: &[u8]| bytes.to_vec();
    for bad in [
        database(&whole[..whole.len() / 2]),
        database(&whole[..whole.len() - 512]),
        database(&[]),
        database(b"not an archive"),
        changed,
    ] {
        fs::write(&place.file, &bad).unwrap();
        let refused = restore(&place.file, target.path()).await.unwrap_err();
        assert!(matches!(refused, BackupError::Damaged { .. }), "{refused}");
        assert!(names(target.path()).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_there_is_written_over() {
    let place = Place::new();
    place.open().await.close().await;
    place.make(true).await.unwrap();
    let refused = place.make(true).await.unwrap_err();
    assert!(
        refused.to_string().contains("is there already"),
        "{refused}"
    );
    let refused = restore(&place.file, place.folder.path()).await.unwrap_err();
    assert!(refused.to_string().contains("is not empty"), "{refused}");
    let inside = Place {
        file: place.folder.path().join("org.tar"),
        ..place
    };
    let refused = inside.make(true).await.unwrap_err();
    assert!(refused.to_string().contains("lost with it"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_newer_offhook_is_refused() {
    let place = Place::new();
    place.open().await.close().await;
    let database = place.folder.path().join("offhook.db");
    let file = TestDatabase::at(&database);
    file.run("UPDATE offhook_meta SET value = 1000000").await;
    place.make(true).await.unwrap();
    let target = tempfile::tempdir().unwrap();
    let refused = restore(&place.file, target.path()).await.unwrap_err();
    assert!(matches!(refused, BackupError::Newer { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_damaged_or_another_programs_gives_no_backup() {
    let place = Place::new();
    let database = place.folder.path().join("offhook.db");
    let refused = place.make(true).await.unwrap_err();
    assert!(matches!(refused, BackupError::Database { .. }), "{refused}");
    fs::write(
        &database,
        b"nonsense that is long enough to be looked at by anybody",
    )
    .unwrap();
    let refused = place.make(true).await.unwrap_err();
    assert!(matches!(refused, BackupError::Database { .. }), "{refused}");
    assert!(names(place.file.parent().unwrap()).is_empty());
}

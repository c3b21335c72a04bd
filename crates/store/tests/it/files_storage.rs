//! Contents on disk: there before their records, kept once, swept when nobody names them, within
//! their limits, and in backups.

use std::path::{Path, PathBuf};

use offhook_org::UserContext;
use offhook_org::save::SaveErrorCode;
use offhook_store::Store;
use offhook_store::backup::{BackupSource, make, restore};
use offhook_store::files::{FilesSettings, UploadError};
use offhook_store::org::{Write, WriteOptions};

use crate::databases::{TestDatabase, on_both_databases, settings};
use crate::desk::{Desk, fields, refusal};
use crate::files::base64_text::base64;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Contents on the shelf, with what is on its way.
fn shelf(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

async fn upload(desk: &Desk, content: &[u8]) -> Result<String, UploadError> {
    let mut upload = desk.store.begin_upload(&desk.rep, None).await?;
    for piece in content.chunks(1_000) {
        upload.write(piece).await?;
    }
    upload.finish().await
}

fn code(outcome: Result<String, UploadError>) -> SaveErrorCode {
    match outcome {
        Err(UploadError::Refused(error)) => error.status_code,
        other => panic!("a refusal was expected: {other:?}"),
    }
}

on_both_databases! {
    async fn a_content_that_comes_in_pieces_is_read_from_any_place(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let content: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let first = upload(&desk, &content).await.unwrap();
        let values = [("PathOnClient", "a.bin"), ("VersionData", first.as_str())];
        // What stands for it is its bringer's alone, and good for one record.
        let stolen = desk.try_create(&desk.other_rep, "ContentVersion", &values).await;
        assert_eq!(refusal(stolen).0, SaveErrorCode::InvalidFieldForInsertUpdate);
        let again = upload(&desk, &content).await.unwrap();
        let values = [("PathOnClient", "a.bin"), ("VersionData", again.as_str())];
        let version = desk.create(&desk.rep, "ContentVersion", &values).await;
        let twice = desk.try_create(&desk.rep, "ContentVersion", &values).await;
        assert_eq!(refusal(twice).0, SaveErrorCode::InvalidFieldForInsertUpdate);
        assert_eq!(desk.content(&desk.rep, &version).await.unwrap(), content);
        let known = desk.store.content(&desk.rep, &version).await.unwrap().unwrap();
        for (from, length) in [(0, 1), (70_000, 70_000), (199_999, 50), (200_000, 5)] {
            let reader = desk.store.open_content(&known, from, length).await.unwrap();
            let end = 200_000.min(from + length);
            let part = &content[usize::try_from(from).unwrap()..usize::try_from(end).unwrap()];
            assert_eq!(reader.read_to_end().await.unwrap(), part);
        }
        // The same bytes lie there once.
        desk.file(&desk.rep, "b.bin", &content, &[]).await;
        assert_eq!(shelf(database.files()).len(), 1);
        assert_eq!(desk.store.file_bytes().await.unwrap(), 400_000);
        let used = desk.store.storage_use().await.unwrap();
        assert_eq!((used.files.versions, used.files.disk_bytes), (2, 200_000));
        assert_eq!(used.largest.len(), 2);
        assert_eq!(used.users[0].bytes, 400_000);
        assert!(used.database_bytes > 0);
    }

    async fn what_ends_before_its_record_leaves_no_record_and_is_swept(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        // Half a content.
        let mut half = desk.store.begin_upload(&desk.rep, None).await.unwrap();
        half.write(b"half").await.unwrap();
        assert_eq!(shelf(database.files()).len(), 1);
        drop(half);
        assert_eq!(shelf(database.files()).len(), 0);
        // A whole one, and then the end: before the record is saved.
        upload(&desk, b"whole").await.unwrap();
        // A record that is refused, and one that is taken back.
        let data = base64(b"refused");
        let refused = [("VersionData", data.as_str()), ("PathOnClient", "a"), ("Title", "t"),
            ("FirstPublishLocationId", "001000000000009AAA")];
        assert!(desk.try_create(&desk.rep, "ContentVersion", &refused).await.is_err());
        let mut unit = desk.store.begin_writes().await.unwrap();
        let data = base64(b"taken back");
        let write = Write::Create {
            object: "ContentVersion".into(),
            fields: fields(&[("VersionData", &data), ("PathOnClient", "b.txt")]),
            lookups: Vec::new(),
        };
        let written = unit.write(&desk.rep, &[write], &WriteOptions::default()).await.unwrap();
        assert!(written[0].is_ok(), "{written:?}");
        drop(unit);
        let kept = desk.file(&desk.rep, "c.txt", b"kept", &[]).await;
        assert_eq!(shelf(database.files()).len(), 4);
        assert_eq!(database.dump().await["org_contentversion"].len(), 1);
        std::fs::write(database.files().join(".incoming/half"), b"half").unwrap();
        let store = database.open_again(desk.store.clone()).await;
        // Young ones are left alone; old ones are marked first, and go a day later.
        let now = now_ms();
        assert_eq!(store.sweep_files(now).await.unwrap(), 0);
        assert_eq!(shelf(database.files()).len(), 5);
        assert_eq!(store.sweep_files(now + 2 * DAY_MS).await.unwrap(), 0);
        assert_eq!(store.sweep_files(now + 2 * DAY_MS + 1).await.unwrap(), 0);
        assert_eq!(store.sweep_files(now + 4 * DAY_MS).await.unwrap(), 3);
        assert_eq!(shelf(database.files()).len(), 1);
        let content = store.content(&desk.rep, &kept).await.unwrap().unwrap();
        let reader = store.open_content(&content, 0, u64::MAX).await.unwrap();
        assert_eq!(reader.read_to_end().await.unwrap(), b"kept");
        assert_eq!(store.sweep_files(now + 9 * DAY_MS).await.unwrap(), 0);
    }

    async fn a_content_that_comes_again_while_it_is_marked_stays(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        upload(&desk, b"same").await.unwrap();
        let now = now_ms();
        assert_eq!(desk.store.sweep_files(now + 2 * DAY_MS).await.unwrap(), 0);
        let version = desk.file(&desk.rep, "a.txt", b"same", &[]).await;
        assert!(database.dump().await["file_unnamed"].is_empty());
        assert_eq!(desk.store.sweep_files(now + 9 * DAY_MS).await.unwrap(), 0);
        assert_eq!(desk.content(&desk.rep, &version).await.unwrap(), b"same");
        // Purged, it goes.
        let document = desk.document_of(&version).await;
        desk.store.delete(&desk.rep, &document).await.unwrap();
        let purge = vec![Write::Purge { id: document }];
        desk.store.write(&desk.rep, purge, WriteOptions::default()).await.unwrap();
        assert_eq!(desk.store.sweep_files(now + 10 * DAY_MS).await.unwrap(), 0);
        assert_eq!(desk.store.sweep_files(now + 12 * DAY_MS).await.unwrap(), 1);
        assert_eq!(shelf(database.files()).len(), 0);
    }

    async fn limits_are_kept_and_leave_nothing_half_written(database: TestDatabase) {
        let store = Store::open(&database.settings()).await.unwrap();
        let desk = Desk::new(store).await;
        let without = desk.try_create(
            &desk.rep,
            "ContentVersion",
            &[("PathOnClient", "a.txt"), ("VersionData", "eA==")],
        );
        assert!(without.await.is_err(), "there is no folder yet");
        let limits = FilesSettings {
            folder: database.files().to_owned(),
            file_bytes_max: 10_000,
            total_bytes_max: 25_000,
        };
        desk.store.use_files(limits).unwrap();
        assert_eq!(
            code(upload(&desk, &[1; 10_001]).await),
            SaveErrorCode::FileSizeLimitExceeded
        );
        let data = base64(&[1; 10_001]);
        let values = [("PathOnClient", "a.bin"), ("VersionData", data.as_str())];
        let refused = desk.try_create(&desk.rep, "ContentVersion", &values).await;
        assert_eq!(refusal(refused).0, SaveErrorCode::FileSizeLimitExceeded);
        assert_eq!(shelf(database.files()).len(), 0);
        for content in [[1_u8; 10_000], [2; 10_000]] {
            desk.file(&desk.rep, "a.bin", &content, &[]).await;
        }
        assert_eq!(
            code(upload(&desk, &[3; 6_000]).await),
            SaveErrorCode::StorageLimitExceeded
        );
        assert_eq!(shelf(database.files()).len(), 2);
    }
}

impl TestDatabase {
    /// The store after its process ended and another began.
    async fn open_again(&self, store: Store) -> Store {
        store.close().await;
        self.open().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let Some(_mounted) = Mounted::at(&small, "256k") else {
        let must_run = std::env::var("OFFHOOK_TEST_ALL").is_ok_and(|v| v == "1");
        assert!(
            !must_run || !is_root(),
            "no small file system could be mounted"
        );
        eprintln!("SKIPPED: a full disk: only root can mount a small file system");
        return;
    };
    let database = TestDatabase::sqlite();
    let store = Store::open(&database.settings()).await.unwrap();
    store
        .use_files(FilesSettings::new(small.join("files")))
        .unwrap();
    let desk = Desk::new(store).await;
    let version = desk.file(&desk.rep, "a.bin", &[1; 100_000], &[]).await;
    for _ in 0..2 {
        let full = upload(&desk, &[2; 400_000]).await;
        assert_eq!(code(full), SaveErrorCode::StorageLimitExceeded);
        let data = base64(&[2; 400_000]);
        let values = [("PathOnClient", "b.bin"), ("VersionData", data.as_str())];
        let refused = desk.try_create(&desk.rep, "ContentVersion", &values).await;
        assert_eq!(refusal(refused).0, SaveErrorCode::StorageLimitExceeded);
        assert_eq!(shelf(&small).len(), 1);
    }
    // What fits is taken afterwards.
    desk.file(&desk.rep, "c.bin", &[3; 50_000], &[]).await;
    assert_eq!(
        desk.content(&desk.rep, &version).await.unwrap(),
        [1; 100_000]
    );
    assert_eq!(database.dump().await["org_contentversion"].len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_has_the_contents_and_gives_them_back() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let open = |folder: PathBuf| async move {
        let url = format!("sqlite:{}", folder.join("offhook.db").display());
        let store = Store::open(&settings(&url)).await.unwrap();
        store
            .use_files(FilesSettings::new(folder.join("files")))
            .unwrap();
        store
    };
    let desk = Desk::new(open(folder.path().to_owned()).await).await;
    let version = desk.file(&desk.rep, "a.txt", b"precious", &[]).await;
    let mut half = desk.store.begin_upload(&desk.rep, None).await.unwrap();
    half.write(b"half").await.unwrap();
    let source = BackupSource {
        folder: folder.path(),
        database: Some(&folder.path().join("offhook.db")),
        with_keys: true,
        offhook: "0.0.0",
        now_ms: 1_790_000_000_000,
    };
    let file = outside.path().join("org.tar");
    let manifest = make(&source, &file).await.unwrap();
    let contents = manifest
        .files
        .iter()
        .filter(|f| f.path.starts_with("files/"));
    assert_eq!(contents.count(), 1, "what is half there is not in it");
    let target = outside.path().join("restored");
    restore(&file, &target).await.unwrap();
    let store = open(target).await;
    let system = UserContext::system();
    let content = store.content(&system, &version).await.unwrap().unwrap();
    let reader = store.open_content(&content, 0, u64::MAX).await.unwrap();
    assert_eq!(reader.read_to_end().await.unwrap(), b"precious");
}

/// A small file system; it goes when it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(folder: &Path, size: &str) -> Option<Self> {
        let mut mount = std::process::Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"])
            .arg(folder);
        let mounted = mount.stderr(std::process::Stdio::null()).status();
        mounted
            .is_ok_and(|status| status.success())
            .then(|| Self(folder.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // A folder that stays mounted fails the removal of its parent, which nobody needs.
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

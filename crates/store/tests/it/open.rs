//! Opening: what is not ours, not whole, or not free is refused and left as it is.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use offhook_calls::CallState;
use offhook_org::RecordId;
use offhook_store::calls::Durable;
use offhook_store::{OpenError, Store, StoreError};

use crate::calls::call;
use crate::databases::{TestDatabase, on_both_databases, settings};
use crate::desk::Desk;

on_both_databases! {
    async fn a_new_database_is_an_empty_org_and_stays_one(database: TestDatabase) {
        let store = database.open().await;
        assert!(store.is_empty().await.unwrap());
        store.close().await;
        assert!(database.open().await.is_empty().await.unwrap());
    }

    async fn a_second_offhook_is_told_that_the_database_is_in_use(database: TestDatabase) {
        let first = database.open().await;
        let second = Store::open(&database.settings()).await;
        assert!(matches!(second, Err(OpenError::InUse { .. })), "{:?}", second.err());
        first.close().await;
        drop(first);
        database.open().await;
    }

    async fn a_database_of_a_newer_offhook_is_refused(database: TestDatabase) {
        database.open().await.close().await;
        database.run("UPDATE offhook_meta SET value = 1000000").await;
        let opened = Store::open(&database.settings()).await;
        let error = opened.err().expect("it is refused");
        let OpenError::Newer { found: 1_000_000, known } = error else { panic!("{error}") };
        database.run(&format!("UPDATE offhook_meta SET value = {known}")).await;
        database.open().await;
    }

    async fn a_database_with_other_tables_is_refused(database: TestDatabase) {
        database.run("CREATE TABLE recipes (name TEXT)").await;
        let opened = Store::open(&database.settings()).await;
        assert!(matches!(opened, Err(OpenError::Foreign { .. })), "{:?}", opened.err());
        database.run("INSERT INTO recipes VALUES ('still there')").await;
    }

    async fn a_field_that_is_new_in_the_schema_gets_its_column(database: TestDatabase) {
        database.open().await.close().await;
        database
            .run(
                "ALTER TABLE org_contact DROP COLUMN direct_line__c;
                 DELETE FROM org_field WHERE field = 'Direct_Line__c';
                 INSERT INTO org_contact (id, is_deleted, search_text, lastname)
                 VALUES ('003000000000009AAA', FALSE, '', 'Old')",
            )
            .await;
        let desk = Desk::new(database.open().await).await;
        let values = [("LastName", "Ann"), ("Direct_Line__c", "+1 415 555 0100")];
        let new = desk.create(&desk.rep, "Contact", &values).await;
        assert_eq!(desk.text(&new, "Direct_Line__c").await, "+1 415 555 0100");
        let old = RecordId::from_serial("003", 9);
        assert_eq!(desk.text(&old, "LastName").await, "Old");
        assert_eq!(desk.text(&old, "Direct_Line__c").await, "");
    }

    async fn a_program_that_knows_other_letters_sorts_its_indexes_anew(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        desk.create(&desk.rep, "Contact", &[("LastName", "Ärger")]).await;
        desk.store.close().await;
        database.run("UPDATE offhook_meta SET value = 1 WHERE name = 'unicode'").await;
        let store = database.open().await;
        let find = "SELECT LastName FROM Contact WHERE Name = 'äRGER'";
        assert_eq!(crate::query::ask(&store, &desk.rep, find).await, ["Ärger"]);
    }

    async fn a_closed_store_says_so(database: TestDatabase) {
        let store = database.open().await;
        store.close().await;
        let row = Durable::Call(Box::new(call("01A", 1, CallState::Ringing)));
        let commit = store.commit(&[row]).await;
        assert!(matches!(commit, Err(StoreError::Failed(_))), "{commit:?}");
        assert!(store.open_calls().await.is_err());
    }
}

#[tokio::test]
async fn a_url_of_something_else_is_refused() {
    for url in ["mysql://localhost/x", "", "/var/lib/offhook.db"] {
        let opened = Store::open(&settings(url)).await;
        assert!(matches!(opened, Err(OpenError::Unreachable { .. })));
    }
    let nobody = "postgres://offhook@127.0.0.1:1/offhook";
    let opened = Store::open(&settings(nobody)).await;
    assert!(matches!(opened, Err(OpenError::Unreachable { .. })));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.txt");
    std::fs::write(&file, "not a folder").unwrap();
    let path = file.join("offhook.db");
    let opened = Store::open(&settings(&format!("sqlite:{}", path.display()))).await;
    let error = opened.err().expect("it is refused");
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    assert!(
        error.to_string().contains("plain.txt/offhook.db"),
        "{error}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    for i in 0..200 {
        let mut call = call(&format!("{i}"), 1, CallState::Ringing);
        call.notes = "x".repeat(2_000);
        store
            .commit(&[Durable::Call(Box::new(call))])
            .await
            .unwrap();
    }
    store.close().await;
    let path = database.path().unwrap();
    let whole = std::fs::read(path).unwrap();

    let mut middle = whole.clone();
    let half = middle.len() / 2;
    middle[half..half + 20_000].fill(0xa5);
    let mut head = whole.clone();
    head[..100].fill(0x20);
    let cut = whole[..whole.len() - 40_000].to_vec();
    for damaged in [middle, head, cut, b"hello".to_vec()] {
        std::fs::write(path, &damaged).unwrap();
        let opened = Store::open(&database.settings()).await;
        assert!(
            matches!(opened, Err(OpenError::Damaged { .. })),
            "{:?}",
            opened.err()
        );
        assert!(
            std::fs::read(path).unwrap() == damaged,
            "the file was changed"
        );
    }
    std::fs::write(path, &whole).unwrap();
    assert_eq!(database.open().await.open_calls().await.unwrap().len(), 200);
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_busy() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database.path().unwrap());
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let begin = sqlx::raw_sql("BEGIN IMMEDIATE");
    begin.execute(&mut other).await.unwrap();
    let row = Durable::Call(Box::new(call("01A", 1, CallState::Ringing)));
    let commit = store.commit(std::slice::from_ref(&row)).await;
    assert!(matches!(commit, Err(StoreError::Busy(_))), "{commit:?}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    store.commit(&[row]).await.unwrap();
}

/// The test runs itself as a child that commits without end, kills it in the middle of its work,
/// and looks for every call that the child was told to be on disk.
#[tokio::test]
async fn nothing_that_was_committed_is_lost_when_the_process_is_killed() {
    const URL: &str = "OFFHOOK_TEST_KILLED_URL";
    if let Ok(url) = std::env::var(URL) {
        let store = Store::open(&settings(&url)).await.unwrap();
        for i in 0_u32.. {
            let row = Durable::Call(Box::new(call(&i.to_string(), 1, CallState::Ringing)));
            store.commit(&[row]).await.unwrap();
            eprintln!("committed {i}");
        }
    }
    let database = TestDatabase::sqlite();
    for wanted in [1, 60, 200] {
        let test = "open::nothing_that_was_committed_is_lost_when_the_process_is_killed";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(URL, database.url())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut last = None;
        for line in lines {
            let line = line.unwrap();
            let Some(number) = line.strip_prefix("committed ") else {
                continue;
            };
            last = Some(number.parse::<usize>().unwrap());
            if last.unwrap() + 1 == wanted {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let acknowledged = last.expect("the child committed") + 1;
        assert!(acknowledged >= wanted);
        let store = database.open().await;
        let found = store.open_calls().await.unwrap().len();
        assert!(
            found >= acknowledged,
            "{found} found, {acknowledged} acknowledged"
        );
        store.close().await;
    }
}

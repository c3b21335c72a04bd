//! A disk that is full at each page of each kind of write: what was asked for is refused in plain
//! words, nothing of it is kept, what was there is as it was, and once there is room it works.

use std::collections::BTreeMap;

use offhook_calls::{AgentId, CallId, LogKey};
use offhook_org::bulk::{BatchState, BulkApi, JobRequest, JobState};
use offhook_org::oauth::{AppSettings, Flow, Scopes};
use offhook_org::record::Fields;
use offhook_org::schema::definition::ObjectDefinition;
use offhook_org::schema::{Field, FieldKind, ObjectKind, SharingDefault};
use offhook_org::{RecordId, UserContext, Value};
use offhook_phone::Region;

use super::{Database, Statement};
use crate::accounts::{NewApiSession, SIGNED_IN, SignInDoor, SignInName};
use crate::bulk::BulkFailure;
use crate::error::{SaveFailure, StoreError};
use crate::org::metadata::{MetadataFailure, VisibleTo};
use crate::org::{LeadConversion, Merge, Write, WriteOptions};
use crate::{MasterKey, Store, StoreSettings};

/// More pages than any of the writes takes.
const PAGES_MAX: u32 = 2_000;

/// Rows of each table, as text.
type Dump = BTreeMap<String, Vec<String>>;

struct Disk {
    store: Store,
    user: UserContext,
    _folder: tempfile::TempDir,
}

impl Disk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("full.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        store.use_master_key(MasterKey::new(&[7; 32]));
        for profile in offhook_org::access::Profile::standard() {
            store.put_profile(&profile).await.unwrap();
        }
        let user = fields(&[
            ("LastName", "Ada"),
            ("Username", "ada@example.com"),
            ("Email", "ada@example.com"),
            ("ProfileName", "System Administrator"),
        ]);
        let user = store.create_many(&"User".into(), &[user]).await.unwrap();
        let user = store.user_context(&user[0]).await.unwrap().unwrap();
        let told = ["Account", "Contact", "Lead", "Task"].map(str::to_owned);
        store.put_publishing(&told).await.unwrap();
        Self {
            store,
            user,
            _folder: folder,
        }
    }

    /// The database may grow by so many pages from now on.
    async fn leave(&self, spare: u32) {
        let pages = self.count("SELECT page_count FROM pragma_page_count").await;
        self.limit(u32::try_from(pages).unwrap() + spare).await;
    }

    async fn limit(&self, pages: u32) {
        let Database::Sqlite { writer, .. } = self.store.database() else {
            panic!("a test of SQLite");
        };
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::raw_sql(limit).execute(writer).await.unwrap();
    }

    async fn count(&self, statement: &str) -> i64 {
        let statement = Statement::new(statement);
        let row = self.store.database().read_one(&statement);
        row.await.unwrap().unwrap().integer(0).unwrap()
    }

    /// Everything that the tables hold, with the tables and indexes themselves.
    async fn dump(&self) -> Dump {
        let database = self.store.database();
        let texts = async |sql: String| -> Vec<String> {
            let rows = database.read(&Statement::new(sql)).await.unwrap();
            rows.iter().map(|r| r.text(0).unwrap().to_owned()).collect()
        };
        let mut dump = Dump::new();
        let made = "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY 1".to_owned();
        dump.insert(String::new(), texts(made).await);
        // What SQLite knows for its planner is no data, nor how an index of words is cut.
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table'
                      AND name NOT LIKE 'sqlite%' AND sql NOT LIKE '%VIRTUAL%'
                      AND name NOT LIKE 'words%' ORDER BY 1";
        for table in texts(tables.to_owned()).await {
            let rows = Statement::new(format!("SELECT * FROM {table} ORDER BY 1"));
            let rows = database.read(&rows).await.unwrap();
            dump.insert(table, rows.iter().map(|row| format!("{row:?}")).collect());
        }
        dump
    }

    /// Does it with ever more room, until it is done. It must have been refused
    /// before: a write that needs no page at all is no test.
    async fn fill<T, E: Into<Refused> + std::fmt::Debug>(
        &self,
        what: &str,
        attempt: impl AsyncFn() -> Result<T, E>,
    ) -> T {
        let before = self.dump().await;
        let mut spare = 0;
        while spare < PAGES_MAX {
            self.leave(spare).await;
            match attempt().await {
                Ok(done) => {
                    assert!(spare > 0, "{what} needed no room");
                    self.limit(u32::MAX - 1).await;
                    let check = "SELECT count(*) FROM pragma_integrity_check
                                 WHERE integrity_check <> 'ok'";
                    assert_eq!(self.count(check).await, 0, "{what}");
                    return done;
                }
                Err(error) => match error.into() {
                    Refused::Full => {
                        let after = self.dump().await;
                        assert!(
                            after == before,
                            "{what}, {spare} pages: {}",
                            unlike(&before, &after)
                        );
                    }
                    Refused::Other(why) => panic!("{what}, {spare} pages: {why}"),
                },
            }
            // The first pages one by one, then ever larger steps.
            spare += 1 + spare / 6;
        }
        panic!("{what} was never done");
    }
}

/// The tables in which two dumps differ.
fn unlike(before: &Dump, after: &Dump) -> String {
    let changed = after
        .iter()
        .filter(|(table, rows)| before.get(*table) != Some(rows));
    let changed: Vec<&str> = changed.map(|(table, _)| table.as_str()).collect();
    format!("something was left in {}", changed.join(", "))
}

/// Why it was not done.
enum Refused {
    Full,
    Other(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(_) => Self::Full,
            other => Self::Other(format!("{other:?}")),
        }
    }
}

/// Errors that hold one of the store.
macro_rules! refused_by {
    ($($error:ty),*) => {$(
        impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                type Failure = $error;
                match error {
                    Failure::Store(error) => error.into(),
                    other => Self::Other(format!("{other:?}")),
                }
            }
        }
    )*};
}

refused_by!(
    SaveFailure,
    MetadataFailure,
    BulkFailure,
    crate::accounts::AppError,
    crate::accounts::SignInError
);

fn fields(values: &[(&str, &str)]) -> Fields {
    let values = values.iter();
    values
        .map(|(name, text)| ((*name).into(), Value::Text((*text).to_owned())))
        .collect()
}

fn long() -> String {
    "x".repeat(9_000)
}

fn new(object: &str, values: &[(&str, &str)]) -> Write {
    Write::Create {
        object: object.into(),
        fields: fields(values),
        lookups: Vec::new(),
    }
}

fn contact(account: &RecordId, number: usize) -> Write {
    let phone = format!("+1415555{number:04}");
    let description = long();
    new(
        "Contact",
        &[
            ("LastName", "Cruz"),
            ("AccountId", account.as_str()),
            ("Phone", &phone),
            ("Description", &description),
        ],
    )
}

impl Disk {
    /// Writes records; refused ones are a mistake of the test.
    async fn write(&self, writes: Vec<Write>) -> Result<Vec<RecordId>, StoreError> {
        let options = WriteOptions::default();
        let outcomes = self.store.write(&self.user, writes, options).await?;
        let ids = outcomes.into_iter().map(|outcome| outcome.unwrap().id);
        Ok(ids.collect())
    }

    async fn account_with_contacts(&self, name: &str) -> RecordId {
        let account = new("Account", &[("Name", name), ("Description", &long())]);
        let account = self.write(vec![account]).await.unwrap().remove(0);
        let contacts = (0..12).map(|n| contact(&account, n)).collect();
        self.write(contacts).await.unwrap();
        account
    }
}

#[tokio::test]
async fn records_are_written_as_a_whole_or_not_at_all() {
    let disk = Disk::new().await;
    let account = disk.account_with_contacts("Acme").await;
    let made = async || {
        disk.write((20..26).map(|n| contact(&account, n)).collect())
            .await
    };
    let contacts = disk.fill("a creation", made).await;
    let other = "y".repeat(20_000);
    let changed = async || {
        let change = |id: &RecordId| Write::Update {
            id: id.clone(),
            fields: fields(&[("Description", &other), ("Phone", "+14155559999")]),
            lookups: Vec::new(),
        };
        disk.write(contacts.iter().map(change).collect()).await
    };
    disk.fill("an update", changed).await;
    let many = (100..240).map(|n| contact(&account, n)).collect();
    disk.write(many).await.unwrap();
    let id = || account.clone();
    disk.fill("a deletion", async || {
        disk.write(vec![Write::Delete { id: id() }]).await
    })
    .await;
    disk.fill("an undeletion", async || {
        disk.write(vec![Write::Undelete { id: id() }]).await
    })
    .await;
}

#[tokio::test]
async fn conversions_merges_and_units_are_whole_or_not_at_all() {
    let disk = Disk::new().await;
    let (master, twin) = (
        disk.account_with_contacts("One").await,
        disk.account_with_contacts("Two").await,
    );
    let merge = Merge {
        master: master.clone(),
        fields: fields(&[("Description", &"z".repeat(30_000))]),
        merged: vec![twin],
    };
    let merged = async || disk.store.merge(&disk.user, &merge, "test").await;
    disk.fill("a merge", merged).await.unwrap();
    let lead = [
        ("LastName", "Liz"),
        ("Company", "Pumps"),
        ("Description", &long()),
    ];
    let lead = disk
        .write(vec![new("Lead", &lead)])
        .await
        .unwrap()
        .remove(0);
    let conversion = LeadConversion {
        lead,
        converted_status: None,
        account: None,
        contact: None,
        opportunity: None,
        opportunity_name: None,
        without_opportunity: false,
        owner: None,
        overwrite_lead_source: false,
    };
    let converted = async || {
        disk.store
            .convert_lead(&disk.user, &conversion, "test")
            .await
    };
    disk.fill("a conversion", converted).await.unwrap();
    let unit = async || {
        let options = WriteOptions::default();
        let mut unit = disk.store.begin_writes().await?;
        for number in 50..54 {
            let one = [contact(&master, number)];
            unit.write(&disk.user, &one, &options).await?;
        }
        unit.commit().await
    };
    disk.fill("a unit", unit).await;
}

#[tokio::test]
async fn a_change_of_the_schema_is_there_as_a_whole_or_not_at_all() {
    let disk = Disk::new().await;
    let visit = || ObjectDefinition {
        name: "Visit__c".into(),
        label: "Visit".to_owned(),
        plural_label: "Visits".to_owned(),
        description: "d".repeat(900),
        key_prefix: String::new(),
        kind: ObjectKind::Custom,
        name_label: "Visit Number".to_owned(),
        name_format: Some("V-{0000}".to_owned()),
        sharing: SharingDefault::PublicReadWrite,
        has_tab: true,
    };
    let (store, user) = (&disk.store, &disk.user);
    let everyone = VisibleTo::Everyone;
    let made = async || store.create_object(user, visit(), &everyone).await;
    let object = disk.fill("a new object", made).await;
    let note = || {
        let mut field = Field::new("Note__c", "Note", FieldKind::Text);
        field.length_max = 200;
        field.external_id = true;
        field.help = Some("h".repeat(500));
        field
    };
    let made = async || store.create_field(user, &object, note(), &everyone).await;
    disk.fill("a new field", made).await;
    assert!(
        store
            .schema()
            .object("Visit__c")
            .unwrap()
            .field("Note__c")
            .is_some()
    );
}

#[tokio::test]
async fn bulk_jobs_lose_no_row_and_write_none_twice() {
    let disk = Disk::new().await;
    let (store, user) = (&disk.store, &disk.user);
    let request = JobRequest {
        operation: "insert".to_owned(),
        object: "Lead".to_owned(),
        ..JobRequest::default()
    };
    let job = store.create_bulk_job(user, BulkApi::V2Ingest, &request, "64.0", 1);
    let job = job.await.unwrap().id;
    let text = format!("LastName,Company,Description\n{}", long());
    let sent = async || store.put_bulk_input(user, &job, &text.repeat(5)).await;
    disk.fill("an upload", sent).await;
    let asked = store.ask_bulk_job(user, BulkApi::V2Ingest, &job, JobState::UploadComplete, 2);
    asked.await.unwrap();
    let claim = store.claim_bulk_batch(3).await.unwrap().unwrap();
    let options = WriteOptions::default();
    let description = long();
    let lead = [
        ("LastName", "Liz"),
        ("Company", "Pumps"),
        ("Description", &*description),
    ];
    let written = async || {
        let mut claim = claim.clone();
        let rows = (0..8).map(|_| Ok(new("Lead", &lead))).collect();
        let goes_on = store
            .write_bulk_rows(user, &mut claim, rows, &options, 1)
            .await?;
        assert!(goes_on);
        Ok::<_, StoreError>(claim)
    };
    let claim = disk.fill("rows of a job", written).await;
    assert_eq!(claim.next_row, 8);
    let page = async || {
        let mut claim = claim.clone();
        store.put_bulk_page(&mut claim, long().repeat(3), 9).await
    };
    disk.fill("a page of a query", page).await;
    let query = "SELECT count(*) FROM org_lead";
    assert_eq!(disk.count(query).await, 8);
    assert!(matches!(claim.batch.state, BatchState::InProgress));
}

impl Disk {
    /// Does a small thing again and again until there is no page for it: what was acknowledged is
    /// there, what was refused is not, and with room it goes on.
    async fn until_full<T, E: Into<Refused> + std::fmt::Debug>(
        &self,
        counted: &str,
        attempt: impl AsyncFn(usize) -> Result<T, E>,
    ) {
        let first = self.count(counted).await;
        let mut done = 0;
        self.leave(0).await;
        let refused = loop {
            match attempt(done).await {
                Ok(_) => done += 1,
                Err(error) => break error.into(),
            }
            assert!(done < 5_000, "{counted}: it needed no room");
        };
        if let Refused::Other(why) = refused {
            panic!("{counted}: {why}");
        }
        let acknowledged = async |done: usize| {
            let now = self.count(counted).await;
            assert_eq!(now, first + i64::try_from(done).unwrap(), "{counted}");
        };
        acknowledged(done).await;
        self.limit(u32::MAX - 1).await;
        attempt(done).await.unwrap();
        acknowledged(done + 1).await;
    }
}

#[tokio::test]
async fn what_setup_and_the_doors_note_is_there_if_they_said_so() {
    let disk = Disk::new().await;
    let (store, user) = (&disk.store, &disk.user);
    let id = user.user.clone().unwrap();
    let noted = async |_| {
        store
            .audit(user, "Users", "changed", &"d".repeat(240))
            .await
    };
    let lines = "SELECT count(*) FROM org_setupaudittrail";
    disk.until_full(lines, noted).await;
    let who = SignInName::User(id.clone());
    let door = SignInDoor {
        login_type: "Application",
        application: "Browser".to_owned(),
        source: Some([192, 0, 2, 1].into()),
        program: "b".repeat(250),
        ..SignInDoor::default()
    };
    let noted = async |n: usize| {
        let now_ms = i64::try_from(n).unwrap();
        store.note_sign_in(&who, SIGNED_IN, &door, now_ms).await
    };
    let lines = "SELECT count(*) FROM org_loginhistory";
    disk.until_full(lines, noted).await;
    let session = NewApiSession {
        user: id.clone(),
        app: "a".repeat(200),
        app_id: None,
        grant: None,
        scopes: Scopes::default(),
    };
    let issued = async |_| store.issue_api_session(&session, 1).await;
    disk.until_full("SELECT count(*) FROM api_session", issued)
        .await;
    let called = async |n: usize| {
        // A call that could not be saved is saved with the next ones.
        store.count_api_call(&id, &format!("app{n}"), 1);
        store.flush_api_usage().await
    };
    let before = disk
        .count("SELECT coalesce(sum(calls), 0) FROM api_usage")
        .await;
    disk.leave(0).await;
    let mut calls = 0;
    while called(calls).await.is_ok() {
        calls += 1;
    }
    disk.limit(u32::MAX - 1).await;
    store.flush_api_usage().await.unwrap();
    let after = disk.count("SELECT sum(calls) FROM api_usage").await;
    assert_eq!(after, before + i64::try_from(calls).unwrap() + 1);
}

#[tokio::test]
async fn rules_apps_and_logs_are_there_if_they_said_so() {
    let disk = Disk::new().await;
    let (store, user) = (&disk.store, &disk.user);
    let id = user.user.clone().unwrap();
    let app = async |n: usize| {
        let settings = AppSettings {
            name: format!("Loader {n}"),
            description: "l".repeat(200),
            scopes: Scopes::parse("api").unwrap(),
            flows: [Flow::ClientCredentials].into(),
            run_as: Some(id.clone()),
            ..AppSettings::default()
        };
        store.create_connected_app(user, &settings, 1).await
    };
    disk.until_full("SELECT count(*) FROM connected_app", app)
        .await;
    let description = long();
    let logged = async |n: usize| {
        let key = LogKey {
            call: CallId::new(format!("01A{n}")),
            agent: AgentId::new(id.as_str()),
        };
        let log = fields(&[
            ("Subject", "Call"),
            ("Status", "Completed"),
            ("Description", &description),
        ]);
        store.save_call_log(user, &key, &log, true).await
    };
    disk.until_full("SELECT count(*) FROM org_task", logged)
        .await;
}

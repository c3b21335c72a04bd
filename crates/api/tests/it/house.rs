//! A small org and its API, without sockets.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use offhook_api::ApiSettings;
use offhook_org::access::Profile;
use offhook_org::events::Limits;
use offhook_org::oauth::Scopes;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};
use offhook_phone::Region;
use offhook_store::accounts::NewApiSession;
use offhook_store::files::FilesSettings;
use offhook_store::{Store, StoreSettings};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::schemas;

/// The org, its API, and a session of its administrator.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) router: Router,
    pub(crate) token: String,
    pub(crate) admin: RecordId,
    settings: ApiSettings,
    folder: Arc<TempDir>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(set: impl FnOnce(&mut ApiSettings)) -> Self {
        let (store, folder) = Self::empty_store().await;
        let admin = staffed(&store).await;
        let token = session(&store, &admin).await;
        Self::furnished(store, folder, admin, token, set)
    }

    /// An org without anybody.
    pub(crate) async fn empty_store() -> (Store, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (open_store(&folder).await, folder)
    }

    /// The same on each database that there is.
    pub(crate) async fn empty_stores() -> Vec<(Store, TempDir)> {
        let mut stores = vec![Self::empty_store().await];
        if let Some(url) = schemas::new_schema() {
            let folder = tempfile::tempdir().unwrap();
            stores.push((open_store_at(url, &folder).await, folder));
        }
        stores
    }

    /// The house on each database that there is.
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut houses = Vec::new();
        for (store, folder) in Self::empty_stores().await {
            let admin = staffed(&store).await;
            let token = session(&store, &admin).await;
            houses.push(Self::furnished(store, folder, admin, token, |_| {}));
        }
        houses
    }

    /// The API of an org that is there, with the session of its administrator; it does not hold
    /// the connects of streaming clients for long.
    pub(crate) fn over(store: Store, folder: TempDir, admin: RecordId, token: String) -> Self {
        let short_hold = Limits {
            hold_ms: 100,
            ..Limits::default()
        };
        let set = |settings: &mut ApiSettings| settings.streaming = short_hold;
        Self::furnished(store, folder, admin, token, set)
    }

    fn furnished(
        store: Store,
        folder: TempDir,
        admin: RecordId,
        token: String,
        set: impl FnOnce(&mut ApiSettings),
    ) -> Self {
        let console = Router::new().fallback(|| async { "the console" });
        let mut settings = ApiSettings::new("http://crm.example.com");
        set(&mut settings);
        let api = offhook_api::router(settings.clone(), store.clone());
        Self {
            router: offhook_api::in_front_of(console, api),
            store,
            token,
            admin,
            settings,
            folder: Arc::new(folder),
        }
    }

    /// The house after a restart: the store closed and opened again, and nothing else kept.
    pub(crate) async fn anew(&self) -> Self {
        self.store.close().await;
        let store = open_store(&self.folder).await;
        Self {
            router: offhook_api::router(self.settings.clone(), store.clone()),
            store,
            token: self.token.clone(),
            admin: self.admin.clone(),
            settings: self.settings.clone(),
            folder: self.folder.clone(),
        }
    }

    /// A session of another user.
    pub(crate) async fn session_of(&self, user_name: &str, profile: &str) -> String {
        let user = user(&self.store, user_name, profile).await;
        session(&self.store, &user).await
    }

    /// A record made by the system itself.
    pub(crate) async fn create(&self, object: &str, fields: &[(&str, &str)]) -> String {
        create(&self.store, object, fields).await.to_string()
    }

    /// Fresh records for an exchange.
    pub(crate) async fn cast(&self) -> Cast {
        let account = self.create("Account", &[("Name", "Acme")]).await;
        let contact = [
            ("LastName", "Doe"),
            ("Phone", "(415) 555-1234"),
            ("AccountId", &account),
        ];
        let contact = self.create("Contact", &contact).await;
        let task = [("Subject", "Call")];
        Cast(vec![
            ("task", self.create("Task", &task).await),
            ("task2", self.create("Task", &task).await),
            ("contact", contact),
            ("account", account),
            ("user", self.admin.to_string()),
            ("permission_set", self.permission_set().await),
            ("locator", self.locator().await),
            (
                "names",
                (0..1_000)
                    .map(|n| format!("%27name{n}%27%2C"))
                    .collect::<String>()
                    + "%27x%27",
            ),
        ])
    }

    /// The permission set that the command line's exchanges assign.
    async fn permission_set(&self) -> String {
        let query =
            "GET /services/data/v64.0/query?q=SELECT+Id+FROM+PermissionSet+WHERE+Name='Cti_User'";
        let found = self.ask(query).await.json();
        match found["records"][0]["Id"].as_str() {
            Some(id) => id.to_owned(),
            None => {
                let fields = [("Name", "Cti_User"), ("Label", "CTI User")];
                self.create("PermissionSet", &fields).await
            }
        }
    }

    /// The locator of a query that has a second page.
    pub(crate) async fn locator(&self) -> String {
        let records: Vec<Json> = (0..200)
            .map(|n| json!({"attributes": {"type": "Account"}, "Name": format!("name{n}")}))
            .collect();
        let body = json!({"records": records});
        let query = "GET /services/data/v64.0/query?q=SELECT+Id+FROM+Account";
        let options = [("sforce-query-options", "batchSize=200")];
        let mut page = self.send(query, &options, "").await.json();
        if page["done"] == true {
            let made = self.tell("POST /services/data/v64.0/composite/sobjects", &body);
            assert_eq!(made.await.status, 200);
            page = self.send(query, &options, "").await.json();
        }
        let url = page["nextRecordsUrl"].as_str().unwrap();
        url.rsplit('/').next().unwrap().to_owned()
    }

    /// Ends a session, as signing out does.
    pub(crate) async fn end_session(&self, token: &str) {
        self.store.revoke_api_session(token).await.unwrap();
    }

    /// Sends a request with the administrator's session; `request` is `METHOD path`.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        self.send(request, &[], "").await
    }

    /// The same with a JSON body.
    pub(crate) async fn tell(&self, request: &str, body: &Json) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(request, &headers, body.to_string()).await
    }

    /// The same with any headers and body. A session among the headers is taken instead.
    pub(crate) async fn send(
        &self,
        request: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let (method, uri) = request.split_once(' ').unwrap();
        let mut builder = Request::builder().method(method).uri(uri);
        let is_session = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("authorization");
        if !headers.iter().any(is_session) {
            builder = builder.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// Everybody's profiles, and an administrator.
async fn staffed(store: &Store) -> RecordId {
    for profile in Profile::standard() {
        store.put_profile(&profile).await.unwrap();
    }
    user(store, "ada@example.com", "System Administrator").await
}

async fn open_store(folder: &TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("org.db").display());
    open_store_at(url, folder).await
}

async fn open_store_at(url: String, folder: &TempDir) -> Store {
    let settings = StoreSettings {
        database_url: url,
        region: Region::parse("US").unwrap(),
        time_zone: "UTC".to_owned(),
    };
    let store = Store::open(&settings).await.unwrap();
    let files = FilesSettings::new(folder.path().join("files"));
    store.use_files(files).unwrap();
    store
}

pub(crate) async fn user(store: &Store, user_name: &str, profile: &str) -> RecordId {
    let fields = [
        ("LastName", "Tester"),
        ("Username", user_name),
        ("Email", user_name),
        ("ProfileName", profile),
    ];
    create(store, "User", &fields).await
}

pub(crate) async fn session(store: &Store, user: &RecordId) -> String {
    let new = NewApiSession {
        user: user.clone(),
        app: "Tests".to_owned(),
        app_id: None,
        grant: None,
        scopes: Scopes::parse("api web").unwrap(),
    };
    let now_ms = jiff::Timestamp::now().as_millisecond();
    store.issue_api_session(&new, now_ms).await.unwrap()
}

/// Records that exchanges speak of, made anew for each.
pub(crate) struct Cast(Vec<(&'static str, String)>);

impl Cast {
    /// One more name.
    pub(crate) fn add(&mut self, name: &'static str, id: String) {
        self.0.push((name, id));
    }

    /// The text with the names of records replaced by their ids.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("{{{name}}}"), id)
        })
    }
}

/// A record made by the system itself.
pub(crate) async fn create(store: &Store, object: &str, fields: &[(&str, &str)]) -> RecordId {
    let field = |(name, value): &(&str, &str)| {
        let value = match RecordId::parse(value) {
            Ok(id) if name.ends_with("Id") => Value::Reference(id),
            _ => Value::Text((*value).to_owned()),
        };
        (FieldName::new(*name), value)
    };
    let fields: Fields = fields.iter().map(field).collect();
    let (system, object) = (UserContext::system(), ObjectName::new(object));
    let created = store.create(&system, &object, &fields, Strictness::Strict);
    created.await.unwrap()
}

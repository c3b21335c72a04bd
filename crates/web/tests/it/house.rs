//! A small org behind both origins, with the telephone's two ends in the test's hands: Ada
//! administers, Rita and Ray are reps in the call center, Sam answers cases and is in none.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use offhook_calls::link::{Down, Up};
use offhook_org::access::Profile;
use offhook_org::cti::SoftphoneLayout;
use offhook_org::cti::call_center::{CallCenter, DefinitionItem, DefinitionSection};
use offhook_org::save::Strictness;
use offhook_org::{FieldName, ObjectName, RecordId, UserContext, Value};
use offhook_phone::Region;
use offhook_store::accounts::Session;
use offhook_store::{Store, StoreSettings};
use offhook_web::WebSettings;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower::ServiceExt;

pub(crate) const CONSOLE: &str = "http://127.0.0.1:1";
const PASSWORD: &str = "correct horse battery";

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) up: mpsc::Receiver<Up>,
    pub(crate) down: mpsc::Sender<Down>,
    pub(crate) pages_address: SocketAddr,
    pub(crate) call_center: RecordId,
    pub(crate) rita: RecordId,
    pub(crate) ray: RecordId,
    pub(crate) sam: RecordId,
    pub(crate) tls: offhook_web::tls::TlsBoard,
    console: Router,
    pages: Router,
    folder: tempfile::TempDir,
}

/// What an answer was.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(
            self.text.contains(text),
            "{text:?} is not in\n{}",
            self.text
        );
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(!self.text.contains(text), "{text:?} is in\n{}", self.text);
        self
    }

    pub(crate) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }
}

/// A signed-in browser.
pub(crate) struct Browser<'a> {
    house: &'a House,
    pub(crate) session: Session,
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("org.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "America/Los_Angeles".to_owned(),
        })
        .await
        .unwrap();
        for profile in Profile::standard() {
            store.put_profile(&profile).await.unwrap();
        }
        let system = UserContext::system();
        store
            .put_softphone_layout(&system, &SoftphoneLayout::standard())
            .await
            .unwrap();
        user(&store, "Ada", "System Administrator").await;
        let rita = user(&store, "Rita", "Sales Rep").await;
        let ray = user(&store, "Ray", "Sales Rep").await;
        let sam = user(&store, "Sam", "Service Agent").await;
        let center = center("OffhookPhone", "Offhook Phone", "/softphone");
        let call_center = store.import_call_center(&system, &center).await.unwrap();
        for member in [&rita, &ray] {
            store
                .add_call_center_user(&system, &call_center, member)
                .await
                .unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pages_address = listener.local_addr().unwrap();
        let (up_sender, up) = mpsc::channel(64);
        let (down, down_receiver) = mpsc::channel(64);
        let tls = offhook_web::tls::TlsBoard::default();
        let settings = WebSettings {
            console_origin: CONSOLE.to_owned(),
            pages_origin: format!("http://{pages_address}"),
            sip_address: "sip:5550100@127.0.0.1:5060".to_owned(),
            trunks: vec![("demo".to_owned(), "127.0.0.1:5070".to_owned())],
            version: "0.0.0",
            data_folder: folder.path().to_owned(),
            tls: tls.clone(),
        };
        let web = offhook_web::web(settings, store.clone(), up_sender, down_receiver);
        let pages = web.pages.clone();
        tokio::spawn(offhook_web::serve(listener, pages, std::future::pending()));
        Self {
            store,
            tls,
            up,
            down,
            pages_address,
            call_center,
            rita,
            ray,
            sam,
            console: web.console,
            pages: web.pages,
            folder,
        }
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn pages_origin(&self) -> String {
        format!("http://{}", self.pages_address)
    }

    pub(crate) async fn sign_in(&self, first_name: &str) -> Browser<'_> {
        let name = user_name(first_name);
        let session = self.store.sign_in(&name, PASSWORD, now_ms()).await.unwrap();
        Browser {
            house: self,
            session,
        }
    }

    pub(crate) async fn create(&self, object: &str, fields: &[(&str, &str)]) -> RecordId {
        create(&self.store, object, fields).await
    }

    /// A record of a user's own.
    pub(crate) async fn create_for(
        &self,
        owner: &RecordId,
        object: &str,
        fields: &[(&str, &str)],
    ) -> RecordId {
        let context = self.store.user_context(owner).await.unwrap().unwrap();
        let object = ObjectName::new(object);
        let fields = text_fields(fields);
        let made = self
            .store
            .create(&context, &object, &fields, Strictness::Strict);
        made.await.unwrap()
    }

    pub(crate) async fn ask_pages(&self, request: Request<Body>) -> Answer {
        answer(self.pages.clone(), request).await
    }

    pub(crate) async fn ask_console(&self, request: Request<Body>) -> Answer {
        answer(self.console.clone(), request).await
    }

    /// A ticket as the softphone gets one: through the frame's URL.
    pub(crate) async fn ticket(&self, browser: &Browser<'_>) -> String {
        let token = browser.frame_token().await;
        let answer = self.swap(&token).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()["ticket"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn swap(&self, token: &str) -> Answer {
        let request = Request::post("/softphone/ticket")
            .header(header::ORIGIN, self.pages_origin())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "token": token }).to_string()))
            .unwrap();
        self.ask_pages(request).await
    }
}

impl Browser<'_> {
    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(
                header::COOKIE,
                format!("offhook_session={}", self.session.token),
            )
            .header(header::ORIGIN, CONSOLE)
    }

    pub(crate) fn session_user(&self) -> &RecordId {
        &self.session.user
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.house
            .ask_console(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = format!("_csrf={}", self.session.csrf_token);
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", encoded(name), encoded(value)));
        }
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.house.ask_console(request).await
    }

    /// A form with a file.
    pub(crate) async fn post_file(&self, path: &str, name: &str, content: &[u8]) -> Answer {
        let mut body = Vec::new();
        let csrf = &self.session.csrf_token;
        body.extend_from_slice(
            format!(
                "--cut\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--cut\r\n\
                 Content-Disposition: form-data; name=\"{name}\"; filename=\"phone.xml\"\r\n\
                 Content-Type: text/xml\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .body(Body::from(body))
            .unwrap();
        self.house.ask_console(request).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &str) -> Answer {
        let request = self
            .request("POST", path)
            .header("x-csrf-token", &self.session.csrf_token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.house.ask_console(request).await
    }

    /// A method of the contract, as the console's shell passes it on.
    pub(crate) async fn call(&self, method: &str, args: Json) -> Json {
        let body = json!({"method": method, "args": args, "apiVersion": 66});
        let answer = self.post_json("/host/call", &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let json = answer.json();
        assert_reply_shape(&json["reply"]);
        json
    }

    pub(crate) async fn frame(&self) -> Json {
        self.post_json("/host/phone-frame", "{}").await.json()
    }

    pub(crate) async fn frame_token(&self) -> String {
        let frame = self.frame().await;
        let url = frame["url"].as_str().unwrap();
        let (_, token) = url.split_once("offhook_token=").unwrap();
        token.split('&').next().unwrap().to_owned()
    }
}

/// Exactly `success`, `returnValue` and `errors`, and they agree with each other.
pub(crate) fn assert_reply_shape(reply: &Json) {
    let members: Vec<&str> = reply
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(members, ["success", "returnValue", "errors"]);
    if reply["success"] == true {
        assert_eq!(reply["errors"], Json::Null);
    } else {
        assert_eq!(reply["returnValue"], Json::Null);
        let errors = reply["errors"].as_array().unwrap();
        assert!(!errors.is_empty());
        for error in errors {
            assert!(
                error["code"].is_string() && error["description"].is_string(),
                "{error}"
            );
        }
    }
}

pub(crate) async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 32 * 1024 * 1024).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn user_name(first_name: &str) -> String {
    format!("{}@example.com", first_name.to_lowercase())
}

async fn user(store: &Store, first_name: &str, profile: &str) -> RecordId {
    let name = user_name(first_name);
    let fields = [
        ("FirstName", first_name),
        ("LastName", "Tester"),
        ("Username", name.as_str()),
        ("Email", name.as_str()),
        ("ProfileName", profile),
    ];
    let id = create(store, "User", &fields).await;
    store.set_password(&id, PASSWORD).await.unwrap();
    id
}

async fn create(store: &Store, object: &str, fields: &[(&str, &str)]) -> RecordId {
    let object = ObjectName::new(object);
    let fields = text_fields(fields);
    let system = UserContext::system();
    store
        .create(&system, &object, &fields, Strictness::Strict)
        .await
        .unwrap()
}

fn text_fields(fields: &[(&str, &str)]) -> offhook_org::record::Fields {
    let field = |(name, value): &(&str, &str)| {
        let value = match RecordId::parse(value) {
            Ok(id) if name.ends_with("Id") => Value::Reference(id),
            _ if name.starts_with("Is") => Value::Boolean(*value == "true"),
            _ => Value::Text((*value).to_owned()),
        };
        (FieldName::new(*name), value)
    };
    fields.iter().map(field).collect()
}

/// A call center with this adapter page.
pub(crate) fn center(internal_name: &str, display_name: &str, adapter_url: &str) -> CallCenter {
    let item = |name: &str, value: &str| DefinitionItem {
        name: name.to_owned(),
        label: None,
        value: value.to_owned(),
    };
    CallCenter {
        internal_name: internal_name.to_owned(),
        display_name: display_name.to_owned(),
        sections: vec![DefinitionSection {
            name: "reqGeneralInfo".to_owned(),
            label: Some("General Information".to_owned()),
            items: vec![
                item("reqInternalName", internal_name),
                item("reqDisplayName", display_name),
                item("reqAdapterUrl", adapter_url),
                item("reqUseApi", "true"),
                item("reqSoftphoneHeight", "520"),
                item("reqSoftphoneWidth", "380"),
                item("reqSalesforceCompatibilityMode", "Classic_and_Lightning"),
            ],
        }],
    }
}

pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

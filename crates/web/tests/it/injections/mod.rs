//! Hostile texts in the console, in Setup, at the Open CTI methods and at the pages of OAuth:
//! whatever a text would like to be, a page has the same elements as with a harmless one, nothing
//! in it runs, nobody is led elsewhere, and an adapter hears one reply of the documented shape.

#[path = "../../../../store/tests/it/injections/strings.rs"]
#[expect(
    dead_code,
    reason = "the tests of the store and of the API write literals"
)]
mod strings;
mod tags;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use offhook_org::{RecordId, UserContext, Value};
use serde_json::json;

use self::strings::{kept, names, strings};
use self::tags::{skeleton, tags};
use crate::house::{Answer, Browser, CONSOLE, House, assert_reply_shape};

/// Nothing of the page came from the text, nothing runs that is not ours, nothing leads away.
fn check(place: &str, text: &str, answer: &Answer) {
    let shown: String = text.chars().take(60).collect();
    let status = answer.status;
    assert!(
        !status.is_server_error(),
        "{place} {shown:?}: {status} {}",
        answer.text
    );
    for cookie in answer.headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.starts_with("offhook_"),
            "{place} {shown:?}: {cookie}"
        );
    }
    if let Some(location) = answer.headers.get(header::LOCATION) {
        let location = location.to_str().unwrap();
        let own = location.starts_with('/') && !location.starts_with("//");
        assert!(
            own && !location.starts_with("/\\"),
            "{place} {shown:?} leads to {location}"
        );
    }
    let kind = answer.headers.get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html")) {
        return;
    }
    for (name, attributes) in tags(&answer.text) {
        assert!(!name.contains("zqx"), "{place} {shown:?}: <{name}>");
        assert!(
            !["base", "math", "object", "embed"].contains(&name.as_str()),
            "{place}: <{name}>"
        );
        for (attribute, value) in attributes {
            let is_odd = attribute.starts_with("on") || attribute.contains("zqx");
            assert!(!is_odd, "{place} {shown:?}: {attribute} in <{name}>");
            if ["href", "src", "action", "formaction", "xlink:href"].contains(&attribute.as_str()) {
                let plain: String = value
                    .chars()
                    .filter(|c| !c.is_control() && *c != ' ')
                    .collect();
                let plain = plain.to_ascii_lowercase();
                let runs = plain.starts_with("javascript:") || plain.starts_with("data:text");
                assert!(!runs, "{place} {shown:?}: {attribute}={value:?}");
                let leads_away = plain.starts_with("//") || plain.starts_with("/\\");
                assert!(!leads_away, "{place} {shown:?}: {attribute}={value:?}");
            }
        }
    }
}

/// Places that take turns.
const TURNS: usize = 5;

/// Some of the places: pages are slow to make, so each text has its turn at some of them, and each
/// place sees some of each kind of text.
fn turn<T>(places: &[T], number: usize) -> impl Iterator<Item = &T> {
    places.iter().skip(number % TURNS).step_by(TURNS)
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn text_of(house: &House, id: &RecordId, field: &str) -> Option<String> {
    let record = house
        .store
        .record(&UserContext::system(), id)
        .await
        .unwrap();
    match record.unwrap().get(field) {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_has_the_same_elements_whatever_a_record_is_called() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let form = "/lightning/o/Contact/new";
    let pages = |id: &str| {
        let path = format!("/lightning/r/Contact/{id}");
        ["view", "edit", "delete"].map(|page| format!("{path}/{page}"))
    };
    let mut harmless: Vec<Vec<String>> = Vec::new();
    let mut all = vec!["Harmless".to_owned()];
    all.extend(names(80).into_iter().step_by(2));
    for (turn, name) in all.into_iter().enumerate() {
        let fields = [
            ("LastName", name.as_str()),
            ("Title", &name),
            ("Description", &name),
        ];
        let made = rita.post_form(form, &fields).await;
        check("new", &name, &made);
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{name:?} {}", made.text);
        let id = made.location().split('/').nth(4).unwrap().to_owned();
        let record = RecordId::parse(&id).unwrap();
        assert_eq!(
            text_of(&house, &record, "LastName").await,
            Some(kept(&name))
        );
        // The page itself for each, the others in turn.
        let seen = |number: &usize| turn == 0 || *number == 0 || turn % 2 + 1 == *number;
        let pages = pages(&id).into_iter().enumerate();
        for (number, path) in pages.filter(|(number, _)| seen(number)) {
            let page = rita.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path} {}", page.text);
            check(&path, &name, &page);
            let skeleton = skeleton(&page.text);
            match harmless.get(number) {
                Some(known) => assert_eq!(&skeleton, known, "{path} of {name:?}"),
                None => harmless.push(skeleton),
            }
        }
        // The next one is alone again: lists beside a record do not grow.
        house
            .store
            .delete(&UserContext::system(), &record)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_in_an_address_or_a_form_stays_a_text() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let contact = house.create("Contact", &[("LastName", "Doe")]).await;
    let path = format!("/lightning/r/Contact/{contact}");
    for (number, text) in strings().into_iter().enumerate() {
        let name = encoded(&text);
        let places = [
            format!("/lightning/search?q={name}"),
            format!("/lightning/search?q=Doe&object={name}"),
            format!("/lightning/o/Contact/list?filterName={name}&q={name}&sort={name}&page={name}"),
            format!("/lightning/o/{name}/list"),
            format!("/lightning/o/Contact/new?defaultFieldValues=LastName%3D{name}"),
            format!("/lightning/o/Contact/new?defaultFieldValues={name}&recordTypeId={name}"),
            format!("/lightning/r/{name}/view"),
            format!("/lightning/r/Contact/{name}/view"),
            format!("{path}/related/{name}/view"),
            format!("{path}/field/{name}"),
            format!("/lightning/lookup/Contact/AccountId?q={name}"),
            format!("/login?next={name}"),
            format!("/{name}"),
            format!("/lightning/files/{name}/download"),
        ];
        for place in turn(&places, number) {
            if place.len() < 60_000 {
                let shown = &place[..place.len().min(60)];
                check(shown, &text, &rita.get(place).await);
            }
        }
        if text.len() > 20_000 {
            continue;
        }
        let wrong = [
            ("LastName", ""),
            ("Email", text.as_str()),
            ("Birthdate", &text),
            ("x", &text),
        ];
        check(
            "new",
            &text,
            &rita.post_form("/lightning/o/Contact/new", &wrong).await,
        );
        let site = [
            ("Name", "Site"),
            ("Website", text.as_str()),
            ("Phone", &text),
        ];
        let made = rita.post_form("/lightning/o/Account/new", &site).await;
        check("website", &text, &made);
        if made.status == StatusCode::SEE_OTHER {
            check("website", &text, &rita.get(made.location()).await);
        }
        // A list of one's own changes the schema, and a password takes its time: some do.
        if !number.is_multiple_of(16) {
            continue;
        }
        let view = [
            ("label", text.as_str()),
            ("filter_field_0", &text),
            ("filter_value_0", &text),
        ];
        check(
            "list view",
            &text,
            &rita
                .post_form("/lightning/o/Contact/lists/new", &view)
                .await,
        );
        let login = [
            ("username", text.as_str()),
            ("password", &text),
            ("next", &text),
        ];
        let entered = sign_in(&house, &login).await;
        check("login", &text, &entered);
        assert_ne!(entered.status, StatusCode::SEE_OTHER, "{text:?}");
    }
}

/// The form of somebody who is not signed in.
async fn sign_in(house: &House, fields: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let request = Request::post("/login")
        .header(header::ORIGIN, CONSOLE)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()))
        .unwrap();
    house.ask_console(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_in_setup_stays_a_text() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let setup = "/lightning/setup";
    for (number, text) in strings().into_iter().enumerate() {
        let name = encoded(&text);
        let places = [
            format!("{setup}/rows/{name}"),
            format!("{setup}/rows/Group/{name}"),
            format!("{setup}/object-manager/{name}"),
            format!("{setup}/object-manager/Contact/fields/{name}"),
            format!("{setup}/login-history?user={name}&source={name}&from={name}&status={name}"),
            format!("{setup}/connected-apps/{name}"),
            format!("{setup}/softphone-layouts/{name}"),
            format!("{setup}/sharing/record/{name}"),
            format!("{setup}/screen-pops?q={name}"),
        ];
        for place in turn(&places, number) {
            if place.len() < 60_000 {
                check(&place[..place.len().min(60)], &text, &ada.get(place).await);
            }
        }
        // What is made changes the schema, and that takes its time.
        if text.len() > 20_000 || !number.is_multiple_of(8) {
            continue;
        }
        forms(&ada, number, &text).await;
    }
    for page in [
        "rows/Group",
        "rows/PermissionSet",
        "rows/UserRole",
        "connected-apps",
        "company",
        "object-manager",
        "sharing",
        "rows/SetupAuditTrail",
    ] {
        let path = format!("{setup}/{page}");
        check(&path, "", &ada.get(&path).await);
    }
    check(
        "login history",
        "",
        &ada.get(&format!("{setup}/login-history/export")).await,
    );
}

async fn forms(ada: &Browser<'_>, number: usize, text: &str) {
    let setup = "/lightning/setup";
    let (unique, object) = (format!("Set_{number}"), format!("{setup}/object-manager"));
    let api_name = if number.is_multiple_of(16) {
        unique.as_str()
    } else {
        text
    };
    let forms = [
        (
            format!("{setup}/rows/Group/new"),
            vec![("Name", text), ("Type", "Regular")],
        ),
        (format!("{setup}/rows/UserRole/new"), vec![("Name", text)]),
        (
            format!("{setup}/rows/PermissionSet/new"),
            vec![("Name", api_name), ("Label", text)],
        ),
        (
            format!("{object}/new"),
            vec![("label", text), ("plural", text), ("name", text)],
        ),
        (
            format!("{object}/Contact/fields/new"),
            vec![
                ("kind", "Text"),
                ("label", text),
                ("name", text),
                ("length", text),
                ("help", text),
            ],
        ),
        (
            format!("{object}/Contact/record-types/new"),
            vec![("label", text), ("name", text)],
        ),
        (
            format!("{object}/Contact/layouts/new"),
            vec![("name", text)],
        ),
        (
            format!("{setup}/connected-apps/new"),
            vec![
                ("name", text),
                ("redirect_uris", text),
                ("scopes", text),
                ("email", text),
            ],
        ),
        (
            format!("{setup}/company"),
            vec![("Name", text), ("TimeZoneSidKey", text)],
        ),
        (
            format!("{setup}/sharing/rule"),
            vec![
                ("label", text),
                ("object", "Lead"),
                ("field_0", "Company"),
                ("value_0", text),
                ("basis", "criteria"),
                ("grantee", text),
            ],
        ),
        (format!("{setup}/api-usage"), vec![("limit", text)]),
        (
            format!("{setup}/phone-system/test-call"),
            vec![("number", text), ("from", text)],
        ),
    ];
    for (path, fields) in turn(&forms, number / 8) {
        let answer = ada.post_form(path, fields).await;
        check(path, text, &answer);
        if let Some(place) = answer.headers.get(header::LOCATION) {
            let place = place.to_str().unwrap().to_owned();
            check(&place, text, &ada.get(&place).await);
        }
    }
    let xml = format!(
        "<callCenter><section sortOrder=\"0\" name=\"reqGeneralInfo\"><item sortOrder=\"0\" \
         name=\"reqInternalName\">{text}</item><item name=\"reqDisplayName\">{text}</item></section>\
         </callCenter>"
    );
    let import = format!("{setup}/call-centers/import");
    check(
        "import",
        text,
        &ada.post_file(&import, "definition", xml.as_bytes()).await,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adapter_may_say_anything_and_hears_one_reply() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let contact = house.create("Contact", &[("LastName", "Doe")]).await;
    for text in strings() {
        for (method, args) in [
            (
                "searchAndScreenPop",
                json!({"searchParams": text, "callType": "inbound",
                "deferred": true, "defaultFieldValues": {text.as_str(): text}}),
            ),
            (
                "searchAndScreenPop",
                json!({"searchParams": "x", "callType": text, "queryParams": text}),
            ),
            (
                "screenPop",
                json!({"type": text, "params": {"recordId": text}}),
            ),
            (
                "screenPop",
                json!({"type": "sobject", "params": {"recordId": text}}),
            ),
            (
                "screenPop",
                json!({"type": "search", "params": {"searchString": text}}),
            ),
            ("screenPop", json!({"type": "url", "params": {"url": text}})),
            (
                "screenPop",
                json!({"type": "list", "params": {"listViewId": text}}),
            ),
            (
                "screenPop",
                json!({"type": "objecthome", "params": {"scope": text}}),
            ),
            (
                "screenPop",
                json!({"type": "newRecord", "params": {"entityName": text,
                "defaultFieldValues": {text.as_str(): text}}}),
            ),
            (
                "saveLog",
                json!({"object": {"entityApiName": text, text.as_str(): text}}),
            ),
            (
                "saveLog",
                json!({"object": {"entityApiName": "Task", "Subject": "x", "WhoId": text}}),
            ),
            (
                "runApex",
                json!({"apexClass": text, "methodName": text, "methodParams": text}),
            ),
            (text.as_str(), json!({text.as_str(): text})),
        ] {
            let body = json!({"method": method, "args": args, "apiVersion": 66});
            let answer = rita.post_json("/host/call", &body.to_string()).await;
            check(method, &text, &answer);
            let json = answer.json();
            assert_reply_shape(&json["reply"]);
            if let Some(place) = json["navigate"].as_str() {
                let own = place.starts_with('/') && !place.starts_with("//");
                let asked = args["params"]["url"].as_str() == Some(place);
                let is_web = place.starts_with("http://") || place.starts_with("https://");
                assert!(
                    own || (asked && is_web),
                    "{method} {text:?} leads to {place:?}"
                );
            }
        }
    }
    let names = names(255);
    for name in names.iter().step_by(3) {
        let log = json!({"object": {"entityApiName": "Task", "Subject": name, "Description": name,
            "WhoId": contact.as_str()}});
        let saved = rita.call("saveLog", log).await;
        assert_eq!(saved["reply"]["success"], true, "{name:?} {saved}");
        let id = saved["reply"]["returnValue"]["recordId"].as_str().unwrap();
        let id = RecordId::parse(id).unwrap();
        assert_eq!(text_of(&house, &id, "Subject").await, Some(kept(name)));
        let found = json!({"searchParams": name, "deferred": true});
        assert_eq!(
            rita.call("searchAndScreenPop", found).await["reply"]["success"],
            true
        );
    }
    let page = rita
        .get(&format!("/lightning/r/Contact/{contact}/view"))
        .await;
    check("timeline", "", &page);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_at_the_pages_of_oauth_leads_nobody_away() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let texts = strings();
    let texts = texts.iter().filter(|text| text.len() < 5_000);
    for (number, text) in texts.enumerate() {
        let name = encoded(text);
        let places = [
            format!(
                "/services/oauth2/authorize?response_type=code&client_id={name}&redirect_uri={name}"
            ),
            format!("/services/oauth2/authorize?response_type={name}&client_id=x&state={name}"),
            format!("/setup/connect?user_code={name}"),
            format!("/secur/frontdoor.jsp?sid={name}&retURL={name}"),
            format!("/secur/frontdoor.jsp?otp={name}&startURL={name}"),
        ];
        for place in turn(&places, number) {
            check(&place[..place.len().min(40)], text, &rita.get(place).await);
        }
        let code = [("user_code", text.as_str())];
        check(
            "device",
            text,
            &rita.post_form("/setup/connect", &code).await,
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_named_and_nothing_else_is_said_by_its_name() {
    let house = House::new().await;
    let files = offhook_store::files::FilesSettings::new(house.folder().join("files"));
    house.store.use_files(files).unwrap();
    let rita = house.sign_in("Rita").await;
    let account = house
        .create_for(&house.rita, "Account", &[("Name", "Acme")])
        .await;
    let upload = format!("/lightning/r/Account/{account}/files");
    let outside = house.folder().join("../zqx");
    let mut downloads = 0;
    for text in names(200) {
        let name = text.replace(['"', '\r', '\n'], "_");
        let csrf = &rita.session.csrf_token;
        let body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n--cut\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/html\r\n\r\n<script>zqx</script>\r\n--cut--\r\n"
        );
        let request = Request::post(&upload)
            .header(
                header::COOKIE,
                format!("offhook_session={}", rita.session.token),
            )
            .header(header::ORIGIN, CONSOLE)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .body(Body::from(body))
            .unwrap();
        check("upload", &text, &house.ask_console(request).await);
    }
    let system = UserContext::system();
    let soql = "SELECT Id FROM ContentVersion";
    let options = offhook_store::org::query::QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: crate::house::now_ms(),
    };
    let versions = house.store.query(&system, soql, options).await.unwrap();
    for row in versions.rows {
        let path = format!("/lightning/files/{}/download", row.id.unwrap());
        let answer = rita.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.text, "<script>zqx</script>");
        let disposition = answer.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap();
        let rest = disposition.strip_prefix("attachment; filename=\"").unwrap();
        let (name, rest) = rest.split_once('"').unwrap();
        assert!(!name.contains(['/', '\\']), "{disposition}");
        let coded = rest.strip_prefix("; filename*=UTF-8''").unwrap();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
        assert!(coded.chars().all(is_plain), "{disposition}");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("sandbox"), "{policy}");
        downloads += 1;
    }
    assert!(downloads > 350, "{downloads}");
    assert!(!outside.exists());
    for page in [
        format!("/lightning/r/Account/{account}/view"),
        upload.clone(),
    ] {
        check(&page, "", &rita.get(&page).await);
    }
}

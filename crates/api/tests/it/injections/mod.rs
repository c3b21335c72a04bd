//! Hostile texts at the doors of the API, as values and in the place of every name: none ends in a
//! failure of ours, none shows what its reader may not see, none reaches a header, and what is
//! saved comes back as it was.

#[path = "../../../../store/tests/it/injections/strings.rs"]
mod strings;
mod values;

use std::fmt::Write;

use axum::http::{HeaderName, HeaderValue};
use offhook_org::UserContext;
use offhook_org::schema::SharingDefault;
use serde_json::{Value as Json, json};

use self::strings::strings;
use crate::house::{Answer, House, create};

const ROOT: &str = "/services/data/v64.0";
const JSON: (&str, &str) = ("content-type", "application/json");

/// What nobody but its owner may see.
const SECRET: &str = "Kept from everybody 7391";

/// The longest request line that HTTP carries here.
const LINE_BYTES_MAX: usize = 60_000;

struct Door {
    house: House,
    bearer: String,
    token: String,
}

impl Door {
    /// An org with something to hide from the rep who asks.
    async fn new() -> Self {
        let house = House::new().await;
        let system = UserContext::system();
        for object in ["Account", "Lead"] {
            let private = SharingDefault::Private;
            let set = house.store.set_sharing_default(&system, object, private);
            set.await.unwrap();
        }
        create(&house.store, "Account", &[("Name", SECRET)]).await;
        let lead = [("LastName", SECRET), ("Company", SECRET)];
        create(&house.store, "Lead", &lead).await;
        let token = house.session_of("rae@example.com", "Sales Rep").await;
        let bearer = format!("Bearer {token}");
        Self {
            house,
            bearer,
            token,
        }
    }

    async fn send(&self, request: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let own = ("authorization", self.bearer.as_str());
        self.house
            .send(request, &[&[own], headers].concat(), body)
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], String::new()).await
    }

    async fn post(&self, path: &str, body: &Json) -> Answer {
        self.send(&format!("POST {path}"), &[JSON], body.to_string())
            .await
    }

    /// The records of every page.
    async fn query(&self, soql: &str) -> Vec<Json> {
        let mut path = format!("{ROOT}/query?q={}", encoded(soql));
        let mut records = Vec::new();
        loop {
            let page = self.get(&path).await.json();
            records.extend(page["records"].as_array().unwrap().clone());
            match page["nextRecordsUrl"].as_str() {
                Some(next) => path = next.to_owned(),
                None => return records,
            }
        }
    }

    async fn soap(&self, operation: &str) -> Answer {
        let body = format!(
            "<se:Envelope xmlns:se=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns=\"urn:partner.soap.sforce.com\"><se:Header><SessionHeader><sessionId>{}\
             </sessionId></SessionHeader></se:Header><se:Body>{operation}</se:Body></se:Envelope>",
            self.token
        );
        let headers = [("content-type", "text/xml"), ("SOAPAction", "\"\"")];
        self.send("POST /services/Soap/u/64.0", &headers, body)
            .await
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
    }
    encoded
}

/// Text in XML; `None` where XML has no way to say it.
fn in_xml(text: &str) -> Option<String> {
    let is_said = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut written = String::new();
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\r' => written.push_str("&#13;"),
            letter if is_said(letter) => written.push(letter),
            _ => return None,
        }
    }
    Some(written)
}

/// No failure of ours, nothing hidden, no header that was asked for, and a body that is what it
/// says.
fn check(door: &str, text: &str, answer: &Answer) {
    let shown: String = text.chars().take(80).collect();
    let (status, body) = (answer.status.as_u16(), &answer.text);
    let is_fault = status == 500 && body.contains(":Fault>") && !body.contains("UNKNOWN_EXCEPTION");
    assert!(
        status < 500 || is_fault,
        "{door} {shown:?}: {status} {body}"
    );
    assert!(!body.contains(SECRET), "{door} {shown:?} shows {body}");
    assert!(
        !answer.headers.contains_key("set-cookie"),
        "{door} {shown:?}"
    );
    let kind = answer.header("content-type").to_owned();
    if kind.starts_with("application/json") && !body.is_empty() {
        answer.json();
    } else if kind.contains("xml") {
        let read = roxmltree::Document::parse(body);
        assert!(read.is_ok(), "{door} {shown:?}: {read:?} {body}");
    } else {
        assert!(!kind.contains("html"), "{door} {shown:?}: {kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_in_a_path_or_a_parameter_is_a_name_that_nothing_has() {
    let door = Door::new().await;
    let id = create(&door.house.store, "Contact", &[("LastName", "Mine")]).await;
    let before = door.house.ask(&count_of("User")).await.text;
    let mut asked = 0;
    for text in strings() {
        let name = encoded(&text);
        for path in [
            name.clone(),
            format!("sobjects/{name}/describe"),
            format!("sobjects/Account/{name}"),
            format!("sobjects/Contact/{id}/{name}"),
            format!("sobjects/Contact/{id}?fields={name}"),
            format!("sobjects/Account/Name/{name}"),
            format!("sobjects/Account/{name}/x"),
            format!("sobjects/Account/listviews/{name}/results"),
            format!("sobjects/Account/describe/layouts/{name}"),
            format!("sobjects/Account/updated?start={name}&end=2030-01-01T00:00:00Z"),
            format!("composite/sobjects/Contact?ids={name}&fields=Id"),
            format!("composite/sobjects/Contact?ids={id}&fields={name}"),
            format!("query/{name}"),
            format!("query?q=SELECT+Id+FROM+Account+WHERE+Name='{name}'"),
            format!("query?q=SELECT+{name}+FROM+Account"),
            format!("query?explain={name}"),
            format!("search?q=FIND+%7B{name}%7D+RETURNING+Account(Name)"),
            format!("parameterizedSearch?q={name}&sobject=Account&Account.fields=Name"),
            format!("parameterizedSearch?q=Kept&sobject={name}"),
            format!("limits/recordCount?sObjects={name}"),
            format!("jobs/query/{name}/results?locator={name}&maxRecords={name}"),
            format!("quickActions/{name}"),
            format!("tooling/query?q={name}"),
            format!("recent?limit={name}"),
        ] {
            let path = format!("{ROOT}/{path}");
            if path.len() > LINE_BYTES_MAX {
                continue;
            }
            let answer = door.get(&path).await;
            check(&path[..path.len().min(60)], &text, &answer);
            assert_ne!(answer.status, 401, "{path}");
            asked += 1;
        }
    }
    assert!(asked > 12_000, "{asked}");
    assert_eq!(door.house.ask(&count_of("User")).await.text, before);
}

fn count_of(object: &str) -> String {
    format!("GET {ROOT}/query?q=SELECT+count()+FROM+{object}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_in_a_body_or_a_header_is_refused_or_means_what_it_says() {
    let door = Door::new().await;
    for text in strings() {
        let record = json!({"attributes": {"type": text}, "LastName": "x", text.as_str(): text});
        for (path, body) in [
            (
                "sobjects/Contact",
                json!({"LastName": "x", text.as_str(): "y"}),
            ),
            (
                "sobjects/Task",
                json!({"Subject": "x", "Status": text, "ActivityDate": text}),
            ),
            (
                "sobjects/Contact",
                json!({"LastName": "x", "AccountId": text, "Email": text}),
            ),
            ("composite/sobjects", json!({"records": [record.clone()]})),
            ("composite/tree/Contact", json!({"records": [record]})),
            (
                "composite",
                json!({"compositeRequest": [
                    {"method": "GET", "url": text, "referenceId": "a"},
                    {"method": text, "url": format!("{ROOT}/limits"), "referenceId": text},
                    {"method": "GET", "url": format!("{ROOT}/sobjects/Account/@{{{text}}}"),
                     "referenceId": "b"},
                ]}),
            ),
            (
                "composite/batch",
                json!({"batchRequests": [{"method": "GET", "url": text}]}),
            ),
            (
                "parameterizedSearch",
                json!({"q": "Kept", "sobjects": [{"name": "Account",
                "fields": ["Name"], "where": text}], "fields": [text]}),
            ),
            (
                "jobs/ingest",
                json!({"object": text, "operation": "insert"}),
            ),
            (
                "jobs/ingest",
                json!({"object": "Lead", "operation": "upsert",
                "externalIdFieldName": text}),
            ),
            ("jobs/query", json!({"operation": "query", "query": text})),
            (
                "quickActions/LogACall",
                json!({"contextId": text, "record": {"Subject": text}}),
            ),
        ] {
            let answer = door.post(&format!("{ROOT}/{path}"), &body).await;
            check(path, &text, &answer);
        }
        let job = json!({"operation": "query", "object": text, "contentType": "CSV"});
        check(
            "bulk 1.0",
            &text,
            &door.post("/services/async/59.0/job", &job).await,
        );
        channels(&door, &text).await;
        headers(&door, &text).await;
    }
}

async fn channels(door: &Door, text: &str) {
    for message in [
        json!({"channel": text}),
        json!({"channel": "/meta/handshake", "version": text, "ext": {text: text}}),
        json!({"channel": "/meta/connect", "clientId": text, "connectionType": text}),
        json!({"channel": "/meta/subscribe", "clientId": text, "subscription": text,
               "ext": {"replay": {text: -2}}}),
    ] {
        let answer = door.post("/cometd/64.0", &json!([message])).await;
        check("cometd", text, &answer);
    }
}

async fn headers(door: &Door, text: &str) {
    let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) else {
        return;
    };
    let names = [
        "sforce-query-options",
        "sforce-call-options",
        "if-modified-since",
        "if-match",
        "accept",
        "content-type",
        "x-prettyprint",
        "user-agent",
        "x-forwarded-for",
        "host",
    ];
    for name in names {
        let mut request = axum::http::Request::get(format!("{ROOT}/query?q=SELECT+Id+FROM+Task"));
        let headers = request.headers_mut().unwrap();
        let bearer = HeaderValue::from_str(&door.bearer).unwrap();
        headers.insert("authorization", bearer);
        headers.insert(HeaderName::from_static(name), value.clone());
        let request = request.body(axum::body::Body::empty()).unwrap();
        let router = door.house.router.clone();
        let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
        assert!(response.status().as_u16() < 500, "{name} {text:?}");
    }
    for (name, status) in [("authorization", 401), ("x-sfdc-session", 401)] {
        let request = format!("GET {ROOT}/limits");
        let Ok(text) = value.to_str() else { continue };
        let mut all = vec![("authorization", text)];
        all.extend((name != "authorization").then_some((name, text)));
        let answer = door.house.send(&request, &all, "").await;
        assert_eq!(answer.status, status, "{name} {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_in_soap_is_refused_or_means_what_it_says() {
    let door = Door::new().await;
    for text in strings() {
        let Some(said) = in_xml(&text) else { continue };
        for operation in [
            format!("<query><queryString>{said}</queryString></query>"),
            format!("<queryMore><queryLocator>{said}</queryLocator></queryMore>"),
            format!(
                "<search><searchString>FIND {{{said}}} RETURNING Account(Name)</searchString></search>"
            ),
            format!(
                "<retrieve><fieldList>{said}</fieldList><sObjectType>Account</sObjectType>\
                     <ids>{said}</ids></retrieve>"
            ),
            format!("<describeSObject><sObjectType>{said}</sObjectType></describeSObject>"),
            format!(
                "<create><sObjects><type>{said}</type><LastName>x</LastName></sObjects></create>"
            ),
            format!(
                "<upsert><externalIDFieldName>{said}</externalIDFieldName><sObjects>\
                     <type>Contact</type><LastName>x</LastName></sObjects></upsert>"
            ),
            format!("<delete><ids>{said}</ids></delete>"),
        ] {
            check("soap", &text, &door.soap(&operation).await);
        }
        // As it is, unescaped, where an operation and a value should be.
        check("soap", &text, &door.soap(&text).await);
        let raw = format!("<query><queryString>{text}</queryString></query>");
        check("soap", &text, &door.soap(&raw).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_text_at_the_oauth_endpoints_gets_no_token() {
    let house = House::new().await;
    for text in strings().iter().filter(|text| text.len() < 10_000) {
        for (path, pairs) in [
            (
                "token",
                [
                    ("grant_type", text.as_str()),
                    ("client_id", "x"),
                    ("code", text),
                ],
            ),
            (
                "token",
                [
                    ("grant_type", "authorization_code"),
                    ("client_id", text),
                    ("code", text),
                ],
            ),
            (
                "token",
                [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", text),
                    ("client_id", text),
                ],
            ),
            (
                "token",
                [
                    ("grant_type", "password"),
                    ("username", text),
                    ("password", text),
                ],
            ),
            (
                "token",
                [
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    ("assertion", text),
                    ("scope", text),
                ],
            ),
            (
                "token",
                [
                    ("response_type", "device_code"),
                    ("client_id", text),
                    ("scope", text),
                ],
            ),
            (
                "revoke",
                [
                    ("token", text),
                    ("token_type_hint", text),
                    ("callback", text),
                ],
            ),
            (
                "introspect",
                [
                    ("token", text),
                    ("client_id", text),
                    ("client_secret", text),
                ],
            ),
            (
                "userinfo",
                [("access_token", text), ("format", text), ("version", text)],
            ),
        ] {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(pairs);
            let kind = ("content-type", "application/x-www-form-urlencoded");
            let path = format!("POST /services/oauth2/{path}");
            let answer = house
                .send(&path, &[kind, ("authorization", "none")], form.finish())
                .await;
            check(&path, text, &answer);
            assert!(
                !answer.text.contains("access_token\""),
                "{path} {text:?} {}",
                answer.text
            );
        }
    }
}

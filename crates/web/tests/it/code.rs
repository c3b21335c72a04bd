//! Setup > Server Scripts, Pages and Static Resources, and the pages as they are shown.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use offhook_store::sources::SourceKind;
use serde_json::json;

use crate::house::{Answer, Browser, House, center};

const CLASSES: &str = "/lightning/setup/code/classes";
const PAGES: &str = "/lightning/setup/code/pages";
const LOG: &str = "/lightning/setup/script-log";

const CLASS: &str = "export function hello({ name }) {
  console.log('called');
  org.create('Task', { Subject: 'From a script' });
  return `Hello ${name} <b>`;
}
export const tests = {
  'says hello'() { assert.equal(hello({ name: 'x' }), 'Hello x <b>') },
  'fails'() { throw new Error('as it should') },
};";

async fn create(browser: &Browser<'_>, root: &str, name: &str, body: &str) -> String {
    let fields = [("name", name), ("body", body), ("note", "the first")];
    let answer = browser.post_form(&format!("{root}/new"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.location().to_owned()
}

/// The address of the frame in a page of the console.
fn frame_of(answer: &Answer) -> String {
    let (_, rest) = answer.text.split_once("<iframe").unwrap();
    let (_, src) = rest.split_once("src=\"").unwrap();
    let src = src.split('"').next().unwrap();
    src.replace("&#38;", "&").replace("&amp;", "&")
}

async fn pages_get(house: &House, url: &str) -> Answer {
    let path = url.strip_prefix(&house.pages_origin()).unwrap_or(url);
    let request = Request::get(path).header(header::COOKIE, "offhook_session=ignored");
    house.ask_pages(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_script_is_written_tested_tried_changed_and_brought_back() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    ada.get(CLASSES).await.says("No server script yet");
    let path = create(&ada, CLASSES, "Greeter", CLASS).await;
    ada.get(&path)
        .await
        .says("<code>hello</code>")
        .says("the first");
    ada.post_form(&format!("{path}/tests"), &[])
        .await
        .says("Passed:</strong> says hello")
        .says("Failed:</strong> fails")
        .says("as it should (line 8, column ");
    let tried = [("method", "hello"), ("params", "name=+1 Ann")];
    ada.post_form(&format!("{path}/try"), &tried)
        .await
        .says("Hello +1 Ann &#60;b&#62;")
        .says("called")
        .says("1 records written")
        .does_not_say("<b>");
    let query = offhook_store::org::ListQuery {
        object: offhook_org::ObjectName::new("Task"),
        filters: Vec::new(),
        order: None,
        offset: 0,
        limit: 10,
    };
    let system = offhook_org::UserContext::system();
    let tasks = house.store.list(&system, &query).await.unwrap();
    assert!(tasks.records.is_empty(), "what was tried is taken back");
    let as_nobody = [
        ("method", "hello"),
        ("params", ""),
        ("user", "nobody@nowhere.example"),
    ];
    ada.post_form(&format!("{path}/try"), &as_nobody)
        .await
        .says("There is no active user nobody@nowhere.example.");

    let fields = [
        ("name", "Greeter"),
        ("known", "1"),
        ("body", "export const bye = () => 1"),
    ];
    ada.post_form(&format!("{path}/edit"), &fields).await;
    ada.get(&format!("{path}/versions/2"))
        .await
        .says("export const bye")
        .says("oh-code__gone");
    let stale = [
        ("name", "Greeter"),
        ("known", "1"),
        ("body", "export const mine = () => 2"),
    ];
    let answer = ada.post_form(&format!("{path}/edit"), &stale).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .says("saved another version meanwhile")
        .says("export const mine");
    ada.post_form(&format!("{path}/versions/1/restore"), &[])
        .await;
    ada.get(&path)
        .await
        .says("Back to version 1")
        .says("<code>hello</code>");
    ada.get(LOG)
        .await
        .says("Greeter.hello")
        .does_not_say("+1 Ann");
    ada.get("/lightning/setup/rows/SetupAuditTrail")
        .await
        .says("Saved version 3 of Greeter");
    ada.post_form(&format!("{path}/delete"), &[]).await;
    let classes = house.store.sources(SourceKind::Class).await.unwrap();
    assert!(classes.is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place_and_nothing_is_lost() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let bad = "export function a() {\n  return <b>;\n}\n";
    let fields = [("name", "Bad"), ("body", bad), ("description", "kept")];
    let answer = ada.post_form(&format!("{CLASSES}/new"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .says("SyntaxError")
        .says("(line 2, column ")
        .says("oh-code__it")
        .says("return &#60;b&#62;;")
        .says("value=\"kept\"");
    let none = [("name", "None"), ("body", "const a = 1")];
    ada.post_form(&format!("{CLASSES}/new"), &none)
        .await
        .says("There is no method");
    let endless = [("name", "Endless"), ("body", "while (true) {}")];
    ada.post_form(&format!("{CLASSES}/new"), &endless)
        .await
        .says("took too long");
    let name = [("name", "no name!"), ("body", "export const a = () => 1")];
    ada.post_form(&format!("{CLASSES}/new"), &name)
        .await
        .says("begins with a letter");
    let page = [
        ("name", "P"),
        ("body", "<apex:page>\n <apex:form/>\n</apex:page>"),
    ];
    ada.post_form(&format!("{PAGES}/new"), &page)
        .await
        .says("apex:form is not known here")
        .says("(line 2, column 2)");
    create(&ada, CLASSES, "Taken", "export const a = () => 1").await;
    let taken = [("name", "TAKEN"), ("body", "export const a = () => 1")];
    ada.post_form(&format!("{CLASSES}/new"), &taken)
        .await
        .says("already one with the name TAKEN");
}

#[tokio::test]
async fn only_authors_get_in() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    for path in [CLASSES, PAGES, LOG, "/lightning/setup/static-resources"] {
        let answer = rita.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let fields = [("name", "Mine"), ("body", "export const a = () => 1")];
    let answer = rita.post_form(&format!("{CLASSES}/new"), &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let classes = house.store.sources(SourceKind::Class).await.unwrap();
    assert!(classes.is_empty());
}

#[tokio::test]
async fn a_page_is_shown_in_a_tab_for_its_user_with_its_parameters() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let markup = "<apex:page title=\"Pop\"><p>{!$User.FirstName} {!$CurrentPage.parameters.ani}</p>\
        <script>var ani = '{!$CurrentPage.parameters.ani}';</script>\
        <a href=\"/apex/Other\">on</a></apex:page>";
    create(&ada, PAGES, "Pop", markup).await;
    create(&ada, PAGES, "Other", "<apex:page>{!$User.Name}</apex:page>").await;
    let rita = house.sign_in("Rita").await;
    let moved = rita.get("/apex/pop?ani=%2B1%3Cb%3E").await;
    let tab = rita.get(moved.location()).await;
    let url = frame_of(&tab);
    assert!(
        url.starts_with(&format!("{}/apex/pop?ani=", house.pages_origin())),
        "{url}"
    );
    let shown = pages_get(&house, &url).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    shown
        .says("<title>Pop</title>")
        .says("<p>Rita +1&lt;b&gt;</p>")
        .says("var ani = '\\x2b1\\x3cb\\x3e';")
        .does_not_say("offhook_page");
    let policy = shown.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("frame-ancestors http://127.0.0.1:1;"),
        "{policy}"
    );
    // A plain link within the page, and the same page once more.
    let linked = Request::get("/apex/Other").header(header::REFERER, &url);
    let linked = house.ask_pages(linked.body(Body::empty()).unwrap()).await;
    linked.says("Rita Tester");
    assert_eq!(pages_get(&house, &url).await.status, StatusCode::OK);
    // Without a ticket, with a wrong one, and once the session is over.
    for bare in ["/apex/Pop", "/apex/Pop?offhook_page=wrong"] {
        let answer = pages_get(&house, bare).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answer
            .does_not_say("Rita")
            .says("Open this page from the console");
    }
    let nowhere = url.replace("/apex/pop", "/apex/Nowhere");
    assert_eq!(
        pages_get(&house, &nowhere).await.status,
        StatusCode::NOT_FOUND
    );
    rita.post_form("/logout", &[]).await;
    assert_eq!(
        pages_get(&house, &url).await.status,
        StatusCode::UNAUTHORIZED
    );
    // Never on the console's own origin.
    let console = ada.get("/apex/Pop").await;
    assert_eq!(console.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_can_be_a_call_centers_softphone_and_load_static_resources() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let markup = "<apex:page><apex:includeScript value=\"{!$Resource.Lib}\"/>\
        <apex:includeScript value=\"/support/api/57.0/lightning/opencti_min.js\"/></apex:page>";
    create(&ada, PAGES, "Softphone", markup).await;
    let system = offhook_org::UserContext::system();
    let page = center("PagePhone", "Page Phone", "/apex/softphone");
    let id = house
        .store
        .import_call_center(&system, &page)
        .await
        .unwrap();
    house
        .store
        .add_call_center_user(&system, &id, &house.sam)
        .await
        .unwrap();
    let mut form = Vec::new();
    let csrf = &ada.session.csrf_token;
    for (head, value) in [
        ("name=\"_csrf\"", csrf.as_str()),
        ("name=\"name\"", "Lib"),
        ("name=\"file\"; filename=\"lib.JS\"", "window.mine = 1;"),
    ] {
        let part = format!("--cut\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n");
        form.extend_from_slice(part.as_bytes());
    }
    form.extend_from_slice(b"--cut--\r\n");
    let request = Request::post("/lightning/setup/static-resources")
        .header(
            header::COOKIE,
            format!("offhook_session={}", ada.session.token),
        )
        .header(header::ORIGIN, crate::house::CONSOLE)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .body(Body::from(form))
        .unwrap();
    let uploaded = house.ask_console(request).await;
    assert_eq!(uploaded.status, StatusCode::SEE_OTHER, "{}", uploaded.text);

    let sam = house.sign_in("Sam").await;
    let frame = sam.frame().await;
    assert_eq!(frame["origin"], json!(house.pages_origin()));
    let url = frame["url"].as_str().unwrap();
    assert!(
        url.contains("sfdcI") && url.contains("offhook_page="),
        "{url}"
    );
    let shown = pages_get(&house, url).await;
    let (_, rest) = shown.text.split_once("src=\"/resource/").unwrap();
    let address = format!("/resource/{}", rest.split('"').next().unwrap());
    let library = pages_get(&house, &address).await;
    assert_eq!(library.text, "window.mine = 1;");
    assert_eq!(
        library.headers[header::CONTENT_TYPE],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        pages_get(&house, "/resource/x/Lib").await.status,
        StatusCode::NOT_FOUND
    );
    let gone = ada
        .post_form(
            "/lightning/setup/static-resources/delete",
            &[("name", "Lib")],
        )
        .await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    assert_eq!(
        pages_get(&house, &address).await.status,
        StatusCode::NOT_FOUND
    );
}

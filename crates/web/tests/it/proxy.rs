//! The adapter proxy as a frame and a vendor's server meet it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::house::{Answer, House, center};

const COPY: &str = "/* sfdcIframeOrigin */ throw 'Failed to initialize Open CTI. Ensure that';";

/// What the vendor's server was asked: path, and the names of the headers.
type Asked = Arc<Mutex<Vec<(String, HeaderMap)>>>;

async fn vendor(State(asked): State<Asked>, request: Request) -> Response {
    let path = request.uri().to_string();
    asked
        .lock()
        .unwrap()
        .push((path.clone(), request.headers().clone()));
    let page = "<script src=\"/lib/cti.js\"></script><a href=\"next\">next</a>";
    match request.uri().path() {
        "/phone/" => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::SET_COOKIE, "vendor=1"),
                (header::X_FRAME_OPTIONS, "DENY"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "frame-ancestors *.force.com",
                ),
            ],
            page,
        )
            .into_response(),
        "/lib/cti.js" => ([(header::CONTENT_TYPE, "text/javascript")], COPY).into_response(),
        "/lib/app.js" => ([(header::CONTENT_TYPE, "text/javascript")], "app()").into_response(),
        "/moved" => (StatusCode::FOUND, [(header::LOCATION, "/phone/")]).into_response(),
        "/large" => "x".repeat(11 * 1024 * 1024).into_response(),
        _ => (StatusCode::NOT_FOUND, "the vendor has no such page").into_response(),
    }
}

/// A call center whose adapter is at a vendor's server, with Rita in it; its origin, and what the
/// server is asked.
async fn with_vendor(house: &House) -> (String, Asked) {
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(vendor).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let ada = house.sign_in("Ada").await;
    let definition = center(
        "Vendor",
        "Vendor phone",
        &format!("{origin}/phone/?tenant=7"),
    );
    let store = &house.store;
    let admin = offhook_org::UserContext::system();
    let vendor = store.import_call_center(&admin, &definition).await.unwrap();
    let rita = &house.rita;
    store
        .remove_call_center_user(&admin, &house.call_center, rita)
        .await
        .unwrap();
    store
        .add_call_center_user(&admin, &vendor, rita)
        .await
        .unwrap();
    let path = format!("/lightning/setup/call-centers/{vendor}/proxy");
    let page = ada.get(&path).await;
    page.says("Sign-in by cookie").says(&origin);
    let switched = ada.post_form(&path, &[("on", "true")]).await;
    assert_eq!(switched.status, StatusCode::SEE_OTHER);
    ada.get(&path).await.says("Switch off");
    (origin, asked)
}

async fn asks(house: &House, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.ask_pages(request.body(Body::empty()).unwrap()).await
}

/// The path that the proxy's pages begin with.
async fn prefix(house: &House) -> String {
    let frame = house.sign_in("Rita").await.frame().await;
    assert_eq!(frame["origin"], house.pages_origin(), "{frame}");
    let url = frame["url"].as_str().unwrap();
    let path = url.strip_prefix(&house.pages_origin()).unwrap();
    assert!(path.contains("/phone/?tenant=7&mode=Lightning"), "{path}");
    assert!(!path.contains("offhook_token"), "{path}");
    path[..path.find("/phone/").unwrap()].to_owned()
}

#[tokio::test]
async fn a_vendors_page_comes_from_our_origin_with_our_library() {
    let house = House::new().await;
    let (_, asked) = with_vendor(&house).await;
    let prefix = prefix(&house).await;
    let sent = [("cookie", "sid=secret"), ("authorization", "Bearer theirs")];
    let page = asks(&house, &format!("{prefix}/phone/?tenant=7"), &sent).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&format!("src=\"{prefix}/lib/cti.js\""))
        .says("href=\"next\"");
    assert!(page.headers.get(header::SET_COOKIE).is_none());
    assert_ne!(
        page.headers
            .get(header::X_FRAME_OPTIONS)
            .map(|v| v.as_bytes()),
        Some(&b"DENY"[..])
    );
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains(&format!("frame-ancestors {}", crate::house::CONSOLE)),
        "{policy}"
    );
    let (path, sent) = asked.lock().unwrap().last().cloned().unwrap();
    assert_eq!(path, "/phone/?tenant=7");
    assert!(sent.get(header::COOKIE).is_none(), "{sent:?}");
    assert_eq!(sent[header::AUTHORIZATION], "Bearer theirs");
    let library = asks(&house, &format!("{prefix}/lib/cti.js"), &[]).await;
    library.does_not_say("throw 'Failed to initialize");
    let app = asks(&house, &format!("{prefix}/lib/app.js"), &[]).await;
    assert_eq!(app.text, "app()");
}

#[tokio::test]
async fn redirects_stay_behind_the_proxy_and_strayed_requests_find_back() {
    let house = House::new().await;
    let (_, _) = with_vendor(&house).await;
    let prefix = prefix(&house).await;
    let moved = asks(&house, &format!("{prefix}/moved"), &[]).await;
    assert_eq!(moved.location(), format!("{prefix}/phone/"));
    let referrer = format!("{}{prefix}/phone/", house.pages_origin());
    let strayed = asks(&house, "/api/x?y=1", &[("referer", &referrer)]).await;
    assert_eq!(strayed.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(strayed.location(), format!("{prefix}/api/x?y=1"));
    for other in ["https://elsewhere.example/proxy/x/", "no address", ""] {
        let lost = asks(&house, "/api/x", &[("referer", other)]).await;
        assert_eq!(lost.status, StatusCode::NOT_FOUND, "{other:?}");
    }
}

#[tokio::test]
async fn what_must_not_pass_does_not() {
    let house = House::new().await;
    let (origin, _) = with_vendor(&house).await;
    let prefix = prefix(&house).await;
    let large = asks(&house, &format!("{prefix}/large"), &[]).await;
    assert_eq!(large.status, StatusCode::BAD_GATEWAY);
    large.says(&origin).says("larger than 10 MiB");
    let script = format!("{prefix}/lib/app.js");
    let worker = asks(&house, &script, &[("service-worker", "script")]).await;
    assert_eq!(worker.status, StatusCode::FORBIDDEN);
    let unknown = format!("/proxy/{}/phone/", "0".repeat(32));
    for path in [unknown.as_str(), "/proxy/x/phone/", "/proxy/x"] {
        assert_eq!(
            asks(&house, path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn switched_off_the_page_comes_from_its_own_address_again() {
    let house = House::new().await;
    let (origin, _) = with_vendor(&house).await;
    let before = prefix(&house).await;
    let ada = house.sign_in("Ada").await;
    let rita = house.sign_in("Rita").await;
    let user = house
        .store
        .call_center_of(&house.rita)
        .await
        .unwrap()
        .unwrap();
    let path = format!("/lightning/setup/call-centers/{}/proxy", user.id);
    assert_eq!(
        rita.post_form(&path, &[]).await.status,
        StatusCode::FORBIDDEN
    );
    ada.post_form(&path, &[]).await;
    assert_eq!(rita.frame().await["origin"], origin);
    let gone = asks(&house, &format!("{before}/phone/"), &[]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

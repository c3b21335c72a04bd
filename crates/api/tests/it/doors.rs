//! Paths, sessions, versions, headers: what holds for every resource.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::house::House;

#[tokio::test]
async fn the_versions_are_listed_to_anybody() {
    let house = House::new().await;
    for path in ["/services/data", "//services/data/", "/services/data/"] {
        let headers = [("authorization", "Bearer nobody")];
        let answer = house.send(&format!("GET {path}"), &headers, "").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            "application/json;charset=UTF-8"
        );
        let versions = answer.json();
        assert_eq!(versions[0]["version"], "31.0");
        assert_eq!(versions[33]["url"], "/services/data/v64.0");
        assert_eq!(versions[33]["label"], "Summer '25");
    }
}

#[tokio::test]
async fn a_dead_session_and_nothing_else_is_unauthorized() {
    let house = House::new().await;
    let headers = [("authorization", "Bearer 00D000000000001!dead")];
    let answer = house.send("GET /services/data/v64.0", &headers, "").await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.text,
        r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#
    );
    let answer = house.ask("GET /services/data/v64.0/nothing/here").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()[0]["errorCode"], "NOT_FOUND");
    let answer = house.ask("DELETE /services/data/v64.0").await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.json()[0]["errorCode"], "METHOD_NOT_ALLOWED");
    let answer = house.ask("GET /services/nothing").await;
    assert_eq!(answer.status, 404);
    let answer = house.ask("GET /services/apexrest/Cti/find").await;
    assert_eq!(answer.json()[0]["errorCode"], "NOT_FOUND");
}

#[tokio::test]
async fn a_session_comes_in_any_of_the_clients_ways() {
    let house = House::new().await;
    let token = house.token.clone();
    let oauth = format!("OAuth {token}");
    for headers in [
        vec![("authorization", oauth.as_str())],
        vec![("authorization", ""), ("X-SFDC-Session", token.as_str())],
    ] {
        let answer = house.send("GET /services/data/v64.0", &headers, "").await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("sforce-limit-info").starts_with("api-usage="));
    }
    let path = format!("GET /services/data/v64.0?oauth_token={token}");
    let answer = house.send(&path, &[("authorization", "")], "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn retired_versions_are_gone_and_unknown_ones_not_found() {
    let house = House::new().await;
    let answer = house.ask("GET /services/data/v30.0/limits").await;
    assert_eq!(answer.status, 410);
    for version in ["v69.0", "64.0x", "v64"] {
        let answer = house
            .ask(&format!("GET /services/data/{version}/limits"))
            .await;
        assert_eq!(answer.status, 404, "{version}");
    }
}

#[tokio::test]
async fn what_is_not_the_apis_goes_to_the_console() {
    let house = House::new().await;
    for path in [
        "/",
        "/lightning/page/home",
        "/services/oauth2/authorize?x=1",
    ] {
        assert_eq!(house.ask(&format!("GET {path}")).await.text, "the console");
    }
}

/// `{"Name": "Packed"}`, packed.
const GZIP: [u8; 38] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xf2, 0x4b, 0xcc, 0x4d,
    0x55, 0xb2, 0x52, 0x50, 0x0a, 0x48, 0x4c, 0xce, 0x4e, 0x4d, 0x51, 0xaa, 0x05, 0x00, 0x6a, 0xdd,
    0x29, 0x7b, 0x12, 0x00, 0x00, 0x00,
];
const ZLIB: [u8; 26] = [
    0x78, 0x9c, 0xab, 0x56, 0xf2, 0x4b, 0xcc, 0x4d, 0x55, 0xb2, 0x52, 0x50, 0x0a, 0x48, 0x4c, 0xce,
    0x4e, 0x4d, 0x51, 0xaa, 0x05, 0x00, 0x34, 0x39, 0x05, 0xa4,
];

#[tokio::test]
async fn bodies_are_packed_both_ways_by_gzip_and_deflate() {
    let house = House::new().await;
    let create = "POST /services/data/v64.0/sobjects/Account";
    for (name, body) in [("gzip", &GZIP[..]), ("deflate", &ZLIB[..])] {
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", name),
        ];
        let made = house.send(create, &headers, body.to_vec()).await;
        assert_eq!(made.status, 201, "{name}: {}", made.text);
        let accepts = [("accept-encoding", name)];
        let describe = "GET /services/data/v64.0/sobjects/Account/describe";
        let answer = house.send(describe, &accepts, "").await;
        assert_eq!(answer.header("content-encoding"), name);
    }
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_before_it_is_read() {
    let house = House::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, house.router.clone()).into_future());
    let line = format!(
        "GET /services/data/v64.0/query?q={} HTTP/1.1\r\n",
        "x".repeat(70_000)
    );
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(line.as_bytes()).await.unwrap();
    client.write_all(b"Host: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 414");
    server.abort();
}

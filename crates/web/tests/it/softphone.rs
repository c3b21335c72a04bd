//! The softphone's page, ticket and socket as a browser meets them.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use futures_util::{SinkExt, StreamExt};
use offhook_calls::link::{Down, Up};
use offhook_calls::softphone::{Command, FromPage, Presence, ToPage};
use offhook_calls::{AgentId, DeviceId};
use serde_json::{Value as Json, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::house::{Browser, House};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(20);

async fn open_as(house: &House, origin: &str, protocols: &str) -> Result<Socket, Error> {
    let url = format!("ws://{}/softphone/socket", house.pages_address);
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert(header::ORIGIN, origin.parse().unwrap());
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn open(house: &House, ticket: &str) -> Socket {
    let protocols = format!("offhook.v1, ticket.{ticket}");
    open_as(house, &house.pages_origin(), &protocols)
        .await
        .unwrap()
}

/// The next message of the page's socket, pings left out.
async fn next(socket: &mut Socket) -> Message {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
        match message.unwrap().unwrap() {
            Message::Ping(_) => {}
            message => return message,
        }
    }
}

async fn close_code(socket: &mut Socket) -> u16 {
    match next(socket).await {
        Message::Close(Some(frame)) => frame.code.into(),
        other => panic!("no close: {other:?}"),
    }
}

async fn say(socket: &mut Socket, message: &Json) {
    socket
        .send(Message::text(message.to_string()))
        .await
        .unwrap();
}

async fn heard(house: &mut House) -> Up {
    tokio::time::timeout(PATIENCE, house.up.recv())
        .await
        .unwrap()
        .unwrap()
}

/// Rita's page, connected.
async fn connected(house: &mut House) -> (Socket, DeviceId, String) {
    let ticket = {
        let rita = house.sign_in("Rita").await;
        house.ticket(&rita).await
    };
    let socket = open(house, &ticket).await;
    let Up::Connected {
        device,
        agent,
        agent_name,
    } = heard(house).await
    else {
        panic!("the telephone was not told of the page");
    };
    assert_eq!(agent, AgentId::new(house.rita.as_str()));
    assert_eq!(agent_name, "Rita Tester");
    (socket, device, ticket)
}

#[tokio::test]
async fn the_page_may_be_framed_by_the_console_alone_and_uses_the_microphone_itself() {
    let house = House::new().await;
    let request = Request::get("/softphone?mode=Lightning")
        .body(Body::empty())
        .unwrap();
    let page = house.ask_pages(request).await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("frame-ancestors http://127.0.0.1:1;"),
        "{policy}"
    );
    assert!(
        policy.contains("default-src 'none'") && policy.contains("'nonce-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    let permissions = page.headers["permissions-policy"].to_str().unwrap();
    assert!(permissions.contains("microphone=(self)"), "{permissions}");
    page.says("id=\"softphone\"");
}

#[tokio::test]
async fn a_token_is_swapped_for_a_ticket_once_and_only_from_our_own_page() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let token = rita.frame_token().await;
    let body = json!({ "token": token }).to_string();
    for origin in [
        None,
        Some("null"),
        Some("http://127.0.0.1:1"),
        Some("https://evil.example"),
    ] {
        let mut request = Request::post("/softphone/ticket");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let refused = house
            .ask_pages(request.body(Body::from(body.clone())).unwrap())
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin:?}");
    }
    let first = house.swap(&token).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.json()["config"]["region"], "US");
    assert!(first.json()["config"]["outcomes"].as_array().unwrap().len() > 1);
    let second = house.swap(&token).await;
    assert_eq!(second.status, StatusCode::UNAUTHORIZED);
    assert!(second.json()["message"].is_string());
    assert_eq!(house.swap("made up").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_the_page_says_reaches_the_telephone_and_the_answer_reaches_the_page() {
    let mut house = House::new().await;
    let (mut socket, device, _) = connected(&mut house).await;
    let command =
        json!({"type": "command", "id": "c1", "command": "set_presence", "presence": "ready"});
    say(&mut socket, &command).await;
    let said = Up::Said {
        device: device.clone(),
        message: FromPage::Command {
            id: "c1".to_owned(),
            command: Command::SetPresence {
                presence: Presence::Ready,
            },
        },
    };
    assert_eq!(heard(&mut house).await, said);
    let reply = ToPage::Reply {
        id: "c1".to_owned(),
        accepted: true,
        reason: None,
        log_key: None,
        call: None,
    };
    let down = Down {
        device: device.clone(),
        message: reply.clone(),
    };
    house.down.send(down).await.unwrap();
    let told: ToPage = serde_json::from_str(next(&mut socket).await.to_text().unwrap()).unwrap();
    assert_eq!(told, reply);
    say(&mut socket, &json!({"type": "ping"})).await;
    assert_eq!(
        next(&mut socket).await.to_text().unwrap(),
        "{\"type\":\"pong\"}"
    );
    socket.close(None).await.unwrap();
    assert_eq!(heard(&mut house).await, Up::Gone { device });
}

#[tokio::test]
async fn a_page_that_comes_back_is_a_new_device_with_the_same_ticket() {
    let mut house = House::new().await;
    let (socket, first, ticket) = connected(&mut house).await;
    // Cut without a word, as a crashed tab does.
    drop(socket);
    assert_eq!(
        heard(&mut house).await,
        Up::Gone {
            device: first.clone()
        }
    );
    let _again = open(&house, &ticket).await;
    match heard(&mut house).await {
        Up::Connected { device, .. } => assert_ne!(device, first),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_strange_origin_is_refused_and_a_bad_ticket_closes_with_its_code() {
    let house = House::new().await;
    let ticket = {
        let rita = house.sign_in("Rita").await;
        house.ticket(&rita).await
    };
    let protocols = format!("offhook.v1, ticket.{ticket}");
    for origin in [
        "null",
        "http://127.0.0.1:1",
        "http://127.0.0.1:8081.evil.example",
    ] {
        match open_as(&house, origin, &protocols).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), StatusCode::FORBIDDEN),
            other => panic!("{origin}: {other:?}"),
        }
    }
    let origin = house.pages_origin();
    assert!(
        open_as(&house, &origin, &format!("ticket.{ticket}"))
            .await
            .is_err()
    );
    for protocols in ["offhook.v1, ticket.made-up", "offhook.v1"] {
        let mut socket = open_as(&house, &origin, protocols).await.unwrap();
        assert_eq!(close_code(&mut socket).await, 4401, "{protocols}");
    }
}

#[tokio::test]
async fn the_socket_closes_when_the_session_ends_or_the_user_leaves_the_call_center() {
    let mut house = House::new().await;
    let session = house.sign_in("Rita").await.session;
    let (mut signed_out, _, _) = connected(&mut house).await;
    let ray = house.sign_in("Ray").await;
    let ticket = house.ticket(&ray).await;
    let rays_session = ray.session.clone();
    let mut left = open(&house, &ticket).await;
    // Of Rita's two sessions the socket belongs to the later one.
    house.store.sign_out(&session.token).await.unwrap();
    let system = offhook_org::UserContext::system();
    let center = house.call_center.clone();
    house
        .store
        .remove_call_center_user(&system, &center, &house.rita)
        .await
        .unwrap();
    house.store.sign_out(&rays_session.token).await.unwrap();
    assert_eq!(close_code(&mut signed_out).await, 4401);
    assert_eq!(close_code(&mut left).await, 4401);
}

#[tokio::test]
async fn a_frozen_or_deactivated_user_has_no_softphone_a_second_later() {
    let mut house = House::new().await;
    let (mut frozen, _, _) = connected(&mut house).await;
    let ray = house.sign_in("Ray").await;
    let ticket = house.ticket(&ray).await;
    let mut gone = open(&house, &ticket).await;
    let system = offhook_org::UserContext::system();
    let started = std::time::Instant::now();
    let freeze = house.store.set_frozen(&system, &house.rita, true);
    freeze.await.unwrap();
    let inactive = (
        offhook_org::FieldName::new("IsActive"),
        offhook_org::Value::Boolean(false),
    );
    let strict = offhook_org::save::Strictness::Strict;
    let change = [inactive].into();
    let update = house
        .store
        .update(&system, &house.ray, &change, strict, None);
    update.await.unwrap();
    assert_eq!(close_code(&mut frozen).await, 4401);
    assert_eq!(close_code(&mut gone).await, 4401);
    // A loaded machine may take a moment longer than the second.
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_flood_nonsense_and_a_huge_message_end_the_page_not_the_server() {
    let mut house = House::new().await;
    let (mut flood, _, ticket) = connected(&mut house).await;
    for _ in 0..500 {
        if flood
            .send(Message::text("{\"type\":\"ping\"}"))
            .await
            .is_err()
        {
            break;
        }
    }
    let ended = loop {
        match tokio::time::timeout(PATIENCE, flood.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break None,
        }
    };
    assert!(ended.is_none_or(|code| code == 1008), "{ended:?}");
    assert!(matches!(heard(&mut house).await, Up::Gone { .. }));

    let mut nonsense = open(&house, &ticket).await;
    assert!(matches!(heard(&mut house).await, Up::Connected { .. }));
    for _ in 0..25 {
        if nonsense
            .send(Message::text("{\"type\":\"fly\"}"))
            .await
            .is_err()
        {
            break;
        }
    }
    assert!(matches!(heard(&mut house).await, Up::Gone { .. }));

    let mut huge = open(&house, &ticket).await;
    assert!(matches!(heard(&mut house).await, Up::Connected { .. }));
    let _ = huge.send(Message::text("x".repeat(100_000))).await;
    assert!(matches!(heard(&mut house).await, Up::Gone { .. }));

    let mut fine = open(&house, &ticket).await;
    say(&mut fine, &json!({"type": "ping"})).await;
    assert_eq!(
        next(&mut fine).await.to_text().unwrap(),
        "{\"type\":\"pong\"}"
    );
}

#[tokio::test]
async fn recent_calls_need_a_ticket() {
    let house = House::new().await;
    let rita: Browser<'_> = house.sign_in("Rita").await;
    let ticket = house.ticket(&rita).await;
    let ask = |authorization: String| {
        let request = Request::get("/softphone/recent");
        let request = request.header(header::AUTHORIZATION, authorization);
        house.ask_pages(request.body(Body::empty()).unwrap())
    };
    let recent = ask(format!("Bearer {ticket}")).await;
    assert_eq!(recent.json(), json!({"calls": []}));
    assert_eq!(
        ask("Bearer no".to_owned()).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_library_is_there_under_every_version_and_with_two_slashes() {
    let house = House::new().await;
    for path in [
        "/support/api/24.0/lightning/opencti.js",
        "/support/api/66.0/lightning/other.js",
    ] {
        let missing = house
            .ask_pages(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{path}");
        missing.does_not_say("sforce");
    }
    for path in [
        "/support/api/66.0/lightning/opencti.js",
        "//support/api/43.0/lightning/opencti_min.js",
    ] {
        let request = || Request::get(path).body(Body::empty()).unwrap();
        for library in [
            house.ask_pages(request()).await,
            house.ask_console(request()).await,
        ] {
            assert_eq!(
                library.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
                "*",
                "{path}"
            );
            let policy = &library.headers["cross-origin-resource-policy"];
            assert_eq!(policy, "cross-origin");
        }
    }
}

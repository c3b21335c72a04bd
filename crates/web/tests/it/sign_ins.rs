//! The history of sign-ins at the console, as its page and its file tell it.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::house::{CONSOLE, House};

const PAGE: &str = "/lightning/setup/login-history";

async fn sign_in(house: &House, name: &str, password: &str, program: &str) -> StatusCode {
    let request = Request::post("/login")
        .header(header::ORIGIN, CONSOLE)
        .header(header::USER_AGENT, program)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("username={name}&password={password}")))
        .unwrap();
    house.ask_console(request).await.status
}

#[tokio::test]
async fn who_came_in_and_who_was_kept_out_is_shown_filtered_and_exported() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let right = "correct%20horse%20battery";
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36";
    let (rita, ray) = ("rita%40example.com", "ray%40example.com");
    assert_eq!(
        sign_in(&house, rita, right, chrome).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        sign_in(&house, ray, "wrong", "=1+1").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        sign_in(&house, "nobody", "wrong", "x").await,
        StatusCode::UNAUTHORIZED
    );
    let deadline = Instant::now() + Duration::from_secs(20);
    while !ada.get(PAGE).await.text.contains("2 in all") {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let page = ada.get(PAGE).await;
    page.says("Rita Tester")
        .says("Ray Tester")
        .says("Chrome")
        .says("Linux");
    let failed = ada.get(&format!("{PAGE}?status=failed")).await;
    failed
        .says("Invalid Password")
        .says("Ray Tester")
        .does_not_say("Rita Tester");
    let of_rita = ada.get(&format!("{PAGE}?user={}", house.rita)).await;
    of_rita
        .says("Login History: Rita Tester")
        .does_not_say("Ray Tester");
    let later = ada.get(&format!("{PAGE}?from=2100-01-01")).await;
    later.says("No sign-in fits this filter");
    let file = ada.get(&format!("{PAGE}/export")).await;
    assert_eq!(
        file.headers[header::CONTENT_TYPE],
        "text/csv; charset=utf-8"
    );
    file.says("\"'=1+1\"")
        .says("\"Rita Tester\",\"Success\",\"Application\",\"Browser\"");
    assert_eq!(file.text.lines().count(), 3);
    let rita = house.sign_in("Rita").await;
    for path in [PAGE.to_owned(), format!("{PAGE}/export")] {
        assert_eq!(rita.get(&path).await.status, StatusCode::FORBIDDEN);
    }
}

//! Personal settings: a user's own name, numbers, locale, password and sessions.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::house::{CONSOLE, House};

const PAGE: &str = "/lightning/settings/personal";

const PASSWORD: &str = "correct horse battery";

/// Signs in at the page, with a browser of this name; was it let in?
async fn sign_in(house: &House, password: &str, program: &str) -> bool {
    let password = password.replace(' ', "%20");
    let request = Request::post("/login")
        .header(header::ORIGIN, CONSOLE)
        .header(header::USER_AGENT, program)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!(
            "username=rita%40example.com&password={password}"
        )))
        .unwrap();
    house.ask_console(request).await.status == StatusCode::SEE_OTHER
}

#[tokio::test]
async fn a_rep_sets_what_is_the_reps_own_and_nothing_else() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let deal = [
        ("Name", "Deal"),
        ("StageName", "Prospecting"),
        ("CloseDate", "2030-03-04"),
        ("Amount", "1234567.5"),
    ];
    let deal = house.create_for(&house.rita, "Opportunity", &deal).await;
    let deal = format!("/lightning/r/Opportunity/{deal}/view");
    rita.get(&deal)
        .await
        .says("Mar 4, 2030")
        .says("$1,234,567.50");
    let page = rita.get(PAGE).await;
    page.says("rita@example.com")
        .says("Europe/Berlin")
        .says("This session");
    let sent = [
        ("FirstName", "Rita"),
        ("LastName", "Neu"),
        ("Phone", "+1 415 555 0188"),
        ("Email", "neu@example.com"),
        ("TimeZoneSidKey", "Europe/Berlin"),
        ("LocaleSidKey", "de_DE"),
        ("LanguageLocaleKey", "de"),
        ("ProfileName", "System Administrator"),
        ("Username", "boss@example.com"),
        ("IsActive", "false"),
    ];
    let saved = rita.post_form(PAGE, &sent).await;
    assert_eq!(
        (saved.status, saved.location()),
        (StatusCode::SEE_OTHER, PAGE)
    );
    rita.get(PAGE)
        .await
        .says("value=\"Neu\"")
        .says("neu@example.com");
    rita.get(&deal)
        .await
        .says("04.03.2030")
        .says("1.234.567,50\u{a0}$");
    let system = offhook_org::UserContext::system();
    let user = house
        .store
        .record(&system, &house.rita)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.text("ProfileName"), "Sales Rep");
    assert_eq!(user.text("Username"), "rita@example.com");
    assert_eq!(
        user.get("LastModifiedById").as_reference(),
        Some(&house.rita)
    );
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_and_nothing_is_saved() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let wrong = [("LastName", ""), ("Email", "no address")];
    let refused = rita.post_form(PAGE, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("Nothing was saved").says("Last Name");
    let nowhere = rita
        .post_form(PAGE, &[("TimeZoneSidKey", "Mars/Olympus")])
        .await;
    nowhere.says("there is no Mars/Olympus");
    let system = offhook_org::UserContext::system();
    let user = house
        .store
        .record(&system, &house.rita)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (user.text("LastName"), user.text("Email")),
        ("Tester", "rita@example.com")
    );
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_ends_other_sessions() {
    let house = House::new().await;
    let (here, there) = (house.sign_in("Rita").await, house.sign_in("Rita").await);
    let path = format!("{PAGE}/password");
    let change = async |present: &str, new: &str, again: &str| {
        let sent = [("present", present), ("password", new), ("again", again)];
        here.post_form(&path, &sent).await
    };
    let new = "seven blue umbrellas";
    change(PASSWORD, "short", "short")
        .await
        .says("10 to 200 characters");
    change(PASSWORD, new, "another one").await.says("differ");
    change("wrong guess", new, new)
        .await
        .says("The present password is wrong");
    assert_eq!(there.get(PAGE).await.status, StatusCode::OK);
    let changed = change(PASSWORD, new, new).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text);
    assert_eq!(here.get(PAGE).await.status, StatusCode::OK);
    assert_ne!(there.get(PAGE).await.status, StatusCode::OK);
    assert!(!sign_in(&house, PASSWORD, "x").await);
    assert!(sign_in(&house, new, "x").await);
}

#[tokio::test]
async fn wrong_guesses_at_the_present_password_lock_as_at_the_login_page() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let path = format!("{PAGE}/password");
    let guess = [
        ("present", "guess"),
        ("password", "long enough 1"),
        ("again", "long enough 1"),
    ];
    for _ in 0..5 {
        rita.post_form(&path, &guess).await.says("is wrong");
    }
    rita.post_form(&path, &guess).await.says("15 minutes");
}

#[tokio::test]
async fn a_user_sees_and_ends_the_sessions_of_the_user_alone() {
    let house = House::new().await;
    let (rita, ray) = (house.sign_in("Rita").await, house.sign_in("Ray").await);
    let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64) Gecko/20100101 Firefox/140.0";
    assert!(sign_in(&house, PASSWORD, firefox).await);
    let page = rita.get(PAGE).await;
    page.says("Firefox on Windows")
        .says("Sign out everywhere else");
    ray.get(PAGE)
        .await
        .does_not_say("Firefox on Windows")
        .does_not_say("Sign out everywhere else");
    let (_, rest) = page.text.split_once("name=\"session\" value=\"").unwrap();
    let key = rest.split('"').next().unwrap().to_owned();
    let path = format!("{PAGE}/sessions");
    let others = ray.post_form(&path, &[("session", &key)]).await;
    assert_eq!(others.status, StatusCode::SEE_OTHER);
    rita.get(PAGE).await.says("Firefox on Windows");
    rita.post_form(&path, &[("session", &key)]).await;
    rita.get(PAGE).await.does_not_say("Firefox on Windows");

    let there = house.sign_in("Rita").await;
    rita.post_form(&path, &[]).await;
    assert_ne!(there.get(PAGE).await.status, StatusCode::OK);
    assert_eq!(rita.get(PAGE).await.status, StatusCode::OK);
    assert_eq!(ray.get(PAGE).await.status, StatusCode::OK);
}

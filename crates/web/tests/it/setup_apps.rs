//! Setup: connected apps and API access, as an administrator arranges them.

use axum::http::StatusCode;
use offhook_org::oauth::{Flow, PermittedUsers};
use offhook_store::MasterKey;
use offhook_store::accounts::SecurityTokenRule;

use crate::house::{Answer, House};

const APPS: &str = "/lightning/setup/connected-apps";

async fn house() -> House {
    let house = House::new().await;
    house.store.use_master_key(MasterKey::new(&[4; 32]));
    house
}

const WALLBOARD: [(&str, &str); 6] = [
    ("name", "Wallboard"),
    ("flow", "web_server"),
    ("scope", "api"),
    ("scope", "refresh_token"),
    (
        "redirect_uris",
        "https://wall.example/cb\r\nhttp://localhost/cb\r\n",
    ),
    ("secret_required", "on"),
];

/// The secret that a page shows, once.
fn secret(answer: &Answer) -> &str {
    let (_, rest) = answer
        .text
        .split_once("data-secret>")
        .expect("a secret is shown");
    rest.split('<').next().unwrap()
}

#[tokio::test]
async fn an_app_is_registered_and_its_secret_is_shown_once() {
    let house = house().await;
    let ada = house.sign_in("Ada").await;
    ada.get(APPS).await.says("Platform CLI").says("Built in");
    ada.get(&format!("{APPS}/new"))
        .await
        .says("Web server (authorization code)");
    let made = ada.post_form(&format!("{APPS}/new"), &WALLBOARD).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let apps = house.store.connected_apps().await.unwrap();
    let app = apps
        .into_iter()
        .find(|app| app.settings.name == "Wallboard")
        .unwrap();
    assert_eq!(
        app.settings.redirect_uris,
        ["https://wall.example/cb", "http://localhost/cb"]
    );
    assert_eq!(app.settings.scopes.to_string(), "api refresh_token");
    assert!(app.settings.secret_required && app.settings.flows.contains(&Flow::WebServer));
    let first = secret(&made).to_owned();
    assert!(
        house
            .store
            .app_secret_fits(&app.id, &first, now_ms())
            .await
            .unwrap()
    );
    let path = format!("{APPS}/{}", app.id);
    ada.get(&path)
        .await
        .says(&app.client_id)
        .does_not_say(&first);
    let rotated = ada
        .post_form(&format!("{path}/secret"), &[("overlap_h", "0")])
        .await;
    let second = secret(&rotated);
    assert!(
        house
            .store
            .app_secret_fits(&app.id, second, now_ms())
            .await
            .unwrap()
    );
    assert!(
        !house
            .store
            .app_secret_fits(&app.id, &first, now_ms())
            .await
            .unwrap()
    );
    let odd = ada
        .post_form(&format!("{path}/secret"), &[("overlap_h", "99999")])
        .await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    ada.get(&format!("{path}/delete"))
        .await
        .says("Delete Wallboard?");
    let deleted = ada.post_form(&format!("{path}/delete"), &[]).await;
    assert_eq!(deleted.location(), APPS);
    assert!(house.store.connected_app(&app.id).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_wrong_with_an_app_is_said_and_nothing_is_lost() {
    let house = house().await;
    let ada = house.sign_in("Ada").await;
    let wrong = [
        ("name", "Wall <b>board</b>"),
        ("flow", "web_server"),
        ("flow", "client_credentials"),
        ("flow", "jwt_bearer"),
        ("scope", "api"),
        ("redirect_uris", "http://wall.example/cb"),
        ("certificate", "nonsense"),
        ("refresh_token_days", "7"),
    ];
    let answer = ada.post_form(&format!("{APPS}/new"), &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer
        .says("Nothing was saved.")
        .says("http is for this computer only")
        .says("Client credentials needs a user to run as.")
        .says("neither a certificate nor a public key")
        .says("http://wall.example/cb</textarea>")
        .does_not_say("<b>board");
    let days = [&WALLBOARD[..], &[("refresh_token_days", "soon")]].concat();
    ada.post_form(&format!("{APPS}/new"), &days)
        .await
        .says("Enter a number of days");
    let taken = [&[("name", "platform cli")], &WALLBOARD[1..]].concat();
    ada.post_form(&format!("{APPS}/new"), &taken)
        .await
        .says("has this name");
}

#[tokio::test]
async fn an_app_is_changed_approved_and_its_tokens_end() {
    let house = house().await;
    let ada = house.sign_in("Ada").await;
    ada.post_form(&format!("{APPS}/new"), &WALLBOARD).await;
    let apps = house.store.connected_apps().await.unwrap();
    let app = apps
        .into_iter()
        .find(|app| app.settings.name == "Wallboard")
        .unwrap();
    let path = format!("{APPS}/{}", app.id);
    ada.get(&format!("{path}/edit"))
        .await
        .says("https://wall.example/cb")
        .says("Sales Rep");
    let more = [
        ("permitted_users", "admin_approved"),
        ("profile", "Sales Rep"),
    ];
    let changed = [&WALLBOARD[..], &more].concat();
    let saved = ada.post_form(&format!("{path}/edit"), &changed).await;
    assert_eq!(saved.location(), path);
    let app = house.store.connected_app(&app.id).await.unwrap().unwrap();
    assert_eq!(app.settings.permitted_users, PermittedUsers::AdminApproved);
    assert!(
        house
            .store
            .is_approved_for(&app, &house.rita)
            .await
            .unwrap()
    );
    let scopes = app.settings.scopes.clone();
    let issue = async || {
        let issued = house
            .store
            .issue_app_session(&app, &house.rita, &scopes, now_ms());
        issued.await.unwrap().access_token
    };
    let token = issue().await;
    ada.get(&path).await.says("Rita Tester");
    let user = [("user", house.rita.as_str())];
    ada.post_form(&format!("{path}/revoke"), &user).await;
    assert!(
        house
            .store
            .api_session(&token, now_ms())
            .await
            .unwrap()
            .is_none()
    );
    let token = issue().await;
    ada.get(&format!("{path}/revoke"))
        .await
        .says("1 user has a token");
    ada.post_form(&format!("{path}/revoke"), &[]).await;
    assert!(
        house
            .store
            .api_session(&token, now_ms())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn passwords_for_apis_are_a_choice_of_the_org() {
    let house = house().await;
    let ada = house.sign_in("Ada").await;
    let page = "/lightning/setup/api-access";
    ada.get(page).await.says("SOAP login");
    let on = [
        ("soap_login", "on"),
        ("token_required", "on"),
        ("idle_minutes", "30"),
    ];
    let saved = ada.post_form(page, &on).await;
    assert_eq!(saved.location(), page);
    let policy = house.store.api_policy().await.unwrap();
    assert!(policy.soap_login && !policy.password_flow);
    assert_eq!(policy.security_token, SecurityTokenRule::Required);
    assert_eq!(policy.session_idle_ms, 30 * 60 * 1_000);
    let odd = ada.post_form(page, &[("idle_minutes", "1000000")]).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let token = ada.post_form(&format!("{page}/security-token"), &[]).await;
    assert_eq!(secret(&token).len(), 24);
}

#[tokio::test]
async fn apps_are_for_administrators() {
    let house = house().await;
    let rita = house.sign_in("Rita").await;
    for path in [APPS, "/lightning/setup/api-access", &format!("{APPS}/new")] {
        assert_eq!(rita.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let made = rita.post_form(&format!("{APPS}/new"), &WALLBOARD).await;
    assert_eq!(made.status, StatusCode::FORBIDDEN);
    let saved = rita
        .post_form("/lightning/setup/api-access", &[("idle_minutes", "30")])
        .await;
    assert_eq!(saved.status, StatusCode::FORBIDDEN);
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

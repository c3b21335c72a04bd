//! The OAuth endpoints, flow by flow, with what goes wrong in each.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use offhook_org::oauth::{Flow, PermittedUsers};
use serde_json::{Value as Json, json};

use crate::house::Answer;
use crate::office::{BASE, Office, PASSWORD, REDIRECT, VERIFIER, now_ms};

const EVERYTHING: [&str; 7] = [
    "access_token",
    "signature",
    "scope",
    "instance_url",
    "id",
    "token_type",
    "issued_at",
];

#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, error: &str, description: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["error"], error, "{body}");
    let words = body["error_description"].as_str().unwrap();
    assert!(words.starts_with(description), "{words}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    assert!(answer.header("cache-control").contains("no-store"));
}

#[track_caller]
pub(crate) fn granted(answer: &Answer) -> Json {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.header("cache-control").contains("no-store"));
    let body = answer.json();
    for name in EVERYTHING {
        assert!(body[name].is_string(), "{name} in {body}");
    }
    body
}

#[tokio::test]
async fn a_code_gives_the_whole_reply() {
    let office = Office::new().await;
    let code = office.code(&office.app, REDIRECT, false).await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
    ];
    let answer = office.token_of_app(&pairs).await;
    let body = granted(&answer);
    let org = office.store().org_id();
    let id = format!("{BASE}/id/{org}/{}", office.rae);
    assert_eq!(
        (body["id"].as_str(), body["instance_url"].as_str()),
        (Some(&*id), Some(BASE))
    );
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "api web refresh_token openid");
    let token = body["access_token"].as_str().unwrap();
    assert!(token.starts_with(&format!("{}!", org.short())), "{token}");
    let issued_at: i64 = body["issued_at"].as_str().unwrap().parse().unwrap();
    assert!((now_ms() - issued_at).abs() < 60_000);
    let signed = format!("{id}{issued_at}");
    let signature = office
        .store()
        .sign_for_app(&office.app.id, &signed)
        .await
        .unwrap();
    assert_eq!(body["signature"], signature);
    let refresh_token = body["refresh_token"].as_str().unwrap();
    assert!(refresh_token.bytes().all(|b| b.is_ascii_alphanumeric()));
    let id_token = body["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id_token).unwrap()).unwrap();
    assert_eq!(
        (claims["sub"].as_str(), claims["aud"].as_str()),
        (Some(&*id), Some(&*office.app.client_id))
    );
    let again = office.token_of_app(&pairs).await;
    refused(&again, 400, "invalid_grant", "expired authorization code");
    let dead = office.get("/services/oauth2/userinfo", token).await;
    assert_eq!(
        (dead.status, dead.text.as_str()),
        (StatusCode::UNAUTHORIZED, "Bad_OAuth_Token")
    );
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    let over = office.token_of_app(&pairs).await;
    refused(&over, 400, "invalid_grant", "expired access/refresh token");
}

#[tokio::test]
async fn a_public_app_proves_itself_by_the_verifier_alone() {
    let office = Office::new().await;
    let uri = "http://localhost/cb";
    let swap = async |code: &str, verifier: &str, uri: &str| {
        office
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", uri),
                ("client_id", &office.public.client_id),
                ("code_verifier", verifier),
            ])
            .await
    };
    let code = office.code(&office.public, uri, true).await;
    granted(&swap(&code, VERIFIER, uri).await);
    for wrong in ["", "short", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"] {
        let code = office.code(&office.public, uri, true).await;
        refused(
            &swap(&code, wrong, uri).await,
            400,
            "invalid_grant",
            "invalid code verifier",
        );
    }
    for other in [
        "http://localhost/cb/",
        "http://localhost:1/cb",
        "https://evil.example/",
    ] {
        let code = office.code(&office.public, uri, true).await;
        let answer = swap(&code, VERIFIER, other).await;
        refused(
            &answer,
            400,
            "redirect_uri_mismatch",
            "redirect_uri must match configuration",
        );
    }
    let of_another = office.code(&office.app, REDIRECT, true).await;
    let answer = swap(&of_another, VERIFIER, REDIRECT).await;
    refused(&answer, 400, "invalid_grant", "invalid authorization code");
}

#[tokio::test]
async fn a_client_that_cannot_prove_itself_gets_invalid_client() {
    let office = Office::new().await;
    let (id, good) = (office.app.client_id.as_str(), office.secret.as_str());
    let ask = async |id: &str, secret: &str| {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        office.token(&pairs).await
    };
    granted(&ask(id, good).await);
    for secret in ["", "wrong", &good.to_lowercase(), &good[1..]] {
        let answer = ask(id, secret).await;
        refused(&answer, 401, "invalid_client", "invalid client credentials");
    }
    for id in ["", "nobody", &"x".repeat(5_000), "' OR 1=1 --"] {
        refused(
            &ask(id, good).await,
            400,
            "invalid_client_id",
            "client identifier invalid",
        );
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{good}")));
    let headers = [("authorization", basic.as_str())];
    let pairs = [("grant_type", "client_credentials")];
    granted(
        &office
            .post("/services/oauth2/token", &headers, &pairs)
            .await,
    );
    let headers = [("authorization", "Basic bm9ib2R5OngK")];
    let answer = office
        .post("/services/oauth2/token", &headers, &pairs)
        .await;
    refused(
        &answer,
        400,
        "invalid_client_id",
        "client identifier invalid",
    );
}

#[tokio::test]
async fn what_is_no_grant_is_said_so() {
    let office = Office::new().await;
    for grant_type in ["", "implicit", "PASSWORD"] {
        let answer = office.token_of_app(&[("grant_type", grant_type)]).await;
        refused(
            &answer,
            400,
            "unsupported_grant_type",
            "grant type not supported",
        );
    }
    let get = office
        .get("/services/oauth2/token?grant_type=client_credentials", "x")
        .await;
    refused(&get, 400, "invalid_request", "must use HTTP POST");
    let answer = office
        .token_of_app(&[("grant_type", "authorization_code")])
        .await;
    refused(
        &answer,
        400,
        "invalid_request",
        "missing required code parameter",
    );
    let long = "x".repeat(70_000);
    let answer = office.token_of_app(&[("grant_type", &long)]).await;
    refused(&answer, 413, "invalid_request", "the request is larger");
}

#[tokio::test]
async fn the_client_credentials_flow_runs_as_its_user_and_has_no_refresh_token() {
    let office = Office::new().await;
    let body = granted(
        &office
            .token_of_app(&[("grant_type", "client_credentials")])
            .await,
    );
    assert!(body.get("refresh_token").is_none());
    assert_eq!(body["scope"], "api web openid");
    let token = body["access_token"].as_str().unwrap();
    let info = office.get("/services/oauth2/userinfo", token).await.json();
    assert_eq!(info["preferred_username"], "rae@example.com");
    let pairs = [("grant_type", "client_credentials"), ("scope", "full")];
    let answer = office.token_of_app(&pairs).await;
    refused(
        &answer,
        400,
        "invalid_scope",
        "the requested scope is not allowed",
    );
    office
        .change_app(|app| app.flows = [Flow::WebServer].into())
        .await;
    let answer = office
        .token_of_app(&[("grant_type", "client_credentials")])
        .await;
    refused(
        &answer,
        400,
        "unauthorized_client",
        "the flow is not enabled",
    );
    office.change_app(|app| app.is_blocked = true).await;
    let answer = office
        .token_of_app(&[("grant_type", "client_credentials")])
        .await;
    refused(
        &answer,
        400,
        "OAUTH_APP_BLOCKED",
        "this app is blocked by admin",
    );
    let dead = office.get("/services/oauth2/userinfo", token).await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_stands_for_an_approved_user() {
    let office = Office::new().await;
    let in_a_minute_s = now_ms() / 1_000 + 60;
    for (audience, expires) in [
        (format!("{BASE}/"), json!(in_a_minute_s * 1_000)),
        (
            "https://login.salesforce.com".to_owned(),
            json!(in_a_minute_s.to_string()),
        ),
        (BASE.to_owned(), json!(in_a_minute_s)),
    ] {
        let body = granted(
            &office
                .by_assertion(&office.claims(&audience, expires))
                .await,
        );
        assert!(body.get("refresh_token").is_none());
    }
    let good = office.claims(BASE, json!(in_a_minute_s));
    let with = |name: &str, value: Json| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for (claims, error, words) in [
        (
            with("aud", json!("https://evil.example")),
            "invalid_grant",
            "audience is invalid",
        ),
        (
            with("exp", json!(in_a_minute_s - 9_000)),
            "invalid_grant",
            "expired assertion",
        ),
        (
            with("exp", json!(null)),
            "invalid_grant",
            "invalid assertion",
        ),
        (
            with("iss", json!("nobody")),
            "invalid_client_id",
            "client identifier invalid",
        ),
        (
            with("iss", json!("PlatformCLI")),
            "unauthorized_client",
            "the flow is not",
        ),
        (
            with("sub", json!("nobody@example.com")),
            "invalid_grant",
            "user hasn't approved",
        ),
        (
            with("sub", json!("ada@example.com")),
            "invalid_grant",
            "user is not admin approved",
        ),
    ] {
        refused(&office.by_assertion(&claims).await, 400, error, words);
    }
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let whole = office.assertion(&good);
    let (signed, _) = whole.rsplit_once('.').unwrap();
    for forged in [
        format!("{signed}."),
        format!("{signed}.AAAA"),
        "x".to_owned(),
    ] {
        let answer = office
            .token(&[("grant_type", grant), ("assertion", &forged)])
            .await;
        refused(&answer, 400, "invalid_grant", "invalid assertion");
    }
}

#[tokio::test]
async fn without_an_administrator_s_approval_the_user_must_have_granted_it_before() {
    let office = Office::new().await;
    office
        .change_app(|app| app.permitted_users = PermittedUsers::AllUsers)
        .await;
    let claims = office.claims(BASE, json!(now_ms() / 1_000 + 60));
    let answer = office.by_assertion(&claims).await;
    refused(
        &answer,
        400,
        "invalid_grant",
        "user hasn't approved this consumer",
    );
    let code = office.code(&office.app, REDIRECT, false).await;
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
    ];
    granted(&office.token_of_app(&pairs).await);
    granted(&office.by_assertion(&claims).await);
}

#[tokio::test]
async fn a_password_is_taken_when_the_org_allows_it_and_guesses_lock_the_name() {
    let office = Office::new().await;
    let ask = async |password: &str| {
        let user = ("username", "rae@example.com");
        office
            .token_of_app(&[("grant_type", "password"), user, ("password", password)])
            .await
    };
    refused(
        &ask(PASSWORD).await,
        400,
        "invalid_grant",
        "authentication failure",
    );
    office.allow_passwords().await;
    granted(&ask(PASSWORD).await);
    let security_token = office
        .store()
        .reset_security_token(&office.rae)
        .await
        .unwrap();
    granted(&ask(&format!("{PASSWORD}{security_token}")).await);
    for _ in 0..6 {
        refused(
            &ask("wrong").await,
            400,
            "invalid_grant",
            "authentication failure",
        );
    }
    refused(
        &ask(PASSWORD).await,
        400,
        "invalid_grant",
        "authentication failure",
    );
}

#[tokio::test]
async fn a_device_waits_for_the_person() {
    let office = Office::new().await;
    let start = office
        .token_of_app(&[("response_type", "device_code"), ("scope", "api")])
        .await;
    let start = start.json();
    assert_eq!(start["verification_uri"], format!("{BASE}/setup/connect"));
    assert_eq!(start["interval"], 5);
    let code = start["device_code"].as_str().unwrap().to_owned();
    let poll = async || {
        office
            .token_of_app(&[("grant_type", "device"), ("code", &code)])
            .await
    };
    refused(&poll().await, 400, "authorization_pending", "");
    refused(&poll().await, 400, "slow_down", "");
    let typed = start["user_code"].as_str().unwrap();
    let store = office.store();
    let question = store
        .device_question(typed, now_ms())
        .await
        .unwrap()
        .unwrap();
    store
        .answer_device(&question, &office.rae, true, now_ms())
        .await
        .unwrap();
    let body = granted(&poll().await);
    assert_eq!(body["scope"], "api");
    refused(&poll().await, 400, "invalid_grant", "invalid device code");
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_an_unknown_one_is_said_so() {
    let office = Office::new().await;
    let token = office.access_token().await;
    let answer = office
        .post("/services/oauth2/revoke", &[], &[("token", &token)])
        .await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
    let answer = office
        .post("/services/oauth2/revoke", &[], &[("token", &token)])
        .await;
    refused(&answer, 400, "invalid_token", "");
    assert_eq!(
        office
            .get("/services/data/v64.0/limits", &token)
            .await
            .status,
        401
    );
    let other = office.access_token().await;
    let path = format!(
        "/services/oauth2/revoke?token={}",
        other.replace('!', "%21")
    );
    assert_eq!(office.get(&path, "none").await.status, StatusCode::OK);
}

#[tokio::test]
async fn introspection_tells_an_app_of_its_own_tokens_only() {
    let office = Office::new().await;
    let token = office.access_token().await;
    let ask =
        async |pairs: &[(&str, &str)]| office.post("/services/oauth2/introspect", &[], pairs).await;
    let own = [
        ("token", &*token),
        ("client_id", &office.app.client_id),
        ("client_secret", &office.secret),
    ];
    let facts = ask(&own).await.json();
    assert_eq!(
        (facts["active"].as_bool(), facts["username"].as_str()),
        (Some(true), Some("rae@example.com"))
    );
    assert_eq!(
        (facts["scope"].as_str(), facts["token_type"].as_str()),
        (Some("api web openid"), Some("access_token"))
    );
    assert!(facts["exp"].as_i64() > facts["iat"].as_i64());
    let other = [("token", &*token), ("client_id", &office.public.client_id)];
    assert_eq!(ask(&other).await.json(), json!({"active": false}));
    refused(
        &ask(&own[..2]).await,
        401,
        "invalid_client",
        "invalid client credentials",
    );
    let nonsense = [("token", "x"), own[1], own[2]];
    assert_eq!(ask(&nonsense).await.json(), json!({"active": false}));
}

#[tokio::test]
async fn who_is_behind_a_token_is_said_in_both_ways() {
    let office = Office::new().await;
    let token = office.access_token().await;
    let org = office.store().org_id();
    let info = office.get("/services/oauth2/userinfo", &token).await.json();
    let path = format!("/id/{org}/{}", office.rae);
    assert_eq!(info["sub"], format!("{BASE}{path}"));
    assert_eq!(
        (&info["user_id"], &info["organization_id"]),
        (&json!(office.rae), &json!(org))
    );
    assert_eq!(
        (info["name"].as_str(), info["email"].as_str()),
        (Some("Rae Tester"), Some("rae@example.com"))
    );
    let identity = office.get(&path, &token).await.json();
    assert_eq!(identity["username"], "rae@example.com");
    let rest = identity["urls"]["rest"].as_str().unwrap();
    assert_eq!(rest, format!("{BASE}/services/data/v{{version}}/"));
    let latest = office
        .get(&format!("{path}?version=latest"), &token)
        .await
        .json();
    assert!(
        !latest["urls"].to_string().contains("{version}"),
        "{latest}"
    );
    let by_query = format!(
        "{path}?format=json&oauth_token={}",
        token.replace('!', "%21")
    );
    let answer = office
        .house
        .send(&format!("GET {by_query}"), &[("authorization", "x")], "")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let other = format!("/id/{org}/005000000000999AAA");
    let answer = office.get(&other, &token).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    for dead in ["", "x", "00D000000000001!x"] {
        let answer = office.get(&path, dead).await;
        assert_eq!(answer.text, "Bad_OAuth_Token");
    }
}

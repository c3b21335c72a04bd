//! What real clients send to get a token, word for word, replayed: each request must have its
//! status, and in its answer what that client looks for. `exchanges/auth.json` holds the requests
//! of jsforce, simple-salesforce, the command line sf and two Rust clients, with placeholders
//! where they had made-up values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::house::Answer;
use crate::office::{BASE, Office, PASSWORD, REDIRECT, VERIFIER, now_ms};

#[derive(Deserialize)]
struct Exchange {
    client: String,
    step: String,
    request: String,
    headers: Map<String, Json>,
    #[serde(default)]
    body: String,
    status: u16,
    /// Names that the client reads in the answer.
    replies: Vec<String>,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    expires: String,
}

#[tokio::test]
async fn every_client_gets_its_token_as_it_asks_for_it() {
    let exchanges: Vec<Exchange> =
        serde_json::from_str(include_str!("exchanges/auth.json")).unwrap();
    assert_eq!(exchanges.len(), 28);
    for exchange in exchanges {
        let office = Office::new().await;
        office.allow_passwords().await;
        let answer = replay(&office, &exchange).await;
        let what = format!("{}, {}: {}", exchange.client, exchange.step, answer.text);
        assert_eq!(answer.status.as_u16(), exchange.status, "{what}");
        for name in &exchange.replies {
            let is_there = match exchange.request.contains("/Soap/") {
                true => answer.text.contains(&format!("<{name}")),
                false => !answer.json()[name.as_str()].is_null(),
            };
            assert!(is_there, "{name} is missing: {what}");
        }
    }
}

async fn replay(office: &Office, exchange: &Exchange) -> Answer {
    let fill = Fill::new(office, exchange).await;
    let (method, path) = exchange.request.split_once(' ').unwrap();
    let request = format!("{method} {}", fill.url(path));
    let mut headers: Vec<(String, String)> = (exchange.headers.iter())
        .map(|(name, value)| (name.clone(), fill.text(value.as_str().unwrap())))
        .collect();
    if !exchange.headers.contains_key("authorization") {
        headers.push(("authorization".to_owned(), "none".to_owned()));
    }
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let is_form = exchange
        .headers
        .values()
        .any(|v| v == "application/x-www-form-urlencoded");
    let body = match is_form {
        true => fill.url(&exchange.body),
        false => fill.text(&exchange.body),
    };
    office.house.send(&request, &headers, body).await
}

/// The values of the placeholders.
struct Fill(Vec<(&'static str, String)>);

impl Fill {
    async fn new(office: &Office, exchange: &Exchange) -> Self {
        let token = office.access_token().await;
        let store = office.store();
        let cli = store
            .connected_app_of_client("PlatformCLI")
            .await
            .unwrap()
            .unwrap();
        let of_cli = exchange.body.contains("client_id=PlatformCLI");
        let (app, redirect, bound) = match exchange.body.contains("{public_client_id}") {
            true => (&office.public, "http://localhost/cb", true),
            false if of_cli => (&cli, REDIRECT, true),
            false => (&office.app, REDIRECT, false),
        };
        let code = office.code(app, redirect, bound).await;
        let other = office.code(app, redirect, false).await;
        let proof = offhook_store::accounts::CodeProof {
            redirect_uri: redirect,
            verifier: None,
        };
        let given = store
            .redeem_authorization_code(app, &other, proof, now_ms())
            .await
            .unwrap();
        let basic = STANDARD.encode(format!("{}:{}", office.app.client_id, office.secret));
        Self(vec![
            ("{token}", token),
            ("{code}", code),
            ("{refresh_token}", given.refresh_token.unwrap()),
            ("{assertion}", assertion(office, exchange)),
            ("{client_id}", office.app.client_id.clone()),
            ("{public_client_id}", office.public.client_id.clone()),
            ("{client_secret}", office.secret.clone()),
            ("{basic}", basic),
            ("{verifier}", VERIFIER.to_owned()),
            ("{password}", PASSWORD.to_owned()),
            (
                "{security_token}",
                store.reset_security_token(&office.rae).await.unwrap(),
            ),
            ("{org}", store.org_id().to_string()),
            ("{user}", office.rae.to_string()),
        ])
    }

    fn text(&self, template: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
        self.0.iter().fold(template.to_owned(), fill)
    }

    /// Values encoded, as in an address or a form.
    fn url(&self, template: &str) -> String {
        let encode =
            |value: &str| form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
        let fill =
            |text: String, (name, value): &(&str, String)| text.replace(name, &encode(value));
        self.0.iter().fold(template.to_owned(), fill)
    }
}

/// Signed with the kind of `exp` that the client writes.
fn assertion(office: &Office, exchange: &Exchange) -> String {
    let audience = exchange.audience.replace("{base}", BASE);
    let in_a_minute_s = now_ms() / 1_000 + 60;
    let expires = match exchange.expires.as_str() {
        "number of 13 digits" => json!(in_a_minute_s * 1_000),
        "string of 10 digits" => json!(in_a_minute_s.to_string()),
        _ => json!(in_a_minute_s),
    };
    office.assertion(&office.claims(&audience, expires))
}

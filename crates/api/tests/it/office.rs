//! An org with registered apps: Rae is a rep, Ada administers, and each app has its flows.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use offhook_org::oauth::{AppSettings, Authorization, Flow, PermittedUsers, Scopes};
use offhook_org::{RecordId, UserContext};
use offhook_store::accounts::{ApiPolicy, ConnectedApp};
use offhook_store::{MasterKey, Store};
use serde_json::{Value as Json, json};

use crate::house::{Answer, House, create};

pub(crate) const BASE: &str = "http://crm.example.com";
pub(crate) const PASSWORD: &str = "open sesame";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT: &str = "http://localhost:1717/OauthRedirect";

pub(crate) struct Office {
    pub(crate) house: House,
    pub(crate) rae: RecordId,
    /// Has a secret and every flow; runs as Rae.
    pub(crate) app: ConnectedApp,
    pub(crate) secret: String,
    /// Has neither secret nor administrator's approval.
    pub(crate) public: ConnectedApp,
    key: KeyPair,
}

impl Office {
    pub(crate) async fn new() -> Self {
        let house = House::new().await;
        let store = &house.store;
        store.use_master_key(MasterKey::new(&[5; 32]));
        let rae = create(
            store,
            "User",
            &[
                ("FirstName", "Rae"),
                ("LastName", "Tester"),
                ("Username", "rae@example.com"),
                ("Email", "rae@example.com"),
                ("ProfileName", "Sales Rep"),
            ],
        )
        .await;
        store.set_password(&rae, PASSWORD).await.unwrap();
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let settings = AppSettings {
            name: "Loader".to_owned(),
            redirect_uris: vec![REDIRECT.to_owned()],
            scopes: Scopes::parse("api web refresh_token openid").unwrap(),
            flows: Flow::ALL.into(),
            secret_required: true,
            permitted_users: PermittedUsers::AdminApproved,
            profiles: ["Sales Rep".to_owned()].into(),
            run_as: Some(rae.clone()),
            certificate: Some(public_pem(&key)),
            ..AppSettings::default()
        };
        let public = AppSettings {
            name: "Public".to_owned(),
            redirect_uris: vec!["http://localhost/cb".to_owned()],
            scopes: Scopes::parse("api refresh_token").unwrap(),
            flows: [Flow::WebServer].into(),
            ..AppSettings::default()
        };
        let (app, secret) = app(store, &settings).await;
        let (public, _) = self::app(store, &public).await;
        Self {
            rae,
            app,
            secret,
            public,
            key,
            house,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.house.store
    }

    /// Switches both ways with a password on.
    pub(crate) async fn allow_passwords(&self) {
        let policy = ApiPolicy {
            soap_login: true,
            password_flow: true,
            ..ApiPolicy::default()
        };
        let system = UserContext::system();
        self.store().put_api_policy(&system, &policy).await.unwrap();
    }

    pub(crate) async fn change_app(&self, change: impl FnOnce(&mut AppSettings)) {
        let mut settings = self.app.settings.clone();
        change(&mut settings);
        let (system, id) = (UserContext::system(), &self.app.id);
        let changed = self.store().update_connected_app(&system, id, &settings);
        changed.await.unwrap();
    }

    /// A code as the consent page gives it.
    pub(crate) async fn code(&self, app: &ConnectedApp, redirect: &str, bound: bool) -> String {
        let authorization = Authorization {
            redirect_uri: redirect.to_owned(),
            scopes: app.settings.scopes.clone(),
            state: String::new(),
            challenge: bound.then(|| CHALLENGE.to_owned()),
            nonce: None,
        };
        let issued =
            self.store()
                .issue_authorization_code(app, &self.rae, &authorization, now_ms());
        issued.await.unwrap()
    }

    /// `POST /services/oauth2/token` with these pairs.
    pub(crate) async fn token(&self, pairs: &[(&str, &str)]) -> Answer {
        self.post("/services/oauth2/token", &[], pairs).await
    }

    /// The same with the app's id and secret.
    pub(crate) async fn token_of_app(&self, pairs: &[(&str, &str)]) -> Answer {
        let own = [
            ("client_id", self.app.client_id.as_str()),
            ("client_secret", &self.secret),
        ];
        self.token(&[&own, pairs].concat()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        pairs: &[(&str, &str)],
    ) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        // House would add a session of its own.
        let none = ("authorization", "none");
        let headers = match headers.iter().any(|(name, _)| *name == "authorization") {
            true => [&[kind], headers].concat(),
            false => [&[kind, none], headers].concat(),
        };
        self.house
            .send(&format!("POST {path}"), &headers, form.finish())
            .await
    }

    /// An access token of the client credentials flow.
    pub(crate) async fn access_token(&self) -> String {
        let answer = self
            .token_of_app(&[("grant_type", "client_credentials")])
            .await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.house
            .send(&format!("GET {path}"), &[("authorization", &bearer)], "")
            .await
    }

    pub(crate) async fn soap(&self, path: &str, body: &str) -> Answer {
        let headers = [
            ("content-type", "text/xml"),
            ("soapaction", "\"\""),
            ("authorization", "none"),
        ];
        self.house
            .send(&format!("POST {path}"), &headers, body.to_owned())
            .await
    }

    /// A JWT of these claims, signed with the app's key.
    pub(crate) fn assertion(&self, claims: &Json) -> String {
        let encode = |value: &Json| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&json!({"alg": "RS256"})), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        let bytes = signed.as_bytes();
        self.key
            .sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn claims(&self, audience: &str, expires: Json) -> Json {
        json!({
            "iss": self.app.client_id, "sub": "rae@example.com", "aud": audience, "exp": expires,
        })
    }

    pub(crate) async fn by_assertion(&self, claims: &Json) -> Answer {
        let assertion = self.assertion(claims);
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        self.token(&[("grant_type", grant), ("assertion", &assertion)])
            .await
    }
}

async fn app(store: &Store, settings: &AppSettings) -> (ConnectedApp, String) {
    let system = UserContext::system();
    let made = store.create_connected_app(&system, settings, now_ms());
    made.await.unwrap()
}

fn public_pem(key: &KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let body = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

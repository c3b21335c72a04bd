//! The way from a token into the console, and what OpenID clients look up.

use serde_json::json;

use crate::oauth::{granted, refused};
use crate::office::{BASE, Office, now_ms};

#[tokio::test]
async fn single_access_leads_into_the_console_once() {
    let office = Office::new().await;
    let token = office.access_token().await;
    let answer = office
        .get("/services/oauth2/singleaccess", &token)
        .await
        .json();
    let address = answer["frontdoor_uri"].as_str().unwrap();
    let otp = address
        .strip_prefix(&format!("{BASE}/secur/frontdoor.jsp?otp="))
        .unwrap();
    let store = office.store();
    let session = store
        .redeem_one_time_login(otp, now_ms())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.user, office.rae);
    assert!(
        store
            .redeem_one_time_login(otp, now_ms())
            .await
            .unwrap()
            .is_none()
    );
    let path = "/services/oauth2/singleaccess?redirect_uri=/lightning/page/home";
    let answer = office.get(path, &token).await.json();
    let address = answer["frontdoor_uri"].as_str().unwrap();
    assert!(
        address.ends_with("&startURL=%2Flightning%2Fpage%2Fhome"),
        "{address}"
    );
    let pairs = [("grant_type", "client_credentials"), ("scope", "api")];
    let narrow = granted(&office.token_of_app(&pairs).await);
    let narrow = narrow["access_token"].as_str().unwrap();
    let answer = office.get("/services/oauth2/singleaccess", narrow).await;
    refused(
        &answer,
        400,
        "invalid_scope",
        "the token needs the scope web",
    );
}

#[tokio::test]
async fn openid_clients_find_their_way() {
    let office = Office::new().await;
    let answer = office
        .get("/.well-known/openid-configuration", "")
        .await
        .json();
    assert_eq!(answer["issuer"], BASE);
    assert_eq!(answer["code_challenge_methods_supported"], json!(["S256"]));
    let keys = answer["jwks_uri"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    let keys = office.get(keys, "").await.json();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
}

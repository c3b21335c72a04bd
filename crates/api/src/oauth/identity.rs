//! Who is behind a token: `userinfo`, the identity address, and what OpenID clients look up.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_org::oauth::{ALL_SCOPES, Scope};
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::accounts::ApiSession;
use serde_json::{Value as Json, json};

use super::params::{Asked, Base};
use super::reply::identity_url;
use super::{OauthError, uncached};
use crate::ApiState;
use crate::version::ApiVersion;

/// The session that the request carries, if it lives.
pub(super) async fn bearer(
    state: &ApiState,
    asked: &Asked,
) -> Result<Option<ApiSession>, OauthError> {
    Ok(match asked.access_token() {
        Some(token) => state.store.api_session(&token, asked.now_ms).await?,
        None => None,
    })
}

/// What the platform says to a token that opens nothing: one word.
pub(super) fn bad_token() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::WWW_AUTHENTICATE, "Token"),
    ];
    (StatusCode::UNAUTHORIZED, headers, "Bad_OAuth_Token").into_response()
}

/// The user's record, as the user may know himself.
async fn user_of(state: &ApiState, user: &RecordId) -> Result<Record, OauthError> {
    let record = state.store.record(&UserContext::system(), user).await?;
    record.ok_or_else(|| OauthError::new("invalid_grant", "inactive user"))
}

/// `/services/oauth2/userinfo`.
pub(super) async fn user_info(
    State(state): State<ApiState>,
    asked: Asked,
) -> Result<Response, OauthError> {
    let Some(session) = bearer(&state, &asked).await? else {
        return Ok(bad_token());
    };
    let user = user_of(&state, &session.user).await?;
    let id = identity_url(&state, &asked.base, &user.id);
    let org = state.store.org_id();
    Ok(uncached(json!({
        "sub": id,
        "user_id": user.id,
        "organization_id": org,
        "preferred_username": user.text("Username"),
        "nickname": nickname(&user),
        "name": user.text("Name"),
        "email": user.text("Email"),
        "email_verified": true,
        "given_name": user.get("FirstName").as_text(),
        "family_name": user.text("LastName"),
        "zoneinfo": time_zone(&state, &user),
        "photos": photos(&asked.base),
        "profile": format!("{}/{}", asked.base, user.id),
        "picture": format!("{}/favicon.svg", asked.base),
        "address": {},
        "urls": urls(&asked.base, org.short()),
        "active": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": utc_offset_ms(&state, &user, asked.now_ms),
        "updated_at": moment(user.get("LastModifiedDate")),
        "phone_number": phone(&user),
        "phone_number_verified": false,
        "is_app_installed": true,
    })))
}

/// `/id/{org}/{user}`: the same in the platform's own words.
pub(super) async fn identity(
    State(state): State<ApiState>,
    Path((org, user)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, OauthError> {
    let Some(session) = bearer(&state, &asked).await? else {
        return Ok(bad_token());
    };
    let own_org = RecordId::parse(&org).is_ok_and(|org| org == state.store.org_id());
    let own_user = RecordId::parse(&user).is_ok_and(|user| user == session.user);
    if !own_org || !own_user {
        let word = if own_org { "Bad_Id" } else { "Wrong_Org" };
        return Ok((StatusCode::FORBIDDEN, word).into_response());
    }
    let user = user_of(&state, &session.user).await?;
    let mut body = json!({
        "id": identity_url(&state, &asked.base, &user.id),
        "asserted_user": true,
        "user_id": user.id,
        "organization_id": state.store.org_id(),
        "username": user.text("Username"),
        "nick_name": nickname(&user),
        "display_name": user.text("Name"),
        "email": user.text("Email"),
        "email_verified": true,
        "first_name": user.get("FirstName").as_text(),
        "last_name": user.text("LastName"),
        "timezone": time_zone(&state, &user),
        "photos": photos(&asked.base),
        "addr_street": null, "addr_city": null, "addr_state": null, "addr_country": null,
        "addr_zip": null,
        "mobile_phone": user.get("MobilePhone").as_text(),
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": {"created_date": null, "body": null},
        "urls": urls(&asked.base, state.store.org_id().short()),
        "active": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": utc_offset_ms(&state, &user, asked.now_ms),
        "last_modified_date": moment(user.get("LastModifiedDate")),
        "is_app_installed": true,
    });
    if asked.value("version") == "latest" {
        put_version(&mut body["urls"]);
    }
    Ok(uncached(body))
}

/// `version=latest` asks for addresses that can be used as they are.
fn put_version(urls: &mut Json) {
    if let Some(urls) = urls.as_object_mut() {
        for url in urls.values_mut() {
            let whole = url.as_str().map(|text| {
                let newest = ApiVersion::NEWEST.to_string();
                text.replace("{version}", newest.trim_start_matches('v'))
            });
            *url = json!(whole);
        }
    }
}

fn urls(base: &str, org: &str) -> Json {
    let soap = |kind: &str| format!("{base}/services/Soap/{kind}/{{version}}/{org}");
    let rest = |path: &str| format!("{base}/services/data/v{{version}}/{path}");
    json!({
        "enterprise": soap("c"),
        "metadata": soap("m"),
        "partner": soap("u"),
        "rest": rest(""),
        "sobjects": rest("sobjects/"),
        "search": rest("search/"),
        "query": rest("query/"),
        "recent": rest("recent/"),
        "tooling_soap": soap("T"),
        "tooling_rest": rest("tooling/"),
        "profile": format!("{base}/lightning/page/home"),
        "custom_domain": base,
    })
}

fn photos(base: &str) -> Json {
    let picture = format!("{base}/favicon.svg");
    json!({"picture": picture, "thumbnail": picture})
}

fn nickname(user: &Record) -> &str {
    let name = user.text("Username");
    name.split('@').next().unwrap_or(name)
}

fn phone(user: &Record) -> Option<&str> {
    user.get("MobilePhone")
        .as_text()
        .or(user.get("Phone").as_text())
}

fn time_zone<'a>(state: &'a ApiState, user: &'a Record) -> &'a str {
    match user.text("TimeZoneSidKey") {
        "" => state.store.time_zone(),
        zone => zone,
    }
}

/// Milliseconds east of Greenwich, without summer time, as the platform gives it.
fn utc_offset_ms(state: &ApiState, user: &Record, now_ms: i64) -> i64 {
    let zone = TimeZone::get(time_zone(state, user)).unwrap_or(TimeZone::UTC);
    let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let facts = zone.to_offset_info(now);
    let summer_s = match facts.dst().is_dst() {
        true => 3_600,
        false => 0,
    };
    i64::from(facts.offset().seconds() - summer_s) * 1_000
}

fn moment(value: &Value) -> Option<String> {
    let Value::DateTime(at_ms) = value else {
        return None;
    };
    let at = Timestamp::from_millisecond(*at_ms).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string())
}

/// The public half of the key that id tokens are signed with.
pub(super) async fn keys(State(state): State<ApiState>) -> Result<Response, OauthError> {
    Ok(uncached(state.store.jwks().await?))
}

/// `/.well-known/openid-configuration`.
pub(super) async fn configuration(Base(base): Base) -> Response {
    let oauth = |name: &str| format!("{base}/services/oauth2/{name}");
    let scopes: Vec<&str> = ALL_SCOPES.into_iter().map(Scope::name).collect();
    uncached(json!({
        "issuer": base,
        "authorization_endpoint": oauth("authorize"),
        "token_endpoint": oauth("token"),
        "revocation_endpoint": oauth("revoke"),
        "introspection_endpoint": oauth("introspect"),
        "userinfo_endpoint": oauth("userinfo"),
        "jwks_uri": format!("{base}/id/keys"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials", "password",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post", "client_secret_basic", "private_key_jwt", "none",
        ],
    }))
}

//! `login`, `logout`, `getUserInfo` and `getServerTimestamp`. The login takes a password, and is
//! an org setting.

use axum::response::Response;
use jiff::Timestamp;
use offhook_org::oauth::{Scope, Scopes};
use offhook_org::schema::person_accounts::has_persons;
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::StoreError;
use offhook_store::accounts::{
    NewApiSession, SIGNED_IN, SignInError, SignInName, api_enabled, sign_in_status,
};

use super::Call;
use super::envelope::{Fault, answer};
use crate::xml::Element;
use crate::{ApiState, session};

/// The platform's words, the same for each thing that can be wrong.
const INVALID_LOGIN: &str = "Invalid username, password, security token; or user locked out.";

/// The longest name of a client that is kept.
const CLIENT_LENGTH_MAX: usize = 80;

pub(super) async fn login(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    if !state.store.api_policy().await.map_err(fault)?.soap_login {
        return Err(Fault::login(
            "INVALID_OPERATION",
            "SOAP login is off in this org. Use OAuth, or let an administrator allow it in \
             Setup, API Access",
        ));
    }
    check_org(state, call)?;
    let operation = &call.envelope.operation;
    let (name, password) = (operation.value("username"), password(call));
    let note = |status: &str| {
        let given = SignInName::Given(name.to_owned());
        let door = call.origin.soap(client(call));
        state
            .store
            .note_sign_in_later(given, status, door, call.now_ms);
    };
    let checked = state.store.check_api_password(name, password, call.now_ms);
    let user = checked.await.map_err(|error| {
        note(sign_in_status(&error));
        match error {
            SignInError::Wrong | SignInError::Locked { .. } | SignInError::Inactive => {
                Fault::login("INVALID_LOGIN", INVALID_LOGIN)
            }
            SignInError::Store(error) => fault(error),
        }
    })?;
    let context = state.store.user_context(&user).await.map_err(fault)?;
    if !context.as_ref().is_some_and(api_enabled) {
        note("Failed: API Disabled");
        return Err(Fault::login(
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner: the user needs the permission \
             API Enabled",
        ));
    }
    let new = NewApiSession {
        user: user.clone(),
        app: client(call),
        app_id: None,
        grant: None,
        scopes: [Scope::Api, Scope::Web, Scope::Full]
            .into_iter()
            .collect::<Scopes>(),
    };
    let token = state
        .store
        .issue_api_session(&new, call.now_ms)
        .await
        .map_err(fault)?;
    note(SIGNED_IN);
    let org = state.store.org_id();
    let soap = |kind: &str| {
        let (base, version) = (&call.base, call.version);
        format!("{base}/services/Soap/{kind}/{version}/{}", org.short())
    };
    let result = Element::new("result")
        .child(Element::new("metadataServerUrl").text(soap("m")))
        .child(Element::new("passwordExpired").text("false"))
        .child(Element::new("sandbox").text("false"))
        .child(Element::new("serverUrl").text(soap(&call.kind)))
        .child(Element::new("sessionId").text(token))
        .child(Element::new("userId").text(user.as_str()))
        .child(Element::new("userInfo").children(facts(state, &user).await?));
    Ok(answer(
        call.namespace(),
        Element::new("loginResponse").child(result),
    ))
}

/// Blanks at its ends belong to a password: the text as it stands.
fn password(call: &Call) -> &str {
    let password = call.envelope.operation.child("password");
    password.map_or("", |node| node.text.as_str())
}

/// A client that names another org was meant for that.
fn check_org(state: &ApiState, call: &Call) -> Result<(), Fault> {
    let named = call.envelope.header("LoginScopeHeader", "organizationId");
    let is_ours = RecordId::parse(named).is_ok_and(|org| org == state.store.org_id());
    match named.is_empty() || is_ours {
        true => Ok(()),
        false => Err(Fault::login("INVALID_LOGIN", INVALID_LOGIN)),
    }
}

fn client(call: &Call) -> String {
    let named = call.envelope.header("CallOptions", "client");
    let printable = named
        .chars()
        .filter(|c| !c.is_control())
        .take(CLIENT_LENGTH_MAX);
    match printable.collect::<String>() {
        name if name.is_empty() => "SOAP".to_owned(),
        name => name,
    }
}

pub(super) async fn logout(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    match state
        .store
        .revoke_api_session(call.session_id())
        .await
        .map_err(fault)?
    {
        true => Ok(answer(call.namespace(), Element::new("logoutResponse"))),
        false => Err(Fault::dead_session()),
    }
}

pub(super) async fn user_info(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    let user = signed_in(state, call).await?;
    let result = Element::new("result").children(facts(state, &user).await?);
    let response = Element::new("getUserInfoResponse").child(result);
    Ok(answer(call.namespace(), response))
}

pub(super) async fn server_timestamp(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    signed_in(state, call).await?;
    let now = Timestamp::from_millisecond(call.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let text = now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
    let result = Element::new("result").child(Element::new("timestamp").text(text));
    let response = Element::new("getServerTimestampResponse").child(result);
    Ok(answer(call.namespace(), response))
}

/// The user of the session in the header.
async fn signed_in(state: &ApiState, call: &Call) -> Result<RecordId, Fault> {
    let asked = session::authenticate(state, call.session_id(), call.version).await;
    Ok(asked.map_err(Fault::from)?.session.user)
}

/// The properties of GetUserInfoResult.
async fn facts(state: &ApiState, user: &RecordId) -> Result<Vec<Element>, Fault> {
    let store = &state.store;
    let record = store
        .record(&UserContext::system(), user)
        .await
        .map_err(fault)?;
    let record = record.ok_or_else(Fault::dead_session)?;
    let policy = store.api_policy().await.map_err(fault)?;
    let zone = match record.text("TimeZoneSidKey") {
        "" => store.time_zone(),
        zone => zone,
    };
    let schema = store.schema();
    let has_persons = schema.object("Account").is_some_and(|a| has_persons(a));
    let texts = [
        ("accessibilityMode", "false".to_owned()),
        ("chatterExternal", "false".to_owned()),
        ("currencySymbol", "$".to_owned()),
        ("orgAttachmentFileSizeLimit", "26214400".to_owned()),
        ("orgDefaultCurrencyIsoCode", "USD".to_owned()),
        ("orgDefaultCurrencyLocale", "en_US".to_owned()),
        ("orgDisallowHtmlAttachments", "false".to_owned()),
        ("orgHasPersonAccounts", has_persons.to_string()),
        ("organizationId", store.org_id().to_string()),
        ("organizationMultiCurrency", "false".to_owned()),
        ("organizationName", organization_name(state).await?),
        ("profileId", id(&record, "ProfileId")),
        ("roleId", id(&record, "UserRoleId")),
        (
            "sessionSecondsValid",
            (policy.session_idle_ms / 1_000).to_string(),
        ),
        ("userDefaultCurrencyIsoCode", String::new()),
        ("userEmail", record.text("Email").to_owned()),
        ("userFullName", record.text("Name").to_owned()),
        ("userId", user.to_string()),
        ("userLanguage", "en_US".to_owned()),
        ("userLocale", "en_US".to_owned()),
        ("userName", record.text("Username").to_owned()),
        ("userTimeZone", zone.to_owned()),
        ("userType", "Standard".to_owned()),
        ("userUiSkin", "Theme3".to_owned()),
    ];
    Ok(texts
        .into_iter()
        .map(|(name, text)| element(name, text))
        .collect())
}

fn id(record: &Record, field: &str) -> String {
    match record.get(field) {
        Value::Reference(id) => id.to_string(),
        _ => String::new(),
    }
}

fn element(name: &str, text: String) -> Element {
    match text.is_empty() {
        true => Element::new(name).with("xsi:nil", "true"),
        false => Element::new(name).text(text),
    }
}

async fn organization_name(state: &ApiState) -> Result<String, Fault> {
    let org = state.store.org_id();
    let system = UserContext::system();
    let record: Option<Record> = state.store.record(&system, &org).await.map_err(fault)?;
    let name = record.map(|record| record.text("Name").to_owned());
    Ok(name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "Offhook".to_owned()))
}

fn fault(error: StoreError) -> Fault {
    match error {
        StoreError::Busy(why) | StoreError::Deadlock(why) => {
            tracing::warn!(%why, "the database was busy");
            Fault::api("SERVER_UNAVAILABLE", "the database is busy: try again")
        }
        error => {
            tracing::error!(%error, "a SOAP request failed");
            Fault::api(
                "UNKNOWN_EXCEPTION",
                "An unexpected error occurred. The log of the server says more",
            )
        }
    }
}

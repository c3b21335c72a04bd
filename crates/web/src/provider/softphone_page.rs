//! The softphone's page, the swap of its one-time token for a ticket, and its recent calls.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use offhook_calls::{AgentId, CallRecord};
use offhook_org::cti::CallCenter;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bearer;
use crate::{AppState, assets, now_ms};

/// A token and the JSON around it are far smaller.
const TICKET_BODY_MAX: usize = 4 * 1024;

/// What the softphone lists as recent.
const RECENT_CALLS_MAX: u32 = 50;

/// The item of a call center definition with the outcomes to choose from, separated by commas.
const OUTCOMES_ITEM: &str = "callOutcomes";

/// The outcomes where the definition names none.
const OUTCOMES: [&str; 7] = [
    "Connected",
    "Left voicemail",
    "No answer",
    "Busy",
    "Call back later",
    "Wrong number",
    "Not interested",
];

/// The features of the browser that the page uses; it delegates none to others.
const PERMISSIONS: &str = "microphone=(self), autoplay=(self), camera=(), display-capture=(), \
                           geolocation=(), hid=(), payment=(), usb=()";

#[derive(askama::Template)]
#[template(path = "softphone.html")]
struct SoftphonePage<'a> {
    nonce: &'a str,
    slds: String,
    style: String,
    script: String,
    built: bool,
}

/// `GET /softphone`: the same page for everyone; who it is for comes with the token in its URL,
/// which only the page's script reads.
pub(super) async fn page(State(state): State<AppState>) -> Response {
    let nonce = offhook_store::random::token();
    let page = SoftphonePage {
        nonce: &nonce[..32],
        slds: assets::url("slds.css"),
        style: assets::url("softphone.css"),
        script: assets::url("softphone.js"),
        built: assets::built(),
    };
    let html = match askama::Template::render(&page) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "the softphone's page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = Html(html).into_response();
    let head = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy(&state, page.nonce)),
        (
            header::HeaderName::from_static("permissions-policy"),
            PERMISSIONS.to_owned(),
        ),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            head.insert(name, value);
        }
    }
    response
}

/// The page may be framed by our console, and takes the Open CTI library from there or from its
/// own origin. The socket is named with its scheme: not every browser reads `'self'` as one.
fn policy(state: &AppState, nonce: &str) -> String {
    let console = &state.settings.console_origin;
    let socket = state.settings.pages_origin.replacen("http", "ws", 1);
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' {console}; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; media-src 'self' blob: data:; \
         connect-src 'self' {socket}; frame-ancestors {console}; base-uri 'none'; \
         form-action 'none'"
    )
}

#[derive(Deserialize)]
struct TicketRequest {
    token: String,
}

/// `POST /softphone/ticket`: swaps the one-time token of the page's URL for a socket ticket.
pub(super) async fn ticket(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !bearer::from_pages_origin(&state, &headers) {
        return refusal(
            StatusCode::FORBIDDEN,
            "A softphone page can be started from this server's own page only.",
        );
    }
    if body.len() > TICKET_BODY_MAX {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "This request is too large.");
    }
    let Ok(TicketRequest { token }) = serde_json::from_slice(&body) else {
        return refusal(StatusCode::BAD_REQUEST, "JSON with a token was expected.");
    };
    match redeem(&state, &token).await {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => refusal(
            StatusCode::UNAUTHORIZED,
            "This softphone page was opened too long ago, or more than once. Reload the console.",
        ),
        Err(error) => unavailable(&error),
    }
}

#[derive(Serialize)]
struct TicketAnswer {
    ticket: String,
    config: SoftphoneConfig,
}

/// What the page needs to know beside its view.
#[derive(Serialize)]
struct SoftphoneConfig {
    outcomes: Vec<String>,
    region: String,
    pop_settings: offhook_org::cti::softphone_layout::ScreenPopSettings,
}

async fn redeem(
    state: &AppState,
    token: &str,
) -> Result<Option<TicketAnswer>, offhook_store::StoreError> {
    let store = &state.store;
    let Some(ticket) = store.redeem_softphone_token(token, now_ms()).await? else {
        return Ok(None);
    };
    let Some(holder) = bearer::user(state, &ticket).await? else {
        return Ok(None);
    };
    let Some(user) = store.user_context(&holder.user).await? else {
        return Ok(None);
    };
    let Some(center) = store.call_center_of(&holder.user).await? else {
        return Ok(None);
    };
    let layout = store.softphone_layout(&user.profile.name).await?;
    let config = SoftphoneConfig {
        outcomes: outcomes(&center.definition),
        region: store.region().as_str().to_owned(),
        pop_settings: layout.screen_pop,
    };
    Ok(Some(TicketAnswer { ticket, config }))
}

/// The outcomes of the call center's definition, or ours.
fn outcomes(center: &CallCenter) -> Vec<String> {
    let own: Vec<String> = center
        .item(OUTCOMES_ITEM)
        .unwrap_or("")
        .split(',')
        .map(|outcome| outcome.trim().to_owned())
        .filter(|outcome| !outcome.is_empty())
        .collect();
    if own.is_empty() {
        OUTCOMES.map(str::to_owned).to_vec()
    } else {
        own
    }
}

/// A call as the softphone lists it.
#[derive(Serialize)]
struct RecentCall {
    #[serde(flatten)]
    call: CallRecord,
    far_display: String,
}

/// `GET /softphone/recent`: the agent's last calls, newest first.
pub(super) async fn recent(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let ticket = bearer::authorization(&headers).unwrap_or("");
    match recent_calls(&state, ticket).await {
        Ok(Some(calls)) => Json(json!({ "calls": calls })).into_response(),
        Ok(None) => refusal(
            StatusCode::UNAUTHORIZED,
            "This softphone page is signed out. Reload the console.",
        ),
        Err(error) => unavailable(&error),
    }
}

async fn recent_calls(
    state: &AppState,
    ticket: &str,
) -> Result<Option<Vec<RecentCall>>, offhook_store::StoreError> {
    let Some(holder) = bearer::user(state, ticket).await? else {
        return Ok(None);
    };
    let agent = AgentId::new(holder.user.as_str());
    let calls = state.store.recent_calls(&agent, RECENT_CALLS_MAX).await?;
    let region = state.store.region();
    let listed = calls.into_iter().map(|call| RecentCall {
        far_display: far_display(&call, region),
        call,
    });
    Ok(Some(listed.collect()))
}

/// The far party's number for people.
pub(crate) fn far_display(call: &CallRecord, region: offhook_phone::Region) -> String {
    match offhook_phone::read(&call.far_number, region) {
        offhook_phone::Reading::Anonymous => "Unknown caller".to_owned(),
        offhook_phone::Reading::Number(_)
        | offhook_phone::Reading::Short(_)
        | offhook_phone::Reading::NotANumber => offhook_phone::display(&call.far_number, region),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn unavailable(error: &offhook_store::StoreError) -> Response {
    tracing::error!(%error, "a softphone page could not be served");
    refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "The database did not answer. Wait a moment; the softphone tries again by itself.",
    )
}

#[cfg(test)]
mod tests {
    use offhook_org::cti::call_center::{DefinitionItem, DefinitionSection};

    use super::*;

    fn center(items: &[(&str, &str)]) -> CallCenter {
        let item = |(name, value): &(&str, &str)| DefinitionItem {
            name: (*name).to_owned(),
            label: None,
            value: (*value).to_owned(),
        };
        CallCenter {
            internal_name: "Phone".to_owned(),
            display_name: "Phone".to_owned(),
            sections: vec![DefinitionSection {
                name: "softphone".to_owned(),
                label: None,
                items: items.iter().map(item).collect(),
            }],
        }
    }

    #[test]
    fn outcomes_come_from_the_definition_and_else_from_the_house() {
        let own = center(&[(OUTCOMES_ITEM, " Sold , , No interest")]);
        assert_eq!(outcomes(&own), ["Sold", "No interest"]);
        assert_eq!(outcomes(&center(&[(OUTCOMES_ITEM, " , ")])), OUTCOMES);
        assert_eq!(outcomes(&center(&[])), OUTCOMES);
    }
}

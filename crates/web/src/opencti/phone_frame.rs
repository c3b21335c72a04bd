//! `POST /host/phone-frame`: where the console's Phone panel finds the page of the user's call
//! center, with the parameters that its Open CTI library needs.

use axum::Json;
use axum::extract::State;
use offhook_org::RecordId;
use offhook_org::access::Permission;
use offhook_org::cti::call_center::CompatibilityMode;
use offhook_store::random;
use serde::Serialize;
use serde_json::json;

use super::AdapterUrl;
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, apex_pages, now_ms};

/// What an adapter's page may use of the browser.
pub(crate) const ALLOW: &str =
    "microphone; camera; autoplay; clipboard-write; display-capture; hid";

/// The frame, as the console's shell makes it.
#[derive(Debug, Serialize)]
struct PhoneFrame {
    url: String,
    origin: String,
    height: u32,
    width: u32,
    label: String,
    /// Our own softphone: each load of its page needs a fresh address.
    own: bool,
    standby: Option<StandbyPage>,
    problem: Option<String>,
    allow: &'static str,
    /// `classic`: the phone stands in a side bar beside the pages, as Classic had it.
    layout: &'static str,
}

/// The page to fall back to.
#[derive(Debug, Serialize)]
struct StandbyPage {
    url: String,
    origin: String,
    timeout_ms: u32,
}

/// Gives the frame, or the one thing that stands in its way.
pub(super) async fn frame(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<serde_json::Value>, Failure> {
    if !who.user.holds(Permission::CtiAccess) {
        return Ok(problem(
            "Your profile has no CTI Access. Ask an administrator to give your profile the \
             permission CTI Access.",
        ));
    }
    let Some(center) = state.store.call_center_of(who.user_id()).await? else {
        return Ok(problem(
            "You are in no call center. Ask an administrator to add you: Setup > Call Centers > \
             Manage Users.",
        ));
    };
    let adapter = match AdapterUrl::of(&center.definition, &state.settings) {
        Ok(adapter) => adapter,
        Err(why) => return Ok(problem(&why)),
    };
    // Our own pages need no proxy.
    let adapter = match state.store.adapter_proxy(&center.id).await? {
        Some(secret) if adapter.origin != state.settings.pages_origin => {
            adapter.through_proxy(&secret, &state.settings.pages_origin)
        }
        _ => adapter,
    };
    let token = if adapter.is_own_softphone {
        let center = &center.definition.internal_name;
        Some(
            state
                .store
                .issue_softphone_token(&who.session, center, now_ms())
                .await?,
        )
    } else {
        None
    };
    let path = adapter.own_path(&state.settings).unwrap_or_default();
    let page = apex_pages::ticket_for(&state, &who, path).await?;
    let ticket = match (&token, &page) {
        (Some(token), _) => Some(("offhook_token", token.as_str())),
        (None, Some(page)) => Some((apex_pages::TICKET, page.as_str())),
        (None, None) => None,
    };
    let mode = center.definition.compatibility_mode();
    let is_own = adapter.is_own_softphone;
    let standby = AdapterUrl::of_standby(&center.definition, &state.settings);
    let (height, width) = center.definition.softphone_size_px();
    let frame = PhoneFrame {
        url: frame_url(&state, &adapter, mode, ticket),
        origin: adapter.origin,
        height,
        width,
        label: "Phone".to_owned(),
        own: is_own,
        standby: standby.map(|(page, timeout_ms)| StandbyPage {
            url: frame_url(&state, &page, mode, None),
            origin: page.origin,
            timeout_ms,
        }),
        problem: None,
        allow: ALLOW,
        layout: match mode {
            CompatibilityMode::Classic => "classic",
            CompatibilityMode::Lightning | CompatibilityMode::ClassicAndLightning => "lightning",
        },
    };
    Ok(Json(json!(frame)))
}

fn problem(why: &str) -> Json<serde_json::Value> {
    Json(json!({ "problem": why }))
}

/// The parameters that the platform appends, for the API that the call center speaks; adapters
/// look at all of them. One that speaks both gets both sets and reads `mode=Lightning`.
fn frame_url(
    state: &AppState,
    adapter: &AdapterUrl,
    mode: CompatibilityMode,
    ticket: Option<(&str, &str)>,
) -> String {
    let app = RecordId::from_serial("06m", 1);
    let nonce = random::token();
    let origin = state.settings.console_origin.as_str();
    let mut parameters = match mode {
        CompatibilityMode::Classic => classic_parameters(state, &nonce),
        CompatibilityMode::Lightning | CompatibilityMode::ClassicAndLightning => vec![
            ("mode", "Lightning"),
            ("ltn_app_id", app.as_str()),
            ("isdtp", "vw"),
            ("sfdcIframeOrigin", origin),
            ("clc", "1"),
            ("nonce", nonce.as_str()),
        ],
    };
    if mode == CompatibilityMode::ClassicAndLightning {
        parameters.push((CLASSIC_ORIGIN, origin));
    }
    parameters.extend(ticket);
    adapter.with_parameters(&parameters)
}

/// The parameters of a page that speaks the Classic API or the Console Toolkit: the origin with a
/// capital F.
pub(super) fn classic_parameters<'a>(
    state: &'a AppState,
    nonce: &'a str,
) -> Vec<(&'static str, &'a str)> {
    vec![
        ("isdtp", "nv"),
        (CLASSIC_ORIGIN, state.settings.console_origin.as_str()),
        ("nonce", nonce),
    ]
}

const CLASSIC_ORIGIN: &str = "sfdcIFrameOrigin";

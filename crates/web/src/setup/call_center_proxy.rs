//! The adapter proxy of a call center: what it is for, what it cannot do, and its switch.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::call_centers::{find, refusal};
use super::frame::{self, Place, admit};
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::opencti::AdapterUrl;
use crate::session::SignedIn;

#[derive(Template)]
#[template(path = "setup/call_center_proxy.html")]
struct ProxyTemplate<'a> {
    id: &'a str,
    csrf: &'a str,
    display_name: &'a str,
    on: bool,
    /// The vendor's origin; empty when there is none to fetch from.
    vendor: String,
    /// Why the proxy does not fit this call center.
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Switch {
    #[serde(default)]
    on: String,
}

/// `GET /lightning/setup/call-centers/{id}/proxy`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let (vendor, problem) = match AdapterUrl::of(&center.definition, &state.settings) {
        Ok(adapter) if adapter.origin == state.settings.pages_origin => {
            let why = "The page of this call center is served by this server already.";
            (String::new(), Some(why.to_owned()))
        }
        Ok(adapter) => (adapter.origin, None),
        Err(why) => (String::new(), Some(why)),
    };
    let body = ProxyTemplate {
        id: center.id.as_str(),
        csrf: &who.session.csrf_token,
        display_name: &center.definition.display_name,
        on: state.store.adapter_proxy(&center.id).await?.is_some(),
        vendor,
        problem,
    };
    let title = format!("Adapter Proxy of {}", center.definition.display_name);
    let page = frame::page(&state, &who, Place::CallCenters, &title, notice, &body).await;
    page.map(flash::said)
}

/// `POST /lightning/setup/call-centers/{id}/proxy`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Form(switch): Form<Switch>,
) -> Result<Response, Failure> {
    admit(&who, Place::CallCenters)?;
    let center = find(&state, &id).await?;
    let on = switch.on == "true";
    let changed = state.store.set_adapter_proxy(&who.user, &center.id, on);
    let text = match changed.await {
        Ok(()) if on => "The adapter is served through the proxy when a console loads it next.",
        Ok(()) => "The adapter is loaded from its own address again.",
        Err(error) => return Err(Failure::Broken(refusal(error)?)),
    };
    let target = format!("{}/{}/proxy", Place::CallCenters.path(), center.id);
    Ok(flash::redirect(&target, text, None))
}

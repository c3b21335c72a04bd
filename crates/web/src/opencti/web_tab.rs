//! `/lightning/web?url=…`: a page of another origin in a tab of the console, as the Classic
//! console showed any address that a softphone opened. Only pages of our pages origin and of the
//! user's own adapter are shown; for every other address there is a link.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use offhook_store::random;

use super::AdapterUrl;
use super::phone_frame::{ALLOW, classic_parameters};
use crate::console::shell::{Head, page};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, apex_pages, query};

/// Bytes of an address.
const URL_LENGTH_MAX: usize = 8_192;

#[derive(Template)]
#[template(path = "web_tab.html")]
struct WebTabTemplate {
    /// With the parameters by which its libraries find the console; empty for a page elsewhere.
    src: String,
    /// As it was asked for, for a link; empty when it is no address of a page.
    link: String,
    title: String,
    allow: &'static str,
}

/// The page with its frame, or with the reason why there is none.
pub(super) async fn page_in_tab(
    State(state): State<AppState>,
    RawQuery(raw): RawQuery,
    who: SignedIn,
) -> Result<Response, Failure> {
    let pairs = query::pairs(raw.unwrap_or_default().as_bytes());
    let asked = query::value(&pairs, "url");
    let found = AdapterUrl::resolve(asked, &state.settings.pages_origin)
        .filter(|_| asked.len() <= URL_LENGTH_MAX);
    let title = match &found {
        Some(found) => title(&found.text()),
        None => "Web page".to_owned(),
    };
    let shown = match &found {
        Some(found) if is_ours(&state, &who, &found.origin).await? => {
            let nonce = random::token();
            let mut parameters = classic_parameters(&state, &nonce);
            let path = found.own_path(&state.settings).unwrap_or_default();
            let ticket = apex_pages::ticket_for(&state, &who, path).await?;
            parameters.extend(ticket.as_deref().map(|it| (apex_pages::TICKET, it)));
            found.with_parameters(&parameters)
        }
        _ => String::new(),
    };
    let body = WebTabTemplate {
        src: shown,
        link: found.map(|found| found.text()).unwrap_or_default(),
        title: title.clone(),
        allow: ALLOW,
    };
    let head = Head {
        kind: "web",
        title,
        icon: "visualforce_page".to_owned(),
        ..Head::default()
    };
    page(&state, &who, head, &body).await
}

/// Whether pages of that origin may be in a frame of the console: its policy says the same.
async fn is_ours(state: &AppState, who: &SignedIn, asked: &str) -> Result<bool, Failure> {
    if asked == state.settings.pages_origin {
        return Ok(true);
    }
    let center = state.store.call_center_of(who.user_id()).await?;
    let adapter =
        center.and_then(|center| AdapterUrl::of(&center.definition, &state.settings).ok());
    Ok(adapter.is_some_and(|adapter| adapter.origin == asked))
}

/// What the tab is called until somebody names it: the last step of the path, else the host.
fn title(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').find(|step| !step.is_empty());
    let last = last.map(query::decode).filter(|step| !step.is_empty());
    last.unwrap_or_else(|| "Web page".to_owned())
}

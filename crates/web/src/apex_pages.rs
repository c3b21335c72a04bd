//! The pages that admins write (`/apex/NAME`), on the pages origin: rendered for the user whom
//! the ticket in the address names. The console puts the ticket there; no cookie is read. And the
//! static resources that such pages load.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use offhook_org::pages::{Visit, parse};
use offhook_org::soql::json::plain_text;
use offhook_org::{RecordId, UserContext};
use offhook_store::StoreError;
use offhook_store::sources::{Source, SourceKind};

use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, now_ms, query};

/// The parameter with the ticket.
pub(crate) const TICKET: &str = "offhook_page";

/// Where pages are.
const ROOT: &str = "/apex/";

/// No ticket of ours is longer.
const TICKET_LENGTH_MAX: usize = 200;

/// Routes of the pages origin.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/apex/{name}", get(page))
        .route("/resource/{key}/{name}", get(resource))
}

/// Routes of the console origin: a page's address leads to its tab, with or without script.
pub(crate) fn console_routes() -> Router<AppState> {
    let to_tab = async |Path(name): Path<String>, RawQuery(raw): RawQuery, _: SignedIn| {
        let query = raw.map_or_else(String::new, |raw| format!("?{raw}"));
        let url = format!("{ROOT}{}{query}", query::encode(&name));
        Redirect::to(&format!("/lightning/web?url={}", query::encode(&url)))
    };
    Router::new().route("/apex/{name}", get(to_tab))
}

/// The ticket that a page at this path of the pages origin needs.
pub(crate) async fn ticket_for(
    state: &AppState,
    who: &SignedIn,
    path: &str,
) -> Result<Option<String>, StoreError> {
    if !path.starts_with(ROOT) {
        return Ok(None);
    }
    let ticket = state.store.issue_page_ticket(&who.session, now_ms());
    ticket.await.map(Some)
}

async fn page(
    State(state): State<AppState>,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Response {
    let raw = raw.unwrap_or_default();
    match rendered(&state, &name, &raw, &headers).await {
        Ok(Ok(html)) => with_policy(&state, StatusCode::OK, html),
        Ok(Err((status, title, text))) => {
            let link = format!(
                "{}{ROOT}{}",
                state.settings.console_origin,
                query::encode(&name)
            );
            let html = message(title, text, &link);
            with_policy(&state, status, html)
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            let text = "The database did not answer. Load the page again in a moment.";
            let html = message("This page is not there at the moment", text, "");
            with_policy(&state, StatusCode::SERVICE_UNAVAILABLE, html)
        }
    }
}

/// Status, title and text of a page that is not shown.
type NotShown = (StatusCode, &'static str, &'static str);

async fn rendered(
    state: &AppState,
    name: &str,
    raw: &str,
    headers: &HeaderMap,
) -> Result<Result<String, NotShown>, StoreError> {
    let parameters = query::pairs(raw.as_bytes());
    let ticket = match query::value(&parameters, TICKET) {
        "" => ticket_of_referrer(state, headers).unwrap_or_default(),
        ticket => ticket.to_owned(),
    };
    let user = match ticket.len() {
        1..=TICKET_LENGTH_MAX => state.store.page_user(&ticket, now_ms()).await?,
        _ => None,
    };
    let context = match &user {
        Some(user) => state.store.user_context(user).await?,
        None => None,
    };
    let Some(context) = context else {
        let text = "It is shown inside of the console, to somebody who is signed in there.";
        return Ok(Err((
            StatusCode::UNAUTHORIZED,
            "Open this page from the console",
            text,
        )));
    };
    let found = state.store.source_named(SourceKind::Page, name).await?;
    let Some(source) = found.filter(|page| page.settings.is_open_to(&context.profile.name)) else {
        let text = "It was renamed or deleted, or your profile may not open it.";
        return Ok(Err((StatusCode::NOT_FOUND, "There is no such page", text)));
    };
    let visit = visit(state, &source, parameters, &ticket, &context).await?;
    match parse(&source.body) {
        Ok(page) => Ok(Ok(page.render(&visit))),
        // It was read when it was saved; another version of Offhook reads it otherwise.
        Err(error) => {
            tracing::warn!(page = source.name, %error, "a page cannot be read any more");
            let text = "Its markup cannot be read: an administrator finds the place by saving it \
                        again.";
            Ok(Err((
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page has an error",
                text,
            )))
        }
    }
}

/// A page that leads to another one of ours by a plain link: the ticket of the first.
fn ticket_of_referrer(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let referrer = headers.get(header::REFERER)?.to_str().ok()?;
    let path = referrer.strip_prefix(&state.settings.pages_origin)?;
    let (path, query) = path.split_once('?')?;
    let pairs = query::pairs(query.as_bytes());
    path.starts_with(ROOT)
        .then(|| query::value(&pairs, TICKET).to_owned())
}

async fn visit(
    state: &AppState,
    source: &Source,
    mut parameters: Vec<(String, String)>,
    ticket: &str,
    user: &UserContext,
) -> Result<Visit, StoreError> {
    parameters.retain(|(name, _)| name != TICKET);
    let system = UserContext::system();
    let record = match &user.user {
        Some(id) => state.store.record(&system, id).await?,
        None => None,
    };
    let mut facts: std::collections::BTreeMap<String, String> = record
        .iter()
        .flat_map(|record| &record.fields)
        .map(|(name, value)| {
            let name = format!("$user.{}", name.as_str().to_ascii_lowercase());
            (name, plain_text(value))
        })
        .collect();
    let id = |id: &Option<RecordId>| id.as_ref().map_or_else(String::new, ToString::to_string);
    facts.insert("$user.id".to_owned(), id(&user.user));
    facts.insert("$user.name".to_owned(), user.user_name.clone());
    facts.insert("$profile.id".to_owned(), id(&user.profile.id));
    facts.insert("$profile.name".to_owned(), user.profile.name.clone());
    let org = state.store.org_id();
    facts.insert("$organization.id".to_owned(), org.to_string());
    let company = state.store.record(&system, &org).await?;
    let name = company.map(|company| company.text("Name").to_owned());
    facts.insert("$organization.name".to_owned(), name.unwrap_or_default());
    let resources = state.store.resources().await?;
    let address = |one: offhook_store::sources::Resource| {
        let path = format!("/resource/{}/{}", one.key, one.name);
        (one.name.to_ascii_lowercase(), path)
    };
    Ok(Visit {
        name: source.name.clone(),
        parameters,
        facts,
        resources: resources.into_iter().map(address).collect(),
        page_query: format!("?{TICKET}={}", query::encode(ticket)),
        api_origin: state.settings.console_origin.clone(),
        org_id: org.to_string(),
    })
}

/// The author's scripts run, and load what they like; only the console frames the page.
fn with_policy(state: &AppState, status: StatusCode, html: String) -> Response {
    let policy = format!(
        "frame-ancestors {}; object-src 'none'; base-uri 'self'",
        state.settings.console_origin
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let head = response.headers_mut();
        head.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn message(title: &str, text: &str, link: &str) -> String {
    let link = match link {
        "" => String::new(),
        link => format!("<p><a target=\"_top\" href=\"{link}\">Open it there</a></p>"),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #181818 }} \
         h1 {{ font-size: 1.1rem }} a {{ color: #0b5cab }}</style></head>\
         <body><h1>{title}</h1><p>{text}</p>{link}</body></html>\n"
    )
}

/// `GET /resource/KEY/NAME`: the key changes with each upload, so browsers keep it for ever.
async fn resource(
    State(state): State<AppState>,
    Path((key, _)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let found = state.store.resource_file(&key).await?;
    let Some(file) = found else {
        let text = "There is no such static resource: it was uploaded anew, or deleted.\n";
        return Ok((StatusCode::NOT_FOUND, text).into_response());
    };
    let media_type = HeaderValue::from_str(&file.media_type);
    let octets = HeaderValue::from_static("application/octet-stream");
    let mut response = file.content.into_response();
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, media_type.unwrap_or(octets));
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    head.insert(header::CACHE_CONTROL, keep);
    // A picture that is opened by itself runs nothing.
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");
    head.insert(header::CONTENT_SECURITY_POLICY, policy);
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    head.insert(policy, HeaderValue::from_static("same-site"));
    Ok(response)
}

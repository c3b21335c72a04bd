//! Person Accounts: customers who are people. Switched on here, and off while nobody is one.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use offhook_store::org::metadata::{MetadataFailure, PersonAccounts};

use super::frame::{self, Place, admit};
use crate::console::flash::{self, Flash, Notice};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::{AppState, query};

#[derive(Template)]
#[template(path = "setup/person_accounts.html")]
struct PersonAccountsTemplate<'a> {
    csrf: &'a str,
    problems: Vec<String>,
    now: PersonAccounts,
}

/// `GET /lightning/setup/person-accounts`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    admit(&who, Place::PersonAccounts)?;
    let page = render(&state, &who, Vec::new(), notice).await;
    page.map(flash::said)
}

/// `POST /lightning/setup/person-accounts`.
pub(super) async fn save(
    State(state): State<AppState>,
    who: SignedIn,
    body: Bytes,
) -> Result<Response, Failure> {
    let place = Place::PersonAccounts;
    admit(&who, place)?;
    let sent = query::pairs(&body);
    let on = match sent.iter().find(|(key, _)| key == "person_accounts") {
        Some((_, value)) => value == "on",
        None => return render(&state, &who, vec![nothing_sent()], None).await,
    };
    match state.store.switch_person_accounts(&who.user, on).await {
        Ok(()) => {
            let said = match on {
                true => "Person accounts are on. New accounts can be people now.",
                false => "Person accounts are off.",
            };
            Ok(flash::redirect(place.path(), said, None))
        }
        Err(MetadataFailure::Refused(error)) => {
            render(&state, &who, vec![error.to_string()], None).await
        }
        Err(MetadataFailure::Forbidden) => Err(Failure::Forbidden {
            needs: MetadataFailure::Forbidden.to_string(),
        }),
        Err(MetadataFailure::NotFound(_)) => Err(Failure::NotFound),
        Err(MetadataFailure::Store(error)) => Err(error.into()),
    }
}

fn nothing_sent() -> String {
    "Nothing was sent. Use the button of this page.".to_owned()
}

async fn render(
    state: &AppState,
    who: &SignedIn,
    problems: Vec<String>,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let status = match problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let body = PersonAccountsTemplate {
        csrf: &who.session.csrf_token,
        problems,
        now: state.store.person_accounts().await?,
    };
    let place = Place::PersonAccounts;
    frame::page_with_status(state, who, status, place, place.label(), notice, &body).await
}

//! What a person sees when something cannot be done. Handlers return a [`Failure`]; a layer
//! dresses it as a page in the console's frame, where it is clear who asks and how.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use offhook_store::{StoreError, random};

use crate::session::{Known, SignedIn, Visit};
use crate::{AppState, console, query};

/// Why a request is not answered with what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No session, or it ended.
    #[error("not signed in")]
    SignedOut {
        /// A person can be sent to the login page.
        page_wanted: bool,
        /// Where to go on after signing in.
        next: String,
    },
    /// There is nothing here, or nothing that this user may see: the same page for both.
    #[error("there is no such page or record, or no access to it")]
    NotFound,
    /// The user may not do this.
    #[error("not allowed: {needs}")]
    Forbidden {
        /// What the user lacks, as a sentence.
        needs: String,
    },
    /// The request cannot be understood.
    #[error("bad request: {why}")]
    BadRequest {
        /// Why, as a sentence for a person.
        why: String,
    },
    /// A request that changes something came from another site.
    #[error("a request that changes something came from another origin")]
    WrongOrigin {
        /// Where the console is.
        console_origin: String,
    },
    /// The form is older than the session.
    #[error("a form without the session's token")]
    StaleForm,
    /// The body is over the limit.
    #[error("a request that is too large")]
    TooLarge,
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Our fault.
    #[error("{0}")]
    Broken(String),
}

/// A failure as a person reads it. Carried in the answer until it is dressed.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    pub(crate) title: String,
    /// What happened, and what to do next.
    pub(crate) text: String,
}

impl Failure {
    /// The status and the words. Failures of the world and of ours are logged here, once.
    fn told(&self) -> (StatusCode, Sentence) {
        match self {
            Self::SignedOut { .. } => (
                StatusCode::UNAUTHORIZED,
                sentence(
                    "You are signed out",
                    "Sign in again, then repeat what you did.",
                ),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                sentence(
                    "There is nothing here for you",
                    "The page or record does not exist, was deleted, or you have no access to it. \
                     Check the address, or ask the owner or an administrator for access.",
                ),
            ),
            Self::Forbidden { needs } => (
                StatusCode::FORBIDDEN,
                sentence("You are not allowed to do this", needs),
            ),
            Self::BadRequest { why } => (
                StatusCode::BAD_REQUEST,
                sentence("This request cannot be understood", why),
            ),
            Self::WrongOrigin { console_origin } => (
                StatusCode::FORBIDDEN,
                Sentence {
                    title: "This request did not come from the console".to_owned(),
                    text: format!(
                        "Nothing was changed. Open the console at {console_origin} and try again \
                         there. An administrator: the address that browsers use must be the \
                         console origin in the configuration."
                    ),
                },
            ),
            Self::StaleForm => (
                StatusCode::FORBIDDEN,
                sentence(
                    "This form is too old",
                    "Nothing was changed. You signed in again since the form was opened: open it \
                     once more and repeat your entry.",
                ),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                sentence(
                    "This is too large",
                    "Nothing was changed. At most 6 MB can be sent at once.",
                ),
            ),
            Self::Store(error) => self.told_by_store(error),
            Self::Broken(_) => self.told_as_ours(),
        }
    }

    /// What the shelves could not do.
    fn told_by_store(&self, error: &StoreError) -> (StatusCode, Sentence) {
        match error {
            StoreError::Full(_) => (
                StatusCode::INSUFFICIENT_STORAGE,
                noted(
                    "The disk of the server is full",
                    "Nothing was changed. Tell your administrator: there must be free space on \
                     the disk of the database, then it works again",
                    self,
                ),
            ),
            StoreError::Busy(_) | StoreError::Deadlock(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                noted(
                    "The database is busy",
                    "Wait a moment, then try again.",
                    self,
                ),
            ),
            _ => self.told_as_ours(),
        }
    }

    /// A failure of ours.
    fn told_as_ours(&self) -> (StatusCode, Sentence) {
        let words = "Try again. If it happens again, tell your administrator";
        let sentence = noted("Something went wrong on the server", words, self);
        (StatusCode::INTERNAL_SERVER_ERROR, sentence)
    }
}

fn sentence(title: &str, text: &str) -> Sentence {
    Sentence {
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

/// Logs the failure under an id, and names the id to the person.
fn noted(title: &str, text: &str, failure: &Failure) -> Sentence {
    let id = &random::token()[..8];
    tracing::error!(error.id = id, error = %failure, "a request failed");
    Sentence {
        title: title.to_owned(),
        text: format!("{text} (error id {id})."),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::SignedOut {
            page_wanted: true,
            next,
        } = &self
        {
            let target = format!("/login?next={}", query::encode(next));
            return Redirect::to(&target).into_response();
        }
        let (status, sentence) = self.told();
        let plain = format!("{}. {}", sentence.title, sentence.text);
        let mut response = (status, plain).into_response();
        response.extensions_mut().insert(sentence);
        response
    }
}

/// Turns a failure into a page, unless a script asked. A panic below becomes a failure of ours:
/// it costs this request, nothing else.
pub(crate) async fn dress(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let visit = Visit::of(&parts);
    let for_script = parts.headers.contains_key("x-csrf-token") && !visit.fragment;
    let known = parts.extensions.get::<Known>().cloned();
    let run = next.run(Request::from_parts(parts, body));
    let response = match std::panic::AssertUnwindSafe(run).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Failure::Broken("a handler panicked".to_owned()).into_response(),
    };
    let Some(sentence) = response.extensions().get::<Sentence>().cloned() else {
        return response;
    };
    if for_script {
        return as_json(response.status(), &sentence);
    }
    let status = response.status();
    match known {
        Some(Known { session, user }) => {
            let who = SignedIn {
                session,
                user,
                visit,
            };
            console::failure::page(&state, &who, status, &sentence).await
        }
        None => console::failure::bare_page(&visit, status, &sentence),
    }
}

fn as_json(status: StatusCode, sentence: &Sentence) -> Response {
    let body = serde_json::json!({"message": format!("{}. {}", sentence.title, sentence.text)});
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response()
}

/// The answer to an address that no route has.
pub(crate) async fn no_such_page() -> Failure {
    Failure::NotFound
}

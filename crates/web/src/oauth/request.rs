//! The request of an app, as it stands in the address: read anew and checked anew at each step,
//! since it comes back from the browser each time.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use offhook_org::oauth::{
    Authorization, AuthorizationError, AuthorizationParams, authorization, origin_of,
};
use offhook_store::accounts::ConnectedApp;

use crate::AppState;
use crate::console::failure;
use crate::error::{Failure, Sentence};
use crate::headers::FormTargets;
use crate::query;
use crate::session::Visit;

/// A request that may be shown, and the app behind it.
pub(super) struct Asked {
    pub(super) app: ConnectedApp,
    pub(super) authorization: Authorization,
    /// The query as it came, to be carried along.
    pub(super) query: String,
    prompts: Vec<String>,
    pub(super) login_hint: String,
}

impl Asked {
    /// The request in a query. `Err` is the answer where it is not right.
    pub(super) async fn of(state: &AppState, visit: &Visit, query: &str) -> Result<Self, Response> {
        let pairs = query::pairs(query.as_bytes());
        let value = |name: &str| query::value(&pairs, name);
        let found = state
            .store
            .connected_app_of_client(value("client_id"))
            .await;
        let found = found.map_err(|error| Failure::from(error).into_response())?;
        let Some(app) = found else {
            return Err(refused(
                visit,
                "invalid_client_id",
                "client identifier invalid",
            ));
        };
        let params = AuthorizationParams {
            response_type: value("response_type"),
            redirect_uri: value("redirect_uri"),
            scope: value("scope"),
            state: value("state"),
            code_challenge: value("code_challenge"),
            code_challenge_method: value("code_challenge_method"),
            nonce: value("nonce"),
        };
        match authorization(&app.settings, &params) {
            Ok(authorization) => Ok(Self {
                prompts: value("prompt").split(' ').map(ToOwned::to_owned).collect(),
                login_hint: value("login_hint").to_owned(),
                query: query.to_owned(),
                authorization,
                app,
            }),
            Err(AuthorizationError::ToApp(address)) => Err(found_at(&address)),
            Err(AuthorizationError::ToPerson(why)) => {
                Err(refused(visit, "redirect_uri_mismatch", why))
            }
        }
    }

    /// Does the app want this page shown, whatever was done before?
    pub(super) fn prompts(&self, what: &str) -> bool {
        self.prompts.iter().any(|prompt| prompt == what)
    }

    /// The consent page of this request.
    pub(super) fn approve_path(&self) -> String {
        format!("/services/oauth2/approve?{}", self.query)
    }

    /// A form of ours whose answer leads to the app: the browser must be told so.
    pub(super) fn lets_form_lead_to_app(&self, mut response: Response) -> Response {
        let origin = origin_of(&self.authorization.redirect_uri);
        response
            .extensions_mut()
            .insert(FormTargets(origin.into_iter().collect()));
        response
    }
}

/// 302, as clients expect it. The address was checked against the app's.
pub(super) fn found_at(address: &str) -> Response {
    match axum::http::HeaderValue::from_str(address) {
        Ok(address) => {
            (StatusCode::FOUND, [(axum::http::header::LOCATION, address)]).into_response()
        }
        Err(_) => Redirect::to("/lightning/page/home").into_response(),
    }
}

/// Told to the person, since there is no app to trust.
fn refused(visit: &Visit, error: &str, why: &str) -> Response {
    let sentence = Sentence {
        title: "An app cannot sign you in".to_owned(),
        text: format!(
            "It asked in a way that this org does not take (error={error}, {why}). Nothing was \
             given to it. Tell whoever runs the app; an administrator finds its settings in \
             Setup, Connected Apps."
        ),
    };
    failure::bare_page(visit, StatusCode::BAD_REQUEST, &sentence)
}

//! The request that opens a browser: what an app asks a person for (RFC 6749, 4.1; RFC 7636).
//!
//! A request that names no app, or an address that is not the app's, is told to the person. Every
//! other mistake is told to the app, at its address.

use super::redirect::{is_registered, with_pairs};
use super::{AppSettings, Flow, Scope, Scopes};

/// The longest state that is carried back, in bytes.
const STATE_LENGTH_MAX: usize = 4_096;

/// The pairs of the request; empty where one is missing.
#[derive(Debug, Clone, Default)]
pub struct AuthorizationParams<'a> {
    /// `code`.
    pub response_type: &'a str,
    /// Where to go back to; empty where the app has one address alone.
    pub redirect_uri: &'a str,
    /// Parted by blanks; empty: everything the app may have.
    pub scope: &'a str,
    /// Given back as it is.
    pub state: &'a str,
    /// Of PKCE.
    pub code_challenge: &'a str,
    /// Of PKCE; S256 where it is missing, as the platform's clients expect.
    pub code_challenge_method: &'a str,
    /// For the id token.
    pub nonce: &'a str,
}

/// A request that may be shown to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Where to go back to.
    pub redirect_uri: String,
    /// What is asked for.
    pub scopes: Scopes,
    /// Given back as it is.
    pub state: String,
    /// SHA-256 of the verifier, base64url.
    pub challenge: Option<String>,
    /// For the id token.
    pub nonce: Option<String>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// There is no way back to the app that could be trusted: tell the person.
    #[error("{0}")]
    ToPerson(&'static str),
    /// Tell the app, by this address.
    #[error("back to the app")]
    ToApp(String),
}

/// What the platform says when the address is not the app's.
pub const REDIRECT_MISMATCH: &str = "redirect_uri must match configuration";

/// Checks a request for an app that exists.
pub fn authorization(
    app: &AppSettings,
    params: &AuthorizationParams<'_>,
) -> Result<Authorization, AuthorizationError> {
    let redirect_uri = redirect_uri(app, params.redirect_uri)?;
    let refuse = |error: &str, why: &str| Err(refusal(redirect_uri, params.state, error, why));
    if params.state.len() > STATE_LENGTH_MAX {
        return refuse("invalid_request", "state is longer than 4096 bytes");
    }
    if params.response_type != "code" {
        return refuse("unsupported_response_type", "response type not supported");
    }
    if app.is_blocked {
        return refuse("OAUTH_APP_BLOCKED", "this app is blocked by admin");
    }
    if !app.flows.contains(&Flow::WebServer) {
        return refuse(
            "unauthorized_client",
            "the web server flow is not enabled for this app",
        );
    }
    let scopes = Scopes::parse(params.scope).map_err(Some);
    let scopes = match scopes.and_then(|asked| app.grant(&asked).map_err(|_: Scope| None)) {
        Ok(scopes) => scopes,
        Err(Some(word)) => {
            return refuse("invalid_scope", &format!("the scope {word:?} is not known"));
        }
        Err(None) => return refuse("invalid_scope", "the requested scope is not allowed"),
    };
    match challenge(app, params) {
        Ok(challenge) => Ok(Authorization {
            redirect_uri: redirect_uri.to_owned(),
            scopes,
            state: params.state.to_owned(),
            challenge,
            nonce: Some(params.nonce.to_owned()).filter(|nonce| !nonce.is_empty()),
        }),
        Err(why) => refuse("invalid_request", why),
    }
}

fn redirect_uri<'a>(app: &'a AppSettings, asked: &'a str) -> Result<&'a str, AuthorizationError> {
    match app.redirect_uris.as_slice() {
        [only] if asked.is_empty() => Ok(only),
        registered if is_registered(registered, asked) => Ok(asked),
        _ => Err(AuthorizationError::ToPerson(REDIRECT_MISMATCH)),
    }
}

/// S256 is the only method, and what no method means.
fn challenge(
    app: &AppSettings,
    params: &AuthorizationParams<'_>,
) -> Result<Option<String>, &'static str> {
    let challenge = params.code_challenge;
    if !matches!(params.code_challenge_method, "" | "S256") {
        return Err("code_challenge_method must be S256");
    }
    if challenge.is_empty() {
        return match app.needs_pkce() {
            true => Err("required: code_challenge (S256)"),
            false => Ok(None),
        };
    }
    let is_digest = challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match is_digest {
        true => Ok(Some(challenge.to_owned())),
        false => Err("code_challenge must be the base64url of a SHA-256, 43 characters"),
    }
}

fn refusal(redirect_uri: &str, state: &str, error: &str, why: &str) -> AuthorizationError {
    let mut pairs = vec![("error", error), ("error_description", why)];
    if !state.is_empty() && state.len() <= STATE_LENGTH_MAX {
        pairs.push(("state", state));
    }
    AuthorizationError::ToApp(with_pairs(redirect_uri, &pairs))
}

impl Authorization {
    /// Back to the app with the code.
    pub fn granted(&self, code: &str) -> String {
        let mut pairs = vec![("code", code)];
        if !self.state.is_empty() {
            pairs.push(("state", &self.state));
        }
        with_pairs(&self.redirect_uri, &pairs)
    }

    /// Back to the app without one.
    pub fn refused(&self, error: &str, why: &str) -> String {
        match refusal(&self.redirect_uri, &self.state, error, why) {
            AuthorizationError::ToApp(address) => address,
            AuthorizationError::ToPerson(_) => self.redirect_uri.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn app() -> AppSettings {
        AppSettings {
            name: "PlatformCLI".to_owned(),
            redirect_uris: vec!["http://localhost:1717/OauthRedirect".to_owned()],
            scopes: Scopes::parse("api web refresh_token").unwrap(),
            flows: [Flow::WebServer].into(),
            ..AppSettings::default()
        }
    }

    fn cli() -> AuthorizationParams<'static> {
        AuthorizationParams {
            response_type: "code",
            redirect_uri: "http://localhost:1717/OauthRedirect",
            scope: "refresh_token api web",
            state: "de092400dbb5",
            code_challenge: CHALLENGE,
            ..AuthorizationParams::default()
        }
    }

    fn told_to_the_app(params: &AuthorizationParams<'_>) -> String {
        match authorization(&app(), params) {
            Err(AuthorizationError::ToApp(address)) => address,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_s_request_is_good_without_a_challenge_method() {
        let good = authorization(&app(), &cli()).unwrap();
        assert_eq!(good.challenge.as_deref(), Some(CHALLENGE));
        assert_eq!(
            good.granted("aPrx.1"),
            "http://localhost:1717/OauthRedirect?code=aPrx.1&state=de092400dbb5"
        );
        let short = AuthorizationParams {
            redirect_uri: "",
            ..cli()
        };
        assert!(authorization(&app(), &short).is_ok());
    }

    #[test]
    fn an_address_that_is_not_the_app_s_is_never_followed() {
        for redirect_uri in ["https://evil.example/", "http://localhost:1717/", "x"] {
            let params = AuthorizationParams {
                redirect_uri,
                scope: "nonsense",
                ..cli()
            };
            let refused = authorization(&app(), &params);
            assert_eq!(
                refused,
                Err(AuthorizationError::ToPerson(REDIRECT_MISMATCH))
            );
        }
    }

    #[test]
    fn other_mistakes_go_back_to_the_app_with_its_state() {
        let start = "http://localhost:1717/OauthRedirect?error=";
        for (params, error) in [
            (
                AuthorizationParams {
                    response_type: "token",
                    ..cli()
                },
                "unsupported_response_type",
            ),
            (
                AuthorizationParams {
                    scope: "full",
                    ..cli()
                },
                "invalid_scope",
            ),
            (
                AuthorizationParams {
                    scope: "everything",
                    ..cli()
                },
                "invalid_scope",
            ),
            (
                AuthorizationParams {
                    code_challenge: "",
                    ..cli()
                },
                "invalid_request",
            ),
            (
                AuthorizationParams {
                    code_challenge: "short",
                    ..cli()
                },
                "invalid_request",
            ),
            (
                AuthorizationParams {
                    code_challenge_method: "plain",
                    ..cli()
                },
                "invalid_request",
            ),
        ] {
            let address = told_to_the_app(&params);
            assert!(
                address.starts_with(&format!("{start}{error}&")),
                "{address}"
            );
            assert!(address.ends_with("&state=de092400dbb5"), "{address}");
        }
    }

    #[test]
    fn an_app_with_a_secret_may_come_without_a_challenge() {
        let app = AppSettings {
            secret_required: true,
            ..app()
        };
        let params = AuthorizationParams {
            code_challenge: "",
            ..cli()
        };
        assert_eq!(authorization(&app, &params).unwrap().challenge, None);
    }
}

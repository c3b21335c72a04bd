//! A connected app: a program that is registered to act for users, and what it may ask for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::redirect::check_redirect;
use super::{Scope, Scopes};
use crate::RecordId;

/// The most redirect addresses of an app.
pub const REDIRECTS_MAX: usize = 20;

/// The longest name of an app, as on the platform.
pub const APP_NAME_MAX: usize = 80;

/// The longest description.
pub const APP_DESCRIPTION_MAX: usize = 255;

/// A way to get a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A person signs in and allows it in a browser (authorization code).
    WebServer,
    /// The app signs for the user with its key (JWT bearer).
    JwtBearer,
    /// The app itself, as its run-as user.
    ClientCredentials,
    /// A device without a browser shows a code.
    Device,
    /// The app knows the user's password. An org setting must allow it too.
    UsernamePassword,
}

impl Flow {
    /// Every flow, in the order of Setup.
    pub const ALL: [Self; 5] = [
        Self::WebServer,
        Self::JwtBearer,
        Self::ClientCredentials,
        Self::Device,
        Self::UsernamePassword,
    ];

    /// Its name in forms and stored settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::WebServer => "web_server",
            Self::JwtBearer => "jwt_bearer",
            Self::ClientCredentials => "client_credentials",
            Self::Device => "device",
            Self::UsernamePassword => "username_password",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::WebServer => "Web server (authorization code)",
            Self::JwtBearer => "JWT bearer",
            Self::ClientCredentials => "Client credentials",
            Self::Device => "Device",
            Self::UsernamePassword => "Username-password",
        }
    }
}

/// Who may use an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermittedUsers {
    /// Every user, who is asked for consent.
    #[default]
    AllUsers,
    /// Users with one of the app's profiles or permission sets; nobody is asked.
    AdminApproved,
}

/// What an administrator settles about an app. Stored as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppSettings {
    /// Shown to users; unique in the org.
    pub name: String,
    /// For administrators.
    pub description: String,
    /// Whom to ask about the app.
    pub contact_email: String,
    /// Where the web server flow may lead back to.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Scopes,
    /// How it may ask.
    pub flows: BTreeSet<Flow>,
    /// Must the secret come along when a code or a refresh token is swapped?
    pub secret_required: bool,
    /// Must every authorization code be bound to a code verifier? For an app without secret it
    /// must anyway.
    pub pkce_required: bool,
    /// Does every use of a refresh token give a new one?
    pub rotate_refresh_tokens: bool,
    /// A refresh token ends this many days after its last use; `None`: when it is revoked.
    pub refresh_token_days: Option<u32>,
    /// Who may use it.
    pub permitted_users: PermittedUsers,
    /// Profiles whose users are approved, by name.
    pub profiles: BTreeSet<String>,
    /// Permission sets whose users are approved.
    pub permission_sets: BTreeSet<RecordId>,
    /// As whom the client credentials flow runs.
    pub run_as: Option<RecordId>,
    /// PEM of a certificate or of a public key that assertions are signed for.
    pub certificate: Option<String>,
    /// Nobody gets or keeps a token while it is blocked.
    pub is_blocked: bool,
}

/// What is wrong with a setting: the field, and a sentence.
pub type AppProblem = (&'static str, String);

impl AppSettings {
    /// Every problem of what an administrator entered, by field.
    pub fn problems(&self) -> Vec<AppProblem> {
        let mut problems = Vec::new();
        let mut says = |field: &'static str, text: String| problems.push((field, text));
        match self.name.trim().chars().count() {
            0 => says(
                "name",
                "Enter a name; users see it when they are asked.".to_owned(),
            ),
            1..=APP_NAME_MAX => {}
            _ => says("name", format!("At most {APP_NAME_MAX} characters.")),
        }
        if self.description.chars().count() > APP_DESCRIPTION_MAX {
            says(
                "description",
                format!("At most {APP_DESCRIPTION_MAX} characters."),
            );
        }
        for uri in &self.redirect_uris {
            if let Err(why) = check_redirect(uri) {
                says("redirect_uris", format!("{uri:?} cannot be used: {why}."));
            }
        }
        if self.redirect_uris.len() > REDIRECTS_MAX {
            says(
                "redirect_uris",
                format!("At most {REDIRECTS_MAX} addresses."),
            );
        }
        if self.flows.is_empty() {
            says(
                "flows",
                "Choose at least one flow; without one the app gets no token.".to_owned(),
            );
        }
        if self.scopes.is_empty() {
            says(
                "scopes",
                "Choose at least one scope; api is what data needs.".to_owned(),
            );
        }
        for (flow, field, lacks, text) in self.needs_of_flows() {
            if self.flows.contains(&flow) && lacks {
                says(field, format!("{} needs {text}.", flow.label()));
            }
        }
        problems
    }

    fn needs_of_flows(&self) -> [(Flow, &'static str, bool, &'static str); 3] {
        [
            (
                Flow::WebServer,
                "redirect_uris",
                self.redirect_uris.is_empty(),
                "at least one callback address",
            ),
            (
                Flow::ClientCredentials,
                "run_as",
                self.run_as.is_none(),
                "a user to run as",
            ),
            (
                Flow::JwtBearer,
                "certificate",
                self.certificate.is_none(),
                "the certificate that belongs to the app's key",
            ),
        ]
    }

    /// The scopes of a token: what was asked for, or everything the app has. `Err` is the scope
    /// that the app may not ask for.
    pub fn grant(&self, asked: &Scopes) -> Result<Scopes, Scope> {
        if asked.is_empty() {
            return Ok(self.scopes.clone());
        }
        match self.scopes.lack(asked) {
            Some(scope) => Err(scope),
            None => Ok(asked.clone()),
        }
    }

    /// Must a code of this app be bound to a verifier?
    pub fn needs_pkce(&self) -> bool {
        self.pkce_required || !self.secret_required
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> AppSettings {
        AppSettings {
            name: "Loader".to_owned(),
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            scopes: Scopes::parse("api refresh_token").unwrap(),
            flows: [Flow::WebServer].into(),
            secret_required: true,
            ..AppSettings::default()
        }
    }

    fn fields(app: &AppSettings) -> Vec<&'static str> {
        app.problems().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn an_app_says_what_it_lacks_field_by_field() {
        assert!(app().problems().is_empty());
        let empty = AppSettings::default();
        assert_eq!(fields(&empty), ["name", "flows", "scopes"]);
        let all = AppSettings {
            flows: Flow::ALL.into(),
            redirect_uris: vec![],
            ..app()
        };
        assert_eq!(fields(&all), ["redirect_uris", "run_as", "certificate"]);
        let long = AppSettings {
            name: "x".repeat(81),
            redirect_uris: vec!["http://app.example/".to_owned()],
            ..app()
        };
        assert_eq!(fields(&long), ["name", "redirect_uris"]);
    }

    #[test]
    fn a_token_never_has_more_than_the_app_may_ask_for() {
        let asked = |text: &str| app().grant(&Scopes::parse(text).unwrap());
        assert_eq!(asked("").unwrap().to_string(), "api refresh_token");
        assert_eq!(asked("api").unwrap().to_string(), "api");
        assert_eq!(asked("api web"), Err(Scope::Web));
        assert_eq!(asked("full"), Err(Scope::Full));
    }

    #[test]
    fn an_app_without_secret_binds_its_codes() {
        assert!(!app().needs_pkce());
        assert!(
            AppSettings {
                secret_required: false,
                ..app()
            }
            .needs_pkce()
        );
        assert!(
            AppSettings {
                pkce_required: true,
                ..app()
            }
            .needs_pkce()
        );
    }
}

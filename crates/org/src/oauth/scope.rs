//! Scopes: what a client may do with a token (the platform's page "OAuth Tokens and Scopes").
//! `full` stands for every other scope but `refresh_token`, which must always be asked for.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Data through REST, SOAP, Bulk and streaming.
    Api,
    /// The token opens a session of the console (`frontdoor.jsp`).
    Web,
    /// Everything but refresh tokens.
    Full,
    /// A refresh token comes with the access token; `offline_access` is the same.
    RefreshToken,
    /// An id token comes with the access token.
    #[serde(rename = "openid")]
    OpenId,
    /// The identity URL, and with it the four below.
    Id,
    /// Names and time zone of the user.
    Profile,
    /// The user's e-mail address.
    Email,
    /// The user's postal address.
    Address,
    /// The user's telephone number.
    Phone,
}

/// Every scope, as Setup lists them.
pub const ALL_SCOPES: [Scope; 10] = [
    Scope::Api,
    Scope::Web,
    Scope::Full,
    Scope::RefreshToken,
    Scope::OpenId,
    Scope::Id,
    Scope::Profile,
    Scope::Email,
    Scope::Address,
    Scope::Phone,
];

impl Scope {
    /// As it stands in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Web => "web",
            Self::Full => "full",
            Self::RefreshToken => "refresh_token",
            Self::OpenId => "openid",
            Self::Id => "id",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Address => "address",
            Self::Phone => "phone",
        }
    }

    /// What it lets a client do, for the person who is asked.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Api => "Read and change your data through APIs",
            Self::Web => "Open your pages in a browser as you",
            Self::Full => "Do everything that you may do",
            Self::RefreshToken => "Do this at any time, also when you are away",
            Self::OpenId => "Know who you are",
            Self::Id => "Read your name, e-mail address, telephone number and postal address",
            Self::Profile => "Read your name and time zone",
            Self::Email => "Read your e-mail address",
            Self::Address => "Read your postal address",
            Self::Phone => "Read your telephone number",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        if name == "offline_access" {
            return Some(Self::RefreshToken);
        }
        ALL_SCOPES.into_iter().find(|scope| scope.name() == name)
    }
}

/// The scopes of an app, of a request or of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// From a list parted by blanks. `Err` holds the word that is no scope.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = text.split_ascii_whitespace();
        let scopes = words.map(|word| Scope::parse(word).ok_or_else(|| word.to_owned()));
        scopes.collect::<Result<_, _>>().map(Self)
    }

    /// Is it named here, word for word?
    pub fn names(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// May a token with these scopes do what the scope is for?
    pub fn allow(&self, scope: Scope) -> bool {
        let through_id = matches!(
            scope,
            Scope::Profile | Scope::Email | Scope::Address | Scope::Phone
        );
        self.names(scope)
            || (scope != Scope::RefreshToken && self.names(Scope::Full))
            || (through_id && self.names(Scope::Id))
    }

    /// The first scope that these do not cover.
    pub fn lack(&self, wanted: &Self) -> Option<Scope> {
        wanted.iter().find(|scope| !self.allow(*scope))
    }

    /// In the order of Setup.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for scope in self.iter() {
            write!(f, "{separator}{}", scope.name())?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }

    #[test]
    fn a_list_reads_and_writes_in_any_order_and_names_what_is_no_scope() {
        let asked = scopes(" refresh_token  api web api");
        assert_eq!(asked.to_string(), "api web refresh_token");
        assert_eq!(scopes("offline_access").to_string(), "refresh_token");
        assert!(scopes("").is_empty());
        assert_eq!(Scopes::parse("api apis"), Err("apis".to_owned()));
        assert_eq!(Scopes::parse("API"), Err("API".to_owned()));
    }

    #[test]
    fn full_covers_everything_but_refresh_tokens() {
        let full = scopes("full");
        assert!(
            ALL_SCOPES
                .iter()
                .all(|s| full.allow(*s) == (*s != Scope::RefreshToken))
        );
        assert_eq!(full.lack(&scopes("api web")), None);
        assert_eq!(
            full.lack(&scopes("api refresh_token")),
            Some(Scope::RefreshToken)
        );
        assert_eq!(scopes("web").lack(&scopes("full")), Some(Scope::Full));
        assert!(scopes("id").allow(Scope::Email) && !scopes("id").allow(Scope::Api));
    }
}

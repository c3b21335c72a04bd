//! What went wrong with an ACME authority, in the words of whoever must mend it: the kind of
//! error (RFC 8555, 6.7), the authority's own detail, and what to do.

use std::error::Error as _;

use instant_acme::{Error, Problem};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::config::AcmeChallenge;

/// What all error types of ACME begin with.
const PREFIX: &str = "urn:ietf:params:acme:error:";

/// What of an authority's own words is kept.
const DETAIL_MAX: usize = 600;

/// Why there is no certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The error's type without its prefix; empty when it did not come from the authority.
    pub(super) kind: String,
    /// What happened, to what, and what to do.
    pub(super) text: String,
}

impl Trouble {
    /// One that no authority spoke of.
    pub(super) fn own(text: impl Into<String>) -> Self {
        Self {
            kind: String::new(),
            text: text.into(),
        }
    }

    /// When the authority says that it may be tried again, UTC seconds since 1970.
    pub(super) fn not_before_s(&self, now_s: i64) -> Option<i64> {
        if self.kind != "rateLimited" {
            return None;
        }
        let named = self.text.split("retry after ").nth(1).and_then(|rest| {
            let stamp = rest.get(..19)?;
            let at = DateTime::strptime("%Y-%m-%d %H:%M:%S", stamp).ok()?;
            Some(TimeZone::UTC.to_timestamp(at).ok()?.as_second())
        });
        Some(named.unwrap_or(now_s + 60 * 60))
    }
}

/// An error of the library: of the way to the authority, or of the authority.
pub(super) fn of_error(error: &Error, directory: &str, challenge: AcmeChallenge) -> Trouble {
    match error {
        Error::Api(problem) => of_problem(problem, None, challenge),
        Error::Timeout(_) => Trouble::own(format!(
            "The authority {directory} did not finish in time. It is tried again by itself"
        )),
        Error::Json(_) => Trouble::own(format!(
            "{directory} does not answer as an ACME directory does: {error}. Correct \
             acme.directory"
        )),
        Error::Other(_) | Error::Hyper(_) | Error::InvalidUri(_) | Error::Http(_) => {
            Trouble::own(format!(
                "The authority {directory} cannot be reached: {}. Look at the name, at the way \
                 out (port 443), and for an authority of your own at acme.root_file",
                with_causes(error)
            ))
        }
        _ => Trouble::own(format!("The authority {directory}: {error}")),
    }
}

/// An error with what caused it, and what caused that.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = match error {
        Error::Other(inner) => inner.source(),
        other => other.source(),
    };
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

/// A problem document, of one domain if the authority spoke of one.
pub(super) fn of_problem(
    problem: &Problem,
    domain: Option<&str>,
    challenge: AcmeChallenge,
) -> Trouble {
    // With several domains the authority says below what each of them lacks.
    if let (None, Some(first)) = (domain, problem.subproblems.first()) {
        let named = first.identifier.as_ref().map(domain_of);
        let inner = Problem {
            r#type: first.r#type.clone().or_else(|| problem.r#type.clone()),
            detail: first.detail.clone().or_else(|| problem.detail.clone()),
            status: problem.status,
            subproblems: Vec::new(),
        };
        return of_problem(
            &inner,
            Some(named.as_deref().unwrap_or("a domain")),
            challenge,
        );
    }
    let kind = problem.r#type.as_deref().unwrap_or_default();
    let kind = kind.strip_prefix(PREFIX).unwrap_or(kind).to_owned();
    let detail = problem.detail.as_deref().unwrap_or("no detail was given");
    let detail: String = detail.chars().take(DETAIL_MAX).collect();
    // Some authorities have one type for all that goes wrong in a validation.
    let meant = match kind.as_str() {
        "unauthorized" if detail.contains("ailed to connect") => "connection",
        _ if detail.contains("ould not resolve") => "dns",
        other => other,
    };
    let (what, advice) = words(meant, challenge);
    let of = domain.map_or_else(String::new, |domain| format!(" for {domain}"));
    let text = format!("{what}{of}: {}. {advice}", detail.trim_end_matches('.'));
    Trouble { kind, text }
}

fn domain_of(identifier: &instant_acme::Identifier) -> String {
    match identifier {
        instant_acme::Identifier::Dns(name) => name.clone(),
        instant_acme::Identifier::Ip(address) => address.to_string(),
        _ => "a domain".to_owned(),
    }
}

/// What happened, and what to do.
fn words(kind: &str, challenge: AcmeChallenge) -> (&'static str, &'static str) {
    match (kind, challenge) {
        ("caa", _) => (
            "CAA records forbid this authority to issue",
            "Add the authority to the CAA records of the domain, or take another authority \
             (acme.directory)",
        ),
        ("dns", _) => (
            "The authority could not look the name up in the DNS",
            "Give the domain an A or AAAA record that leads here",
        ),
        ("connection" | "tls", AcmeChallenge::TlsAlpn01) => (
            "The authority did not get through to this server",
            "Port 443 of the domain must lead to the console's https door \
             (tls.console_address), without a proxy that ends TLS itself",
        ),
        ("connection" | "tls", AcmeChallenge::Http01) => (
            "The authority did not get through to this server",
            "Port 80 of the domain must lead to an http door (server.console_address or \
             server.pages_address)",
        ),
        ("unauthorized" | "incorrectResponse", _) => (
            "The authority got a wrong answer to its challenge",
            "Another server answers for this name: look where its A and AAAA records lead, and \
             whether a proxy answers in our place",
        ),
        ("rateLimited", _) => (
            "The authority's rate limit is reached",
            "It is tried again when the authority allows it; until then use its staging \
             directory for trials",
        ),
        ("rejectedIdentifier" | "unsupportedIdentifier", _) => (
            "The authority issues nothing for this name",
            "Correct acme.domains",
        ),
        ("invalidContact" | "unsupportedContact", _) => (
            "The authority does not take the contact",
            "Correct acme.contact",
        ),
        ("externalAccountRequired", _) => (
            "The authority wants an account that was made on its own pages",
            "That is not supported: take another authority (acme.directory)",
        ),
        ("userActionRequired", _) => (
            "The authority wants you to agree to new terms",
            "Follow the link, then try again",
        ),
        ("serverInternal", _) => ("The authority failed", "It is tried again by itself"),
        _ => ("The authority refused", "It is tried again by itself"),
    }
}

//! What the web is told about https: the certificate that its doors show and how the next one
//! comes, for Setup; and the answers to an ACME authority that asks whether a domain is ours.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Notify;

use crate::AppState;

/// Answers at once; as many as one certificate has domains.
const ANSWERS_MAX: usize = 100;

/// Where certificates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsSource {
    /// No https here.
    #[default]
    Off,
    /// A certificate authority of our own.
    Local,
    /// Files that somebody else renews.
    Files,
    /// An authority that is asked by ACME.
    Acme,
}

/// The certificate that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// Its names and addresses.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Begin, UTC milliseconds since 1970.
    pub not_before_ms: i64,
    /// End, UTC milliseconds since 1970.
    pub not_after_ms: i64,
    /// It is our own, until the authority has issued one.
    pub stands_in: bool,
}

/// How certificates come by ACME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeFacts {
    /// Address of the authority's directory.
    pub directory: String,
    /// The domains that are asked for.
    pub domains: Vec<String>,
    /// `tls-alpn-01` or `http-01`.
    pub challenge: String,
    /// When the certificate is due, UTC milliseconds since 1970.
    pub renew_at_ms: Option<i64>,
    /// When it is tried again after a failure, UTC milliseconds since 1970.
    pub next_try_ms: Option<i64>,
    /// Failures since the last certificate.
    pub failures: u32,
    /// The last failure: when (UTC milliseconds since 1970) and what.
    pub trouble: Option<(i64, String)>,
}

/// All that Setup shows of TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// Where certificates come from.
    pub source: TlsSource,
    /// The one that is shown.
    pub certificate: Option<ShownCertificate>,
    /// How the next one comes, by ACME.
    pub acme: Option<AcmeFacts>,
}

/// Between the web and what looks after the certificate. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct TlsBoard(Arc<Board>);

#[derive(Debug, Default)]
struct Board {
    facts: RwLock<TlsFacts>,
    /// Token and answer of HTTP-01.
    answers: RwLock<BTreeMap<String, String>>,
    again: Notify,
}

impl TlsBoard {
    /// What is known now.
    pub fn facts(&self) -> TlsFacts {
        let facts = self.0.facts.read();
        facts.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells what is known now.
    pub fn tell(&self, facts: TlsFacts) {
        *self.0.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
    }

    /// From now on the token's file is there (RFC 8555, 8.3). Beyond 100 nothing is kept.
    pub fn answer(&self, token: &str, key_authorization: &str) {
        let mut answers = self
            .0
            .answers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if answers.len() < ANSWERS_MAX {
            answers.insert(token.to_owned(), key_authorization.to_owned());
        }
    }

    /// No token has a file any more.
    pub fn forget_answers(&self) {
        let answers = self.0.answers.write();
        answers.unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Wakes whoever looks after the certificate.
    pub fn try_again(&self) {
        self.0.again.notify_one();
    }

    /// Waits until it is tried again by hand.
    pub async fn tried_by_hand(&self) {
        self.0.again.notified().await;
    }
}

/// `GET /.well-known/acme-challenge/{token}`, on both origins and without a session.
pub(crate) async fn challenge(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Response {
    let answers = &state.settings.tls.0.answers;
    let answers = answers.read().unwrap_or_else(PoisonError::into_inner);
    match answers.get(&token) {
        Some(answer) => {
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            (kind, answer.clone()).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such challenge").into_response(),
    }
}

//! TLS Certificate: what the https doors show, when it ends, how the next one comes, and why it
//! does not.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offhook_org::access::Permission;

use super::frame::{self, Place, admit};
use super::show;
use crate::AppState;
use crate::console::flash::{self, Flash};
use crate::error::Failure;
use crate::session::SignedIn;
use crate::tls::{AcmeFacts, TlsFacts, TlsSource};

/// A certificate that ends within this is worth a warning.
const SOON_MS: i64 = 14 * 24 * 60 * 60 * 1_000;

struct Shown {
    names: String,
    issuer: String,
    from: String,
    until: String,
    days_left: i64,
    stands_in: bool,
}

struct Trouble {
    at: String,
    text: String,
    next_try: String,
    failures: String,
}

#[derive(Template)]
#[template(path = "setup/certificate.html")]
struct CertificateTemplate<'a> {
    csrf: &'a str,
    /// Where certificates come from, in a sentence.
    source: &'static str,
    shown: Option<Shown>,
    is_bad: bool,
    acme: Option<AcmeFacts>,
    domains: String,
    renewal: String,
    trouble: Option<Trouble>,
    may_try: bool,
}

/// `GET /lightning/setup/certificate`.
pub(super) async fn page(
    State(state): State<AppState>,
    who: SignedIn,
    Flash(notice): Flash,
) -> Result<Response, Failure> {
    let place = Place::Certificate;
    admit(&who, place)?;
    let facts = state.settings.tls.facts();
    let moment = |at_ms: i64| show::moment(at_ms, &who.user);
    let shown = facts.certificate.as_ref().map(|it| Shown {
        names: it.names.join(", "),
        issuer: it.issuer.clone(),
        from: moment(it.not_before_ms),
        until: moment(it.not_after_ms),
        days_left: (it.not_after_ms - show::now_ms()).div_euclid(24 * 60 * 60 * 1_000),
        stands_in: it.stands_in,
    });
    let acme = facts.acme.clone();
    let trouble = acme.as_ref().and_then(|acme| {
        let (at_ms, text) = acme.trouble.clone()?;
        Some(Trouble {
            at: moment(at_ms),
            text,
            next_try: acme.next_try_ms.map_or_else(String::new, moment),
            failures: show::count(acme.failures as usize, "failed try", "failed tries"),
        })
    });
    let renewal = acme.as_ref().and_then(|acme| acme.renew_at_ms);
    let body = CertificateTemplate {
        csrf: &who.session.csrf_token,
        source: sentence(facts.source),
        is_bad: is_bad(&facts, show::now_ms()),
        shown,
        domains: (acme.as_ref()).map_or_else(String::new, |acme| acme.domains.join(", ")),
        renewal: renewal.map_or_else(|| "As soon as it can be had".to_owned(), moment),
        may_try: trouble.is_some() && who.user.holds(Permission::CustomizeApplication),
        trouble,
        acme,
    };
    let page = frame::page(&state, &who, place, place.label(), notice, &body).await;
    page.map(flash::said)
}

/// `POST /lightning/setup/certificate/again`: a failure is not waited for.
pub(super) async fn again(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Response, Failure> {
    let place = Place::Certificate;
    admit(&who, place)?;
    if !who.user.holds(Permission::CustomizeApplication) {
        return Err(Failure::Forbidden {
            needs: format!(
                "Asking for a certificate needs the permission {}.",
                Permission::CustomizeApplication.label()
            ),
        });
    }
    let said = match state.settings.tls.facts().acme {
        Some(_) => {
            state.settings.tls.try_again();
            let noted = "Asked for the TLS certificate again";
            let audit = state
                .store
                .audit(&who.user, "Certificates", "tlsAcmeTried", noted);
            audit.await?;
            "The authority is asked again, a minute after the last try at the soonest. Reload \
             this page to see what came of it."
        }
        None => "No authority is asked here: the certificate does not come by ACME.",
    };
    Ok(flash::redirect(place.path(), said, None))
}

fn sentence(source: TlsSource) -> &'static str {
    match source {
        TlsSource::Off => {
            "https is off: a proxy in front does it, or nobody. tls.mode in the configuration \
             switches it on."
        }
        TlsSource::Local => {
            "Our own certificate authority, made at the first start. Clients trust its file \
             tls-ca.pem in the data folder."
        }
        TlsSource::Files => {
            "Files that somebody else renews; they are read again when they change."
        }
        TlsSource::Acme => "An authority that is asked by ACME, and again before the end.",
    }
}

fn is_bad(facts: &TlsFacts, now_ms: i64) -> bool {
    let ends = |end_ms: i64| end_ms - now_ms < SOON_MS;
    facts.source != TlsSource::Local
        && (facts.certificate.as_ref())
            .is_some_and(|it| it.stands_in || ends(it.not_after_ms) && facts.acme.is_none())
        || facts
            .acme
            .as_ref()
            .is_some_and(|acme| acme.trouble.is_some())
}

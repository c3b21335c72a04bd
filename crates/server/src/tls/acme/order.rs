//! One order at an ACME authority (RFC 8555, 7.4): the account, the proof for each domain, the
//! request, the certificate. The answers to its challenges are put where its questions arrive and
//! taken away when the order is over, however it ends.

use std::time::Duration;

use instant_acme::{
    Account, AccountBuilder, AccountCredentials, AuthorizationStatus, ChallengeHandle,
    ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};
use offhook_web::tls::TlsBoard;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use x509_cert::der::{Document, pem::LineEnding};

use super::trouble::{self, Trouble};
use crate::config::{AcmeChallenge, AcmeConfig};
use crate::data_folder::DataFolder;
use crate::tls::Shelf;

/// The account's key and its address at the authority.
const ACCOUNT_FILE: &str = "tls-acme-account-key.json";
/// How often, and how long, it is asked whether the authority is done.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(250))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

/// What an order needs.
pub(super) struct Asked<'a> {
    pub(super) settings: &'a AcmeConfig,
    pub(super) domains: &'a [String],
    pub(super) data: &'a DataFolder,
    /// Where HTTP-01 is answered.
    pub(super) board: &'a TlsBoard,
    /// Where TLS-ALPN-01 is answered.
    pub(super) shelf: &'a Shelf,
}

/// The account as it lies in the data folder.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    contact: String,
    credentials: AccountCredentials,
}

/// A new key with its certificate and those above it, PEM.
pub(super) async fn certificate(asked: &Asked<'_>) -> Result<String, Trouble> {
    let ordered = order(asked).await;
    asked.shelf.forget_answers();
    asked.board.forget_answers();
    ordered
}

async fn order(asked: &Asked<'_>) -> Result<String, Trouble> {
    let told = |error| asked.told(&error);
    let account = match known_account(asked).await? {
        Some(account) => account,
        None => new_account(asked).await?,
    };
    let domains = asked.domains.iter().cloned().map(Identifier::Dns);
    let domains: Vec<Identifier> = domains.collect();
    let mut order = match account.new_order(&NewOrder::new(&domains)).await {
        // The authority forgot us: its staging directory does that from time to time.
        Err(Error::Api(problem)) if is_unknown_account(&problem) => {
            let account = new_account(asked).await?;
            account.new_order(&NewOrder::new(&domains)).await
        }
        outcome => outcome,
    }
    .map_err(told)?;
    prove(asked, &mut order).await?;
    let key = KeyPair::generate().map_err(|why| Trouble::own(why.to_string()))?;
    let request = request(asked.domains, &key)?;
    order.finalize_csr(&request).await.map_err(told)?;
    let chain = order.poll_certificate(&PATIENCE).await.map_err(told)?;
    Ok(format!("{}{chain}", key_pem(&key)?))
}

fn is_unknown_account(problem: &instant_acme::Problem) -> bool {
    let kind = problem.r#type.as_deref().unwrap_or_default();
    kind.ends_with(":accountDoesNotExist")
}

/// The account that is kept, with the contact that is wanted now.
async fn known_account(asked: &Asked<'_>) -> Result<Option<Account>, Trouble> {
    let kept = asked.data.read_bytes(ACCOUNT_FILE);
    let Some(bytes) = kept.map_err(|why| Trouble::own(format!("{why:#}")))? else {
        return Ok(None);
    };
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|why| {
        Trouble::own(format!(
            "{} is damaged ({why}): remove it, and a new account is made",
            asked.data.path_of(ACCOUNT_FILE).display()
        ))
    })?;
    if kept.directory != asked.settings.directory || kept.contact != asked.settings.contact {
        return Ok(None);
    }
    let account = asked.client()?.from_credentials(kept.credentials).await;
    account.map(Some).map_err(|error| asked.told(&error))
}

async fn new_account(asked: &Asked<'_>) -> Result<Account, Trouble> {
    let settings = asked.settings;
    let contact = match settings.contact.as_str() {
        "" => None,
        address if address.contains(':') => Some(address.to_owned()),
        address => Some(format!("mailto:{address}")),
    };
    let contact: Vec<&str> = contact.as_deref().into_iter().collect();
    let wanted = NewAccount {
        contact: &contact,
        terms_of_service_agreed: settings.terms_accepted,
        only_return_existing: false,
    };
    let made = asked
        .client()?
        .create(&wanted, settings.directory.clone(), None);
    let (account, credentials) = made.await.map_err(|error| asked.told(&error))?;
    let kept = Kept {
        directory: settings.directory.clone(),
        contact: settings.contact.clone(),
        credentials,
    };
    let bytes = serde_json::to_vec(&kept).map_err(|why| Trouble::own(why.to_string()))?;
    let written = asked.data.write_private(ACCOUNT_FILE, &bytes);
    written.map_err(|why| Trouble::own(format!("{why:#}")))?;
    Ok(account)
}

/// Shows for each domain that it is ours.
async fn prove(asked: &Asked<'_>, order: &mut Order) -> Result<(), Trouble> {
    let told = |error| asked.told(&error);
    let mut waits = false;
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.map_err(told)?;
        if authorization.status != AuthorizationStatus::Pending {
            continue;
        }
        let domain = authorization.identifier().to_string();
        let mut challenge = authorization.challenge(asked.kind()).ok_or_else(|| {
            Trouble::own(format!(
                "The authority offers no challenge of the kind {} for {domain}: take another \
                 acme.challenge",
                asked.settings.challenge.name()
            ))
        })?;
        answer(asked, &domain, &challenge)?;
        challenge.set_ready().await.map_err(told)?;
        waits = true;
    }
    if !waits {
        return Ok(());
    }
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => Ok(()),
        Ok(_) => Err(refused(asked, order, None).await),
        Err(Error::Api(problem)) => Err(refused(asked, order, Some(problem)).await),
        Err(error) => Err(asked.told(&error)),
    }
}

/// Puts the answer where the authority will look for it.
fn answer(asked: &Asked<'_>, domain: &str, challenge: &ChallengeHandle<'_>) -> Result<(), Trouble> {
    let proof = challenge.key_authorization();
    match asked.settings.challenge {
        AcmeChallenge::Http01 => asked.board.answer(&challenge.token, proof.as_str()),
        AcmeChallenge::TlsAlpn01 => {
            let pair = challenge_pair(domain, proof.digest().as_ref())?;
            let put = asked.shelf.answer(domain, pair);
            put.map_err(|why| Trouble::own(format!("{why:#}")))?;
        }
    }
    Ok(())
}

/// The certificate that shows a proof (RFC 8737, 3).
pub(super) fn challenge_pair(domain: &str, digest: &[u8]) -> Result<super::Pair, Trouble> {
    let wrong = |why: rcgen::Error| Trouble::own(format!("no certificate for {domain}: {why}"));
    let key = KeyPair::generate().map_err(wrong)?;
    let mut params = CertificateParams::new([domain.to_owned()]).map_err(wrong)?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key).map_err(wrong)?;
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der());
    Ok((chain, key.map_err(Trouble::own)?))
}

/// Why the order failed: what the authority says of the first domain that it refused.
async fn refused(
    asked: &Asked<'_>,
    order: &mut Order,
    whole: Option<instant_acme::Problem>,
) -> Trouble {
    let kind = asked.kind();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let Ok(mut authorization) = authorization else {
            break;
        };
        let domain = authorization.identifier().to_string();
        let Ok(state) = authorization.refresh().await else {
            break;
        };
        let tried = state.challenges.iter().find(|tried| tried.r#type == kind);
        if let Some(problem) = tried.and_then(|tried| tried.error.as_ref()) {
            return trouble::of_problem(problem, Some(&domain), asked.settings.challenge);
        }
    }
    match whole {
        Some(problem) => trouble::of_problem(&problem, None, asked.settings.challenge),
        None => Trouble::own("The authority refused the order without saying why"),
    }
}

fn request(domains: &[String], key: &KeyPair) -> Result<Vec<u8>, Trouble> {
    let made = CertificateParams::new(domains).and_then(|mut params| {
        params.distinguished_name = DistinguishedName::new();
        params.serialize_request(key)
    });
    let made = made.map_err(|why| {
        Trouble::own(format!(
            "No certificate can be asked for with these domains: {why}. Correct acme.domains"
        ))
    })?;
    Ok(made.der().to_vec())
}

fn key_pem(key: &KeyPair) -> Result<String, Trouble> {
    let der = Document::try_from(key.serialize_der());
    let pem = der.and_then(|der| der.to_pem("PRIVATE KEY", LineEnding::LF));
    pem.map_err(|why| Trouble::own(why.to_string()))
}

impl Asked<'_> {
    fn kind(&self) -> ChallengeType {
        match self.settings.challenge {
            AcmeChallenge::TlsAlpn01 => ChallengeType::TlsAlpn01,
            AcmeChallenge::Http01 => ChallengeType::Http01,
        }
    }

    fn told(&self, error: &Error) -> Trouble {
        trouble::of_error(error, &self.settings.directory, self.settings.challenge)
    }

    fn client(&self) -> Result<AccountBuilder, Trouble> {
        client(self.settings)
    }
}

/// What speaks https to the authority.
pub(super) fn client(settings: &AcmeConfig) -> Result<AccountBuilder, Trouble> {
    let built = match settings.root_file.as_str() {
        "" => Account::builder(),
        path => Account::builder_with_root(path),
    };
    built.map_err(|error| {
        let from = match settings.root_file.as_str() {
            "" => "the system's own (Debian: the package ca-certificates)",
            path => path,
        };
        Trouble::own(format!(
            "No certificates to trust the authority by could be read from {from}: {error}"
        ))
    })
}

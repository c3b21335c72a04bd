//! Certificates by ACME (RFC 8555): asked for when there is none, renewed before the end, kept in
//! the data folder for the owner alone. Until the first has come, and when all of them have
//! ended, our own authority stands in, so that the doors are open for the challenge.

pub(super) mod check;
mod order;
mod state;
mod trouble;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use offhook_web::tls::{AcmeFacts, TlsBoard};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use self::order::Asked;
use self::state::State;
use self::trouble::Trouble;
use super::authority::Authority;
use super::check::now;
use super::{Pair, Shelf, certified, facts, host_of};
use crate::config::{AcmeChallenge, AcmeConfig, Config};
use crate::data_folder::DataFolder;

/// The key, the certificate, and those above it; PEM.
const CERTIFICATE_FILE: &str = "tls-acme-certificate-key.pem";
/// What is kept between tries.
const STATE_FILE: &str = "tls-acme-state.json";
/// Names that one certificate may have, at the authorities there are.
const DOMAINS_MAX: usize = 100;
/// An order that takes longer has failed.
const ORDER_MAX: Duration = Duration::from_secs(5 * 60);
/// By hand it is tried again this long after a failure at the soonest.
const BY_HAND_AFTER_S: i64 = 60;

/// What asks for certificates, and what it has.
pub(super) struct Acme {
    settings: AcmeConfig,
    domains: Vec<String>,
    data: DataFolder,
    board: TlsBoard,
    stand_in: Authority,
    state: State,
    /// The certificate from the authority: begin and end, UTC seconds since 1970.
    valid_s: Option<(i64, i64)>,
    /// Is it for every domain, and from this directory?
    fits: bool,
    /// Has the certificate been given out?
    given: bool,
}

impl AcmeChallenge {
    /// As the configuration and the protocol write it.
    fn name(self) -> &'static str {
        match self {
            Self::TlsAlpn01 => "tls-alpn-01",
            Self::Http01 => "http-01",
        }
    }
}

impl Acme {
    /// What is kept of earlier runs. Refused when the configuration lacks something.
    pub(super) fn open(config: &Config, data: &DataFolder, board: &TlsBoard) -> Result<Self> {
        let settings = config.acme.clone();
        let domains = domains(config)?;
        if !settings.terms_accepted {
            bail!(
                "tls.mode is acme: read the terms of service of the authority {} and agree to \
                 them with acme.terms_accepted = true",
                settings.directory
            );
        }
        if !settings.directory.starts_with("https://") {
            bail!(
                "acme.directory {:?} is no https address of an ACME directory",
                settings.directory
            );
        }
        let asked = format!(
            "{} {} {}",
            settings.directory,
            settings.challenge.name(),
            domains.join(",")
        );
        let mut acme = Self {
            stand_in: Authority::open(data, super::names(config))?,
            settings,
            domains,
            data: data.clone(),
            board: board.clone(),
            state: read_state(data),
            valid_s: None,
            fits: false,
            given: false,
        };
        acme.state.want(asked);
        if let Err(error) = acme.kept() {
            tracing::warn!(
                error = format!("{error:#}"),
                "the kept TLS certificate cannot be used; a new one is asked for"
            );
        }
        Ok(acme)
    }

    /// The certificate that is kept, if there is one that has not ended.
    fn kept(&mut self) -> Result<Option<Pair>> {
        let Some(pem) = self.data.read_bytes(CERTIFICATE_FILE)? else {
            return Ok(None);
        };
        let pair = pair_of(&pem).context(CERTIFICATE_FILE)?;
        let own = facts::parsed(pair.0.first().context("there is no certificate")?)?;
        let (begin, end) = (facts::begin_of(&own)?, facts::end_of(&own)?);
        certified((pair.0.clone(), pair.1.clone_key()))?;
        if end <= now() {
            return Ok(None);
        }
        let names = facts::names_of(&own);
        let has = |domain: &String| names.iter().any(|name| facts::covers(name, domain));
        self.fits = self.domains.iter().all(has) && self.state.issued_by == self.settings.directory;
        self.valid_s = Some((begin, end));
        if self.state.renew_at_s.is_none() {
            self.state.renew_at_s = Some(state::renew_at_s(begin, end, chance()));
        }
        Ok(Some(pair))
    }

    /// The certificate to show, when it is another one than before.
    pub(super) fn newest(&mut self) -> Result<Option<Pair>> {
        let has_ended = self.valid_s.is_some_and(|(_, end)| end <= now());
        if has_ended {
            self.valid_s = None;
            self.given = false;
        }
        if self.valid_s.is_none() {
            return self.stand_in.newest();
        }
        if self.given {
            return Ok(None);
        }
        self.given = true;
        self.kept()
    }

    /// Asks for a certificate when one is due. By hand a pause after a failure is not waited for.
    pub(super) async fn tend(&mut self, shelf: &Shelf, by_hand: bool) -> Result<Option<Pair>> {
        let now_s = now();
        if !self.is_due(now_s, by_hand) {
            return Ok(None);
        }
        let asked = Asked {
            settings: &self.settings,
            domains: &self.domains,
            data: &self.data,
            board: &self.board,
            shelf,
        };
        let ordered = tokio::time::timeout(ORDER_MAX, order::certificate(&asked)).await;
        let ordered = ordered.unwrap_or_else(|_| {
            shelf.forget_answers();
            self.board.forget_answers();
            Err(Trouble::own("The order took longer than five minutes"))
        });
        match ordered.and_then(|pem| self.take(&pem).map_err(|why| Trouble::own(why.to_string()))) {
            Ok(pair) => Ok(Some(pair)),
            Err(trouble) => {
                self.state.failed(&trouble, now_s, chance());
                self.write_state();
                tracing::warn!(
                    error = trouble.text,
                    failures = self.state.failures,
                    "no TLS certificate by ACME; it is tried again"
                );
                Ok(None)
            }
        }
    }

    fn is_due(&self, now_s: i64, by_hand: bool) -> bool {
        let has = self.fits && self.valid_s.is_some();
        if has && self.state.renew_at_s.is_some_and(|due| due > now_s) {
            return false;
        }
        let allowed = self.state.next_try_s.unwrap_or(0);
        match by_hand {
            true => self.state.failed_at_s + BY_HAND_AFTER_S <= now_s,
            false => allowed <= now_s,
        }
    }

    /// Keeps a new certificate.
    fn take(&mut self, pem: &str) -> Result<Pair> {
        let pair = pair_of(pem.as_bytes()).context("the authority's answer")?;
        certified((pair.0.clone(), pair.1.clone_key()))?;
        let own = facts::parsed(pair.0.first().context("there is no certificate")?)?;
        let (begin, end) = (facts::begin_of(&own)?, facts::end_of(&own)?);
        self.data.write_private(CERTIFICATE_FILE, pem.as_bytes())?;
        let due = state::renew_at_s(begin, end, chance());
        self.state.succeeded(&self.settings.directory, due);
        self.write_state();
        self.valid_s = Some((begin, end));
        (self.fits, self.given) = (true, true);
        Ok(pair)
    }

    fn write_state(&self) {
        let bytes = serde_json::to_vec_pretty(&self.state).unwrap_or_default();
        if let Err(error) = self.data.write_private(STATE_FILE, &bytes) {
            tracing::warn!(error = format!("{error:#}"), "{STATE_FILE} was not written");
        }
    }

    /// Is a certificate of our own shown?
    pub(super) fn stands_in(&self) -> bool {
        self.valid_s.is_none()
    }

    /// The end of the certificate that is kept, UTC seconds since 1970.
    fn until_s(&self) -> Option<i64> {
        self.valid_s.map(|(_, end)| end)
    }

    /// For Setup.
    pub(super) fn facts(&self) -> AcmeFacts {
        let ms = |at_s: Option<i64>| at_s.map(|at_s| at_s * 1_000);
        let state = &self.state;
        AcmeFacts {
            directory: self.settings.directory.clone(),
            domains: self.domains.clone(),
            challenge: self.settings.challenge.name().to_owned(),
            renew_at_ms: ms(state.renew_at_s.filter(|_| self.valid_s.is_some())),
            next_try_ms: ms(state.next_try_s),
            failures: state.failures,
            trouble: (!state.trouble.is_empty())
                .then(|| (state.failed_at_s * 1_000, state.trouble.clone())),
        }
    }
}

fn read_state(data: &DataFolder) -> State {
    let bytes = data.read_bytes(STATE_FILE).ok().flatten();
    let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // A damaged file costs the pauses, not the certificate.
    read.unwrap_or_default()
}

fn pair_of(pem: &[u8]) -> Result<Pair> {
    let key = PrivateKeyDer::from_pem_slice(pem).context("it has no private key")?;
    let chain = CertificateDer::pem_slice_iter(pem).take(super::files::CHAIN_MAX);
    let chain = chain.collect::<Result<Vec<_>, _>>();
    Ok((chain.context("its certificates are damaged")?, key))
}

/// The domains of the certificate.
fn domains(config: &Config) -> Result<Vec<String>> {
    let named = config.acme.domains.split(',').map(str::trim);
    let mut domains: Vec<String> = (named.filter(|name| !name.is_empty()))
        .map(str::to_ascii_lowercase)
        .collect();
    if domains.is_empty() {
        let origins = [&config.tls.console_origin, &config.tls.pages_origin];
        domains.extend(origins.into_iter().filter_map(|origin| host_of(origin)));
    }
    domains.dedup();
    if domains.is_empty() || domains.len() > DOMAINS_MAX {
        bail!(
            "tls.mode is acme: name the domains of the certificate in acme.domains (1 to \
             {DOMAINS_MAX}), or give tls.console_origin and tls.pages_origin"
        );
    }
    for domain in &domains {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
        if domain.starts_with("*.") {
            bail!("acme.domains: {domain} needs the challenge dns-01, which Offhook does not have");
        }
        if !domain.bytes().all(is_plain) || domain.parse::<std::net::IpAddr>().is_ok() {
            bail!(
                "acme.domains: {domain:?} is no domain name (write names beyond ASCII as \
                 xn--...; addresses cannot be certified here)"
            );
        }
    }
    Ok(domains)
}

/// Anything from 0 to 1.
fn chance() -> f64 {
    let digits = offhook_store::random::token();
    let number = u32::from_str_radix(&digits[..8], 16).unwrap_or_default();
    f64::from(number) / f64::from(u32::MAX)
}

#[cfg(test)]
mod pebble;
#[cfg(test)]
mod tests;

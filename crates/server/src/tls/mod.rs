//! TLS of the web's doors: a certificate of our own authority, or one from files, behind one
//! shelf that can be filled anew while connections live. TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2;
//! the one crypto provider is aws-lc-rs.

mod authority;
pub(crate) mod check;
mod files;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto};
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, TlsMode};
use crate::data_folder::DataFolder;

/// How often it is looked whether the certificate must be another one.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// A certificate with those above it, and its key.
type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// What the doors need for TLS.
pub(crate) struct Tls {
    /// Makes secured connections.
    pub acceptor: TlsAcceptor,
    /// The certificate of our own authority, for clients to trust; PEM.
    pub ca_file: Option<PathBuf>,
    shelf: Arc<Shelf>,
    source: Source,
}

/// Where certificates come from.
enum Source {
    Authority(Box<authority::Authority>),
    Files(files::Files),
}

/// The certificate that is shown, whatever name a client asks for.
#[derive(Debug)]
struct Shelf(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shelf {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}

impl Shelf {
    fn put(&self, pair: Pair) -> Result<()> {
        let key = certified(pair)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        Ok(())
    }
}

/// Refuses a key that does not belong to the certificate.
fn certified((chain, key): Pair) -> Result<CertifiedKey> {
    CertifiedKey::from_der(chain, key, &crypto::aws_lc_rs::default_provider())
        .context("the certificate and its key do not belong together")
}

/// Makes ready what the configuration wants; `None` when TLS is off.
pub(crate) fn prepare(config: &Config, data: &DataFolder) -> Result<Option<Tls>> {
    let mut source = match config.tls.mode {
        TlsMode::Off => return Ok(None),
        TlsMode::Local => {
            let authority = authority::Authority::open(data, names(config))?;
            Source::Authority(Box::new(authority))
        }
        TlsMode::Files => Source::Files(files::Files::of(&config.tls)?),
    };
    let first = source.newest()?.context("there is no certificate")?;
    let shelf = Arc::new(Shelf(RwLock::new(Arc::new(certified(first)?))));
    let ca_file = match &source {
        Source::Authority(authority) => Some(authority.ca_file.clone()),
        Source::Files(_) => None,
    };
    Ok(Some(Tls {
        acceptor: TlsAcceptor::from(Arc::new(server_config(shelf.clone())?)),
        ca_file,
        shelf,
        source,
    }))
}

fn server_config(shelf: Arc<Shelf>) -> Result<ServerConfig> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shelf);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Every name that clients may call us by.
pub(crate) fn names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.extend(host_name());
    names.extend(config.tls.names().map(str::to_owned));
    let origins = [
        &config.tls.console_origin,
        &config.tls.pages_origin,
        &config.server.console_origin,
        &config.server.pages_origin,
    ];
    names.extend(origins.into_iter().filter_map(|origin| host_of(origin)));
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim().to_ascii_lowercase();
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
    (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
}

/// The host of an origin, without port and brackets.
pub(crate) fn host_of(origin: &str) -> Option<String> {
    let (_, rest) = origin.split_once("://")?;
    let host = rest.split('/').next()?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

impl Source {
    /// The certificate to show, when it is another one than before.
    fn newest(&mut self) -> Result<Option<Pair>> {
        match self {
            Self::Authority(authority) => authority.newest(),
            Self::Files(files) => files.newest(),
        }
    }
}

impl Tls {
    /// Looks after the certificate as long as the server runs: from our own authority a new one
    /// in time, from files what is new there. SIGHUP looks at once.
    pub(crate) async fn keep(mut self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = hangup.recv() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let looked = self.source.newest();
            match looked.and_then(|new| new.map(|pair| self.shelf.put(pair)).transpose()) {
                Ok(Some(())) => tracing::info!("a new TLS certificate is in use"),
                Ok(None) => {}
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "the new TLS certificate cannot be used; the old one stays"
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests;

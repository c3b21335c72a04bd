//! TLS of the web's doors: a certificate of our own authority, one from files, or one that comes
//! by ACME, behind one shelf that can be filled anew while connections live. TLS 1.2 and 1.3,
//! HTTP/1.1 and HTTP/2; the one crypto provider is aws-lc-rs.

mod acme;
mod authority;
pub(crate) mod check;
mod facts;
mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use offhook_web::tls::{TlsBoard, TlsFacts, TlsSource};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Config, TlsMode};
use crate::data_folder::DataFolder;

/// How often it is looked whether the certificate must be another one.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// A certificate with those above it, and its key.
type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The protocol of a connection that only validates a domain (RFC 8737).
const ACME_TLS: &[u8] = b"acme-tls/1";

/// What the doors need for TLS.
pub(crate) struct Tls {
    /// Makes secured connections.
    pub acceptor: TlsAcceptor,
    /// The certificate of our own authority, for clients to trust; PEM.
    pub ca_file: Option<PathBuf>,
    shelf: Arc<Shelf>,
    source: Source,
    board: TlsBoard,
}

/// Where certificates come from.
enum Source {
    Authority(Box<authority::Authority>),
    Files(files::Files),
    Acme(Box<acme::Acme>),
}

/// The certificate that is shown, whatever name a client asks for, and those that answer an ACME
/// authority.
#[derive(Debug)]
struct Shelf {
    shown: RwLock<Arc<CertifiedKey>>,
    /// By domain.
    answers: RwLock<BTreeMap<String, Arc<CertifiedKey>>>,
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if is_challenge(&hello) {
            let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
            let name = hello.server_name()?.to_ascii_lowercase();
            return answers.get(&name).cloned();
        }
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        Some(shown.clone())
    }
}

/// Does it speak the protocol of validation and no other (RFC 8737, 3)?
fn is_challenge(hello: &ClientHello<'_>) -> bool {
    let mut protocols = hello.alpn().into_iter().flatten();
    protocols.next() == Some(ACME_TLS) && protocols.next().is_none()
}

impl Shelf {
    fn new(first: Pair) -> Result<Self> {
        Ok(Self {
            shown: RwLock::new(Arc::new(certified(first)?)),
            answers: RwLock::default(),
        })
    }

    fn put(&self, pair: Pair) -> Result<()> {
        let key = certified(pair)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        Ok(())
    }

    /// The certificate of an answer has an extension that only validators read, so it is not
    /// held against its key: both were made together.
    fn answer(&self, domain: &str, (chain, key): Pair) -> Result<()> {
        let provider = crypto::aws_lc_rs::default_provider();
        let key = provider.key_provider.load_private_key(key)?;
        let key = Arc::new(CertifiedKey::new(chain, key));
        let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        answers.insert(domain.to_owned(), key);
        Ok(())
    }

    fn forget_answers(&self) {
        let answers = self.answers.write();
        answers.unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        shown.cert.clone()
    }
}

/// Refuses a key that does not belong to the certificate.
fn certified((chain, key): Pair) -> Result<CertifiedKey> {
    CertifiedKey::from_der(chain, key, &crypto::aws_lc_rs::default_provider())
        .context("the certificate and its key do not belong together")
}

/// Makes ready what the configuration wants; `None` when TLS is off. The board is told.
pub(crate) fn prepare(config: &Config, data: &DataFolder, board: &TlsBoard) -> Result<Option<Tls>> {
    let mut source = match config.tls.mode {
        TlsMode::Off => return Ok(None),
        TlsMode::Local => {
            let authority = authority::Authority::open(data, names(config))?;
            Source::Authority(Box::new(authority))
        }
        TlsMode::Files => Source::Files(files::Files::of(&config.tls)?),
        TlsMode::Acme => Source::Acme(Box::new(acme::Acme::open(config, data, board)?)),
    };
    let first = source.newest()?.context("there is no certificate")?;
    let shelf = Arc::new(Shelf::new(first)?);
    let ca_file = match &source {
        Source::Authority(authority) => Some(authority.ca_file.clone()),
        Source::Files(_) | Source::Acme(_) => None,
    };
    let tls = Tls {
        acceptor: TlsAcceptor::from(Arc::new(server_config(shelf.clone())?)),
        ca_file,
        shelf,
        source,
        board: board.clone(),
    };
    tls.tell();
    Ok(Some(tls))
}

fn server_config(shelf: Arc<Shelf>) -> Result<ServerConfig> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shelf);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), ACME_TLS.to_vec()];
    Ok(config)
}

/// Secures a connection. One that came to validate a domain is over with its handshake.
pub(crate) async fn secured(
    acceptor: TlsAcceptor,
    stream: TcpStream,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut stream = acceptor.accept(stream).await?;
    if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
        stream.shutdown().await?;
        return Err(std::io::Error::other("it came to validate a domain"));
    }
    Ok(stream)
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
            Self::Acme(acme) => acme.newest(),
        }
    }
}

impl Tls {
    /// Looks after the certificate as long as the server runs: from our own authority a new one
    /// in time, from files what is new there, by ACME a new one when it is due. SIGHUP looks at
    /// once, and Setup does.
    pub(crate) async fn keep(mut self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        let mut by_hand = false;
        loop {
            self.look(by_hand).await;
            by_hand = tokio::select! {
                _ = hangup.recv() => true,
                () = self.board.tried_by_hand() => true,
                () = tokio::time::sleep(LOOK_EVERY) => false,
            };
        }
    }

    async fn look(&mut self, by_hand: bool) {
        let mut looked = self.source.newest();
        if let (Ok(None), Source::Acme(acme)) = (&looked, &mut self.source) {
            looked = acme.tend(&self.shelf, by_hand).await;
        }
        match looked.and_then(|new| new.map(|pair| self.shelf.put(pair)).transpose()) {
            Ok(Some(())) => tracing::info!("a new TLS certificate is in use"),
            Ok(None) => {}
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the new TLS certificate cannot be used; the old one stays"
            ),
        }
        self.tell();
    }

    /// Tells Setup what is shown.
    fn tell(&self) {
        let (source, stands_in, acme) = match &self.source {
            Source::Authority(_) => (TlsSource::Local, false, None),
            Source::Files(_) => (TlsSource::Files, false, None),
            Source::Acme(acme) => (TlsSource::Acme, acme.stands_in(), Some(acme.facts())),
        };
        self.board.tell(TlsFacts {
            source,
            certificate: facts::shown(&self.shelf.chain(), stands_in).ok(),
            acme,
        });
    }
}

#[cfg(test)]
mod tests;

//! TLS as a real client meets it: trust, names, versions of HTTP, certificates that change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use offhook_phone::Region;
use offhook_store::{Store, StoreSettings};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// A door over TLS, and where it is.
struct Door {
    address: std::net::SocketAddr,
    folder: tempfile::TempDir,
}

fn config(folder: &Path, change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    config.server.data_folder = folder.to_owned();
    change(&mut config);
    config
}

impl Door {
    async fn open(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), change);
        let data = DataFolder::open(folder.path()).unwrap();
        let tls = prepare(&config, &data, &TlsBoard::default())
            .unwrap()
            .unwrap();
        let settings = StoreSettings {
            database_url: config.database_url(),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = offhook_api::ApiSettings::new("http://127.0.0.1:1");
        let router = offhook_api::over_tls(offhook_api::router(settings, store));
        let acceptor = tls.acceptor.clone();
        let secured = move |stream| secured(acceptor.clone(), stream);
        tokio::spawn(offhook_web::serve_secured(
            listener,
            router,
            secured,
            std::future::pending(),
        ));
        tokio::spawn(tls.keep());
        Self { address, folder }
    }

    async fn connect(
        &self,
        trusted: &Path,
        name: &'static str,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        connect(self.address, trusted, name, alpn).await
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join(authority::CA_FILE)
    }
}

/// Connects as a client that trusts nothing but these certificates.
pub(super) async fn connect(
    address: std::net::SocketAddr,
    trusted: &Path,
    name: &'static str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in files::chain(trusted).unwrap() {
        roots.add(certificate).unwrap();
    }
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name).unwrap();
    TlsConnector::from(Arc::new(client))
        .connect(name, stream)
        .await
}

/// The whole answer to a request that closes its connection.
pub(super) async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: crm.test:8443\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Some clients and servers part without a goodbye.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served_under_every_name() {
    let door = Door::open(|config| config.tls.names = "crm.test, 10.1.2.3".to_owned()).await;
    for name in ["localhost", "127.0.0.1", "::1", "crm.test", "10.1.2.3"] {
        let mut stream = door.connect(&door.ca(), name, &["http/1.1"]).await.unwrap();
        assert_eq!(
            stream.get_ref().1.alpn_protocol(),
            Some(b"http/1.1".as_slice())
        );
        let answer = ask(&mut stream, "/.well-known/openid-configuration").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.contains("\"issuer\":\"https://crm.test:8443\""),
            "{answer}"
        );
    }
    let stream = door
        .connect(&door.ca(), "localhost", &["h2", "http/1.1"])
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let other = door.connect(&door.ca(), "other.test", &[]).await;
    assert!(other.unwrap_err().to_string().contains("name"));
}

#[tokio::test]
async fn whoever_trusts_another_authority_is_not_fooled() {
    let door = Door::open(|_| {}).await;
    let other = Door::open(|_| {}).await;
    let refused = door
        .connect(&other.ca(), "localhost", &[])
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("UnknownIssuer"), "{refused}");
}

#[tokio::test]
async fn an_address_of_sixty_thousand_characters_is_heard() {
    let door = Door::open(|_| {}).await;
    let mut stream = door
        .connect(&door.ca(), "localhost", &["http/1.1"])
        .await
        .unwrap();
    let path = format!("/services/data/v64.0/query?q={}", "x".repeat(60_000));
    let answer = ask(&mut stream, &path).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn the_authority_stays_and_its_key_is_ours_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let config = config(folder.path(), |_| {});
    let first = prepare(&config, &data, &TlsBoard::default())
        .unwrap()
        .unwrap();
    let ca_file = first.ca_file.clone().unwrap();
    let ca = std::fs::read(&ca_file).unwrap();
    let mode = |name: &str| {
        let facts = std::fs::metadata(folder.path().join(name)).unwrap();
        facts.permissions().mode() & 0o777
    };
    assert_eq!((mode("tls-ca-key.der"), mode("tls-ca.pem")), (0o600, 0o644));
    prepare(&config, &data, &TlsBoard::default())
        .unwrap()
        .unwrap();
    assert_eq!(std::fs::read(&ca_file).unwrap(), ca);
    std::fs::write(folder.path().join("tls-ca-key.der"), b"damaged").unwrap();
    let refused = prepare(&config, &data, &TlsBoard::default()).err().unwrap();
    assert!(
        format!("{refused:#}").contains("tls-ca-key.der is damaged"),
        "{refused:#}"
    );
}

/// Certificate and key files as an administrator brings them.
fn pair_in(folder: &Path, names: &[&str], days: i32) {
    use x509_cert::der::{Decode, EncodePem, pem::LineEnding};
    let key = rcgen::KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    authority::good_for(&mut params, jiff::Timestamp::now().as_second(), days).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let certificate = x509_cert::Certificate::from_der(certificate.der()).unwrap();
    let pem = certificate.to_pem(LineEnding::LF).unwrap();
    std::fs::write(folder.join("own.pem"), pem).unwrap();
    let der = x509_cert::der::Document::try_from(key.serialize_der()).unwrap();
    let pem = der.to_pem("PRIVATE KEY", LineEnding::LF).unwrap();
    std::fs::write(folder.join("own.key"), pem).unwrap();
}

fn with_files(folder: &Path) -> impl FnOnce(&mut Config) {
    let (certificate, key) = (folder.join("own.pem"), folder.join("own.key"));
    move |config| {
        config.tls.mode = TlsMode::Files;
        config.tls.certificate_file = certificate.display().to_string();
        config.tls.key_file = key.display().to_string();
        config.tls.console_origin = "https://crm.test".to_owned();
    }
}

#[tokio::test]
async fn new_files_are_taken_without_a_restart_and_wrong_ones_are_not() {
    let files = tempfile::tempdir().unwrap();
    pair_in(files.path(), &["crm.test"], 30);
    let config = config(files.path(), with_files(files.path()));
    let data = DataFolder::open(files.path()).unwrap();
    let mut tls = prepare(&config, &data, &TlsBoard::default())
        .unwrap()
        .unwrap();
    let first = tls.shelf.chain()[0].clone();
    assert!(tls.source.newest().unwrap().is_none());
    std::fs::write(files.path().join("own.key"), b"half of").unwrap();
    assert!(tls.source.newest().is_err());
    assert!(tls.source.newest().unwrap().is_none());
    assert_eq!(tls.shelf.chain()[0], first);
    // The clock of a file may be coarse: the pair is written until it is seen.
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    let new = loop {
        pair_in(files.path(), &["crm.test"], 30);
        match tls.source.newest().unwrap() {
            Some(pair) => break pair,
            None => assert!(std::time::Instant::now() < deadline),
        }
    };
    tls.shelf.put(new).unwrap();
    assert_ne!(tls.shelf.chain()[0], first);
}

#[test]
fn the_doctor_says_what_is_wrong_with_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let config = config(folder.path(), with_files(folder.path()));
    let findings = || check::findings(&config, &data);
    let bad = |text: &str| {
        let all = findings();
        assert!(
            all.iter()
                .any(|(good, found)| !good && found.contains(text)),
            "{all:?}"
        );
    };
    bad("cannot read");
    pair_in(folder.path(), &["other.test", "*.wild.test"], 30);
    bad("the certificate is for other.test, *.wild.test");
    pair_in(folder.path(), &["crm.test"], -1);
    bad("ended on");
    pair_in(folder.path(), &["crm.test"], 5);
    bad("renew it now");
    pair_in(folder.path(), &["*.test"], 60);
    assert!(findings().iter().all(|(good, _)| *good), "{:?}", findings());
    std::fs::write(folder.path().join("own.key"), b"").unwrap();
    bad("private key");
}

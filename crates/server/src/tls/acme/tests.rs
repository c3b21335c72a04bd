//! Certificates by ACME against a real authority (Pebble): both challenges, wrong answers, names
//! without an address, a server that nobody reaches, renewal; and what the doctor and Setup say.
//! Not tried against the provider: Let's Encrypt itself was never asked.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use offhook_phone::Region;
use offhook_store::{Store, StoreSettings};
use offhook_web::WebSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::tests::{ask, connect};
use super::super::{Source, Tls, prepare, secured};
use super::pebble::{Pebble, Wanted, free};
use super::*;
use crate::config::TlsMode;

const DOMAINS: &str = "crm.test, pages.test";

/// An installation: its folder, its configuration, its authority.
struct Place {
    folder: tempfile::TempDir,
    config: Config,
    pebble: Pebble,
    board: TlsBoard,
}

impl Place {
    fn new(challenge: AcmeChallenge, wanted: &Wanted) -> Option<Self> {
        let pebble = Pebble::start(wanted)?;
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_folder = folder.path().to_owned();
        config.tls.mode = TlsMode::Acme;
        config.acme.directory = pebble.directory.clone();
        config.acme.domains = DOMAINS.to_owned();
        config.acme.contact = "ops@crm.test".to_owned();
        config.acme.terms_accepted = true;
        config.acme.challenge = challenge;
        config.acme.root_file = pebble.root_file().display().to_string();
        Some(Self {
            folder,
            config,
            pebble,
            board: TlsBoard::default(),
        })
    }

    fn data(&self) -> DataFolder {
        DataFolder::open(self.folder.path()).unwrap()
    }

    fn tls(&self) -> Tls {
        prepare(&self.config, &self.data(), &self.board)
            .unwrap()
            .unwrap()
    }

    /// Opens the doors, as the house does, and looks after the certificate.
    async fn serve(&self, tls: Tls, secure: TcpListener, plain: TcpListener) {
        let settings = StoreSettings {
            database_url: self.config.database_url(),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        let store = Store::open(&settings).await.unwrap();
        let (up, _) = tokio::sync::mpsc::channel(1);
        let (_, down) = tokio::sync::mpsc::channel(1);
        let settings = WebSettings {
            console_origin: "https://crm.test".to_owned(),
            pages_origin: "https://pages.test".to_owned(),
            sip_address: String::new(),
            trunks: Vec::new(),
            version: "0",
            data_folder: self.folder.path().to_owned(),
            tls: self.board.clone(),
        };
        let web = offhook_web::web(settings, store, up, down);
        let acceptor = tls.acceptor.clone();
        let secured = move |stream| secured(acceptor.clone(), stream);
        let forever = std::future::pending;
        let (pages, console) = (web.pages.clone(), web.console.clone());
        tokio::spawn(offhook_web::serve_secured(
            secure,
            pages,
            secured,
            forever(),
        ));
        tokio::spawn(offhook_web::serve(plain, console, forever()));
        tokio::spawn(tls.keep());
    }

    /// Waits until the board shows what is wanted.
    async fn until(&self, wanted: impl Fn(&offhook_web::tls::TlsFacts) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !wanted(&self.board.facts()) {
            assert!(Instant::now() < deadline, "{:?}", self.board.facts());
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// One try, without doors of our own.
    async fn try_once(&self) -> String {
        let mut acme = Acme::open(&self.config, &self.data(), &self.board).unwrap();
        let shelf = Shelf::new(acme.newest().unwrap().unwrap()).unwrap();
        assert!(acme.tend(&shelf, false).await.unwrap().is_none());
        assert!(acme.stands_in());
        assert!(shelf.answers.read().unwrap().is_empty());
        // A second look waits for its time.
        let failures = acme.state.failures;
        assert!(acme.tend(&shelf, false).await.unwrap().is_none());
        assert_eq!((failures, acme.state.failures), (1, 1));
        let (_, told) = acme.facts().trouble.unwrap();
        let findings = check::findings(&self.config, &self.data());
        assert!(
            findings
                .iter()
                .any(|(good, text)| !good && text.contains(&told)),
            "{findings:?}"
        );
        told
    }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn comes_without_restart(challenge: AcmeChallenge) {
    let ((secure, tls_port), (plain, http_port)) = (listener().await, listener().await);
    let wanted = Wanted {
        tls_port,
        http_port,
        knows_names: true,
    };
    let Some(place) = Place::new(challenge, &wanted) else {
        return;
    };
    let tls = place.tls();
    assert!(place.board.facts().certificate.unwrap().stands_in);
    let address = secure.local_addr().unwrap();
    let before = tls.shelf.clone();
    place.serve(tls, secure, plain).await;
    // A connection from before lives on.
    let own = place.folder.path().join(super::super::authority::CA_FILE);
    let early = connect(address, &own, "localhost", &["http/1.1"]).await;
    place
        .until(|facts| facts.certificate.as_ref().is_some_and(|it| !it.stands_in))
        .await;
    let shown = place.board.facts();
    let certificate = shown.certificate.unwrap();
    assert!(certificate.issuer.contains("Pebble"), "{certificate:?}");
    assert_eq!(certificate.names, ["crm.test", "pages.test"]);
    assert!(shown.acme.unwrap().renew_at_ms.unwrap() < certificate.not_after_ms);
    if let Ok(mut early) = early {
        let answer = ask(&mut early, "/healthz").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let root = place.pebble.issuing_root().await;
    for name in ["crm.test", "pages.test"] {
        let mut stream = connect(address, &root, name, &["http/1.1"]).await.unwrap();
        let answer = ask(&mut stream, "/healthz").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // Nothing is answered any more.
    assert!(before.answers.read().unwrap().is_empty());
    let late = connect(address, &root, "crm.test", &["acme-tls/1"]).await;
    assert!(late.is_err());
    is_kept(&place, before.chain()).await;
}

/// The files are the owner's alone, another start shows the same certificate, and a due one is
/// renewed with the same account.
async fn is_kept(place: &Place, chain: Vec<CertificateDer<'static>>) {
    use std::os::unix::fs::PermissionsExt;
    for name in [CERTIFICATE_FILE, STATE_FILE, "tls-acme-account-key.json"] {
        let facts = std::fs::metadata(place.folder.path().join(name)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let account = || std::fs::read(place.folder.path().join("tls-acme-account-key.json")).unwrap();
    let kept = account();
    let mut acme = Acme::open(&place.config, &place.data(), &place.board).unwrap();
    let shelf = Shelf::new(acme.newest().unwrap().unwrap()).unwrap();
    assert_eq!(shelf.chain(), chain);
    assert!(acme.tend(&shelf, true).await.unwrap().is_none());
    let findings = check::findings(&place.config, &place.data());
    let good = |(good, text): &(bool, String)| *good && text.contains("is good until");
    assert!(findings.iter().any(good), "{findings:?}");
    acme.state.renew_at_s = Some(0);
    assert!(acme.is_due(now(), false));
    assert_eq!(account(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_by_tls_alpn_while_the_doors_are_open() {
    comes_without_restart(AcmeChallenge::TlsAlpn01).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_by_a_file_over_http_while_the_doors_are_open() {
    comes_without_restart(AcmeChallenge::Http01).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_due_is_renewed_while_the_doors_are_open() {
    let ((secure, tls_port), (plain, http_port)) = (listener().await, listener().await);
    let wanted = Wanted {
        tls_port,
        http_port,
        knows_names: true,
    };
    let Some(place) = Place::new(AcmeChallenge::TlsAlpn01, &wanted) else {
        return;
    };
    let mut tls = place.tls();
    let shelf = tls.shelf.clone();
    // An old one, which ends within a minute.
    let old = plain_pair();
    let old_chain = old.0.clone();
    shelf.put(old).unwrap();
    let Source::Acme(acme) = &mut tls.source else {
        panic!("it is by ACME");
    };
    acme.valid_s = Some((now() - 90 * 86_400, now() + 60));
    (acme.fits, acme.given) = (true, true);
    acme.state.renew_at_s = Some(now() - 1);
    place.serve(tls, secure, plain).await;
    place
        .until(|facts| {
            let named = facts.certificate.as_ref();
            named.is_some_and(|it| it.issuer.contains("Pebble"))
        })
        .await;
    assert_ne!(shelf.chain(), old_chain);
    let acme = place.board.facts().acme.unwrap();
    assert!(acme.renew_at_ms.unwrap() > crate::house::now_ms());
}

/// Any certificate and its key.
fn plain_pair() -> Pair {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["crm.test".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    (chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

/// A server in our place, which answers each question with something else.
async fn stranger(challenge: AcmeChallenge) -> u16 {
    let (listener, port) = listener().await;
    let shelf = Arc::new(Shelf::new(plain_pair()).unwrap());
    for domain in ["crm.test", "pages.test"] {
        let pair = order::challenge_pair(domain, &[7; 32]).unwrap();
        shelf.answer(domain, pair).unwrap();
    }
    let server = Arc::new(super::super::server_config(shelf).unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            match challenge {
                AcmeChallenge::TlsAlpn01 => {
                    let acceptor = tokio_rustls::TlsAcceptor::from(server.clone());
                    tokio::spawn(secured(acceptor, stream));
                }
                AcmeChallenge::Http01 => {
                    let mut asked = [0; 1_024];
                    let _ = stream.read(&mut asked).await;
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
                    let _ = stream.write_all(answer).await;
                }
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_authorization_is_refused_and_told() {
    for challenge in [AcmeChallenge::TlsAlpn01, AcmeChallenge::Http01] {
        let port = stranger(challenge).await;
        let wanted = Wanted {
            tls_port: port,
            http_port: port,
            knows_names: true,
        };
        let Some(place) = Place::new(challenge, &wanted) else {
            return;
        };
        let told = place.try_once().await;
        let begins = "The authority got a wrong answer to its challenge for ";
        assert!(told.starts_with(begins), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_reaches_and_a_name_without_address_are_told_apart() {
    for (knows_names, begins) in [
        (
            true,
            "The authority did not get through to this server for ",
        ),
        (
            false,
            "The authority could not look the name up in the DNS for ",
        ),
    ] {
        let port = free().port();
        let wanted = Wanted {
            tls_port: port,
            http_port: port,
            knows_names,
        };
        let Some(place) = Place::new(AcmeChallenge::TlsAlpn01, &wanted) else {
            return;
        };
        let told = place.try_once().await;
        assert!(told.starts_with(begins), "{told}");
    }
}

fn acme_config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.server.data_folder = folder.to_owned();
    config.tls.mode = TlsMode::Acme;
    config.acme.domains = "crm.test".to_owned();
    config.acme.terms_accepted = true;
    config
}

#[tokio::test]
async fn an_authority_that_is_not_there_is_named_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = acme_config(folder.path());
    config.acme.directory = format!("https://{}/directory", free());
    let root = plain_pair().0;
    let root = facts::parsed(&root[0]).unwrap();
    let root_file = folder.path().join("root.pem");
    let pem = x509_cert::der::EncodePem::to_pem(&root, x509_cert::der::pem::LineEnding::LF);
    std::fs::write(&root_file, pem.unwrap()).unwrap();
    config.acme.root_file = root_file.display().to_string();
    let data = DataFolder::open(folder.path()).unwrap();
    let mut acme = Acme::open(&config, &data, &TlsBoard::default()).unwrap();
    let shelf = Shelf::new(acme.newest().unwrap().unwrap()).unwrap();
    assert!(acme.tend(&shelf, false).await.unwrap().is_none());
    let (_, told) = acme.facts().trouble.unwrap();
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(told.contains("refused"), "{told}");
    let (good, text) = check::reach(&config).await;
    assert!(!good && text.contains("cannot be reached"), "{text}");
    config.acme.root_file = folder.path().join("none.pem").display().to_string();
    let (good, text) = check::reach(&config).await;
    assert!(!good && text.contains("none.pem"), "{text}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let refused = |change: &dyn Fn(&mut Config)| {
        let mut config = acme_config(folder.path());
        change(&mut config);
        let opened = Acme::open(&config, &data, &TlsBoard::default());
        format!("{:#}", opened.err().expect("refused"))
    };
    let terms = refused(&|config| config.acme.terms_accepted = false);
    assert!(terms.contains("acme.terms_accepted = true"), "{terms}");
    let none = refused(&|config| config.acme.domains = " ,".to_owned());
    assert!(none.contains("acme.domains"), "{none}");
    let wild = refused(&|config| config.acme.domains = "*.crm.test".to_owned());
    assert!(wild.contains("dns-01"), "{wild}");
    for wrong in ["10.1.2.3", "crm test", "crm.test:443", "müller.test"] {
        let text = refused(&|config| config.acme.domains = wrong.to_owned());
        assert!(text.contains("is no domain name"), "{text}");
    }
    let plain = refused(&|config| config.acme.directory = "http://ca.test".to_owned());
    assert!(plain.contains("https address"), "{plain}");
    let mut config = acme_config(folder.path());
    config.acme.domains.clear();
    config.tls.console_origin = "https://CRM.test:8443".to_owned();
    let acme = Acme::open(&config, &data, &TlsBoard::default()).unwrap();
    assert_eq!(acme.domains, ["crm.test"]);
}

#[test]
fn the_words_of_an_authority_come_with_what_to_do() {
    let told = |kind: &str, detail: &str| {
        let problem = serde_json::json!({
            "type": format!("urn:ietf:params:acme:error:{kind}"),
            "detail": detail,
            "status": 403,
        });
        let problem = serde_json::from_value(problem).unwrap();
        trouble::of_problem(&problem, Some("crm.test"), AcmeChallenge::Http01).text
    };
    let caa = told("caa", "CAA record for crm.test prevents issuance");
    assert!(
        caa.starts_with("CAA records forbid this authority to issue for crm.test"),
        "{caa}"
    );
    assert!(told("connection", "timeout").contains("Port 80"));
    assert!(told("rateLimited", "too many").contains("rate limit"));
    let new = told("someday", "x".repeat(5_000).as_str());
    assert!(
        new.starts_with("The authority refused") && new.len() < 800,
        "{new}"
    );
    let several = serde_json::json!({
        "type": "urn:ietf:params:acme:error:compound",
        "detail": "several",
        "subproblems": [{
            "type": "urn:ietf:params:acme:error:caa",
            "detail": "forbidden",
            "identifier": { "type": "dns", "value": "pages.test" },
        }],
    });
    let several = serde_json::from_value(several).unwrap();
    let trouble = trouble::of_problem(&several, None, AcmeChallenge::TlsAlpn01);
    assert_eq!(trouble.kind, "caa");
    assert!(
        trouble.text.contains("pages.test: forbidden"),
        "{}",
        trouble.text
    );
}

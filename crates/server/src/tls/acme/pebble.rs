//! For tests: a real ACME authority (Pebble, of the Debian package `pebble`) with a name server
//! that knows every name as 127.0.0.1, or none.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use x509_cert::der::{Decode, EncodePem, pem::LineEnding};

/// An authority that runs until it is dropped.
pub(super) struct Pebble {
    children: Vec<Child>,
    folder: tempfile::TempDir,
    /// Address of its directory.
    pub(super) directory: String,
    management: SocketAddr,
}

/// Where the authority looks for answers, and whether names have addresses.
pub(super) struct Wanted {
    pub(super) tls_port: u16,
    pub(super) http_port: u16,
    pub(super) knows_names: bool,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An address that is free now.
pub(super) fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Pebble {
    /// Starts one; `None`, with a word, where the programs are not installed.
    pub(super) fn start(wanted: &Wanted) -> Option<Self> {
        let has = |name: &str| {
            let paths = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&paths).any(|path| path.join(name).exists())
        };
        if !has("pebble") || !has("pebble-challtestsrv") {
            eprintln!("SKIPPED: ACME: install pebble (Debian: apt-get install pebble)");
            return None;
        }
        // A port that was free may be taken meanwhile, by another test.
        let started = (0..5).find_map(|_| Self::try_start(wanted));
        Some(started.expect("pebble starts"))
    }

    fn try_start(wanted: &Wanted) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        own_certificate(folder.path());
        let [listen, management, names, names_control] = [free(), free(), free(), free()];
        let config = serde_json::json!({ "pebble": {
            "listenAddress": listen.to_string(),
            "managementListenAddress": management.to_string(),
            "certificate": folder.path().join("own.pem"),
            "privateKey": folder.path().join("own.key"),
            "httpPort": wanted.http_port,
            "tlsPort": wanted.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        let config_file = folder.path().join("pebble.json");
        std::fs::write(&config_file, config.to_string()).unwrap();
        let address = if wanted.knows_names { "127.0.0.1" } else { "" };
        let name_server = Command::new("pebble-challtestsrv")
            .args(["-defaultIPv4", address, "-defaultIPv6", ""])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-dns01", &names.to_string()])
            .args(["-management", &names_control.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let authority = Command::new("pebble")
            .arg("-config")
            .arg(&config_file)
            .args(["-dnsserver", &names.to_string()])
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0")])
            .env("PEBBLE_AUTHZREUSE", "0")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut pebble = Self {
            children: vec![name_server, authority],
            folder,
            directory: format!("https://{listen}/dir"),
            management,
        };
        let up = [listen, management, names_control];
        (up.into_iter().all(|address| pebble.listens(address))).then_some(pebble)
    }

    /// Waits until it listens there, or one of the programs has ended.
    fn listens(&mut self, address: SocketAddr) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            let ended = |child: &mut Child| child.try_wait().is_ok_and(|ended| ended.is_some());
            if self.children.iter_mut().any(ended) || Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// What its own https is trusted by.
    pub(super) fn root_file(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// What the certificates that it issues are trusted by: fetched from it.
    pub(super) async fn issuing_root(&self) -> PathBuf {
        let trusted = self.root_file();
        let mut stream = super::super::tests::connect(self.management, &trusted, "127.0.0.1", &[])
            .await
            .unwrap();
        let answer = super::super::tests::ask(&mut stream, "/roots/0").await;
        let pem = &answer[answer.find("-----BEGIN").unwrap()..];
        let path = self.folder.path().join("issuing.pem");
        std::fs::write(&path, pem).unwrap();
        path
    }
}

/// The certificate of its https, and the authority above that.
fn own_certificate(folder: &Path) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = ca.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    for (name, der) in [("root.pem", root.der()), ("own.pem", own.der())] {
        let pem = x509_cert::Certificate::from_der(der).unwrap();
        let pem = pem.to_pem(LineEnding::LF).unwrap();
        std::fs::write(folder.join(name), pem).unwrap();
    }
    let der = x509_cert::der::Document::try_from(key.serialize_der()).unwrap();
    let pem = der.to_pem("PRIVATE KEY", LineEnding::LF).unwrap();
    std::fs::write(folder.join("own.key"), pem).unwrap();
}

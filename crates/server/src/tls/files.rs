//! A certificate from files that somebody else renews: read again when they change.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Pair;
use crate::config::TlsConfig;

/// Certificates of one chain that are read.
pub(super) const CHAIN_MAX: usize = 20;

/// The two files, and how they were when they were last read.
pub(crate) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: Option<[Stamp; 2]>,
}

/// When a file was written, and how long it is.
type Stamp = (SystemTime, u64);

impl Files {
    /// The files that the configuration names.
    pub(super) fn of(config: &TlsConfig) -> Result<Self> {
        if config.certificate_file.is_empty() || config.key_file.is_empty() {
            bail!(
                "tls.mode is files: name the certificate (with those above it) in \
                 tls.certificate_file and its private key in tls.key_file, both PEM"
            );
        }
        Ok(Self {
            certificate: PathBuf::from(&config.certificate_file),
            key: PathBuf::from(&config.key_file),
            seen: None,
        })
    }

    /// The certificate and its key, when the files have changed.
    pub(super) fn newest(&mut self) -> Result<Option<Pair>> {
        let now = [stamp(&self.certificate)?, stamp(&self.key)?];
        if self.seen == Some(now) {
            return Ok(None);
        }
        // Noted first: files that are wrong are named once, not each time they are looked at.
        self.seen = Some(now);
        Ok(Some((chain(&self.certificate)?, key(&self.key)?)))
    }
}

fn stamp(path: &Path) -> Result<Stamp> {
    let facts = std::fs::metadata(path);
    let facts = facts.with_context(|| format!("cannot read {}", path.display()))?;
    Ok((facts.modified()?, facts.len()))
}

/// The certificates of a file, the server's own first.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let read = CertificateDer::pem_file_iter(path)
        .with_context(|| format!("cannot read {shown}"))?
        .take(CHAIN_MAX)
        .collect::<Result<Vec<_>, _>>();
    let chain = read.with_context(|| format!("{shown} is no PEM file of certificates"))?;
    if chain.is_empty() {
        bail!("{shown} holds no certificate: it must begin with -----BEGIN CERTIFICATE-----");
    }
    Ok(chain)
}

/// The private key of a file.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(path).with_context(|| {
        format!(
            "cannot read a private key from {}: it must be PEM and not encrypted, and the user \
             that runs Offhook must be able to read it",
            path.display()
        )
    })
}

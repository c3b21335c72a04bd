//! What is wrong with TLS, for `offhook doctor`: files that cannot be read, a certificate that
//! has ended or soon will, names that it does not have.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use x509_cert::Certificate;

use super::facts::{covers, end_of, names_of, parsed};
use super::{acme, authority, certified, files, host_of};
use crate::config::{Config, TlsMode};
use crate::data_folder::DataFolder;

/// A certificate that ends within this is worth a word.
const SOON_S: i64 = 14 * 24 * 60 * 60;

/// Each finding: is it good, and a sentence.
pub(crate) fn findings(config: &Config, data: &DataFolder) -> Vec<(bool, String)> {
    match config.tls.mode {
        TlsMode::Off => vec![(
            true,
            "TLS is off (tls.mode): clients that take only https need it, or a proxy".to_owned(),
        )],
        TlsMode::Local => vec![local(data)],
        TlsMode::Acme => acme::check::findings(config, data),
        TlsMode::Files => from_files(config).unwrap_or_else(|error| vec![(false, told(&error))]),
    }
}

/// Does the authority of ACME answer? `None` when it is not needed.
pub(crate) async fn reach(config: &Config) -> Option<(bool, String)> {
    match config.tls.mode {
        TlsMode::Acme => Some(acme::check::reach(config).await),
        TlsMode::Off | TlsMode::Local | TlsMode::Files => None,
    }
}

pub(super) fn told(error: &anyhow::Error) -> String {
    format!("TLS: {error:#}")
}

fn local(data: &DataFolder) -> (bool, String) {
    let path = data.path_of(authority::CA_FILE);
    if !path.exists() {
        let text = "TLS: the certificate authority will be made at the first start";
        return (true, text.to_owned());
    }
    match ends_at(&path) {
        Ok(end) if end > now() => {
            let text = format!("TLS: own authority; clients trust it by {}", path.display());
            (true, text)
        }
        Ok(_) => (
            true,
            "TLS: the certificate authority has ended; a new one is made at the next start, and \
             clients must trust that"
                .to_owned(),
        ),
        Err(error) => (false, told(&error)),
    }
}

fn ends_at(path: &Path) -> Result<i64> {
    let chain = files::chain(path)?;
    let first = chain.first().context("no certificate")?;
    end_of(&parsed(first)?)
}

fn from_files(config: &Config) -> Result<Vec<(bool, String)>> {
    let path = Path::new(&config.tls.certificate_file);
    let chain = files::chain(path)?;
    let key = files::key(Path::new(&config.tls.key_file))?;
    let own = parsed(chain.first().context("no certificate")?)?;
    certified((chain, key))?;
    let mut findings = vec![(true, format!("TLS: {} fits its key", path.display()))];
    findings.push(time_left(&own, path)?);
    let names = names_of(&own);
    let origins = [&config.tls.console_origin, &config.tls.pages_origin];
    for host in origins.into_iter().filter_map(|origin| host_of(origin)) {
        let has_name = names.iter().any(|name| covers(name, &host));
        let listed = names.join(", ");
        findings.push(match has_name {
            true => (true, format!("TLS: the certificate is for {host}")),
            false => (
                false,
                format!(
                    "TLS: browsers and clients will refuse {host}: the certificate is for \
                     {listed}. Get one for {host}, or correct tls.console_origin and \
                     tls.pages_origin"
                ),
            ),
        });
    }
    Ok(findings)
}

fn time_left(own: &Certificate, path: &Path) -> Result<(bool, String)> {
    let end = end_of(own)?;
    let left = end - now();
    let day = Timestamp::from_second(end)?
        .strftime("%Y-%m-%d")
        .to_string();
    Ok(match left {
        ..=0 => (
            false,
            format!(
                "TLS: the certificate {} ended on {day}: renew it; a running server takes the \
                 new files within half a minute",
                path.display()
            ),
        ),
        left if left < SOON_S => (
            false,
            format!(
                "TLS: the certificate {} ends on {day}: renew it now",
                path.display()
            ),
        ),
        _ => (true, format!("TLS: the certificate is good until {day}")),
    })
}

pub(super) fn now() -> i64 {
    Timestamp::now().as_second()
}

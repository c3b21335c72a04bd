//! What a certificate says of itself: names, issuer, begin and end.

use anyhow::{Context, Result};
use offhook_web::tls::ShownCertificate;
use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// A certificate of a chain, read.
pub(super) fn parsed(der: &CertificateDer<'_>) -> Result<Certificate> {
    Certificate::from_der(der).context("the certificate is damaged")
}

/// When it ends, UTC seconds since 1970.
pub(super) fn end_of(certificate: &Certificate) -> Result<i64> {
    let end = certificate.tbs_certificate().validity().not_after;
    Ok(i64::try_from(end.to_unix_duration().as_secs())?)
}

/// When it begins, UTC seconds since 1970.
pub(super) fn begin_of(certificate: &Certificate) -> Result<i64> {
    let begin = certificate.tbs_certificate().validity().not_before;
    Ok(i64::try_from(begin.to_unix_duration().as_secs())?)
}

/// The names and addresses that it is for, in small letters.
pub(super) fn names_of(certificate: &Certificate) -> Vec<String> {
    let names = certificate
        .tbs_certificate()
        .get_extension::<SubjectAltName>();
    let Ok(Some((_, SubjectAltName(names)))) = names else {
        return Vec::new();
    };
    names.iter().filter_map(name_of).collect()
}

fn name_of(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(bytes) => match *bytes.as_bytes() {
            [a, b, c, d] => Some(format!("{a}.{b}.{c}.{d}")),
            ref long => {
                let long: [u8; 16] = long.try_into().ok()?;
                Some(std::net::Ipv6Addr::from(long).to_string())
            }
        },
        _ => None,
    }
}

/// Is the host this name, or one below a wildcard?
pub(super) fn covers(name: &str, host: &str) -> bool {
    let below = |zone: &str| host.split_once('.').is_some_and(|(_, rest)| rest == zone);
    name == host || name.strip_prefix("*.").is_some_and(below)
}

/// What Setup shows of the first certificate of a chain.
pub(super) fn shown(chain: &[CertificateDer<'_>], stands_in: bool) -> Result<ShownCertificate> {
    let own = parsed(chain.first().context("there is no certificate")?)?;
    Ok(ShownCertificate {
        names: names_of(&own),
        issuer: own.tbs_certificate().issuer().to_string(),
        not_before_ms: begin_of(&own)? * 1_000,
        not_after_ms: end_of(&own)? * 1_000,
        stands_in,
    })
}

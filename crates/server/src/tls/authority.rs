//! Our own certificate authority, made at the first start. Its key stays in the data folder; the
//! certificate that the doors show is made anew at each start and in time before it ends, and is
//! in memory only.

use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, EncodePem, pem::LineEnding};

use super::Pair;
use crate::data_folder::DataFolder;

/// For clients: what they are told to trust.
pub(super) const CA_FILE: &str = "tls-ca.pem";
/// For us alone.
const CA_KEY_FILE: &str = "tls-ca-key.der";

const DAY_S: i64 = 24 * 60 * 60;
const CA_YEARS: i32 = 10;
const LEAF_DAYS: i32 = 90;
/// A certificate is replaced when it is this old.
const RENEW_AFTER_DAYS: i32 = 60;
/// Clocks of clients may be behind.
const BACKDATED_DAYS: i32 = 2;

/// The authority, and the certificate that it last made.
pub(crate) struct Authority {
    /// PEM, for clients to trust.
    pub(super) ca_file: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    names: Vec<String>,
    issued_s: Option<i64>,
}

impl Authority {
    /// Opens the authority of a data folder, or makes it.
    pub(super) fn open(data: &DataFolder, names: Vec<String>) -> Result<Self> {
        let key = match data.read_bytes(CA_KEY_FILE)? {
            Some(der) => KeyPair::try_from(der).with_context(|| {
                format!(
                    "{} is damaged; remove it to get a new certificate authority, which clients \
                     must then trust anew",
                    data.path_of(CA_KEY_FILE).display()
                )
            })?,
            None => {
                let key = KeyPair::generate().context("cannot make the authority's key")?;
                data.write_private(CA_KEY_FILE, key.serialized_der())?;
                data.remove(CA_FILE)?;
                key
            }
        };
        let params = ca_params(&key, now_s())?;
        if !is_good(data)? {
            let certificate = params
                .self_signed(&key)
                .context("cannot make the authority")?;
            let certificate = Certificate::from_der(certificate.der())?;
            let pem = certificate.to_pem(LineEnding::LF)?;
            data.write_public(CA_FILE, pem.as_bytes())?;
        }
        Ok(Self {
            ca_file: data.path_of(CA_FILE),
            issuer: Issuer::new(params, key),
            names,
            issued_s: None,
        })
    }

    /// A certificate when there is none yet, or the last one is old.
    pub(super) fn newest(&mut self) -> Result<Option<Pair>> {
        let now_s = now_s();
        let is_young = |issued_s: i64| issued_s + i64::from(RENEW_AFTER_DAYS) * DAY_S > now_s;
        if self.issued_s.is_some_and(is_young) {
            return Ok(None);
        }
        let pair = self.issue(now_s)?;
        self.issued_s = Some(now_s);
        Ok(Some(pair))
    }

    fn issue(&self, now_s: i64) -> Result<Pair> {
        let key = KeyPair::generate().context("cannot make a key")?;
        let mut params = CertificateParams::new(self.names.clone()).with_context(|| {
            format!(
                "a certificate cannot have these names: {}",
                self.names.join(", ")
            )
        })?;
        params.distinguished_name = named("Offhook");
        good_for(&mut params, now_s, LEAF_DAYS)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.context("cannot make a certificate")?;
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der());
        Ok((
            chain,
            key.map_err(|why| anyhow::anyhow!("the new key: {why}"))?,
        ))
    }
}

/// Is there a certificate of the authority that still has a year?
fn is_good(data: &DataFolder) -> Result<bool> {
    let Some(pem) = data.read_bytes(CA_FILE)? else {
        return Ok(false);
    };
    let Ok(certificate) = Certificate::from_pem(&pem) else {
        return Ok(false);
    };
    let end = certificate
        .tbs_certificate()
        .validity()
        .not_after
        .to_unix_duration();
    Ok(i64::try_from(end.as_secs()).is_ok_and(|end| end > now_s() + 365 * DAY_S))
}

/// The name has a part of the key, so that two authorities are never taken for one.
fn ca_params(key: &KeyPair, now_s: i64) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    let part: String = (params.key_identifier(key).iter().take(4))
        .map(|byte| format!("{byte:02x}"))
        .collect();
    params.distinguished_name = named(&format!("Offhook local authority {part}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    good_for(&mut params, now_s, CA_YEARS * 365)?;
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn now_s() -> i64 {
    Timestamp::now().as_second()
}

/// From a little ago until midnight so many days from now.
pub(super) fn good_for(params: &mut CertificateParams, now_s: i64, days: i32) -> Result<()> {
    let (year, month, day) = day_of(now_s, -BACKDATED_DAYS)?;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = day_of(now_s, days)?;
    params.not_after = date_time_ymd(year, month, day);
    Ok(())
}

fn day_of(now_s: i64, days: i32) -> Result<(i32, u8, u8)> {
    let at = Timestamp::from_second(now_s + i64::from(days) * DAY_S)?;
    let date = at.to_zoned_datetime(TimeZone::UTC).date();
    let (month, day) = (u8::try_from(date.month())?, u8::try_from(date.day())?);
    Ok((i32::from(date.year()), month, day))
}

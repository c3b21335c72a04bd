//! Signatures: assertions of apps (RS256, for the certificate that an administrator uploaded),
//! and what the org signs itself.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};

use super::token;
use crate::Store;
use crate::database::Statement;
use crate::error::StoreError;

/// The largest certificate that is taken, in bytes of PEM.
pub const CERTIFICATE_SIZE_MAX: usize = 16 * 1024;

/// The largest assertion that is looked at, in bytes.
const ASSERTION_LENGTH_MAX: usize = 16 * 1024;

/// What an administrator wants to know of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it names; empty for a bare public key.
    pub subject: String,
    /// When it ends, UTC milliseconds; a bare key has no end.
    pub not_after_ms: Option<i64>,
    /// SHA-256 of the key, the first 16 digits.
    pub fingerprint: String,
    /// The key, DER of a SubjectPublicKeyInfo.
    key: Vec<u8>,
}

/// Reads the PEM of a certificate, or of a public key. `Err` says what is wrong with it.
pub fn read_certificate(pem: &str) -> Result<CertificateFacts, String> {
    if pem.len() > CERTIFICATE_SIZE_MAX {
        return Err("It is larger than 16 kB: upload one certificate in PEM form.".to_owned());
    }
    let facts = match pem.contains("BEGIN PUBLIC KEY") {
        true => bare_key(pem),
        false => certificate(pem),
    };
    let facts = facts.ok_or(
        "It is neither a certificate nor a public key in PEM form: the file begins with \
         -----BEGIN CERTIFICATE-----. A private key does not belong here.",
    )?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &facts.key);
    match key.parse() {
        Ok(_) => Ok(facts),
        Err(_) => Err("Its key is no RSA key of 2048 bits or more (RS256 needs one).".to_owned()),
    }
}

fn certificate(pem: &str) -> Option<CertificateFacts> {
    let certificate = Certificate::from_pem(pem.trim().as_bytes()).ok()?;
    let body = certificate.tbs_certificate();
    let end = body.validity().not_after.to_unix_duration().as_millis();
    let key = body.subject_public_key_info().to_der().ok()?;
    Some(CertificateFacts {
        subject: body.subject().to_string(),
        not_after_ms: i64::try_from(end).ok(),
        fingerprint: fingerprint(&key),
        key,
    })
}

fn bare_key(pem: &str) -> Option<CertificateFacts> {
    let lines = pem.lines().map(str::trim);
    let body: String = lines.filter(|line| !line.starts_with("-----")).collect();
    let key = STANDARD.decode(body).ok()?;
    x509_cert::spki::SubjectPublicKeyInfoOwned::from_der(&key).ok()?;
    Some(CertificateFacts {
        subject: String::new(),
        not_after_ms: None,
        fingerprint: fingerprint(&key),
        key,
    })
}

fn fingerprint(key: &[u8]) -> String {
    token::hash_bytes(key)[..16].to_owned()
}

/// A JWT before anybody vouches for it.
#[derive(Debug, Clone)]
pub struct Assertion {
    signed: String,
    signature: Vec<u8>,
    /// Its claims.
    pub payload: Value,
}

impl Assertion {
    /// Takes a JWT apart. Only RS256 is taken: `none` and keyed hashes are no signatures here.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > ASSERTION_LENGTH_MAX {
            return None;
        }
        let (signed, signature) = text.trim().rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return None;
        }
        Some(Self {
            payload: serde_json::from_slice(&decode(payload)?).ok()?,
            signature: decode(signature)?,
            signed: signed.to_owned(),
        })
    }

    /// Was it signed with the key of this certificate (PEM), which is still good?
    pub fn is_signed_for(&self, certificate: &str, now_ms: i64) -> bool {
        let Ok(facts) = read_certificate(certificate) else {
            return false;
        };
        let is_in_time = facts.not_after_ms.is_none_or(|end| end > now_ms);
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &facts.key);
        is_in_time && key.verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// Base64url; some clients pad it.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// The key that the org signs id tokens with.
struct OrgKey {
    id: String,
    pair: KeyPair,
}

impl Store {
    /// A JWT of these claims, signed by the org (RS256).
    pub async fn sign_jwt(&self, claims: &Value) -> Result<String, StoreError> {
        let key = self.org_key().await?;
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": key.id});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; key.pair.public_modulus_len()];
        key.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| StoreError::Failed("the org's key does not sign".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The public half of the key, as a JSON Web Key Set.
    pub async fn jwks(&self) -> Result<Value, StoreError> {
        let key = self.org_key().await?;
        let public = key.pair.public_key().as_ref();
        let (n, e) = modulus_and_exponent(public)
            .ok_or_else(|| StoreError::Corrupt("the org's key has no modulus".to_owned()))?;
        Ok(json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id,
            "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
        }]}))
    }

    /// Made when it is first needed.
    async fn org_key(&self) -> Result<OrgKey, StoreError> {
        let newest = "SELECT id, sealed FROM org_key ORDER BY created_at_ms, id LIMIT 1";
        if let Some(row) = self.database().read_one(&Statement::new(newest)).await? {
            let id = row.text(0)?.to_owned();
            let der = self.open_sealed(&purpose(&id), row.text(1)?)?;
            let pair = KeyPair::from_pkcs8(&der);
            let pair = pair.map_err(|e| StoreError::Corrupt(format!("the org's key: {e}")))?;
            return Ok(OrgKey { id, pair });
        }
        let pair = tokio::task::spawn_blocking(|| KeyPair::generate(KeySize::Rsa2048))
            .await
            .map_err(|e| StoreError::Failed(format!("making the org's key: {e}")))?
            .map_err(|_| StoreError::Failed("the org's key could not be made".to_owned()))?;
        let id = token::hash_bytes(pair.public_key().as_ref())[..16].to_owned();
        let der: Pkcs8V1Der<'_> = pair
            .as_der()
            .map_err(|_| StoreError::Failed("the org's key could not be kept".to_owned()))?;
        let insert =
            Statement::new("INSERT INTO org_key (id, sealed, created_at_ms) VALUES ($1, $2, $3)")
                .with(id.as_str())
                .with(self.seal(&purpose(&id), der.as_ref())?)
                .with(crate::now_ms());
        self.database().write(&insert).await?;
        Ok(OrgKey { id, pair })
    }
}

fn purpose(id: &str) -> String {
    format!("the signing key {id}")
}

/// The two numbers of an RSAPublicKey (RFC 8017, A.1.1), without leading zeros.
fn modulus_and_exponent(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (tag, body, _) = der_element(der)?;
    let (first, n, rest) = der_element(body)?;
    let (second, e, _) = der_element(rest)?;
    (tag == 0x30 && first == 2 && second == 2).then(|| (trimmed(n), trimmed(e)))
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// Tag, content and what follows.
fn der_element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 4 || rest.len() < count {
                return None;
            }
            let (length, rest) = rest.split_at(count);
            let length = length.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
            (length, rest)
        }
    };
    (rest.len() >= length).then(|| (tag, &rest[..length], &rest[length..]))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;

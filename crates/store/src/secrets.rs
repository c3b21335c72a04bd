//! Secrets that must be read again: sealed with the master key (AES-256-GCM), each bound to what
//! it belongs to. The key is not in the database: a stolen backup opens nothing.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Store;
use crate::error::StoreError;

/// Bytes of a nonce in front of what is sealed.
const NONCE_LENGTH: usize = 12;

/// The master key of an installation, and the name by which sealed texts know it.
pub struct MasterKey {
    id: String,
    key: RandomizedNonceKey,
}

impl MasterKey {
    /// From 32 bytes of chance that are kept beside the database, not in it.
    ///
    /// # Panics
    /// Never: 32 bytes are what the cipher takes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        let hash = digest::digest(&digest::SHA256, bytes);
        let id = hash.as_ref().iter().take(4);
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes);
        Self {
            id: id.map(|byte| format!("{byte:02x}")).collect(),
            key: key.expect("AES-256 takes 32 bytes"),
        }
    }

    /// `1.KEY.BASE64`; opens only for the same purpose.
    fn seal(&self, purpose: &str, secret: &[u8]) -> Result<String, StoreError> {
        let mut text = secret.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| StoreError::Failed("a secret could not be sealed".to_owned()))?;
        let mut whole = nonce.as_ref().to_vec();
        whole.extend_from_slice(&text);
        Ok(format!("1.{}.{}", self.id, STANDARD.encode(whole)))
    }

    fn open(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, StoreError> {
        let mut parts = sealed.split('.');
        let (Some("1"), Some(id), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(damaged(purpose));
        };
        if id != self.id {
            return Err(StoreError::Failed(format!(
                "{purpose} was sealed with the master key {id}, and this is {}: put the file \
                 master.key that belongs to this database back, or make the secret anew",
                self.id
            )));
        }
        let whole = STANDARD.decode(body).map_err(|_| damaged(purpose))?;
        if whole.len() < NONCE_LENGTH {
            return Err(damaged(purpose));
        }
        let (nonce, text) = whole.split_at(NONCE_LENGTH);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged(purpose))?;
        let mut text = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let opened = self.key.open_in_place(nonce, aad, &mut text);
        Ok(opened.map_err(|_| damaged(purpose))?.to_vec())
    }
}

fn damaged(purpose: &str) -> StoreError {
    StoreError::Corrupt(format!(
        "{purpose} cannot be opened: it was changed, or belongs to something else"
    ))
}

impl Store {
    /// Gives the store the key for its secrets; once, before the first request. Without it
    /// everything works but what needs such a secret.
    pub fn use_master_key(&self, key: MasterKey) {
        // A second key would not open what the first sealed: the first stays.
        let _ = self.inner.master_key.set(key);
    }

    pub(crate) fn seal(&self, purpose: &str, secret: &[u8]) -> Result<String, StoreError> {
        self.master_key()?.seal(purpose, secret)
    }

    pub(crate) fn open_sealed(&self, purpose: &str, sealed: &str) -> Result<Vec<u8>, StoreError> {
        self.master_key()?.open(purpose, sealed)
    }

    fn master_key(&self) -> Result<&MasterKey, StoreError> {
        self.inner.master_key.get().ok_or_else(|| {
            StoreError::Failed("there is no master key to keep secrets with".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_purpose_and_key_alone() {
        let key = MasterKey::new(&[7; 32]);
        let sealed = key.seal("the secret of A", b"hush").unwrap();
        assert!(!sealed.contains("hush"));
        assert_ne!(sealed, key.seal("the secret of A", b"hush").unwrap());
        assert_eq!(key.open("the secret of A", &sealed).unwrap(), b"hush");
        let moved = key.open("the secret of B", &sealed).unwrap_err();
        assert!(matches!(moved, StoreError::Corrupt(_)), "{moved}");
        let other = MasterKey::new(&[8; 32]);
        let error = other
            .open("the secret of A", &sealed)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&key.id) && error.contains("master.key"),
            "{error}"
        );
        for broken in ["", "1", "2.a.b", "1..", &sealed[..sealed.len() - 4]] {
            key.open("the secret of A", broken).unwrap_err();
        }
    }
}

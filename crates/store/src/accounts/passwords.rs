//! Passwords: Argon2id, hashed away from the threads that answer requests.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::StoreError;

/// Hashes at once: each takes 19 MiB and a core.
const PARALLEL_MAX: usize = 2;

/// A password longer than this is cut off by no form and hashed by no attacker.
const LENGTH_MAX: usize = 1_000;

/// The hash that unknown users are measured against, with the parameters of [`hash`], so that
/// they take the same time.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$b2ZmaG9va29mZmhvb2s$\
                      Z0cYdSCYUH0FbwdhnXkZlDz7h3SVJzfnQdG6kTyyCnk";

/// Where passwords are hashed.
pub(crate) struct Passwords {
    free: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            free: Arc::new(Semaphore::new(PARALLEL_MAX)),
        }
    }
}

impl Passwords {
    /// The text to store.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, StoreError> {
        let password = password.to_owned();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string())
                .map_err(|e| StoreError::Failed(format!("hashing a password: {e}")))
        })
        .await?
    }

    /// Is it the password of this hash? Without one the answer is no, after the same time.
    pub(crate) async fn verify(
        &self,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, StoreError> {
        let is_known = hash.is_some() && password.len() <= LENGTH_MAX;
        let password = password.chars().take(LENGTH_MAX).collect::<String>();
        let hash = hash.unwrap_or(NOBODY).to_owned();
        let fits = self
            .run(move || {
                let hash = PasswordHash::new(&hash)
                    .map_err(|e| StoreError::Corrupt(format!("a password hash: {e}")))?;
                let answer = Argon2::default().verify_password(password.as_bytes(), &hash);
                Ok::<_, StoreError>(answer.is_ok())
            })
            .await??;
        Ok(fits && is_known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.free.clone().acquire_owned().await;
        let permit = permit.map_err(|e| StoreError::Failed(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(permit);
            answer
        })
        .await
        .map_err(|e| StoreError::Failed(format!("hashing a password: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            passwords
                .verify("correct horse", Some(&hash))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("correct house", Some(&hash))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[test]
    fn unknown_users_are_measured_with_the_parameters_of_known_ones() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let known = Argon2::default().hash_password(b"x").unwrap();
        assert_eq!(nobody.params, known.params);
        assert_eq!(nobody.algorithm, known.algorithm);
    }
}

//! What is kept of secrets that were handed out (`random::token`): hashes.

use std::fmt::Write;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What is kept of a token. A token has 256 bits of chance, so a plain hash is enough.
pub(crate) fn hash(token: &str) -> String {
    hash_bytes(token.as_bytes())
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash_bytes(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// `at_hash` of an id token: the left half of the access token's SHA-256, base64url.
pub fn access_token_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

/// Characters of a code verifier (RFC 7636, 4.1).
const VERIFIER_MIN: usize = 43;

/// The standard has 128; jsforce and the `sf` command line send 171.
const VERIFIER_MAX: usize = 256;

/// Is this the verifier of a code challenge (S256, RFC 7636)?
pub(crate) fn fits_challenge(verifier: &str, challenge: &str) -> bool {
    let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
    let length = verifier.len();
    (VERIFIER_MIN..=VERIFIER_MAX).contains(&length) && URL_SAFE_NO_PAD.encode(hash) == challenge
}

/// The token that forms of a session carry: another hash of the session's token, so that it
/// need not be kept at all.
pub(crate) fn csrf(session_token: &str) -> String {
    hash(&format!("offhook csrf {session_token}"))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

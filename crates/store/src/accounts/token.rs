//! What is kept of secrets that were handed out (`random::token`): hashes.

use std::fmt::Write;

use aws_lc_rs::digest;

/// What is kept of a token. A token has 256 bits of chance, so a plain hash is enough.
pub(crate) fn hash(token: &str) -> String {
    hex(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
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

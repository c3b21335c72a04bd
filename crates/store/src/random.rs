//! Chance, for tokens that nobody may guess.

use std::fmt::Write;

/// 256 random bits as 64 hexadecimal digits: session tokens, tickets, nonces, ids of devices.
///
/// # Panics
/// When the operating system gives no random bytes; nothing safe can be done without them.
pub fn token() -> String {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn two_tokens_differ_and_have_sixty_four_digits() {
        let (one, two) = (token(), token());
        assert_ne!(one, two);
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

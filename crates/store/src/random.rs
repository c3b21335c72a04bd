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

/// A random UUID (RFC 9562, version 4), small letters.
pub(crate) fn uuid() -> String {
    let mut digits = token();
    digits.truncate(32);
    digits.replace_range(12..13, "4");
    let variant = match digits.as_bytes()[16] % 4 {
        0 => "8",
        1 => "9",
        2 => "a",
        _ => "b",
    };
    digits.replace_range(16..17, variant);
    for at in [20, 16, 12, 8] {
        digits.insert(at, '-');
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::{token, uuid};

    #[test]
    fn a_uuid_has_its_version_and_variant_in_place() {
        let uuid = uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]));
    }

    #[test]
    fn two_tokens_differ_and_have_sixty_four_digits() {
        let (one, two) = (token(), token());
        assert_ne!(one, two);
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}

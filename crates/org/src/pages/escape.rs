//! Values from outside in the places of a page.

/// Where a merge field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Text, or the value of an attribute.
    Text,
    /// A script, or an attribute that is one.
    Script,
}

impl Place {
    pub(super) fn escaped(self, value: &str) -> String {
        match self {
            Self::Text => html(value),
            Self::Script => script(value),
        }
    }
}

/// Text for HTML, in elements and in quoted attributes.
pub(super) fn html(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text for a string in a script. Everything but letters and digits is escaped, so that a value
/// cannot leave its quotes; one that stands in none can be no more than a number or a name.
pub(super) fn script(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for unit in value.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            Ok(byte) => escaped.push_str(&format!("\\x{byte:02x}")),
            Err(_) => escaped.push_str(&format!("\\u{unit:04x}")),
        }
    }
    escaped
}

/// A part of a query, as `encodeURIComponent` writes it.
pub(super) fn url(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Is this an address with a scheme that runs nothing, or without one? Browsers skip blanks and
/// control characters, and read entities, so whatever is odd before the colon is refused.
pub(super) fn is_harmless_address(address: &str) -> bool {
    let Some(colon) = address.find([':', '&']) else {
        return true;
    };
    let before = &address[..colon];
    if before.contains(['/', '?', '#']) {
        return true;
    }
    let schemes = ["http", "https", "mailto", "tel", "sip", "sips"];
    address[colon..].starts_with(':')
        && schemes
            .iter()
            .any(|scheme| before.eq_ignore_ascii_case(scheme))
}

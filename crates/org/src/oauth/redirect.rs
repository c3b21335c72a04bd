//! Redirect addresses: which may be registered, and whether the one in a request is registered.
//!
//! The comparison is of characters, nothing is decoded or folded: whatever differs is another
//! address. One exception: a loopback address over http matches at every port, since a program on
//! a desk takes the port that is free (RFC 8252, 7.3).

/// The longest redirect address, in bytes.
pub const REDIRECT_LENGTH_MAX: usize = 2_000;

/// Hosts that are this computer.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Schemes that are no app's own, and that a browser gives a meaning.
const FORBIDDEN_SCHEMES: [&str; 9] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "about",
    "view-source",
    "ws",
    "wss",
];

/// Why an address cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Nothing, or more than fits.
    #[error("it is empty or longer than {REDIRECT_LENGTH_MAX} characters")]
    Length,
    /// No absolute address.
    #[error("it must be a whole address such as https://app.example/callback")]
    NotAbsolute,
    /// Something in it that no redirect address has.
    #[error("it must have no blank, no user name, no wildcard, no backslash and no fragment (#)")]
    Character,
    /// http to another computer.
    #[error("http is for this computer only (localhost, 127.0.0.1, [::1]); use https")]
    PlainHttp,
    /// A scheme that browsers run or read.
    #[error("this scheme is not allowed; use https, or a scheme of the app's own")]
    Scheme,
}

/// May this address be registered?
pub fn check_redirect(uri: &str) -> Result<(), RedirectError> {
    if uri.is_empty() || uri.len() > REDIRECT_LENGTH_MAX {
        return Err(RedirectError::Length);
    }
    let is_wrong = |b: u8| !b.is_ascii_graphic() || b"\\#*<>\"`{}|^".contains(&b);
    if uri.bytes().any(is_wrong) {
        return Err(RedirectError::Character);
    }
    let (scheme, rest) = uri.split_once("://").ok_or(RedirectError::NotAbsolute)?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if !is_scheme || rest.is_empty() {
        return Err(RedirectError::NotAbsolute);
    }
    if authority.contains('@') || authority.contains('%') {
        return Err(RedirectError::Character);
    }
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "https" if authority.is_empty() => Err(RedirectError::NotAbsolute),
        "https" => Ok(()),
        "http" if loopback(uri).is_some() => Ok(()),
        "http" => Err(RedirectError::PlainHttp),
        other if FORBIDDEN_SCHEMES.contains(&other) => Err(RedirectError::Scheme),
        _ => Ok(()),
    }
}

/// Is the address of a request one of the registered?
pub fn is_registered(registered: &[String], asked: &str) -> bool {
    asked.len() <= REDIRECT_LENGTH_MAX
        && registered
            .iter()
            .any(|known| known == asked || matches_but_for_the_port(known, asked))
}

fn matches_but_for_the_port(known: &str, asked: &str) -> bool {
    match (loopback(known), loopback(asked)) {
        (Some(known), Some(asked)) => known == asked,
        _ => false,
    }
}

/// Host and the rest of a loopback address over http, without its port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = LOOPBACK_HOSTS
        .into_iter()
        .find(|host| rest.starts_with(host))?;
    let rest = &rest[host.len()..];
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(port) => {
            let end = port
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(port.len());
            let number: u32 = port[..end].parse().ok()?;
            let is_port = (1..=65_535).contains(&number) && !port.starts_with('0');
            is_port.then_some(&port[end..])?
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// The address with these pairs at the end of its query, values encoded.
pub fn with_pairs(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = uri.to_owned();
    for (name, value) in pairs {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(name);
        address.push('=');
        push_encoded(&mut address, value);
    }
    address
}

fn push_encoded(address: &mut String, value: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push('%');
            address.push(char::from(HEX[usize::from(byte >> 4)]));
            address.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// The origin of an address, for a page that leads there: `http://localhost:1717`, or the scheme
/// alone (`myapp:`) where there is no such thing.
pub fn origin_of(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    Some(match scheme {
        "http" | "https" => format!("{scheme}://{host}"),
        _ => format!("{scheme}:"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_may_be_registered() {
        for good in [
            "https://app.example/callback",
            "https://app.example:8443/a?b=c",
            "http://localhost:1717/OauthRedirect",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "myapp://oauth/done",
            "com.example.app://x",
        ] {
            assert_eq!(check_redirect(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn addresses_that_lead_astray_are_refused_with_the_reason() {
        use RedirectError::{Character, Length, NotAbsolute, PlainHttp, Scheme};
        for (bad, why) in [
            ("", Length),
            ("/callback", NotAbsolute),
            ("app.example/cb", NotAbsolute),
            ("https:///cb", NotAbsolute),
            ("https://app.example/#x", Character),
            ("https://*.example/cb", Character),
            ("https://user@app.example/cb", Character),
            ("https://app.example\\@evil.example/", Character),
            ("https://app.example/a b", Character),
            ("https://app.exämple/", Character),
            ("http://app.example/cb", PlainHttp),
            ("http://localhost.evil.example/cb", PlainHttp),
            ("http://localhost:99999/cb", PlainHttp),
            ("javascript://x/%0aalert(1)", Scheme),
            ("DATA://text/html", Scheme),
            ("file:///etc/passwd", Scheme),
        ] {
            assert_eq!(check_redirect(bad), Err(why), "{bad}");
        }
        assert_eq!(
            check_redirect(&format!("https://a/{}", "x".repeat(2_000))),
            Err(Length)
        );
    }

    /// The variants that attackers try against one registered address each.
    #[test]
    fn nothing_but_the_registered_address_matches() {
        let registered = ["https://app.example/cb?a=1".to_owned()];
        assert!(is_registered(&registered, "https://app.example/cb?a=1"));
        for other in [
            "https://app.example/cb?a=2",
            "https://app.example/cb",
            "https://app.example/cb?a=1&b=2",
            "https://app.example/cb?a=1#f",
            "https://app.example/cb/?a=1",
            "https://app.example/cb/../x?a=1",
            "https://app.example//cb?a=1",
            "https://app.example/CB?a=1",
            "https://APP.example/cb?a=1",
            "HTTPS://app.example/cb?a=1",
            "http://app.example/cb?a=1",
            "https://app.example:443/cb?a=1",
            "https://app.example./cb?a=1",
            "https://app.example.evil.example/cb?a=1",
            "https://app.example@evil.example/cb?a=1",
            "https://evil.example/https://app.example/cb?a=1",
            "https://evil.example/cb?a=1",
            "https://sub.app.example/cb?a=1",
            "//app.example/cb?a=1",
            "https:app.example/cb?a=1",
            "https://app.example%2Fcb?a=1",
            "https://app.example/%63b?a=1",
            "https://app.example/cb?a=%31",
            " https://app.example/cb?a=1",
            "https://app.example/cb?a=1 ",
            "https://app.example/cb?a=1\n",
            "https://app.example/cb?a=1%0d%0aX:y",
            "https://app.example\\cb?a=1",
            "",
        ] {
            assert!(!is_registered(&registered, other), "{other:?}");
        }
    }

    #[test]
    fn a_loopback_address_matches_at_any_port_and_in_nothing_else() {
        let registered = ["http://localhost:1717/OauthRedirect".to_owned()];
        for same in [
            "http://localhost:1717/OauthRedirect",
            "http://localhost:8000/OauthRedirect",
            "http://localhost/OauthRedirect",
            "http://localhost:65535/OauthRedirect",
        ] {
            assert!(is_registered(&registered, same), "{same}");
        }
        for other in [
            "http://localhost:1717/oauthredirect",
            "http://localhost:1717/OauthRedirect/",
            "http://localhost:1717/OauthRedirect?x=1",
            "http://127.0.0.1:1717/OauthRedirect",
            "https://localhost:1717/OauthRedirect",
            "http://localhost:0/OauthRedirect",
            "http://localhost:65536/OauthRedirect",
            "http://localhost:01717/OauthRedirect",
            "http://localhost:1717@evil.example/OauthRedirect",
            "http://localhost:/OauthRedirect",
            "http://localhost.evil.example/OauthRedirect",
            "http://localhostevil/OauthRedirect",
            "http://LOCALHOST:1717/OauthRedirect",
        ] {
            assert!(!is_registered(&registered, other), "{other}");
        }
    }

    #[test]
    fn pairs_are_added_to_what_is_there() {
        assert_eq!(
            with_pairs("https://a/b", &[("code", "x"), ("state", "1 &ü")]),
            "https://a/b?code=x&state=1%20%26%C3%BC"
        );
        assert_eq!(
            with_pairs("https://a/b?c=d", &[("e", "f")]),
            "https://a/b?c=d&e=f"
        );
        assert_eq!(
            origin_of("http://localhost:1717/x").as_deref(),
            Some("http://localhost:1717")
        );
        assert_eq!(origin_of("myapp://x").as_deref(), Some("myapp:"));
    }

    proptest! {
        #[test]
        fn what_matches_has_the_registered_host_and_path(asked in "http://[a-z0-9.:@/]{0,40}") {
            let registered = ["http://localhost:1717/cb".to_owned()];
            if is_registered(&registered, &asked) {
                prop_assert!(asked.starts_with("http://localhost"));
                prop_assert!(asked.ends_with("/cb"));
                prop_assert!(!asked.contains('@'));
            }
        }
    }
}

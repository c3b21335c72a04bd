//! What is changed in a vendor's page on its way through: addresses that begin at the vendor's root
//! get our prefix, and the Open CTI library of a platform host becomes ours. Pure: bytes in, bytes
//! out; whatever is not understood passes as it is.

/// Attributes that hold an address.
const ADDRESSES: [&[u8]; 4] = [b"src", b"href", b"action", b"poster"];

/// The page with its addresses changed. `prefix` is `/proxy/SECRET`, `origin` the vendor's.
pub(super) fn page(html: &[u8], prefix: &str, origin: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(html.len() + html.len() / 16);
    let mut at = 0;
    while at < html.len() {
        let rest = &html[at..];
        let opens = rest.first() == Some(&b'<') && rest.get(1).is_some_and(u8::is_ascii_alphabetic);
        if opens {
            let end = tag_end(rest);
            tag(&rest[..end], prefix, origin, &mut out);
            at += end;
            if is_script(&rest[..end]) {
                // What stands in a script is no tag.
                let body = script_length(&html[at..]);
                out.extend_from_slice(&html[at..at + body]);
                at += body;
            }
        } else {
            let next = rest[1..].iter().position(|byte| *byte == b'<');
            let length = next.map_or(rest.len(), |next| next + 1);
            out.extend_from_slice(&rest[..length]);
            at += length;
        }
    }
    out
}

/// Where an address of the vendor's page leads on our side; `None` when it stays.
pub(super) fn address(given: &str, prefix: &str, origin: &str) -> Option<String> {
    if let Some(library) = library_path(given) {
        return Some(library.to_owned());
    }
    if let Some(path) = given.strip_prefix(origin)
        && (path.is_empty() || path.starts_with(['/', '?', '#']))
    {
        return Some(format!("{prefix}{path}"));
    }
    let rooted = given.starts_with('/') && !given.starts_with("//");
    (rooted && !given.starts_with(prefix)).then(|| format!("{prefix}{given}"))
}

/// The library's path in an address of any host: `/support/api/57.0/lightning/opencti_min.js`.
fn library_path(given: &str) -> Option<&str> {
    let path = &given[given.find("/support/api/")?..];
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    matches!(file, "opencti.js" | "opencti_min.js" | "interaction.js").then_some(path)
}

/// Is a script that is served under this path a copy of the genuine Lightning library? By its
/// file's name, or by the text that every copy throws when it is not in its host's frame.
pub(super) fn is_library(path: &str, script: &[u8]) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    let file = file.to_ascii_lowercase();
    let named = file.starts_with("opencti") && file.ends_with(".js");
    let small = script.len() <= LIBRARY_SIZE_MAX;
    small
        && (contains(script, b"Failed to initialize Open CTI") || named)
        && contains(script, b"sfdcIframeOrigin")
}

/// A library is a few ten thousand bytes; in a larger file it is bundled with the adapter's own
/// code, which must not be lost.
const LIBRARY_SIZE_MAX: usize = 120_000;

/// Does a script of more than the library hold a copy of it? That cannot be exchanged.
pub(super) fn bundles_library(script: &[u8]) -> bool {
    script.len() > LIBRARY_SIZE_MAX && contains(script, b"Failed to initialize Open CTI")
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Length of the tag at the start of `html`, quoted values taken as one.
fn tag_end(html: &[u8]) -> usize {
    let mut quote = None;
    for (at, byte) in html.iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return at + 1,
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    html.len()
}

fn is_script(tag: &[u8]) -> bool {
    let name = tag.get(1..7).map(<[u8]>::to_ascii_lowercase);
    name.as_deref() == Some(b"script") && tag.get(7).is_none_or(|b| !b.is_ascii_alphanumeric())
}

fn script_length(html: &[u8]) -> usize {
    let end = html
        .windows(8)
        .position(|window| window.eq_ignore_ascii_case(b"</script"));
    end.unwrap_or(html.len())
}

/// Copies a tag, its addresses changed.
fn tag(tag: &[u8], prefix: &str, origin: &str, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some((start, end, value_start, value_end)) = attribute(tag, at) {
        let name = tag[start..end].to_ascii_lowercase();
        out.extend_from_slice(&tag[at..value_start]);
        let value = &tag[value_start..value_end];
        let changed = ADDRESSES
            .contains(&name.as_slice())
            .then(|| std::str::from_utf8(value).ok())
            .flatten()
            .and_then(|value| address(value.trim(), prefix, origin));
        match changed {
            Some(changed) => out.extend_from_slice(changed.as_bytes()),
            // A digest of the vendor's file would refuse ours.
            None if name == b"integrity" => {}
            None => out.extend_from_slice(value),
        }
        at = value_end;
    }
    out.extend_from_slice(&tag[at..]);
}

/// The next attribute with a value from `from`: where its name and its value begin and end.
fn attribute(tag: &[u8], from: usize) -> Option<(usize, usize, usize, usize)> {
    let equals = from + tag.get(from..)?.iter().position(|byte| *byte == b'=')?;
    let before = &tag[..equals];
    let end = before.iter().rposition(|b| !b.is_ascii_whitespace())? + 1;
    let in_name = |b: &u8| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'<' | b'/');
    let start = before[..end].iter().rposition(|b| !in_name(b))? + 1;
    let after = equals + 1;
    let skip = tag[after..].iter().position(|b| !b.is_ascii_whitespace())?;
    let first = after + skip;
    match tag[first] {
        quote @ (b'"' | b'\'') => {
            let length = tag[first + 1..].iter().position(|byte| *byte == quote)?;
            Some((start, end, first + 1, first + 1 + length))
        }
        _ => {
            let ends = |b: &u8| b.is_ascii_whitespace() || *b == b'>';
            let length = tag[first..].iter().position(ends)?;
            Some((start, end, first, first + length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "/proxy/k";
    const ORIGIN: &str = "https://phone.example";

    fn changed(html: &str) -> String {
        String::from_utf8(page(html.as_bytes(), PREFIX, ORIGIN)).unwrap()
    }

    #[test]
    fn addresses_from_the_root_get_the_prefix_and_relative_ones_stay() {
        assert_eq!(
            changed(r##"<link href="/a.css"><img src='b.png'><form action=/go><a href="#x">"##),
            "<link href=\"/proxy/k/a.css\"><img src='b.png'><form action=/proxy/k/go>\
             <a href=\"#x\">"
        );
        assert_eq!(
            changed(r#"<script src="https://phone.example/app.js" defer></script>"#),
            r#"<script src="/proxy/k/app.js" defer></script>"#
        );
        let elsewhere = r#"<script src="https://phone.example.evil.test/a.js"></script>"#;
        assert_eq!(changed(elsewhere), elsewhere);
        let host = r#"<script src="//cdn.example/a.js"></script>"#;
        assert_eq!(changed(host), host);
    }

    #[test]
    fn the_library_of_a_platform_host_becomes_ours_without_its_digest() {
        assert_eq!(
            changed(
                "<script integrity=\"sha384-x\" src=\"https://login.example.com/support/api/57.0/\
                 lightning/opencti_min.js?x\"></script>"
            ),
            "<script integrity=\"\" src=\"/support/api/57.0/lightning/opencti_min.js\"></script>"
        );
    }

    #[test]
    fn what_stands_in_a_script_or_is_broken_passes_as_it_is() {
        for same in [
            r#"<script>if (a < b) document.write('<img src="/x">')</script>"#,
            "a < b <",
            "<img src=",
            r#"<img src="/unclosed"#,
            "",
            "<",
            "<a =x>",
            "\u{fffd}<p title='a=b>c'>",
        ] {
            assert_eq!(changed(same), same);
        }
        assert_eq!(
            page(b"\xff<a href=/x>\xfe", PREFIX, ORIGIN),
            b"\xff<a href=/proxy/k/x>\xfe"
        );
    }

    #[test]
    fn a_copy_of_the_library_is_known_by_name_or_by_what_it_throws() {
        let copy = b"x sfdcIframeOrigin x Failed to initialize Open CTI. x";
        assert!(is_library("/vendor/cti-lib.js", copy));
        assert!(is_library("/vendor/opencti_min.js", b"sfdcIframeOrigin"));
        assert!(!is_library(
            "/vendor/opencti_min.js",
            b"my own file of that name"
        ));
        assert!(!is_library(
            "/vendor/app.js",
            b"reads sfdcIframeOrigin itself"
        ));
        let mut bundle = copy.to_vec();
        bundle.resize(LIBRARY_SIZE_MAX + 1, b' ');
        assert!(!is_library("/vendor/bundle.js", &bundle));
        assert!(bundles_library(&bundle));
    }
}

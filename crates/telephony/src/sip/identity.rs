//! Who calls and who is called, as a network writes it: `P-Asserted-Identity` (RFC 3325) before
//! `From`, the user part alone, anything in it. What cannot be read is an unknown caller, never
//! an error.

use rsipstack::sip::{Header, Request};

/// Longer numbers and names are cut; no network has them.
const TEXT_CHARS_MAX: usize = 128;
/// Carries the caller's own From past [`keep_and_tame`].
const KEPT_FROM: &str = "Offhook-From";

/// The two parties of an INVITE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parties {
    /// The caller's number, as it came; may be empty.
    pub(crate) caller: String,
    /// The caller's display name.
    pub(crate) caller_name: Option<String>,
    /// The number that was called, as it came.
    pub(crate) dialled: String,
}

/// Reads the parties of an INVITE.
pub(crate) fn parties(request: &Request) -> Parties {
    let asserted = request.headers.iter().find_map(|header| match header {
        Header::PAssertedIdentity(value) => Some(address_of(value.value())),
        _ => None,
    });
    let from = request.headers.iter().find_map(|header| match header {
        Header::Other(name, value) if name == KEPT_FROM => Some(address_of(value)),
        _ => None,
    });
    let from = from.or_else(|| {
        request.headers.iter().find_map(|header| match header {
            Header::From(value) => Some(address_of(value.value())),
            _ => None,
        })
    });
    let from = from.unwrap_or_default();
    let asserted = asserted.filter(|address| !address.user.is_empty());
    let (caller, asserted_name) = match asserted {
        Some(address) => (address.user, address.name),
        None => (from.user, None),
    };
    let mut dialled = user_of_uri(&request.uri.to_string());
    if dialled.is_empty() || dialled == "offhook" {
        let to = request.headers.iter().find_map(|header| match header {
            Header::To(value) => Some(address_of(value.value())),
            _ => None,
        });
        dialled = to.map(|address| address.user).unwrap_or(dialled);
    }
    Parties {
        caller,
        caller_name: asserted_name.or(from.name),
        dialled,
    }
}

/// The stack finds the address in a From by its first `<`, so a display name with one in it would
/// break the dialog. Such a name is taken out of the header; the original is kept beside it.
pub(crate) fn keep_and_tame(request: &mut Request) {
    request.headers.retain(
        |header| !matches!(header, Header::Other(name, _) if name.eq_ignore_ascii_case(KEPT_FROM)),
    );
    let mut kept = None;
    for header in request.headers.iter_mut() {
        match header {
            Header::From(value) => {
                if let Some(tame) = without_odd_name(&value.0) {
                    kept = Some(std::mem::replace(&mut value.0, tame));
                }
            }
            Header::To(value) => {
                if let Some(tame) = without_odd_name(&value.0) {
                    value.0 = tame;
                }
            }
            _ => {}
        }
    }
    if let Some(original) = kept {
        request
            .headers
            .push(Header::Other(KEPT_FROM.into(), original));
    }
}

/// The header's value without its quoted display name, if that name would be misread.
fn without_odd_name(value: &str) -> Option<String> {
    let (name, rest) = split_name(value.trim());
    name.filter(|name| name.contains(['<', '>', '"', '\\', '\'', ';']))?;
    Some(rest.trim_start().to_owned())
}

/// One address: display name and user part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Address {
    name: Option<String>,
    user: String,
}

fn address_of(value: &str) -> Address {
    let (quoted, rest) = split_name(value.trim());
    let (plain, uri) = match rest.split_once('<') {
        Some((before, after)) => {
            let uri = after.split('>').next().unwrap_or(after);
            (before.trim(), uri)
        }
        // Without brackets, parameters belong to the header.
        None => ("", rest.split([';', ',']).next().unwrap_or(rest)),
    };
    let name = quoted.or_else(|| (!plain.is_empty()).then(|| plain.to_owned()));
    let name = name
        .map(|name| readable(name.trim()))
        .filter(|name| !name.is_empty());
    Address {
        name,
        user: user_of_uri(uri.trim()),
    }
}

/// A quoted display name at the start, unescaped, and the rest.
fn split_name(value: &str) -> (Option<String>, &str) {
    let Some(inside) = value.strip_prefix('"') else {
        return (None, value);
    };
    let mut name = String::new();
    let mut characters = inside.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => {
                let rest = &inside[index + 1..];
                // A quote that nobody escaped: the name ends at the last one before the address.
                if !rest.trim_start().starts_with('<')
                    && let Some(end) = last_quote_before_address(inside)
                {
                    return (Some(inside[..end].to_owned()), &inside[end + 1..]);
                }
                return (Some(name), rest);
            }
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => name.push(character),
        }
    }
    (None, value)
}

fn last_quote_before_address(text: &str) -> Option<usize> {
    text.rmatch_indices('"')
        .map(|(index, _)| index)
        .find(|index| {
            let rest = text[index + 1..].trim_start().to_ascii_lowercase();
            ["<sip:", "<sips:", "<tel:"]
                .iter()
                .any(|start| rest.starts_with(start))
        })
}

/// The user part of a SIP address, or the number of a tel address, decoded.
fn user_of_uri(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let user = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => rest.rsplit_once('@').map_or("", |(user, _)| user),
        "tel" => rest,
        _ => "",
    };
    let user = user.split([';', '?']).next().unwrap_or(user);
    let user = user.split(':').next().unwrap_or(user);
    readable(&percent_decoded(user))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without control characters, and not longer than anybody needs.
fn readable(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .take(TEXT_CHARS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsipstack::sip::SipMessage;

    fn invite(lines: &str) -> Request {
        let text = format!(
            "INVITE sip:+4689001000@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\n\
             To: <sip:+4689001000@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n{lines}\r\n"
        );
        match SipMessage::try_from(text.as_bytes()).expect("a message") {
            SipMessage::Request(mut request) => {
                keep_and_tame(&mut request);
                request
            }
            SipMessage::Response(_) => panic!("a response"),
        }
    }

    fn check(lines: &str, caller: &str, name: Option<&str>) {
        let parties = parties(&invite(lines));
        assert_eq!(parties.caller, caller, "{lines}");
        assert_eq!(parties.caller_name.as_deref(), name, "{lines}");
        assert_eq!(parties.dialled, "+4689001000");
    }

    #[test]
    fn the_caller_is_read_however_a_network_writes_him() {
        check(
            "From: \"Ada King\" <sip:+15551234567@pstn>;tag=1\r\n",
            "+15551234567",
            Some("Ada King"),
        );
        check("From: sip:5551234567@pstn;tag=1\r\n", "5551234567", None);
        check(
            "From: Bob <tel:+1-555-123;phone-context=x>;tag=1\r\n",
            "+1-555-123",
            Some("Bob"),
        );
        check(
            "From: <sip:%2B1%20(555)%20123@h;user=phone>;tag=1\r\n",
            "+1 (555) 123",
            None,
        );
        check("From: <sip:+1555;isub=2:secret@h>;tag=1\r\n", "+1555", None);
    }

    #[test]
    fn asserted_identity_goes_before_from() {
        check(
            "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\r\n\
             P-Asserted-Identity: \"Ada\" <sip:+15551234567@pstn>\r\n",
            "+15551234567",
            Some("Ada"),
        );
        check(
            "From: \"Ada\" <sip:+15550000000@pstn>;tag=1\r\nP-Asserted-Identity: <sip:pstn>\r\n",
            "+15550000000",
            Some("Ada"),
        );
    }

    #[test]
    fn callers_without_a_number_are_unknown_not_errors() {
        check(
            "From: <sip:anonymous@anonymous.invalid>;tag=1\r\n",
            "anonymous",
            None,
        );
        check("From: <sip:192.0.2.7>;tag=1\r\n", "", None);
        check("From: <sip:@192.0.2.7>;tag=1\r\n", "", None);
        check("From: nonsense\r\n", "", None);
        check("", "", None);
    }

    #[test]
    fn any_letters_and_markup_survive_as_text() {
        check(
            "From: \"Łukasz 山田\" <sip:%E5%B1%B1@h>;tag=1\r\n",
            "山",
            Some("Łukasz 山田"),
        );
        check(
            "From: \"\\\"><script>\" <sip:1@h>;tag=1\r\n",
            "1",
            Some("\"><script>"),
        );
        check(
            "From: \"\"><script>\" <sip:1@h>;tag=1\r\n",
            "1",
            Some("\"><script>"),
        );
        let long = "9".repeat(400);
        check(
            &format!("From: <sip:{long}@h>;tag=1\r\n"),
            &"9".repeat(128),
            None,
        );
    }

    #[test]
    fn a_display_name_with_brackets_does_not_hide_the_address_from_the_stack() {
        use rsipstack::sip::prelude::{HeadersExt, ToTypedHeader};
        let request = invite("From: \"<x>\" <sip:1@h>;tag=abc\r\n");
        let from = request
            .from_header()
            .and_then(|from| from.typed())
            .expect("a From");
        assert_eq!(from.uri.to_string(), "sip:1@h");
        assert_eq!(from.tag().map(|tag| tag.value()), Some("abc"));
    }

    #[test]
    fn a_kept_from_cannot_be_smuggled_in() {
        check(
            "From: <sip:1@h>;tag=1\r\nOffhook-From: <sip:2@h>\r\n",
            "1",
            None,
        );
    }
}

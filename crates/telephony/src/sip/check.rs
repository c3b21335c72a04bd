//! Is this request well formed, and is it for us? What a defect costs is one answer; it never
//! gets further. The order is: headers, version, method and CSeq, address, extensions, body
//! (RFC 3261 sections 8.2 and 16.3; RFC 4475 for the traps).

use std::mem::discriminant;

use rsipstack::sip::prelude::{HeadersExt, ToTypedHeader};
use rsipstack::sip::{Header, Method, Request, Scheme, StatusCode, Version};

/// What is wrong with a request: the answer it gets.
pub(crate) type Defect = (StatusCode, Vec<Header>);

/// The first defect of a request outside of any dialog.
pub(crate) fn defect(request: &Request) -> Option<Defect> {
    defective_headers(request)
        .or_else(|| wrong_version(request))
        .or_else(|| wrong_sequence(request))
        .or_else(|| wrong_address(request))
        .or_else(|| unknown_extension(request))
        .or_else(|| wrong_body(request))
}

fn plain(status: StatusCode) -> Option<Defect> {
    Some((status, Vec::new()))
}

fn count(request: &Request, like: &Header) -> usize {
    let kind = discriminant(like);
    let headers = request.headers.iter();
    headers
        .filter(|header| discriminant(*header) == kind)
        .count()
}

fn defective_headers(request: &Request) -> Option<Defect> {
    let empty = String::new;
    let once = [
        Header::CallId(empty().into()),
        Header::CSeq(empty().into()),
        Header::From(empty().into()),
        Header::To(empty().into()),
    ];
    let at_most_once = [
        Header::MaxForwards(empty().into()),
        Header::ContentLength(empty().into()),
        Header::ContentType(empty().into()),
    ];
    let wrong = once.iter().any(|header| count(request, header) != 1)
        || at_most_once.iter().any(|header| count(request, header) > 1);
    let unreadable = || {
        let from = request.from_header().and_then(|header| header.typed());
        let to = request.to_header().and_then(|header| header.typed());
        from.is_err() || to.is_err() || wrong_length(request)
    };
    let contactless = || {
        request.method == Method::Invite
            && request
                .typed_contact_headers()
                .map_or(true, |c| c.is_empty())
    };
    if wrong || unreadable() || contactless() {
        return plain(StatusCode::BadRequest);
    }
    None
}

/// A length that is no number, or longer than what came.
fn wrong_length(request: &Request) -> bool {
    request.headers.iter().any(|header| match header {
        Header::ContentLength(value) => {
            let length = value.value().trim().parse::<usize>();
            length.map_or(true, |length| length > request.body.len())
        }
        _ => false,
    })
}

fn wrong_version(request: &Request) -> Option<Defect> {
    if request.version == Version::V2 {
        return None;
    }
    plain(StatusCode::VersionNotSupported)
}

fn wrong_sequence(request: &Request) -> Option<Defect> {
    const SEQUENCE_MAX: u32 = 1 << 31;
    let sequence = request.cseq_header().ok();
    let number = sequence.and_then(|header| header.seq().ok());
    let method = sequence.and_then(|header| header.method().ok());
    if number.is_some_and(|number| number < SEQUENCE_MAX) && method == Some(request.method) {
        return None;
    }
    plain(StatusCode::BadRequest)
}

fn wrong_address(request: &Request) -> Option<Defect> {
    let scheme = request.uri.scheme.clone().unwrap_or_default();
    let ours = match scheme {
        Scheme::Sip | Scheme::Sips => true,
        Scheme::Other(name) => name.eq_ignore_ascii_case("tel"),
    };
    if !ours {
        return plain(StatusCode::UnsupportedUriScheme);
    }
    if !request.uri.headers.is_empty() {
        return plain(StatusCode::BadRequest);
    }
    None
}

/// We know no extension that a caller may insist on.
fn unknown_extension(request: &Request) -> Option<Defect> {
    let required: Vec<String> = request
        .headers
        .iter()
        .filter_map(|header| match header {
            Header::Require(value) => Some(value.value().to_owned()),
            _ => None,
        })
        .collect();
    if required.is_empty() {
        return None;
    }
    let unsupported = Header::Unsupported(required.join(", ").into());
    Some((StatusCode::BadExtension, vec![unsupported]))
}

fn wrong_body(request: &Request) -> Option<Defect> {
    let value = |name: &str| request.header_value(name).unwrap_or_default();
    let accept = || Header::Accept("application/sdp".into());
    let encoding = value("Content-Encoding");
    let encoded = !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity");
    let kind = value("Content-Type").to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if request.method != Method::Invite {
        return None;
    }
    if !request.body.is_empty() && (encoded || kind != "application/sdp") {
        return Some((StatusCode::UnsupportedMediaType, vec![accept()]));
    }
    let accepts = value("Accept").to_ascii_lowercase();
    let takes_sdp = ["application/sdp", "application/*", "*/*"];
    if !accepts.is_empty() && !takes_sdp.iter().any(|kind| accepts.contains(kind)) {
        return plain(StatusCode::NotAcceptable);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsipstack::sip::SipMessage;

    fn check(change: impl FnOnce(String) -> String, expected: Option<u16>) {
        let text = "INVITE sip:100@192.0.2.1 SIP/2.0\r\n\
            Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
            From: <sip:1@h>;tag=1\r\nTo: <sip:100@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\
            Contact: <sip:1@192.0.2.2>\r\nContent-Type: application/sdp\r\n\
            Content-Length: 3\r\n\r\nv=0";
        let text = change(text.to_owned());
        let Ok(SipMessage::Request(request)) = SipMessage::try_from(text.as_bytes()) else {
            panic!("not a request: {text}");
        };
        let status = defect(&request).map(|(status, _)| u16::from(status));
        assert_eq!(status, expected, "{text}");
    }

    #[test]
    fn an_ordinary_invite_has_no_defect() {
        check(|text| text, None);
        check(
            |text| text.replace("Max-Forwards: 70", "Max-Forwards: 0"),
            None,
        );
        check(
            |text| text.replace("sip:100@192.0.2.1", "tel:+15551234"),
            None,
        );
        let headers = "X-Any: thing\r\n".repeat(60);
        check(
            |text| text.replace("Call-ID", &format!("{headers}Call-ID")),
            None,
        );
    }

    #[test]
    fn defects_get_the_answer_that_the_rfc_allows() {
        check(
            |text| text.replace("Call-ID: 1", "Call-ID: 1\r\nCall-ID: 2"),
            Some(400),
        );
        check(
            |text| text.replace("From: <sip:1@h>;tag=1\r\n", ""),
            Some(400),
        );
        check(|text| text.replace("<sip:100@h>", "<sip:100@h"), Some(400));
        check(
            |text| text.replace("Contact: <sip:1@192.0.2.2>\r\n", ""),
            Some(400),
        );
        check(
            |text| text.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"),
            Some(400),
        );
        check(
            |text| text.replace("CSeq: 1 INVITE", "CSeq: 4294967297 INVITE"),
            Some(400),
        );
        check(|text| text.replace("Length: 3", "Length: -1"), Some(400));
        check(|text| text.replace("Length: 3", "Length: 9999"), Some(400));
        check(
            |text| text.replace("Length: 3\r\n", "Length: 3\r\nContent-Length: 2\r\n"),
            Some(400),
        );
        check(
            |text| text.replace("192.0.2.1 SIP", "192.0.2.1?Route=%3Csip:x%3E SIP"),
            Some(400),
        );
        check(
            |text| text.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"),
            Some(505),
        );
        check(
            |text| text.replace("sip:100@192.0.2.1", "http:100@192.0.2.1"),
            Some(416),
        );
        check(
            |text| text.replace("Max-F", "Require: 100rel\r\nMax-F"),
            Some(420),
        );
        check(
            |text| text.replace("application/sdp", "text/plain"),
            Some(415),
        );
        check(
            |text| text.replace("Max-F", "Accept: text/plain\r\nMax-F"),
            Some(406),
        );
    }
}

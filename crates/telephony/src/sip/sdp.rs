//! Session descriptions (RFC 8866) for plain RTP, and the rules of offer and answer (RFC 3264):
//! one audio stream of G.711 with telephone events; every other stream is declined.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::media::g711::Law;

/// The payload type that we give telephone events in our own offers.
const EVENT_PAYLOAD_TYPE: u8 = 101;
/// More media sections than this are not a telephone call.
const SECTIONS_MAX: usize = 16;

/// Why a description cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpError {
    /// Not a session description at all.
    #[error("the session description cannot be read")]
    Malformed,
    /// There is no audio stream that we can take: no G.711, or encrypted, or no address.
    #[error("the session description has no G.711 audio over RTP/AVP")]
    NotAcceptable,
}

/// A description that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    sections: Vec<Section>,
}

/// One `m=` section.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    media: String,
    port: u16,
    protocol: String,
    formats: Vec<String>,
    address: Option<IpAddr>,
    direction: Direction,
    /// Payload type, encoding name, clock rate.
    encodings: Vec<(u8, String, u32)>,
}

/// `a=sendrecv` and so on, as seen by the one who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendReceive,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

impl Direction {
    fn of_attribute(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Self::SendReceive,
            "sendonly" => Self::SendOnly,
            "recvonly" => Self::ReceiveOnly,
            "inactive" => Self::Inactive,
            _ => return None,
        })
    }

    fn attribute(self) -> &'static str {
        match self {
            Self::SendReceive => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::ReceiveOnly,
            Self::ReceiveOnly => Self::SendOnly,
            same => same,
        }
    }
}

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// How voice is written, both ways.
    pub(crate) law: Law,
    /// Its payload type.
    pub(crate) payload_type: u8,
    /// The payload type of telephone events, when the far end knows them.
    pub(crate) event_payload_type: Option<u8>,
    /// Where to send; `None` while the far end wants nothing (port 0 or 0.0.0.0).
    pub(crate) far: Option<SocketAddr>,
    /// May we send?
    pub(crate) we_send: bool,
}

/// Our side of a description.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local {
    /// The address and port of our RTP socket as the far end sees it.
    pub(crate) address: SocketAddr,
    /// Names the session; the same in every description of a dialog.
    pub(crate) session: u64,
    /// Counts the descriptions of the dialog.
    pub(crate) version: u64,
}

impl Description {
    /// Reads a body of type `application/sdp`.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, SdpError> {
        let text = std::str::from_utf8(body).map_err(|_| SdpError::Malformed)?;
        let mut lines = text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty());
        if lines.next() != Some("v=0") {
            return Err(SdpError::Malformed);
        }
        let mut session_address = None;
        let mut session_direction = Direction::SendReceive;
        let mut sections: Vec<Section> = Vec::new();
        for line in lines {
            let (kind, value) = line.split_once('=').ok_or(SdpError::Malformed)?;
            let section = sections.last_mut();
            match (kind, section) {
                ("m", _) => {
                    if sections.len() == SECTIONS_MAX {
                        return Err(SdpError::Malformed);
                    }
                    let mut section = Section::parse(value)?;
                    section.address = session_address;
                    section.direction = session_direction;
                    sections.push(section);
                }
                ("c", None) => session_address = connection_address(value)?,
                ("c", Some(section)) => section.address = connection_address(value)?,
                ("a", None) => {
                    session_direction = Direction::of_attribute(value).unwrap_or(session_direction);
                }
                ("a", Some(section)) => section.attribute(value),
                _ => {}
            }
        }
        Ok(Self { sections })
    }

    /// The answer to this offer, with what it settles.
    pub(crate) fn answer(&self, local: Local) -> Result<(String, Agreed), SdpError> {
        let (index, agreed) = self.agreed()?;
        let mut answer = session_lines(local);
        for (place, section) in self.sections.iter().enumerate() {
            if place == index {
                let direction = section.direction.mirrored();
                let port = local.address.port();
                audio_lines(
                    &mut answer,
                    &section.protocol,
                    port,
                    &[agreed.codec()],
                    agreed.event_payload_type,
                    direction,
                );
            } else {
                let format = section.formats.first().map_or("0", String::as_str);
                let (media, protocol) = (&section.media, &section.protocol);
                let _ = write!(answer, "m={media} 0 {protocol} {format}\r\n");
            }
        }
        Ok((answer, agreed))
    }

    /// What this answer to our offer settles.
    pub(crate) fn settled(&self) -> Result<Agreed, SdpError> {
        self.agreed().map(|(_, agreed)| agreed)
    }

    fn agreed(&self) -> Result<(usize, Agreed), SdpError> {
        self.sections
            .iter()
            .enumerate()
            .find_map(|(index, section)| Some((index, section.agreed()?)))
            .ok_or(SdpError::NotAcceptable)
    }
}

impl Agreed {
    fn codec(&self) -> (u8, Law) {
        (self.payload_type, self.law)
    }
}

impl Section {
    fn parse(value: &str) -> Result<Self, SdpError> {
        let mut words = value.split_whitespace();
        let mut word = || words.next().ok_or(SdpError::Malformed);
        let (media, port, protocol) = (word()?, word()?, word()?);
        let port = port.split('/').next().unwrap_or(port);
        Ok(Self {
            media: media.to_owned(),
            port: port.parse().map_err(|_| SdpError::Malformed)?,
            protocol: protocol.to_owned(),
            formats: words.map(str::to_owned).collect(),
            address: None,
            direction: Direction::SendReceive,
            encodings: Vec::new(),
        })
    }

    fn attribute(&mut self, value: &str) {
        if let Some(direction) = Direction::of_attribute(value) {
            self.direction = direction;
        }
        if let Some(encoding) = value.strip_prefix("rtpmap:").and_then(encoding_of) {
            self.encodings.push(encoding);
        }
    }

    fn agreed(&self) -> Option<Agreed> {
        let plain = matches!(self.protocol.as_str(), "RTP/AVP" | "RTP/AVPF");
        if self.media != "audio" || !plain || self.port == 0 {
            return None;
        }
        let types = || self.formats.iter().filter_map(|f| f.parse::<u8>().ok());
        let (payload_type, law) = types().find_map(|pt| Some((pt, self.law_of(pt)?)))?;
        let event_payload_type = types().find(|pt| {
            self.named(*pt)
                .is_some_and(|n| n == ("telephone-event", 8_000))
        });
        let ip = self.address?;
        let listens = matches!(
            self.direction,
            Direction::SendReceive | Direction::ReceiveOnly
        );
        let far = (!ip.is_unspecified()).then(|| SocketAddr::new(ip, self.port));
        Some(Agreed {
            law,
            payload_type,
            event_payload_type,
            far,
            we_send: listens && far.is_some(),
        })
    }

    fn law_of(&self, payload_type: u8) -> Option<Law> {
        match self.named(payload_type) {
            Some(("pcmu", 8_000)) => Some(Law::Mu),
            Some(("pcma", 8_000)) => Some(Law::A),
            Some(_) => None,
            None if payload_type == Law::Mu.static_payload_type() => Some(Law::Mu),
            None if payload_type == Law::A.static_payload_type() => Some(Law::A),
            None => None,
        }
    }

    fn named(&self, payload_type: u8) -> Option<(&str, u32)> {
        self.encodings
            .iter()
            .find(|(pt, _, _)| *pt == payload_type)
            .map(|(_, name, rate)| (name.as_str(), *rate))
    }
}

/// Our own offer: both laws, the org's usual one first, and telephone events.
pub(crate) fn offer(local: Local, first: Law) -> String {
    let second = match first {
        Law::Mu => Law::A,
        Law::A => Law::Mu,
    };
    let codecs = [first, second].map(|law| (law.static_payload_type(), law));
    let mut text = session_lines(local);
    let port = local.address.port();
    audio_lines(
        &mut text,
        "RTP/AVP",
        port,
        &codecs,
        Some(EVENT_PAYLOAD_TYPE),
        Direction::SendReceive,
    );
    text
}

fn session_lines(local: Local) -> String {
    let ip = local.address.ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let (session, version) = (local.session, local.version);
    format!(
        "v=0\r\no=offhook {session} {version} IN {family} {ip}\r\ns=-\r\n\
         c=IN {family} {ip}\r\nt=0 0\r\n"
    )
}

fn audio_lines(
    text: &mut String,
    protocol: &str,
    port: u16,
    codecs: &[(u8, Law)],
    event: Option<u8>,
    direction: Direction,
) {
    let _ = write!(text, "m=audio {port} {protocol}");
    for (payload_type, _) in codecs {
        let _ = write!(text, " {payload_type}");
    }
    if let Some(event) = event {
        let _ = write!(text, " {event}");
    }
    text.push_str("\r\n");
    for (payload_type, law) in codecs {
        let name = law.encoding_name();
        let _ = write!(text, "a=rtpmap:{payload_type} {name}/8000\r\n");
    }
    if let Some(event) = event {
        let _ = write!(
            text,
            "a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\n"
        );
    }
    let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.attribute());
}

fn connection_address(value: &str) -> Result<Option<IpAddr>, SdpError> {
    let address = value.split_whitespace().nth(2).ok_or(SdpError::Malformed)?;
    let address = address.split('/').next().unwrap_or(address);
    // A host name is allowed by the grammar; no trunk uses one, and we ask no name server here.
    Ok(address.parse().ok())
}

fn encoding_of(value: &str) -> Option<(u8, String, u32)> {
    let (payload_type, rest) = value.trim().split_once(' ')?;
    let mut parts = rest.trim().split('/');
    let name = parts.next()?.to_ascii_lowercase();
    let rate = parts.next()?.parse().ok()?;
    Some((payload_type.parse().ok()?, name, rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "192.0.2.9:40000";

    fn local() -> Local {
        Local {
            address: LOCAL.parse().expect("an address"),
            session: 7,
            version: 1,
        }
    }

    fn check(offer: &str) -> Result<(String, Agreed), SdpError> {
        Description::parse(offer.as_bytes())?.answer(local())
    }

    fn offered(lines: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{lines}"
        )
    }

    #[test]
    fn the_first_law_of_the_offer_is_taken_with_its_events() {
        let (answer, agreed) = check(&offered(
            "m=audio 4000 RTP/AVP 9 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\n",
        ))
        .expect("an answer");
        assert_eq!(agreed.law, Law::A);
        assert_eq!(agreed.event_payload_type, Some(96));
        assert_eq!(
            agreed.far,
            Some("198.51.100.7:4000".parse().expect("address"))
        );
        assert!(
            answer.contains("m=audio 40000 RTP/AVP 8 96\r\n"),
            "{answer}"
        );
        assert!(answer.contains("c=IN IP4 192.0.2.9\r\n"), "{answer}");
        assert!(answer.ends_with("a=sendrecv\r\n"), "{answer}");
    }

    #[test]
    fn other_streams_are_declined_in_their_places() {
        let (answer, _) = check(&offered(
            "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\nm=image 6000 udptl t38\r\n",
        ))
        .expect("an answer");
        let media: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
        assert_eq!(
            media,
            [
                "m=video 0 RTP/AVP 31",
                "m=audio 40000 RTP/AVP 0",
                "m=image 0 udptl t38"
            ]
        );
    }

    #[test]
    fn hold_in_all_its_spellings_stops_our_sending() {
        for (lines, our_attribute) in [
            ("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly"),
            ("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", "a=inactive"),
            (
                "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
                "a=sendrecv",
            ),
        ] {
            let (answer, agreed) = check(&offered(lines)).expect("an answer");
            assert!(!agreed.we_send, "{lines}");
            assert!(answer.contains(our_attribute), "{answer}");
        }
    }

    #[test]
    fn what_we_cannot_take_is_not_acceptable() {
        for lines in [
            "m=audio 4000 RTP/AVP 9 18\r\n",
            "m=audio 4000 RTP/SAVP 0\r\n",
            "m=audio 0 RTP/AVP 0\r\n",
            "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 G722/8000\r\n",
            "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 media.example.com\r\n",
            "",
        ] {
            assert_eq!(
                check(&offered(lines)),
                Err(SdpError::NotAcceptable),
                "{lines}"
            );
        }
    }

    #[test]
    fn garbage_is_malformed_and_nothing_worse() {
        for text in [
            "",
            "v=1\r\n",
            "v=0\r\nm=audio\r\n",
            "v=0\r\nm=audio x RTP/AVP 0\r\n",
            "v=0\r\nhello",
        ] {
            assert_eq!(
                Description::parse(text.as_bytes()),
                Err(SdpError::Malformed),
                "{text:?}"
            );
        }
        assert_eq!(Description::parse(&[0xFF, 0xFE]), Err(SdpError::Malformed));
        let many = offered(&"m=audio 1 RTP/AVP 0\r\n".repeat(17));
        assert_eq!(
            Description::parse(many.as_bytes()),
            Err(SdpError::Malformed)
        );
    }

    #[test]
    fn our_offer_is_understood_by_ourselves() {
        let text = offer(local(), Law::A);
        let agreed = Description::parse(text.as_bytes())
            .and_then(|d| d.settled())
            .expect("settled");
        assert_eq!(agreed.law, Law::A);
        assert_eq!(agreed.event_payload_type, Some(101));
        assert!(agreed.we_send);
    }

    #[test]
    fn addresses_of_both_families_are_written_as_they_must() {
        let six = Local {
            address: "[2001:db8::1]:5004".parse().expect("an address"),
            ..local()
        };
        assert!(offer(six, Law::Mu).contains("c=IN IP6 2001:db8::1\r\n"));
    }
}

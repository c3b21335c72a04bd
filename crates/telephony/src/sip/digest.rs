//! SIP digest (RFC 3261 section 22 with RFC 7616 and RFC 8760), both ways. As the one who asks:
//! SHA-256 first, MD5 for clients that know no better, a nonce that lives five minutes and is
//! good for each count once. As the one who is asked: the SIP stack computes the answer, but
//! reads and writes names in its own way; [`Dialect`] translates.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use md5::Md5;
use rsipstack::sip::{Header, SipMessage};
use rsipstack::transaction::endpoint::MessageInspector;
use rsipstack::transaction::random_text;
use rsipstack::transport::SipAddr;
use sha2::{Digest as _, Sha256};

/// A nonce is good for this long.
const NONCE_LIFE_MS: u64 = 5 * 60 * 1_000;
/// Nonces whose counts are remembered; the oldest are forgotten, and refused, beyond it. Only a
/// caller who knew the password gets into the table.
const NONCES_KEPT_MAX: usize = 4_096;

/// What the realm's users must prove they know.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// What became of a request's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The caller knows the password.
    Good,
    /// No credentials for our realm: ask.
    Missing,
    /// Right password, but the nonce is too old or was used: ask again, saying so.
    Stale,
    /// Wrong user or password, or not understood.
    Wrong,
}

/// The asking side.
#[derive(Debug)]
pub(crate) struct Challenger {
    realm: String,
    secret: String,
    account: Account,
    /// The highest nonce count that was taken for each nonce.
    counts: BTreeMap<String, u32>,
}

/// The hash that a digest is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Md5]
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
        }
    }
}

impl Challenger {
    /// Asks for this account's password in this realm.
    pub(crate) fn new(realm: &str, account: Account) -> Self {
        Self {
            realm: realm.to_owned(),
            secret: random_text(32),
            account,
            counts: BTreeMap::new(),
        }
    }

    /// The two headers of a 401, the better one first.
    pub(crate) fn challenges(&self, now_ms: u64, stale: bool) -> Vec<Header> {
        let nonce = self.nonce(now_ms);
        let realm = &self.realm;
        let stale = if stale { ", stale=true" } else { "" };
        [Algorithm::Sha256, Algorithm::Md5]
            .into_iter()
            .map(|algorithm| {
                let name = algorithm.name();
                let value = format!(
                    "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={name}, \
                     qop=\"auth\"{stale}"
                );
                Header::WwwAuthenticate(value.into())
            })
            .collect()
    }

    /// Judges the `Authorization` header of a request with this method.
    pub(crate) fn judge(&mut self, now_ms: u64, method: &str, value: Option<&str>) -> Verdict {
        let Some(fields) = value.and_then(digest_fields) else {
            return Verdict::Missing;
        };
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("realm") != self.realm {
            return Verdict::Missing;
        }
        let algorithm = if field("algorithm").is_empty() {
            "MD5"
        } else {
            field("algorithm")
        };
        let Some(algorithm) = Algorithm::of_name(algorithm) else {
            return Verdict::Wrong;
        };
        let count = u32::from_str_radix(field("nc"), 16);
        let (Ok(count), "auth") = (count, field("qop")) else {
            return Verdict::Wrong;
        };
        let Account { user, password } = &self.account;
        let ha1 = algorithm.hash(&format!("{user}:{}:{password}", self.realm));
        let ha2 = algorithm.hash(&format!("{method}:{}", field("uri")));
        let (nonce, nc, cnonce) = (field("nonce"), field("nc"), field("cnonce"));
        let expected = algorithm.hash(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"));
        // Both are compared to their ends, whatever the first says.
        let same_user = same(field("username"), user);
        let same_response = same(&field("response").to_ascii_lowercase(), &expected);
        if !(same_user & same_response) || password.is_empty() {
            return Verdict::Wrong;
        }
        if !self.is_ours(nonce, now_ms) || !self.take_count(nonce, count) {
            return Verdict::Stale;
        }
        Verdict::Good
    }

    /// Time, chance and a seal over both: nothing is kept for a nonce until it is used well.
    fn nonce(&self, now_ms: u64) -> String {
        let body = format!("{now_ms:012x}{}", random_text(16));
        let seal = self.seal(&body);
        format!("{body}.{seal}")
    }

    fn seal(&self, body: &str) -> String {
        let secret = &self.secret;
        let mut seal = hex(&Sha256::digest(
            format!("{secret}:{body}:{secret}").as_bytes(),
        ));
        seal.truncate(32);
        seal
    }

    fn is_ours(&self, nonce: &str, now_ms: u64) -> bool {
        let Some((body, seal)) = nonce.split_once('.') else {
            return false;
        };
        let made_ms = body
            .get(..12)
            .and_then(|time| u64::from_str_radix(time, 16).ok());
        let young = made_ms.is_some_and(|made| now_ms.saturating_sub(made) <= NONCE_LIFE_MS);
        same(seal, &self.seal(body)) && young
    }

    fn take_count(&mut self, nonce: &str, count: u32) -> bool {
        if self.counts.get(nonce).is_some_and(|taken| count <= *taken) {
            return false;
        }
        self.counts.insert(nonce.to_owned(), count);
        if self.counts.len() > NONCES_KEPT_MAX {
            // A nonce begins with its time, so the first is the oldest.
            self.counts.pop_first();
        }
        true
    }
}

/// Equal, in a time that does not tell where they differ.
fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut difference = left.len() ^ right.len();
    for (index, byte) in right.iter().enumerate() {
        difference |= usize::from(byte ^ left.get(index).copied().unwrap_or(!byte));
    }
    difference == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The `name=value` pairs of a `Digest` header, names in lower case, values without quotes.
fn digest_fields(value: &str) -> Option<BTreeMap<String, String>> {
    let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
    if !scheme.eq_ignore_ascii_case("Digest") {
        return None;
    }
    let mut fields = BTreeMap::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, remainder) = match after.strip_prefix('"') {
            Some(quoted) => quoted_value(quoted)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        fields.insert(name.trim().to_ascii_lowercase(), value);
        rest = remainder.trim_start().trim_start_matches(',').trim_start();
    }
    Some(fields)
}

/// The text up to the closing quote, and what follows it.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

/// Translates between the wire and the SIP stack's client digest, which knows `SHA256` for
/// `SHA-256`, takes the first challenge whatever it asks, and stumbles over `qop="auth,auth-int"`.
#[derive(Debug, Default)]
pub(crate) struct Dialect;

impl MessageInspector for Dialect {
    fn before_send(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        let SipMessage::Request(mut request) = message else {
            return message;
        };
        for header in request.headers.iter_mut() {
            match header {
                Header::Authorization(value) => value.0 = to_wire(&value.0),
                Header::ProxyAuthorization(value) => value.0 = to_wire(&value.0),
                _ => {}
            }
        }
        SipMessage::Request(request)
    }

    fn after_received(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        let SipMessage::Response(mut response) = message else {
            return message;
        };
        let best = |values: Vec<&str>| values.into_iter().filter_map(readable_challenge).max();
        let texts = |proxy: bool| {
            let headers = response
                .headers
                .iter()
                .filter_map(move |header| match header {
                    Header::WwwAuthenticate(value) if !proxy => Some(value.value()),
                    Header::ProxyAuthenticate(value) if proxy => Some(value.value()),
                    _ => None,
                });
            headers.collect::<Vec<_>>()
        };
        let (www, proxy) = (best(texts(false)), best(texts(true)));
        if let Some((_, text)) = www {
            let header = Header::WwwAuthenticate(text.into());
            response.headers.unique_push(header);
        }
        if let Some((_, text)) = proxy {
            let header = Header::ProxyAuthenticate(text.into());
            response.headers.unique_push(header);
        }
        SipMessage::Response(response)
    }
}

/// A challenge that we can answer, in the stack's words, with its rank.
fn readable_challenge(value: &str) -> Option<(u8, String)> {
    let fields = digest_fields(value)?;
    let algorithm = fields.get("algorithm").map_or("MD5", String::as_str);
    let (rank, algorithm) = match Algorithm::of_name(algorithm)? {
        Algorithm::Sha256 => (2, "SHA256"),
        Algorithm::Md5 => (1, "MD5"),
    };
    let quote = |text: &String| text.replace(['"', '\\'], "");
    let realm = fields.get("realm").map(quote)?;
    let nonce = fields.get("nonce").map(quote)?;
    let mut text = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}");
    if let Some(opaque) = fields.get("opaque").map(quote) {
        let _ = write!(text, ", opaque=\"{opaque}\"");
    }
    if let Some(qop) = fields.get("qop") {
        // Integrity of the body alone we cannot prove; such a challenge is not answered.
        qop.split(',')
            .find(|q| q.trim().eq_ignore_ascii_case("auth"))?;
        text.push_str(", qop=\"auth\"");
    }
    if fields
        .get("stale")
        .is_some_and(|stale| stale.eq_ignore_ascii_case("true"))
    {
        text.push_str(", stale=true");
    }
    Some((rank, text))
}

fn to_wire(value: &str) -> String {
    value
        .replace("algorithm=SHA256", "algorithm=SHA-256")
        .replace("qop=\"auth\"", "qop=auth")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenger() -> Challenger {
        let account = Account {
            user: "caller".into(),
            password: "open sesame".into(),
        };
        Challenger::new("offhook", account)
    }

    fn nonce_of(challenger: &Challenger, now_ms: u64) -> String {
        let headers = challenger.challenges(now_ms, false);
        let Header::WwwAuthenticate(value) = &headers[0] else {
            panic!("no challenge");
        };
        digest_fields(value.value()).expect("fields")["nonce"].clone()
    }

    fn response(algorithm: Algorithm, nonce: &str, password: &str, nc: &str) -> String {
        let ha1 = algorithm.hash(&format!("caller:offhook:{password}"));
        let ha2 = algorithm.hash("INVITE:sip:100@192.0.2.1");
        let proof = algorithm.hash(&format!("{ha1}:{nonce}:{nc}:abc:auth:{ha2}"));
        format!(
            "Digest username=\"caller\", realm=\"offhook\", nonce=\"{nonce}\", \
             uri=\"sip:100@192.0.2.1\", \
             response=\"{proof}\", algorithm={}, qop=auth, nc={nc}, cnonce=\"abc\"",
            algorithm.name()
        )
    }

    #[test]
    fn the_right_password_is_good_with_either_hash() {
        let mut challenger = challenger();
        for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
            let nonce = nonce_of(&challenger, 1_000);
            let header = response(algorithm, &nonce, "open sesame", "00000001");
            assert_eq!(
                challenger.judge(2_000, "INVITE", Some(&header)),
                Verdict::Good
            );
        }
    }

    #[test]
    fn the_example_of_rfc_7616_hashes_as_printed() {
        let ha1 = Algorithm::Md5.hash("Mufasa:http-auth@example.org:Circle of Life");
        let ha2 = Algorithm::Md5.hash("GET:/dir/index.html");
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let response = Algorithm::Md5.hash(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
        assert_eq!(response, "8ca523f5e9506fed4657c9700eebdbec");
    }

    #[test]
    fn a_nonce_is_taken_once_and_for_five_minutes() {
        let mut challenger = challenger();
        let nonce = nonce_of(&challenger, 1_000);
        let first = response(Algorithm::Sha256, &nonce, "open sesame", "00000001");
        assert_eq!(
            challenger.judge(1_000, "INVITE", Some(&first)),
            Verdict::Good
        );
        assert_eq!(
            challenger.judge(1_000, "INVITE", Some(&first)),
            Verdict::Stale
        );
        let second = response(Algorithm::Sha256, &nonce, "open sesame", "00000002");
        assert_eq!(
            challenger.judge(302_000, "INVITE", Some(&second)),
            Verdict::Stale
        );
        assert_eq!(
            challenger.judge(300_000, "INVITE", Some(&second)),
            Verdict::Good
        );
    }

    #[test]
    fn a_wrong_password_or_method_or_forged_nonce_is_not_good() {
        let mut challenger = challenger();
        let nonce = nonce_of(&challenger, 1_000);
        let wrong = response(Algorithm::Sha256, &nonce, "guess", "00000001");
        assert_eq!(
            challenger.judge(1_000, "INVITE", Some(&wrong)),
            Verdict::Wrong
        );
        let right = response(Algorithm::Sha256, &nonce, "open sesame", "00000001");
        assert_eq!(challenger.judge(1_000, "BYE", Some(&right)), Verdict::Wrong);
        let forged = response(
            Algorithm::Sha256,
            "0000000003e8made.up",
            "open sesame",
            "00000001",
        );
        assert_eq!(
            challenger.judge(1_000, "INVITE", Some(&forged)),
            Verdict::Stale
        );
        let other = right.replace("caller", "CALLER");
        assert_eq!(
            challenger.judge(1_000, "INVITE", Some(&other)),
            Verdict::Wrong
        );
    }

    #[test]
    fn without_a_password_nobody_gets_in() {
        let account = Account {
            user: "caller".into(),
            password: String::new(),
        };
        let mut open = Challenger::new("offhook", account);
        let nonce = nonce_of(&open, 1_000);
        let header = response(Algorithm::Sha256, &nonce, "", "00000001");
        assert_eq!(open.judge(1_000, "INVITE", Some(&header)), Verdict::Wrong);
    }

    #[test]
    fn garbage_asks_again_or_is_wrong() {
        let mut challenger = challenger();
        for (value, verdict) in [
            ("Basic abc", Verdict::Missing),
            ("Digest", Verdict::Missing),
            ("Digest realm=\"offhook", Verdict::Missing),
            ("Digest realm=\"elsewhere\", nonce=\"x\"", Verdict::Missing),
            ("Digest realm=\"offhook\"", Verdict::Wrong),
            ("Digest realm=\"offhook\", qop=auth, nc=zz", Verdict::Wrong),
            (
                "Digest realm=\"offhook\", algorithm=SHA-256-sess, qop=auth, nc=1",
                Verdict::Wrong,
            ),
        ] {
            assert_eq!(
                challenger.judge(1, "INVITE", Some(value)),
                verdict,
                "{value}"
            );
        }
        assert_eq!(challenger.judge(1, "INVITE", None), Verdict::Missing);
    }

    #[test]
    fn the_stack_is_given_the_best_challenge_it_can_answer() {
        let (_, text) = [
            "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\", algorithm=SHA-256",
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"",
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth,auth-int\"",
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, qop=\"auth\"",
        ]
        .into_iter()
        .filter_map(readable_challenge)
        .max()
        .expect("one can be answered");
        assert_eq!(
            text,
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA256, qop=\"auth\""
        );
    }
}

//! From text as it comes (a form, a trunk, a web page) to a candidate that a numbering plan can
//! read: addresses are stripped to their user part, invisible characters go, and what is no
//! number at all is told apart.

/// The most bytes of a text that are looked at.
const TEXT_LENGTH_MAX: usize = 250;
/// The most digits of a number, extension aside (E.164 allows 15).
const DIGITS_MAX: usize = 15;
/// The fewest digits of a number that is no short code.
const DIGITS_MIN: usize = 7;

/// What cleaning found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cleaned {
    /// Text that a numbering plan may read.
    Candidate(String),
    /// 3 to 6 digits.
    Short(String),
    /// No number was given.
    Anonymous,
    /// Something else.
    NotANumber,
}

/// Words with which networks and people say that there is no number.
const ANONYMOUS: &[&str] = &[
    "anonymous",
    "unknown",
    "unavailable",
    "restricted",
    "private",
    "withheld",
    "blocked",
    "no caller id",
    "unknown caller",
];

pub(crate) fn clean(text: &str) -> Cleaned {
    let text = user_part(&visible(cut(text)));
    if text.is_empty() || ANONYMOUS.contains(&text.to_lowercase().as_str()) {
        return Cleaned::Anonymous;
    }
    let (number, _) = split_extension(&text);
    let digits = digits(number);
    let keyed = digits.len() + number.chars().filter(char::is_ascii_alphabetic).count();
    let starts_like_one = text.starts_with(|c: char| is_digit(c) || "+＋(#*".contains(c));
    if !starts_like_one || digits.len() < 3 || keyed > DIGITS_MAX {
        return Cleaned::NotANumber;
    }
    if digits.bytes().all(|b| b == b'0') {
        // What people put into a required field, and some trunks for no number: 000-000-0000.
        return Cleaned::Anonymous;
    }
    let vanity = keyed > digits.len();
    if vanity && !is_vanity(number) {
        return Cleaned::NotANumber;
    }
    if !vanity && digits.len() < DIGITS_MIN {
        let plain = number.chars().all(|c| is_digit(c) || " -.()".contains(c));
        return if plain {
            Cleaned::Short(digits)
        } else {
            Cleaned::NotANumber
        };
    }
    Cleaned::Candidate(text)
}

/// `1-800-FLOWERS`: 3 to 8 digits, then capitals alone, 10 to 12 keys in all. Other text with
/// letters is a street (`123 Oak Street`), a company or a record's id.
fn is_vanity(number: &str) -> bool {
    let keys: Vec<char> = number.chars().filter(char::is_ascii_alphanumeric).collect();
    let area = keys.iter().take_while(|c| c.is_ascii_digit()).count();
    let word = keys.get(area..).unwrap_or_default();
    number.is_ascii()
        && (3..=8).contains(&area)
        && (10..=12).contains(&keys.len())
        && word.len() >= 3
        && word.iter().all(char::is_ascii_uppercase)
}

/// The decimal digits of a text, in any script, as ASCII.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter_map(as_ascii_digit).collect()
}

/// The number and its extension, where the text has one: `555 0100 x12`, `;ext=12`, `, 12`.
pub(crate) fn split_extension(text: &str) -> (&str, Option<String>) {
    let lower = text.to_ascii_lowercase();
    for mark in [";ext=", "extension", "ext.", "ext", "x", "#", ",", ";"] {
        // A mark is one only behind digits: `#31#…` and letters of a name are none.
        let Some(at) = lower.rfind(mark) else {
            continue;
        };
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + mark.len()..)) else {
            continue;
        };
        let extension = after.trim_matches([' ', '.', ':', '#']);
        let is_extension = (1..=7).contains(&extension.len())
            && extension.bytes().all(|b| b.is_ascii_digit())
            && digits(before).len() >= DIGITS_MIN;
        if is_extension {
            return (before.trim_end(), Some(extension.to_owned()));
        }
    }
    (text, None)
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_LENGTH_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Marks that show nothing go; every kind of blank becomes a space; ends are trimmed.
fn visible(text: &str) -> String {
    let shown = text.chars().filter(|c| !is_invisible(*c));
    let spaced = shown.map(|c| {
        if c.is_whitespace() || c.is_control() {
            ' '
        } else {
            c
        }
    });
    spaced.collect::<String>().trim().to_owned()
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `sip:+15550100@host;user=phone`, `"Ann" <sip:…>;tag=1` and `tel:+1-555-0100;ext=12` to the
/// number itself.
fn user_part(text: &str) -> String {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest);
    let inner = inner.split('>').next().unwrap_or_default();
    let text = inner.trim_matches(['"', ' ']);
    let scheme = ["sips:", "sip:", "tel:", "callto:"];
    let Some(start) = scheme.iter().find(|s| starts_without_case(text, s)) else {
        return text.to_owned();
    };
    let text = text.get(start.len()..).unwrap_or_default();
    let text = text.trim_start_matches('/');
    let (user, parameters) = match text.split_once('@') {
        Some((user, _)) => (user, ""),
        None => text.split_once(';').unwrap_or((text, "")),
    };
    // Parameters and a password may follow the user of a SIP address.
    let user = percent_decoded(user.split([';', ':']).next().unwrap_or_default());
    let parameter = |name: &str| parameters.split(';').find_map(|p| p.strip_prefix(name));
    let context = parameter("phone-context=").filter(|context| context.starts_with('+'));
    let context = context
        .filter(|_| !user.starts_with('+'))
        .unwrap_or_default();
    let extension = parameter("ext=").map(|extension| format!(";ext={extension}"));
    format!("{context}{user}{}", extension.unwrap_or_default())
}

/// Percent escapes of ASCII characters decoded; others stay.
fn percent_decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let code = after.get(..2);
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                decoded.push(char::from(code));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

fn starts_without_case(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_digit(c: char) -> bool {
    as_ascii_digit(c).is_some()
}

/// Decimal digits of the scripts in which telephones are written.
fn as_ascii_digit(c: char) -> Option<char> {
    const ZEROS: &[char] = &[
        '0', '\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{1040}',
    ];
    let digit = |zero: &char| {
        let offset = u32::from(c)
            .checked_sub(u32::from(*zero))
            .filter(|offset| *offset < 10)?;
        char::from_digit(offset, 10)
    };
    ZEROS.iter().find_map(digit)
}

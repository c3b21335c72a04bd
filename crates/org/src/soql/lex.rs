//! From characters to tokens: words, strings with their escapes, numbers, dates, signs. Comments
//! (`/* */`) and blanks are left out.

use jiff::civil::{Date, Time};

use super::ast::At;
use super::error::Fault;
use super::limits::STRING_CHARS_MAX;
use crate::Value;

/// A token and where it is in the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub at: At,
    /// Its first byte and the one behind its last.
    pub span: (usize, usize),
    pub kind: TokenKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or a keyword.
    Word(String),
    /// `'text'` as in [`super::ast::LiteralKind::Text`].
    Text(String),
    /// A number, a date, a moment.
    Value(Value),
    /// `USD100.5`.
    Currency {
        code: String,
        amount: f64,
    },
    /// `(`, `)`, `,`, `.`, `:`, `=`, `!=`, `<`, `<=`, `>`, `>=`.
    Sign(&'static str),
    End,
}

/// All tokens of a text from this byte on, `End` last.
pub(crate) fn tokens(text: &str, start: usize) -> Result<Vec<Token>, (At, Fault)> {
    let mut lexer = Lexer {
        text,
        offset: start,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let start = lexer.offset;
        let kind = lexer.token()?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token {
            at: At(start),
            span: (start, lexer.offset),
            kind,
        });
        if is_end {
            return Ok(tokens);
        }
    }
}

/// Signs, the longer ones first. `<>` is `!=`.
const SIGNS: [(&str, &str); 12] = [
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("(", "("),
    (")", ")"),
    (",", ","),
    (".", "."),
    (":", ":"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
];

struct Lexer<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.offset..]
    }

    fn skip_blanks(&mut self) -> Result<(), (At, Fault)> {
        loop {
            let rest = self.rest();
            self.offset += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with("/*") {
                return Ok(());
            }
            let Some(end) = self.rest().find("*/") else {
                let fault = Fault::malformed("unexpected token: '/*'");
                return Err((At(self.offset), fault.hint("The comment has no end (*/).")));
            };
            self.offset += end + 2;
        }
    }

    fn token(&mut self) -> Result<TokenKind, (At, Fault)> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(TokenKind::End);
        };
        match first {
            '\'' => self.string(),
            'a'..='z' | 'A'..='Z' => Ok(self.word()),
            '0'..='9' => self.number(),
            '+' | '-' if starts_with_digit(&rest[1..]) => self.number(),
            _ => self.sign(first),
        }
    }

    fn sign(&mut self, first: char) -> Result<TokenKind, (At, Fault)> {
        let rest = self.rest();
        if let Some((written, sign)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            self.offset += written.len();
            return Ok(TokenKind::Sign(sign));
        }
        let fault = Fault::malformed(format!("unexpected token: '{}'", first.escape_debug()));
        let hint = match first {
            '"' => "Text stands in single quotes.",
            ';' => "A query ends without a semicolon.",
            _ => "",
        };
        Err((At(self.offset), fault.hint(hint)))
    }

    /// A name; or a sum of money, which looks like one.
    fn word(&mut self) -> TokenKind {
        let word = word_prefix(self.rest());
        if let Some((currency, length)) = currency(self.rest(), word) {
            self.offset += length;
            return currency;
        }
        self.offset += word.len();
        TokenKind::Word(word.to_owned())
    }

    fn number(&mut self) -> Result<TokenKind, (At, Fault)> {
        let written = number_prefix(self.rest());
        let Some(value) = number_value(written) else {
            let fact = format!("unexpected token: '{written}'");
            let hint = "Numbers are written 12 or 1.5, dates 2026-11-24, moments \
                        2026-11-24T09:30:00Z; years go from 1700 to 4000.";
            return Err((At(self.offset), Fault::malformed(fact).hint(hint)));
        };
        self.offset += written.len();
        Ok(TokenKind::Value(value))
    }

    fn string(&mut self) -> Result<TokenKind, (At, Fault)> {
        let start = self.offset;
        self.offset += 1;
        let mut text = String::new();
        let mut count = 0;
        loop {
            let Some(next) = self.rest().chars().next() else {
                let fault = Fault::malformed("unexpected token: '<EOF>'");
                return Err((At(start), fault.hint("The text has no closing quote (').")));
            };
            match next {
                '\'' => break,
                '\\' => self.escape(&mut text)?,
                '\0' => return Err((At(self.offset), no_nul())),
                _ => {
                    self.offset += next.len_utf8();
                    text.push(next);
                }
            }
            count += 1;
            if count > STRING_CHARS_MAX {
                return Err((At(start), too_long()));
            }
        }
        self.offset += 1;
        Ok(TokenKind::Text(text))
    }

    /// What a backslash and the following characters stand for.
    fn escape(&mut self, text: &mut String) -> Result<(), (At, Fault)> {
        let code = self.rest().chars().nth(1);
        let plain = match code {
            Some('n' | 'N') => "\n",
            Some('r' | 'R') => "\r",
            Some('t' | 'T') => "\t",
            Some('b' | 'B') => "\u{8}",
            Some('f' | 'F') => "\u{c}",
            Some('"') => "\"",
            Some('\'') => "'",
            Some('\\') => "\\\\",
            Some('_') => "\\_",
            Some('%') => "\\%",
            Some('u' | 'U') => return self.unicode_escape(text),
            _ => {
                let sequence: String = self.rest().chars().take(2).collect();
                return Err((At(self.offset), bad_escape(&sequence)));
            }
        };
        text.push_str(plain);
        self.offset += 2;
        Ok(())
    }

    /// `\u00e9`; two of them for a character beyond the first plane.
    fn unicode_escape(&mut self, text: &mut String) -> Result<(), (At, Fault)> {
        let start = self.offset;
        let sequence: String = self.rest().chars().take(6).collect();
        let bad = || (At(start), bad_escape(&sequence));
        let first = self.code_unit().ok_or_else(bad)?;
        let c = match char::from_u32(first) {
            Some(c) => c,
            None => {
                let second = self.code_unit().ok_or_else(bad)?;
                let units = [first, second].map(|unit| unit as u16);
                let mut chars = char::decode_utf16(units);
                chars.next().and_then(Result::ok).ok_or_else(bad)?
            }
        };
        match c {
            '\0' => return Err((At(start), no_nul())),
            '\\' => text.push_str("\\\\"),
            _ => text.push(c),
        }
        Ok(())
    }

    fn code_unit(&mut self) -> Option<u32> {
        let rest = self.rest();
        let digits = rest.strip_prefix("\\u").or(rest.strip_prefix("\\U"))?;
        let digits = digits.get(..4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.offset += 6;
        u32::from_str_radix(digits, 16).ok()
    }
}

fn bad_escape(sequence: &str) -> Fault {
    let fact = format!("Illegal character sequence '{sequence}' in string literal.");
    Fault::malformed(fact)
        .hint(r#"Known are \n \r \t \b \f \" \' \\ \uXXXX, and in LIKE \_ and \%."#)
}

fn no_nul() -> Fault {
    Fault::malformed("Illegal character '\\u0000' in string literal.")
}

fn too_long() -> Fault {
    let fact = format!("String literal is longer than {STRING_CHARS_MAX} characters.");
    Fault::malformed(fact).hint("Split the query.")
}

fn word_prefix(rest: &str) -> &str {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &rest[..end.unwrap_or(rest.len())]
}

fn starts_with_digit(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_digit())
}

/// The sum of money that the text begins with, and its length.
fn currency(rest: &str, word: &str) -> Option<(TokenKind, usize)> {
    let code = word.get(..3)?;
    let digits = &word[3..];
    let is_code = code.bytes().all(|b| b.is_ascii_alphabetic());
    if !is_code || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = rest[word.len()..].strip_prefix('.');
    let fraction = fraction.filter(|f| starts_with_digit(f)).map(digits_prefix);
    let length = word.len() + fraction.map_or(0, |f| f.len() + 1);
    let amount = finite(&rest[3..length])?;
    let code = code.to_ascii_uppercase();
    Some((TokenKind::Currency { code, amount }, length))
}

fn digits_prefix(rest: &str) -> &str {
    let end = rest.find(|c: char| !c.is_ascii_digit());
    &rest[..end.unwrap_or(rest.len())]
}

/// Everything that may belong to a number, a date or a moment.
fn number_prefix(rest: &str) -> &str {
    let mut end = 0;
    let bytes = rest.as_bytes();
    while let Some(&byte) = bytes.get(end) {
        let is_part = match byte {
            b'+' | b'-' => end == 0 || starts_with_digit(&rest[end + 1..]),
            b'.' | b':' => starts_with_digit(&rest[end + 1..]),
            _ => byte.is_ascii_alphanumeric() || byte == b'_',
        };
        if !is_part {
            break;
        }
        end += 1;
    }
    &rest[..end]
}

fn number_value(written: &str) -> Option<Value> {
    let digits = written.trim_start_matches(['+', '-']);
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        let integer = written.parse().ok().map(Value::Integer);
        return integer.or_else(|| finite(written).map(Value::Number));
    }
    if digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return finite(written).map(Value::Number);
    }
    date_value(written).or_else(|| time_value(written))
}

/// `09:30:00.000Z`.
fn time_value(written: &str) -> Option<Value> {
    let (time, offset_s) = time_and_offset(written)?;
    (offset_s == 0).then_some(Value::Time(time))
}

fn finite(written: &str) -> Option<f64> {
    written
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// Years that dates and moments may be in (SOAP API guide, "Primitive Data Types").
const YEARS: std::ops::RangeInclusive<i16> = 1700..=4000;

/// The same years in UTC, in milliseconds since 1970.
const MOMENTS_MS: std::ops::Range<i64> = -8_520_336_000_000..64_092_211_200_000;

/// `2026-11-24`, `2026-11-24T09:30:00Z`, `2026-11-24T09:30:00.000+01:00`.
fn date_value(written: &str) -> Option<Value> {
    let is_date_shape = |text: &str| {
        let shape = text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
        text.len() == 10 && shape
    };
    let date_text = written.get(..10).filter(|text| is_date_shape(text))?;
    let date: Date = date_text.parse().ok()?;
    if !YEARS.contains(&date.year()) {
        return None;
    }
    if written.len() == 10 {
        return Some(Value::Date(date));
    }
    let rest = written[10..].strip_prefix(['T', 't'])?;
    let (time, offset_s) = time_and_offset(rest)?;
    let local = date
        .to_datetime(time)
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .ok()?;
    let utc_ms = local.timestamp().as_millisecond() - i64::from(offset_s) * 1000;
    if !MOMENTS_MS.contains(&utc_ms) {
        return None;
    }
    Some(Value::DateTime(utc_ms))
}

/// `09:30:00.000+01:00`, `09:30:00Z`.
fn time_and_offset(text: &str) -> Option<(Time, i32)> {
    let (time, offset_s) = match text.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let split = text.rfind(['+', '-'])?;
            (&text[..split], offset_seconds(&text[split..])?)
        }
    };
    let is_time = |(i, b): (usize, u8)| match i {
        2 | 5 => b == b':',
        8 => b == b'.',
        _ => b.is_ascii_digit(),
    };
    if !(8..=18).contains(&time.len()) || !time.bytes().enumerate().all(is_time) {
        return None;
    }
    Some((time.parse().ok()?, offset_s))
}

/// `+01:00`, `-0530`.
fn offset_seconds(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text[1..].replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits[2..].parse().ok()?;
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

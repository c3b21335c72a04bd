//! Words of a text and words that are searched. A word ends at whatever is no letter or digit,
//! and between letters and digits: `SN-450b` is `sn`, `450`, `b`.

use offhook_org::Value;
use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object};

use crate::database::folding::fold;

/// Characters of a word that count.
const WORD_CHARS_MAX: usize = 64;

/// Words of one record that are kept, over all its fields.
const WORDS_MAX: usize = 2_000;

/// The last digits of a telephone number are words of their own: people know numbers by them.
const ENDS_OF_NUMBERS: [usize; 3] = [4, 7, 10];

/// Which fields are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchFields {
    /// Every field that has text.
    All,
    /// What a record is called by: name, subject, company, website.
    Name,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
}

/// Places of the groups of fields among [`Words`].
const NAME: usize = 0;
const EMAIL: usize = 1;
const PHONE: usize = 2;
const OTHER: usize = 3;

/// The words of a record: of its name, e-mail addresses, telephone numbers, and the rest.
#[derive(Debug, Default)]
pub(super) struct Words(pub(super) [Vec<String>; 4]);

/// The words of a text, in small letters.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_digit = false;
    for letter in fold(text).chars() {
        let is_digit = letter.is_numeric();
        let goes_on = letter.is_alphanumeric() && (word.is_empty() || is_digit == was_digit);
        if !goes_on && !word.is_empty() {
            words.push(cut(std::mem::take(&mut word)));
        }
        if letter.is_alphanumeric() {
            word.push(letter);
        }
        was_digit = is_digit;
    }
    if !word.is_empty() {
        words.push(cut(word));
    }
    words
}

fn cut(word: String) -> String {
    match word.char_indices().nth(WORD_CHARS_MAX) {
        Some((end, _)) => word[..end].to_owned(),
        None => word,
    }
}

pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The group of a field, if it is searched at all.
fn group(object: &Object, field: &Field) -> Option<usize> {
    let name = field.name.as_str();
    let names = match object.name.as_str() {
        "Account" => &["Website"][..],
        "Lead" => &["Company"],
        "Case" => &["Subject"],
        _ => &[],
    };
    Some(match field.kind {
        FieldKind::Email => EMAIL,
        FieldKind::Phone => PHONE,
        _ if field.name == object.name_field || names.contains(&name) => NAME,
        FieldKind::Picklist => return None,
        _ if crate::tables::is_text(field) => OTHER,
        _ => return None,
    })
}

/// The fields that are searched.
pub(super) fn searched_fields(object: &Object) -> impl Iterator<Item = &Field> {
    let fields = object.fields.iter();
    fields.filter(|field| group(object, field).is_some())
}

impl Words {
    /// The words of a record's fields.
    pub(super) fn of(object: &Object, fields: &Fields) -> Self {
        let mut all = Self::default();
        let mut left = WORDS_MAX;
        for field in &object.fields {
            let (Some(group), Some(Value::Text(text))) =
                (group(object, field), fields.get(&field.name))
            else {
                continue;
            };
            let mut found = words(text);
            if group == PHONE {
                add_digits(&mut found, &digits(text));
            }
            found.truncate(left);
            left -= found.len();
            for word in found {
                if !all.0[group].contains(&word) || group == NAME {
                    all.0[group].push(word);
                }
            }
        }
        all
    }

    /// Is it in one of the searched fields?
    fn has(&self, fields: SearchFields, is_it: impl Fn(&str) -> bool) -> bool {
        let groups = match fields {
            SearchFields::All => &self.0[..],
            SearchFields::Name => &self.0[NAME..=NAME],
            SearchFields::Email => &self.0[EMAIL..=EMAIL],
            SearchFields::Phone => &self.0[PHONE..=PHONE],
        };
        groups.iter().flatten().any(|word| is_it(word))
    }
}

fn add_digits(words: &mut Vec<String>, digits: &str) {
    words.push(digits.to_owned());
    for end in ENDS_OF_NUMBERS {
        if let Some(start) = digits.len().checked_sub(end).filter(|start| *start > 0) {
            words.push(digits[start..].to_owned());
        }
    }
}

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// A word; of a pattern (`jo*n?`), by the letters before its first wildcard.
    Word {
        begins: String,
        /// The rest of a pattern with wildcards; `None` where only the whole word counts.
        rest: Option<String>,
    },
    /// All of these; of none: nothing is found.
    All(Vec<Wanted>),
    /// One of these.
    Any(Vec<Wanted>),
    /// The first and not the second.
    Without(Box<Wanted>, Box<Wanted>),
}

impl Wanted {
    /// A word that begins so.
    pub(super) fn prefix(word: &str) -> Self {
        Self::Word {
            begins: word.to_owned(),
            rest: Some("*".to_owned()),
        }
    }

    /// Can the index alone say whether a record is wanted?
    pub(super) fn is_told_by_index(&self) -> bool {
        match self {
            Self::Word { rest, .. } => rest.as_deref().is_none_or(|rest| rest == "*"),
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::is_told_by_index),
            Self::Without(wanted, unwanted) => {
                wanted.is_told_by_index() && unwanted.is_told_by_index()
            }
        }
    }

    /// Is it in these words?
    pub(super) fn is_in(&self, words: &Words, fields: SearchFields) -> bool {
        match self {
            Self::Word { begins, rest: None } => words.has(fields, |word| word == begins),
            Self::Word {
                begins,
                rest: Some(rest),
            } => words.has(fields, |word| {
                word.strip_prefix(begins.as_str())
                    .is_some_and(|tail| matches(tail, rest))
            }),
            Self::All(parts) => {
                !parts.is_empty() && parts.iter().all(|part| part.is_in(words, fields))
            }
            Self::Any(parts) => parts.iter().any(|part| part.is_in(words, fields)),
            Self::Without(wanted, unwanted) => {
                wanted.is_in(words, fields) && !unwanted.is_in(words, fields)
            }
        }
    }
}

/// Does a text match a pattern of `*` (any run) and `?` (one letter)?
fn matches(text: &str, pattern: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            let ends = text.char_indices().map(|(start, _)| &text[start..]);
            rest.is_empty() || ends.chain([""]).any(|end| matches(end, rest))
        }
        Some(letter) => {
            let mut text = text.chars();
            text.next()
                .is_some_and(|first| letter == '?' || letter == first)
                && matches(text.as_str(), letters.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_punctuation_and_between_letters_and_digits() {
        assert_eq!(words("SN-450b, O'Hara"), ["sn", "450", "b", "o", "hara"]);
        assert_eq!(
            words("Ann.OHara@Example.com"),
            ["ann", "ohara", "example", "com"]
        );
        assert_eq!(words("MÜLLER & Söhne"), ["müller", "söhne"]);
        assert!(words(" % _ ").is_empty());
    }

    #[test]
    fn a_pattern_matches_as_it_says() {
        for (text, pattern, is_match) in [
            ("john", "j*n", true),
            ("jon", "j?n", true),
            ("john", "j?n", false),
            ("jo", "jo*", true),
            ("jo", "*", true),
            ("", "", true),
            ("jonny", "j*n", false),
        ] {
            assert_eq!(matches(text, pattern), is_match, "{text} {pattern}");
        }
    }

    #[test]
    fn ends_of_numbers_are_words() {
        let mut words = Vec::new();
        add_digits(&mut words, "14155550123");
        assert_eq!(words, ["14155550123", "0123", "5550123", "4155550123"]);
    }
}

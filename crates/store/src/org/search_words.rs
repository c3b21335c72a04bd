//! Words of a text and words that are searched. A word ends at whatever is no letter or digit,
//! and between letters and digits: `SN-450b` is `sn`, `450`, `b`.

use std::collections::BTreeSet;

use offhook_org::record::Fields;
use offhook_org::schema::{Field, FieldKind, Object};
pub(super) use offhook_org::sosl::ast::FieldGroup as SearchFields;
use offhook_org::{Value, sosl};

use crate::database::folding::fold;

/// Characters of a word that count.
const WORD_CHARS_MAX: usize = 64;

/// Words of one record that are kept, over all its fields.
const WORDS_MAX: usize = 2_000;

/// The last digits of a telephone number are words of their own: people know numbers by them.
const ENDS_OF_NUMBERS: [usize; 3] = [4, 7, 10];

/// Places of the groups of fields among [`Words`].
const NAME: usize = 0;
const EMAIL: usize = 1;
const PHONE: usize = 2;
const OTHER: usize = 3;

/// The words of a record's fields, each field's in order, with the group of the field.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<(usize, Vec<String>)>);

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

/// Is the field one of those that a record is called by?
pub(super) fn is_called_by(object: &Object, field: &Field) -> bool {
    group(object, field) == Some(NAME)
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
            all.0.push((group, found));
        }
        all
    }

    /// The words of name, e-mail addresses, telephone numbers and the rest, each once.
    pub(super) fn by_group(&self) -> [BTreeSet<&str>; 4] {
        let mut groups: [BTreeSet<&str>; 4] = Default::default();
        for (group, words) in &self.0 {
            groups[*group].extend(words.iter().map(String::as_str));
        }
        groups
    }

    /// Is it in one of the searched fields?
    fn has(&self, fields: SearchFields, is_it: impl Fn(&[String]) -> bool) -> bool {
        let group = match fields {
            SearchFields::All | SearchFields::Sidebar => None,
            SearchFields::Name => Some(NAME),
            SearchFields::Email => Some(EMAIL),
            SearchFields::Phone => Some(PHONE),
        };
        let searched = self
            .0
            .iter()
            .filter(|(of, _)| group.is_none_or(|group| group == *of));
        searched.into_iter().any(|(_, words)| is_it(words))
    }

    fn has_word(&self, fields: SearchFields, is_it: impl Fn(&str) -> bool) -> bool {
        self.has(fields, |words| words.iter().any(|word| is_it(word)))
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
    /// Words one behind the other in one field.
    Phrase(Vec<String>),
    /// A telephone number: by the keys of numbers, or by its words.
    Number { text: String, words: Box<Wanted> },
    /// All of these; of none: nothing is found.
    All(Vec<Wanted>),
    /// One of these.
    Any(Vec<Wanted>),
    /// The first and not the second.
    Without(Box<Wanted>, Box<Wanted>),
}

impl Wanted {
    /// From a plan, whose words are not folded yet.
    pub(super) fn of_plan(wanted: &sosl::plan::Wanted) -> Self {
        let all = |parts: &[sosl::plan::Wanted]| parts.iter().map(Self::of_plan).collect();
        match wanted {
            sosl::plan::Wanted::Word(word) => Self::pattern(&fold(word)),
            sosl::plan::Wanted::Phrase(words) => {
                Self::Phrase(words.iter().map(|word| cut(fold(word))).collect())
            }
            sosl::plan::Wanted::Number { text, words } => Self::Number {
                text: text.clone(),
                words: Box::new(Self::of_plan(words)),
            },
            sosl::plan::Wanted::All(parts) => Self::All(all(parts)),
            sosl::plan::Wanted::Any(parts) => Self::Any(all(parts)),
            sosl::plan::Wanted::Without(wanted, unwanted) => Self::Without(
                Box::new(Self::of_plan(wanted)),
                Box::new(Self::of_plan(unwanted)),
            ),
        }
    }

    fn pattern(word: &str) -> Self {
        let end = word.find(['*', '?']).unwrap_or(word.len());
        let (begins, rest) = word.split_at(end);
        Self::Word {
            begins: cut(begins.to_owned()),
            rest: (!rest.is_empty()).then(|| rest.to_owned()),
        }
    }

    /// A word that begins so.
    pub(super) fn prefix(word: &str) -> Self {
        Self::Word {
            begins: word.to_owned(),
            rest: Some("*".to_owned()),
        }
    }

    /// The words in it as one text, to compare names with; empty where it is not one text.
    pub(super) fn whole(&self) -> String {
        match self {
            Self::Word { begins, .. } => begins.clone(),
            Self::Phrase(words) => words.join(" "),
            Self::All(parts) => {
                let parts: Vec<String> = parts.iter().map(Self::whole).collect();
                parts.join(" ")
            }
            Self::Number { .. } | Self::Any(_) | Self::Without(..) => String::new(),
        }
    }

    /// Can the index, with the keys of numbers, say whether a record is wanted?
    pub(super) fn is_told_by_index(&self) -> bool {
        match self {
            Self::Word { rest, .. } => rest.as_deref().is_none_or(|rest| rest == "*"),
            Self::Phrase(words) => words.len() < 2,
            Self::Number { words, .. } => words.is_told_by_index(),
            Self::Any(parts) => parts.iter().all(Self::is_told_by_index),
            Self::All(parts) => {
                self.numbers().is_empty() && parts.iter().all(Self::is_told_by_index)
            }
            Self::Without(wanted, unwanted) => {
                self.numbers().is_empty()
                    && wanted.is_told_by_index()
                    && unwanted.is_told_by_index()
            }
        }
    }

    /// The telephone numbers in it.
    pub(super) fn numbers(&self) -> Vec<&str> {
        match self {
            Self::Word { .. } | Self::Phrase(_) => Vec::new(),
            Self::Number { text, .. } => vec![text],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::numbers).collect(),
            Self::Without(wanted, unwanted) => {
                let mut numbers = wanted.numbers();
                numbers.extend(unwanted.numbers());
                numbers
            }
        }
    }

    /// Is it in these words? `has_number` says whether the keys of numbers lead to the record.
    pub(super) fn is_in(
        &self,
        words: &Words,
        fields: SearchFields,
        has_number: &dyn Fn(&str) -> bool,
    ) -> bool {
        match self {
            Self::Word { begins, rest: None } => words.has_word(fields, |word| word == begins),
            Self::Word {
                begins,
                rest: Some(rest),
            } => words.has_word(fields, |word| {
                word.strip_prefix(begins.as_str())
                    .is_some_and(|tail| matches(tail, rest))
            }),
            Self::Phrase(phrase) => words.has(fields, |words| {
                !phrase.is_empty() && words.windows(phrase.len()).any(|run| run == phrase)
            }),
            Self::Number {
                text,
                words: spelled,
            } => has_number(text) || spelled.is_in(words, fields, has_number),
            Self::All(parts) => {
                let mut each = parts.iter();
                !parts.is_empty() && each.all(|part| part.is_in(words, fields, has_number))
            }
            Self::Any(parts) => {
                let mut each = parts.iter();
                each.any(|part| part.is_in(words, fields, has_number))
            }
            Self::Without(wanted, unwanted) => {
                wanted.is_in(words, fields, has_number)
                    && !unwanted.is_in(words, fields, has_number)
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

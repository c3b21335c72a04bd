//! Text compared as the platform compares it: without regard to the case of its letters, in any
//! script. SQLite itself folds ASCII only, so each of its connections is given the collation
//! `folded` from here; PostgreSQL gets a function of the same name, made of its own `lower`. Both
//! order by code points of the folded text. Other programs that open a SQLite file have no such
//! collation: they can read the tables, and cannot write what is in an index of text.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) use offhook_org::fold::fold;
use offhook_org::fold::{letter as fold_one, letters as folded};

/// Letters by what they fold to, where several fold to one that is not ASCII.
static SPELLINGS: LazyLock<BTreeMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut spellings: BTreeMap<char, Vec<char>> = BTreeMap::new();
    for letter in '\u{80}'..=char::MAX {
        if let Some(folded) = fold_one(letter) {
            spellings.entry(folded).or_default().push(letter);
        }
    }
    spellings.retain(|_, letters| letters.len() > 1);
    spellings
});

/// The order of two texts when case is disregarded.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (left, right) = (a.as_bytes(), b.as_bytes());
    let same = left
        .iter()
        .zip(right)
        .take_while(|(x, y)| x.is_ascii() && y.is_ascii() && x.eq_ignore_ascii_case(y));
    let same = same.count();
    // Up to here all was ASCII, so this cuts between letters.
    let (a, b) = (a.get(same..).unwrap_or(a), b.get(same..).unwrap_or(b));
    folded(a).cmp(folded(b))
}

/// Part of a `LIKE` pattern: `%`, `_`, or a letter that stands for itself.
enum Part {
    Any,
    One,
    Letter(char),
}

fn parts(pattern: &str) -> impl Iterator<Item = Part> {
    let mut letters = pattern.chars();
    std::iter::from_fn(move || {
        Some(match letters.next()? {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Letter(letters.next().unwrap_or('\\')),
            letter => Part::Letter(letter),
        })
    })
}

/// A `LIKE` pattern (escaped with a backslash) as a `GLOB` pattern of SQLite, whose `LIKE` folds
/// ASCII only. Without regard to case, a letter becomes the set of its spellings.
pub(crate) fn glob(pattern: &str, is_case_sensitive: bool) -> String {
    let mut glob = String::with_capacity(pattern.len() * 2);
    for part in parts(pattern) {
        match part {
            Part::Any => glob.push('*'),
            Part::One => glob.push('?'),
            Part::Letter(letter @ ('*' | '?' | '[')) => push_set(&mut glob, &[letter]),
            Part::Letter(letter) if is_case_sensitive => glob.push(letter),
            Part::Letter(letter) if letter.is_ascii_alphabetic() => {
                let both = [letter.to_ascii_lowercase(), letter.to_ascii_uppercase()];
                push_set(&mut glob, &both);
            }
            Part::Letter(letter) => match fold_one(letter).and_then(|f| SPELLINGS.get(&f)) {
                Some(spellings) => push_set(&mut glob, spellings),
                None => glob.push(letter),
            },
        }
    }
    glob
}

fn push_set(glob: &mut String, letters: &[char]) {
    glob.push('[');
    glob.extend(letters);
    glob.push(']');
}

/// The text, in any case, that whatever matches a `LIKE` pattern begins with; empty when it can
/// begin with anything.
pub(crate) fn prefix(pattern: &str) -> String {
    let mut prefix = String::new();
    for part in parts(pattern) {
        match part {
            Part::Letter(letter) => prefix.push(letter),
            Part::Any | Part::One => break,
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_equal_in_any_case() {
        for (a, b) in [
            ("Müller", "MÜLLER"),
            ("Ольга", "ОЛЬГА"),
            ("ΟΔΟΣ", "οδος"),
            ("ångström", "ÅNGSTRÖM"),
            ("", ""),
        ] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
            assert_eq!(fold(a), fold(b));
        }
        assert_eq!(compare("Straße", "STRASSE"), Ordering::Greater);
    }

    #[test]
    fn the_order_is_that_of_the_folded_text() {
        let mut names = ["zoe", "Ähre", "Bea", "anna", "Anna", "ann", "éclair", "Zé"];
        let mut folded = names;
        names.sort_by(|a, b| compare(a, b));
        folded.sort_by_key(|name| fold(name));
        assert_eq!(names, folded);
        assert_eq!(compare("a", "ab"), Ordering::Less);
    }

    #[test]
    fn a_glob_finds_what_the_pattern_finds() {
        assert_eq!(glob("mü%_", false), "[mM][Üü]*?");
        assert_eq!(glob("Mü%", true), "Mü*");
        assert_eq!(glob(r"50\%*[x", true), "50%[*][[]x");
        assert_eq!(glob("日本%", false), "日本*");
    }

    #[test]
    fn a_pattern_tells_what_its_matches_begin_with() {
        assert_eq!(prefix("Mü%x"), "Mü");
        assert_eq!(prefix(r"50\%_"), "50%");
        assert_eq!(prefix("%x"), "");
    }
}

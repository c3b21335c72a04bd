//! Text as it is compared: without regard to the case of its letters, in any script. Rules that
//! are asked here and those that the databases are asked must agree, so all of them fold this way.

/// The letters of a text, small; the small sigma at the end of a word is like any other.
pub fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).map(plain_sigma)
}

/// The text as it is compared: two that fold alike are equal.
pub fn fold(text: &str) -> String {
    letters(text).collect()
}

/// What a letter folds to, if that is one letter.
pub fn letter(letter: char) -> Option<char> {
    let mut small = letter.to_lowercase();
    let first = small.next()?;
    small.next().is_none().then_some(plain_sigma(first))
}

fn plain_sigma(letter: char) -> char {
    if letter == 'ς' { 'σ' } else { letter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_fold_alike_in_any_case() {
        for (a, b) in [
            ("Müller", "MÜLLER"),
            ("Ольга", "ОЛЬГА"),
            ("ΟΔΟΣ", "οδος"),
            ("", ""),
        ] {
            assert_eq!(fold(a), fold(b));
        }
        assert_ne!(fold("Straße"), fold("STRASSE"));
        assert_eq!(letter('Σ'), letter('ς'));
        assert_eq!(letter('İ'), None, "it folds to two");
    }
}

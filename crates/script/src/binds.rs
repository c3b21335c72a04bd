//! Values in the place of `:name` in a query or search, so that scripts never glue a caller's
//! text into one. What stands between quotes is left alone.

use serde_json::{Map, Value as Json};

/// Values in one list, at most.
const LIST_MAX: usize = 1_000;

/// The text with each `:name` replaced, or a sentence about the first that cannot be.
/// In SOSL a name between braces (`FIND {:phone}`) is replaced too, without quotes.
pub(crate) fn fill(text: &str, binds: &Map<String, Json>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    let (mut is_quoted, mut in_braces) = (false, false);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = after.chars().next().map_or(0, char::len_utf8);
                filled.push_str(&rest[..1 + escaped]);
                rest = &after[escaped..];
                continue;
            }
            '\'' if !in_braces => is_quoted = !is_quoted,
            '{' if !is_quoted => in_braces = true,
            '}' if !is_quoted => in_braces = false,
            ':' if !is_quoted && starts_name(after) => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (name, behind) = after.split_at(end.unwrap_or(after.len()));
                // `LAST_N_DAYS:7` begins with a digit and is no bind.
                let value = binds
                    .get(name)
                    .ok_or_else(|| format!("Nothing is given for :{name}"))?;
                filled.push_str(&match in_braces {
                    true => searched(value, name)?,
                    false => literal(value, name)?,
                });
                rest = behind;
                continue;
            }
            _ => {}
        }
        filled.push(c);
        rest = after;
    }
    Ok(filled)
}

fn starts_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A value as SOQL writes it.
fn literal(value: &Json, name: &str) -> Result<String, String> {
    match value {
        Json::Null => Ok("null".to_owned()),
        Json::Bool(_) | Json::Number(_) => Ok(value.to_string()),
        Json::String(text) => Ok(quoted(text)),
        Json::Array(values) if values.len() > LIST_MAX => Err(format!(
            "The list for :{name} has {} values; {LIST_MAX} are the most",
            values.len()
        )),
        // A list that nothing is in.
        Json::Array(values) if values.is_empty() => Ok("('')".to_owned()),
        Json::Array(values) => {
            let parts = values.iter().map(|value| match value {
                Json::Array(_) | Json::Object(_) => Err(wrong(name)),
                plain => literal(plain, name),
            });
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            Ok(format!("({})", parts.join(", ")))
        }
        Json::Object(_) => Err(wrong(name)),
    }
}

fn wrong(name: &str) -> String {
    format!("The value for :{name} must be a text, a number, true, false, null or a list of these")
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// A value as the words of a search: what SOSL reserves is escaped.
fn searched(value: &Json, name: &str) -> Result<String, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return Err(format!("The value for :{name} must be a text")),
    };
    let mut words = String::with_capacity(text.len());
    for c in text.chars() {
        if "?&|!{}[]()^~*:\\\"'+-".contains(c) {
            words.push('\\');
        }
        words.push(c);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[track_caller]
    fn check(text: &str, binds: &serde_json::Value, filled: &str) {
        let binds = binds.as_object().unwrap();
        assert_eq!(fill(text, binds).unwrap_or_else(|e| e), filled);
    }

    #[test]
    fn names_become_literals_and_quotes_stay_as_they_are() {
        let binds = json!({"a": "O'Neil\\", "n": 3, "b": true, "z": null, "l": ["x", "y'"]});
        check("WHERE A = :a", &binds, "WHERE A = 'O\\'Neil\\\\'");
        check("A = :n AND B = :b", &binds, "A = 3 AND B = true");
        check("A IN :l", &binds, "A IN ('x', 'y\\'')");
        check(
            "A = ':a' AND B = 'it\\'s :a'",
            &binds,
            "A = ':a' AND B = 'it\\'s :a'",
        );
        check(
            "D = LAST_N_DAYS:7 AND Z = :z",
            &binds,
            "D = LAST_N_DAYS:7 AND Z = null",
        );
        check("A = :missing", &binds, "Nothing is given for :missing");
        check(
            "A > 2026-01-01T10:00:00Z",
            &binds,
            "A > 2026-01-01T10:00:00Z",
        );
    }

    #[test]
    fn a_search_takes_its_words_escaped() {
        let binds = json!({"phone": "+1 (415) 555} RETURNING User(Id)"});
        check(
            "FIND {:phone} IN PHONE FIELDS",
            &binds,
            "FIND {\\+1 \\(415\\) 555\\} RETURNING User\\(Id\\)} IN PHONE FIELDS",
        );
    }
}

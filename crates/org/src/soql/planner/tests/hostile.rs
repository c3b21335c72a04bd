//! Texts and names that try to be something else.

use super::*;

/// Texts that mean something to SQL, to SOQL or to a regular expression.
const HOSTILE: [&str; 12] = [
    "'; DROP TABLE org_account; --",
    "' OR 1=1 --",
    "\\",
    "\\'",
    "%",
    "_",
    "\\%",
    "\"; SELECT * FROM account; \"",
    "$1",
    "?1",
    "/* x */",
    "\u{202e}é漢🙂\u{feff}",
];

#[test]
fn a_hostile_text_stays_the_text_that_it_is() {
    for text in HOSTILE {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
        let plan = planned(&format!("SELECT Id FROM Account WHERE Name = '{escaped}'"));
        let Some(Condition::Compare { right, .. }) = plan.select.source.condition else {
            panic!("a comparison");
        };
        assert_eq!(right, Value::Text(text.to_owned()));
    }
}

#[test]
fn a_hostile_name_is_no_name() {
    for text in HOSTILE {
        for query in [
            format!("SELECT {text} FROM Account"),
            format!("SELECT Id FROM {text}"),
            format!("SELECT Id FROM Account ORDER BY {text}"),
            format!("SELECT COUNT(Id) {text} FROM Account"),
            format!("SELECT Id FROM Account WHERE {text} = 1"),
            format!("SELECT Id FROM Account LIMIT {text}"),
            format!("SELECT Id FROM Account USING SCOPE {text}"),
        ] {
            if let Ok(query) = parse(&query) {
                // A comment is nothing; what is left must still be a whole query.
                assert_eq!(text, "/* x */", "{query}");
            }
        }
    }
}

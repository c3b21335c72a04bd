//! Searches read, and refused with a place.

use proptest::prelude::*;

use super::*;

/// The search as it prints.
#[track_caller]
fn check(text: &str, printed: &str) {
    match parse(text) {
        Ok(search) => assert_eq!(search.to_string(), printed, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[track_caller]
fn refuse(text: &str, complaint: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(
        format!("{}: {}", error.column, error.fact),
        complaint,
        "{text}"
    );
    assert_eq!(error.code, "MALFORMED_SEARCH", "{text}");
}

#[test]
fn the_searches_of_real_clients_are_read() {
    for (text, printed) in [
        (
            "FIND {5551234567} IN PHONE FIELDS RETURNING Contact(Id,Name,Phone), Lead(Id)",
            "FIND {5551234567} IN PHONE FIELDS RETURNING Contact(Id, Name, Phone), Lead(Id)",
        ),
        ("FIND {x y}", "FIND {x y}"),
        ("find {Acme}", "FIND {Acme}"),
        (
            "FIND {\"415 555 1212\" OR 4155551212}",
            "FIND {\"415 555 1212\" OR 4155551212}",
        ),
        (
            "FIND 'Joe*' RETURNING Contact",
            "FIND {Joe*} RETURNING Contact(Id)",
        ),
        ("FIND {a AND b OR c}", "FIND {(a b) OR c}"),
        ("FIND {a AND NOT b}", "FIND {a AND NOT b}"),
        (
            "FIND {a b AND NOT c d AND NOT e}",
            "FIND {a b AND NOT c d AND NOT e}",
        ),
        (
            "FIND {a AND NOT (b AND NOT c)}",
            "FIND {a AND NOT (b AND NOT c)}",
        ),
        ("FIND {a (b AND NOT c)}", "FIND {a (b AND NOT c)}"),
        ("FIND {(a or b) c}", "FIND {(a OR b) c}"),
        (
            "FIND {Acme} IN NAME FIELDS RETURNING Account(Name WHERE Phone != null ORDER BY Name \
             DESC LIMIT 5 OFFSET 1), Group WITH SPELL_CORRECTION = false LIMIT 10",
            "FIND {Acme} IN NAME FIELDS RETURNING Account(Name WHERE Phone != null ORDER BY Name \
             DESC LIMIT 5 OFFSET 1), Group(Id) WITH SPELL_CORRECTION = false LIMIT 10",
        ),
        (
            r"FIND {\+1 \(415\) 555\-1212}",
            r"FIND {+1 \(415\) 555-1212}",
        ),
        (r"FIND {a\}b}", r"FIND {a\}b}"),
        (r"FIND {\AND \or not}", r"FIND {\AND \or \not}"),
        (r"FIND {what\? 5\*}", "FIND {what- 5-}"),
        (r"FIND 'O\'Hara'", "FIND {O'Hara}"),
    ] {
        check(text, printed);
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    for (text, complaint) in [
        ("", "1: A search begins with FIND"),
        ("SELECT Id FROM Account", "1: A search begins with FIND"),
        ("FIND Acme", "6: No search term found."),
        ("FIND {}", "7: No search term found."),
        ("FIND {  }", "7: No search term found."),
        ("FIND {Acme", "6: unexpected token: '<EOF>'"),
        ("FIND {\"Acme}", "7: unexpected token: '\"'"),
        ("FIND {Acme OR}", "14: unexpected end of the search term"),
        ("FIND {OR Acme}", "7: unexpected token: 'OR'"),
        ("FIND {(Acme}", "7: unexpected token: '('"),
        ("FIND {Acme)}", "11: unexpected token: ')'"),
        ("FIND {Acme} IN FAX FIELDS", "16: unexpected token: 'FAX'"),
        ("FIND {Acme} RETURNING", "22: unexpected token: '<EOF>'"),
        (
            "FIND {Acme} RETURNING Account()",
            "31: unexpected token: ')'",
        ),
        (
            "FIND {Acme} RETURNING Account(Name",
            "35: unexpected token: '<EOF>'",
        ),
        (
            "FIND {Acme} WITH HIGHLIGHT",
            "18: unexpected token: 'HIGHLIGHT'",
        ),
        ("FIND {Acme} LIMIT all", "19: unexpected token: 'all'"),
        (
            "FIND {Acme} RETURNING Account(Name USING ListView = x)",
            "36: unexpected token: 'USING'",
        ),
    ] {
        refuse(text, complaint);
    }
    for depth in [150, 10_000] {
        let text = format!("FIND {{{}ab{}}}", "(".repeat(depth), ")".repeat(depth));
        let fact = "107: The search is nested more than 100 levels deep.";
        refuse(&text, fact);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,100}") {
        let _ = parse(&text);
        let _ = parse(&format!("FIND {{{text}}}"));
    }

    #[test]
    fn whatever_is_searched_prints_to_the_same_search(text in "[a-zA*?\"()\\\\ {}'+-]{1,30}") {
        if let Ok(search) = parse(&format!("FIND {{{text}}}")) {
            let printed = search.to_string();
            prop_assert_eq!(parse(&printed).map_err(|e| e.message), Ok(search), "{}", printed);
        }
    }
}

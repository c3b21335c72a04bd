//! Parts of a search, put together.

use super::*;

fn asked(json: &str) -> ParameterizedSearch {
    serde_json::from_str(json).expect("a search")
}

#[test]
fn parts_make_the_search_that_a_text_makes() {
    for (json, text) in [
        (r#"{"q":"Acme"}"#, "FIND {Acme}"),
        (
            r#"{"q":"Smith AND NOT Joe","in":"phone","sobjects":[{"name":"Contact"}],
                "fields":["Id","Name"],"defaultLimit":5,"overallLimit":50,"offset":2}"#,
            "FIND {Smith AND NOT Joe} IN PHONE FIELDS RETURNING Contact(Id, Name LIMIT 5 OFFSET 2) \
             LIMIT 50",
        ),
        (
            r#"{"q":"x1","sobjects":[{"name":"Account","fields":["Name"],"where":"Phone != null",
                "orderBy":"Name DESC, Id","limit":3},{"name":"Lead"}]}"#,
            "FIND {x1} RETURNING Account(Name WHERE Phone != null ORDER BY Name DESC, Id LIMIT 3), \
             Lead(Id)",
        ),
        (r#"{"q":"Acme } IN"}"#, r"FIND {Acme \} IN}"),
        (r#"{"q":"say \"hi"}"#, "FIND {say -hi}"),
        (r#"{"q":"(555) 123 OR"}"#, r"FIND {\(555\) 123 \OR}"),
    ] {
        let search = asked(json)
            .search()
            .unwrap_or_else(|e| panic!("{json}: {e}"));
        assert_eq!(search.to_string(), text, "{json}");
        assert_eq!(search.text, text, "{json}");
    }
}

#[test]
fn no_part_reaches_beyond_its_place() {
    for (json, fact) in [
        (
            r#"{"q":"x1","sobjects":[{"name":"Account(Id) LIMIT 1"}]}"#,
            "unexpected token: '('",
        ),
        (
            r#"{"q":"x1","sobjects":[{"name":"Account","fields":["Id), Lead(Id"]}]}"#,
            "unexpected token: ')'",
        ),
        (
            r#"{"q":"x1","sobjects":[{"name":"Account","where":"Name = 'x') LIMIT 1"}]}"#,
            "unexpected token: ')'",
        ),
        (
            r#"{"q":"x1","sobjects":[{"name":"Account","orderBy":"Name LIMIT 1"}]}"#,
            "unexpected token: 'LIMIT'",
        ),
        (r#"{"q":" "}"#, "No search term found."),
        (r#"{"q":"x1","fields":["Id"]}"#, "fields need sobjects"),
        (r#"{"q":"x1","in":"FAX"}"#, "unknown: in=FAX"),
    ] {
        let error = asked(json).search().expect_err(json);
        assert_eq!(error.fact, fact, "{json}");
    }
}

//! Queries read, and refused with a place.

use proptest::prelude::*;

use super::*;

/// The query as it prints.
#[track_caller]
fn check(text: &str, printed: &str) {
    match parse(text) {
        Ok(query) => assert_eq!(query.to_string(), printed, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// What is wrong, as `column: fact`.
#[track_caller]
fn refuse(text: &str, complaint: &str) {
    let error = parse(text).expect_err(text);
    assert_eq!(
        format!("{}: {}", error.column, error.fact),
        complaint,
        "{text}"
    );
    assert_eq!(error.code, "MALFORMED_QUERY", "{text}");
}

#[test]
fn the_queries_of_real_clients_are_read() {
    for text in [
        "SELECT Id FROM Contact",
        "SELECT Id, Name FROM Account LIMIT 10",
        "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate FROM Organization",
        "SELECT name FROM Profile WHERE Id IN (SELECT ProfileId FROM User WHERE username = 'a@b')",
        "SELECT Id, Account.Name, Owner.Name FROM Contact WHERE Phone LIKE '%4567'",
        "SELECT COUNT() FROM Task WHERE CreatedDate = YESTERDAY",
        "SELECT Id FROM Task WHERE CreatedDate = LAST_N_DAYS:30 ORDER BY CreatedDate DESC \
         NULLS LAST LIMIT 5 OFFSET 10",
        "SELECT Id, (SELECT Id, Name FROM Contacts WHERE Email != null) FROM Account",
        "SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Case THEN Subject ELSE Name END \
         FROM Task",
        "SELECT LeadSource, COUNT(Id) n FROM Lead GROUP BY ROLLUP(LeadSource, Rating) \
         HAVING COUNT(Id) > 1",
        "SELECT HOUR_IN_DAY(convertTimezone(CreatedDate)) FROM Task GROUP BY \
         HOUR_IN_DAY(convertTimezone(CreatedDate))",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT Id FROM Task USING SCOPE mine WITH SECURITY_ENFORCED FOR VIEW FOR UPDATE ALL ROWS",
        "SELECT Id FROM Account WHERE Days__c INCLUDES ('Mon;Tue', 'Sat') AND NOT Amount > USD5000",
        "SELECT c.Name, a.Phone FROM Contact c, c.Account a WHERE a.Name = 'x'",
        "SELECT Id FROM Group",
        "SELECT Id FROM Order",
        "SELECT Id FROM A WHERE D = 2026-11-24 AND M > 2026-11-24T09:30:00.000Z",
    ] {
        check(text, text);
    }
}

#[test]
fn case_blanks_and_comments_do_not_matter() {
    check(
        "select id/* the id */,name from\n\taccount where name='x'order by name",
        "SELECT id, name FROM account WHERE name = 'x' ORDER BY name",
    );
    check("SELECT count() FROM Task", "SELECT count() FROM Task");
    check("SELECT Id FROM A AS b", "SELECT Id FROM A b");
    check(
        "SELECT Id FROM A WHERE b <> 1",
        "SELECT Id FROM A WHERE b != 1",
    );
    check(
        "SELECT Id FROM A ORDER BY b ASC",
        "SELECT Id FROM A ORDER BY b",
    );
    check(
        "SELECT Id FROM A WHERE ((b = 1))",
        "SELECT Id FROM A WHERE b = 1",
    );
}

#[test]
fn escapes_stand_for_what_the_platform_says() {
    let text = r#"SELECT Id FROM A WHERE b = '\'\"\\ \n\t \u00e9\uD83D\uDE00 \_\%'"#;
    let query = parse(text).unwrap();
    let Some(crate::soql::ast::Condition::Compare { right, .. }) = query.select.condition else {
        panic!("a comparison");
    };
    let crate::soql::ast::LiteralKind::Text(pattern) = right.kind else {
        panic!("a text");
    };
    assert_eq!(pattern, "'\"\\\\ \n\t é😀 \\_\\%");
    assert_eq!(crate::soql::ast::unescaped(&pattern), "'\"\\ \n\t é😀 _%");
}

#[test]
fn moments_are_turned_to_utc() {
    for written in ["2026-11-24T09:30:00+01:00", "2026-11-24T09:30:00.000+0100"] {
        check(
            &format!("SELECT Id FROM A WHERE b = {written}"),
            "SELECT Id FROM A WHERE b = 2026-11-24T08:30:00.000Z",
        );
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    for (text, complaint) in [
        ("", "1: unexpected token: '<EOF>'"),
        ("SELECT", "7: unexpected token: '<EOF>'"),
        ("SELECT Id", "10: unexpected token: '<EOF>'"),
        ("SELECT FROM Task", "8: unexpected token: 'FROM'"),
        ("SELECT Id, FROM Task", "12: unexpected token: 'FROM'"),
        (
            "SELECT Id FROM WHERE x = 1",
            "16: unexpected token: 'WHERE'",
        ),
        ("SELECT Id FROM Task WHERE", "26: unexpected token: '<EOF>'"),
        (
            "SELECT Id FROM Task WHERE a",
            "28: unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM Task WHERE a = b",
            "31: unexpected token: 'b'",
        ),
        (
            "SELECT Id FROM Task WHERE a = \"b\"",
            "31: unexpected token: '\\\"'",
        ),
        (
            "SELECT Id FROM Task WHERE a = 'b",
            "31: unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM Task WHERE a = :b",
            "31: Bind variables only allowed in Apex code",
        ),
        (
            "SELECT Id FROM T WHERE a = 1 AND b = 2 OR c = 3",
            "40: unexpected token: 'OR'",
        ),
        (
            "SELECT Id FROM T WHERE a = 1 OR b = 2 AND c = 3",
            "39: unexpected token: 'AND'",
        ),
        (
            "SELECT Id FROM T WHERE (a = 1",
            "30: unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM T WHERE a IN ()",
            "30: unexpected token: ')'",
        ),
        ("SELECT Id FROM T LIMIT x", "24: unexpected token: 'x'"),
        ("SELECT Id FROM T LIMIT -1", "24: unexpected token: '-1'"),
        ("SELECT Id FROM T;", "17: unexpected token: ';'"),
        (
            "SELECT Id FROM T LIMIT 1 WHERE a = 1",
            "26: unexpected token: 'WHERE'",
        ),
        (
            "SELECT Id FROM T WHERE a = LAST_N_DAYS",
            "39: unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM T WHERE a = TODAY:3",
            "33: unexpected token: ':'",
        ),
        (
            "SELECT Id FROM T WHERE a = 2026-13-01",
            "28: unexpected token: '2026-13-01'",
        ),
        (
            "SELECT Id FROM T WHERE a = 12abc",
            "28: unexpected token: '12abc'",
        ),
        ("SELECT Id /* x", "11: unexpected token: '/*'"),
        (
            "SELECT Id FROM T WITH DATA CATEGORY x",
            "23: unexpected token: 'DATA'",
        ),
        ("SELECT Id FROM T FOR TEA", "22: unexpected token: 'TEA'"),
        (
            r"SELECT Id FROM T WHERE a = '\q'",
            r"29: Illegal character sequence '\q' in string literal.",
        ),
        (
            r"SELECT Id FROM T WHERE a = '\ud83d'",
            r"29: Illegal character sequence '\ud83d' in string literal.",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn a_hint_says_what_to_do() {
    for (text, hint) in [
        (
            "SELECT Id FROM T WHERE a = TODYA",
            "Text stands in single quotes.",
        ),
        (
            "SELECT Id FROM T WHERE a = LASTWEEK",
            "Did you mean LAST_WEEK?",
        ),
        (
            "SELECT Id FROM T WHERE a = \"b\"",
            "Text stands in single quotes.",
        ),
        ("SELECT Id FORM T", "FROM is expected here."),
    ] {
        assert_eq!(parse(text).expect_err(text).hint, hint, "{text}");
    }
}

#[test]
fn depth_length_and_strings_have_limits() {
    let deep = |n: usize| {
        let (open, close) = ("(".repeat(n), ")".repeat(n));
        format!("SELECT Id FROM T WHERE {open}a = 1{close}")
    };
    assert!(parse(&deep(100)).is_ok());
    for text in [
        deep(10_000),
        format!("SELECT Id FROM T WHERE {}a = 1", "NOT ".repeat(10_000)),
        format!("SELECT {}Id FROM T", "(SELECT ".repeat(10_000)),
        format!("SELECT {}Id FROM T", "f(".repeat(10_000)),
        format!(
            "SELECT Id FROM T WHERE a IN {}",
            "(SELECT a FROM T WHERE a IN ".repeat(900)
        ),
    ] {
        let error = parse(&text).expect_err("too deep");
        assert_eq!(error.code, "QUERY_TOO_COMPLICATED");
    }
    let long = |n| format!("SELECT Id FROM T WHERE a = '{}'", "é".repeat(n));
    assert!(parse(&long(4_000)).is_ok());
    let error = parse(&long(4_001)).expect_err("too long");
    assert_eq!(error.fact, "String literal is longer than 4000 characters.");
    let error = parse(&"x".repeat(100_001)).expect_err("too long");
    assert_eq!(
        error.fact,
        "SOQL statement is longer than 100000 characters."
    );
    assert!(parse(&format!("SELECT Id FROM T{}", " ".repeat(65_536))).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_pile_of_tokens_makes_it_panic(words in prop::collection::vec(token(), 0..40)) {
        let text = words.join(" ");
        if let Ok(query) = parse(&text) {
            prop_assert_eq!(&parse(&query.to_string()).unwrap(), &query);
        }
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT", "Id", "FROM", "WHERE", "(", ")", ",", ".", "=", "!=", "IN", "NOT", "AND", "OR",
        "'x'", "1", "-1.5", "USD5", "null", "LIKE", "GROUP", "BY", "ORDER", "LIMIT", "FOR", "VIEW",
        "TYPEOF", "WHEN", "THEN", "END", "COUNT", "()", "TODAY", ":", "OFFSET", "ALL", "ROWS",
    ])
}

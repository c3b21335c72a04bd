//! Searches planned: words, numbers, objects.

use super::*;
use crate::RecordId;
use crate::access::Profile;
use crate::sosl::parse;

fn planned(text: &str) -> Result<SearchPlan, SoqlError> {
    let search = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    plan(
        &Schema::standard(),
        &UserContext::system(),
        &search,
        PlanOptions::at(0),
    )
}

/// What is wanted, as text: words in a row for all, `a/b` for one, `"a b"`, `#number`.
fn said(wanted: &Wanted) -> String {
    let list = |all: &[Wanted], sign: &str| {
        let all: Vec<String> = all.iter().map(said).collect();
        format!("({})", all.join(sign))
    };
    match wanted {
        Wanted::Word(word) => word.clone(),
        Wanted::Phrase(words) => format!("\"{}\"", words.join(" ")),
        Wanted::Number { text, words } => format!("#{text}#{}", said(words)),
        Wanted::All(all) => list(all, " "),
        Wanted::Any(any) => list(any, "/"),
        Wanted::Without(left, right) => format!("({} - {})", said(left), said(right)),
    }
}

#[track_caller]
fn check(terms: &str, expected: &str) {
    let plan = planned(&format!("FIND {{{terms}}}")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(said(&plan.wanted), expected, "{terms}");
}

#[track_caller]
fn refuse(text: &str, complaint: &str) {
    let error = planned(text).expect_err(text);
    assert_eq!(
        format!("{} {}: {}", error.code, error.column, error.fact),
        complaint,
        "{text}"
    );
}

#[test]
fn words_end_at_signs_and_between_letters_and_digits() {
    for (terms, expected) in [
        ("Acme", "Acme"),
        ("Acme Corp", "(Acme Corp)"),
        ("SN-450b", "(SN 450 b)"),
        ("O'Hara", "(O Hara)"),
        ("jo*n Sm?th*", "(jo*n Sm?th*)"),
        ("ann@acme.example", "(ann acme example)"),
        ("a1*", "(a 1*)"),
        ("\"Acme, Inc.\"", "\"Acme Inc\""),
        ("\"jo* x\"", "\"jo x\""),
        ("a1 OR b2 AND NOT c3", "((a 1)/((b 2) - (c 3)))"),
    ] {
        check(terms, expected);
    }
}

#[test]
fn a_telephone_number_is_known_as_one() {
    for (terms, expected) in [
        ("5551234567", "#5551234567#5551234567"),
        ("415 555 1212", "#415 555 1212#(415 555 1212)"),
        (
            "\"415 555 1212\" OR 4155551212",
            "(#415 555 1212#(415 555 1212)/#4155551212#4155551212)",
        ),
        (
            r"\+1 \(415\) 555-1212",
            "#+1 (415) 555-1212#(1 415 555 1212)",
        ),
        ("555123", "555123"),
        ("555-1234*", "(555 1234*)"),
        ("Acme 5551234567", "(Acme #5551234567#5551234567)"),
    ] {
        check(terms, expected);
    }
}

#[test]
fn short_and_wild_terms_are_refused() {
    for (text, complaint) in [
        (
            "FIND {a}",
            "MALFORMED_SEARCH 7: search term must be longer than one character: a",
        ),
        (
            "FIND {ab OR c}",
            "MALFORMED_SEARCH 7: search term must be longer than one character: c",
        ),
        (
            "FIND {a*}",
            "MALFORMED_SEARCH 7: search term must be longer than one character: a*",
        ),
        (
            "FIND {**}",
            "MALFORMED_SEARCH 7: search term must be longer than one character: **",
        ),
        (
            "FIND {*abc}",
            "MALFORMED_SEARCH 7: a wildcard begins the term: *abc",
        ),
        (
            "FIND {?abc}",
            "MALFORMED_SEARCH 7: a wildcard begins the term: ?abc",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn a_wildcard_behind_a_sign_begins_no_word() {
    for text in ["FIND {ab-?c}", "FIND {ab'*?c}"] {
        let planned = planned(text).expect("it plans");
        let words = [Wanted::Word("ab".to_owned()), Wanted::Word("c".to_owned())];
        assert_eq!(planned.wanted, Wanted::All(words.to_vec()), "{text}");
    }
}

#[test]
fn long_terms_lose_their_operators_and_then_find_nothing() {
    let long = planned(&format!("FIND {{{}}}", "abcd OR ".repeat(900))).expect("it plans");
    assert!(matches!(&long.wanted, Wanted::All(words) if words.len() == 1800));
    let longer = planned(&format!("FIND {{{}}}", "ab ".repeat(4000))).expect("it plans");
    assert_eq!(longer.wanted, Wanted::Any(Vec::new()));
}

#[test]
fn objects_are_those_of_returning_or_all_that_can_be_searched() {
    let roots = |text: &str| -> Vec<String> {
        let plan = planned(text).expect("it plans");
        let roots = plan
            .returning
            .iter()
            .map(|s| s.source.root().object.to_string());
        roots.collect()
    };
    assert_eq!(
        roots("FIND {Acme} RETURNING Lead, contact(Name)"),
        ["Lead", "Contact"]
    );
    let all = roots("FIND {Acme}");
    assert!(
        all.len() > 5 && all.contains(&"Account".to_owned()),
        "{all:?}"
    );
    let plan = planned("FIND {Acme} LIMIT 5000").expect("it plans");
    assert_eq!((plan.limit, plan.group), (2_000, FieldGroup::All));
    let plan = planned("FIND {Acme} IN EMAIL FIELDS LIMIT 5").expect("it plans");
    assert_eq!((plan.limit, plan.group), (5, FieldGroup::Email));
}

#[test]
fn returning_has_the_rules_of_queries() {
    for (text, complaint) in [
        (
            "FIND {Acme} RETURNING Account(Nmae)",
            "INVALID_FIELD 31: No such column 'Nmae' on entity 'Account'.",
        ),
        (
            "FIND {Acme} RETURNING Acount(Name)",
            "INVALID_TYPE 23: sObject type 'Acount' is not supported.",
        ),
        (
            "FIND {Acme} RETURNING Account(COUNT(Id))",
            "MALFORMED_SEARCH 31: RETURNING cannot have aggregates",
        ),
        (
            "FIND {Acme} RETURNING Account(Id WHERE AnnualRevenue = 'x')",
            "INVALID_FIELD 56: value of filter criterion for field 'AnnualRevenue' must be of \
             type currency and should not be enclosed in quotes",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn objects_that_the_user_may_not_read_are_not_searched() {
    let schema = Schema::standard();
    let mut profile = Profile::standard().remove(1);
    profile.objects.remove("Lead");
    let user = UserContext::of_profile(RecordId::from_serial("005", 7), &profile, &schema);
    let everywhere = parse("FIND {Acme}").expect("it parses");
    let found = plan(&schema, &user, &everywhere, PlanOptions::at(0)).expect("it plans");
    assert!(
        found
            .returning
            .iter()
            .all(|s| s.source.root().object.as_str() != "Lead")
    );
    let leads = parse("FIND {Acme} RETURNING Lead").expect("it parses");
    let error = plan(&schema, &user, &leads, PlanOptions::at(0)).expect_err("no");
    assert_eq!(error.code, "INVALID_TYPE");
}

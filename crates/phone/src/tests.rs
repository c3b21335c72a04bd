//! What matching promises, by tables and by laws.

use proptest::prelude::*;

use super::*;

fn us() -> Region {
    Region::parse("US").expect("a region")
}

fn region(code: &str) -> Region {
    Region::parse(code).expect("a region")
}

/// How a stored number and a caller's number meet in an org of this region.
fn meets(stored: &str, dialled: &str, code: &str) -> Option<MatchStrength> {
    let stored = stored_keys(stored, region(code));
    let looked_up = lookup_keys(dialled, region(code));
    let met = looked_up.iter().flat_map(|l| {
        stored
            .iter()
            .filter(|s| s.text == l.text)
            .map(|s| s.strength.max(l.strength))
    });
    met.min()
}

fn check(stored: &str, dialled: &str, code: &str, expected: Option<MatchStrength>) {
    assert_eq!(
        meets(stored, dialled, code),
        expected,
        "{stored:?} stored, {dialled:?} dialled"
    );
}

#[test]
fn every_spelling_of_a_number_meets_the_stored_one() {
    let spellings = [
        "+14155551212",
        "14155551212",
        "4155551212",
        "(415) 555-1212",
        "415.555.1212",
        "001 415 555 1212",
        "011 1 415 555 1212",
        "tel:+1-415-555-1212",
        "sip:+14155551212@carrier.example;user=phone",
        "<sip:4155551212@192.0.2.1:5060>",
        "\"Ann\" <sips:%2B14155551212@[2001:db8::1]:5061;transport=tls>;tag=1",
        "tel:415-555-1212;phone-context=+1",
        " 415\u{a0}555\t1212 ",
        "\u{200e}+1 415 555 1212\u{200f}",
        "+１ ４１５ ５５５ １２１２",
    ];
    for stored in spellings {
        for dialled in spellings {
            check(stored, dialled, "US", Some(MatchStrength::Exact));
        }
    }
}

#[test]
fn a_number_that_no_plan_assigns_still_meets() {
    check(
        "5551234567",
        "+1 (555) 123-4567",
        "US",
        Some(MatchStrength::Exact),
    );
    check(
        "+1 (555) 123-4567",
        "5551234567",
        "US",
        Some(MatchStrength::Exact),
    );
}

#[test]
fn a_country_code_without_plus_is_one_of_the_readings() {
    check(
        "+46 8 12 46 99",
        "468124699",
        "SE",
        Some(MatchStrength::National),
    );
    check(
        "08-12 46 99",
        "468124699",
        "SE",
        Some(MatchStrength::National),
    );
}

#[test]
fn a_national_number_of_another_country_meets_the_one_with_its_country() {
    check(
        "+44 20 7946 0123",
        "020 7946 0123",
        "US",
        Some(MatchStrength::National),
    );
    check(
        "020 7946 0123",
        "+442079460123",
        "US",
        Some(MatchStrength::National),
    );
    check(
        "+44 (0)20 7946 0123",
        "+442079460123",
        "US",
        Some(MatchStrength::Exact),
    );
    check(
        "0044 20 7946 0123",
        "+442079460123",
        "GB",
        Some(MatchStrength::Exact),
    );
}

#[test]
fn a_number_without_its_area_code_meets_by_its_tail_in_its_own_country_only() {
    check(
        "(415) 555-1212",
        "555-1212",
        "US",
        Some(MatchStrength::Suffix),
    );
    check(
        "555-1212",
        "+14155551212",
        "US",
        Some(MatchStrength::Suffix),
    );
    check("+44 20 7555 1212", "555-1212", "US", None);
    check("555-1212", "+442075551212", "US", None);
}

#[test]
fn different_numbers_do_not_meet() {
    check("+1 415 555 1212", "+1 415 555 1213", "US", None);
    check("+44 20 7946 0123", "+1 207 946 0123", "US", None);
    check("+44 20 7946 0123", "(207) 946-0123", "US", None);
    check("+49 30 5551212", "+1 305 551 2123", "US", None);
}

#[test]
fn what_is_no_number_of_seven_digits_has_no_keys() {
    for text in [
        "",
        "n/a",
        "anonymous",
        "911",
        "12",
        "123456",
        "Ann Smith",
        "sip:alice@host",
    ] {
        assert_eq!(lookup_keys(text, us()), Vec::new(), "{text:?}");
        assert_eq!(stored_keys(text, us()), Vec::new(), "{text:?}");
    }
    let long = "1".repeat(40);
    assert_eq!(lookup_keys(&long, us()), Vec::new());
}

#[test]
fn short_codes_and_emergency_numbers_are_taken_out_before_any_plan() {
    assert_eq!(read("911", us()), Reading::Short("911".to_owned()));
    assert_eq!(read("2041", us()), Reading::Short("2041".to_owned()));
    assert!(is_emergency("911", us()));
    assert!(is_emergency("9-1-1", us()));
    assert!(is_emergency("112", region("DE")));
    assert!(!is_emergency("112345", us()));
    assert!(!is_emergency("+1911", us()));
}

#[test]
fn a_caller_without_a_number_is_anonymous() {
    for text in [
        "",
        "  ",
        "Anonymous",
        "anonymous@anonymous.invalid",
        "restricted",
        "\u{200e}",
    ] {
        let expected = if text.contains('@') {
            Reading::NotANumber
        } else {
            Reading::Anonymous
        };
        assert_eq!(read(text, us()), expected, "{text:?}");
    }
    assert_eq!(
        read("sip:anonymous@anonymous.invalid", us()),
        Reading::Anonymous
    );
}

#[test]
fn vanity_letters_are_keys() {
    check(
        "1-800-356-9377",
        "1-800-FLOWERS",
        "US",
        Some(MatchStrength::Exact),
    );
}

#[test]
fn an_extension_is_read_and_kept_apart() {
    let Reading::Number(number) = read("+1 415 555 1212 ext. 34", us()) else {
        panic!("a number");
    };
    assert_eq!(number.e164, "+14155551212");
    assert_eq!(number.extension.as_deref(), Some("34"));
    assert_eq!(
        display("+1 415 555 1212 ext. 34", us()),
        "(415) 555-1212 x34"
    );
}

#[test]
fn an_extension_finds_its_person_and_the_switchboard() {
    let exact = Some(MatchStrength::Exact);
    check("+14155551212", "415-555-1212 x12", "US", exact);
    check("+14155551212 x12", "415-555-1212", "US", exact);
    check("415-555-1212 x12", "tel:+14155551212;ext=12", "US", exact);
    check("+14155551212 x12", "+14155551212 x34", "US", None);
}

#[test]
fn text_with_digits_is_no_number() {
    for text in [
        "123 Oak Street",
        "0012K00001drfGY",
        "2024 renewal",
        "\"><script>alert(1)</script>",
        "12345 <b>",
        "*72",
    ] {
        assert_eq!(read(text, us()), Reading::NotANumber, "{text:?}");
    }
    for text in ["000-000-0000", "0000000"] {
        assert_eq!(read(text, us()), Reading::Anonymous, "{text:?}");
    }
}

#[test]
fn numbers_are_shown_in_national_form_at_home_and_international_abroad() {
    assert_eq!(display("+14155551212", us()), "(415) 555-1212");
    assert_eq!(display("+442079460123", us()), "+44 20 7946 0123");
    assert_eq!(display("+442079460123", region("GB")), "020 7946 0123");
    assert_eq!(display("n/a", us()), "n/a");
}

#[test]
fn what_can_be_dialled_is_given_in_one_form() {
    let cases = [
        ("(415) 555-1212", Some("+14155551212")),
        ("+44 20 7946 0123", Some("+442079460123")),
        ("555-1212", Some("5551212")),
        ("911", Some("911")),
        ("*72", Some("*72")),
        ("anonymous", None),
        ("Ann", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(dialable(text, us()).as_deref(), expected, "{text:?}");
    }
}

#[test]
fn only_regions_with_a_plan_are_regions() {
    assert_eq!(
        Region::parse("de")
            .map(|r| r.as_str().to_owned())
            .as_deref(),
        Some("DE")
    );
    for text in ["XX", "U", "USA", "", "1A", "ÄÖ"] {
        assert_eq!(Region::parse(text), None, "{text:?}");
    }
}

/// Blanks and signs between digits, as people type them.
fn formatted(digits: &str, signs: &[usize]) -> String {
    let mut text = String::new();
    for (digit, sign) in digits
        .chars()
        .zip(signs.iter().chain(std::iter::repeat(&0)))
    {
        text.push(digit);
        text.push_str(["", " ", "-", ".", "\u{a0}", ") "][sign % 6]);
    }
    text
}

proptest! {
    #[test]
    fn any_formatting_of_a_number_meets_it(
        area in 200_u32..1_000, line in 2_000_000_u32..10_000_000,
        signs in proptest::collection::vec(0_usize..6, 0..10), country in 0_usize..3,
    ) {
        let national = format!("{area}{line}");
        let prefix = ["", "+1 ", "1-"][country];
        let dialled = format!("{prefix}{}", formatted(&national, &signs));
        prop_assert_eq!(meets(&national, &dialled, "US"), Some(MatchStrength::Exact));
        let called = format!("+1{national}");
        prop_assert_eq!(meets(&dialled, &called, "US"), Some(MatchStrength::Exact));
    }

    #[test]
    fn numbers_that_name_their_country_meet_only_themselves(
        a in 2_000_000_000_u64..9_999_999_999, b in 2_000_000_000_u64..9_999_999_999,
    ) {
        let [first, second] = [a, b].map(|n| format!("+1{n}"));
        prop_assert_eq!(meets(&first, &second, "US").is_some(), a == b);
    }

    #[test]
    fn no_text_makes_it_panic_and_keys_stay_short(text in "\\PC{0,300}") {
        for key in stored_keys(&text, us()).iter().chain(&lookup_keys(&text, us())) {
            prop_assert!(key.text.len() <= 24);
        }
        let _ = display(&text, us());
        let _ = dialable(&text, us());
        let _ = is_emergency(&text, us());
    }
}

//! Whatever is printed parses to the same tree.

use proptest::prelude::*;

use super::*;
use crate::soql::ast::{At, Bound, Name};
use crate::sosl::parse::{self, id_of};

/// A word as the parser gives it.
fn word() -> impl Strategy<Value = Terms> {
    "[a-zA-Z0-9*?'+(){}é-]{1,8}".prop_map(Terms::Word)
}

fn terms() -> impl Strategy<Value = Terms> {
    let phrase = "[a-z (){}*-]{1,10}".prop_map(Terms::Phrase);
    let leaf = prop_oneof![word(), phrase];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several().prop_map(Terms::And),
            several().prop_map(Terms::Or),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| Terms::AndNot(Box::new(a), Box::new(b))),
        ]
    })
}

fn returned() -> impl Strategy<Value = Select> {
    let limit = prop::option::of(0u64..3000);
    ("[A-Z][a-z]{2,6}x", limit).prop_map(|(object, limit)| {
        let name = Name {
            at: At(0),
            text: object,
        };
        let mut select = id_of(At(0), name);
        select.limit = limit.map(|rows| Bound { at: At(0), rows });
        select
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_search(
        terms in terms(),
        group in prop::option::of(prop::sample::select(FieldGroup::WORDS.to_vec())),
        returning in prop::collection::vec(returned(), 0..3),
        spell_correction in prop::option::of(any::<bool>()),
        limit in prop::option::of(0u64..5000),
    ) {
        let search = Search {
            text: String::new(),
            terms,
            group: group.map(|(_, group)| group),
            returning,
            spell_correction,
            limit: limit.map(|rows| Bound { at: At(0), rows }),
        };
        let text = search.to_string();
        let parsed = parse::parse(&text).unwrap_or_else(|e| panic!("{text}{e}"));
        prop_assert_eq!(parsed, search);
    }
}

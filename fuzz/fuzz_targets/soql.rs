//! Any text as a query: it is read or refused, what is read prints to the same query, and it is
//! planned or refused.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_org::soql::{PlanOptions, parse, plan};
use offhook_org::{Schema, UserContext};

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::standard);

fuzz_target!(|text: &str| {
    let Ok(query) = parse(text) else {
        return;
    };
    let printed = query.to_string();
    let again = parse(&printed).expect("what is printed can be read");
    assert_eq!(again, query, "{printed}");
    let now = PlanOptions::at(1_795_518_000_000);
    _ = plan(&SCHEMA, &UserContext::system(), &query, now);
});

//! Any text as a search: it is read or refused, what is read prints to the same search, and it is
//! planned or refused.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_org::soql::PlanOptions;
use offhook_org::sosl::{parse, plan};
use offhook_org::{Schema, UserContext};

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::standard);

fuzz_target!(|text: &str| {
    let Ok(search) = parse(text) else {
        return;
    };
    let printed = search.to_string();
    let again = parse(&printed).expect("what is printed can be read");
    assert_eq!(again, search, "{printed}");
    let now = PlanOptions::at(1_795_518_000_000);
    _ = plan(&SCHEMA, &UserContext::system(), &search, now);
});

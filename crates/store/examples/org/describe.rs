//! Descriptions of objects, as a client asks for them first; beside the writing of the same JSON,
//! since no database has a part in it.

use std::hint::black_box;
use std::time::Instant;

use offhook_org::UserContext;
use offhook_org::schema::describe::{describe_global, describe_object};
use offhook_store::Store;

use crate::Failure;
use crate::report::{Times, times};

/// Descriptions of each sort.
const ROUNDS: usize = 500;

const BASE: &str = "/services/data/v60.0";

/// One object, and the list of all.
pub(crate) fn measure(store: &Store, user: &UserContext) -> Result<(), Failure> {
    let schema = store.schema();
    let task = schema.object("Task").ok_or("there is no Task")?;
    let json = describe_object(&schema, user, task, BASE);
    let floor = rounds(|| json.to_string());
    times("describe: Task, only written out", &floor, &floor);
    let made = rounds(|| describe_object(&schema, user, task, BASE).to_string());
    times("describe: Task", &made, &floor);
    let json = describe_global(&schema, user, BASE);
    let floor = rounds(|| json.to_string());
    times(
        "describe: list of all objects, only written out",
        &floor,
        &floor,
    );
    let made = rounds(|| describe_global(&schema, user, BASE).to_string());
    times("describe: list of all objects", &made, &floor);
    Ok(())
}

fn rounds(describe: impl Fn() -> String) -> Times {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        black_box(describe());
        took.push(begun.elapsed());
    }
    Times::new(took)
}

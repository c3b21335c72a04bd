//! The standard objects, read from the TOML files beside this one.

use super::Schema;

/// Reads the standard objects. A fault in the files is a fault of ours and panics.
pub fn load() -> Schema {
    todo!()
}

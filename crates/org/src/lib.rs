//! The host side, pure: what an org is, who may see what, what pops and what is logged.
//!
//! Nothing here reads a clock, a database or a socket. Facts are arguments; answers are values.

pub mod access;
pub mod cti;
pub mod id;
pub mod name;
pub mod record;
pub mod save;
pub mod schema;
pub mod value;

pub use access::UserContext;
pub use id::RecordId;
pub use name::{FieldName, ObjectName};
pub use record::Record;
pub use schema::Schema;
pub use value::Value;

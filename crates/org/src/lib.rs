//! The host side, pure: what an org is, who may see what, what pops and what is logged.
//!
//! Nothing here reads a clock, a database or a socket. Facts are arguments; answers are values.
//! It knows nothing of telephony: a call is a number and a call type to be searched, and the facts
//! of a log.
//!
//! The rooms: `schema` (objects and fields, the standard ones as data), `id`, `name`, `value` and
//! `record` (the words of an org), `access` (who may see and do what), `save` (the checks before a
//! record is written), `soql` and `sosl` (queries and searches, from text to plan), `cti` (call
//! centers, softphone layouts, screen pops, call logs, the Open CTI contract), `oauth` (apps that
//! act for a user), `files` (what a content is, and what its name may say), `fold`
//! (text without regard to case).

pub mod access;
pub mod bulk;
pub mod cti;
pub mod events;
pub mod files;
pub mod fold;
pub mod id;
pub mod name;
pub mod oauth;
pub mod pages;
pub mod record;
pub mod save;
pub mod schema;
pub mod soql;
pub mod sosl;
pub mod value;

pub use access::UserContext;
pub use id::RecordId;
pub use name::{FieldName, ObjectName};
pub use record::Record;
pub use schema::Schema;
pub use value::Value;

//! The partner SOAP API for loaders: an operation in, its answer out. Signing in and out is next
//! door (`soap/login.rs`), and so is the envelope.
//!
//! The rooms: `sobject` (records as XML), `write` (create to undelete), `lead` (conversion and
//! merge), `read` (queries, search, retrieve), `describe` (objects and softphone layouts),
//! `by_rest` (what the REST door answers too).

mod by_rest;
mod contents;
mod describe;
mod lead;
mod read;
mod sobject;
mod write;

use crate::ApiState;
use crate::error::ApiError;
use crate::session::ApiUser;
use crate::xml::{Element, Node};

/// A request for an operation.
pub(crate) struct Ask<'a> {
    pub(crate) state: &'a ApiState,
    pub(crate) user: ApiUser,
    /// The element of the operation.
    pub(crate) operation: &'a Node,
    pub(crate) options: Options,
}

impl Ask<'_> {
    /// Does the operation change nothing, whatever it answers?
    pub(crate) fn only_reads(&self) -> bool {
        let name = self.operation.name.as_str();
        let reads = ["query", "queryAll", "queryMore", "retrieve", "search"];
        reads.contains(&name) || name.starts_with("describe")
    }
}

/// What the headers of the envelope ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// `QueryOptions/batchSize`.
    pub(crate) batch_size: Option<usize>,
    /// `AllOrNoneHeader`.
    pub(crate) all_or_none: bool,
    /// `AllowFieldTruncationHeader`.
    pub(crate) allow_truncation: bool,
    /// `CallOptions/client`.
    pub(crate) client: String,
}

impl Options {
    /// Reads the envelope's header.
    pub(crate) fn read(header: &Node) -> Self {
        let flag = |name: &str, value: &str| {
            let found = header.child(name);
            found.is_some_and(|found| found.value(value).eq_ignore_ascii_case("true"))
        };
        let text = |name: &str, value: &str| {
            let found = header.child(name);
            found.map_or("", |found| found.value(value)).to_owned()
        };
        Self {
            batch_size: text("QueryOptions", "batchSize").parse().ok(),
            all_or_none: flag("AllOrNoneHeader", "allOrNone"),
            allow_truncation: flag("AllowFieldTruncationHeader", "allowFieldTruncation"),
            client: text("CallOptions", "client").chars().take(80).collect(),
        }
    }
}

/// Answers an operation: the element for the body.
pub(crate) async fn answer(ask: &Ask<'_>) -> Result<Element, ApiError> {
    let results = match ask.operation.name.as_str() {
        "create" | "update" | "upsert" | "delete" | "undelete" | "emptyRecycleBin" => {
            write::many(ask).await?
        }
        "convertLead" => lead::convert(ask).await?,
        "merge" => lead::merge(ask).await?,
        "query" | "queryAll" => read::query(ask).await?,
        "queryMore" => read::query_more(ask).await?,
        "retrieve" => read::retrieve(ask).await?,
        "search" => read::search(ask).await?,
        "describeGlobal" => describe::global(ask),
        "describeSObject" | "describeSObjects" => describe::objects(ask)?,
        "describeLayout" => by_rest::layout(ask).await?,
        "getUpdated" => by_rest::changes(ask, "updated").await?,
        "getDeleted" => by_rest::changes(ask, "deleted").await?,
        "setPassword" | "resetPassword" => by_rest::password(ask).await?,
        "describeSoftphoneLayout" => describe::softphone_layout(ask).await?,
        name => {
            let name: String = name.chars().take(80).collect();
            return Err(ApiError::bad(
                "INVALID_OPERATION",
                format!("the operation {name} is not available here"),
            ));
        }
    };
    Ok(Element::new(format!("{}Response", ask.operation.name)).children(results))
}

//! How much of anything a request may bring or ask for.

/// Bytes of a JSON, XML or form body, unpacked. The platform takes 50 MB over SOAP and less here.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Records in one collection or tree.
pub(crate) const COLLECTION_MAX: usize = 200;

/// Records read by their ids in one request.
pub(crate) const RETRIEVE_MAX: usize = 2_000;

/// Requests in one composite or batch.
pub(crate) const COMPOSITE_MAX: usize = 25;

/// Of them, queries and collections.
pub(crate) const COMPOSITE_HEAVY_MAX: usize = 5;

/// Levels of a tree.
pub(crate) const TREE_LEVELS_MAX: usize = 5;

/// Objects in one tree.
pub(crate) const TREE_OBJECTS_MAX: usize = 5;

/// Graphs in one request.
pub(crate) const GRAPHS_MAX: usize = 75;

/// Requests in all graphs of one request.
pub(crate) const GRAPH_NODES_MAX: usize = 500;

/// Records that `updated` and `deleted` list.
pub(crate) const CHANGES_MAX: usize = 50_000;

//! Bulk jobs, both generations of the API: what a job is, which steps it may take, what its rows
//! are. Pure: the store keeps jobs and runs them, the API door speaks their words.
//!
//! A job of Bulk 2.0 has one body of CSV; a job of Bulk 1.0 has batches, each with a body of its
//! own. Here both have batches, and the first kind has one with the job's id.

mod chunks;
mod job;
mod rows;

pub use chunks::{CHUNK_IDS, CHUNK_IDS_MAX, chunk_ids, chunks};
pub use job::{
    Batch, BatchState, BulkApi, BulkOperation, BulkRefusal, ContentType, Counts, Delimiter, Job,
    JobRequest, JobState, LineEnding,
};
pub use rows::{Column, Header, Outcome, clears};

#[cfg(test)]
mod tests;

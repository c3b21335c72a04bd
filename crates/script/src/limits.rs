//! What one run of a script may use. Every limit has its reason beside it.

use std::time::Duration;

/// Limits of a run.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Wall time of everything: the engine, the database, the wait for it. An adapter waits for
    /// the answer while a telephone rings.
    pub time: Duration,
    /// Wall time from the first write on, since nobody else writes meanwhile on SQLite.
    pub time_writing: Duration,
    /// Memory of the engine, in bytes.
    pub memory_bytes: usize,
    /// Stack of the engine, in bytes; a thread of the pool has 2 MiB.
    pub stack_bytes: usize,
    /// Queries and searches (the platform's 100).
    pub queries: u32,
    /// Rows that all of them give together.
    pub rows: u32,
    /// Records that are written (the platform's 150 statements, counted by record here).
    pub writes: u32,
    /// The result as JSON, in bytes: it goes through a message of the browser.
    pub result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(5),
            time_writing: Duration::from_secs(1),
            memory_bytes: 32 << 20,
            stack_bytes: 512 << 10,
            queries: 100,
            rows: 10_000,
            writes: 200,
            result_bytes: 1 << 20,
        }
    }
}

/// A limit that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// [`Limits::time`] or [`Limits::time_writing`].
    #[error(
        "The script took too long: a run may take 5 seconds, and 1 second after it has written"
    )]
    Time,
    /// [`Limits::memory_bytes`].
    #[error("The script used too much memory: a run may use 32 MiB")]
    Memory,
    /// [`Limits::queries`].
    #[error("The script asked too often: a run may make 100 queries and searches")]
    Queries,
    /// [`Limits::rows`].
    #[error(
        "The script read too many rows: a query may give 2,000 rows, a run 10,000. Use LIMIT and \
         a narrower WHERE"
    )]
    Rows,
    /// [`Limits::writes`].
    #[error("The script wrote too much: a run may write 200 records")]
    Writes,
    /// [`Limits::result_bytes`].
    #[error("The result is too large: it may have 1 MiB as JSON")]
    Result,
    /// As many scripts wait as may wait.
    #[error("Too many scripts run at once: try again in a moment")]
    Queue,
}

impl Limit {
    /// A word for the log: `time`, `memory`, …
    pub fn word(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Queries => "queries",
            Self::Rows => "rows",
            Self::Writes => "writes",
            Self::Result => "result",
            Self::Queue => "queue",
        }
    }
}

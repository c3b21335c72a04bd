//! Bulk jobs: what clients sent, what became of each row, and which batch is next. A piece of
//! rows and the note of what became of them are written in one transaction, so a job that a
//! crash cut goes on where it was and writes no row twice.

mod data;
mod jobs;
mod work;

pub use data::Piece;
pub use jobs::BulkUse;
pub use work::{Claim, RowWrite};

use offhook_org::bulk::BulkRefusal;

use crate::StoreError;
use crate::database::DbError;

/// Why a step of a job did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BulkFailure {
    /// There is no such job, or it is somebody else's.
    #[error("there is no such job, or it is not yours")]
    NotFound,
    /// The step is not possible.
    #[error(transparent)]
    Refused(#[from] BulkRefusal),
    /// The world.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for BulkFailure {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

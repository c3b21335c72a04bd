//! Where rows of rights are read: what is committed, or what a transaction sees.

use crate::database::{Database, DbError, Row, Statement, Transaction};

pub(super) enum Source<'a> {
    Committed(&'a Database),
    Within(&'a mut Transaction),
}

impl Source<'_> {
    pub(super) async fn read(&mut self, statement: &Statement) -> Result<Vec<Row>, DbError> {
        match self {
            Self::Committed(database) => database.read(statement).await,
            Self::Within(transaction) => transaction.fetch(statement).await,
        }
    }
}

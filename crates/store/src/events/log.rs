//! Writing the log.

use offhook_org::events::EventBody;

use super::SERIES;
use crate::database::{DbError, Statement, Transaction};
use crate::serial;

/// Rows in one statement.
const ROWS_MAX: usize = 200;

/// An event that has no number yet.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    object: String,
    is_change: bool,
    at_ms: i64,
    body: String,
}

impl NewEvent {
    pub(crate) fn new(body: &EventBody, at_ms: i64) -> Result<Self, DbError> {
        Ok(Self {
            object: body.object.clone(),
            is_change: body.is_change(),
            at_ms,
            body: serde_json::to_string(body)
                .map_err(|e| DbError::Failed(format!("an event as JSON: {e}")))?,
        })
    }
}

/// The events of a transaction that is not committed yet. Marks go with its savepoints.
#[derive(Debug, Default)]
pub(crate) struct Told {
    events: Vec<NewEvent>,
    marks: Vec<(&'static str, usize)>,
}

impl Told {
    pub(crate) fn push(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    pub(crate) fn take(&mut self) -> Vec<NewEvent> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn mark(&mut self, name: &'static str) {
        self.marks.push((name, self.events.len()));
    }

    /// Forgets what was told since the mark, which stays; marks within it go.
    pub(crate) fn roll_back_to(&mut self, name: &'static str) {
        if let Some(at) = self.marks.iter().rposition(|(mark, _)| *mark == name) {
            self.events.truncate(self.marks[at].1);
            self.marks.truncate(at + 1);
        }
    }

    pub(crate) fn release(&mut self, name: &'static str) {
        if let Some(at) = self.marks.iter().rposition(|(mark, _)| *mark == name) {
            self.marks.truncate(at);
        }
    }
}

/// Numbers and writes events, and says the last number. The row of the series is held until the
/// transaction ends, so numbers are given out in the order of the commits. It must be the last
/// thing that a transaction does: one that waited for another row afterwards could wait for ever.
pub(crate) async fn append(
    transaction: &mut Transaction,
    events: Vec<NewEvent>,
) -> Result<i64, DbError> {
    let count = u32::try_from(events.len())
        .map_err(|_| DbError::Failed("too many events in a transaction".to_owned()))?;
    let first = serial::take_in_order(transaction, SERIES, count).await?;
    let mut replay =
        i64::try_from(first).map_err(|_| DbError::Corrupt("replay ids have run out".to_owned()))?;
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let mut insert = Statement::new(
            "INSERT INTO event_log (replay, object, is_change, created_at_ms, body) VALUES ",
        );
        let mut separator = "(";
        for event in events.by_ref().take(ROWS_MAX) {
            insert.push(separator).arg(replay);
            insert.push(", ").arg(event.object);
            insert.push(", ").arg(event.is_change);
            insert.push(", ").arg(event.at_ms);
            insert.push(", ").arg(event.body);
            separator = "), (";
            replay += 1;
        }
        insert.push(")");
        transaction.execute(&insert).await?;
    }
    Ok(replay - 1)
}

/// The last number that was given out.
pub(super) fn last_replay() -> Statement {
    Statement::new("SELECT last FROM serial WHERE name = $1").with(SERIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str) -> NewEvent {
        NewEvent {
            object: name.to_owned(),
            is_change: true,
            at_ms: 0,
            body: String::new(),
        }
    }

    #[test]
    fn what_was_taken_back_is_not_told() {
        let mut told = Told::default();
        told.mark("request");
        told.push(event("A"));
        told.mark("run");
        told.push(event("B"));
        told.mark("run");
        told.push(event("C"));
        told.roll_back_to("run");
        told.release("run");
        told.push(event("D"));
        told.release("run");
        told.release("request");
        let names: Vec<_> = told.take().into_iter().map(|e| e.object).collect();
        assert_eq!(names, ["A", "B", "D"]);
        told.mark("request");
        told.mark("run");
        told.push(event("E"));
        told.roll_back_to("request");
        assert!(told.take().is_empty());
    }
}

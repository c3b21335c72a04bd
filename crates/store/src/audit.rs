//! The audit trail of Setup: who changed what and when, as rows of SetupAuditTrail, written in
//! the transaction of the change.

use offhook_org::UserContext;

use crate::Store;
use crate::database::{DbError, Transaction};
use crate::error::StoreError;
use crate::rights::rows::{row, text};

/// Characters of a line of the trail.
const DISPLAY_LENGTH_MAX: usize = 1_000;

impl Store {
    /// Notes a change of Setup in the transaction that makes it. `section` is the place in Setup
    /// (`Manage Users`), `action` a word of the platform's (`PermSetAssign`), `display` a
    /// sentence for people: "Assigned permission set Calls to user Sam Carter".
    pub(crate) async fn audit_in(
        &self,
        transaction: &mut Transaction,
        user: &UserContext,
        section: &str,
        action: &str,
        display: &str,
    ) -> Result<(), DbError> {
        let line = row([
            ("Section", text(section)),
            ("Action", text(action)),
            ("Display", text(one_line(display, DISPLAY_LENGTH_MAX))),
        ]);
        let rows = vec![line];
        let ids = self
            .insert_rows(transaction, user, "SetupAuditTrail", rows)
            .await?;
        for id in &ids {
            self.link_audit_row(transaction, id).await?;
        }
        Ok(())
    }

    /// [`Store::audit_in`] for a change that needed no transaction of its own.
    pub async fn audit(
        &self,
        user: &UserContext,
        section: &str,
        action: &str,
        display: &str,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database().begin().await?;
        self.audit_in(&mut transaction, user, section, action, display)
            .await?;
        Ok(transaction.commit().await?)
    }
}

/// A text as one line of printable characters: what comes from outside makes no lines of its own
/// and sends no commands to a terminal, nor turns the direction of what follows.
pub(crate) fn one_line(words: &str, length_max: usize) -> String {
    let printable = words
        .chars()
        .map(|c| match c.is_control() || turns_or_breaks(c) {
            true => ' ',
            false => c,
        });
    printable.take(length_max).collect()
}

/// Line and paragraph separators, and what sets the direction of text.
fn turns_or_breaks(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_line_from_outside_stays_one_line_and_orders_nothing() {
        let hostile = "a\r\n2026-01-01 root: all is well\u{1b}[2J\u{7}\u{9b}31m\u{202e}b\u{2028}c";
        let line = one_line(hostile, 100);
        assert_eq!(line, "a  2026-01-01 root: all is well [2J  31m b c");
        assert_eq!(one_line("abc", 2), "ab");
    }
}

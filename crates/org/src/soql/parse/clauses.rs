//! The clauses behind FROM, but for their conditions.

use super::super::ast::{At, Bound, Group, GroupKind, Name, OrderItem, Purpose, With};
use super::super::error::Fault;
use super::super::lex::TokenKind;
use super::{Cursor, Read};
use crate::Value;

/// Words that begin a clause when the other word follows, so that they are no alias there.
const CLAUSE_STARTS: [(&str, &[&str]); 4] = [
    ("ORDER", &["BY"]),
    ("ALL", &["ROWS"]),
    ("FOR", &["VIEW", "REFERENCE", "UPDATE"]),
    ("UPDATE", &["TRACKING", "VIEWSTAT"]),
];

impl Cursor<'_> {
    pub(super) fn begins_clause(&self) -> bool {
        let starts =
            |(word, next): &(&str, &[&str])| self.is_keyword(word) && self.next_is_keyword(next);
        CLAUSE_STARTS.iter().any(starts) || (self.is_keyword("OFFSET") && self.next_is_number())
    }

    pub(super) fn scope(&mut self) -> Read<Option<Name>> {
        if !self.take_keyword("USING") {
            return Ok(None);
        }
        self.keyword("SCOPE")?;
        self.name().map(Some)
    }

    pub(super) fn with(&mut self) -> Read<Option<(At, With)>> {
        if !self.take_keyword("WITH") {
            return Ok(None);
        }
        let at = self.at();
        for (word, with) in [
            ("SECURITY_ENFORCED", With::SecurityEnforced),
            ("USER_MODE", With::UserMode),
            ("SYSTEM_MODE", With::SystemMode),
        ] {
            if self.take_keyword(word) {
                return Ok(Some((at, with)));
            }
        }
        let (at, fault) = self.unexpected();
        let known = "Known here are SECURITY_ENFORCED, USER_MODE and SYSTEM_MODE.";
        Err((at, fault.hint(known)))
    }

    pub(super) fn group(&mut self) -> Read<Option<Group>> {
        if !self.take_keyword("GROUP") {
            return Ok(None);
        }
        self.keyword("BY")?;
        for (word, kind) in [("ROLLUP", GroupKind::Rollup), ("CUBE", GroupKind::Cube)] {
            if self.is_keyword(word) && self.next_is_sign(&["("]) {
                self.advance();
                let keys = self.parenthesised(|cursor| cursor.list(Self::expr))?;
                return Ok(Some(Group { kind, keys }));
            }
        }
        let keys = self.list(Self::expr)?;
        let kind = GroupKind::Plain;
        Ok(Some(Group { kind, keys }))
    }

    pub(crate) fn order(&mut self) -> Read<Vec<OrderItem>> {
        if !self.take_keyword("ORDER") {
            return Ok(Vec::new());
        }
        self.keyword("BY")?;
        self.list(Self::order_item)
    }

    pub(crate) fn order_item(&mut self) -> Read<OrderItem> {
        let by = self.expr()?;
        let descending = self.take_keyword("DESC");
        if !descending {
            self.take_keyword("ASC");
        }
        let nulls_first = self.nulls()?;
        Ok(OrderItem {
            by,
            descending,
            nulls_first,
        })
    }

    fn nulls(&mut self) -> Read<Option<bool>> {
        if !self.take_keyword("NULLS") {
            return Ok(None);
        }
        if self.take_keyword("FIRST") {
            return Ok(Some(true));
        }
        self.keyword("LAST")?;
        Ok(Some(false))
    }

    pub(crate) fn bound_after(&mut self, keyword: &str) -> Read<Option<Bound>> {
        if !self.take_keyword(keyword) {
            return Ok(None);
        }
        let at = self.at();
        let rows = match self.kind() {
            TokenKind::Value(Value::Integer(rows)) => u64::try_from(*rows).ok(),
            _ => None,
        };
        let Some(rows) = rows else {
            let (at, fault) = self.unexpected();
            let hint = format!("{keyword} takes a whole number of rows.");
            return Err((at, fault.hint(hint)));
        };
        self.advance();
        Ok(Some(Bound { at, rows }))
    }

    pub(super) fn purposes(&mut self) -> Read<Vec<(At, Purpose)>> {
        let mut purposes = Vec::new();
        while self.take_keyword("FOR") {
            purposes.push(self.purpose()?);
            while self.take_sign(",") {
                purposes.push(self.purpose()?);
            }
            if purposes.len() > 3 {
                return Err((self.at(), Fault::malformed("duplicate FOR clause")));
            }
        }
        if self.is_keyword("UPDATE") {
            let (at, fault) = self.unexpected();
            let hint = "UPDATE TRACKING and UPDATE VIEWSTAT are for Knowledge articles, which this \
                        org does not have.";
            return Err((at, fault.hint(hint)));
        }
        Ok(purposes)
    }

    fn purpose(&mut self) -> Read<(At, Purpose)> {
        let at = self.at();
        for (word, purpose) in [
            ("VIEW", Purpose::View),
            ("REFERENCE", Purpose::Reference),
            ("UPDATE", Purpose::Update),
        ] {
            if self.take_keyword(word) {
                return Ok((at, purpose));
            }
        }
        let (at, fault) = self.unexpected();
        Err((at, fault.hint("FOR takes VIEW, REFERENCE or UPDATE.")))
    }

    pub(super) fn all_rows(&mut self) -> Read<bool> {
        if !self.take_keyword("ALL") {
            return Ok(false);
        }
        self.keyword("ROWS")?;
        Ok(true)
    }
}

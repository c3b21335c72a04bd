//! Conditions in SQL. A comparison with null is null, which is not true: the plan says by
//! `or_null` where that is not enough.

use offhook_org::soql::plan::{Condition, Expr, Operator, SemiJoin};
use offhook_org::{Value, soql::plan::Column};

use super::expressions::Place;
use super::writer::Writer;
use crate::error::StoreError;

impl Writer<'_> {
    /// Adds a condition; of several, in parentheses.
    pub(super) fn push_condition(
        &mut self,
        place: Place<'_>,
        condition: &Condition,
    ) -> Result<(), StoreError> {
        match condition {
            Condition::All(conditions) => self.push_joined(place, conditions, " AND ", "TRUE"),
            Condition::Any(conditions) => self.push_joined(place, conditions, " OR ", "FALSE"),
            leaf => self.push_leaf(place, leaf),
        }
    }

    /// Halves in parentheses: engines limit the depth of `a OR b OR c OR …`.
    fn push_joined(
        &mut self,
        place: Place<'_>,
        conditions: &[Condition],
        word: &str,
        of_none: &str,
    ) -> Result<(), StoreError> {
        match conditions {
            [] => drop(self.push(of_none)),
            [only] => self.push_condition(place, only)?,
            several => {
                let (left, right) = several.split_at(several.len() / 2);
                self.push("(");
                self.push_joined(place, left, word, of_none)?;
                self.push(word);
                self.push_joined(place, right, word, of_none)?;
                self.push(")");
            }
        }
        Ok(())
    }

    fn push_leaf(&mut self, place: Place<'_>, leaf: &Condition) -> Result<(), StoreError> {
        let null_too = match leaf {
            Condition::Compare { left, or_null, .. }
            | Condition::Like { left, or_null, .. }
            | Condition::In { left, or_null, .. }
            | Condition::Includes { left, or_null, .. }
            | Condition::SameSet { left, or_null, .. }
            | Condition::InSelect { left, or_null, .. } => or_null.then_some(left),
            _ => None,
        };
        let Some(left) = null_too else {
            return self.push_test(place, leaf);
        };
        self.push("(");
        self.push_expr(place, left);
        self.push(" IS NULL OR ");
        self.push_test(place, leaf)?;
        self.push(")");
        Ok(())
    }

    fn push_test(&mut self, place: Place<'_>, leaf: &Condition) -> Result<(), StoreError> {
        match leaf {
            Condition::All(_) | Condition::Any(_) => return self.push_condition(place, leaf),
            Condition::Compare {
                left,
                operator,
                right,
                ..
            } => {
                self.push_comparable(place, left);
                self.push(sign(*operator));
                self.push_value(right, place.kind(left).folded);
            }
            Condition::IsNull { left, negated } => {
                self.push_expr(place, left);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Condition::IsTrue { left, negated } => {
                self.push_expr(place, left);
                self.push(if *negated { " IS NOT TRUE" } else { " IS TRUE" });
            }
            Condition::InSelect {
                left,
                select,
                negated,
                ..
            } => {
                self.push_expr(place, left);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.push_semi_join(place, select)?;
                self.push(")");
            }
            Condition::Like { negated, .. }
            | Condition::In { negated, .. }
            | Condition::Includes { negated, .. }
            | Condition::SameSet { negated, .. } => {
                self.push(if *negated { "NOT (" } else { "(" });
                self.push_match(place, leaf);
                self.push(")");
            }
        }
        Ok(())
    }

    /// What [`Self::push_test`] turns around where it is negated.
    fn push_match(&mut self, place: Place<'_>, leaf: &Condition) {
        match leaf {
            Condition::Like { left, pattern, .. } => self.push_like(place, left, pattern),
            Condition::In { left, values, .. } => {
                self.push_comparable(place, left);
                self.push_in(values, place.kind(left).folded);
            }
            Condition::Includes { left, any_of, .. } => {
                let mut separator = "(";
                for all_of in any_of {
                    self.push(separator);
                    self.push_holds_all(place, left, all_of);
                    separator = ") OR (";
                }
                self.push(")");
            }
            Condition::SameSet { left, values, .. } => self.push_same_set(place, left, values),
            _ => {}
        }
    }

    fn push_like(&mut self, place: Place<'_>, left: &Expr, pattern: &str) {
        let folded = place.kind(left).folded;
        if let (Place::Row(scope), Expr::Column(column), true) = (place, left, folded) {
            let column = scope.column(column);
            return self
                .dialect
                .push_like(&mut self.statement, &column, pattern);
        }
        self.dialect.push_like_start(&mut self.statement, folded);
        self.push_expr(place, left);
        self.dialect
            .push_like_end(&mut self.statement, pattern, folded);
    }

    /// Values of a picklist of several are kept as `a;b;c`.
    fn push_holds_all(&mut self, place: Place<'_>, left: &Expr, values: &[String]) {
        if values.is_empty() {
            self.push("TRUE");
        }
        let mut separator = "";
        for value in values {
            self.push(separator);
            let pattern = super::super::list::containing(&format!(";{value};"));
            self.dialect.push_like_start(&mut self.statement, true);
            self.push("(';' || ");
            self.push_expr(place, left);
            self.push(" || ';')");
            self.dialect
                .push_like_end(&mut self.statement, &pattern, true);
            separator = " AND ";
        }
    }

    fn push_same_set(&mut self, place: Place<'_>, left: &Expr, values: &[String]) {
        self.push("length(");
        self.push_expr(place, left);
        self.push(") - length(replace(");
        self.push_expr(place, left);
        let parted = values.len().saturating_sub(1);
        self.push(&format!(", ';', '')) = {parted} AND "));
        self.push_holds_all(place, left, values);
    }

    /// Nulls are left out of what an anti-join looks through: `NOT IN` would find nothing.
    fn push_semi_join(&mut self, place: Place<'_>, select: &SemiJoin) -> Result<(), StoreError> {
        let depth = match place {
            Place::Row(scope) => scope.depth() + 1,
            Place::Group(..) => 1,
        };
        let scope = self.scope(&select.source, depth)?;
        let column: &Column = &select.column;
        let column = scope.column(column);
        self.push("SELECT ").push(&column);
        self.push_from_where(&scope)?;
        self.push(" AND ").push(&column).push(" IS NOT NULL");
        if let Some(limit) = select.limit {
            let id = format!(" ORDER BY {}.id LIMIT ", scope.alias(select.column.table));
            self.push(&id).arg(i64::try_from(limit).unwrap_or(i64::MAX));
        }
        Ok(())
    }

    /// Adds `left IN (…)` for ids of our own.
    pub(super) fn push_one_of(&mut self, left: &str, ids: &[offhook_org::RecordId]) {
        let ids: Vec<Value> = ids.iter().cloned().map(Value::Reference).collect();
        self.push(left);
        match ids.is_empty() {
            true => drop(self.push(" IN (NULL)")),
            false => self.push_in(&ids, false),
        }
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => " = ",
        Operator::NotEqual => " <> ",
        Operator::Less => " < ",
        Operator::LessOrEqual => " <= ",
        Operator::Greater => " > ",
        Operator::GreaterOrEqual => " >= ",
    }
}

//! Aggregates. The innermost select gives keys and arguments of each row (`k0`, `v0`); around it
//! stands one select for each grouping set (`a0`, `g0`), joined by UNION ALL, alike on both
//! engines; the outermost knows HAVING, order and limit.

use offhook_org::Value;
use offhook_org::schema::{FieldKind, Schema};
use offhook_org::soql::plan::{Aggregate, Condition, Expr, Groups, SelectPlan, Source};
use offhook_org::soql::result::{ResultRow, ResultValue};

use super::expressions::{Kind, Place, kind};
use super::writer::Writer;
use crate::database::{DbError, Dialect, Row};
use crate::error::StoreError;
use crate::org::columns;

impl Writer<'_> {
    /// Writes the whole statement of a select with groups, of at most `limit` rows.
    pub(super) fn write_groups(
        &mut self,
        select: &SelectPlan,
        groups: &Groups,
        limit: u64,
    ) -> Result<(), StoreError> {
        let aggregates = aggregates(select, groups);
        self.push("WITH r AS (");
        self.push_rows_to_group(select, groups, &aggregates)?;
        self.push(") SELECT ");
        let place = Place::Group(groups, &aggregates);
        let mut separator = "";
        for item in &groups.items {
            self.push(separator);
            self.push_expr(place, &item.value);
            separator = ", ";
        }
        let mut separator = " FROM (";
        for (number, set) in groups.sets.iter().enumerate() {
            self.push(separator);
            self.push_set(groups, &aggregates, number, set);
            separator = " UNION ALL ";
        }
        self.push(") AS s WHERE TRUE");
        if let Some(having) = &groups.having {
            self.push(" AND ");
            self.push_condition(place, having)?;
        }
        self.push_group_order(place, select, groups);
        self.push_limit(limit, select.offset);
        Ok(())
    }

    /// Adds ` LIMIT … OFFSET …`.
    pub(super) fn push_limit(&mut self, limit: u64, offset: u64) {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.push(" LIMIT ").arg(signed(limit));
        if offset > 0 {
            self.push(" OFFSET ").arg(signed(offset));
        }
    }

    fn push_rows_to_group(
        &mut self,
        select: &SelectPlan,
        groups: &Groups,
        aggregates: &[Expr],
    ) -> Result<(), StoreError> {
        let scope = self.scope(&select.source, 0)?;
        self.push("SELECT 1 AS one");
        for (number, key) in groups.keys.iter().enumerate() {
            self.push(", ");
            self.push_expr(Place::Row(&scope), key);
            self.push(&format!(" AS k{number}"));
        }
        for (number, aggregate) in aggregates.iter().enumerate() {
            if let Expr::Aggregate {
                argument: Some(argument),
                ..
            } = aggregate
            {
                self.push(", ");
                self.push_expr(Place::Row(&scope), argument);
                self.push(&format!(" AS v{number}"));
            }
        }
        self.push_from_where(&scope)
    }

    fn push_set(&mut self, groups: &Groups, aggregates: &[Expr], number: usize, set: &[usize]) {
        self.push(&format!("SELECT {number} AS n"));
        for (key, expr) in groups.keys.iter().enumerate() {
            let kind = kind(expr, None);
            let shown = match set.contains(&key) {
                false => self.dialect.null_of(kind.kind),
                true if kind.folded => format!("min({})", bytes(self.dialect, &format!("k{key}"))),
                true => format!("k{key}"),
            };
            let left_out = i32::from(!set.contains(&key));
            self.push(&format!(", {shown} AS k{key}, {left_out} AS g{key}"));
        }
        for (number, aggregate) in aggregates.iter().enumerate() {
            let shown = aggregated(self.dialect, aggregate, number);
            self.push(&format!(", {shown} AS a{number}"));
        }
        self.push(" FROM r");
        let mut separator = " GROUP BY ";
        for key in set {
            let column = format!("r.k{key}");
            let column = match kind(&groups.keys[*key], None).folded {
                true => self.dialect.folded(&column),
                false => column,
            };
            self.push(separator).push(&column);
            separator = ", ";
        }
    }

    fn push_group_order(&mut self, place: Place<'_>, select: &SelectPlan, groups: &Groups) {
        self.push(" ORDER BY ");
        for key in &select.order {
            self.push_key(place, key);
            self.push(", ");
        }
        self.push("n");
        for (number, expr) in groups.keys.iter().enumerate() {
            let column = match kind(expr, None).folded {
                true => self.dialect.folded(&format!("k{number}")),
                false => format!("k{number}"),
            };
            self.push(&format!(", {column} NULLS FIRST"));
        }
    }
}

impl Dialect {
    fn null_of(self, kind: FieldKind) -> String {
        let name = match kind {
            FieldKind::Integer | FieldKind::DateTime | FieldKind::Time => "BIGINT",
            FieldKind::Number | FieldKind::Currency | FieldKind::Percent => "DOUBLE PRECISION",
            FieldKind::Checkbox => "BOOLEAN",
            _ => "TEXT) COLLATE \"C\"",
        };
        match self {
            Self::Sqlite => "NULL".to_owned(),
            Self::Postgres if name.starts_with("TEXT") => format!("CAST(NULL AS {name}"),
            Self::Postgres => format!("CAST(NULL AS {name})"),
        }
    }
}

/// A text in the order of its bytes.
fn bytes(dialect: Dialect, column: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("{column} COLLATE BINARY"),
        Dialect::Postgres => format!("{column} COLLATE \"C\""),
    }
}

fn aggregated(dialect: Dialect, aggregate: &Expr, number: usize) -> String {
    let Expr::Aggregate { function, argument } = aggregate else {
        return "NULL".to_owned();
    };
    let kind = argument.as_deref().map(|argument| kind(argument, None));
    let column = format!("v{number}");
    let folded = match kind {
        Some(Kind { folded: true, .. }) => dialect.folded(&column),
        _ => column.clone(),
    };
    match function {
        Aggregate::Count if kind.is_none() => "count(*)".to_owned(),
        Aggregate::Count => format!("count({column})"),
        Aggregate::CountDistinct => format!("count(DISTINCT {folded})"),
        Aggregate::Sum if kind.is_some_and(|kind| kind.kind == FieldKind::Integer) => {
            format!("CAST(sum({column}) AS BIGINT)")
        }
        Aggregate::Sum => format!("sum({column})"),
        Aggregate::Avg => format!("avg(CAST({column} AS DOUBLE PRECISION))"),
        Aggregate::Min => extreme(dialect, "min", &column, kind),
        Aggregate::Max => extreme(dialect, "max", &column, kind),
    }
}

/// Of texts that differ in case alone, which one is shown is left to the engine.
fn extreme(dialect: Dialect, function: &str, column: &str, kind: Option<Kind>) -> String {
    let kind = kind.unwrap_or(Kind {
        kind: FieldKind::Text,
        folded: false,
    });
    match (dialect, kind.folded) {
        (Dialect::Sqlite, true) => format!("{function}({column} COLLATE folded)"),
        (Dialect::Postgres, true) => format!(
            "split_part({function}((folded({column}) || chr(1) || {column}) COLLATE \"C\"), \
             chr(1), 2)"
        ),
        (Dialect::Postgres, false) if kind.kind == FieldKind::Checkbox => {
            format!("CAST({function}(CAST({column} AS INTEGER)) AS BOOLEAN)")
        }
        (Dialect::Postgres, false) if kind.kind.is_text() || is_id(kind.kind) => {
            format!("{function}({column} COLLATE \"C\")")
        }
        _ => format!("{function}({column})"),
    }
}

fn is_id(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Id | FieldKind::Reference | FieldKind::Date)
}

/// Each aggregate of the select once.
fn aggregates(select: &SelectPlan, groups: &Groups) -> Vec<Expr> {
    let mut found = Vec::new();
    let mut note = |expr: &Expr| {
        if matches!(expr, Expr::Aggregate { .. }) && !found.contains(expr) {
            found.push(expr.clone());
        }
    };
    groups.items.iter().for_each(|item| note(&item.value));
    select.order.iter().for_each(|order| note(&order.by));
    if let Some(having) = &groups.having {
        each_left(having, &mut note);
    }
    found
}

fn each_left(condition: &Condition, note: &mut impl FnMut(&Expr)) {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => {
            conditions
                .iter()
                .for_each(|condition| each_left(condition, note));
        }
        Condition::Compare { left, .. }
        | Condition::Like { left, .. }
        | Condition::In { left, .. }
        | Condition::IsNull { left, .. }
        | Condition::IsTrue { left, .. }
        | Condition::Includes { left, .. }
        | Condition::SameSet { left, .. }
        | Condition::InSelect { left, .. } => note(left),
    }
}

/// For each item that is a sum, the digits behind the point of what is summed up: a sum of
/// binary fractions is no decimal one, and is cut to what its field can hold.
pub(super) fn scales(schema: &Schema, source: &Source, groups: &Groups) -> Vec<Option<u8>> {
    let scale = |value: &Expr| {
        let Expr::Aggregate {
            function: Aggregate::Sum,
            argument: Some(argument),
        } = value
        else {
            return None;
        };
        let Expr::Column(column) = &**argument else {
            return None;
        };
        let object = schema.object(source.table(column.table).object.as_str())?;
        object.field(column.field.as_str()).map(|field| field.scale)
    };
    groups.items.iter().map(|item| scale(&item.value)).collect()
}

/// The group in a row.
pub(super) fn group(
    groups: &Groups,
    scales: &[Option<u8>],
    row: &Row,
) -> Result<ResultRow, DbError> {
    let mut fields = Vec::with_capacity(groups.items.len());
    for (column, (item, scale)) in groups.items.iter().zip(scales).enumerate() {
        let shown = match row.is_null(column) {
            true => Value::Null,
            false => columns::value(kind(&item.value, Some(groups)).kind, row, column)?,
        };
        let shown = match (shown, scale) {
            (Value::Number(sum), Some(scale)) => Value::Number(rounded(sum, *scale)),
            (other, _) => other,
        };
        fields.push((item.name.clone(), ResultValue::Value(shown)));
    }
    Ok(ResultRow {
        object: None,
        id: None,
        fields,
    })
}

fn rounded(number: f64, scale: u8) -> f64 {
    let shift = 10_f64.powi(i32::from(scale));
    (number * shift).round() / shift
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn a_sum_of_cents_is_cents() {
        assert_eq!(rounded(0.1 + 0.2, 2), 0.3);
        assert_eq!(rounded(-1.005, 0), -1.0);
    }
}

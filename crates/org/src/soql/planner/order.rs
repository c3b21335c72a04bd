//! ORDER BY.

use super::super::ast::{OrderItem, Select};
use super::super::error::Fault;
use super::super::parse::Read;
use super::super::plan::{Collation, NullsAt, Order};
use super::calls::Operand;
use super::groups;
use super::names::Names;
use crate::schema::FieldKind;

/// The order of rows.
pub(super) fn of_rows(names: &mut Names<'_, '_>, items: &[OrderItem]) -> Read<Vec<Order>> {
    let mut orders = Vec::new();
    for item in items {
        let by = names.operand(&item.by)?;
        orders.push(order(by, item)?);
    }
    Ok(orders)
}

/// The order of groups.
pub(super) fn of_groups<'a>(names: &mut Names<'_, 'a>, select: &'a Select) -> Read<Vec<Order>> {
    let keys = groups::keys(names, select)?;
    let mut orders = Vec::new();
    for item in &select.order {
        let by = keys.operand(names, &item.by)?;
        orders.push(order(by, item)?);
    }
    Ok(orders)
}

fn order(by: Operand<'_>, item: &OrderItem) -> Read<Order> {
    if by.field.is_some_and(|field| !field.is_sortable()) {
        let fact = format!("field '{}' can not be sorted in a query call", by.name);
        let fault = Fault::new("INVALID_FIELD", fact);
        return Err((by.at, fault.hint("Fields of this type have no order.")));
    }
    Ok(Order {
        descending: item.descending,
        nulls: match item.nulls_first {
            Some(false) => NullsAt::Last,
            Some(true) | None => NullsAt::First,
        },
        collation: collation(&by),
        by: by.expr,
    })
}

fn collation(by: &Operand<'_>) -> Collation {
    let Some(field) = by.field else {
        return match by.kind.is_text() {
            true => Collation::Folded,
            false => Collation::Plain,
        };
    };
    match field.kind {
        FieldKind::Picklist if !by.is_label => Collation::Picklist(
            field
                .values
                .iter()
                .map(|value| value.value.clone())
                .collect(),
        ),
        kind if kind.is_text() && !field.case_sensitive => Collation::Folded,
        _ => Collation::Plain,
    }
}

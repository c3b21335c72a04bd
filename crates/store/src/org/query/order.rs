//! ORDER BY. Where a value is never empty nothing is said of nulls, since the order of an index
//! then serves.

use offhook_org::soql::plan::{Collation, Expr, NullsAt, Order, TableId};

use super::expressions::Place;
use super::writer::{Scope, Writer};
use crate::org::list::is_never_empty;

impl Writer<'_> {
    /// Adds ` ORDER BY …` for rows: by the plan's keys, then by id.
    pub(super) fn push_row_order(&mut self, scope: &Scope<'_>, order: &[Order]) {
        self.push(" ORDER BY ");
        self.push_row_keys(scope, order);
    }

    /// The keys alone.
    pub(super) fn push_row_keys(&mut self, scope: &Scope<'_>, order: &[Order]) {
        for key in order {
            self.push_key(Place::Row(scope), key);
            self.push(", ");
        }
        self.push(&scope.alias(TableId(0))).push(".id");
    }

    /// Adds one key.
    pub(super) fn push_key(&mut self, place: Place<'_>, key: &Order) {
        if let Collation::Picklist(values) = &key.collation {
            self.push_position(place, &key.by, values);
            self.push_direction(place, key);
            self.push(", ");
        }
        match key.collation {
            Collation::Plain => self.push_expr(place, &key.by),
            Collation::Folded | Collation::Picklist(_) => {
                self.push_folded_of(|writer| writer.push_expr(place, &key.by));
            }
        }
        self.push_direction(place, key);
    }

    /// The place of a value in its picklist; of one that is not in it, after all.
    fn push_position(&mut self, place: Place<'_>, by: &Expr, values: &[String]) {
        self.push("CASE WHEN ");
        self.push_expr(place, by);
        self.push(" IS NULL THEN NULL");
        for (position, value) in values.iter().enumerate() {
            self.push(" WHEN ");
            self.push_expr(place, by);
            self.push(" = ").arg(value.as_str());
            self.push(&format!(" THEN {position}"));
        }
        self.push(&format!(" ELSE {} END", values.len()));
    }

    fn push_direction(&mut self, place: Place<'_>, key: &Order) {
        self.push(if key.descending { " DESC" } else { " ASC" });
        if !never_empty(place, &key.by) {
            self.push(match key.nulls {
                NullsAt::First => " NULLS FIRST",
                NullsAt::Last => " NULLS LAST",
            });
        }
    }
}

/// A field of the root that every record has.
fn never_empty(place: Place<'_>, by: &Expr) -> bool {
    let (Place::Row(scope), Expr::Column(column)) = (place, by) else {
        return false;
    };
    let object = scope.object(column.table);
    let field = object.field(column.field.as_str());
    column.table == TableId(0) && field.is_some_and(|field| is_never_empty(object, field))
}

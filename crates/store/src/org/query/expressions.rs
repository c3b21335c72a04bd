//! Values that are computed from a row or a group.

use offhook_org::schema::FieldKind;
use offhook_org::soql::plan::{Aggregate, Column, DatePart, Expr, Groups};

use super::activities::standing_of;
use super::recent::time_of;
use super::writer::{Scope, Writer};
use crate::database::Dialect;

/// Where an expression is computed.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// Of a row of joined tables.
    Row(&'a Scope<'a>),
    /// Of a group, whose keys and aggregates are columns by their number.
    Group(&'a Groups, &'a [Expr]),
}

/// What comes out of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) kind: FieldKind,
    /// Does its text compare without regard to case?
    pub(super) folded: bool,
}

impl Kind {
    fn plain(kind: FieldKind) -> Self {
        let folded = false;
        Self { kind, folded }
    }

    fn of_column(column: &Column) -> Self {
        Self {
            kind: column.kind,
            folded: column.kind.is_text() && !column.case_sensitive,
        }
    }
}

/// What comes out of an expression; keys of groups are looked up there.
pub(super) fn kind(expr: &Expr, groups: Option<&Groups>) -> Kind {
    match expr {
        Expr::Column(column) => Kind::of_column(column),
        Expr::FirstOf(columns) => columns
            .first()
            .map_or(Kind::plain(FieldKind::Text), Kind::of_column),
        Expr::ObjectName(_) | Expr::Label { .. } => Kind {
            kind: FieldKind::Text,
            folded: true,
        },
        Expr::DatePart { part, .. } => Kind::plain(match part {
            DatePart::DayOnly => FieldKind::Date,
            _ => FieldKind::Integer,
        }),
        Expr::Key(number) => {
            let key = groups.and_then(|groups| groups.keys.get(*number));
            key.map_or(Kind::plain(FieldKind::Text), |key| kind(key, None))
        }
        Expr::Aggregate { function, argument } => {
            let argument = argument.as_deref().map(|argument| kind(argument, None));
            match (function, argument) {
                (Aggregate::Min | Aggregate::Max, Some(kind)) => kind,
                (Aggregate::Avg, _) => Kind::plain(FieldKind::Number),
                (Aggregate::Sum, Some(kind)) if kind.kind != FieldKind::Integer => {
                    Kind::plain(FieldKind::Number)
                }
                _ => Kind::plain(FieldKind::Integer),
            }
        }
        Expr::Grouping(_) => Kind::plain(FieldKind::Integer),
    }
}

impl Place<'_> {
    pub(super) fn kind(&self, expr: &Expr) -> Kind {
        match self {
            Self::Row(_) => kind(expr, None),
            Self::Group(groups, _) => kind(expr, Some(groups)),
        }
    }
}

impl Writer<'_> {
    /// Adds the value of an expression.
    pub(super) fn push_expr(&mut self, place: Place<'_>, expr: &Expr) {
        match place {
            Place::Row(scope) => self.push_row_expr(scope, expr),
            Place::Group(_, aggregates) => {
                let column = match expr {
                    Expr::Key(number) => format!("k{number}"),
                    Expr::Grouping(number) => format!("g{number}"),
                    other => {
                        let number = aggregates.iter().position(|known| known == other);
                        number.map_or("NULL".to_owned(), |number| format!("a{number}"))
                    }
                };
                self.push(&column);
            }
        }
    }

    /// Adds the value of an expression for comparing and sorting: text folded.
    pub(super) fn push_comparable(&mut self, place: Place<'_>, expr: &Expr) {
        if !place.kind(expr).folded {
            return self.push_expr(place, expr);
        }
        self.push_folded_of(|writer| writer.push_expr(place, expr));
    }

    /// Adds something, folded.
    pub(super) fn push_folded_of(&mut self, inner: impl FnOnce(&mut Self)) {
        match self.dialect {
            Dialect::Sqlite => {
                self.push("(");
                inner(self);
                self.push(") COLLATE folded");
            }
            Dialect::Postgres => {
                self.push("folded(");
                inner(self);
                self.push(") COLLATE \"C\"");
            }
        }
    }

    fn push_row_expr(&mut self, scope: &Scope<'_>, expr: &Expr) {
        match expr {
            Expr::Column(column) => {
                let name = scope.column(column);
                // Of a column that was added later, and of a parent that is not there.
                match column.kind {
                    FieldKind::Checkbox => self.push(&format!("coalesce({name}, FALSE)")),
                    _ => self.push(&name),
                };
            }
            Expr::FirstOf(columns) => self.push_first_of(scope, columns),
            Expr::ObjectName(tables) => {
                self.push("CASE");
                for table in tables {
                    self.push(&format!(
                        " WHEN {}.id IS NOT NULL THEN ",
                        scope.alias(*table)
                    ));
                    self.arg(scope.object(*table).name.as_str());
                }
                self.push(" END");
            }
            Expr::Label { column, labels } => {
                let column = scope.column(column);
                if labels.is_empty() {
                    self.push(&column);
                    return;
                }
                self.push("CASE ").push(&column);
                for (value, label) in labels {
                    self.push(" WHEN ").arg(value.as_str());
                    self.push(" THEN ").arg(label.as_str());
                }
                self.push(" ELSE ").push(&column).push(" END");
            }
            Expr::DatePart { part, column, zone } => {
                let kind = column.kind;
                let column = scope.column(column);
                let part = self.dialect.date_part(*part, &column, kind, zone.as_ref());
                self.push(&part);
            }
            // They stand in groups alone.
            Expr::Key(_) | Expr::Aggregate { .. } | Expr::Grouping(_) => {
                self.push("NULL");
            }
        }
    }

    fn push_first_of(&mut self, scope: &Scope<'_>, columns: &[Column]) {
        let names: Vec<String> = columns.iter().map(|column| scope.column(column)).collect();
        match names.as_slice() {
            [] => self.push("NULL"),
            [only] => self.push(only),
            several => self.push(&format!("coalesce({})", several.join(", "))),
        };
    }
}

impl Scope<'_> {
    /// `t0."name"`.
    pub(super) fn column(&self, column: &Column) -> String {
        self.field_column(column.table, column.field.as_str())
    }

    /// The column of a field of a table.
    pub(super) fn field_column(
        &self,
        table: offhook_org::soql::plan::TableId,
        field: &str,
    ) -> String {
        let object = self.object(table);
        if object.has_table() {
            let alias = self.alias(table);
            let time = time_of(self.viewer(), field, &alias);
            if let Some(value) = time.or_else(|| standing_of(object, field, &alias, self.now())) {
                return value;
            }
        }
        let known = object.field(field);
        let column = known.map_or_else(
            || format!("\"{}\"", field.to_ascii_lowercase().replace('"', "")),
            crate::tables::column,
        );
        format!("{}.{column}", self.alias(table))
    }
}

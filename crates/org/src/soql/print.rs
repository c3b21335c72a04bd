//! From the tree back to text: one line, keywords in capitals, only the parentheses that it
//! needs. What is printed parses to the same tree.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;

use super::ast::{
    Call, Condition, Expr, From, Group, GroupKind, Item, Literal, LiteralKind, Operator, OrderItem,
    Path, Purpose, Query, Select, TypeOf, With,
};
use crate::Value;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SELECT {} FROM {}", Listed(&self.items), self.from)?;
        for from in &self.aliases {
            write!(f, ", {from}")?;
        }
        if let Some(scope) = &self.scope {
            write!(f, " USING SCOPE {}", scope.text)?;
        }
        if let Some(condition) = &self.condition {
            write!(f, " WHERE {condition}")?;
        }
        if let Some((_, with)) = &self.with {
            write!(f, " WITH {}", with_word(*with))?;
        }
        if let Some(group) = &self.group {
            group.fmt(f)?;
        }
        if let Some(having) = &self.having {
            write!(f, " HAVING {having}")?;
        }
        self.end(f)
    }
}

impl Select {
    /// The clauses from ORDER BY on.
    fn end(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.order.is_empty() {
            write!(f, " ORDER BY {}", Listed(&self.order))?;
        }
        if let Some(limit) = &self.limit {
            write!(f, " LIMIT {}", limit.rows)?;
        }
        if let Some(offset) = &self.offset {
            write!(f, " OFFSET {}", offset.rows)?;
        }
        for (_, purpose) in &self.purposes {
            write!(f, " FOR {}", purpose_word(*purpose))?;
        }
        match self.all_rows {
            true => f.write_str(" ALL ROWS"),
            false => Ok(()),
        }
    }
}

fn with_word(with: With) -> &'static str {
    match with {
        With::SecurityEnforced => "SECURITY_ENFORCED",
        With::UserMode => "USER_MODE",
        With::SystemMode => "SYSTEM_MODE",
    }
}

fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::View => "VIEW",
        Purpose::Reference => "REFERENCE",
        Purpose::Update => "UPDATE",
    }
}

/// Things with commas between them.
pub(crate) struct Listed<'a, T>(pub &'a [T]);

impl<T: Display> Display for Listed<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, one) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            one.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for From {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)?;
        match &self.alias {
            Some(alias) => write!(f, " {}", alias.text),
            None => Ok(()),
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expr { expr, alias: None } => expr.fmt(f),
            Self::Expr {
                expr,
                alias: Some(alias),
            } => write!(f, "{expr} {}", alias.text),
            Self::Children(select) => write!(f, "({select})"),
            Self::TypeOf(type_of) => type_of.fmt(f),
        }
    }
}

impl Display for TypeOf {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TYPEOF {}", self.relationship)?;
        for (object, fields) in &self.whens {
            write!(f, " WHEN {} THEN {}", object.text, Listed(fields))?;
        }
        if !self.otherwise.is_empty() {
            write!(f, " ELSE {}", Listed(&self.otherwise))?;
        }
        f.write_str(" END")
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => path.fmt(f),
            Self::Call(call) => call.fmt(f),
        }
    }
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.argument {
            Some(argument) => write!(f, "{}({argument})", self.name.text),
            None => write!(f, "{}()", self.name.text),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(terms) => joined(f, terms, " AND "),
            Self::Or(terms) => joined(f, terms, " OR "),
            Self::Not(inner) => write!(f, "NOT {}", Term(inner)),
            Self::Compare {
                left,
                operator,
                right,
                ..
            } => write!(f, "{left} {} {right}", operator_word(*operator)),
            Self::In {
                left,
                negated,
                values,
                ..
            } => write!(f, "{left} {} ({})", in_word(*negated), Listed(values)),
            Self::InSelect {
                left,
                negated,
                select,
                ..
            } => write!(f, "{left} {} ({select})", in_word(*negated)),
            Self::Includes {
                left,
                negated,
                values,
                ..
            } => {
                let word = if *negated { "EXCLUDES" } else { "INCLUDES" };
                write!(f, "{left} {word} ({})", Listed(values))
            }
        }
    }
}

fn joined(f: &mut Formatter<'_>, terms: &[Condition], word: &str) -> fmt::Result {
    for (i, term) in terms.iter().enumerate() {
        if i > 0 {
            f.write_str(word)?;
        }
        Term(term).fmt(f)?;
    }
    Ok(())
}

/// A condition within another one.
struct Term<'a>(&'a Condition);

impl Display for Term<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Condition::And(_) | Condition::Or(_) => write!(f, "({})", self.0),
            Condition::Not(_)
            | Condition::Compare { .. }
            | Condition::In { .. }
            | Condition::InSelect { .. }
            | Condition::Includes { .. } => self.0.fmt(f),
        }
    }
}

fn in_word(negated: bool) -> &'static str {
    if negated { "NOT IN" } else { "IN" }
}

fn operator_word(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Like => "LIKE",
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LiteralKind::Value(value) => value_text(f, value),
            LiteralKind::Text(text) => quoted(f, text),
            LiteralKind::Currency { code, amount } => write!(f, "{code}{amount}"),
            LiteralKind::Date { name, n: None } => f.write_str(name),
            LiteralKind::Date { name, n: Some(n) } => write!(f, "{name}:{n}"),
        }
    }
}

fn value_text(f: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Boolean(value) => value.fmt(f),
        Value::Integer(value) => value.fmt(f),
        Value::Number(value) if value.fract() == 0.0 => write!(f, "{value}.0"),
        Value::Number(value) => value.fmt(f),
        Value::Date(date) => date.fmt(f),
        Value::DateTime(ms) => moment(f, *ms),
        Value::Time(time) => write!(f, "{time:.3}Z"),
        Value::Text(text) => quoted(f, text),
        Value::Reference(id) => write!(f, "'{id}'"),
    }
}

fn moment(f: &mut Formatter<'_>, ms: i64) -> fmt::Result {
    let moment = Timestamp::from_millisecond(ms).map_err(|_| fmt::Error)?;
    write!(f, "{moment:.3}")
}

/// A string in its quotes. Backslashes stand before what they escape already.
pub(crate) fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("'")?;
    for c in text.chars() {
        match c {
            '\'' => f.write_str("\\'")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            _ => write!(f, "{c}")?,
        }
    }
    f.write_str("'")
}

impl Display for Group {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.kind {
            GroupKind::Plain => write!(f, " GROUP BY {}", Listed(&self.keys)),
            GroupKind::Rollup => write!(f, " GROUP BY ROLLUP({})", Listed(&self.keys)),
            GroupKind::Cube => write!(f, " GROUP BY CUBE({})", Listed(&self.keys)),
        }
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.by.fmt(f)?;
        if self.descending {
            f.write_str(" DESC")?;
        }
        match self.nulls_first {
            Some(true) => f.write_str(" NULLS FIRST"),
            Some(false) => f.write_str(" NULLS LAST"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

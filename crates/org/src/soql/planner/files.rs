//! Links of files are asked for by one file or one record, as on the platform.

use super::super::ast::{At, Condition, Expr, Operator, Select};
use super::super::error::Fault;
use super::super::parse::Read;
use crate::schema::Object;

/// Fields of which one must be given.
const FIELDS: [&str; 3] = ["Id", "ContentDocumentId", "LinkedEntityId"];

/// Refuses a query of all links.
pub(super) fn check_link_filter(root: &Object, select: &Select) -> Read<()> {
    let is_link = root.name.as_str() == "ContentDocumentLink";
    match !is_link || select.condition.as_ref().is_some_and(is_filtered) {
        true => Ok(()),
        false => Err(unfiltered(select.from.path.at())),
    }
}

/// Does this hold only for links of records that are named?
fn is_filtered(condition: &Condition) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().any(is_filtered),
        Condition::Or(terms) => terms.iter().all(is_filtered),
        Condition::Compare { left, operator, .. } => *operator == Operator::Equal && is_named(left),
        Condition::In { left, negated, .. } => !negated && is_named(left),
        Condition::Not(_) | Condition::InSelect { .. } | Condition::Includes { .. } => false,
    }
}

fn is_named(expr: &Expr) -> bool {
    let Expr::Field(path) = expr else {
        return false;
    };
    let name = &path.last().text;
    let is_own = path.names.len() <= 2;
    is_own && FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

fn unfiltered(at: At) -> (At, Fault) {
    let fault = Fault::malformed(
        "Implementation restriction: ContentDocumentLink requires a filter by a single Id on \
         ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using \
         the IN operator.",
    );
    (at, fault)
}

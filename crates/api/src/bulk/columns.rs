//! What a query finds, as columns of CSV: parents' fields under their paths.

use offhook_org::soql::plan::{Content, Item, Output, Plan};
use offhook_org::soql::result::{ResultRow, ResultValue};

use crate::json::plain_text;

/// The names of the columns in order: `Name`, `Account.Name`. A list or a compound field has no
/// place in CSV.
pub(super) fn columns(plan: &Plan) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    match &plan.select.output {
        Output::Count => return Err("count() has no rows; select fields".to_owned()),
        Output::Rows(items) => add_columns(items, "", &mut names)?,
        Output::Groups(groups) => {
            names.extend(groups.items.iter().map(|item| item.name.clone()));
        }
    }
    Ok(names)
}

fn add_columns(items: &[Item], prefix: &str, names: &mut Vec<String>) -> Result<(), String> {
    for item in items {
        let name = format!("{prefix}{}", item.name);
        match &item.content {
            Content::Value { .. } => {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            Content::Parent { branches } => {
                for branch in branches {
                    add_columns(&branch.items, &format!("{name}."), names)?;
                }
            }
            Content::Address(_) | Content::Children(_) => {
                return Err(format!(
                    "{name} is a list or a compound field, which CSV cannot hold; select its parts"
                ));
            }
        }
    }
    Ok(())
}

/// The values of a row by column.
pub(super) fn cells(row: &ResultRow) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    add_cells(row, "", &mut cells);
    cells
}

fn add_cells(row: &ResultRow, prefix: &str, cells: &mut Vec<(String, String)>) {
    for (name, value) in &row.fields {
        let name = format!("{prefix}{name}");
        match value {
            ResultValue::Value(value) => cells.push((name, plain_text(value))),
            ResultValue::Parent(Some(parent)) => add_cells(parent, &format!("{name}."), cells),
            ResultValue::Parent(None) | ResultValue::Address(_) | ResultValue::Children(_) => {}
        }
    }
}

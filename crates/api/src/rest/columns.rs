//! `?columns=true`: what the columns of a query are. Undocumented by the platform, and the `sf`
//! command line prints no table without it.

use offhook_org::soql::ast::{Expr, Item, Select};
use serde_json::{Value as Json, json};

/// The columns of a query of a type that has no records and no fields here.
pub(super) fn of_empty(name: &str, select: &Select) -> Json {
    let columns: Vec<Json> = select
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Expr { expr, .. } => Some(column(&text_of(expr))),
            Item::Children(_) | Item::TypeOf(_) => None,
        })
        .collect();
    let names_id = columns.iter().any(|column| column["columnName"] == "Id");
    json!({
        "columnMetadata": columns,
        "entityName": name,
        "groupBy": false,
        "idSelected": names_id,
        "keyPrefix": null,
    })
}

fn column(name: &str) -> Json {
    json!({
        "aggregate": false,
        "apexType": "String",
        "booleanType": false,
        "columnName": name,
        "custom": false,
        "displayName": name,
        "foreignKeyName": null,
        "insertable": false,
        "joinColumns": [],
        "numberType": false,
        "textType": true,
        "updatable": false,
    })
}

/// A field or function as it is written.
fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::Field(path) => path.text(),
        Expr::Call(call) => {
            let argument = call.argument.as_deref().map(text_of).unwrap_or_default();
            format!("{}({argument})", call.name.text)
        }
    }
}

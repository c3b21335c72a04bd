//! How a query would be run: what the engine's own plan says, in the words of the platform's
//! query plan.

use offhook_org::UserContext;
use offhook_org::soql::plan::{Condition, Expr, SelectPlan, TableId};
use serde::Serialize;

use super::reading::Reading;
use super::{QueryFailure, QueryOptions, planned};
use crate::Store;
use crate::database::{Dialect, Statement};

/// Rows that are counted at most; beyond it the number is an estimate of "many".
const COUNT_MAX: u64 = 100_000;

/// The share of an object's records up to which the platform calls a filter selective.
const SELECTIVE_SHARE: f64 = 0.1;

/// The platform's answer to `explain`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryPlans {
    /// The ways, the one that is taken first; one here.
    pub plans: Vec<QueryPlan>,
}

/// One way to run a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPlan {
    /// Records that it gives, counted up to 100,000.
    pub cardinality: u64,
    /// Fields of the filter that the engine has an index for.
    pub fields: Vec<String>,
    /// `Index` or `TableScan`.
    pub leading_operation_type: String,
    /// What an admin could do.
    pub notes: Vec<QueryPlanNote>,
    /// Above 1 it is not selective.
    pub relative_cost: f64,
    /// Records of the object, counted up to 100,000.
    pub sobject_cardinality: u64,
    /// The object of FROM.
    pub sobject_type: String,
}

/// A remark on a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryPlanNote {
    /// In words.
    pub description: String,
    /// The fields that it is about.
    pub fields: Vec<String>,
    /// The object or field's table.
    pub table_enum_or_id: String,
}

impl Store {
    /// How a query would be run for this user.
    pub async fn explain_query(
        &self,
        user: &UserContext,
        soql: &str,
        options: QueryOptions,
    ) -> Result<QueryPlans, QueryFailure> {
        let schema = self.schema();
        let plan = planned(&schema, user, soql, options)?;
        let reading = Reading::new(&schema, user, options);
        let select = &plan.select;
        let steps = self.steps(&reading, select).await?;
        let is_scan = steps.iter().any(|step| is_scan_of_root(step));
        let cardinality = self.counted(&reading, select, true).await?;
        let all = self.counted(&reading, select, false).await?;
        let object = select.source.root().object.as_str().to_owned();
        let fields = filtered_fields(select);
        let share = share(cardinality, all) / SELECTIVE_SHARE;
        let note = QueryPlanNote {
            description: "Not considered for filter because unindexed".to_owned(),
            fields: fields.clone(),
            table_enum_or_id: object.clone(),
        };
        Ok(QueryPlans {
            plans: vec![QueryPlan {
                cardinality,
                fields: if is_scan { Vec::new() } else { fields.clone() },
                leading_operation_type: if is_scan { "TableScan" } else { "Index" }.to_owned(),
                notes: if is_scan && !fields.is_empty() {
                    vec![note]
                } else {
                    Vec::new()
                },
                relative_cost: if is_scan { share.max(1.0) + 1.0 } else { share },
                sobject_cardinality: all,
                sobject_type: object,
            }],
        })
    }

    /// The engine's plan for the ids of the rows, a line a step.
    async fn steps(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
    ) -> Result<Vec<String>, QueryFailure> {
        let mut writer = reading.writer(self);
        let explain = match writer.dialect {
            Dialect::Sqlite => "EXPLAIN QUERY PLAN SELECT ",
            Dialect::Postgres => "EXPLAIN SELECT ",
        };
        let scope = writer.scope(&select.source, 0)?;
        writer
            .push(explain)
            .push(&scope.alias(TableId(0)))
            .push(".id");
        writer.push_from_where(&scope)?;
        let column = match writer.dialect {
            Dialect::Sqlite => 3,
            Dialect::Postgres => 0,
        };
        let rows = reading.read(self, &writer.statement).await?;
        let steps = rows
            .iter()
            .map(|row| row.text(column).map(ToOwned::to_owned));
        Ok(steps.collect::<Result<_, _>>()?)
    }

    async fn counted(
        &self,
        reading: &Reading<'_>,
        select: &SelectPlan,
        filtered: bool,
    ) -> Result<u64, QueryFailure> {
        let mut source = select.source.clone();
        if !filtered {
            source.condition = None;
        }
        let mut writer = reading.writer(self);
        let scope = writer.scope(&source, 0)?;
        writer.push("SELECT count(*) FROM (SELECT 1 AS one");
        writer.push_from_where(&scope)?;
        writer.push_limit(COUNT_MAX, 0);
        writer.push(") AS counted");
        let statement: &Statement = &writer.statement;
        let rows = reading.read(self, statement).await?;
        let count = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are at most 100,000")]
fn share(part: u64, all: u64) -> f64 {
    match all {
        0 => 0.0,
        all => part as f64 / all as f64,
    }
}

/// `SCAN t0` on SQLite, `Seq Scan on org_contact t0` on PostgreSQL.
fn is_scan_of_root(step: &str) -> bool {
    let of_root = step.split_whitespace().any(|word| word == "t0");
    of_root && (step.starts_with("SCAN t0") && !step.contains("USING") || step.contains("Seq Scan"))
}

/// The fields of the root that the condition compares.
fn filtered_fields(select: &SelectPlan) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(condition) = &select.source.condition {
        add_fields(condition, &mut fields);
    }
    fields
}

fn add_fields(condition: &Condition, fields: &mut Vec<String>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| add_fields(part, fields));
        }
        Condition::Compare { left, .. }
        | Condition::Like { left, .. }
        | Condition::In { left, .. }
        | Condition::IsNull { left, .. }
        | Condition::IsTrue { left, .. }
        | Condition::Includes { left, .. }
        | Condition::SameSet { left, .. }
        | Condition::InSelect { left, .. } => {
            if let Expr::Column(column) = left {
                let name = column.field.as_str().to_owned();
                if column.table == TableId(0) && !fields.contains(&name) {
                    fields.push(name);
                }
            }
        }
    }
}

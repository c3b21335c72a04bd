//! From the tree to the plan: names are looked up in the schema, rights of the user over objects
//! and fields are checked, literals get the type of what they are compared with.
//!
//! A name that the user may not read is as unknown as one that does not exist, in hints too; only
//! `WITH SECURITY_ENFORCED` tells the two apart, as on the platform.

mod activities;
mod calls;
mod children;
mod compare;
mod conditions;
mod files;
mod groups;
mod items;
mod literals;
mod members;
mod names;
mod order;
mod scope;
mod semi_joins;

use super::ast::{At, Item as AstItem, Purpose, Query, Select, With};
use super::dates::{Calendar, week_start};
use super::error::{Fault, SoqlError};
use super::limits::OFFSET_MAX;
use super::parse::Read;
use super::plan::{Output, Plan, SelectPlan, Source, Visit};
use crate::schema::Object;
use crate::{Schema, UserContext};
use names::Names;

/// What a plan depends on beside schema, user and query.
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// Now, in milliseconds since 1970; date literals are reckoned from it.
    pub now_ms: i64,
    /// Is the recycle bin searched too (queryAll)?
    pub all_rows: bool,
    /// The major number of the client's API version: 58.
    pub api_version: u32,
}

impl PlanOptions {
    /// At this moment (milliseconds since 1970), with the newest API.
    pub fn at(now_ms: i64) -> Self {
        Self {
            now_ms,
            all_rows: false,
            api_version: 68,
        }
    }
}

/// Makes a plan of a query, as this user may run it. An error has the place of the name or value
/// that cannot be.
pub fn plan(
    schema: &Schema,
    user: &UserContext,
    query: &Query,
    options: PlanOptions,
) -> Result<Plan, SoqlError> {
    let at = |(at, fault)| SoqlError::at(&query.text, at, fault);
    let planner = Planner::new(schema, user, &query.select, &options);
    planner.query(&query.select).map_err(at)
}

/// What stays the same through a whole query.
pub(crate) struct Planner<'a> {
    pub schema: &'a Schema,
    pub user: &'a UserContext,
    pub calendar: Calendar,
    pub api_version: u32,
    pub include_deleted: bool,
    /// WITH SECURITY_ENFORCED.
    pub is_enforced: bool,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        schema: &'a Schema,
        user: &'a UserContext,
        select: &Select,
        options: &PlanOptions,
    ) -> Self {
        let zone = jiff::tz::TimeZone::get(&user.time_zone);
        Self {
            schema,
            user,
            calendar: Calendar {
                now_ms: options.now_ms,
                zone: zone.unwrap_or(jiff::tz::TimeZone::UTC),
                week_start: week_start(&user.locale),
                fiscal_start: i8::try_from(user.fiscal_start.clamp(1, 12)).unwrap_or(1),
            },
            api_version: options.api_version,
            include_deleted: options.all_rows || select.all_rows,
            is_enforced: matches!(select.with, Some((_, With::SecurityEnforced))),
        }
    }

    fn query(&self, select: &'a Select) -> Read<Plan> {
        let [object] = select.from.path.names.as_slice() else {
            return Err(self.no_object(select.from.path.at(), &select.from.path.text()));
        };
        let root = self.readable_object(object)?;
        let purpose = |wanted| {
            select
                .purposes
                .iter()
                .any(|(_, purpose)| *purpose == wanted)
        };
        let visit = match (purpose(Purpose::View), purpose(Purpose::Reference)) {
            (true, _) => Some(Visit::View),
            (false, true) => Some(Visit::Reference),
            (false, false) => None,
        };
        children::check_count(select)?;
        files::check_link_filter(root, select)?;
        activities::check_lists(self, root, select)?;
        Ok(Plan {
            select: self.select(root, select, 1)?,
            visit,
            lock: purpose(Purpose::Update),
        })
    }

    /// One SELECT, the outermost (level 1) or a list of children.
    pub(crate) fn select(
        &self,
        root: &'a Object,
        select: &'a Select,
        level: usize,
    ) -> Read<SelectPlan> {
        let mut names = Names::new(self, root, select)?;
        let output = match what_is_selected(select) {
            Selected::Count => count(select)?,
            Selected::Rows => Output::Rows(items::rows(&mut names, select, level)?),
            Selected::Groups if level > 1 => return Err(not_in_children(select)),
            Selected::Groups => Output::Groups(groups::groups(&mut names, select)?),
        };
        let order = match &output {
            Output::Count => Vec::new(),
            Output::Rows(_) => order::of_rows(&mut names, &select.order)?,
            Output::Groups(_) => order::of_groups(&mut names, select)?,
        };
        Ok(SelectPlan {
            order,
            limit: select.limit.map(|limit| limit.rows),
            offset: offset(select)?,
            source: self.source(names, select)?,
            output,
        })
    }

    /// Tables and condition.
    fn source(&self, mut names: Names<'_, 'a>, select: &'a Select) -> Read<Source> {
        let scope = scope::condition(&mut names, select)?;
        let listed = activities::condition(&names);
        let condition = conditions::of_where(&mut names, select)?;
        Ok(Source {
            condition: conditions::both(conditions::both(listed, scope), condition),
            tables: names.into_tables(),
            include_deleted: self.include_deleted,
        })
    }
}

/// What kind of answer a SELECT has.
enum Selected {
    Count,
    Rows,
    Groups,
}

fn what_is_selected(select: &Select) -> Selected {
    let is_aggregate = |item: &AstItem| match item {
        AstItem::Expr { expr, .. } => calls::has_aggregate(expr),
        AstItem::Children(_) | AstItem::TypeOf(_) => false,
    };
    let is_grouped = select.group.is_some() || select.having.is_some();
    match select.items.as_slice() {
        [AstItem::Expr { expr, alias: None }] if calls::is_bare_count(expr) && !is_grouped => {
            Selected::Count
        }
        items if is_grouped || items.iter().any(is_aggregate) => Selected::Groups,
        _ => Selected::Rows,
    }
}

fn count(select: &Select) -> Read<Output> {
    match select.order.first() {
        None => Ok(Output::Count),
        Some(item) => {
            let fault = Fault::malformed("COUNT() cannot be used with ORDER BY");
            Err((item.by.at(), fault.hint("A single number has no order.")))
        }
    }
}

fn not_in_children(select: &Select) -> (At, Fault) {
    let fault = Fault::malformed("only root queries support aggregate expressions");
    (select.at, fault)
}

fn offset(select: &Select) -> Read<u64> {
    let Some(offset) = select.offset else {
        return Ok(0);
    };
    if offset.rows > OFFSET_MAX {
        let fact = format!("Maximum SOQL offset allowed is {OFFSET_MAX}");
        let fault = Fault::new("NUMBER_OUTSIDE_VALID_RANGE", fact);
        let hint = "Order by Id and ask for those after the last one.";
        return Err((offset.at, fault.hint(hint)));
    }
    Ok(offset.rows)
}

#[cfg(test)]
mod tests;

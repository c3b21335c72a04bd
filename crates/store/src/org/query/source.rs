//! FROM and WHERE: the joined tables, with the user's rights on each of them.

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::schema::activities::ActivityList;
use offhook_org::schema::recently_viewed::RECENTLY_VIEWED;
use offhook_org::schema::{Object, ObjectKind};
use offhook_org::soql::plan::TableId;

use super::expressions::Place;
use super::writer::{Scope, Writer};
use crate::error::StoreError;
use crate::org::visibility::push_level;
use crate::tables;

impl Writer<'_> {
    /// Adds ` FROM … WHERE …`; more conditions can be added with `AND`. A parent that the user
    /// may not see is joined as if it were not there.
    pub(super) fn push_from_where(&mut self, scope: &Scope<'_>) -> Result<(), StoreError> {
        for (number, table) in scope.source.tables.iter().enumerate() {
            let id = TableId(number);
            let (object, alias) = (scope.object(id), scope.alias(id));
            let name = tables::table(object);
            match (&table.join, ActivityList::of(object)) {
                (None, Some(list)) => self.push_activities(list, object, &alias),
                (None, None) if object.name.as_str() == RECENTLY_VIEWED => {
                    self.push_recently_viewed(object, &alias);
                }
                (None, None) => drop(self.push(&format!(" FROM {name} AS {alias}"))),
                (Some(join), _) => {
                    let reference = scope.field_column(join.from, join.field.as_str());
                    self.push(&format!(
                        " LEFT JOIN {name} AS {alias} ON {alias}.id = {reference}"
                    ));
                    self.push_seen(object, &alias, scope.source.include_deleted);
                }
            }
        }
        self.push(" WHERE TRUE");
        let root = TableId(0);
        let deleted = scope.source.include_deleted;
        self.push_seen(scope.object(root), &scope.alias(root), deleted);
        if let Some(condition) = &scope.source.condition {
            self.push(" AND ");
            self.push_condition(Place::Row(scope), condition)?;
        }
        Ok(())
    }

    /// The same for rows of these ids, whatever the condition of the plan.
    pub(super) fn push_from_ids(
        &mut self,
        scope: &Scope<'_>,
        ids: &[offhook_org::RecordId],
    ) -> Result<(), StoreError> {
        let mut source = scope.source.clone();
        source.condition = None;
        let schema = self.schema;
        let mut again = Writer::new(schema, self.user, self.dialect);
        again.now = self.now.clone();
        let scope = again.scope(&source, scope.depth())?;
        self.push_from_where(&scope)?;
        self.push(" AND ");
        let id = format!("{}.id", scope.alias(TableId(0)));
        self.push_one_of(&id, ids);
        Ok(())
    }

    fn push_seen(&mut self, object: &Object, alias: &str, include_deleted: bool) {
        if !self.user.may(object.name.as_str(), Operation::Read) {
            self.push(" AND FALSE");
            return;
        }
        if !include_deleted {
            self.push(&format!(" AND NOT {alias}.is_deleted"));
        }
        // Within a view the rights over each record are on its own table.
        if object.kind != ObjectKind::View {
            let (asker, level) = (self.asker(), AccessLevel::Read);
            push_level(&mut self.statement, asker, object, alias, level);
        }
    }
}

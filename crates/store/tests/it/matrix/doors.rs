//! The doors of the store through which records are read. A new door is one more entry in
//! `Door::ALL` and one more arm of `seen`: what it shows of an object to a user, as pairs of
//! record and field.

use std::collections::BTreeSet;

use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::soql::result::{ResultRow, ResultValue};
use offhook_org::{Record, RecordId, UserContext, Value};
use offhook_store::org::query::{QueryOptions, QueryPage};
use offhook_store::org::{Filter, ListQuery, Order};

use super::world::{Known, World};

pub(super) type Seen = BTreeSet<(RecordId, String)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Record,
    Names,
    List,
    ListFilter,
    ListOrder,
    Query,
    QueryFilter,
    QueryOrder,
    QueryGroup,
    QueryParent,
    QueryChildren,
    QuerySemiJoin,
    TextSearch,
    PhoneSearch,
}

impl Door {
    pub(super) const ALL: [Self; 14] = [
        Self::Record,
        Self::Names,
        Self::List,
        Self::ListFilter,
        Self::ListOrder,
        Self::Query,
        Self::QueryFilter,
        Self::QueryOrder,
        Self::QueryGroup,
        Self::QueryParent,
        Self::QueryChildren,
        Self::QuerySemiJoin,
        Self::TextSearch,
        Self::PhoneSearch,
    ];

    /// The fields of which the door can tell something.
    pub(super) fn fields(self, object: &Object) -> Vec<&str> {
        let told = |field: &&Field| match self {
            Self::Record | Self::List | Self::Query => field.has_column(),
            Self::Names => field.name == object.name_field,
            Self::ListFilter => has_value(field) && field.is_filterable(),
            Self::ListOrder | Self::QueryOrder => field.is_sortable() && has_value(field),
            Self::QueryFilter | Self::QueryParent | Self::QuerySemiJoin => {
                field.is_filterable() && has_value(field)
            }
            Self::QueryGroup => field.is_groupable() && has_value(field),
            Self::QueryChildren => has_value(field),
            Self::TextSearch => field.name == object.name_field || field.kind == FieldKind::Email,
            Self::PhoneSearch => field.match_caller,
        };
        let fields = object
            .fields
            .iter()
            .filter(|field| field.kind != FieldKind::Id);
        let fields = fields.filter(told);
        fields.map(|field| field.name.as_str()).collect()
    }

    /// Objects of which the door can tell something.
    pub(super) fn is_for(self, object: &str) -> bool {
        match self {
            Self::QueryChildren => object == "Contact",
            Self::QueryParent | Self::QuerySemiJoin => ["Account", "Contact"].contains(&object),
            Self::TextSearch => !["Task", "Event", "Case"].contains(&object),
            _ => true,
        }
    }

    /// What it shows of the object's records to the user.
    pub(super) async fn seen(self, world: &World, user: &UserContext, object: &Object) -> Seen {
        let mut seen = Seen::new();
        match self {
            Self::Record => records(world, user, object, &mut seen).await,
            Self::Names => names(world, user, object, &mut seen).await,
            Self::List => list(world, user, object, &mut seen).await,
            Self::TextSearch | Self::PhoneSearch => {
                self.searches(world, user, object, &mut seen).await;
            }
            _ => {
                for field in self.fields(object) {
                    self.field(world, user, object, field, &mut seen).await;
                }
            }
        }
        seen
    }

    /// Asks about one field.
    async fn field(
        self,
        world: &World,
        user: &UserContext,
        object: &Object,
        field: &str,
        seen: &mut Seen,
    ) {
        let name = object.name.as_str();
        if matches!(self, Self::ListFilter | Self::ListOrder) {
            return self.list_field(world, user, object, field, seen).await;
        }
        let known: Vec<&Known> = (world.of_object(name))
            .filter(|known| {
                known
                    .values
                    .get(field)
                    .is_some_and(|value| !value.is_null())
            })
            .collect();
        if known.is_empty() {
            return;
        }
        let literals: Vec<String> = (known.iter())
            .map(|known| literal(&known.values[field]))
            .collect();
        let among = literals.join(", ");
        let soql = match self {
            Self::Query => format!("SELECT Id, {field} FROM {name}"),
            Self::QueryFilter => format!("SELECT Id FROM {name} WHERE {field} IN ({among})"),
            Self::QueryOrder => format!("SELECT Id FROM {name} ORDER BY {field}"),
            Self::QueryGroup => {
                format!("SELECT Id, {field}, COUNT(OwnerId) n FROM {name} GROUP BY Id, {field}")
            }
            Self::QueryParent => format!("SELECT Id FROM Case WHERE {name}.{field} IN ({among})"),
            Self::QueryChildren => {
                format!("SELECT Id, (SELECT Id, {field} FROM Contacts) FROM Account")
            }
            _ => format!(
                "SELECT Id FROM Case WHERE {name}Id IN \
                 (SELECT Id FROM {name} WHERE {field} IN ({among}))"
            ),
        };
        let Ok(page) = world.store.query(user, &soql, options()).await else {
            return;
        };
        let told = known
            .into_iter()
            .filter(|known| self.tells(world, &page, known, field));
        seen.extend(told.map(|known| (known.id.clone(), field.to_owned())));
    }

    /// Does the answer tell the record's value?
    fn tells(self, world: &World, page: &QueryPage, known: &Known, field: &str) -> bool {
        let value = &known.values[field];
        let mut rows = page.rows.iter();
        match self {
            Self::Query => rows.any(|row| row.id.as_ref() == Some(&known.id) && holds(row, value)),
            Self::QueryGroup => {
                rows.any(|row| holds(row, &Value::Reference(known.id.clone())) && holds(row, value))
            }
            Self::QueryChildren => rows.any(|row| {
                row.fields.iter().any(|(_, list)| match list {
                    ResultValue::Children(Some(list)) => (list.rows.iter())
                        .any(|child| child.id.as_ref() == Some(&known.id) && holds(child, value)),
                    _ => false,
                })
            }),
            Self::QueryParent | Self::QuerySemiJoin => {
                let case = world.of_object("Case").nth(known.number);
                rows.any(|row| row.id.as_ref() == case.map(|case| &case.id))
            }
            _ => rows.any(|row| row.id.as_ref() == Some(&known.id)),
        }
    }

    async fn list_field(
        self,
        world: &World,
        user: &UserContext,
        object: &Object,
        field: &str,
        seen: &mut Seen,
    ) {
        let known: Vec<&Known> = (world.of_object(object.name.as_str()))
            .filter(|known| {
                known
                    .values
                    .get(field)
                    .is_some_and(|value| !value.is_null())
            })
            .collect();
        let among = known.iter().map(|known| known.values[field].clone());
        let (filters, order) = match self {
            Self::ListFilter => (vec![Filter::In(field.into(), among.collect())], None),
            _ => (Vec::new(), Some((field.into(), Order::Ascending))),
        };
        let query = ListQuery {
            object: object.name.clone(),
            filters,
            order,
            offset: 0,
            limit: 200,
        };
        let Ok(page) = world.store.list(user, &query).await else {
            return;
        };
        let told = (known.into_iter())
            .filter(|known| page.records.iter().any(|record| record.id == known.id));
        seen.extend(told.map(|known| (known.id.clone(), field.to_owned())));
    }

    async fn searches(self, world: &World, user: &UserContext, object: &Object, seen: &mut Seen) {
        let objects = [object.name.clone()];
        for known in world.of_object(object.name.as_str()) {
            for field in self.fields(object) {
                let Some(Value::Text(text)) = known.values.get(field) else {
                    continue;
                };
                let found: Vec<RecordId> = match self {
                    Self::TextSearch => {
                        let found = world.store.search_text(user, text, &objects, 50).await;
                        found.unwrap().into_iter().map(|record| record.id).collect()
                    }
                    _ => {
                        let found = world
                            .store
                            .search_phone(user, text, &objects)
                            .await
                            .unwrap();
                        found.into_iter().map(|hit| hit.record.id).collect()
                    }
                };
                if found.contains(&known.id) {
                    seen.insert((known.id.clone(), field.to_owned()));
                }
            }
        }
    }
}

async fn records(world: &World, user: &UserContext, object: &Object, seen: &mut Seen) {
    for known in world.of_object(object.name.as_str()) {
        let record = world.store.record(user, &known.id).await.unwrap();
        seen.extend(record.iter().flat_map(values_of));
    }
}

async fn names(world: &World, user: &UserContext, object: &Object, seen: &mut Seen) {
    let ids: Vec<RecordId> = (world.of_object(object.name.as_str()))
        .map(|known: &Known| known.id.clone())
        .collect();
    let names = world.store.names(user, &ids).await.unwrap();
    let name_field = object.name_field.as_str();
    seen.extend(names.into_keys().map(|id| (id, name_field.to_owned())));
}

async fn list(world: &World, user: &UserContext, object: &Object, seen: &mut Seen) {
    let query = ListQuery {
        object: object.name.clone(),
        filters: Vec::new(),
        order: None,
        offset: 0,
        limit: 200,
    };
    let page = world.store.list(user, &query).await.unwrap();
    assert_eq!(page.total as usize, page.records.len());
    seen.extend(page.records.iter().flat_map(values_of));
}

/// The fields of a record that have a value.
fn values_of(record: &Record) -> impl Iterator<Item = (RecordId, String)> {
    let values = record.fields.iter().filter(|(_, value)| !value.is_null());
    values.map(|(name, _)| (record.id.clone(), name.as_str().to_owned()))
}

/// A field of a kind whose values the world fills in, beside the system's.
fn has_value(field: &Field) -> bool {
    field.has_column() && !field.is_bin_flag()
}

fn holds(row: &ResultRow, wanted: &Value) -> bool {
    row.fields.iter().any(|(_, value)| match value {
        ResultValue::Value(value) => value == wanted,
        _ => false,
    })
}

pub(super) fn options() -> QueryOptions {
    QueryOptions {
        all_rows: false,
        batch_size: 2_000,
        api_version: 60,
        now_ms: 1_795_518_000_000,
    }
}

/// A value as a literal of SOQL.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => format!("{number:.1}"),
        Value::Text(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Value::Date(date) => date.to_string(),
        Value::DateTime(ms) => jiff::Timestamp::from_millisecond(*ms).unwrap().to_string(),
        Value::Time(time) => format!("{time}Z"),
        Value::Reference(id) => format!("'{id}'"),
    }
}

//! `POST /composite/tree/{S}`: records with their children in them, all or none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::StatusCode;
use offhook_org::schema::{Object, Schema};
use offhook_org::{FieldName, RecordId, Value};
use offhook_store::org::Write;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use super::body::{self, Given};
use super::composite::array;
use super::{Call, Reply, select, write};
use crate::ApiState;
use crate::error::ApiError;
use crate::limits::{COLLECTION_MAX, TREE_LEVELS_MAX, TREE_OBJECTS_MAX};

/// One record of the tree.
struct Node {
    reference_id: String,
    above: Option<Above>,
    given: Given,
    object: offhook_org::ObjectName,
}

/// Place of the record above in its level, and the field that points to it.
type Above = (usize, FieldName);

/// Why records of the tree were refused, by their reference ids.
type Refused = Vec<(String, ApiError)>;

/// Writes the tree, level by level, in one transaction.
pub(super) async fn tree(
    state: &ApiState,
    call: &Call,
    object: &Object,
) -> Result<Reply, ApiError> {
    let request = call.json()?;
    let schema = state.store.schema();
    let levels = match read_tree(&schema, object, array(&request, "records")?) {
        Ok(levels) => levels,
        Err(refused) => return Ok(failure(&refused)),
    };
    for name in levels.iter().flatten().map(|node| &node.object) {
        select::object_of(state, call, name.as_str())?;
    }
    let ids = match write_tree(state, call, &levels).await? {
        Ok(ids) => ids,
        Err(refused) => return Ok(failure(&refused)),
    };
    let nodes = levels.iter().flatten().zip(ids.iter().flatten());
    let results: Json = nodes
        .map(|(node, id)| json!({"referenceId": node.reference_id, "id": id.as_str()}))
        .collect();
    let body = json!({"hasErrors": false, "results": results});
    Ok(Reply::json(StatusCode::CREATED, body))
}

/// Writes all levels, in the transaction of a composite or in one of their own, which is begun
/// again after a deadlock.
async fn write_tree(
    state: &ApiState,
    call: &Call,
    levels: &[Vec<Node>],
) -> Result<Result<Vec<Vec<RecordId>>, Refused>, ApiError> {
    if call.unit.is_some() {
        return write_levels(state, call, levels).await;
    }
    let mut within = call.clone();
    let mut unit = state.store.begin_writes().await?;
    loop {
        let shared = Arc::new(Mutex::new(unit));
        within.unit = Some(shared.clone());
        let written = write_levels(state, &within, levels).await;
        within.unit = None;
        let Some(own) = Arc::into_inner(shared).map(Mutex::into_inner) else {
            return written;
        };
        // Dropped without a commit, the unit leaves nothing behind.
        match written {
            Ok(Ok(ids)) => {
                own.commit().await?;
                return Ok(Ok(ids));
            }
            Ok(refused) => return Ok(refused),
            Err(error) => match own.begin_again().await? {
                Some(again) => unit = again,
                None => return Err(error),
            },
        }
    }
}

async fn write_levels(
    state: &ApiState,
    within: &Call,
    levels: &[Vec<Node>],
) -> Result<Result<Vec<Vec<RecordId>>, Refused>, ApiError> {
    let mut ids: Vec<Vec<RecordId>> = Vec::new();
    for level in levels {
        let above = ids.last().map(Vec::as_slice);
        match write_level(state, within, level, above).await? {
            Ok(level) => ids.push(level),
            Err(refused) => return Ok(Err(refused)),
        }
    }
    Ok(Ok(ids))
}

fn failure(refused: &Refused) -> Reply {
    let results: Json = refused
        .iter()
        .map(|(reference_id, error)| json!({"referenceId": reference_id, "errors": error.rows()}))
        .collect();
    let body = json!({"hasErrors": true, "results": results});
    Reply::json(StatusCode::BAD_REQUEST, body)
}

async fn write_level(
    state: &ApiState,
    call: &Call,
    level: &[Node],
    above: Option<&[RecordId]>,
) -> Result<Result<Vec<RecordId>, Refused>, ApiError> {
    let writes = level.iter().map(|node| {
        let mut fields = node.given.fields.clone();
        if let (Some((place, field)), Some(above)) = (&node.above, above)
            && let Some(id) = above.get(*place)
        {
            fields.insert(field.clone(), Value::Reference(id.clone()));
        }
        Write::Create {
            object: node.object.clone(),
            fields,
            lookups: node.given.lookups.clone(),
        }
    });
    let outcomes = write::many(state, call, writes.collect(), false).await?;
    let mut ids = Vec::with_capacity(level.len());
    let mut refused = Refused::new();
    for (node, outcome) in level.iter().zip(outcomes) {
        match outcome {
            Ok(written) => ids.push(written.id),
            Err(errors) => refused.push((node.reference_id.clone(), errors.into())),
        }
    }
    Ok(match refused.is_empty() {
        true => Ok(ids),
        false => Err(refused),
    })
}

/// Reads the records, level by level.
fn read_tree(
    schema: &Schema,
    object: &Object,
    records: &[Json],
) -> Result<Vec<Vec<Node>>, Refused> {
    let mut known = Known::default();
    let mut levels: Vec<Vec<Node>> = Vec::new();
    let mut waiting: Vec<(Option<Above>, &Object, Json)> = records
        .iter()
        .map(|record| (None, object, record.clone()))
        .collect();
    while !waiting.is_empty() {
        if levels.len() == TREE_LEVELS_MAX {
            let words = format!("a tree has at most {TREE_LEVELS_MAX} levels");
            return Err(vec![(String::new(), ApiError::bad("INVALID_INPUT", words))]);
        }
        let mut level = Vec::new();
        let mut below = Vec::new();
        for (above, object, record) in waiting {
            let node = read_node(schema, object, &record, above, &mut known)?;
            for (name, children) in &node.given.children {
                let (field, child) = child_of(schema, object, name)
                    .ok_or_else(|| refuse(&node, body::no_such_column(object, name)))?;
                let children = array(children, "records").map_err(|e| refuse(&node, e))?;
                let place = level.len();
                let children = children.iter().cloned();
                below.extend(children.map(|c| (Some((place, field.clone())), child, c)));
            }
            level.push(node);
        }
        levels.push(level);
        waiting = below;
    }
    Ok(levels)
}

fn refuse(node: &Node, error: ApiError) -> Refused {
    vec![(node.reference_id.clone(), error)]
}

/// What was met so far, for the limits.
#[derive(Default)]
struct Known {
    reference_ids: BTreeSet<String>,
    objects: BTreeMap<String, ()>,
}

fn read_node(
    schema: &Schema,
    object: &Object,
    record: &Json,
    above: Option<Above>,
    known: &mut Known,
) -> Result<Node, Refused> {
    let given = body::read(schema, Some(object), record).map_err(|e| vec![(String::new(), e)])?;
    let reference_id = given.reference_id.clone().unwrap_or_default();
    let refused = |code, words: String| vec![(reference_id.clone(), ApiError::bad(code, words))];
    if reference_id.is_empty() {
        let words = "each record needs attributes with a referenceId".to_owned();
        return Err(refused("INVALID_INPUT", words));
    }
    if !known.reference_ids.insert(reference_id.clone()) {
        let words = format!(
            "Duplicate ReferenceId provided ( {reference_id} ). ReferenceId should be unique."
        );
        return Err(refused("INVALID_INPUT", words));
    }
    known.objects.insert(object.name.as_str().to_owned(), ());
    if known.reference_ids.len() > COLLECTION_MAX || known.objects.len() > TREE_OBJECTS_MAX {
        let words = format!(
            "a tree has at most {COLLECTION_MAX} records of {TREE_OBJECTS_MAX} types in all"
        );
        return Err(refused("INVALID_INPUT", words));
    }
    let named = given.object.as_deref();
    if !named.is_some_and(|name| name.eq_ignore_ascii_case(object.name.as_str())) {
        let words = format!("the record must say that it is a {}", object.name);
        return Err(refused("INVALID_INPUT", words));
    }
    if given.id.is_some() {
        let words = "cannot specify Id in an insert call".to_owned();
        return Err(refused("INVALID_FIELD_FOR_INSERT_UPDATE", words));
    }
    Ok(Node {
        reference_id,
        above,
        object: object.name.clone(),
        given,
    })
}

/// The reference by which records of this relationship point here, and their object.
pub(super) fn child_of<'a>(
    schema: &'a Schema,
    object: &'a Object,
    relationship: &str,
) -> Option<(FieldName, &'a Object)> {
    let found = schema.child_relationship(object, relationship)?;
    Some((found.field.name.clone(), found.object))
}

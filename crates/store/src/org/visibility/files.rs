//! Who sees a file: its owner, whoever it is linked to, and whoever sees a record that it is
//! linked to. Said in SQL, as the rest of what a user may see.
//!
//! A link of the type V lets people see the file, one of the type C change it; one of the type I
//! gives as much as people have of the record.

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::schema::Object;

use super::{Asker, PARENTS_MAX, push_level_below};
use crate::database::Statement;
use crate::tables;

/// Adds ` OR …` for a file: what links share with the user. Nobody deletes a file or gives it
/// away because of a link.
pub(super) fn push_linked(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    alias: &str,
    level: AccessLevel,
    depth: usize,
) {
    let is_file = object.name.as_str() == "ContentDocument";
    if !is_file || level > AccessLevel::Edit || depth >= PARENTS_MAX {
        return;
    }
    let link = format!("link_{depth}");
    statement.push(&format!(
        " OR EXISTS (SELECT 1 FROM org_contentdocumentlink AS {link}
         WHERE {link}.contentdocumentid = {alias}.id AND NOT {link}.is_deleted AND (FALSE"
    ));
    if let Some(id) = &asker.user.user {
        statement.push(&format!(" OR ({link}.linkedentityid = "));
        statement.arg(id);
        if level >= AccessLevel::Edit {
            statement.push(&format!(" AND {link}.sharetype IN ('C', 'I')"));
        }
        statement.push(")");
    }
    match level {
        AccessLevel::None | AccessLevel::Read => {
            push_entities(statement, asker, &link, AccessLevel::Read, depth);
        }
        AccessLevel::Edit | AccessLevel::Full => {
            statement.push(&format!(" OR ({link}.sharetype = 'C' AND (FALSE"));
            push_entities(statement, asker, &link, AccessLevel::Read, depth);
            statement.push(&format!(")) OR ({link}.sharetype = 'I' AND (FALSE"));
            push_entities(statement, asker, &link, AccessLevel::Edit, depth);
            statement.push("))");
        }
    }
    statement.push("))");
}

/// Adds ` AND …` for a link: the user sees the file and the record that it is linked to. Who may
/// change the file may change and remove the link; who may change the record may take the file
/// off it.
pub(super) fn push_link(
    statement: &mut Statement,
    asker: Asker<'_>,
    object: &Object,
    alias: &str,
    level: AccessLevel,
    depth: usize,
) {
    statement.push(" AND (FALSE");
    let document = asker
        .user
        .sharing
        .parent(object)
        .map(|parent| &parent.object);
    if let Some(document) = document.filter(|_| depth < PARENTS_MAX) {
        let (table, above) = (tables::table(document), format!("above_{depth}"));
        let needed = level.min(AccessLevel::Edit);
        statement.push(&format!(
            " OR (EXISTS (SELECT 1 FROM {table} AS {above}
             WHERE {above}.id = {alias}.contentdocumentid"
        ));
        push_level_below(statement, asker, document, &above, needed, depth + 1);
        statement.push(&format!(
            ") AND (substr({alias}.linkedentityid, 1, 3) = '005'"
        ));
        push_entities(statement, asker, alias, AccessLevel::Read, depth);
        statement.push("))");
    }
    if level == AccessLevel::Full {
        push_entities(statement, asker, alias, AccessLevel::Edit, depth);
    }
    statement.push(")");
}

/// Adds ` OR …` for each object that files are linked to: the user gets so far with the record
/// that the link points to.
fn push_entities(
    statement: &mut Statement,
    asker: Asker<'_>,
    link: &str,
    level: AccessLevel,
    depth: usize,
) {
    for object in asker.user.sharing.linked() {
        if !asker.user.may(object.name.as_str(), Operation::Read) {
            continue;
        }
        let (table, entity) = (tables::table(object), format!("entity_{depth}"));
        let prefix = &object.key_prefix;
        statement.push(&format!(
            " OR (substr({link}.linkedentityid, 1, 3) = '{prefix}' AND EXISTS
             (SELECT 1 FROM {table} AS {entity}
              WHERE {entity}.id = {link}.linkedentityid AND NOT {entity}.is_deleted"
        ));
        push_level_below(statement, asker, object, &entity, level, depth + 1);
        statement.push("))");
    }
}

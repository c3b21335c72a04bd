//! What the user who asks looked at last, in queries: `LastViewedDate` and `LastReferencedDate`
//! of a record, which every user has of their own, and the object `RecentlyViewed`.

use offhook_org::access::{AccessLevel, Operation};
use offhook_org::schema::recently_viewed::{REFERENCED, VIEWED, is_remembered};
use offhook_org::schema::{Field, FieldKind, Object};
use offhook_org::{RecordId, UserContext};

use super::writer::Writer;
use crate::org::visibility::push_level;
use crate::tables;

/// The time that the user has of the record in `alias`, if the field is one of the two. An id is
/// letters and digits alone, so that it can stand in the text.
pub(super) fn time_of(viewer: Option<&RecordId>, field: &str, alias: &str) -> Option<String> {
    let is = |name: &str| field.eq_ignore_ascii_case(name);
    let viewed = |user: &str| {
        format!(
            "SELECT rv.viewed_at_ms AS at_ms FROM recent_view AS rv
             WHERE rv.user_id = '{user}' AND rv.record = {alias}.id"
        )
    };
    let time = match (is(VIEWED), is(REFERENCED), viewer) {
        (false, false, _) => return None,
        (_, _, None) => "CAST(NULL AS BIGINT)".to_owned(),
        (true, _, Some(user)) => format!("({})", viewed(user.as_str())),
        (_, true, Some(user)) => format!(
            "(SELECT max(seen.at_ms) FROM ({} UNION ALL
             SELECT rr.referenced_at_ms FROM recent_reference AS rr
             WHERE rr.user_id = '{user}' AND rr.record = {alias}.id) AS seen)",
            viewed(user.as_str())
        ),
    };
    Some(time)
}

/// The user's looks and references, one row a record.
fn seen(user: &RecordId) -> String {
    format!(
        "(SELECT record, object, max(viewed) AS viewed, max(referenced) AS referenced FROM (
             SELECT record, object, viewed_at_ms AS viewed, viewed_at_ms AS referenced
             FROM recent_view WHERE user_id = '{user}'
             UNION ALL SELECT record, object, CAST(NULL AS BIGINT), referenced_at_ms
             FROM recent_reference WHERE user_id = '{user}'
         ) AS both_kinds GROUP BY record, object)"
    )
}

impl Writer<'_> {
    /// Adds ` FROM (… UNION ALL …) AS alias`: the rows of `RecentlyViewed`.
    pub(super) fn push_recently_viewed(&mut self, view: &Object, alias: &str) {
        let objects = self.schema.objects().iter().map(AsRef::as_ref);
        let (schema, user) = (objects, self.user);
        let shown = schema.filter(|object: &&Object| {
            is_remembered(object) && user.may(object.name.as_str(), Operation::Read)
        });
        let mut separator = " FROM (";
        for (number, object) in shown.enumerate() {
            self.push(separator);
            self.push_seen_of(view, object, &format!("{alias}_{number}"));
            separator = " UNION ALL ";
        }
        if separator == " FROM (" {
            // Nothing that the user may read is remembered.
            self.push(separator).push("SELECT ");
            let nothing = view
                .fields
                .iter()
                .map(|field| format!("{} AS {}", self.nothing(field), tables::column(field)));
            let nothing: Vec<String> = nothing.collect();
            self.push(&nothing.join(", "))
                .push(", FALSE AS is_deleted WHERE FALSE");
        }
        self.push(&format!(") AS {alias}"));
    }

    fn push_seen_of(&mut self, view: &Object, object: &Object, alias: &str) {
        let user = self.user;
        self.push(&format!(
            "SELECT {alias}.id AS id, {alias}.is_deleted AS is_deleted"
        ));
        for field in view
            .fields
            .iter()
            .filter(|field| field.kind != FieldKind::Id)
        {
            let value = self.seen_value(object, field, alias, user);
            self.push(&format!(", {value} AS {}", tables::column(field)));
        }
        let nobody = user.user.is_none();
        let seen = match &user.user {
            Some(id) => seen(id),
            None => "recent_view".to_owned(),
        };
        self.push(&format!(
            " FROM {seen} AS {alias}_seen JOIN {} AS {alias} ON {alias}.id = {alias}_seen.record
             WHERE {alias}_seen.object = ",
            tables::table(object)
        ));
        self.arg(object.name.as_str());
        if nobody {
            self.push(" AND FALSE");
        }
        let asker = self.asker();
        push_level(&mut self.statement, asker, object, alias, AccessLevel::Read);
    }

    fn seen_value(
        &self,
        object: &Object,
        field: &Field,
        alias: &str,
        user: &UserContext,
    ) -> String {
        let own = match field.name.as_str() {
            "Type" => return format!("'{}'", object.name.as_str().replace('\'', "")),
            VIEWED if user.user.is_some() => return format!("{alias}_seen.viewed"),
            REFERENCED if user.user.is_some() => return format!("{alias}_seen.referenced"),
            VIEWED | REFERENCED => None,
            "Name" => object.field(object.name_field.as_str()),
            name => object.field(name),
        };
        let own = own.filter(|own| {
            own.kind.storage() == field.kind.storage()
                && user.may_read_field(object.name.as_str(), own.name.as_str())
        });
        match own {
            Some(own) => format!("{alias}.{}", tables::column(own)),
            None => self.nothing(field),
        }
    }

    /// Null, or false, of the field's type.
    pub(super) fn nothing(&self, field: &Field) -> String {
        if field.kind == FieldKind::Checkbox {
            return "FALSE".to_owned();
        }
        // On PostgreSQL the type of a text column names the order of its bytes.
        let kind = tables::column_type(field, self.dialect).unwrap_or("TEXT");
        match kind.split_once(" COLLATE ") {
            Some((plain, order)) => format!("CAST(NULL AS {plain}) COLLATE {order}"),
            None => format!("CAST(NULL AS {kind})"),
        }
    }
}

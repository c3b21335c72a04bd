//! The object of an object's shares: a row says that one record is shared with one user or group,
//! by hand. `CaseShare` of Case, `Visit__Share` of `Visit__c`.

use crate::schema::{Object, ObjectKind};

/// The names of an object of shares and of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// `CaseShare`.
    pub object: String,
    /// The reference to the record: `CaseId`, `ParentId`.
    pub record_field: String,
    /// `CaseAccessLevel`, `AccessLevel`.
    pub level_field: String,
}

impl Shares {
    /// Those of the object; `None` where records are not shared: they have no owner, are an
    /// activity, or are seen as another record is.
    pub fn of(object: &Object) -> Option<Self> {
        let is_shared = matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom)
            && object.field("OwnerId").is_some()
            && !["Task", "Event"].contains(&object.name.as_str())
            && !object.name.as_str().starts_with("Content");
        if !is_shared {
            return None;
        }
        let name = object.name.as_str();
        Some(match name.strip_suffix("__c") {
            Some(custom) => Self {
                object: format!("{custom}__Share"),
                record_field: "ParentId".to_owned(),
                level_field: "AccessLevel".to_owned(),
            },
            None => Self {
                object: format!("{name}Share"),
                record_field: format!("{name}Id"),
                level_field: format!("{name}AccessLevel"),
            },
        })
    }

    /// The object's table.
    pub fn table(&self) -> String {
        format!("org_{}", self.object.to_ascii_lowercase())
    }
}

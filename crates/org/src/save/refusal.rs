//! The refusals of a save, in one place: their codes and their words.

use super::{SaveError, SaveErrorCode};
use crate::schema::{Field, Object};

impl SaveError {
    /// A refusal about one field; the message begins with its label.
    pub(crate) fn of(field: &Field, status_code: SaveErrorCode, words: &str) -> Self {
        Self {
            status_code,
            message: format!("{}: {words}", field.label),
            fields: vec![field.name.as_str().to_owned()],
        }
    }

    pub(super) fn required(field: &Field) -> Self {
        Self {
            status_code: SaveErrorCode::RequiredFieldMissing,
            message: format!("Required fields are missing: [{}]", field.label),
            fields: vec![field.name.as_str().to_owned()],
        }
    }

    pub(super) fn unknown_field(object: &Object, name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        Self {
            status_code: SaveErrorCode::InvalidField,
            message: format!("No such column '{name}' on entity '{}'", object.name),
            fields: vec![name],
        }
    }

    pub(super) fn read_only(field: &Field) -> Self {
        let code = SaveErrorCode::InvalidFieldForInsertUpdate;
        Self::of(field, code, "this field cannot be set; leave it out")
    }

    pub(super) fn no_access(verb: &str, what: &str) -> Self {
        Self {
            status_code: SaveErrorCode::InsufficientAccessOrReadonly,
            message: format!(
                "You do not have the right to {verb} {what}. Ask an administrator to add it to \
                 your profile"
            ),
            fields: Vec::new(),
        }
    }
}

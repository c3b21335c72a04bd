//! The refusals of a save, in one place: their codes and their words.

use super::{SaveError, SaveErrorCode};
use crate::RecordId;
use crate::id::IdError;
use crate::schema::{Field, Object};

impl SaveError {
    /// A refusal in these words, about these fields.
    pub fn new(
        status_code: SaveErrorCode,
        message: impl Into<String>,
        fields: Vec<String>,
    ) -> Self {
        Self {
            status_code,
            message: message.into(),
            fields,
            records: Vec::new(),
        }
    }

    /// The record that was to be changed is not there, or not for this user's eyes.
    pub fn no_such_record() -> Self {
        let code = SaveErrorCode::InvalidCrossReferenceKey;
        let words = "invalid cross reference id: there is no such record, or you have no access";
        Self::new(code, words, Vec::new())
    }

    /// Is this [`SaveError::no_such_record`], or the same of a record in the recycle bin?
    pub fn is_no_such_record(&self) -> bool {
        match self.status_code {
            SaveErrorCode::InvalidCrossReferenceKey => self.fields.is_empty(),
            code => code == SaveErrorCode::EntityIsDeleted,
        }
    }

    /// The record lies in the recycle bin.
    pub fn is_deleted() -> Self {
        let words = "entity is deleted: the record is in the recycle bin; restore it first";
        Self::new(SaveErrorCode::EntityIsDeleted, words, Vec::new())
    }

    /// Another record of the same request was refused, and all or none were to be saved.
    pub fn rolled_back() -> Self {
        Self::new(
            SaveErrorCode::AllOrNoneOperationRolledBack,
            "Record rolled back because not all records were valid and the request was using \
             AllOrNone header",
            Vec::new(),
        )
    }

    /// Text that is no id, or the id of nothing that the field can point to.
    pub fn malformed_id(field: &Field, text: &str, why: &IdError) -> Self {
        let text: String = text.chars().take(60).collect();
        let why = match why {
            IdError::Malformed(_) => "15 or 18 letters and digits are expected",
            IdError::Checksum(_) => "its last three characters do not match the rest",
        };
        let words = format!("id value of incorrect type: {text}. {why}");
        Self::of(field, SaveErrorCode::MalformedId, &words)
    }

    /// Makes one refusal of all that name a missing field, as API clients expect it, with the
    /// fields by their API names.
    pub fn join_required(errors: &mut Vec<Self>) {
        let is_required = |e: &Self| e.status_code == SaveErrorCode::RequiredFieldMissing;
        let Some(first) = errors.iter().position(is_required) else {
            return;
        };
        let missing = errors.iter().filter(|e| is_required(e));
        let fields: Vec<String> = missing.flat_map(|e| e.fields.clone()).collect();
        errors.retain(|e| !is_required(e));
        let words = format!("Required fields are missing: [{}]", fields.join(", "));
        let code = SaveErrorCode::RequiredFieldMissing;
        errors.insert(first.min(errors.len()), Self::new(code, words, fields));
    }

    /// Somebody else holds the record.
    pub fn locked(id: Option<&RecordId>) -> Self {
        let id = id.map_or(String::new(), |id| format!(": {id}"));
        let words = format!(
            "unable to obtain exclusive access to this record or 1 records{id}. Somebody else \
             is saving it; try again"
        );
        Self::new(SaveErrorCode::UnableToLockRow, words, Vec::new())
    }
    /// A refusal about one field; the message begins with its label.
    pub fn of(field: &Field, status_code: SaveErrorCode, words: &str) -> Self {
        let fields = vec![field.name.as_str().to_owned()];
        Self::new(status_code, format!("{}: {words}", field.label), fields)
    }

    pub(super) fn required(field: &Field) -> Self {
        let words = format!("Required fields are missing: [{}]", field.label);
        let fields = vec![field.name.as_str().to_owned()];
        Self::new(SaveErrorCode::RequiredFieldMissing, words, fields)
    }

    /// The object has no field of this name.
    pub fn unknown_field(object: &Object, name: &str) -> Self {
        let name: String = name.chars().take(80).collect();
        let words = format!("No such column '{name}' on sobject of type {}", object.name);
        Self::new(SaveErrorCode::InvalidField, words, vec![name])
    }

    pub(super) fn read_only(field: &Field) -> Self {
        Self::cannot_set(vec![field.name.as_str().to_owned()])
    }

    /// These fields are not for this user to set, or for nobody.
    pub(super) fn cannot_set(names: Vec<String>) -> Self {
        let words = format!(
            "Unable to create/update fields: {}. Please check the security settings of this \
             field and verify that it is read/write for your profile or permission set.",
            names.join(", ")
        );
        Self::new(SaveErrorCode::InvalidFieldForInsertUpdate, words, names)
    }

    /// Records of the object are not written so by anybody.
    pub fn not_supported(object: &Object, operation: &str) -> Self {
        let words = format!(
            "entity type {} does not support {operation}. Setup changes it, or the system itself",
            object.name
        );
        Self::new(SaveErrorCode::InvalidTypeForOperation, words, Vec::new())
    }

    /// A lead that was converted lives on as contact, account and opportunity.
    pub(super) fn converted() -> Self {
        let words = "cannot reference converted lead: change the contact, the account or the \
                     opportunity that it became";
        Self::new(SaveErrorCode::CannotUpdateConvertedLead, words, Vec::new())
    }

    /// The user may not do this.
    pub fn no_access(verb: &str, what: &str) -> Self {
        let words = format!(
            "insufficient access rights on object id: you do not have the right to {verb} {what}. \
             Ask an administrator to add it to your profile"
        );
        Self::new(
            SaveErrorCode::InsufficientAccessOrReadonly,
            words,
            Vec::new(),
        )
    }
}

//! The Open CTI contract: method names, arguments, answers and errors (Lightning API).

use serde::Serialize;
use serde_json::Value as Json;

use crate::save::SaveError;

/// One error of a reply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContractError {
    /// Which.
    pub code: ContractErrorCode,
    /// For a person.
    pub description: String,
    /// More, for `saveLog`: `{message, fieldErrors}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Json>,
}

/// The documented codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum ContractErrorCode {
    InvalidParam,
    GenericError,
    ServerError,
    SoftphoneContainerError,
}

/// A reply: `{success, returnValue, errors}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Did it work?
    pub success: bool,
    /// What it gives.
    pub return_value: Json,
    /// Why not; `null` on success.
    pub errors: Option<Vec<ContractError>>,
}

impl Reply {
    /// It worked.
    pub fn success(return_value: Json) -> Self {
        Self {
            success: true,
            return_value,
            errors: None,
        }
    }

    /// It did not.
    pub fn failure(error: ContractError) -> Self {
        Self {
            success: false,
            return_value: Json::Null,
            errors: Some(vec![error]),
        }
    }
}

impl ContractError {
    /// "An invalid value was passed to the parameter NAME. …"
    pub fn invalid_param(name: &str, expected: &str, found: &str) -> Self {
        let _ = (name, expected, found);
        todo!()
    }

    /// The refusal of a save, with `details.message` and `details.fieldErrors` (spec 1.3).
    pub fn refused_save(errors: &[SaveError], object: &crate::schema::Object) -> Self {
        let _ = (errors, object);
        todo!()
    }

    /// A method of the contract that this host does not have yet.
    pub fn not_built_yet(method: &str) -> Self {
        let _ = method;
        todo!()
    }

    /// "A problem was encountered on the server." with a message for a person in `details`.
    pub fn server_error(message: &str) -> Self {
        let _ = message;
        todo!()
    }
}

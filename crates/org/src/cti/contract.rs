//! The Open CTI contract: method names, arguments, answers and errors (Lightning API).

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::save::SaveError;
use crate::schema::Object;

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
        Self {
            code: ContractErrorCode::InvalidParam,
            description: format!(
                "An invalid value was passed to the parameter {name}. {expected} was expected, \
                 but {found} was found instead."
            ),
            details: None,
        }
    }

    /// The refusal of a save, with `details.message` and `details.fieldErrors` (spec 1.3).
    pub fn refused_save(errors: &[SaveError], object: &Object) -> Self {
        let mut field_errors = Map::new();
        for error in errors {
            for name in &error.fields {
                let entry = field_errors
                    .entry(name.clone())
                    .or_insert_with(|| json!([]));
                if let Some(list) = entry.as_array_mut() {
                    list.push(field_error(error, name, object));
                }
            }
        }
        let messages = errors
            .iter()
            .map(|error| error.message.as_str())
            .collect::<Vec<_>>();
        let message = messages.join("; ");
        Self {
            details: Some(json!({ "message": message, "fieldErrors": field_errors })),
            ..Self::server_error(&message)
        }
    }

    /// A method of the contract that this host does not have yet.
    pub fn not_built_yet(method: &str) -> Self {
        Self {
            code: ContractErrorCode::GenericError,
            description: format!(
                "An error occurred while calling the API method. {method} is not available in \
                 this host yet."
            ),
            details: None,
        }
    }

    /// A pop to a flow: there are none here.
    pub fn no_flows(flow: &str) -> Self {
        Self {
            code: ContractErrorCode::GenericError,
            description: "An error occurred while calling the API method.".to_owned(),
            details: Some(json!({
                "message": format!(
                    "Flow {flow} was not opened: flows do not run in this host yet. Choose \
                     another pop in Setup > Softphone Layouts."
                )
            })),
        }
    }

    /// "A problem was encountered on the server." with a message for a person in `details`.
    pub fn server_error(message: &str) -> Self {
        Self {
            code: ContractErrorCode::ServerError,
            description: "A problem was encountered on the server.".to_owned(),
            details: Some(json!({ "message": message })),
        }
    }
}

/// Both namings that adapters read: `statusCode` and `errorCode`, `columnApiName` and `field`.
fn field_error(error: &SaveError, name: &str, object: &Object) -> Json {
    let label = object
        .field(name)
        .map_or(name, |field| field.label.as_str());
    let code = serde_json::to_value(error.status_code).unwrap_or(Json::Null);
    json!({
        "statusCode": code,
        "errorCode": code,
        "message": error.message,
        "columnApiName": name,
        "field": name,
        "fieldLabel": label,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::save::SaveErrorCode;
    use crate::schema::Schema;

    #[test]
    fn a_refused_save_names_the_field_in_both_namings() {
        let schema = Schema::standard();
        let task = schema.object("Task").expect("Task");
        let error = SaveError::new(
            SaveErrorCode::RequiredFieldMissing,
            "Call Result: required",
            vec!["CallDisposition".to_owned()],
        );
        let json = serde_json::to_value(ContractError::refused_save(&[error], task)).expect("json");
        assert_eq!(json["code"], "SERVER_ERROR");
        assert_eq!(json["details"]["message"], "Call Result: required");
        let entry = &json["details"]["fieldErrors"]["CallDisposition"][0];
        assert_eq!(entry["statusCode"], "REQUIRED_FIELD_MISSING");
        assert_eq!(entry["errorCode"], entry["statusCode"]);
        assert_eq!(entry["columnApiName"], "CallDisposition");
        assert_eq!(entry["fieldLabel"], "Call Result");
    }

    #[test]
    fn a_reply_has_exactly_its_three_keys() {
        let json = serde_json::to_value(Reply::success(Json::Null)).expect("json");
        assert_eq!(
            json,
            json!({ "success": true, "returnValue": null, "errors": null })
        );
    }
}

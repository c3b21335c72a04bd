//! The arguments of `searchAndScreenPop`, read as adapters write them: numbers as numbers, call
//! types in any case, `queryParams` as text or as an object.

use offhook_org::cti::contract::ContractError;
use offhook_org::cti::screen_pop::PopRequest;
use offhook_org::cti::softphone_layout::CallType;
use serde_json::{Map, Value as Json};

use super::save_log::found;

/// Bytes of `queryParams`.
const QUERY_PARAMS_LENGTH_MAX: usize = 4096;
/// Arguments for a flow.
const FLOW_ARGUMENT_COUNT_MAX: usize = 100;

type Args = Map<String, Json>;

/// The request that the arguments make.
pub(super) fn pop_request(args: &Args) -> Result<PopRequest, ContractError> {
    let search_params = match args.get("searchParams") {
        Some(Json::String(text)) => text.clone(),
        // Some adapters pass a number as one.
        Some(Json::Number(number)) => number.to_string(),
        other => {
            return Err(wrong("searchParams", "A text", other));
        }
    };
    Ok(PopRequest {
        search_params,
        call_type: call_type(args)?,
        deferred: deferred(args)?,
        default_field_values: default_field_values(args)?,
        query_params: query_params(args)?,
        flow_args: flow_args(args)?,
    })
}

/// None means inbound.
fn call_type(args: &Args) -> Result<CallType, ContractError> {
    let given = args.get("callType");
    let call_type = match given {
        None | Some(Json::Null) => Some(CallType::Inbound),
        Some(Json::String(text)) => CallType::parse(text),
        Some(_) => None,
    };
    call_type.ok_or_else(|| wrong("callType", "One of inbound, outbound and internal", given))
}

fn deferred(args: &Args) -> Result<bool, ContractError> {
    match args.get("deferred") {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(deferred)) => Ok(*deferred),
        Some(Json::String(text)) => Ok(text.eq_ignore_ascii_case("true")),
        other => Err(wrong("deferred", "A boolean value", other)),
    }
}

fn default_field_values(args: &Args) -> Result<Map<String, Json>, ContractError> {
    match args.get("defaultFieldValues") {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(values)) => Ok(values.clone()),
        other => Err(wrong("defaultFieldValues", "An object", other)),
    }
}

/// Documented as text, `a=b&c=d`; some adapters pass an object.
fn query_params(args: &Args) -> Result<String, ContractError> {
    let given = args.get("queryParams");
    let text = match given {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Object(pairs)) => {
            let pairs = pairs.iter().filter_map(|(name, value)| {
                let value = match value {
                    Json::String(text) => text.clone(),
                    Json::Number(_) | Json::Bool(_) => value.to_string(),
                    Json::Null | Json::Array(_) | Json::Object(_) => return None,
                };
                Some(format!(
                    "{}={}",
                    crate::query::encode(name),
                    crate::query::encode(&value)
                ))
            });
            pairs.collect::<Vec<_>>().join("&")
        }
        Some(_) => return Err(wrong("queryParams", "A text or an object", given)),
    };
    if text.len() > QUERY_PARAMS_LENGTH_MAX {
        let expected = format!("A text of {QUERY_PARAMS_LENGTH_MAX} bytes at most");
        return Err(wrong("queryParams", &expected, given));
    }
    Ok(text)
}

/// `params.FLOW.flowArgs`: `[{name, type, value}]`.
fn flow_args(args: &Args) -> Result<Vec<Json>, ContractError> {
    let params = match args.get("params") {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Object(params)) => params,
        other => return Err(wrong("params", "An object", other)),
    };
    match params.get("FLOW").and_then(|flow| flow.get("flowArgs")) {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(list)) if list.len() <= FLOW_ARGUMENT_COUNT_MAX => Ok(list.clone()),
        other => {
            let expected = format!("A list of {FLOW_ARGUMENT_COUNT_MAX} arguments at most");
            Err(wrong("params.FLOW.flowArgs", &expected, other))
        }
    }
}

fn wrong(name: &str, expected: &str, given: Option<&Json>) -> ContractError {
    ContractError::invalid_param(name, expected, &found(given))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(args: &Json) -> Result<PopRequest, ContractError> {
        pop_request(args.as_object().unwrap())
    }

    #[test]
    fn a_search_says_only_what_it_must_and_the_rest_has_its_default() {
        let request = request(&json!({"searchParams": "4155551212"})).unwrap();
        assert_eq!(request.call_type, CallType::Inbound);
        assert!(!request.deferred);
        assert!(request.default_field_values.is_empty());
        assert_eq!(request.query_params, "");
        assert_eq!(request.flow_args, Vec::<Json>::new());
    }

    #[test]
    fn a_number_as_search_and_a_call_type_in_capitals_are_taken() {
        let request = request(&json!({"searchParams": 4155551212_u64, "callType": "OUTBOUND"}));
        let request = request.unwrap();
        assert_eq!(request.search_params, "4155551212");
        assert_eq!(request.call_type, CallType::Outbound);
    }

    #[test]
    fn query_params_are_taken_as_text_and_as_an_object() {
        let of = |given: Json| {
            request(&json!({"searchParams": "x", "queryParams": given})).map(|r| r.query_params)
        };
        assert_eq!(of(json!("ani=+1415&b=c")).unwrap(), "ani=+1415&b=c");
        let object = json!({"ani": "+1415", "n": 5, "no": null, "of": {"x": 1}});
        assert_eq!(of(object).unwrap(), "ani=%2B1415&n=5");
        assert!(of(json!(5)).is_err());
        assert!(of(json!("x".repeat(QUERY_PARAMS_LENGTH_MAX + 1))).is_err());
    }

    #[test]
    fn arguments_of_a_flow_are_a_list_within_params() {
        let of = |params: Json| {
            request(&json!({"searchParams": "x", "params": params})).map(|r| r.flow_args)
        };
        let one = json!({"name": "a", "type": "String", "value": "1"});
        assert_eq!(
            of(json!({"FLOW": {"flowArgs": [one]}})).unwrap(),
            std::slice::from_ref(&one)
        );
        assert_eq!(of(json!({"other": 1})).unwrap(), Vec::<Json>::new());
        assert!(of(json!({"FLOW": {"flowArgs": "a"}})).is_err());
        assert!(of(json!("FLOW")).is_err());
    }
}

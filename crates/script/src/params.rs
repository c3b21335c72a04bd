//! The parameters of `runApex`: a query string as adapters write it, or an object.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};

/// Parameters in one call.
const PARAMS_MAX: usize = 200;

/// An object of texts. A query string is split at `&` and the first `=`, its parts are
/// percent-decoded, and a `+` stays one: it begins a telephone number more often than it means a
/// space. Of several with one name the last counts. Nothing and `{}` are no parameters.
pub fn read_params(given: Option<&Json>) -> Result<Map<String, Json>, String> {
    let params: Map<String, Json> = match given {
        None | Some(Json::Null) => Map::new(),
        Some(Json::String(text)) => text
            .split('&')
            .filter(|part| !part.is_empty())
            .take(PARAMS_MAX + 1)
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), Json::String(decoded(value)))
            })
            .collect(),
        Some(Json::Object(params)) => params.clone(),
        Some(_) => return Err("A query string".to_owned()),
    };
    if params.len() > PARAMS_MAX {
        return Err(format!("At most {PARAMS_MAX} parameters"));
    }
    Ok(params)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read_params;

    #[test]
    fn a_plus_stays_a_plus_and_values_may_hold_signs_of_equality() {
        let text = json!("fromNumber=+14155551212&toNumber=+1200&q=a%20b%3Dc=d&flag&a=1&a=2");
        let params = read_params(Some(&text)).unwrap();
        let wanted = json!({
            "fromNumber": "+14155551212", "toNumber": "+1200", "q": "a b=c=d", "flag": "", "a": "2"
        });
        assert_eq!(json!(params), wanted);
    }

    #[test]
    fn no_parameters_are_none_however_they_are_written() {
        for given in [None, Some(json!(null)), Some(json!({})), Some(json!(""))] {
            assert!(read_params(given.as_ref()).unwrap().is_empty());
        }
        assert!(read_params(Some(&json!(7))).is_err());
        let many = (0..300)
            .map(|n| format!("p{n}=1"))
            .collect::<Vec<_>>()
            .join("&");
        assert!(read_params(Some(&json!(many))).is_err());
    }
}

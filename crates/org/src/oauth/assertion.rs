//! The claims of a JWT that stands for a user (RFC 7523), as the clients really send them: the
//! platform's command line writes `exp` in milliseconds, others as text; the audience is our
//! address with or without a slash at its end, or one of the platform's login hosts.

use serde_json::Value;

/// Audiences that clients send whatever org they talk to.
const LOGIN_HOSTS: [&str; 2] = [
    "https://login.salesforce.com",
    "https://test.salesforce.com",
];

/// A number above this is in milliseconds: it is the year 5138 in seconds.
const SECONDS_MAX: i64 = 100_000_000_000;

/// Clocks of client and server may differ by this much.
const SKEW_MS: i64 = 3 * 60 * 1_000;

/// Who asks for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The client id of the app.
    pub issuer: String,
    /// The user name.
    pub subject: String,
    /// When the assertion ends, UTC milliseconds.
    pub expires_at_ms: i64,
}

/// Why claims are not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// No object, or a claim is missing or of another type.
    #[error("invalid assertion: it must have iss, sub, aud and exp")]
    Shape,
    /// Meant for somebody else.
    #[error("audience is invalid")]
    Audience,
    /// Too late.
    #[error("expired assertion: its exp is in the past")]
    Expired,
}

/// Reads the claims of an assertion whose signature is still to be checked. `bases` are the
/// addresses that this org is reached at.
pub fn read_claims(payload: &Value, bases: &[&str], now_ms: i64) -> Result<Claims, ClaimsError> {
    let text = |name: &str| {
        let value = payload.get(name).and_then(Value::as_str);
        value
            .filter(|text| !text.is_empty())
            .ok_or(ClaimsError::Shape)
    };
    let (issuer, subject) = (text("iss")?, text("sub").or_else(|_| text("prn"))?);
    let expires_at_ms = moment(payload.get("exp").ok_or(ClaimsError::Shape)?)?;
    let audience = payload.get("aud").ok_or(ClaimsError::Shape)?;
    if !is_meant_for_us(audience, bases) {
        return Err(ClaimsError::Audience);
    }
    if expires_at_ms.saturating_add(SKEW_MS) < now_ms {
        return Err(ClaimsError::Expired);
    }
    Ok(Claims {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        expires_at_ms,
    })
}

/// Seconds or milliseconds, as a number or as text.
fn moment(value: &Value) -> Result<i64, ClaimsError> {
    let number = match value {
        Value::String(text) => text.trim().parse::<f64>().ok(),
        other => other.as_f64(),
    };
    let number = number.filter(|n| n.is_finite()).ok_or(ClaimsError::Shape)?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast to i64 saturates")]
    let number = number as i64;
    Ok(match number > SECONDS_MAX {
        true => number,
        false => number.saturating_mul(1_000),
    })
}

fn is_meant_for_us(audience: &Value, bases: &[&str]) -> bool {
    let is_us = |text: &str| {
        let text = text.strip_suffix('/').unwrap_or(text);
        let text = text.strip_suffix("/services/oauth2/token").unwrap_or(text);
        LOGIN_HOSTS.contains(&text) || bases.iter().any(|base| base.trim_end_matches('/') == text)
    };
    match audience {
        Value::String(text) => is_us(text),
        Value::Array(all) => all.iter().filter_map(Value::as_str).any(is_us),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW_MS: i64 = 1_800_000_000_000;
    const BASE: &str = "http://127.0.0.1:8080";

    fn read(exp: Value, aud: Value) -> Result<Claims, ClaimsError> {
        let claims = json!({"iss": "CID", "sub": "u@x", "aud": aud, "exp": exp});
        read_claims(&claims, &[BASE], NOW_MS)
    }

    #[test]
    fn every_way_in_which_clients_write_the_end_is_read() {
        let in_a_minute = NOW_MS + 60_000;
        for exp in [
            json!(1_800_000_060),
            json!(1_800_000_060.0),
            json!("1800000060"),
            json!(in_a_minute),
            json!(in_a_minute.to_string()),
        ] {
            let claims = read(exp.clone(), json!(BASE)).unwrap();
            assert_eq!(claims.expires_at_ms, in_a_minute, "{exp}");
            assert_eq!(
                (claims.issuer.as_str(), claims.subject.as_str()),
                ("CID", "u@x")
            );
        }
        assert!(read(json!(9e18), json!(BASE)).is_ok());
        for exp in [
            json!(1_799_999_000),
            json!("1799999000"),
            json!(0),
            json!(-1),
        ] {
            assert_eq!(read(exp, json!(BASE)), Err(ClaimsError::Expired));
        }
        for exp in [json!("soon"), json!(null), json!([1]), json!("NaN")] {
            assert_eq!(read(exp, json!(BASE)), Err(ClaimsError::Shape));
        }
    }

    #[test]
    fn only_assertions_meant_for_this_org_count() {
        let exp = || json!(1_800_000_060);
        for aud in [
            json!(BASE),
            json!("http://127.0.0.1:8080/"),
            json!("https://login.salesforce.com"),
            json!("https://test.salesforce.com/"),
            json!(["https://other.example", BASE]),
            json!("http://127.0.0.1:8080/services/oauth2/token"),
        ] {
            assert!(read(exp(), aud.clone()).is_ok(), "{aud}");
        }
        for aud in [
            json!("https://other.example"),
            json!("http://127.0.0.1:80800"),
            json!(""),
            json!([]),
            json!(5),
        ] {
            assert_eq!(read(exp(), aud), Err(ClaimsError::Audience));
        }
    }

    #[test]
    fn claims_that_are_missing_are_said() {
        for claims in [
            json!({}),
            json!([]),
            json!({"iss": "C", "aud": BASE, "exp": 1}),
        ] {
            assert_eq!(
                read_claims(&claims, &[BASE], NOW_MS),
                Err(ClaimsError::Shape)
            );
        }
    }
}

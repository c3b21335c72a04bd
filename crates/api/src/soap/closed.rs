//! SOAP doors with nothing behind them: Apex and metadata. Clients that try them are told so in
//! answers of the shape that they read.

use axum::response::Response;

use super::Call;
use super::envelope::{Fault, answer};
use crate::limits::count_call;
use crate::xml::Element;
use crate::{ApiState, session};

/// Namespace of the Apex door.
pub(super) const APEX: &str = "http://soap.sforce.com/2006/08/apex";

/// Anonymous Apex does not compile; everything else is a fault.
pub(super) async fn refuse(state: &ApiState, call: &Call) -> Result<Response, Fault> {
    let user = session::authenticate(state, call.session_id(), call.version);
    let user = user.await.map_err(Fault::from)?;
    let (_, admitted) = count_call(state, &user);
    admitted.map_err(Fault::from)?;
    match (call.kind.as_str(), call.envelope.operation.name.as_str()) {
        ("s", "executeAnonymous") => Ok(answer_apex(call)),
        ("s", _) => Err(Fault::api("FUNCTIONALITY_NOT_ENABLED", NO_APEX)),
        _ => Err(Fault::api(
            "FUNCTIONALITY_NOT_ENABLED",
            "the Metadata API is not served here: change objects, fields and layouts in Setup, \
             Object Manager",
        )),
    }
}

const NO_APEX: &str =
    "Apex does not run here. Call the REST API from a program of your own instead";

fn answer_apex(call: &Call) -> Response {
    let text = |name: &str, text: &str| Element::new(name).text(text);
    let none = |name: &str| Element::new(name).with("xsi:nil", "true");
    let result = Element::new("result").children([
        text("column", "1"),
        text("compileProblem", NO_APEX),
        text("compiled", "false"),
        none("exceptionMessage"),
        none("exceptionStackTrace"),
        text("line", "1"),
        text("success", "false"),
    ]);
    let response = Element::new("executeAnonymousResponse").child(result);
    answer(call.namespace(), response)
}

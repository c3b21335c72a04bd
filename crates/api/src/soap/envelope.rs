//! The envelope of SOAP 1.1, as clients write it and as they read the answers. Names count by
//! namespace and local name, never by prefix; most clients send no prefix that another sends.
//! A fault is HTTP 500 with the code and message where the clients look for them.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offhook_store::usage::ApiUsage;

use crate::error::ApiError;
use crate::limits::{LIMIT_INFO, limit_info};
use crate::xml::{self, Element, Node};

/// Of the partner door, and of its objects.
pub(crate) const PARTNER: &str = "urn:partner.soap.sforce.com";

/// Of the fields of records.
const SOBJECT: &str = "urn:sobject.partner.soap.sforce.com";

/// Of faults and their codes.
pub(crate) const FAULT: &str = "urn:fault.partner.soap.sforce.com";

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A request: its headers and its one operation.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    header: Node,
    /// The element below the body: its name is the operation.
    pub(crate) operation: Node,
}

impl Envelope {
    /// Reads a request. The refusal is a fault already.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(body);
        let text = text.map_err(|_| Fault::client("the request is not UTF-8"))?;
        let root = xml::read(text.trim_start_matches('\u{feff}'));
        let root = root.map_err(|why| Fault::client(&format!("the XML cannot be read: {why}")))?;
        if !root.name.eq_ignore_ascii_case("Envelope") {
            return Err(Fault::client("the root element must be a SOAP Envelope"));
        }
        let operation = root.child("Body").and_then(|body| body.children.first());
        let operation = operation
            .cloned()
            .ok_or_else(|| Fault::client("the Body holds no operation"))?;
        let header = root.child("Header").cloned().unwrap_or_default();
        Ok(Self { header, operation })
    }

    /// Everything in the header.
    pub(crate) fn whole_header(&self) -> &Node {
        &self.header
    }

    /// A value of a header: `("SessionHeader", "sessionId")`. Empty where there is none.
    pub(crate) fn header(&self, name: &str, value: &str) -> &str {
        self.header
            .child(name)
            .map_or("", |header| header.value(value))
    }
}

/// An answer in its envelope.
pub(crate) fn answer(namespace: &str, content: Element) -> Response {
    answer_of(namespace, None, content)
}

/// The same, with what the org used of its calls.
pub(crate) fn answer_with_usage(namespace: &str, usage: ApiUsage, content: Element) -> Response {
    let number = |name: &str, value: u64| Element::new(name).text(value.to_string());
    let info = Element::new("limitInfo").children([
        number("current", usage.org),
        number("limit", usage.max),
        Element::new("type").text("API REQUESTS"),
    ]);
    let header = Element::new("LimitInfoHeader").child(info);
    let header = Element::new("soapenv:Header").child(header);
    let mut response = answer_of(namespace, Some(header), content);
    let name = HeaderName::from_static(LIMIT_INFO);
    response.headers_mut().insert(name, limit_info(usage));
    response
}

fn answer_of(namespace: &str, header: Option<Element>, content: Element) -> Response {
    let body = Element::new("soapenv:Body").child(content);
    let envelope = Element::new("soapenv:Envelope")
        .with("xmlns:soapenv", ENVELOPE)
        .with("xmlns", namespace)
        .with("xmlns:sf", SOBJECT)
        .with("xmlns:xsi", INSTANCE)
        .children(header)
        .child(body);
    respond(StatusCode::OK, &envelope)
}

fn respond(status: StatusCode, envelope: &Element) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/xml;charset=UTF-8")];
    (status, kind, envelope.document()).into_response()
}

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    code: String,
    message: String,
    /// Element of the detail, `sf:LoginFault`.
    kind: &'static str,
}

impl Fault {
    /// With the platform's exception code and words.
    pub(crate) fn new(kind: &'static str, code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            kind,
        }
    }

    /// Of the login.
    pub(crate) fn login(code: &str, message: impl Into<String>) -> Self {
        Self::new("sf:LoginFault", code, message)
    }

    /// Of everything else.
    pub(crate) fn api(code: &str, message: impl Into<String>) -> Self {
        Self::new("sf:UnexpectedErrorFault", code, message)
    }

    /// The session in the header is over, or there never was one.
    pub(crate) fn dead_session() -> Self {
        Self::api(
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, \
             missing session key: sign in again",
        )
    }

    /// The request is no request.
    fn client(message: &str) -> Self {
        Self::new("sf:ApiFault", "INVALID_OPERATION", message)
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        if error.code() == "INVALID_SESSION_ID" {
            return Self::dead_session();
        }
        let code = error.code().to_owned();
        let problem = error.problems.into_iter().next();
        Self::api(&code, problem.map_or_else(String::new, |p| p.message))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self {
            code,
            message,
            kind,
        } = self;
        let exception = Element::new(kind)
            .with("xsi:type", kind)
            .child(Element::new("sf:exceptionCode").text(code.clone()))
            .child(Element::new("sf:exceptionMessage").text(message.clone()));
        let fault = Element::new("soapenv:Fault")
            .child(Element::new("faultcode").text(format!("sf:{code}")))
            .child(Element::new("faultstring").text(format!("{code}: {message}")))
            .child(Element::new("detail").child(exception));
        let envelope = Element::new("soapenv:Envelope")
            .with("xmlns:soapenv", ENVELOPE)
            .with("xmlns:sf", FAULT)
            .with("xmlns:xsi", INSTANCE)
            .child(Element::new("soapenv:Body").child(fault));
        respond(StatusCode::INTERNAL_SERVER_ERROR, &envelope)
    }
}

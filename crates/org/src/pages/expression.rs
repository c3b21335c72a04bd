//! What stands in a merge field: names of facts, texts in quotes, a few functions, and `&` or `+`
//! between them.

use super::Visit;
use super::escape::{self, Place};

/// How deep functions may stand in each other.
const DEPTH_MAX: usize = 8;

/// The fields of the user that pages may show.
const USER_FIELDS: &[&str] = &[
    "id",
    "name",
    "firstname",
    "lastname",
    "username",
    "email",
    "phone",
    "mobilephone",
    "extension",
    "title",
    "department",
    "companyname",
    "alias",
    "timezonesidkey",
    "localesidkey",
    "languagelocalekey",
    "profileid",
    "userroleid",
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Text(String),
    /// `$CurrentPage.parameters.NAME`.
    Parameter(String),
    PageName,
    PageUrl,
    /// `$user.email`, `$profile.name`, `$organization.id`.
    Fact(String),
    Resource(String),
    OtherPage(String),
    /// The letter of a SOAP address and its version.
    ApiUrl(char, String),
    Call(Function, Box<Expression>),
    Joined(Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Html,
    Script,
    ScriptInHtml,
    Url,
    /// `URLFOR`, of a resource or page: its address as it is.
    Address,
}

impl Expression {
    /// The value for a visit, before it is escaped for its place. What a function escapes for
    /// this very place is not escaped twice.
    pub(super) fn value(&self, visit: &Visit, place: Place) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parameter(name) => {
                let mut named = visit.parameters.iter();
                let found = named.find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map_or_else(String::new, |(_, value)| value.clone())
            }
            Self::PageName => visit.name.clone(),
            Self::PageUrl => format!("/apex/{}", visit.name),
            Self::Fact(name) => visit.facts.get(name).cloned().unwrap_or_default(),
            Self::Resource(name) => {
                let found = visit.resources.get(&name.to_ascii_lowercase()).cloned();
                found.unwrap_or_else(|| format!("/resource/missing/{name}"))
            }
            Self::OtherPage(name) => format!("/apex/{name}{}", visit.page_query),
            Self::ApiUrl(letter, version) => format!(
                "{}/services/Soap/{letter}/{version}/{}",
                visit.api_origin, visit.org_id
            ),
            Self::Joined(parts) => parts.iter().map(|part| part.value(visit, place)).collect(),
            Self::Call(function, inner) => {
                let value = inner.value(visit, place);
                match (function, place) {
                    (Function::Url, _) => escape::url(&value),
                    (Function::Address, _)
                    | (Function::Html, Place::Text)
                    | (Function::Script, Place::Script) => value,
                    (Function::Html | Function::ScriptInHtml, Place::Script)
                    | (Function::ScriptInHtml, Place::Text) => escape::html(&value),
                    (Function::Script, Place::Text) => escape::script(&value),
                }
            }
        }
    }
}

/// Reads what stands between `{!` and `}`.
pub(super) fn read(text: &str) -> Result<Expression, String> {
    let mut reader = Reader { rest: text };
    let expression = reader.joined(0)?;
    match reader.rest.trim_start() {
        "" => Ok(expression),
        more => Err(format!("{more:?} is not understood in a merge field")),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn joined(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err("functions stand too deep in each other".to_owned());
        }
        let mut parts = vec![self.one(depth)?];
        while self.takes('&') || self.takes('+') {
            parts.push(self.one(depth)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Expression::Joined(parts)),
        }
    }

    fn takes(&mut self, c: char) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(c) else {
            return false;
        };
        self.rest = after;
        true
    }

    fn one(&mut self, depth: usize) -> Result<Expression, String> {
        self.rest = self.rest.trim_start();
        for quote in ['\'', '"'] {
            if let Some(after) = self.rest.strip_prefix(quote) {
                let end = after.find(quote).ok_or("a text in quotes has no end")?;
                self.rest = &after[end + 1..];
                return Ok(Expression::Text(after[..end].to_owned()));
            }
        }
        let path = self.path()?;
        if !self.takes('(') {
            return named(path);
        }
        let function = match path.to_ascii_uppercase().as_str() {
            "HTMLENCODE" => Function::Html,
            "JSENCODE" => Function::Script,
            "JSINHTMLENCODE" => Function::ScriptInHtml,
            "URLENCODE" => Function::Url,
            "URLFOR" => Function::Address,
            _ => {
                return Err(format!(
                    "there is no function {path}: HTMLENCODE, JSENCODE, JSINHTMLENCODE, \
                     URLENCODE and URLFOR are there"
                ));
            }
        };
        let inner = self.joined(depth + 1)?;
        let is_address = matches!(inner, Expression::Resource(_) | Expression::OtherPage(_));
        if function == Function::Address && !is_address {
            return Err("URLFOR takes a resource or a page: URLFOR($Resource.Name)".to_owned());
        }
        match self.takes(')') {
            true => Ok(Expression::Call(function, Box::new(inner))),
            false => Err(format!("{path}( takes one value and a closing parenthesis")),
        }
    }

    fn path(&mut self) -> Result<&'a str, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '.' | '-');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (path, rest) = self.rest.split_at(end);
        self.rest = rest;
        match path {
            "" => Err("a name was expected in a merge field".to_owned()),
            path => Ok(path),
        }
    }
}

fn named(path: &str) -> Result<Expression, String> {
    let lower = path.to_ascii_lowercase();
    if let Some(start) = lower.strip_prefix("$currentpage.parameters.") {
        let name = &path[path.len() - start.len()..];
        return match name.is_empty() {
            true => Err("$CurrentPage.parameters needs the name of a parameter".to_owned()),
            false => Ok(Expression::Parameter(name.to_owned())),
        };
    }
    let unknown = || {
        Err(format!(
            "{path} is not known here: pages know $CurrentPage.parameters, $CurrentPage.Name, \
             $User, $Profile, $Organization, $Resource, $Page and the addresses of $Api"
        ))
    };
    let Some((root, name)) = path.split_once('.') else {
        return unknown();
    };
    let (root, folded) = (root.to_ascii_lowercase(), name.to_ascii_lowercase());
    match (root.as_str(), folded.as_str()) {
        ("$currentpage", "name") => Ok(Expression::PageName),
        ("$currentpage", "url") => Ok(Expression::PageUrl),
        ("$user", field) if USER_FIELDS.contains(&field) => Ok(Expression::Fact(lower)),
        ("$profile" | "$organization", "id" | "name") => Ok(Expression::Fact(lower)),
        ("$resource", name) if !name.contains('.') => {
            Ok(Expression::Resource(path["$resource.".len()..].to_owned()))
        }
        ("$page", name) if !name.contains('.') => {
            Ok(Expression::OtherPage(path["$page.".len()..].to_owned()))
        }
        ("$api", "session_id") => Err(
            "$Api.Session_ID is not given to pages: an adapter that calls the API signs in by a \
             connected app"
                .to_owned(),
        ),
        ("$api", name) => api_url(name).map_or_else(unknown, Ok),
        _ => unknown(),
    }
}

/// `partner_server_url_660` is version 66.0.
fn api_url(name: &str) -> Option<Expression> {
    let (letter, digits) = name
        .strip_prefix("partner_server_url_")
        .map(|digits| ('u', digits))
        .or_else(|| Some(('c', name.strip_prefix("enterprise_server_url_")?)))?;
    let whole = digits.strip_suffix('0')?;
    let is_version = (1..=2).contains(&whole.len()) && whole.bytes().all(|b| b.is_ascii_digit());
    is_version.then(|| Expression::ApiUrl(letter, format!("{whole}.0")))
}

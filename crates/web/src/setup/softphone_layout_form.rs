//! The form of a softphone layout: its choices as a page shows them, and what comes back from it.
//! An object is searched when it has a position; the positions give the order.

use offhook_org::cti::SoftphoneLayout;
use offhook_org::cti::screen_pop::is_page_name;
use offhook_org::cti::softphone_layout::{
    CallType, CallTypeLayout, LayoutObject, MultipleMatches, NoMatch, OpenWithin, SingleMatch,
};
use offhook_org::schema::{FieldKind, Object};
use offhook_org::{FieldName, ObjectName, Schema};

/// The call types, with the name that the form's fields begin with.
pub(super) const CALL_TYPES: [(CallType, &str, &str); 3] = [
    (CallType::Inbound, "inbound", "Inbound"),
    (CallType::Outbound, "outbound", "Outbound"),
    (CallType::Internal, "internal", "Internal"),
];

/// The call-related fields: their name in the contract and for people.
const CALL_FIELDS: [(&str, &str); 4] = [
    ("ANI", "Caller ID"),
    ("DNIS", "Dialed Number"),
    ("SEGMENT", "Segment"),
    ("QUEUE", "Queue"),
];

/// The most characters of a layout's name.
const NAME_LENGTH_MAX: usize = 80;

/// The largest position.
const POSITION_MAX: u32 = 99;

/// One choice of several.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// A field that can be shown.
pub(super) struct FieldChoice {
    pub(super) value: String,
    pub(super) label: String,
    /// From 1; none when it is not shown.
    pub(super) position: Option<usize>,
}

/// An object that can be searched.
pub(super) struct ObjectChoice {
    pub(super) name: String,
    pub(super) label: String,
    /// From 1; none when it is not searched.
    pub(super) position: Option<usize>,
    /// Those that are shown come first, in their order.
    pub(super) fields: Vec<FieldChoice>,
    /// Labels of the chosen fields, in order.
    pub(super) shown: String,
}

/// One call type of the form.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) call_fields: Vec<Choice>,
    /// Labels of the chosen call-related fields.
    pub(super) call_shown: String,
    pub(super) objects: Vec<ObjectChoice>,
}

/// The call types of a layout with all choices.
pub(super) fn parts(layout: &SoftphoneLayout, schema: &Schema) -> Vec<Part> {
    CALL_TYPES
        .map(|(call_type, name, label)| part(layout.part(call_type), schema, name, label))
        .into()
}

fn part(part: &CallTypeLayout, schema: &Schema, name: &'static str, label: &'static str) -> Part {
    let searched = part
        .objects
        .iter()
        .filter_map(|o| schema.object(o.object.as_str()));
    let others = schema.objects().iter().filter(|object| {
        is_searchable(object) && !part.objects.iter().any(|o| o.object == object.name)
    });
    let call_fields = CALL_FIELDS.map(|(value, label)| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen: part.call_related_fields.iter().any(|f| f == value),
    });
    let chosen = call_fields
        .iter()
        .filter(|field| field.chosen)
        .map(|field| field.label.as_str());
    Part {
        name,
        label,
        call_shown: chosen.collect::<Vec<_>>().join(", "),
        call_fields: call_fields.into(),
        objects: searched
            .chain(others)
            .map(|object| object_choice(part, object))
            .collect(),
    }
}

/// A call can only find what has a telephone number.
fn is_searchable(object: &Object) -> bool {
    object.phone_fields().next().is_some()
}

fn object_choice(part: &CallTypeLayout, object: &Object) -> ObjectChoice {
    let index = part.objects.iter().position(|o| o.object == object.name);
    let fields: &[FieldName] = index.map_or(&[], |index| &part.objects[index].fields);
    let label = |name: &FieldName| {
        object
            .field(name.as_str())
            .map_or_else(|| name.to_string(), |f| f.label.clone())
    };
    ObjectChoice {
        name: object.name.to_string(),
        label: object.label.clone(),
        position: index.map(|index| index + 1),
        fields: field_choices(object, fields),
        shown: fields.iter().map(label).collect::<Vec<_>>().join(", "),
    }
}

fn field_choices(object: &Object, shown: &[FieldName]) -> Vec<FieldChoice> {
    let choice = |field: &offhook_org::schema::Field| FieldChoice {
        value: field.name.to_string(),
        label: field.label.clone(),
        position: shown
            .iter()
            .position(|name| *name == field.name)
            .map(|index| index + 1),
    };
    let is_showable = |field: &&offhook_org::schema::Field| {
        !matches!(field.kind, FieldKind::Id | FieldKind::LongText)
    };
    let mut choices: Vec<FieldChoice> = object
        .fields
        .iter()
        .filter(is_showable)
        .map(choice)
        .collect();
    choices.sort_by_key(|choice| choice.position.unwrap_or(usize::MAX));
    choices
}

/// What a pop leads to beside records: the value of its select, and its page and flow.
pub(super) struct Target {
    pub(super) page: String,
    pub(super) flow: String,
    pub(super) choices: Vec<Choice>,
}

/// The value of a select for a page of the org, and for a flow.
const PAGE: &str = "*page";
const FLOW: &str = "*flow";

/// What may pop for none, one and several matches.
pub(super) fn targets(layout: &SoftphoneLayout, schema: &Schema) -> [Target; 3] {
    let pop = &layout.screen_pop;
    let none = match &pop.no_match {
        NoMatch::Visualforce { page } => (page.as_str(), ""),
        NoMatch::Flow { flow } => ("", flow.as_str()),
        NoMatch::DoNotPop | NoMatch::NewRecord { .. } => ("", ""),
    };
    let one = match &pop.single_match {
        SingleMatch::Visualforce { page } => (page.as_str(), ""),
        SingleMatch::Flow { flow } => ("", flow.as_str()),
        SingleMatch::DoNotPop | SingleMatch::DetailPage => ("", ""),
    };
    let several = match &pop.multiple_matches {
        MultipleMatches::Visualforce { page } => (page.as_str(), ""),
        MultipleMatches::Flow { flow } => ("", flow.as_str()),
        MultipleMatches::DoNotPop | MultipleMatches::SearchPage => ("", ""),
    };
    let own = |value: &str, label: &str, chosen: bool| {
        let choice = |value: &str, label: &str, chosen| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen,
        };
        vec![
            choice("", "Don't pop any screen", false),
            choice(value, label, chosen),
        ]
    };
    let detail = own(
        "detail_page",
        "Pop detail page",
        pop.single_match == SingleMatch::DetailPage,
    );
    let search = own(
        "search_page",
        "Pop to search page",
        pop.multiple_matches == MultipleMatches::SearchPage,
    );
    [
        target(none, no_match_choices(layout, schema)),
        target(one, detail),
        target(several, search),
    ]
}

fn target((page, flow): (&str, &str), mut choices: Vec<Choice>) -> Target {
    for (value, label, name) in [
        (PAGE, "Pop to Visualforce page", page),
        (FLOW, "Pop to flow (flows do not run here yet)", flow),
    ] {
        choices.push(Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: !name.is_empty(),
        });
    }
    Target {
        page: page.to_owned(),
        flow: flow.to_owned(),
        choices,
    }
}

/// What may pop when nothing matches, but for pages and flows.
pub(super) fn no_match_choices(layout: &SoftphoneLayout, schema: &Schema) -> Vec<Choice> {
    let now = &layout.screen_pop.no_match;
    let mut choices = vec![Choice {
        value: String::new(),
        label: "Don't pop any screen".to_owned(),
        chosen: *now == NoMatch::DoNotPop,
    }];
    choices.extend(
        schema
            .objects()
            .iter()
            .filter(|o| o.has_tab && is_searchable(o))
            .map(|o| Choice {
                value: o.name.to_string(),
                label: format!("Pop to new {}", o.label),
                chosen: matches!(now, NoMatch::NewRecord { object } if *object == o.name),
            }),
    );
    choices
}

/// The layout as the form says it, and what is wrong with it: nothing is saved then, and the form
/// shows again what was entered.
pub(super) fn read(
    form: &[(String, String)],
    before: &SoftphoneLayout,
    schema: &Schema,
) -> (SoftphoneLayout, Vec<String>) {
    let mut layout = before.clone();
    let mut problems = Vec::new();
    if let Some((_, name)) = form.iter().find(|(key, _)| key == "name") {
        name.trim().clone_into(&mut layout.name);
    }
    problems.extend(name_problem(&layout.name));
    layout.is_default = before.is_default || value(form, "is_default") == "1";
    let pop = &mut layout.screen_pop;
    pop.open_within = match value(form, "open_within") {
        "NewWindow" => OpenWithin::NewWindow,
        _ => OpenWithin::ExistingWindow,
    };
    match read_target(form, "no_match") {
        Ok(Read::Page(page)) => pop.no_match = NoMatch::Visualforce { page },
        Ok(Read::Flow(flow)) => pop.no_match = NoMatch::Flow { flow },
        Ok(Read::Other(text)) => match read_no_match(&text, schema) {
            Ok(no_match) => pop.no_match = no_match,
            Err(problem) => problems.push(problem),
        },
        Err(problem) => problems.push(format!("No matching records: {problem}")),
    }
    match read_target(form, "single_match") {
        Ok(Read::Page(page)) => pop.single_match = SingleMatch::Visualforce { page },
        Ok(Read::Flow(flow)) => pop.single_match = SingleMatch::Flow { flow },
        Ok(Read::Other(text)) if text == "detail_page" => {
            pop.single_match = SingleMatch::DetailPage;
        }
        Ok(Read::Other(_)) => pop.single_match = SingleMatch::DoNotPop,
        Err(problem) => problems.push(format!("Single-matching record: {problem}")),
    }
    match read_target(form, "multiple_matches") {
        Ok(Read::Page(page)) => pop.multiple_matches = MultipleMatches::Visualforce { page },
        Ok(Read::Flow(flow)) => pop.multiple_matches = MultipleMatches::Flow { flow },
        Ok(Read::Other(text)) if text == "search_page" => {
            pop.multiple_matches = MultipleMatches::SearchPage;
        }
        Ok(Read::Other(_)) => pop.multiple_matches = MultipleMatches::DoNotPop,
        Err(problem) => problems.push(format!("Multiple-matching records: {problem}")),
    }
    for (part, name, label) in [
        (&mut layout.inbound, "inbound", "Inbound"),
        (&mut layout.outbound, "outbound", "Outbound"),
        (&mut layout.internal, "internal", "Internal"),
    ] {
        let read = read_part(form, name, part, schema);
        *part = read.0;
        problems.extend(
            read.1
                .into_iter()
                .map(|problem| format!("{label}: {problem}")),
        );
    }
    (layout, problems)
}

fn name_problem(name: &str) -> Option<String> {
    let length = name.chars().count();
    if length == 0 {
        return Some("The name is empty: give one.".to_owned());
    }
    if length > NAME_LENGTH_MAX {
        return Some(format!(
            "The name has {length} characters; {NAME_LENGTH_MAX} are allowed."
        ));
    }
    let is_plain = !name.chars().any(|c| c.is_control() || "/?#\\".contains(c));
    (!is_plain).then(|| "The name may not have / ? # or \\ in it.".to_owned())
}

/// What a select says.
enum Read {
    Page(String),
    Flow(String),
    Other(String),
}

fn read_target(form: &[(String, String)], name: &str) -> Result<Read, String> {
    let named = |field: &str, what: &str| {
        let given = value(form, &format!("{name}_{field}")).trim().to_owned();
        match is_page_name(&given) {
            true => Ok(given),
            false => Err(format!(
                "{given:?} is no name of a {what}: letters, digits and underscores are allowed."
            )),
        }
    };
    match value(form, name) {
        PAGE => named("page", "page").map(Read::Page),
        FLOW => named("flow", "flow").map(Read::Flow),
        other => Ok(Read::Other(other.to_owned())),
    }
}

fn value<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    crate::query::value(form, name)
}

fn values<'a>(form: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = form.iter().filter(|(key, _)| key == name);
    named.map(|(_, value)| value.as_str()).collect()
}

fn read_no_match(text: &str, schema: &Schema) -> Result<NoMatch, String> {
    if text.is_empty() {
        return Ok(NoMatch::DoNotPop);
    }
    let object = schema.object(text).filter(|object| object.has_tab);
    let object = object.ok_or_else(|| format!("{text} has no form for a new record."))?;
    Ok(NoMatch::NewRecord {
        object: object.name.clone(),
    })
}

fn read_part(
    form: &[(String, String)],
    name: &str,
    before: &CallTypeLayout,
    schema: &Schema,
) -> (CallTypeLayout, Vec<String>) {
    let chosen = values(form, &format!("{name}.call_field"));
    let call_related_fields = CALL_FIELDS
        .iter()
        .filter(|(field, _)| chosen.contains(field))
        .map(|(field, _)| (*field).to_owned())
        .collect();
    let mut problems = Vec::new();
    let mut placed = Vec::new();
    for object in schema.objects() {
        let text = value(form, &format!("{name}.{}.position", object.name)).trim();
        if text.is_empty() {
            continue;
        }
        let position = text.parse().ok().filter(|p| (1..=POSITION_MAX).contains(p));
        if position.is_none() {
            let label = &object.label;
            problems.push(format!(
                "the position of {label} is a number from 1 to {POSITION_MAX}."
            ));
        }
        let fields = read_fields(form, name, object, before);
        if fields.is_empty() {
            problems.push(format!(
                "choose at least one field of {}. Without fields nothing of it is found.",
                object.label
            ));
        }
        let object = LayoutObject {
            object: ObjectName::new(object.name.as_str()),
            fields,
        };
        placed.push((position.unwrap_or(POSITION_MAX), object));
    }
    placed.sort_by_key(|(position, _)| *position);
    let part = CallTypeLayout {
        call_related_fields,
        objects: placed.into_iter().map(|(_, object)| object).collect(),
    };
    (part, problems)
}

/// The chosen fields in the order of their positions; those without one follow, first the ones
/// that were there.
fn read_fields(
    form: &[(String, String)],
    part: &str,
    object: &Object,
    before: &CallTypeLayout,
) -> Vec<FieldName> {
    let chosen = values(form, &format!("{part}.{}.field", object.name));
    let old = before.objects.iter().find(|o| o.object == object.name);
    let old: &[FieldName] = old.map_or(&[], |o| &o.fields);
    let kept = old.iter().filter(|field| chosen.contains(&field.as_str()));
    let added = object.fields.iter().map(|field| &field.name);
    let added = added.filter(|field| chosen.contains(&field.as_str()) && !old.contains(field));
    let mut fields: Vec<FieldName> = kept.chain(added).cloned().collect();
    fields.sort_by_key(|field| {
        let name = format!("{part}.{}.order.{field}", object.name);
        value(form, &name).trim().parse().unwrap_or(u32::MAX)
    });
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn read_standard(pairs: &[(&str, &str)]) -> (SoftphoneLayout, Vec<String>) {
        let named = [&[("name", "Standard")], pairs].concat();
        read(
            &form(&named),
            &SoftphoneLayout::standard(),
            &Schema::standard(),
        )
    }

    #[test]
    fn positions_give_the_order_and_an_object_without_one_is_not_searched() {
        let (layout, problems) = read_standard(&[
            ("no_match", "Lead"),
            ("single_match", "detail_page"),
            ("inbound.Contact.position", "2"),
            ("inbound.Contact.field", "Name"),
            ("inbound.Contact.field", "Phone"),
            ("inbound.Lead.position", " 1 "),
            ("inbound.Lead.field", "Name"),
            ("inbound.Account.field", "Name"),
            ("inbound.call_field", "DNIS"),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        let objects: Vec<&str> = layout
            .inbound
            .objects
            .iter()
            .map(|o| o.object.as_str())
            .collect();
        assert_eq!(objects, ["Lead", "Contact"]);
        assert_eq!(layout.inbound.call_related_fields, ["DNIS"]);
        assert_eq!(layout.screen_pop.single_match, SingleMatch::DetailPage);
        assert_eq!(
            layout.screen_pop.multiple_matches,
            MultipleMatches::DoNotPop
        );
        let lead = ObjectName::new("Lead");
        assert_eq!(
            layout.screen_pop.no_match,
            NoMatch::NewRecord { object: lead }
        );
    }

    #[test]
    fn fields_are_shown_in_the_order_of_their_positions() {
        let (layout, problems) = read_standard(&[
            ("inbound.Contact.position", "1"),
            ("inbound.Contact.field", "Phone"),
            ("inbound.Contact.field", "Name"),
            ("inbound.Contact.field", "Email"),
            ("inbound.Contact.order.Email", "1"),
            ("inbound.Contact.order.Phone", "2"),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        let fields = &layout.inbound.objects[0].fields;
        let fields: Vec<&str> = fields.iter().map(FieldName::as_str).collect();
        assert_eq!(fields, ["Email", "Phone", "Name"]);
    }

    #[test]
    fn pages_and_flows_pop_by_their_names_and_a_wrong_name_is_refused() {
        let (layout, problems) = read_standard(&[
            ("no_match", "*page"),
            ("no_match_page", " Caller_Page "),
            ("single_match", "*flow"),
            ("single_match_flow", "Ring"),
            ("multiple_matches", "search_page"),
            ("open_within", "NewWindow"),
        ]);
        assert_eq!(problems, Vec::<String>::new());
        let pop = &layout.screen_pop;
        let page = "Caller_Page".to_owned();
        assert_eq!(pop.no_match, NoMatch::Visualforce { page });
        let flow = "Ring".to_owned();
        assert_eq!(pop.single_match, SingleMatch::Flow { flow });
        assert_eq!(pop.multiple_matches, MultipleMatches::SearchPage);
        assert_eq!(pop.open_within, OpenWithin::NewWindow);
        let (_, problems) = read_standard(&[
            ("no_match", "*page"),
            ("no_match_page", "../x"),
            ("name", "ignored: the first counts"),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("No matching records"),
            "{problems:?}"
        );
    }

    #[test]
    fn a_wrong_position_and_an_object_without_fields_are_named() {
        let (_, problems) = read_standard(&[
            ("outbound.Contact.position", "first"),
            ("outbound.Contact.field", "Name"),
            ("internal.User.position", "1"),
            ("no_match", "Ghost"),
        ]);
        assert_eq!(
            problems,
            [
                "Ghost has no form for a new record.",
                "Outbound: the position of Contact is a number from 1 to 99.",
                "Internal: choose at least one field of User. Without fields nothing of it is \
                 found.",
            ]
        );
    }
}

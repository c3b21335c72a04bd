//! Conditions over kinds of fields that few objects have: several values, labels, times.

use super::*;
use crate::schema::Field;

/// Account with `Kinds__c` (several values), `At__c` (a time), and labels on Rating.
fn schema() -> Schema {
    let standard = Schema::standard();
    let mut objects: Vec<Object> = standard
        .objects()
        .iter()
        .map(|o| Object::clone(o))
        .collect();
    for object in &mut objects {
        if object.name.as_str() == "Account" {
            add_fields(object);
        }
    }
    Schema::new(objects)
}

fn add_fields(account: &mut Object) {
    let mut kinds = account.field("Rating").expect("a picklist").clone();
    kinds.name = FieldName::new("Kinds__c");
    kinds.kind = FieldKind::MultiPicklist;
    let mut at = account.field("Name").expect("a text").clone();
    at.name = FieldName::new("At__c");
    at.kind = FieldKind::Time;
    let rating = account
        .fields
        .iter_mut()
        .find(|field| field.name.as_str() == "Rating");
    let value = rating.and_then(|field: &mut Field| field.values.first_mut());
    value.expect("a value").label = "Very hot".to_owned();
    account.fields.extend([kinds, at]);
}

fn planned_here(text: &str) -> Result<Plan, SoqlError> {
    let query = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    plan(&schema(), &system(), &query, PlanOptions::at(NOW_MS))
}

#[track_caller]
fn check_here(condition: &str, expected: &str) {
    let plan = planned_here(&format!("SELECT Id FROM Account WHERE {condition}"));
    let source = plan
        .unwrap_or_else(|e| panic!("{condition}: {e}"))
        .select
        .source;
    assert_eq!(
        said(source.condition.as_ref().expect("a condition")),
        expected,
        "{condition}"
    );
}

#[track_caller]
fn refuse_here(text: &str, complaint: &str) {
    let error = planned_here(text).expect_err(text);
    assert_eq!(
        format!("{} {}: {}", error.code, error.column, error.fact),
        complaint,
        "{text}"
    );
}

#[test]
fn several_values_are_sets() {
    for (condition, expected) in [
        ("Kinds__c = 'b;a;B'", "Kinds__c set b+a"),
        ("Kinds__c != 'a'", "Kinds__c not set a?"),
        ("NOT Kinds__c = 'a'", "Kinds__c not set a?"),
        ("Kinds__c = ''", "Kinds__c is null"),
        ("Kinds__c INCLUDES ('a;b', 'c')", "Kinds__c has a+b/c"),
        ("Kinds__c EXCLUDES ('a')", "Kinds__c not has a?"),
        ("NOT Kinds__c INCLUDES ('a')", "Kinds__c not has a?"),
        ("NOT Kinds__c EXCLUDES ('a')", "Kinds__c has a"),
        (
            "Kinds__c INCLUDES ('a', null)",
            "(Kinds__c has a | Kinds__c is null)",
        ),
        (
            "Kinds__c EXCLUDES ('a', '')",
            "(Kinds__c not has a & Kinds__c is not null)",
        ),
        (
            "Kinds__c IN ('a;b', 'c')",
            "(Kinds__c set a+b | Kinds__c set c)",
        ),
        (
            "Kinds__c NOT IN ('a', 'c')",
            "(Kinds__c not set a? & Kinds__c not set c?)",
        ),
    ] {
        check_here(condition, expected);
    }
    for (text, complaint) in [
        (
            "SELECT Id FROM Account WHERE Kinds__c LIKE 'a%'",
            "INVALID_QUERY_FILTER_OPERATOR 39: invalid operator on multipicklist field",
        ),
        (
            "SELECT Id FROM Account WHERE Kinds__c > 'a'",
            "INVALID_QUERY_FILTER_OPERATOR 39: invalid operator on multipicklist field",
        ),
        (
            "SELECT Id FROM Account ORDER BY Kinds__c",
            "INVALID_FIELD 33: field 'Kinds__c' can not be sorted in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE Kinds__c INCLUDES (5)",
            "INVALID_FIELD 49: value of filter criterion for field 'Kinds__c' must be of type \
             multipicklist and should be enclosed in quotes",
        ),
    ] {
        refuse_here(text, complaint);
    }
}

#[test]
fn labels_are_compared_as_text() {
    for (condition, expected) in [
        (
            "toLabel(Rating) = 'very HOT'",
            "label(Rating:1) = 'very HOT'",
        ),
        ("toLabel(Rating) LIKE 'very%'", "label(Rating:1) like very%"),
        (
            "toLabel(Rating) IN ('x', 'y')",
            "label(Rating:1) in 'x','y'",
        ),
    ] {
        check_here(condition, expected);
    }
    let plan = planned_here("SELECT toLabel(Rating) FROM Account ORDER BY toLabel(Rating)");
    let plan = plan.expect("it plans");
    assert_eq!(shown(rows(&plan)), "Rating=label(Rating:1)");
    assert_eq!(plan.select.order[0].collation, Collation::Folded);
}

#[test]
fn times_of_day_have_literals() {
    check_here("At__c >= 09:30:00.000Z", "At__c >= Time(09:30:00)");
    check_here("At__c IN (00:00:00Z)", "At__c in Time(00:00:00)");
    refuse_here(
        "SELECT Id FROM Account WHERE At__c = '09:30'",
        "INVALID_FIELD 38: value of filter criterion for field 'At__c' must be of type time and \
         should not be enclosed in quotes",
    );
}

#[test]
fn parents_are_limited() {
    const UP: [&str; 3] = ["CreatedBy", "LastModifiedBy", "Manager"];
    let paths = |firsts: &[&str]| -> String {
        let seconds = firsts
            .iter()
            .flat_map(|first| UP.map(|up| format!("{first}.{up}")));
        let thirds = seconds.flat_map(|path| UP.map(|up| format!("{path}.{up}")));
        thirds
            .flat_map(|path| UP.map(|up| format!("{path}.{up}.Name, ")))
            .collect()
    };
    let few = paths(&["Owner"]);
    assert!(planned_here(&format!("SELECT {few} Id FROM Account")).is_ok());
    let many = paths(&["Owner", "CreatedBy"]);
    let error = planned_here(&format!("SELECT {many} Id FROM Account")).expect_err("too many");
    assert_eq!(error.code, "QUERY_TOO_COMPLICATED");
    assert_eq!(
        error.fact,
        "A query may name at most 55 parent relationships"
    );
}

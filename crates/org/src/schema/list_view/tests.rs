//! What list views show, to whom, and what their conditions mean.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::logic::Logic;
use super::*;
use crate::Schema;
use crate::access::Profile;
use crate::schema::definition::check_list_view;
use crate::soql::{PlanOptions, parse, plan};

fn view(filters: &[(&str, ListOperator, &str)], logic: Option<&str>) -> ListView {
    ListView {
        id: RecordId::from_serial("00B", 1),
        developer_name: "Some".to_owned(),
        label: "Some".to_owned(),
        scope: ListScope::Everything,
        filters: filters
            .iter()
            .map(|(field, operator, value)| ListFilter {
                field: (*field).into(),
                operator: *operator,
                value: (*value).to_owned(),
            })
            .collect(),
        logic: logic.map(ToOwned::to_owned),
        columns: vec!["CaseNumber".into(), "Subject".into()],
        sort: None,
        shown_to: ListAudience::Everyone,
    }
}

fn object(schema: &Schema, name: &str) -> Arc<Object> {
    schema.object(name).unwrap().clone()
}

/// The condition, which must also be a query that can be planned.
fn condition(on: &str, filters: &[(&str, ListOperator, &str)]) -> String {
    let schema = Schema::standard();
    let object = object(&schema, on);
    let mut it = view(filters, None);
    it.columns = vec![object.name_field.clone()];
    check_list_view(&schema, &object, &it).unwrap();
    let system = UserContext::system();
    let soql = it.soql(&schema, &object, &system).unwrap();
    let options = PlanOptions::at(0);
    let query = parse(&soql).unwrap_or_else(|error| panic!("{soql}: {error}"));
    plan(&schema, &system, &query, options.clone())
        .unwrap_or_else(|error| panic!("{soql}: {error}"));
    it.condition(&schema, &object, &system).unwrap().unwrap()
}

fn refusal(filters: &[(&str, ListOperator, &str)], logic: Option<&str>) -> String {
    let schema = Schema::standard();
    let case = object(&schema, "Case");
    let refused = check_list_view(&schema, &case, &view(filters, logic));
    refused.unwrap_err().to_string()
}

#[test]
fn conditions_become_literals_of_the_fields_type() {
    use ListOperator as L;
    let cases: [(&str, &str, L, &str, &str); 17] = [
        (
            "Case",
            "Subject",
            L::Contains,
            "50% o'clock",
            r"Subject LIKE '%50\% o\'clock%'",
        ),
        (
            "Case",
            "Subject",
            L::NotContain,
            r"a\b",
            r"(NOT Subject LIKE '%a\\b%')",
        ),
        (
            "Case",
            "Subject",
            L::Equals,
            r#""a, b""#,
            "Subject = 'a, b'",
        ),
        ("Case", "Subject", L::Equals, "", "Subject = null"),
        ("Case", "Subject", L::NotEqual, "", "Subject != null"),
        (
            "Case",
            "Priority",
            L::Equals,
            "high, Low",
            "(Priority = 'High' OR Priority = 'Low')",
        ),
        (
            "Case",
            "Priority",
            L::NotEqual,
            "High,Low",
            "(Priority != 'High' AND Priority != 'Low')",
        ),
        ("Case", "IsClosed", L::Equals, "yes", "IsClosed = TRUE"),
        (
            "Case",
            "ContactId",
            L::StartsWith,
            "Ada",
            "Contact.Name LIKE 'Ada%'",
        ),
        (
            "Case",
            "ParentId",
            L::Equals,
            "00001000",
            "Parent.CaseNumber = '00001000'",
        ),
        ("Case", "OwnerId", L::Equals, "Rita", "Owner.Name = 'Rita'"),
        (
            "Case",
            "OwnerId",
            L::Equals,
            "005000000000001AAA",
            "OwnerId = '005000000000001AAA'",
        ),
        (
            "Case",
            "CreatedDate",
            L::Equals,
            "2026-01-31",
            "(CreatedDate >= 2026-01-31T00:00:00Z AND CreatedDate < 2026-02-01T00:00:00Z)",
        ),
        (
            "Case",
            "CreatedDate",
            L::GreaterThan,
            "2026-01-31",
            "CreatedDate >= 2026-02-01T00:00:00Z",
        ),
        (
            "Case",
            "CreatedDate",
            L::Equals,
            "last 7 days",
            "CreatedDate = LAST_N_DAYS:7",
        ),
        (
            "Opportunity",
            "CloseDate",
            L::LessOrEqual,
            "today",
            "CloseDate <= TODAY",
        ),
        (
            "Opportunity",
            "Amount",
            L::GreaterThan,
            "1000.5",
            "Amount > 1000.5",
        ),
    ];
    for (on, field, operator, value, expected) in cases {
        assert_eq!(condition(on, &[(field, operator, value)]), expected);
    }
}

#[test]
fn what_an_admin_gets_wrong_is_told_with_its_place() {
    use ListOperator as L;
    let closed = ("IsClosed", L::Equals, "true");
    assert_eq!(
        refusal(&[closed, ("CreatedDate", L::LessThan, "soon")], None),
        "Filter 2: “soon” is no date; write 2026-01-31, or words such as TODAY or LAST 7 DAYS"
    );
    let words = refusal(&[("IsClosed", L::Contains, "x")], None);
    assert!(
        words.contains("choose one of: equals, not equal to"),
        "{words}"
    );
    let words = refusal(&[("Subject", L::LessThan, "")], None);
    assert_eq!(
        words,
        "Filter 1: a value to compare Subject with is missing"
    );
    let words = refusal(&[("Description", L::Equals, "x")], None);
    assert_eq!(words, "Filter 1: Description cannot be filtered by");
    let cases = [
        (
            "1 AND 2 OR 3",
            "at character 9: AND and OR beside each other need parentheses",
        ),
        (
            "1 AND",
            "at character 6: the number of a filter is missing here",
        ),
        (
            "1 AND (2 OR 3",
            "at character 7: this parenthesis is not closed",
        ),
        ("1 AND 2", "at character 8: filter 3 is not used"),
        (
            "1 AND 2 AND 3 AND 4",
            "at character 19: there is no filter 4",
        ),
        ("1 XOR 2", "at character 3: “XOR” is not understood"),
        ("1 2", "at character 3: AND or OR is missing before this"),
        (
            "(1 AND 2 AND 3))",
            "at character 16: this parenthesis closes none",
        ),
    ];
    let three = [closed, closed, closed];
    for (logic, expected) in cases {
        let words = refusal(&three, Some(logic));
        assert!(
            words.starts_with(&format!("Filter Logic: {expected}")),
            "{words}"
        );
    }
    let deep = format!("{}1{}", "(".repeat(60), ")".repeat(60));
    let words = refusal(&[closed], Some(&deep));
    assert!(words.contains("more than 20 parentheses"), "{words}");
}

#[test]
fn logic_joins_the_conditions_as_it_says() {
    let schema = Schema::standard();
    let case = object(&schema, "Case");
    let filters = [
        ("Priority", ListOperator::Equals, "High"),
        ("Status", ListOperator::Equals, "New"),
        ("Subject", ListOperator::Equals, ""),
    ];
    let mut it = view(&filters, Some("1 and (2 or not 3)"));
    it.scope = ListScope::Queue(RecordId::from_serial("00G", 5));
    it.sort = Some(ListSort {
        field: "Subject".into(),
        descending: true,
    });
    check_list_view(&schema, &case, &it).unwrap();
    assert_eq!(
        it.soql(&schema, &case, &UserContext::system()).unwrap(),
        "SELECT Id, CaseNumber, Subject FROM Case WHERE OwnerId = '00G000000000005EAA' AND \
         (Priority = 'High' AND (Status = 'New' OR (NOT Subject = null))) \
         ORDER BY Subject DESC NULLS LAST, Id DESC NULLS LAST"
    );
}

#[test]
fn logic_without_a_condition_keeps_the_meaning_of_the_others() {
    let cases = [
        ("1 AND (2 OR 3)", 2, Some("1 AND 2")),
        ("1 AND (2 OR 3)", 1, Some("1 OR 2")),
        ("(1 OR 2) AND NOT 3", 3, Some("1 OR 2")),
        (
            "(1 OR 2) AND NOT (1 AND 3)",
            2,
            Some("1 AND (NOT (1 AND 2))"),
        ),
    ];
    for (text, gone, expected) in cases {
        let logic = Logic::parse(text, 3).unwrap();
        let left = logic.without(&BTreeSet::from([gone]));
        let left = left.map(|logic| logic.to_string());
        assert_eq!(left.as_deref(), expected, "{text} without {gone}");
        assert!(Logic::parse(&left.unwrap(), 2).is_ok());
    }
    let one = Logic::parse("1", 1).unwrap();
    assert_eq!(one.without(&BTreeSet::from([1])), None);
}

#[test]
fn a_list_view_is_for_those_it_is_shown_to_who_may_read_its_fields() {
    let schema = Schema::standard();
    let case = object(&schema, "Case");
    let rep = Profile::standard().remove(1);
    let user = RecordId::from_serial("005", 1);
    let rep = UserContext::of_profile(user.clone(), &rep, &schema);
    let shown = |shown_to: ListAudience, field: &str| {
        let mut it = view(&[(field, ListOperator::Equals, "")], None);
        it.shown_to = shown_to;
        it.is_for(&case, &rep)
    };
    assert!(shown(ListAudience::Everyone, "Subject"));
    assert!(!shown(ListAudience::Everyone, "No_Such__c"));
    assert!(shown(ListAudience::Only(user.clone()), "Subject"));
    let other = RecordId::from_serial("005", 2);
    assert!(!shown(ListAudience::Only(other.clone()), "Subject"));
    assert!(!shown(ListAudience::Groups(vec![other]), "Subject"));
    assert!(shown(ListAudience::Groups(vec![user]), "Subject"));
    let names: Vec<String> = case
        .list_views_for(&rep)
        .into_iter()
        .map(|view| view.developer_name)
        .collect();
    assert_eq!(names, ["All", "Mine", "MyOpen"]);
}

//! What the user may name.

use super::*;

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    let error = planned_by(&system(), "SELECT Id, LasName FROM Contact").expect_err("no");
    assert_eq!(
        error.message,
        "\nSELECT Id, LasName FROM Contact\n           ^\nERROR at Row:1:Column:12\n\
         No such column 'LasName' on entity 'Contact'. Did you mean LastName?"
    );
    for (text, complaint) in [
        (
            "SELECT Id FROM ScratchOrgInfo limit 1",
            "INVALID_TYPE 16: sObject type 'ScratchOrgInfo' is not supported.",
        ),
        (
            "SELECT Acount.Name FROM Contact",
            "INVALID_FIELD 8: Didn't understand relationship 'Acount' in field path.",
        ),
        (
            "SELECT Foo(Id) FROM Contact",
            "MALFORMED_QUERY 8: unknown function: 'Foo'",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn what_the_user_may_not_read_is_not_there() {
    let mut profile = Profile::standard().remove(1);
    profile.hidden_fields.insert("Contact.Birthdate".to_owned());
    profile.objects.remove("Lead");
    let schema = Schema::standard();
    let user = UserContext::of_profile(RecordId::from_serial("005", 7), &profile, &schema);
    for (text, complaint) in [
        (
            "SELECT Birthdate FROM Contact",
            "INVALID_FIELD 8: No such column 'Birthdate' on entity 'Contact'.",
        ),
        (
            "SELECT Id FROM Contact WHERE Birthdate = null",
            "INVALID_FIELD 30: No such column 'Birthdate' on entity 'Contact'.",
        ),
        (
            "SELECT Id FROM Contact ORDER BY Birthdate",
            "INVALID_FIELD 33: No such column 'Birthdate' on entity 'Contact'.",
        ),
        (
            "SELECT Birthdate FROM Contact WITH SECURITY_ENFORCED",
            "INSUFFICIENT_ACCESS 8: Insufficient permissions: secure query included \
             inaccessible field",
        ),
        (
            "SELECT Id FROM Lead",
            "INVALID_TYPE 16: sObject type 'Lead' is not supported.",
        ),
    ] {
        refuse_to(&user, text, complaint);
    }
    let error = planned_by(&user, "SELECT Birthdat FROM Contact").expect_err("no");
    assert!(!error.message.contains("Birthdate"), "{}", error.message);
    let who = planned_by(&user, "SELECT Who.Name FROM Task").expect("it plans");
    assert_eq!(shown(rows(&who)), "Who{t1 Name: Name=t1.Name}");
}

#[test]
fn scopes_are_conditions() {
    let user = user("Sales Rep");
    let condition = |text: &str| {
        let plan = planned_by(&user, text).expect("it plans");
        plan.select.source.condition.as_ref().map(said)
    };
    let me = RecordId::from_serial("005", 7);
    assert_eq!(
        condition("SELECT Id FROM Account USING SCOPE mine WHERE Name = 'x'"),
        Some(format!("(OwnerId = {me} & Name = 'x')"))
    );
    assert_eq!(
        condition("SELECT Id FROM Account USING SCOPE everything"),
        None
    );
    assert_eq!(
        condition("SELECT Id FROM Task USING SCOPE delegated"),
        Some(format!("(CreatedById = {me} & OwnerId != {me})"))
    );
    refuse_to(
        &user,
        "SELECT Id FROM Account USING SCOPE team",
        "INVALID_QUERY_SCOPE 36: 'team' is not a valid scope for Account",
    );
}

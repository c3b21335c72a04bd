//! What rows show, whence they come, how they are sorted.

use super::*;

#[test]
fn parents_are_joined_once() {
    let plan = planned(
        "SELECT Name, Account.Name, Account.Owner.Email, Account.Phone FROM Contact \
         WHERE Account.Name = 'x' OR Account.Owner.Name = null ORDER BY Account.Name",
    );
    assert_eq!(
        shown(rows(&plan)),
        "Name, Account{t1 Account: Name=t1.Name, Owner{t2 User: Email=t2.Email}, Phone=t1.Phone}"
    );
    let source = plan.select.source;
    let tables: Vec<&str> = source.tables.iter().map(|t| t.object.as_str()).collect();
    assert_eq!(tables, ["Contact", "Account", "User"]);
    let condition = source.condition.as_ref().map(said);
    assert_eq!(
        condition.as_deref(),
        Some("(t1.Name = 'x' | t2.Name is null)")
    );
}

#[test]
fn aliases_and_the_name_of_the_object_may_stand_before_a_field() {
    let expected = "Name, Account{t1 Account: Phone=t1.Phone}";
    for text in [
        "SELECT c.Name, a.Phone FROM Contact c, c.Account a",
        "SELECT Contact.Name, Contact.Account.Phone FROM Contact",
        "SELECT name, account.PHONE FROM contact",
    ] {
        check_items(text, expected);
    }
}

#[test]
fn a_polymorphic_parent_is_a_name() {
    let plan = planned("SELECT Who.Name, Who.Type, Who.Email FROM Task WHERE Who.Type = 'Lead'");
    assert_eq!(
        shown(rows(&plan)),
        "Who{t1 Name: Name=t1.Name, Type=object(t1), Email=t1.Email; \
         t2 Name: Name=t2.Name, Type=object(t2), Email=t2.Email}"
    );
    let condition = plan.select.source.condition.as_ref().map(said);
    assert_eq!(condition.as_deref(), Some("object(t1,t2) = 'Lead'"));
    check(
        "Task",
        "What.Name LIKE 'A%'",
        "first(t1.Name,t2.Name,t3.CaseNumber,t4.Name) like A%",
    );
    refuse(
        "SELECT Who.Phone, Who.Department FROM Task",
        "INVALID_FIELD 23: No such column 'Department' on entity 'Name'.",
    );
}

#[test]
fn type_of_shows_each_object_its_own_way() {
    check_items(
        "SELECT TYPEOF What WHEN Account THEN Phone, Industry WHEN Case THEN Subject \
         ELSE Name, Email END FROM Task",
        "What{t1 Account: Phone=t1.Phone, Industry=t1.Industry; \
         t2 Opportunity: Name=t2.Name, Email=first(); t3 Case: Subject=t3.Subject; \
         t4 Campaign: Name=t4.Name, Email=first()}",
    );
    for (text, complaint) in [
        (
            "SELECT TYPEOF Account WHEN Account THEN Phone END FROM Contact",
            "MALFORMED_QUERY 8: TYPEOF can only be used with polymorphic references, not Account",
        ),
        (
            "SELECT TYPEOF What WHEN User THEN Phone END FROM Task",
            "MALFORMED_QUERY 25: What never points to User",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Subject END FROM Task",
            "INVALID_FIELD 38: No such column 'Subject' on entity 'Account'.",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Phone END, What.Name FROM Task",
            "INVALID_FIELD 49: duplicate field selected: What",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn lists_of_children_are_selects_of_their_own() {
    check_items(
        "SELECT Name, (SELECT Id, Account.Name, (SELECT Id FROM Cases) FROM Contacts LIMIT 5) \
         FROM Account",
        "Name, Contacts[AccountId: Id, Account{t1 Account: Name=t1.Name}, Cases[ContactId: Id]]",
    );
    for (text, complaint) in [
        (
            "SELECT (SELECT Id FROM Contact) FROM Account",
            "INVALID_TYPE 24: Didn't understand relationship 'Contact' in FROM part of query \
             call.",
        ),
        (
            "SELECT (SELECT COUNT(Id) FROM Contacts) FROM Account",
            "MALFORMED_QUERY 9: only root queries support aggregate expressions",
        ),
        (
            "SELECT (SELECT Id FROM Contacts FOR VIEW) FROM Account",
            "MALFORMED_QUERY 37: FOR is not allowed in a subquery",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn depth_and_number_of_child_lists_have_limits() {
    let nested = "SELECT Id, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts) FROM Account";
    let query = parse(nested).expect("it parses");
    let options = PlanOptions {
        api_version: 57,
        ..PlanOptions::at(NOW_MS)
    };
    let error = plan(&Schema::standard(), &system(), &query, options).expect_err("too deep");
    assert_eq!(
        error.fact,
        "SOQL relationship queries can have at most 2 levels"
    );
    assert!(planned_by(&system(), nested).is_ok());
    let many = "(SELECT Id FROM Contacts), ".repeat(21);
    let error = planned_by(&system(), &format!("SELECT {many} Id FROM Account"));
    let fact = "Too many subqueries: 21, at most 20 are allowed";
    assert_eq!(error.expect_err("too many").fact, fact);
}

#[test]
fn fields_labels_formats_and_addresses_are_shown() {
    check_items(
        "SELECT toLabel(Status), FORMAT(CreatedDate) made, CreatedBy.Name FROM Case",
        "Status=label(Status:0), made~CreatedDate, CreatedBy{t1 User: Name=t1.Name}",
    );
    let custom = planned("SELECT FIELDS(CUSTOM) FROM Account LIMIT 200");
    assert!(rows(&custom).iter().all(|item| item.name.ends_with("__c")));
    let all = planned("SELECT FIELDS(ALL) FROM Account LIMIT 1");
    let standard = planned("SELECT FIELDS(STANDARD) FROM Account");
    assert_eq!(
        rows(&all).len(),
        rows(&standard).len() + rows(&custom).len()
    );
    refuse(
        "SELECT FIELDS(ALL) FROM Account LIMIT 201",
        "MALFORMED_QUERY 15: The SOQL FIELDS function must have a LIMIT of at most 200",
    );
}

#[test]
fn the_whole_query_says_what_is_noted_and_what_lies_in_the_bin() {
    let plan = planned("SELECT Id FROM Account FOR VIEW ALL ROWS");
    assert_eq!(plan.visit, Some(Visit::View));
    assert!(plan.select.source.include_deleted);
    assert!(!plan.lock);
    let plan = planned("SELECT Id FROM Account LIMIT 5 OFFSET 10 FOR UPDATE");
    assert_eq!(
        (plan.select.limit, plan.select.offset, plan.lock),
        (Some(5), 10, true)
    );
    assert!(!plan.select.source.include_deleted);
    assert!(matches!(
        planned("SELECT COUNT() FROM Task").select.output,
        Output::Count
    ));
}

#[test]
fn the_order_knows_how_values_compare() {
    let orders = |text: &str| planned(text).select.order;
    let collations = |orders: Vec<Order>| -> Vec<String> {
        let name = |order: Order| match order.collation {
            Collation::Plain => "plain".to_owned(),
            Collation::Folded => "folded".to_owned(),
            Collation::Picklist(values) => format!("picklist {}", values.len()),
        };
        orders.into_iter().map(name).collect()
    };
    assert_eq!(
        collations(orders(
            "SELECT Id FROM Lead ORDER BY LastName, Rating, CreatedDate, Id"
        )),
        ["folded", "picklist 3", "plain", "plain"]
    );
    let by = orders("SELECT Id FROM Lead ORDER BY LastName DESC");
    assert_eq!((by[0].descending, by[0].nulls), (true, NullsAt::First));
}

#[test]
fn a_compound_address_shows_its_readable_parts() {
    let schema = Schema::standard();
    let mut account = Object::clone(schema.object("Account").expect("Account"));
    let mut address = account.field("BillingCity").expect("a field").clone();
    address.name = FieldName::new("BillingAddress");
    address.kind = FieldKind::Address;
    account.fields.retain(|field| field.name != address.name);
    for field in &mut account.fields {
        if ["BillingCity", "BillingStreet"].contains(&field.name.as_str()) {
            field.compound = Some(address.name.clone());
        }
    }
    account.fields.push(address);
    let user = schema.object("User").expect("User");
    let objects = vec![account, Object::clone(user)];
    let schema = Schema::new(objects.into_iter().map(without_lists).collect());
    let query = |text| parse(text).expect("it parses");
    let select = query("SELECT BillingAddress FROM Account");
    let plan = plan(&schema, &system(), &select, PlanOptions::at(NOW_MS)).expect("it plans");
    let Content::Address(parts) = &rows(&plan)[0].content else {
        panic!("an address");
    };
    let parts: Vec<String> = parts
        .iter()
        .map(|(name, e)| format!("{name}={}", expr(e)))
        .collect();
    assert_eq!(parts[0], "city=BillingCity");
    assert_eq!(parts[1], "country=BillingCountry");
    assert_eq!(parts[7], "street=BillingStreet");
    let filtered = query("SELECT Id FROM Account WHERE BillingAddress = null");
    let error = super::plan(&schema, &system(), &filtered, PlanOptions::at(NOW_MS));
    let fact = "field 'BillingAddress' can not be filtered in a query call";
    assert_eq!(error.expect_err("no").fact, fact);
}

/// An object that stands alone.
fn without_lists(mut object: Object) -> Object {
    object.related_lists.clear();
    let known = [ObjectName::new("Account"), ObjectName::new("User")];
    for field in &mut object.fields {
        field.reference_to.retain(|target| known.contains(target));
    }
    object
}

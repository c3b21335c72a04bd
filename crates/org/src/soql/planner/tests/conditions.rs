//! Conditions of WHERE: nulls, types, dates, semi-joins.

use super::*;

#[test]
fn nulls_are_where_the_platform_has_them() {
    for (condition, expected) in [
        ("Phone = '1'", "Phone = '1'"),
        ("Phone != '1'", "Phone != '1'?"),
        ("NOT Phone = '1'", "Phone != '1'?"),
        ("NOT Phone != '1'", "Phone = '1'"),
        ("Phone < '1'", "Phone < '1'"),
        ("NOT Phone < '1'", "Phone >= '1'?"),
        ("Phone = null", "Phone is null"),
        ("Phone = ''", "Phone is null"),
        ("Phone != null", "Phone is not null"),
        ("Phone != ''", "Phone is not null"),
        ("NOT Phone = null", "Phone is not null"),
        ("Phone LIKE '%5'", "Phone like %5"),
        ("NOT Phone LIKE '%5'", "Phone not like %5?"),
        ("Phone IN ('1', '2')", "Phone in '1','2'"),
        ("Phone NOT IN ('1')", "Phone not in '1'?"),
        ("NOT Phone NOT IN ('1')", "Phone in '1'"),
        ("Phone IN ('')", "Phone is null"),
        ("Phone IN ('1', null)", "(Phone in '1' | Phone is null)"),
        (
            "Phone NOT IN ('1', null)",
            "(Phone not in '1' & Phone is not null)",
        ),
    ] {
        check("Account", condition, expected);
    }
}

#[test]
fn not_is_pushed_to_the_leaves() {
    check(
        "Account",
        "NOT (Name = 'a' AND (Phone = null OR NOT Type = 'x'))",
        "(Name != 'a'? | (Phone is not null & Type = 'x'))",
    );
}

#[test]
fn a_checkbox_is_true_or_false() {
    for (condition, expected) in [
        ("IsClosed = true", "IsClosed is true"),
        ("IsClosed = false", "IsClosed is not true"),
        ("IsClosed != true", "IsClosed is not true"),
        ("IsClosed != false", "IsClosed is true"),
        ("IsClosed = null", "IsClosed is not true"),
        ("IsClosed != null", "IsClosed is true"),
        ("NOT IsClosed = true", "IsClosed is not true"),
        ("IsClosed IN (true)", "IsClosed is true"),
        (
            "IsClosed NOT IN (true, false)",
            "(IsClosed is not true & IsClosed is true)",
        ),
    ] {
        check("Task", condition, expected);
    }
}

#[test]
fn date_literals_are_ranges_in_the_zone_of_the_user() {
    for (condition, expected) in [
        (
            "ActivityDate = TODAY",
            "(ActivityDate >= 2026-11-24 & ActivityDate < 2026-11-25)",
        ),
        (
            "ActivityDate != TODAY",
            "(ActivityDate < 2026-11-24? | ActivityDate >= 2026-11-25)",
        ),
        ("ActivityDate < THIS_WEEK", "ActivityDate < 2026-11-22"),
        ("ActivityDate <= THIS_WEEK", "ActivityDate < 2026-11-29"),
        ("ActivityDate > THIS_WEEK", "ActivityDate >= 2026-11-29"),
        ("ActivityDate >= THIS_WEEK", "ActivityDate >= 2026-11-22"),
        (
            "CreatedDate = YESTERDAY",
            "(CreatedDate >= 2026-11-22T23:00:00Z & CreatedDate < 2026-11-23T23:00:00Z)",
        ),
        (
            "CreatedDate = LAST_N_DAYS:1",
            "(CreatedDate >= 2026-11-22T23:00:00Z & CreatedDate < 2026-11-24T12:00:00.001Z)",
        ),
        (
            "ActivityDate IN (TODAY, 2026-01-01)",
            "((ActivityDate >= 2026-11-24 & ActivityDate < 2026-11-25) | ActivityDate in \
             2026-01-01)",
        ),
    ] {
        check("Task", condition, expected);
    }
}

#[test]
fn ids_are_eighteen_characters_long() {
    let (short, long) = ("0012K00001drfGY", "0012K00001drfGYQAY");
    check(
        "Contact",
        &format!("AccountId = '{short}'"),
        &format!("AccountId = {long}"),
    );
    check(
        "Contact",
        &format!("AccountId IN ('{long}', '')"),
        &format!("(AccountId in {long} | AccountId is null)"),
    );
    refuse(
        "SELECT Id FROM Contact WHERE AccountId = 'Acme'",
        "INVALID_QUERY_FILTER_OPERATOR 42: invalid ID field: Acme",
    );
    refuse(
        "SELECT Id FROM Contact WHERE Id = '0012K00001drfGYQAZ'",
        "MALFORMED_ID 35: invalid ID field: 0012K00001drfGYQAZ",
    );
}

#[test]
fn semi_joins_compare_ids() {
    for (object, condition, expected) in [
        (
            "Account",
            "Id IN (SELECT AccountId FROM Contact WHERE LastName = 'x')",
            "Id in Contact.AccountId[LastName = 'x']",
        ),
        (
            "Account",
            "Id NOT IN (SELECT AccountId FROM Contact)",
            "Id not in Contact.AccountId[]?",
        ),
        (
            "Contact",
            "Account.OwnerId IN (SELECT Id FROM User WHERE IsActive = true)",
            "t1.OwnerId in User.Id[IsActive is true]",
        ),
    ] {
        check(object, condition, expected);
    }
}

#[test]
fn semi_joins_have_rules() {
    let account = |condition: &str| format!("SELECT Id FROM Account WHERE {condition}");
    for (condition, complaint) in [
        (
            "Name IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY 30: The left operand field in the where expression should be an id \
             field, cannot use: 'Name'",
        ),
        (
            "Id IN (SELECT LastName FROM Contact)",
            "MALFORMED_QUERY 44: The selected field of a sub-select should be an id field, \
             cannot use: 'LastName'",
        ),
        (
            "Id IN (SELECT ParentId FROM Account)",
            "MALFORMED_QUERY 58: The inner and outer selects should not be on the same object \
             type: 'Account'",
        ),
        (
            "Id IN (SELECT OwnerId FROM Contact)",
            "MALFORMED_QUERY 33: The selected field 'OwnerId' in the subquery and the left \
             operand field 'Id' in the where expression should point to the same object type",
        ),
        (
            "Id IN (SELECT Id, AccountId FROM Contact)",
            "MALFORMED_QUERY 37: A semi join sub-select must select exactly one field",
        ),
        (
            "Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY 47: Semi join sub-selects are not supported with the 'OR' operator",
        ),
        (
            "NOT Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY 37: Semi join sub-selects are not supported with the 'NOT' operator",
        ),
        (
            "Id NOT IN (SELECT AccountId FROM Contact LIMIT 5)",
            "MALFORMED_QUERY 77: semi join sub-selects cannot have LIMIT",
        ),
        (
            "Id IN (SELECT AccountId FROM Contact ORDER BY Name)",
            "MALFORMED_QUERY 76: semi join sub-selects cannot have ORDER BY",
        ),
        (
            "Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND \
             Id IN (SELECT AccountId FROM Opportunity)",
            "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS 114: Maximum 2 semi join sub-selects are allowed, \
             but saw 3 sub-selects",
        ),
    ] {
        refuse(&account(condition), complaint);
    }
}

#[test]
fn literals_have_the_type_of_their_field() {
    let must_be = |column: usize, rest: &str| {
        format!("INVALID_FIELD {column}: value of filter criterion for field {rest}")
    };
    for (text, complaint) in [
        (
            "SELECT Id FROM Account WHERE AnnualRevenue = '5'",
            must_be(
                46,
                "'AnnualRevenue' must be of type currency and should not be enclosed in \
                         quotes",
            ),
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            must_be(
                37,
                "'Name' must be of type string and should be enclosed in quotes",
            ),
        ),
        (
            "SELECT Id FROM Task WHERE CreatedDate = 2026-11-24",
            must_be(
                41,
                "'CreatedDate' must be of type dateTime and should not be enclosed in \
                         quotes",
            ),
        ),
        (
            "SELECT Id FROM Task WHERE ActivityDate = 2026-11-24T00:00:00Z",
            must_be(
                42,
                "'ActivityDate' must be of type date and should not be enclosed in \
                         quotes",
            ),
        ),
        (
            "SELECT Id FROM Task WHERE Subject = TODAY",
            must_be(
                37,
                "'Subject' must be of type combobox and should be enclosed in quotes",
            ),
        ),
        (
            "SELECT Id FROM Task WHERE IsClosed = 'true'",
            must_be(
                38,
                "'IsClosed' must be of type boolean and should not be enclosed in \
                         quotes",
            ),
        ),
    ] {
        refuse(text, &complaint);
    }
    check("Account", "AnnualRevenue > 5", "AnnualRevenue > 5.0");
    check("Account", "AnnualRevenue > USD5.5", "AnnualRevenue > 5.5");
    check("Account", "NumberOfEmployees > 5", "NumberOfEmployees > 5");
}

#[test]
fn some_fields_are_not_filtered_sorted_or_grouped() {
    for (text, complaint) in [
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD 30: field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "INVALID_FIELD 33: field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT Description FROM Account GROUP BY Description",
            "MALFORMED_QUERY 42: field 'Description' can not be grouped in a query call",
        ),
        (
            "SELECT COUNT(Id) FROM Account GROUP BY CreatedDate",
            "MALFORMED_QUERY 40: field 'CreatedDate' can not be grouped in a query call",
        ),
        (
            "SELECT SUM(Name) FROM Account",
            "MALFORMED_QUERY 12: field Name does not support aggregate operator SUM",
        ),
        (
            "SELECT Id FROM Task WHERE IsClosed > true",
            "INVALID_QUERY_FILTER_OPERATOR 36: invalid operator on boolean field",
        ),
        (
            "SELECT Id FROM Task WHERE Id LIKE '00T%'",
            "INVALID_QUERY_FILTER_OPERATOR 30: invalid operator on id field",
        ),
        (
            "SELECT Id FROM Task WHERE Status INCLUDES ('x')",
            "INVALID_QUERY_FILTER_OPERATOR 34: invalid operator on picklist field",
        ),
    ] {
        refuse(text, complaint);
    }
}

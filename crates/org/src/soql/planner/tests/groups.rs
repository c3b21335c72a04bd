//! Groups, aggregates, parts of dates.

use super::*;

#[test]
fn groups_have_keys_aggregates_and_names() {
    let plan = planned(
        "SELECT LeadSource, Owner.Name, COUNT(Id), MAX(CreatedDate) latest, AVG(AnnualRevenue) \
         FROM Lead GROUP BY LeadSource, Owner.Name HAVING COUNT(Id) > 1 AND LeadSource != null \
         ORDER BY COUNT(Id) DESC, LeadSource NULLS LAST",
    );
    let groups = groups(&plan);
    let items: Vec<String> = groups
        .items
        .iter()
        .map(|i| format!("{}={}", i.name, expr(&i.value)))
        .collect();
    assert_eq!(
        items,
        [
            "LeadSource=key0",
            "Name=key1",
            "expr0=Count(Id)",
            "latest=Max(CreatedDate)",
            "expr1=Avg(AnnualRevenue)"
        ]
    );
    let having = groups.having.as_ref().map(said);
    assert_eq!(
        having.as_deref(),
        Some("(Count(Id) > 1 & key0 is not null)")
    );
    let [count, source] = plan.select.order.as_slice() else {
        panic!("two orders");
    };
    assert_eq!(
        (expr(&count.by).as_str(), count.descending),
        ("Count(Id)", true)
    );
    assert_eq!(
        (expr(&source.by).as_str(), source.nulls),
        ("key0", NullsAt::Last)
    );
    assert!(matches!(&source.collation, Collation::Picklist(values) if values[0] == "Web"));
}

#[test]
fn rollup_and_cube_are_grouping_sets() {
    let sets = |text: &str| groups(&planned(text)).sets.clone();
    assert_eq!(
        sets("SELECT Status, Rating, COUNT(Id) FROM Lead GROUP BY ROLLUP(Status, Rating)"),
        [vec![0, 1], vec![0], vec![]]
    );
    assert_eq!(
        sets(
            "SELECT Status, GROUPING(Rating) g, COUNT(Id) FROM Lead \
              GROUP BY CUBE(Status, Rating)"
        ),
        [vec![0, 1], vec![0], vec![1], vec![]]
    );
    assert_eq!(
        sets("SELECT COUNT(Id), MAX(Name) FROM Lead"),
        [Vec::<usize>::new()]
    );
    assert_eq!(
        sets("SELECT COUNT(Id) FROM Lead GROUP BY Status"),
        [vec![0]]
    );
}

#[test]
fn groups_have_rules() {
    for (text, complaint) in [
        (
            "SELECT Name, COUNT(Id) FROM Lead",
            "MALFORMED_QUERY 8: Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) FROM Lead GROUP BY Status ORDER BY Name",
            "MALFORMED_QUERY 53: Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) FROM Lead GROUP BY Status HAVING Name = 'x'",
            "MALFORMED_QUERY 51: Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT COUNT(Id) FROM Lead LIMIT 5",
            "MALFORMED_QUERY 34: Non-grouped query that uses overall aggregate functions cannot \
             also use LIMIT",
        ),
        (
            "SELECT COUNT(), Name FROM Lead GROUP BY Name",
            "MALFORMED_QUERY 8: COUNT() must be the only element in the SELECT list",
        ),
        (
            "SELECT Id FROM Lead WHERE COUNT(Id) > 1",
            "MALFORMED_QUERY 27: COUNT is not allowed here",
        ),
        (
            "SELECT COUNT(Id) a, MAX(Name) a FROM Lead",
            "MALFORMED_QUERY 31: duplicate alias: a",
        ),
        (
            "SELECT GROUPING(Status) FROM Lead GROUP BY Status",
            "MALFORMED_QUERY 8: GROUPING() needs GROUP BY ROLLUP or GROUP BY CUBE",
        ),
        (
            "SELECT Name FROM Lead HAVING Name = 'x'",
            "MALFORMED_QUERY 1: HAVING needs GROUP BY",
        ),
        (
            "SELECT CALENDAR_YEAR(CreatedDate) FROM Lead",
            "MALFORMED_QUERY 8: CALENDAR_YEAR is not allowed here",
        ),
        (
            "SELECT COUNT() FROM Lead ORDER BY Name",
            "MALFORMED_QUERY 35: COUNT() cannot be used with ORDER BY",
        ),
        (
            "SELECT Id, Name, Id FROM Lead",
            "INVALID_FIELD 18: duplicate field selected: Id",
        ),
        (
            "SELECT Id n FROM Lead",
            "MALFORMED_QUERY 11: only aggregate expressions use field aliasing",
        ),
        (
            "SELECT Id FROM Lead LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE 36: Maximum SOQL offset allowed is 2000",
        ),
    ] {
        refuse(text, complaint);
    }
}

#[test]
fn parts_of_dates_are_read_in_utc_unless_they_are_converted() {
    let plan = planned(
        "SELECT DAY_ONLY(CreatedDate) d, HOUR_IN_DAY(convertTimezone(CreatedDate)) h, \
         COUNT(Id) n FROM Task GROUP BY DAY_ONLY(CreatedDate), \
         HOUR_IN_DAY(convertTimezone(CreatedDate))",
    );
    let keys = &groups(&plan).keys;
    assert_eq!(expr(&keys[0]), "DayOnly(CreatedDate)");
    assert_eq!(expr(&keys[1]), "HourInDay(CreatedDateEurope/Berlin)");
    let Expr::DatePart {
        zone: Some(zone), ..
    } = &keys[1]
    else {
        panic!("a zone");
    };
    assert_eq!(zone.offsets[0], (i64::MIN, 3600));
    let summer = zone
        .offsets
        .iter()
        .rev()
        .find(|(from, _)| *from <= 1_783_000_000_000);
    assert_eq!(summer.map(|(_, seconds)| *seconds), Some(7200));
    assert!(zone.offsets.is_sorted());
    check(
        "Task",
        "CALENDAR_YEAR(CreatedDate) = 2026",
        "CalendarYear(CreatedDate) = 2026",
    );
    check(
        "Task",
        "DAY_ONLY(CreatedDate) = TODAY",
        "(DayOnly(CreatedDate) >= 2026-11-24 & DayOnly(CreatedDate) < 2026-11-25)",
    );
    refuse(
        "SELECT Id FROM Task WHERE HOUR_IN_DAY(ActivityDate) = 1",
        "MALFORMED_QUERY 27: HOUR_IN_DAY(ActivityDate) needs a field of type dateTime",
    );
}

#[test]
fn aggregates_count_what_they_are_asked_to() {
    let plan = planned("SELECT COUNT_DISTINCT(Industry) FROM Account");
    let value = &groups(&plan).items[0].value;
    assert!(matches!(
        value,
        Expr::Aggregate {
            function: Aggregate::CountDistinct,
            ..
        }
    ));
}

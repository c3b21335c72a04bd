//! Which record a call brings up, told as cases.

use super::*;

struct Scene {
    schema: Schema,
    layout: SoftphoneLayout,
    user: UserContext,
    region: Region,
}

fn scene() -> Scene {
    Scene {
        schema: Schema::standard(),
        layout: SoftphoneLayout::standard(),
        user: UserContext::system(),
        region: Region::parse("US").expect("a region"),
    }
}

fn request(search_params: &str, call_type: CallType) -> PopRequest {
    PopRequest {
        search_params: search_params.to_owned(),
        call_type,
        deferred: false,
        default_field_values: Map::new(),
        query_params: String::new(),
        flow_args: Vec::new(),
    }
}

fn candidate(prefix: &str, object: &str, serial: u64, strength: MatchStrength) -> Candidate {
    let name = Value::Text(format!("{object} {serial}"));
    let modified = i64::try_from(serial).expect("small");
    Candidate {
        record: Record {
            object: ObjectName::new(object),
            id: RecordId::from_serial(prefix, serial),
            fields: [
                ("Name".into(), name),
                ("LastModifiedDate".into(), Value::DateTime(modified)),
                ("Phone".into(), Value::Text("(555) 123-4567".to_owned())),
                ("Birthdate".into(), Value::Text("secret".to_owned())),
            ]
            .into(),
        },
        phone_match: Some((FieldName::new("Phone"), strength)),
    }
}

fn contact(serial: u64) -> Candidate {
    candidate("003", "Contact", serial, MatchStrength::Exact)
}

fn decide(scene: &Scene, request: &PopRequest, candidates: &[Candidate]) -> Decision {
    let plan = plan(
        request,
        &scene.layout,
        &scene.schema,
        &scene.user,
        scene.region,
    );
    let Scene {
        schema,
        layout,
        user,
        region,
    } = scene;
    choose(request, &plan, candidates, layout, schema, user, *region)
}

fn pop(candidates: &[Candidate]) -> ScreenPop {
    decide(
        &scene(),
        &request("+15551234567", CallType::Inbound),
        candidates,
    )
    .pop
}

fn check_plan(search_params: &str, expected: &[Search]) {
    let scene = scene();
    let request = request(search_params, CallType::Inbound);
    let plan = plan(
        &request,
        &scene.layout,
        &scene.schema,
        &scene.user,
        scene.region,
    );
    assert_eq!(plan.searches, expected, "{search_params:?}");
    let objects = plan
        .objects
        .iter()
        .map(ObjectName::as_str)
        .collect::<Vec<_>>();
    assert_eq!(
        objects,
        ["Contact", "Lead", "Account", "Case"],
        "the layout's order"
    );
}

#[test]
fn what_is_searched_follows_from_what_the_text_is() {
    let phone = |text: &str| Search::Phone(text.to_owned());
    check_plan("+1 (555) 123-4567", &[phone("+1 (555) 123-4567")]);
    check_plan(
        "(555) 123-4567 OR 5551234567",
        &[phone("(555) 123-4567"), phone("5551234567")],
    );
    check_plan("Ann Smith", &[Search::Text("Ann Smith".to_owned())]);
    let id = RecordId::from_serial("003", 7);
    check_plan(id.short(), &[Search::Id(id.clone())]);
    check_plan(id.as_str(), &[Search::Id(id.clone())]);
    check_plan("005511912345678", &[phone("005511912345678")]);
    check_plan("ab", &[]);
    check_plan("anonymous", &[]);
    check_plan("", &[]);
    check_plan("911", &[]);
}

#[test]
fn one_match_pops_its_page_and_several_the_search_page() {
    assert_eq!(
        pop(&[contact(1)]),
        ScreenPop::Record {
            id: RecordId::from_serial("003", 1)
        }
    );
    let search = ScreenPop::SearchPage {
        search_string: "+15551234567".to_owned(),
    };
    assert_eq!(pop(&[contact(1), contact(2)]), search);
    let lead = candidate("00Q", "Lead", 3, MatchStrength::Exact);
    assert_eq!(
        pop(&[contact(1), lead]),
        search,
        "one record in all is single, more is multiple"
    );
}

#[test]
fn the_same_record_found_twice_is_one_match() {
    assert_eq!(
        pop(&[contact(1), contact(1)]),
        ScreenPop::Record {
            id: RecordId::from_serial("003", 1)
        }
    );
}

#[test]
fn no_match_pops_a_new_record_with_the_number_filled_in() {
    let ScreenPop::NewRecord {
        object,
        default_field_values,
    } = pop(&[])
    else {
        panic!("a new record")
    };
    assert_eq!(object.as_str(), "Contact");
    assert_eq!(default_field_values["Phone"], "(555) 123-4567");
}

#[test]
fn the_adapter_s_own_values_win() {
    let mut request = request("+15551234567", CallType::Inbound);
    request
        .default_field_values
        .insert("MobilePhone".to_owned(), json!("555"));
    let ScreenPop::NewRecord {
        default_field_values,
        ..
    } = decide(&scene(), &request, &[]).pop
    else {
        panic!("a new record")
    };
    assert_eq!(
        Json::Object(default_field_values),
        json!({ "MobilePhone": "555" })
    );
}

#[test]
fn a_caller_without_a_number_pops_nothing_and_a_short_code_is_no_match() {
    let pops = |text: &str| decide(&scene(), &request(text, CallType::Inbound), &[]).pop;
    assert_eq!(pops("anonymous"), ScreenPop::Nothing);
    assert_eq!(pops(""), ScreenPop::Nothing);
    assert_eq!(pops("ab"), ScreenPop::Nothing);
    assert!(matches!(pops("2041"), ScreenPop::NewRecord { .. }));
}

#[test]
fn outbound_and_internal_calls_search_without_a_pop() {
    let decision = decide(
        &scene(),
        &request("+15551234567", CallType::Outbound),
        &[contact(1)],
    );
    assert_eq!(decision.pop, ScreenPop::Nothing);
    assert_eq!(decision.matches.len(), 1);
}

#[test]
fn a_weak_match_counts_only_when_there_is_no_stronger_one() {
    let weak = candidate("003", "Contact", 9, MatchStrength::Suffix);
    assert_eq!(
        pop(&[weak.clone(), contact(1)]),
        ScreenPop::Record {
            id: RecordId::from_serial("003", 1)
        }
    );
    assert_eq!(
        pop(&[weak]),
        ScreenPop::Record {
            id: RecordId::from_serial("003", 9)
        }
    );
}

#[test]
fn lead_that_was_converted_pops_its_contact() {
    let mut lead = candidate("00Q", "Lead", 3, MatchStrength::Exact);
    lead.record
        .fields
        .insert("IsConverted".into(), Value::Boolean(true));
    let became = Value::Reference(RecordId::from_serial("003", 1));
    lead.record
        .fields
        .insert("ConvertedContactId".into(), became);
    assert_eq!(
        converted_contacts(&[lead.clone()]),
        [RecordId::from_serial("003", 1)]
    );
    assert_eq!(
        pop(&[lead.clone(), contact(1)]),
        ScreenPop::Record {
            id: RecordId::from_serial("003", 1)
        }
    );
    let alone = ScreenPop::Record {
        id: RecordId::from_serial("00Q", 3),
    };
    assert_eq!(pop(&[lead]), alone, "the contact cannot be read");
}

#[test]
fn the_map_has_layout_fields_in_layout_order_newest_first() {
    let found = [
        contact(1),
        candidate("00Q", "Lead", 9, MatchStrength::Exact),
        contact(2),
    ];
    let decision = decide(
        &scene(),
        &request("+15551234567", CallType::Inbound),
        &found,
    );
    let ids = decision
        .matches
        .keys()
        .map(|id| id[..15].to_owned())
        .collect::<Vec<_>>();
    let expected = [("003", 2), ("003", 1), ("00Q", 9)];
    let expected = expected.map(|(p, n)| RecordId::from_serial(p, n).short().to_owned());
    assert_eq!(ids, expected);
    let first = &decision.matches[RecordId::from_serial("003", 2).as_str()];
    assert_eq!(first["RecordType"], "Contact");
    assert_eq!(first["Phone"], "(555) 123-4567");
    assert_eq!(first["LastModifiedDate"], "1970-01-01T00:00:00.002Z");
    assert_eq!(first.get("Birthdate"), None, "not a field of the layout");
    assert!(
        decision.trace.iter().any(|line| line.contains("3 matches")),
        "{:?}",
        decision.trace
    );
}

fn path(kind: &str, params: Json) -> String {
    let args = json!({ "type": kind, "params": params });
    let args = args.as_object().expect("an object");
    match screen_pop_path(args, &Schema::standard()) {
        Ok(path) => path,
        Err(error) => format!("{:?}: {}", error.code, error.description),
    }
}

#[test]
fn each_type_of_pop_has_its_address() {
    let id = RecordId::from_serial("003", 7);
    let page = format!("/lightning/r/Contact/{id}/view");
    assert_eq!(path("SOBJECT", json!({ "recordId": id.short() })), page);
    assert_eq!(path("url", json!({ "url": format!("/{id}") })), page);
    assert_eq!(
        path("url", json!({ "url": "/lightning/page/home" })),
        "/lightning/page/home"
    );
    assert_eq!(
        path("objecthome", json!({ "scope": "account" })),
        "/lightning/o/Account/home"
    );
    assert_eq!(
        path("list", json!({ "scope": "Lead", "listViewId": "mine" })),
        "/lightning/o/Lead/list?filterName=mine"
    );
    assert_eq!(
        path("search", json!({ "searchString": "a&b c" })),
        "/lightning/search?q=a%26b%20c"
    );
    assert_eq!(
        path(
            "newRecord",
            json!({ "entityName": "Contact", "defaultFieldValues":
            { "Phone": "+1 4", "LastName": "O,K" } })
        ),
        "/lightning/o/Contact/new?defaultFieldValues=\
         Phone%3D%252B1%25204%2CLastName%3DO%252CK"
    );
}

#[test]
fn what_is_wrong_is_named() {
    for (kind, params, named) in [
        ("sobject", json!({}), "params.recordId"),
        (
            "sobject",
            json!({ "recordId": "nonsense" }),
            "params.recordId",
        ),
        ("url", json!({ "url": "javascript:alert(1)" }), "params.url"),
        ("url", json!({ "url": "//evil.test" }), "params.url"),
        ("url", json!({ "url": "https://evil.test" }), "params.url"),
        ("objecthome", json!({ "scope": "Nothing" }), "params.scope"),
        (
            "search",
            json!({ "searchString": "ab" }),
            "params.searchString",
        ),
        ("newRecord", json!({ "entityName": 7 }), "params.entityName"),
        (
            "newRecord",
            json!({ "entityName": "Contact", "defaultFieldValues": "x" }),
            "default",
        ),
        ("teleport", json!({}), "type"),
    ] {
        let answer = path(kind, params.clone());
        assert!(
            answer.starts_with("InvalidParam"),
            "{kind} {params}: {answer}"
        );
        assert!(answer.contains(named), "{kind} {params}: {answer}");
    }
    assert!(path("flow", json!({ "flowDevName": "X" })).starts_with("GenericError"));
    let none = screen_pop_path(&Map::new(), &Schema::standard()).expect_err("no arguments");
    assert!(none.description.contains("type"), "{}", none.description);
}

#[test]
fn a_decision_handed_back_goes_where_it_would_have_popped() {
    for pop in [pop(&[contact(1)]), pop(&[contact(1), contact(2)]), pop(&[])] {
        let data = screen_pop_data(&pop).expect("something pops");
        let args = data.as_object().expect("an object");
        assert!(screen_pop_path(args, &Schema::standard()).is_ok(), "{data}");
    }
    assert_eq!(screen_pop_data(&ScreenPop::Nothing), None);
}

#[test]
fn a_page_of_the_org_pops_with_the_query_that_the_adapter_gave() {
    let mut scene = scene();
    let page = |name: &str| name.to_owned();
    scene.layout.screen_pop.no_match = NoMatch::Visualforce { page: page("None") };
    scene.layout.screen_pop.single_match = SingleMatch::Visualforce { page: page("One") };
    scene.layout.screen_pop.multiple_matches = MultipleMatches::Visualforce { page: page("Many") };
    let mut request = request("+15551234567", CallType::Inbound);
    request.query_params = "?ani=+1555&x=a b#top".to_owned();
    for (found, url) in [
        (vec![], "/apex/None?ani=+1555&x=a%20b%23top"),
        (vec![contact(1)], "/apex/One?ani=+1555&x=a%20b%23top"),
        (
            vec![contact(1), contact(2)],
            "/apex/Many?ani=+1555&x=a%20b%23top",
        ),
    ] {
        let pop = decide(&scene, &request, &found).pop;
        let data = screen_pop_data(&pop).expect("a page pops");
        assert_eq!(data, json!({ "type": "url", "params": { "url": url } }));
        let args = data.as_object().expect("an object");
        assert_eq!(
            screen_pop_path(args, &Schema::standard()).as_deref(),
            Ok(url)
        );
    }
    let told = scene.layout.to_contract(&scene.schema, &scene.user);
    assert_eq!(
        told["Inbound"]["screenPopSettings"]["SingleMatch"],
        json!({ "screenPopType": "PopToVisualforce", "screenPopData": "One" })
    );
}

#[test]
fn a_flow_is_told_with_its_arguments_and_refused_when_it_would_open() {
    let mut scene = scene();
    let flow = "Ring".to_owned();
    scene.layout.screen_pop.single_match = SingleMatch::Flow { flow };
    let mut request = request("+15551234567", CallType::Inbound);
    request.flow_args = vec![json!({ "name": "ani", "type": "String", "value": "1" })];
    let decision = decide(&scene, &request, &[contact(1)]);
    assert!(
        decision
            .trace
            .iter()
            .any(|line| line.contains("do not run"))
    );
    let data = screen_pop_data(&decision.pop).expect("a flow");
    assert_eq!(data["type"], "flow");
    assert_eq!(data["params"]["flowDevName"], "Ring");
    assert_eq!(data["params"]["flowArgs"][0]["name"], "ani");
    let args = data.as_object().expect("an object");
    let error = screen_pop_path(args, &Schema::standard()).expect_err("no flows");
    assert_eq!(
        error.description,
        "An error occurred while calling the API method."
    );
}

#[test]
fn old_addresses_and_pages_of_the_org_pop_and_other_hosts_never() {
    let id = RecordId::from_serial("003", 7);
    let page = format!("/lightning/r/Contact/{id}/view");
    let url = |url: &str| path("url", json!({ "url": url }));
    assert_eq!(url(&format!("#/sObject/{id}/view")), page);
    assert_eq!(url(&format!("/one/one.app#/sObject/{id}/view")), page);
    assert_eq!(url("#/n/Phone_Book"), "/lightning/n/Phone_Book");
    assert_eq!(
        url("/apex/ns__Page?id=1&x=%20"),
        "/apex/ns__Page?id=1&x=%20"
    );
    let long = format!("/apex/P?{}", "x".repeat(9000));
    for wrong in [
        "/apex/",
        "/apex/../x",
        "/apex/a/b",
        "#/x/1",
        "//a",
        "apex/P",
        "\\\\a",
        &long,
    ] {
        assert!(url(wrong).starts_with("InvalidParam"), "{wrong}");
    }
}

//! Setup as an admin meets it.

use axum::http::StatusCode;
use offhook_calls::link::Up;
use offhook_org::UserContext;

use crate::house::{Browser, House, center};

const CENTERS: &str = "/lightning/setup/call-centers";

const OBJECTS: &str = "/lightning/setup/object-manager";

const DEFINITION: &str = r#"<callCenter>
  <section sortOrder="0" name="reqGeneralInfo" label="General Information">
    <item sortOrder="0" name="reqInternalName" label="Internal Name">AcmePhone</item>
    <item sortOrder="1" name="reqDisplayName" label="Display Name">Acme &lt;Phone&gt;</item>
    <item sortOrder="2" name="reqAdapterUrl" label="CTI Adapter URL">https://phone.example/a</item>
    <item sortOrder="3" name="reqUseApi" label="Use CTI API">true</item>
    <item sortOrder="4" name="reqSoftphoneHeight" label="Softphone Height">550</item>
    <item sortOrder="5" name="reqSoftphoneWidth" label="Softphone Width">400</item>
  </section>
  <section sortOrder="1" name="acme" label="Acme">
    <item sortOrder="0" name="pbxHost" label="PBX host">pbx.example</item>
  </section>
</callCenter>"#;

async fn count(house: &House) -> usize {
    house.store.call_centers().await.unwrap().len()
}

/// What the preview's form sends back.
fn hidden_definition(page: &str) -> String {
    let (_, rest) = page
        .split_once("<textarea name=\"definition\" hidden>")
        .unwrap();
    let (escaped, _) = rest.split_once("</textarea>").unwrap();
    [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(escaped.to_owned(), |text, (from, to)| {
        text.replace(from, to)
    })
}

#[tokio::test]
async fn every_place_of_setup_opens_for_an_admin_and_for_nobody_else() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    let center = format!("{CENTERS}/{}", house.call_center);
    let layout = "/lightning/setup/softphone-layouts/Standard";
    let layouts = house.store.softphone_layouts().await.unwrap();
    let layout = layout.replace("Standard", &layouts[0].name.replace(' ', "%20"));
    for path in [
        "/lightning/setup/home",
        CENTERS,
        &format!("{CENTERS}/import"),
        &center,
        &format!("{center}/users"),
        &format!("{center}/delete"),
        &format!("{center}/export"),
        "/lightning/setup/softphone-layouts",
        &layout,
        &format!("{layout}/edit"),
        "/lightning/setup/screen-pops",
        "/lightning/setup/calls",
        "/lightning/setup/phone-system",
        "/lightning/setup/users",
        OBJECTS,
        &format!("{OBJECTS}/new"),
        &format!("{OBJECTS}/Case"),
        &format!("{OBJECTS}/Case/fields/Status"),
        &format!("{OBJECTS}/Case/fields/new"),
        &format!("{OBJECTS}/Case/fields/new?type=picklist"),
    ] {
        assert_eq!(ada.get(path).await.status, StatusCode::OK, "{path}");
        assert_eq!(rita.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let refused = rita.post_form(&format!("{center}/delete"), &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_definition_is_shown_first_and_becomes_a_call_center_when_confirmed() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let preview = ada
        .post_file(&format!("{CENTERS}/import"), "file", DEFINITION.as_bytes())
        .await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    preview
        .says("/acme/pbxHost")
        .says("Nothing has been created yet")
        .does_not_say("<Phone>");
    assert_eq!(count(&house).await, 1);

    let definition = hidden_definition(&preview.text);
    let confirm = format!("{CENTERS}/import/confirm");
    let done = ada
        .post_file(&confirm, "definition", definition.as_bytes())
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(count(&house).await, 2);
    let detail = ada.get(done.location()).await;
    detail
        .says("PBX host")
        .says("pbx.example")
        .says("0 users")
        .does_not_say("<Phone>");

    let twice = ada
        .post_file(&confirm, "definition", definition.as_bytes())
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.says("AcmePhone").says("already");
    assert_eq!(count(&house).await, 2);

    let file = ada.get(&format!("{}/export", done.location())).await;
    let disposition = file.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"AcmePhone.xml\"");
    file.says("pbx.example");
}

#[tokio::test]
async fn hostile_and_broken_files_are_refused_with_line_and_column() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let doctype = format!("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\n{DEFINITION}");
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>\n{}",
        DEFINITION.replace("pbx.example", "&b;")
    );
    let twice = DEFINITION.replace(
        "\"2\" name=\"reqAdapterUrl\"",
        "\"1\" name=\"reqAdapterUrl\"",
    );
    let nameless = DEFINITION.replace("AcmePhone", "");
    let broken = DEFINITION.replace("</section>", "");
    for file in [&doctype, &bomb, &twice, &nameless, &broken] {
        let refused = ada
            .post_file(&format!("{CENTERS}/import"), "file", file.as_bytes())
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{file}");
        refused
            .says("Line ")
            .says("column ")
            .says("Nothing was created")
            .does_not_say("root:");
    }
    let huge = "x".repeat(5 * 1024 * 1024 + 1);
    for path in ["import", "import/confirm"] {
        let name = if path == "import" {
            "file"
        } else {
            "definition"
        };
        let refused = ada
            .post_file(&format!("{CENTERS}/{path}"), name, huge.as_bytes())
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let binary = ada
            .post_file(&format!("{CENTERS}/{path}"), name, &[0xff, 0, 0xfe])
            .await;
        assert_eq!(binary.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let nothing = ada
        .post_file(&format!("{CENTERS}/import"), "file", b"")
        .await;
    nothing.says("Choose a call center definition file");
    assert_eq!(count(&house).await, 1);
}

#[tokio::test]
async fn a_user_is_added_removed_and_never_in_two_call_centers() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let system = UserContext::system();
    let second = center("Second", "Second Phone", "https://phone.example/");
    let second = house
        .store
        .import_call_center(&system, &second)
        .await
        .unwrap();
    let users = format!("{CENTERS}/{second}/users");
    ada.get(&format!("{users}?q=sam"))
        .await
        .says("Sam Tester")
        .does_not_say("Rita Tester");

    let sam = [("user", house.sam.as_str()), ("q", "sam")];
    let added = ada.post_form(&format!("{users}/add"), &sam).await;
    assert_eq!(added.location(), format!("{users}?q=sam"));
    ada.get(&users).await.says("Remove Sam Tester");

    let rita = [("user", house.rita.as_str())];
    let refused = ada.post_form(&format!("{users}/add"), &rita).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.says("Rita Tester").says("Offhook Phone");

    let delete = format!("{CENTERS}/{second}/delete");
    ada.get(&delete)
        .await
        .says("1 user loses")
        .says("Sam Tester");
    let unnamed = ada.post_form(&delete, &[("users", "1")]).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY);
    let stale = [("users", "0"), ("name", "Second Phone")];
    let refused = ada.post_form(&delete, &stale).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.says("1 users now, not the 0");
    assert_eq!(count(&house).await, 2);
    let confirmed = [("users", "1"), ("name", "Second Phone")];
    let done = ada.post_form(&delete, &confirmed).await;
    assert_eq!(done.location(), CENTERS);
    assert_eq!(count(&house).await, 1);
    ada.get(CENTERS).await.says("Restore Second Phone");
    let back = ada
        .post_form(&format!("{CENTERS}/{second}/restore"), &[])
        .await;
    assert_eq!(back.location(), format!("{CENTERS}/{second}"));
    ada.get(&users).await.says("Remove Sam Tester");
    ada.post_form(&format!("{users}/remove"), &sam).await;
    ada.get(&users).await.says("Nobody has this phone yet");
}

#[tokio::test]
async fn an_address_that_names_no_call_center_is_not_found() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    for id in ["04v000000000000", "nonsense", "00000000000000000000"] {
        let page = ada.get(&format!("{CENTERS}/{id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn a_number_is_tried_as_a_user_with_that_users_rights() {
    let house = House::new().await;
    let fields = [
        ("LastName", "Secret"),
        ("Company", "X"),
        ("Phone", "4155550199"),
    ];
    house.create_for(&house.ray, "Lead", &fields).await;
    let ada = house.sign_in("Ada").await;
    let attempt = |user: String| {
        let path = format!(
            "/lightning/setup/screen-pops?number=%2B14155550199&user={user}&call_type=inbound"
        );
        let ada = &ada;
        async move { ada.get(&path).await }
    };
    attempt(house.ray.to_string()).await.says("Record: Secret");
    attempt(house.rita.to_string())
        .await
        .says("New Contact")
        .does_not_say("Record: Secret");
    let nobody = attempt("nobody".to_owned()).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    let empty = ada.get("/lightning/setup/screen-pops?number=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Trying leaves no trace among the real ones.
    assert_eq!(house.store.pop_traces(10).await.unwrap(), []);
}

async fn layout_path(house: &House) -> String {
    let layouts = house.store.softphone_layouts().await.unwrap();
    format!(
        "/lightning/setup/softphone-layouts/{}",
        layouts[0].name.replace(' ', "%20")
    )
}

#[tokio::test]
async fn a_layout_that_was_edited_decides_the_next_pop() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let form = [
        ("no_match", "Lead"),
        ("single_match", "detail_page"),
        ("multiple_matches", "search_page"),
        ("inbound.Lead.position", "1"),
        ("inbound.Lead.field", "Name"),
    ];
    let path = layout_path(&house).await;
    let saved = ada.post_form(&format!("{path}/edit"), &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    ada.get(&path).await.says("Pop to new Lead");
    let rita: Browser<'_> = house.sign_in("Rita").await;
    let args = serde_json::json!({"searchParams": "4155551212"});
    let answer = rita.call("searchAndScreenPop", args).await;
    let path = answer["navigate"].as_str().unwrap();
    assert!(path.starts_with("/lightning/o/Lead/new?"), "{path}");
}

#[tokio::test]
async fn a_layout_form_with_mistakes_saves_nothing_and_keeps_what_was_entered() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let before = house.store.softphone_layouts().await.unwrap();
    let form = [("no_match", ""), ("inbound.Lead.position", "1")];
    let path = format!("{}/edit", layout_path(&house).await);
    let refused = ada.post_form(&path, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("choose at least one field of Lead");
    assert_eq!(house.store.softphone_layouts().await.unwrap(), before);
}

#[tokio::test]
async fn a_test_call_is_asked_for_with_its_number_and_told_about() {
    let mut house = House::new().await;
    {
        let ada = house.sign_in("Ada").await;
        let path = "/lightning/setup/phone-system/test-call";
        let empty = ada.post_form(path, &[("from", "  ")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let broken = ada.post_form(path, &[("from", "1\r\nVia: x")]).await;
        assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
        let placed = ada.post_form(path, &[("from", " +1 415 555 0134 ")]).await;
        assert_eq!(placed.status, StatusCode::SEE_OTHER);
    }
    let asked = Up::PlaceTestCall {
        from: "+1 415 555 0134".to_owned(),
    };
    assert_eq!(house.up.recv().await, Some(asked));
    house.up.close();
    let ada = house.sign_in("Ada").await;
    let path = "/lightning/setup/phone-system/test-call";
    let ended = ada.post_form(path, &[("from", "+14155550134")]).await;
    assert_eq!(ended.status, StatusCode::SERVICE_UNAVAILABLE);
    ended.says("does not take calls now");
}

#[tokio::test]
async fn rights_are_arranged_in_setup() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    for path in [
        "rows/Profile",
        "rows/PermissionSet",
        "rows/PermissionSetGroup",
        "rows/UserRole",
        "rows/Group",
        "login-history",
        "rows/SetupAuditTrail",
        "rows/User/new",
        "sharing",
    ] {
        let path = format!("/lightning/setup/{path}");
        assert_eq!(ada.get(&path).await.status, 200, "{path}");
        assert_eq!(rita.get(&path).await.status, 403, "{path}");
    }
    let fields = [
        ("Name", "Deals"),
        ("Label", "Deals"),
        ("PermissionsViewSetup", "true"),
    ];
    let made = ada
        .post_form("/lightning/setup/rows/PermissionSet/new", &fields)
        .await;
    let set = made.location().rsplit('/').next().unwrap().to_owned();
    ada.get(made.location())
        .await
        .says("Deals")
        .says("Permission Set Assignments");
    let again = ada
        .post_form("/lightning/setup/rows/PermissionSet/new", &fields)
        .await;
    again.says("Nothing was saved.");
    let user = rita.session.user.to_string();
    let given = [
        ("AssigneeId", user.as_str()),
        ("PermissionSetId", set.as_str()),
    ];
    ada.post_form("/lightning/setup/rows/PermissionSetAssignment/new", &given)
        .await;
    assert_eq!(rita.get("/lightning/setup/home").await.status, 200);
    ada.get("/lightning/setup/rows/SetupAuditTrail")
        .await
        .says("Created Permission Set Deals");
    let default = [("object", "Lead"), ("sharing", "Public Read Only")];
    ada.post_form("/lightning/setup/sharing/default", &default)
        .await;
    let sharing = house.store.schema().object("Lead").unwrap().sharing;
    assert_eq!(sharing, offhook_org::schema::SharingDefault::PublicRead);
    ada.post_form(&format!("/lightning/setup/users/{user}/freeze"), &[])
        .await;
    assert_ne!(rita.get("/lightning/setup/home").await.status, 200);
}

#[tokio::test]
async fn a_custom_object_made_in_setup_has_pages_at_once_and_can_come_back() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let form = [
        ("label", "Visit"),
        ("plural_label", "Visits"),
        ("has_tab", "yes"),
        ("sharing", "public_read_write"),
    ];
    let made = ada.post_form(&format!("{OBJECTS}/new"), &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let twice = ada.post_form(&format!("{OBJECTS}/new"), &form).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.says("there is an object Visit__c already");
    let visit = format!("{OBJECTS}/Visit__c");
    let field = [
        ("type", "picklist"),
        ("label", "Kind"),
        ("values", "Short\nLong"),
    ];
    let made = ada.post_form(&format!("{visit}/fields/new"), &field).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    ada.get(&visit).await.says("Kind__c");
    ada.get("/lightning/o/Visit__c/new").await.says("Short");
    let record = [("Name", "Acme"), ("Kind__c", "Long")];
    let saved = ada.post_form("/lightning/o/Visit__c/new", &record).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let rita = house.sign_in("Rita").await;
    rita.get("/lightning/o/Visit__c/list").await.says("Acme");
    ada.get(&format!("{visit}/delete")).await.says("15 days");
    let deleted = ada.post_form(&format!("{visit}/delete"), &[]).await;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER, "{}", deleted.text);
    assert_eq!(
        rita.get("/lightning/o/Visit__c/list").await.status,
        StatusCode::NOT_FOUND
    );
    let deleted = house.store.deleted_metadata().await.unwrap();
    let id = deleted[0].id.to_string();
    ada.post_form(&format!("{OBJECTS}/restore"), &[("id", &id)])
        .await;
    rita.get("/lightning/o/Visit__c/list").await.says("Acme");
}

#[tokio::test]
async fn a_layout_asks_for_more_and_shows_less_than_the_object() {
    use offhook_org::schema::{Layout, LayoutField, LayoutSection};
    let house = House::new().await;
    let placed = |name: &str, required| LayoutField {
        field: name.into(),
        required,
        read_only: false,
    };
    let schema = house.store.schema();
    let standard = schema.object("Case").unwrap().default_layout();
    let layout = Layout {
        name: "Short".to_owned(),
        sections: vec![LayoutSection {
            label: "Just this".to_owned(),
            one_column: false,
            fields: vec![placed("Status", false), placed("Subject", true)],
        }],
        ..standard
    };
    let system = UserContext::system();
    let case = "Case".into();
    house
        .store
        .put_layout(&system, &case, layout, false)
        .await
        .unwrap();
    let rita = house.sign_in("Rita").await;
    let page = rita.get("/lightning/o/Case/new").await;
    page.says("Just this");
    assert!(!page.text.contains("Case Origin"));
    let form = [("Status", "New"), ("Subject", "")];
    let refused = rita.post_form("/lightning/o/Case/new", &form).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    refused.says("Required fields are missing: [Subject]");
    let form = [("Status", "New"), ("Subject", "Pump")];
    let saved = rita.post_form("/lightning/o/Case/new", &form).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
}

//! Call centers, their users and softphone layouts, as an admin arranges them.

use axum::http::StatusCode;
use offhook_org::UserContext;

use crate::house::{House, center};

const CENTERS: &str = "/lightning/setup/call-centers";
const LAYOUTS: &str = "/lightning/setup/softphone-layouts";

const FILE: &str = r#"<callCenter>
  <section sortOrder="0" name="reqGeneralInfo" label="General Information">
    <item sortOrder="0" name="reqInternalName">AcmePhone</item>
    <item sortOrder="1" name="reqDisplayName">Acme Phone</item>
    <item sortOrder="2" name="reqAdapterUrl">https://phone.example/a</item>
    <item sortOrder="3" name="reqUseApi">true</item>
    <item sortOrder="4" name="reqSoftphoneHeight">550</item>
    <item sortOrder="5" name="reqSoftphoneWidth">400</item>
    <item sortOrder="6" name="reqSalesforceCompatabilityMode">Lightning</item>
    <item sortOrder="7" name="pbxPassword">s3cret&lt;</item>
  </section>
</callCenter>"#;

async fn imported(house: &House) -> String {
    let read = offhook_org::cti::call_center_xml::import(FILE.as_bytes()).unwrap();
    let id = house
        .store
        .import_call_center(&UserContext::system(), &read.call_center)
        .await
        .unwrap();
    format!("{CENTERS}/{id}")
}

#[tokio::test]
async fn an_edit_is_reviewed_first_then_saved_and_can_be_rolled_back() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    let edit = format!("{path}/edit");
    ada.get(&edit)
        .await
        .says("Review the change")
        .does_not_say("s3cret");
    let wrong = [("version", "1"), ("v.0.4", "20"), ("v.0.2", "javascript:x")];
    let refused = ada.post_form(&edit, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused
        .says("240 to 2560")
        .says("cannot be loaded")
        .says("Nothing was changed");
    let values = [("version", "1"), ("v.0.4", "600"), ("v.0.7", "n3w-one")];
    let review = ada.post_form(&edit, &values).await;
    assert_eq!(review.status, StatusCode::OK, "{}", review.text);
    review
        .says("Nothing has been changed yet")
        .says("550")
        .says("600");
    let history = format!("{path}/history");
    ada.get(&history).await.does_not_say("Version 2");
    let confirmed = [&values[..], &[("confirmed", "1")]].concat();
    let done = ada.post_form(&edit, &confirmed).await;
    assert_eq!(done.location(), path);
    let detail = ada.get(&path).await;
    detail
        .says("Vendor default: 550")
        .says("by Ada Tester")
        .does_not_say("n3w-one");
    let stale = ada.post_form(&edit, &confirmed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.says("changed meanwhile");
    ada.get(&history)
        .await
        .says("Version 2: Edited")
        .says("Ada Tester")
        .does_not_say("n3w-one");
    let back = [("version", "1"), ("seen", "2")];
    let back = ada.post_form(&format!("{path}/rollback"), &back).await;
    assert_eq!(back.location(), history);
    ada.get(&history)
        .await
        .says("Version 3: Rolled back to version 1");
    ada.get(&path).await.does_not_say("Vendor default: 550");
    let rita = house.sign_in("Rita").await;
    for (place, form) in [
        ("edit", &values[..]),
        ("rollback", &[("version", "1"), ("seen", "3")]),
    ] {
        let refused = rita.post_form(&format!("{path}/{place}"), form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{place}");
    }
}

#[tokio::test]
async fn secrets_stay_behind_dots_until_an_admin_looks_and_that_is_noted() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    ada.get(&path)
        .await
        .says("looks like a secret")
        .does_not_say("s3cret");
    let seen = ada.post_form(&format!("{path}/reveal"), &[]).await;
    seen.says("s3cret").says("Hide them");
    let trail = "/lightning/setup/rows/SetupAuditTrail";
    ada.get(trail)
        .await
        .says("Looked at the secrets of call center Acme Phone");
    // The file is complete; a client of the API reads no secrets of the maker's.
    let file = ada.get(&format!("{path}/export?kind=metadata")).await;
    file.says("<name>pbxPassword</name>").says("s3cret&lt;");
    let name = file.headers["content-disposition"].to_str().unwrap();
    assert!(name.contains("AcmePhone.callCenter-meta.xml"), "{name}");
    // An empty secret is one that stays; it is emptied when that is asked for.
    let edit = format!("{path}/edit");
    let kept = [("version", "1"), ("v.0.7", ""), ("confirmed", "1")];
    ada.post_form(&edit, &kept).await;
    let rows = house.store.call_centers().await.unwrap();
    let acme = rows
        .iter()
        .find(|c| c.definition.internal_name == "AcmePhone")
        .unwrap();
    assert_eq!(acme.definition.item("pbxPassword"), Some("s3cret<"));
    let emptied = [&kept[..], &[("empty.0.7", "1")]].concat();
    ada.post_form(&edit, &emptied).await;
    let center = house.store.call_center(&acme.id).await.unwrap().unwrap();
    assert_eq!(center.definition.item("pbxPassword"), Some(""));
}

#[tokio::test]
async fn the_misspelt_mode_is_explained_and_mended_with_one_click() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    ada.get(&path)
        .await
        .says("did you mean reqSalesforceCompatibilityMode")
        .says("Classic API alone");
    let done = ada.post_form(&format!("{path}/mend-mode"), &[]).await;
    assert_eq!(done.location(), path);
    ada.get(&path)
        .await
        .says("https://phone.example/a")
        .does_not_say("did you mean")
        .does_not_say("Classic API alone");
}

#[tokio::test]
async fn a_call_center_is_cloned_under_a_good_and_free_name() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    let clone = format!("{path}/clone");
    for (internal, status) in [
        ("1st", StatusCode::UNPROCESSABLE_ENTITY),
        ("with space", StatusCode::UNPROCESSABLE_ENTITY),
        ("", StatusCode::UNPROCESSABLE_ENTITY),
        ("ACMEPHONE", StatusCode::CONFLICT),
    ] {
        let names = [("internal_name", internal), ("display_name", "Second")];
        let refused = ada.post_form(&clone, &names).await;
        assert_eq!(refused.status, status, "{internal}");
    }
    let names = [("internal_name", "Acme2"), ("display_name", "Second")];
    let done = ada.post_form(&clone, &names).await;
    ada.get(done.location())
        .await
        .says("Second")
        .says("0 users");
}

#[tokio::test]
async fn metadata_is_imported_under_the_name_of_its_file_or_its_settings() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let read = offhook_org::cti::call_center_xml::import(FILE.as_bytes()).unwrap();
    let metadata = offhook_org::cti::call_center_xml::export_metadata(&read.call_center);
    let named = metadata.replace(
        "{&quot;",
        "{&quot;reqInternalName&quot;:&quot;Acme9&quot;,&quot;",
    );
    let preview = ada
        .post_file(&format!("{CENTERS}/import"), "file", named.as_bytes())
        .await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    preview
        .says("It is metadata")
        .says("Acme9")
        .does_not_say("<td class=\"oh-setup__value\">s3cret");
}

#[tokio::test]
async fn many_users_are_added_at_once_with_an_answer_for_each() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    let users = format!("{path}/users");
    let chosen = [
        ("user", house.sam.as_str()),
        ("user", house.rita.as_str()),
        ("user", "005000000009999AAA"),
    ];
    let answer = ada.post_form(&format!("{users}/add"), &chosen).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer
        .says("1 user was changed, 2 refused")
        .says("Rita Tester is in the call center Offhook Phone")
        .says("is not an active user");
    let moved = ada.post_form(&format!("{users}/move"), &chosen[..2]).await;
    moved
        .says("1 user was changed, 0 refused")
        .says("Was in it already");
    let none = ada.post_form(&format!("{users}/add"), &[("q", "x")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nonsense = ada
        .post_form(&format!("{users}/add"), &[("user", "x")])
        .await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
    let all = [("all", "1"), ("who", "all")];
    let all = ada.post_form(&format!("{users}/add"), &all).await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text);
    all.says("Ada Tester")
        .says("Ray Tester is in the call center");
    let rita = house.sign_in("Rita").await;
    for place in ["add", "move", "remove"] {
        let refused = rita.post_form(&format!("{users}/{place}"), &chosen).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{place}");
    }
}

#[tokio::test]
async fn a_public_group_gives_its_members_the_phone_and_takes_it_with_it() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let path = imported(&house).await;
    let group = house
        .create("Group", &[("Name", "Phone People"), ("Type", "Regular")])
        .await;
    for user in [&house.sam, &house.rita] {
        let member = [
            ("GroupId", group.as_str()),
            ("UserOrGroupId", user.as_str()),
        ];
        house.create("GroupMember", &member).await;
    }
    ada.get(&format!("{path}/users")).await.says("Phone People");
    let map = [("group", group.as_str())];
    let done = ada.post_form(&format!("{path}/groups"), &map).await;
    assert_eq!(done.location(), format!("{path}/users"));
    ada.get(&format!("{path}/users"))
        .await
        .says("Group Phone People")
        .says("Sam Tester");
    ada.get(CENTERS).await.says("Nothing was switched");
    ada.get(&format!("{CENTERS}/conflicts"))
        .await
        .says("Rita Tester")
        .says("Offhook Phone");
    let check = format!("/lightning/setup/users/{}/phone", house.sam);
    ada.get(&check)
        .await
        .says("through the public group Phone People");
    let remove = format!("{path}/groups/{group}/remove");
    ada.get(&remove).await.says("Sam Tester");
    ada.post_form(&remove, &[]).await;
    ada.get(&format!("{path}/users"))
        .await
        .says("Nobody has this phone yet");
}

#[tokio::test]
async fn every_link_between_a_user_and_a_phone_is_told_with_where_it_is_mended() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let check = async |user: &offhook_org::RecordId| {
        ada.get(&format!("/lightning/setup/users/{user}/phone"))
            .await
    };
    check(&house.rita)
        .await
        .says("Rita Tester has a phone")
        .says("This server gives the page itself")
        .says("the default: no layout is assigned");
    check(&house.sam)
        .await
        .says("has no phone that works: The user is in no call center");
    let system = UserContext::system();
    let closed = center("Closed", "Closed Phone", "http://127.0.0.1:1/phone");
    let closed = house
        .store
        .import_call_center(&system, &closed)
        .await
        .unwrap();
    house
        .store
        .add_call_center_user(&system, &closed, &house.sam)
        .await
        .unwrap();
    check(&house.sam)
        .await
        .says("was not reached from this server");
    house
        .store
        .set_frozen(&system, &house.sam, true)
        .await
        .unwrap();
    check(&house.sam).await.says("The user is frozen");
    let nobody = ada
        .get("/lightning/setup/users/005000000009999AAA/phone")
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/setup/users/{}/phone", house.rita);
    assert_eq!(rita.get(&path).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_layout_is_made_assigned_and_reaches_the_adapter_of_that_profile_alone() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let new = "/lightning/setup/softphone-layout-new";
    let form = [
        ("name", "Sales Layout"),
        ("no_match", "*page"),
        ("no_match_page", "Caller"),
        ("single_match", "detail_page"),
        ("multiple_matches", ""),
        ("open_within", "NewWindow"),
        ("inbound.Lead.position", "1"),
        ("inbound.Lead.field", "Company"),
        ("inbound.Lead.field", "Name"),
        ("inbound.Lead.order.Name", "1"),
        ("inbound.Lead.order.Company", "2"),
        ("inbound.call_field", "QUEUE"),
    ];
    let done = ada.post_form(new, &form).await;
    assert_eq!(done.location(), format!("{LAYOUTS}/Sales%20Layout"));
    let twice = ada.post_form(new, &form).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let nameless = ada.post_form(new, &form[1..]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let assignment = "/lightning/setup/softphone-layout-assignment";
    let profiles = house.store.layout_assignments().await.unwrap();
    let reps = profiles
        .iter()
        .find(|p| p.profile_name == "Sales Rep")
        .unwrap();
    let field = format!("layout.{}", reps.profile);
    let assigned = [(field.as_str(), "Sales Layout")];
    assert_eq!(
        ada.post_form(assignment, &assigned).await.location(),
        assignment
    );
    let ghost = [(field.as_str(), "Ghost")];
    let refused = ada.post_form(assignment, &ghost).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);

    let rita = house.sign_in("Rita").await;
    let told = rita.call("getSoftphoneLayout", serde_json::json!({})).await;
    let inbound = &told["reply"]["returnValue"]["Inbound"];
    assert_eq!(inbound["callRelatedFields"], serde_json::json!(["QUEUE"]));
    let fields = inbound["objects"]["Lead"].as_array().unwrap();
    assert_eq!(
        (fields[0]["apiName"].as_str(), fields.len()),
        (Some("Name"), 2)
    );
    let pops = &inbound["screenPopSettings"];
    assert_eq!(pops["screenPopsOpenWithin"], "NewWindow");
    assert_eq!(pops["NoMatch"]["screenPopData"], "Caller");
    assert_eq!(pops["MultipleMatches"]["screenPopType"], "DoNotPop");

    let used = ada
        .post_form(&format!("{LAYOUTS}/Sales%20Layout/delete"), &[])
        .await;
    assert_eq!(used.status, StatusCode::CONFLICT);
    used.says("Sales Rep");
    let default = [(field.as_str(), "")];
    ada.post_form(assignment, &default).await;
    let told = rita.call("getSoftphoneLayout", serde_json::json!({})).await;
    let first = &told["reply"]["returnValue"]["Inbound"]["callRelatedFields"][0];
    assert_eq!(first, "ANI");
    let gone = ada
        .post_form(&format!("{LAYOUTS}/Sales%20Layout/delete"), &[])
        .await;
    assert_eq!(gone.location(), LAYOUTS);
}

#[tokio::test]
async fn the_pages_of_layouts_open_for_an_admin_and_for_nobody_else() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    for path in [
        "/lightning/setup/softphone-layout-new",
        "/lightning/setup/softphone-layout-assignment",
    ] {
        assert_eq!(ada.get(path).await.status, StatusCode::OK);
        assert_eq!(rita.get(path).await.status, StatusCode::FORBIDDEN);
    }
}

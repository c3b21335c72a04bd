//! The tables of rights in Setup, what explains access, and the check of the audit trail.

use axum::http::StatusCode;
use offhook_org::record::Fields;
use offhook_org::save::Strictness;
use offhook_org::{FieldName, RecordId, UserContext, Value};

use crate::house::House;

/// The id in the address that an answer leads to.
fn last_part(location: &str) -> String {
    let path = location.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn rights_are_one_table_with_one_save_and_can_be_copied_and_compared() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let set = [("Name", "Callers"), ("Label", "Callers")];
    let set = house.create("PermissionSet", &set).await;
    let page = format!("/lightning/setup/rights/{set}");
    let shown = ada.get(&page).await;
    shown
        .says("Rights of Callers")
        .says("name=\"Lead.Edit\"")
        .says("name=\"CtiAccess\"");
    let saved = ada
        .post_form(
            &page,
            &[("shown", ""), ("Lead.Edit", "true"), ("CtiAccess", "true")],
        )
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let shown = ada.get(&page).await;
    shown.says(
        "name=\"Lead.Read\" value=\"true\" aria-label=\"Read Leads\" data-needs=\"\" checked",
    );
    // Somebody else gave Create in the meantime; a save of an older page leaves it.
    let kept = [
        ("shown", "Lead.Read Lead.Edit CtiAccess"),
        ("Lead.Read", "true"),
    ];
    ada.post_form(
        &page,
        &[&kept[..], &[("Lead.Create", "true"), ("CtiAccess", "true")]].concat(),
    )
    .await;
    let older = [("shown", "Lead.Read CtiAccess"), ("Lead.Read", "true")];
    ada.post_form(&page, &older).await;
    let rights = house.store.rights_set(&set).await.unwrap().unwrap().rights;
    let gives = |operation| rights.gives("Lead", operation);
    use offhook_org::access::Operation::{Create, Edit, Read};
    assert!(gives(Read) && gives(Create) && !gives(Edit));
    assert!(rights.permissions.is_empty());

    let fields = format!("{page}/fields/Lead");
    ada.get(&fields)
        .await
        .says("Callers: fields of Lead")
        .says("name=\"Rating.Edit\"");
    let saved = ada
        .post_form(&fields, &[("shown", ""), ("Rating.Edit", "true")])
        .await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let copied = ada
        .post_form(&format!("{page}/copy"), &[("name", "Callers West")])
        .await;
    assert_eq!(copied.status, StatusCode::SEE_OTHER, "{}", copied.text);
    let copy = last_part(copied.location());
    let compared = ada.get(&format!("{page}/compare?with={copy}")).await;
    compared.says("Callers and Callers West give the same");
    ada.post_form(
        &format!("/lightning/setup/rights/{copy}"),
        &[("shown", ""), ("EditTask", "true")],
    )
    .await;
    let compared = ada.get(&format!("{page}/compare?with={copy}")).await;
    compared.says("Edit Tasks").does_not_say("Lead: Rating");
    let twice = ada
        .post_form(&format!("{page}/copy"), &[("name", "Callers West")])
        .await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    twice.says("duplicate value");
    let rita = house.sign_in("Rita").await;
    assert_eq!(rita.get(&page).await.status, StatusCode::FORBIDDEN);
    let denied = rita
        .post_form(&page, &[("shown", ""), ("ViewAllData", "true")])
        .await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert_eq!(
        ada.get("/lightning/setup/rights/0PS000000009999AAA")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn what_a_user_sees_is_explained_and_who_sees_a_record() {
    let house = House::new().await;
    let lead = [("LastName", "Secret"), ("Company", "Hidden Inc")];
    let lead = house.create_for(&house.ray, "Lead", &lead).await;
    let ada = house.sign_in("Ada").await;
    let of = |user| format!("/lightning/setup/users/{user}/access?object=Lead&record={lead}");
    let rita = ada.get(&of(&house.rita)).await;
    rita.says("What may Rita Tester see")
        .says("No access")
        .says("Share the record by hand");
    rita.says("Profile Sales Rep");
    let ray = ada.get(&of(&house.ray)).await;
    ray.says("Full access: the user owns it");
    let readers = ada
        .get(&format!("/lightning/setup/sharing/record/{lead}"))
        .await;
    readers
        .says("Ray Tester")
        .says("Modify All of the object")
        .does_not_say("Rita Tester");
    let nowhere = ada
        .get(&format!(
            "/lightning/setup/users/{}/access?record=00Qxx",
            house.rita
        ))
        .await;
    nowhere.says("There is no such record");
    let rita = house.sign_in("Rita").await;
    for path in [
        of(&house.ray),
        format!("/lightning/setup/sharing/record/{lead}"),
    ] {
        assert_eq!(rita.get(&path).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_audit_trail_is_checked_and_written_by_nobody() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let admin = house
        .store
        .user_context(ada.session_user())
        .await
        .unwrap()
        .unwrap();
    let hostile = "a\r\nb\u{1b}[31m<b>";
    house
        .store
        .audit(&admin, "Test", "did", hostile)
        .await
        .unwrap();
    let page = ada.get("/lightning/setup/audit-trail/verify").await;
    page.says("Whole").says("Head of the trail");
    let trail = ada.get("/lightning/setup/rows/SetupAuditTrail").await;
    trail
        .says("Check the trail")
        .does_not_say("\u{1b}")
        .does_not_say("<b>");
    let system = UserContext::system();
    let soql = "SELECT Id FROM SetupAuditTrail ORDER BY Id DESC LIMIT 1";
    let options = offhook_store::org::query::QueryOptions {
        all_rows: false,
        batch_size: 200,
        api_version: 64,
        now_ms: crate::house::now_ms(),
    };
    let found = house.store.query(&system, soql, options).await.unwrap();
    let row = found.rows[0].id.clone().unwrap();
    for path in [format!("{row}"), format!("{row}/delete"), "new".to_owned()] {
        let path = format!("/lightning/setup/rows/SetupAuditTrail/{path}");
        let tried = ada.post_form(&path, &[("Display", "nothing")]).await;
        assert_ne!(tried.status, StatusCode::SEE_OTHER, "{path}");
    }
    let path = format!("/lightning/r/SetupAuditTrail/{row}/edit");
    assert_ne!(
        ada.post_form(&path, &[("Display", "x")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(house.store.delete(&admin, &row).await.is_err());
    // What differs from what was kept elsewhere is told.
    let anchor = offhook_store::AuditAnchor {
        number: 1,
        hash: "0".repeat(64),
    };
    offhook_store::audit_anchors::keep(house.folder(), &anchor, 0).unwrap();
    ada.get("/lightning/setup/audit-trail/verify")
        .await
        .says("Not whole")
        .says("differs from");
}

#[tokio::test]
async fn roles_stand_as_a_tree_that_grows_moves_and_never_holds_itself() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    let (tree, rows) = ("/lightning/setup/roles", "/lightning/setup/rows/UserRole");
    assert_eq!(rita.get(tree).await.status, StatusCode::FORBIDDEN);
    let made = async |name: &str, parent: &str| {
        let fields = [("Name", name), ("ParentRoleId", parent)];
        let made = ada.post_form(&format!("{rows}/new"), &fields).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
        made.location().rsplit('/').next().unwrap().to_owned()
    };
    let top = made("Zenith <b>", "").await;
    let middle = made("Middle", &top).await;
    let low = made("Low", &middle).await;
    let in_role = Fields::from([(
        FieldName::new("UserRoleId"),
        Value::Reference(RecordId::parse(&low).unwrap()),
    )]);
    let system = UserContext::system();
    let put = (house.store).update(&system, &house.rita, &in_role, Strictness::Strict, None);
    put.await.unwrap();

    let page = ada.get(tree).await;
    page.says("Zenith &#60;b&#62;").says("Rita Tester");
    page.says(&format!("{rows}/new?ParentRoleId={middle}"));
    let place = |id: &str| page.text.find(&format!("id=\"role-{id}\"")).unwrap();
    assert!(place(&top) < place(&middle) && place(&middle) < place(&low));
    let between = &page.text[place(&middle)..place(&low)];
    assert!(
        between.contains("<ul>") && !between.contains("</ul>"),
        "it stands below"
    );
    let form = ada.get(&format!("{rows}/new?ParentRoleId={middle}")).await;
    form.says(&format!("value=\"{middle}\" selected"));

    let below_itself = [("Name", "Zenith"), ("ParentRoleId", low.as_str())];
    let refused = ada.post_form(&format!("{rows}/{top}"), &below_itself).await;
    refused.says("the role would be below itself");
    let moved = [("Name", "Low and behold"), ("ParentRoleId", top.as_str())];
    ada.post_form(&format!("{rows}/{low}"), &moved).await;
    let page = ada.get(tree).await;
    page.says("Low and behold");
    let refused = ada.post_form(&format!("{rows}/{low}/delete"), &[]).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER, "Rita is in it");
    ada.get(&format!("{rows}/{middle}/delete"))
        .await
        .says("Middle");
    let gone = ada.post_form(&format!("{rows}/{middle}/delete"), &[]).await;
    assert_eq!(gone.location(), tree);
    ada.get(tree).await.does_not_say("Middle");
}

#[tokio::test]
async fn who_arranges_sharing_gets_from_a_record_to_who_reaches_it() {
    let house = House::new().await;
    let (ada, rita) = (house.sign_in("Ada").await, house.sign_in("Rita").await);
    let lead = [("LastName", "Doe"), ("Company", "Acme")];
    let lead = house.create_for(&house.rita, "Lead", &lead).await;
    let (page, sharing) = (
        format!("/lightning/r/Lead/{lead}/view"),
        format!("/lightning/setup/sharing/record/{lead}"),
    );
    ada.get(&page).await.says(&sharing);
    rita.get(&page).await.does_not_say(&sharing);
    ada.get(&sharing).await.says("Rita Tester");
}

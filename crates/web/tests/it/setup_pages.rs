//! Record types, page layouts and list views, as an admin makes them and a rep meets them.

use axum::http::StatusCode;
use offhook_org::RecordId;
use offhook_org::access::ProfileName;
use offhook_org::schema::{ListAudience, ListScope};

use crate::house::{Answer, Browser, House};

const CASE: &str = "/lightning/setup/object-manager/Case";

/// What is saved goes somewhere else; what is not, says why.
fn saved(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.location().to_owned()
}

fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("Nothing was saved.").says(words);
}

async fn profile(house: &House, name: &str) -> ProfileName {
    let profiles = house.store.profiles().await.unwrap();
    profiles.into_iter().find(|p| p.name == name).unwrap()
}

async fn make_type(ada: &Browser<'_>, label: &str) -> String {
    let form = [("label", label), ("active", "yes"), ("given", "all")];
    let made = ada
        .post_form(&format!("{CASE}/record-types/new"), &form)
        .await;
    let page = saved(&made);
    page.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_record_type_is_made_narrowed_assigned_and_deleted() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    ada.get(CASE).await.says("Record Types").says("List Views");
    let types = format!("{CASE}/record-types");
    ada.get(&types).await.says("012000000000000AAA");
    let id = make_type(&ada, "Repair").await;
    let twice = [("label", "Repair"), ("active", "yes")];
    let twice = ada.post_form(&format!("{types}/new"), &twice).await;
    refused(&twice, "Case has a record type Repair");
    let own = format!("{types}/{id}");
    ada.get(&own).await.says("all 3 values").says("Escalated");
    let mut narrowed = vec![("label", "Repair"), ("name", "Repair"), ("active", "yes")];
    narrowed.extend([
        ("picklist", "Status"),
        ("values.Status", "Working"),
        ("values.Status", "Closed"),
        ("default.Status", "New"),
    ]);
    let wrong = ada.post_form(&own, &narrowed).await;
    refused(&wrong, "the default New of Status is not among them");
    narrowed.pop();
    narrowed.push(("default.Status", "Working"));
    saved(&ada.post_form(&own, &narrowed).await);
    let rep = profile(&house, "Sales Rep").await;
    let rep = rep.id.unwrap().to_string();
    let (has, default) = (format!("has.{rep}"), format!("default.{rep}"));
    let access = format!("{types}/access");
    ada.get(&access).await.says("Sales Rep chooses Repair");
    let given = [("profile", rep.as_str()), (default.as_str(), id.as_str())];
    let wrong = ada.post_form(&access, &given).await;
    refused(
        &wrong,
        "the default of Sales Rep is not among those that it has",
    );
    let given = [given[0], given[1], (has.as_str(), id.as_str())];
    saved(&ada.post_form(&access, &given).await);
    let rita = house.sign_in("Rita").await;
    let made = rita
        .post_form("/lightning/o/Case/new", &[("Status", "Working")])
        .await;
    let path = saved(&made);
    let case = path.split('/').nth(4).unwrap();
    let case = RecordId::parse(case).unwrap();
    let type_of = |id: &RecordId| {
        let id = id.clone();
        let store = house.store.clone();
        async move {
            let system = offhook_org::UserContext::system();
            let record = store.record(&system, &id).await.unwrap().unwrap();
            record.get("RecordTypeId").as_reference().cloned()
        }
    };
    assert_eq!(type_of(&case).await.unwrap().as_str(), id);
    let delete = format!("{own}/delete");
    ada.get(&delete).await.says("1 record has");
    refused(&ada.post_form(&delete, &[]).await, "records have it");
    saved(&ada.post_form(&delete, &[("replace_with", "master")]).await);
    assert_eq!(type_of(&case).await, None);
    ada.get("/lightning/setup/rows/SetupAuditTrail")
        .await
        .says("Deleted record type Repair of Case");
}

#[tokio::test]
async fn a_layout_is_arranged_by_buttons_and_seen_by_whom_it_is_assigned_to() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let layouts = format!("{CASE}/layouts");
    let list = ada.get(&layouts).await;
    list.says("Case Layout").says("All profiles");
    let standard = house
        .store
        .schema()
        .object("Case")
        .unwrap()
        .default_layout();
    ada.get(&format!("{layouts}/access"))
        .await
        .says("There is one layout only");
    let copy = [("name", "Short"), ("like", standard.id.as_str())];
    let own = saved(&ada.post_form(&format!("{layouts}/new"), &copy).await);
    let again = ada.post_form(&format!("{layouts}/new"), &copy).await;
    refused(&again, "there is a layout Short already");
    let draft = [
        ("name", "Short"),
        ("section", "Just this"),
        ("columns", "1"),
        ("field", "Subject"),
        ("required", "Subject"),
        ("field", "Origin"),
        ("read_only", "Origin"),
        ("field", "Status"),
        ("section", "More"),
        ("columns", "2"),
    ];
    let with = |more: (&'static str, &'static str)| {
        let mut form = draft.to_vec();
        form.push(more);
        form
    };
    let order = |answer: &Answer| -> Vec<String> {
        let parts = answer.text.split("name=\"field\" value=\"").skip(1);
        parts
            .map(|part| part.split('"').next().unwrap().to_owned())
            .collect()
    };
    let moved = ada.post_form(&own, &with(("do", "field-up:Status"))).await;
    assert_eq!(moved.status, StatusCode::OK);
    moved.says("Not saved yet.");
    assert_eq!(order(&moved), ["Subject", "Status", "Origin"]);
    let moved = ada
        .post_form(&own, &with(("do", "field-down:Status")))
        .await;
    assert_eq!(order(&moved), ["Subject", "Origin", "Status"]);
    let off = ada.post_form(&own, &with(("do", "field-off:Origin"))).await;
    assert_eq!(order(&off), ["Subject", "Status"]);
    let mut adding = with(("add.1", "Priority"));
    adding.push(("do", "field-add:1"));
    let added = ada.post_form(&own, &adding).await;
    assert_eq!(order(&added), ["Subject", "Origin", "Status", "Priority"]);
    let gone = ada.post_form(&own, &with(("do", "section-up:1"))).await;
    let (more, just) = (
        gone.text.find("value=\"More\""),
        gone.text.find("value=\"Just this\""),
    );
    assert!(more < just);
    let lacking: Vec<_> = draft
        .iter()
        .copied()
        .filter(|(_, v)| *v != "Status")
        .collect();
    let lacking = ada.post_form(&own, &lacking).await;
    refused(
        &lacking,
        "Status is required, and must be on every layout; put it back",
    );
    saved(&ada.post_form(&own, &draft).await);
    let rita = house.sign_in("Rita").await;
    rita.get("/lightning/o/Case/new")
        .await
        .says("Case Origin")
        .says("Description");
    let rep = profile(&house, "Sales Rep").await.id.unwrap();
    let cell = format!("cell.{rep}.any");
    let id = own.rsplit('/').next().unwrap();
    let assigned = [(cell.as_str(), id)];
    saved(&ada.post_form(&format!("{layouts}/access"), &assigned).await);
    let page = rita.get("/lightning/o/Case/new").await;
    page.says("Just this").does_not_say("Description");
    let form = [("Status", "New"), ("Subject", "")];
    let refusal = rita.post_form("/lightning/o/Case/new", &form).await;
    refusal.says("Required fields are missing: [Subject]");
    let used = ada.post_form(&format!("{own}/delete"), &[]).await;
    refused(&used, "it is assigned to profiles");
    saved(&ada.post_form(&format!("{layouts}/access"), &[]).await);
    saved(&ada.post_form(&format!("{own}/delete"), &[]).await);
    assert_eq!(
        house.store.schema().object("Case").unwrap().layouts.len(),
        1
    );
    ada.get("/lightning/setup/rows/SetupAuditTrail")
        .await
        .says("Deleted page layout Short of Case");
}

#[tokio::test]
async fn a_list_view_is_made_with_logic_and_its_mistakes_are_told_with_their_place() {
    let house = House::new().await;
    let ada = house.sign_in("Ada").await;
    let views = format!("{CASE}/list-views");
    ada.get(&views).await.says("All Cases").says("Standard");
    let new = format!("{views}/new");
    ada.get(&new).await.says("Filter logic");
    let form = |logic: &'static str, value: &'static str| {
        vec![
            ("label", "Hot ones"),
            ("scope", "mine"),
            ("filter_field", "Priority"),
            ("filter_operator", "equals"),
            ("filter_value", "High"),
            ("filter_field", "CreatedDate"),
            ("filter_operator", "greaterOrEqual"),
            ("filter_value", value),
            ("filter_field", ""),
            ("filter_operator", "equals"),
            ("filter_value", ""),
            ("logic", logic),
            ("column", "CaseNumber"),
            ("column", "Subject"),
            ("sort", "CreatedDate"),
            ("direction", "desc"),
            ("shown_to", "everyone"),
        ]
    };
    let wrong = ada.post_form(&new, &form("", "soon")).await;
    refused(&wrong, "Filter 2: “soon” is no date");
    let wrong = ada.post_form(&new, &form("1 OR", "TODAY")).await;
    refused(
        &wrong,
        "Filter Logic: at character 5: the number of a filter is missing here",
    );
    wrong.says("value=\"TODAY\"");
    let mut step = form("1 OR 2", "TODAY");
    step.extend([("new_column", "Status"), ("do", "column-add")]);
    let step = ada.post_form(&new, &step).await;
    assert_eq!(step.status, StatusCode::OK);
    step.says("name=\"column\" value=\"Status\"");
    saved(&ada.post_form(&new, &form("1 OR 2", "TODAY")).await);
    let made = house.store.schema().object("Case").unwrap().list_views[0].clone();
    assert_eq!(
        (made.developer_name.as_str(), &made.scope),
        ("Hot_ones", &ListScope::Mine)
    );
    assert_eq!(made.shown_to, ListAudience::Everyone);
    let own = format!("{views}/{}", made.id);
    ada.get(&own).await.says("1 OR 2").says("Hot ones");
    let mut nobody = form("1 OR 2", "TODAY");
    nobody.retain(|(name, _)| *name != "shown_to");
    nobody.push(("shown_to", "groups"));
    let nobody = ada.post_form(&own, &nobody).await;
    refused(&nobody, "Visible to: choose a group that sees it");
    saved(&ada.post_form(&format!("{own}/delete"), &[]).await);
    assert!(
        house
            .store
            .schema()
            .object("Case")
            .unwrap()
            .list_views
            .is_empty()
    );
    let rita = house.sign_in("Rita").await;
    for page in ["record-types", "layouts", "list-views", "layouts/access"] {
        let answer = rita.get(&format!("{CASE}/{page}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
    }
}

//! Lists, records, forms and search, as a rep sees them.

use axum::http::StatusCode;
use offhook_org::RecordId;

use crate::house::{Answer, House};

/// What an attacker would like to be called.
const SCRIPT: &str = "\"><script>alert(1)</script>";

fn view(object: &str, id: &RecordId) -> String {
    format!("/lightning/r/{object}/{id}/view")
}

/// The id of the record that an answer leads to.
fn made(answer: &Answer) -> RecordId {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let id = answer.location().split('/').nth(4).unwrap();
    RecordId::parse(id).unwrap()
}

/// The part of a page around a form's control.
fn control<'a>(answer: &'a Answer, field: &str) -> &'a str {
    let label = format!("for=\"field-{field}\"");
    let (_, rest) = answer
        .text
        .split_once(&label)
        .unwrap_or_else(|| panic!("no {field}"));
    let end = rest
        .find("class=\"slds-form-element\"")
        .unwrap_or(rest.len());
    &rest[..end]
}

fn rows(answer: &Answer) -> usize {
    answer.text.matches("<th scope=\"row\"").count()
}

#[tokio::test]
async fn a_long_list_comes_page_by_page() {
    let house = House::new().await;
    for number in 0..53 {
        house
            .create("Contact", &[("LastName", &format!("Number {number:02}"))])
            .await;
    }
    let rita = house.sign_in("Rita").await;
    let first = rita.get("/lightning/o/Contact/list").await;
    first
        .says("1–50 of 53 items")
        .says("Number 00")
        .says("Number 49");
    first.does_not_say("Number 50").does_not_say("rel=\"prev\"");
    assert_eq!(rows(&first), 50);
    let second = rita
        .get("/lightning/o/Contact/list?filterName=all&page=2")
        .await;
    second
        .says("51–53 of 53 items")
        .says("Number 52")
        .says("rel=\"prev\"");
    second.does_not_say("rel=\"next\"");
    assert_eq!(rows(&second), 3);
    let beyond = rita.get("/lightning/o/Contact/list?page=9").await;
    assert_eq!(
        beyond.location(),
        "/lightning/o/Contact/list?filterName=all"
    );
}

#[tokio::test]
async fn a_list_is_searched_sorted_and_kept_to_mine() {
    let house = House::new().await;
    for name in ["Alder", "Birch", "Alderman"] {
        house
            .create_for(&house.rita, "Contact", &[("LastName", name)])
            .await;
    }
    house
        .create_for(&house.ray, "Contact", &[("LastName", "Alderton")])
        .await;
    let rita = house.sign_in("Rita").await;
    let found = rita
        .get("/lightning/o/Contact/list?filterName=mine&q=alder")
        .await;
    assert_eq!(rows(&found), 2);
    found.does_not_say("Alderton").does_not_say("Birch");
    let turned = rita
        .get("/lightning/o/Contact/list?sort=Name&dir=desc")
        .await;
    turned.says("aria-sort=\"descending\"");
    let place = |name: &str| turned.text.find(&format!(">{name}</a>")).unwrap();
    assert!(place("Birch") < place("Alderton") && place("Alderman") < place("Alder"));
    let none = rita.get("/lightning/o/Contact/list?q=zz").await;
    none.says("Nothing here matches")
        .says("Show the whole list");
    rita.get("/lightning/o/Lead/list?filterName=mine")
        .await
        .says("You own no leads.");
}

#[tokio::test]
async fn a_name_that_is_script_is_only_text_on_every_page() {
    let house = House::new().await;
    let account = house
        .create("Account", &[("Name", SCRIPT), ("Phone", SCRIPT)])
        .await;
    let fields = [
        ("LastName", SCRIPT),
        ("AccountId", account.as_str()),
        ("Email", "a@b.example"),
    ];
    let contact = house.create_for(&house.rita, "Contact", &fields).await;
    let rita = house.sign_in("Rita").await;
    let search = format!("/lightning/search?q={}", "%22%3E%3Cscript%3E");
    for path in [
        "/lightning/o/Account/list".to_owned(),
        "/lightning/o/Contact/list?filterName=mine&q=%22%3E%3Cscript%3E".to_owned(),
        view("Account", &account),
        view("Contact", &contact),
        format!("/lightning/r/Contact/{contact}/edit"),
        format!("/lightning/r/Contact/{contact}/delete"),
        "/lightning/page/home".to_owned(),
        "/lightning/o/Contact/list?filterName=recent".to_owned(),
        search,
    ] {
        let answer = rita.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer
            .does_not_say("<script>alert")
            .does_not_say("\"><script");
    }
}

#[tokio::test]
async fn a_private_lead_of_somebody_else_is_like_one_that_is_not_there() {
    let house = House::new().await;
    let fields = [("LastName", "Secret"), ("Company", "Hidden Ltd")];
    let lead = house.create_for(&house.ray, "Lead", &fields).await;
    let ray = house.sign_in("Ray").await;
    ray.get(&view("Lead", &lead)).await.says("Secret");
    let rita = house.sign_in("Rita").await;
    let none = RecordId::from_serial("00Q", 999_999);
    let body_of = |answer: Answer| {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        let (_, rest) = answer.text.split_once("oh-failure").unwrap();
        rest.to_owned()
    };
    let missing = body_of(rita.get(&view("Lead", &none)).await);
    for what in ["view", "edit", "delete"] {
        let answer = rita.get(&format!("/lightning/r/Lead/{lead}/{what}")).await;
        assert_eq!(body_of(answer), missing, "{what}");
    }
    rita.get("/lightning/o/Lead/list")
        .await
        .does_not_say("Secret");
    rita.get("/lightning/search?q=Secret")
        .await
        .says("Nothing found");
    let taken = rita
        .post_form(&format!("/lightning/r/Lead/{lead}/delete"), &[])
        .await;
    assert_eq!(taken.status, StatusCode::NOT_FOUND);
    assert_eq!(ray.get(&view("Lead", &lead)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_field_that_a_profile_hides_is_nowhere_on_its_pages() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let form = [
        ("Name", "Big deal"),
        ("StageName", "Prospecting"),
        ("CloseDate", "2026-12-01"),
        ("Amount", "125000"),
    ];
    let deal = made(&rita.post_form("/lightning/o/Opportunity/new", &form).await);
    rita.get(&view("Opportunity", &deal))
        .await
        .says("$125,000.00")
        .says("Edit");
    let sam = house.sign_in("Sam").await;
    for path in [
        view("Opportunity", &deal),
        "/lightning/o/Opportunity/list".to_owned(),
    ] {
        let answer = sam.get(&path).await;
        answer
            .says("Big deal")
            .does_not_say("125")
            .does_not_say("Amount");
        answer
            .does_not_say("/lightning/o/Opportunity/new")
            .does_not_say("/edit");
    }
    let refused = sam.get("/lightning/o/Opportunity/new").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says("Your profile does not let you create opportunities");
    let refused = sam
        .get(&format!("/lightning/r/Opportunity/{deal}/edit"))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_record_starts_with_the_values_of_its_link() {
    let house = House::new().await;
    let account = house
        .create("Account", &[("Name", "Northwind, Inc.")])
        .await;
    let rita = house.sign_in("Rita").await;
    let defaults =
        format!("AccountId={account},Phone=%252B1%2520415,LastName=Love%252Clace,Nope=1");
    let path = format!("/lightning/o/Contact/new?defaultFieldValues={defaults}");
    let form = rita.get(&path).await;
    assert!(control(&form, "AccountId").contains("value=\"Northwind, Inc.\""));
    assert!(control(&form, "Phone").contains("value=\"+1 415\""));
    assert!(control(&form, "LastName").contains("value=\"Love,lace\""));
    assert!(control(&form, "OwnerId").contains("value=\"Rita Tester\""));
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_entered_and_says_where_it_is_wrong() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let form = [
        ("FirstName", "Ann"),
        ("LastName", ""),
        ("Email", "not an address"),
    ];
    let refused = rita.post_form("/lightning/o/Contact/new", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused
        .says("Nothing was saved")
        .says("href=\"#field-LastName\"");
    assert!(control(&refused, "FirstName").contains("value=\"Ann\""));
    for field in ["LastName", "Email"] {
        let control = control(&refused, field);
        assert!(control.contains("aria-invalid=\"true\""), "{control}");
        assert!(
            control.contains(&format!("id=\"error-{field}\"")),
            "{control}"
        );
    }
    let fine = [
        ("FirstName", "Ann"),
        ("LastName", "Smith"),
        ("Email", "ann@b.example"),
    ];
    let ann = made(&rita.post_form("/lightning/o/Contact/new", &fine).await);
    rita.get(&view("Contact", &ann))
        .await
        .says("Ann Smith")
        .says("mailto:ann@b.example");
}

#[tokio::test]
async fn a_lookup_is_found_by_name_and_asks_when_the_name_is_not_enough() {
    let house = House::new().await;
    let harbor = house.create("Account", &[("Name", "Harbor")]).await;
    for city in ["Oakland", "Bremen"] {
        house
            .create("Account", &[("Name", "Twin"), ("BillingCity", city)])
            .await;
    }
    let rita = house.sign_in("Rita").await;
    let new = "/lightning/o/Contact/new";
    let by_name = [("LastName", "One"), ("AccountId", "Harbor")];
    let one = made(&rita.post_form(new, &by_name).await);
    rita.get(&view("Contact", &one))
        .await
        .says(&view("Account", &harbor));

    let unknown = [("LastName", ""), ("AccountId", "Nowhere")];
    let refused = rita.post_form(new, &unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("there is no account with the name “Nowhere”");
    refused.says("href=\"#field-LastName\"");

    let several = [("LastName", "Three"), ("AccountId", "Twin")];
    let asked = rita.post_form(new, &several).await;
    asked
        .says("Choose which one")
        .says("Twin (Account, Oakland)")
        .says("Twin (Account, Bremen)");
    let choices = control(&asked, "AccountId");
    let (id, _) = choices.split_once("\">Twin (Account, Bremen)").unwrap();
    let id = &id[id.len() - 18..];
    let chosen = [
        ("LastName", "Three"),
        ("AccountId", "Twin"),
        ("AccountId.name", "Twin"),
        ("AccountId.choice", id),
    ];
    let three = made(&rita.post_form(new, &chosen).await);
    rita.get(&view("Contact", &three))
        .await
        .says(&format!("/lightning/r/Account/{id}/view"));
}

#[tokio::test]
async fn of_two_who_change_a_record_the_second_is_told_and_loses_nothing() {
    let house = House::new().await;
    let rita = house.sign_in("Rita").await;
    let ray = house.sign_in("Ray").await;
    let form = [("LastName", "Smith"), ("Title", "Nurse")];
    let ann = made(&rita.post_form("/lightning/o/Contact/new", &form).await);
    let path = format!("/lightning/r/Contact/{ann}/edit");
    let opened = ray.get(&path).await;
    let since = |answer: &Answer| {
        let (_, rest) = answer.text.split_once("name=\"_since\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let before = since(&opened);
    while since(&rita.get(&path).await) == before {
        let saved = [("LastName", "Smith"), ("Title", "Head nurse")];
        rita.post_form(&path, &saved).await;
        let touched = [("LastName", "Smith"), ("Title", "Matron")];
        rita.post_form(&path, &touched).await;
    }
    let late = [
        ("LastName", "Smith"),
        ("Title", "Doctor"),
        ("_since", &before),
    ];
    let refused = ray.post_form(&path, &late).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("changed by Rita Tester since you opened it");
    let title = control(&refused, "Title");
    assert!(title.contains("value=\"Doctor\""), "{title}");
    assert!(title.contains("Saved meanwhile: Matron"), "{title}");
    rita.get(&view("Contact", &ann))
        .await
        .says("Matron")
        .does_not_say("Doctor");
    let again = [
        ("LastName", "Smith"),
        ("Title", "Doctor"),
        ("_since", &since(&refused)),
    ];
    assert_eq!(
        ray.post_form(&path, &again).await.status,
        StatusCode::SEE_OTHER
    );
    rita.get(&view("Contact", &ann)).await.says("Doctor");
}

#[tokio::test]
async fn a_deleted_record_comes_back_with_undo() {
    let house = House::new().await;
    let ann = house
        .create_for(&house.rita, "Contact", &[("LastName", "Smith")])
        .await;
    let rita = house.sign_in("Rita").await;
    let path = format!("/lightning/r/Contact/{ann}/delete");
    rita.get(&path).await.says("Delete Contact?").says("Smith");
    let answer = rita.post_form(&path, &[]).await;
    assert_eq!(answer.location(), "/lightning/o/Contact/list");
    let told = answer.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert!(told.contains("restore"), "{told}");
    assert_eq!(
        rita.get(&view("Contact", &ann)).await.status,
        StatusCode::NOT_FOUND
    );
    let undo = format!("/lightning/r/Contact/{ann}/restore");
    assert_eq!(
        rita.post_form(&undo, &[]).await.location(),
        view("Contact", &ann)
    );
    rita.get(&view("Contact", &ann)).await.says("Smith");
    // Service agents do not delete contacts.
    let sam = house.sign_in("Sam").await;
    assert_eq!(sam.get(&path).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        sam.post_form(&path, &[]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_task_about_a_record_shows_on_its_timeline_until_it_is_done() {
    let house = House::new().await;
    let ann = house
        .create_for(&house.rita, "Contact", &[("LastName", "Smith")])
        .await;
    let rita = house.sign_in("Rita").await;
    let page = rita.get(&view("Contact", &ann)).await;
    page.says("No activities yet").says("New Task");
    let form = [
        ("Subject", "Send the offer"),
        ("WhoId", "Smith"),
        ("ActivityDate", "2020-02-03"),
        ("Status", "Not Started"),
        ("Priority", "Normal"),
    ];
    let task = made(&rita.post_form("/lightning/o/Task/new", &form).await);
    let page = rita.get(&view("Contact", &ann)).await;
    page.says("Upcoming &#38; Overdue")
        .says("Send the offer")
        .says("Overdue: Feb 3, 2020");
    let home = rita.get("/lightning/page/home").await;
    home.says("Send the offer").says("Overdue: Feb 3, 2020");
    let complete = format!("/lightning/r/Task/{task}/complete");
    let back = [("back", view("Contact", &ann))];
    let back: Vec<(&str, &str)> = back.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = rita.post_form(&complete, &back).await;
    assert_eq!(done.location(), view("Contact", &ann));
    let page = rita.get(&view("Contact", &ann)).await;
    page.says("February 2020")
        .does_not_say("Overdue")
        .does_not_say("Mark complete");
    rita.get("/lightning/page/home")
        .await
        .does_not_say("Send the offer");
}

#[tokio::test]
async fn a_number_in_any_spelling_finds_its_records_and_says_where() {
    let house = House::new().await;
    let fields = [("LastName", "Smith"), ("MobilePhone", "(415) 555-1212")];
    let ann = house.create("Contact", &fields).await;
    let rita = house.sign_in("Rita").await;
    for number in ["%2B1+415+555+1212", "4155551212", "415.555.1212"] {
        let found = rita.get(&format!("/lightning/search?q={number}")).await;
        found
            .says("Smith")
            .says("data-label=\"Matched\">Mobile")
            .says(&view("Contact", &ann));
    }
    let page = rita.get(&view("Contact", &ann)).await;
    page.says("href=\"tel:+14155551212\"")
        .says("data-number=\"+14155551212\"");
    page.says("data-object-type=\"Contact\"")
        .says(&format!("data-record-id=\"{ann}\""));
    rita.get("/lightning/search?q=a")
        .await
        .says("What are you looking for?");
}

#[tokio::test]
async fn related_records_are_listed_and_made_beside_their_record() {
    let house = House::new().await;
    let account = house.create("Account", &[("Name", "Harbor")]).await;
    for number in 0..8 {
        let name = format!("Person {number}");
        let fields = [("LastName", name.as_str()), ("AccountId", account.as_str())];
        house.create("Contact", &fields).await;
    }
    let rita = house.sign_in("Rita").await;
    let page = rita.get(&view("Account", &account)).await;
    page.says("Contacts <span class=\"oh-count\">(8)</span>");
    page.says(&format!("defaultFieldValues=AccountId%3D{account}"));
    let all = format!("/lightning/r/Account/{account}/related/Contact/view");
    page.says(&all);
    let full = rita.get(&all).await;
    assert_eq!(rows(&full), 8);
    full.says("8 items").says("Harbor");
}

#[tokio::test]
async fn addresses_of_the_platform_lead_to_the_right_page() {
    let house = House::new().await;
    let ann = house.create("Contact", &[("LastName", "Smith")]).await;
    let rita = house.sign_in("Rita").await;
    let page = view("Contact", &ann);
    for path in [
        format!("/lightning/r/{ann}"),
        format!("/lightning/r/{ann}/view"),
        format!("/lightning/r/{}/view", ann.short()),
        format!("/lightning/r/contact/{ann}/view"),
        format!("/lightning/r/Contact/{}/view", ann.short()),
    ] {
        assert_eq!(rita.get(&path).await.location(), page, "{path}");
    }
    assert_eq!(rita.get("/").await.location(), "/lightning/page/home");
    let list = rita.get("/lightning/o/Contact/home").await;
    assert_eq!(list.location(), "/lightning/o/Contact/list");
    for path in [
        "/lightning/r/00300000000000",
        "/lightning/o/Nope/list",
        "/lightning/r/x/y/view",
    ] {
        assert_eq!(rita.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

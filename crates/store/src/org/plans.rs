//! The statements that calls and pages run must use an index: their plans on SQLite, which tells
//! them in words.

use offhook_calls::{AgentId, CallId, LogKey};
use offhook_org::{RecordId, UserContext, Value};
use offhook_phone::{Region, lookup_keys};

use super::search_words::{SearchFields, Wanted};
use super::visibility::readable_fields;
use super::{Filter, ListQuery, Order, list, query, search_index, search_phone};
use crate::calls::call_log::task_by_key;
use crate::database::{Dialect, Param, Statement};
use crate::{Store, StoreSettings};

struct Planner {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Planner {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings {
            database_url: format!("sqlite:{}", folder.path().join("plans.db").display()),
            region: Region::parse("US").unwrap(),
            time_zone: "UTC".to_owned(),
        };
        Self {
            store: Store::open(&settings).await.unwrap(),
            _folder: folder,
        }
    }

    /// The plan in words, under the statement.
    async fn plan(&self, statement: &Statement) -> String {
        let mut explain = statement.clone();
        explain.explain("EXPLAIN QUERY PLAN ");
        let rows = self.store.database().read(&explain).await.unwrap();
        let steps: Vec<&str> = rows.iter().map(|row| row.text(3).unwrap()).collect();
        format!("{}\n{}", statement.sql(), steps.join("\n"))
    }

    /// Each step of the plan uses an index, and these are among them. A page of a list that was
    /// found already is gone through.
    async fn check(&self, statement: &Statement, indexes: &[&str]) {
        let plan = self.plan(statement).await;
        let steps = plan.lines().filter(|line| line.starts_with("SCAN"));
        for index in indexes {
            assert!(plan.contains(index), "{index}:\n{plan}");
        }
        for step in steps.filter(|step| *step != "SCAN page") {
            assert!(step.contains("USING"), "{plan}");
        }
    }

    async fn check_list(&self, object: &str, filters: Vec<Filter>, order: &str, index: &str) {
        let user = UserContext::system();
        let object = &self.store.schema().object(object).unwrap().clone();
        for direction in [Order::Ascending, Order::Descending] {
            let query = ListQuery {
                object: object.name.clone(),
                filters: filters.clone(),
                order: Some((order.into(), direction)),
                offset: 0,
                limit: 50,
            };
            let fields = readable_fields(&user, object);
            let dialect = self.store.database().dialect();
            let page = list::page_statement(&user, object, &fields, &query, dialect).unwrap();
            self.check(&page, &[index]).await;
        }
    }
}

#[tokio::test]
async fn a_number_is_found_by_its_keys_alone() {
    let planner = Planner::new().await;
    let keys = lookup_keys("+14155550123", planner.store.region());
    let statement = search_phone::keys_statement(&keys);
    planner
        .check(&statement, &["phone_key_by_key (key=?)"])
        .await;
    assert!(!statement.sql().contains("LIKE"));
}

#[tokio::test]
async fn a_list_by_name_is_read_in_the_order_of_its_index() {
    let planner = Planner::new().await;
    for object in ["Contact", "Account", "Lead", "Opportunity"] {
        let index = format!("org_{}_ordered", object.to_lowercase());
        planner.check_list(object, Vec::new(), "Name", &index).await;
    }
    planner
        .check_list("Case", Vec::new(), "CaseNumber", "org_case_ordered")
        .await;
    planner
        .check_list("Task", Vec::new(), "CreatedDate", "org_task_by_createddate")
        .await;
    let index = "org_contact_by_lastmodifieddate";
    planner
        .check_list("Contact", Vec::new(), "LastModifiedDate", index)
        .await;
}

#[tokio::test]
async fn own_records_are_read_in_the_order_of_their_indexes() {
    let planner = Planner::new().await;
    for (order, index) in [
        ("Name", "org_contact_owned_ownerid (ownerid=?)"),
        ("LastModifiedDate", "org_contact_recent_ownerid (ownerid=?)"),
    ] {
        check_own(&planner, order, index).await;
    }
}

/// A page of the own contacts is found by the index alone, in its order.
async fn check_own(planner: &Planner, order: &str, index: &str) {
    let owner = Value::Reference(RecordId::from_serial("005", 1));
    let mine = vec![Filter::Equals("OwnerId".into(), owner)];
    let user = UserContext::system();
    let contact = &planner.store.schema().object("Contact").unwrap().clone();
    let query = ListQuery {
        object: contact.name.clone(),
        filters: mine,
        order: Some((order.into(), Order::Ascending)),
        offset: 0,
        limit: 50,
    };
    let name = contact.field("Name").unwrap();
    let page = list::page_statement(&user, contact, &[name], &query, Dialect::Sqlite).unwrap();
    let plan = planner.plan(&page).await;
    let (found, read) = plan.split_once("SCAN page").unwrap();
    assert!(found.contains(index), "{plan}");
    assert!(!found.contains("USE TEMP B-TREE"), "{plan}");
    assert!(read.contains("(id=?)"), "{plan}");
}

#[tokio::test]
async fn what_is_asked_most_is_told_by_few_statements() {
    let planner = Planner::new().await;
    let (store, user) = (&planner.store, UserContext::system());
    let person = [
        ("LastName".into(), Value::Text("Doe".to_owned())),
        ("Phone".into(), Value::Text("+14155550123".to_owned())),
    ];
    let made = store.create_many(&"Contact".into(), &[person.into()]).await;
    let id = made.unwrap()[0].clone();
    let options = query::QueryOptions {
        all_rows: false,
        batch_size: query::BATCH_MAX,
        api_version: 60,
        now_ms: 0,
    };
    let before = store.database().read_count();
    let soql = format!("SELECT Name, Account.Name FROM Contact WHERE Id = '{id}'");
    let page = store.query(&user, &soql, options).await.unwrap();
    let queried = store.database().read_count();
    assert_eq!(
        (page.total, queried - before),
        (1, 1),
        "a query of one page"
    );
    let objects = ["Contact", "Lead", "Account"].map(Into::into);
    let hits = store.search_phone(&user, "+14155550123", &objects).await;
    let searched = store.database().read_count();
    assert_eq!(
        (hits.unwrap().len(), searched - queried),
        (1, 2),
        "a caller"
    );
    let list = ListQuery {
        object: "Contact".into(),
        filters: Vec::new(),
        order: None,
        offset: 0,
        limit: 50,
    };
    let listed = store.list(&user, &list).await.unwrap();
    let reads = store.database().read_count() - searched;
    assert_eq!((listed.records.len(), reads), (1, 2), "a list");
}

#[tokio::test]
async fn own_and_related_records_are_found_by_an_index() {
    let planner = Planner::new().await;
    let id = |prefix| Value::Reference(RecordId::from_serial(prefix, 1));
    let mine = vec![Filter::Equals("OwnerId".into(), id("005"))];
    planner
        .check_list("Lead", mine, "Company", "org_lead_recent_ownerid")
        .await;
    let related = vec![Filter::Equals("AccountId".into(), id("001"))];
    planner
        .check_list("Contact", related, "Title", "org_contact_by_accountid")
        .await;
    let related = vec![Filter::Equals("ContactId".into(), id("003"))];
    planner
        .check_list("Case", related, "Subject", "org_case_by_contactid")
        .await;
}

#[tokio::test]
async fn a_timeline_follows_each_link_by_its_index() {
    let planner = Planner::new().await;
    let user = UserContext::system();
    for name in ["Task", "Event"] {
        let object = &planner.store.schema().object(name).unwrap().clone();
        let fields = readable_fields(&user, object);
        let account = RecordId::from_serial("001", 1);
        let statement = planner
            .store
            .activities_of(&user, object, &fields, &account, 50);
        let table = format!("org_{}", name.to_lowercase());
        let (who, what) = (format!("{table}_by_whoid"), format!("{table}_by_whatid"));
        let indexes = [who.as_str(), &what, "org_contact_by_accountid"];
        planner.check(&statement.unwrap(), &indexes).await;
    }
}

#[tokio::test]
async fn a_logs_task_is_found_by_its_key() {
    let planner = Planner::new().await;
    let key = LogKey {
        call: CallId::new("01A"),
        agent: AgentId::new("005"),
    };
    let index = "org_task_unique_offhook_call_key__c";
    planner
        .check(&task_by_key(&key, Dialect::Sqlite), &[index])
        .await;
}

#[tokio::test]
async fn users_below_and_users_of_a_call_center_are_found_by_an_index() {
    let planner = Planner::new().await;
    for (sql, index) in [
        (
            "SELECT id FROM org_user WHERE managerid = $1",
            "org_user_by_managerid",
        ),
        (
            "SELECT id FROM org_user WHERE callcentername = $1",
            "org_user_by_callcentername",
        ),
        (
            "SELECT id FROM org_user WHERE username COLLATE folded = $1",
            "org_user_unique_username",
        ),
    ] {
        let statement = Statement::new(sql).with(Param::Text(None));
        planner.check(&statement, &[index]).await;
    }
}

#[tokio::test]
async fn queries_by_what_is_indexed_use_the_index() {
    let planner = Planner::new().await;
    let schema = planner.store.schema();
    let system = UserContext::system();
    for (soql, indexes) in [
        (
            "SELECT Name FROM Contact WHERE Name = 'Müller'",
            &["org_contact_ordered"][..],
        ),
        (
            "SELECT Id FROM Contact WHERE Name LIKE 'Mül%'",
            &["org_contact_ordered"],
        ),
        (
            "SELECT Id FROM Account WHERE Name IN ('a', 'b')",
            &["org_account_ordered"],
        ),
        (
            "SELECT Id FROM Contact WHERE Id = '003000000000001AAA'",
            &["(id=?)"],
        ),
        (
            "SELECT Id FROM Task WHERE Offhook_Call_Key__c = 'x'",
            &["org_task_unique"],
        ),
        (
            "SELECT Id FROM Contact WHERE Account.Name = 'x' AND AccountId != null",
            &["t1 USING"],
        ),
        (
            "SELECT Id FROM Contact WHERE AccountId = '001000000000001AAA'",
            &["org_contact_by_accountid"],
        ),
        (
            "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'x')",
            &["org_contact_by_accountid", "org_account_ordered"],
        ),
        (
            "SELECT Subject, Who.Name, What.Name FROM Task WHERE WhoId = '003000000000001AAA'",
            &["org_task_by_whoid"],
        ),
        (
            "SELECT Name FROM Contact ORDER BY Name LIMIT 50",
            &["org_contact_ordered"],
        ),
        (
            "SELECT Id FROM Lead WHERE OwnerId = '005000000000001AAA'",
            &["org_lead_recent_ownerid"],
        ),
    ] {
        let statement = query::page_statement(&schema, &system, Dialect::Sqlite, soql);
        planner.check(&statement, indexes).await;
    }
    let list: Vec<String> = (0..100).map(|i| format!("'name {i}'")).collect();
    let soql = format!("SELECT Id FROM Contact WHERE Name IN ({})", list.join(","));
    let statement = query::page_statement(&schema, &system, Dialect::Sqlite, &soql);
    let plan = planner.plan(&statement).await;
    assert!(
        plan.contains("SEARCH t0 USING INDEX org_contact_ordered"),
        "{plan}"
    );
}

#[tokio::test]
async fn a_search_goes_to_the_index_of_words() {
    let planner = Planner::new().await;
    let schema = planner.store.schema();
    let contact = schema.object("Contact").unwrap();
    let wanted = Wanted::All(vec![Wanted::prefix("ann")]);
    let statement =
        search_index::find_statement(Dialect::Sqlite, contact, &wanted, SearchFields::Name);
    let plan = planner.plan(&statement).await;
    assert!(plan.contains("VIRTUAL TABLE INDEX"), "{plan}");
}

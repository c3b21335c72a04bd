//! List views that a user makes for nobody else: who may, who sees them, what they show.

use offhook_org::schema::{ListAudience, ListFilter, ListOperator, ListScope, ListSort, ListView};
use offhook_org::{RecordId, UserContext};
use offhook_store::org::metadata::MetadataFailure;
use offhook_store::org::query::QueryFailure;
use offhook_store::org::{ListViewPage, Order};

use crate::databases::on_both_databases;
use crate::desk::Desk;

const NOW_MS: i64 = 1_790_000_000_000;

fn view(label: &str, filters: &[(&str, ListOperator, &str)]) -> ListView {
    let filter = |(field, operator, value): &(&str, ListOperator, &str)| ListFilter {
        field: (*field).into(),
        operator: *operator,
        value: (*value).to_owned(),
    };
    ListView {
        id: RecordId::from_serial("00B", 0),
        developer_name: label.to_owned(),
        label: label.to_owned(),
        scope: ListScope::Everything,
        filters: filters.iter().map(filter).collect(),
        logic: None,
        columns: vec!["Name".into(), "Industry".into()],
        sort: None,
        shown_to: ListAudience::Everyone,
    }
}

fn page(limit: u32) -> ListViewPage {
    ListViewPage {
        limit,
        now_ms: NOW_MS,
        ..ListViewPage::default()
    }
}

async fn names(
    desk: &Desk,
    user: &UserContext,
    view: &ListView,
    page: &ListViewPage,
) -> Vec<String> {
    let schema = desk.store.schema();
    let object = schema.object("Account").unwrap();
    let found = desk.store.list_view_page(user, object, view, page).await;
    let records = found.unwrap().records;
    records.iter().map(|r| r.text("Name").to_owned()).collect()
}

on_both_databases! {
    async fn an_own_list_is_made_by_who_has_no_right_to_customize_and_seen_by_nobody_else(
        database: TestDatabase
    ) {
        let desk = Desk::new(database.open().await).await;
        let (store, account) = (&desk.store, "Account".into());
        let banks = view("Banks", &[("Industry", ListOperator::Equals, "Banking")]);
        let put = store.put_own_list_view(&desk.rep, &account, banks.clone(), true);
        let id = put.await.unwrap();
        let seen_by = |user: &UserContext| {
            let schema = store.schema();
            let views = schema.object("Account").unwrap().list_views_for(user);
            views.into_iter().find(|view| view.id == id)
        };
        let own = seen_by(&desk.rep).unwrap();
        assert_eq!(own.shown_to, ListAudience::Only(desk.rep.user.clone().unwrap()));
        assert!(seen_by(&desk.other_rep).is_none());
        // Another's list of the same name, or an admin's, is not in the way.
        let put = store.put_own_list_view(&desk.other_rep, &account, banks.clone(), true);
        put.await.unwrap();
        let mut stolen = banks;
        stolen.id = id.clone();
        let put = store.put_own_list_view(&desk.other_rep, &account, stolen, false);
        assert!(matches!(put.await, Err(MetadataFailure::NotFound(_))));
        let delete = store.delete_own_list_view(&desk.other_rep, &account, &id);
        assert!(matches!(delete.await, Err(MetadataFailure::NotFound(_))));
        store.delete_own_list_view(&desk.rep, &account, &id).await.unwrap();
        assert!(seen_by(&desk.rep).is_none());
    }

    async fn a_list_tells_nothing_of_a_field_that_its_maker_may_not_read(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let deal = "Opportunity".into();
        let mut big = view("Big", &[("Amount", ListOperator::GreaterThan, "1000")]);
        big.columns = vec!["Name".into()];
        let put = desk.store.put_own_list_view(&desk.agent, &deal, big.clone(), true);
        assert!(matches!(put.await, Err(MetadataFailure::Refused(_))));
        let schema = desk.store.schema();
        let object = schema.object("Opportunity").unwrap();
        let found = desk.store.list_view_page(&desk.agent, object, &big, &page(10)).await;
        assert!(matches!(found, Err(QueryFailure::Refused { .. })));
    }

    async fn a_page_of_a_list_is_filtered_searched_sorted_and_counted(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        for (name, industry) in [
            ("Alder", "Banking"),
            ("Birch 100%", "Banking"),
            ("Cedar", "Energy"),
            ("Dogwood", "Media"),
            ("birch grove", "Energy"),
        ] {
            let fields = [("Name", name), ("Industry", industry)];
            desk.create(&desk.rep, "Account", &fields).await;
        }
        let mut both = view("Both", &[
            ("Industry", ListOperator::Equals, "Banking"),
            ("Name", ListOperator::StartsWith, "birch"),
        ]);
        both.sort = Some(ListSort { field: "Name".into(), descending: true });
        assert_eq!(names(&desk, &desk.rep, &both, &page(10)).await, ["Birch 100%"]);
        both.logic = Some("1 OR 2".to_owned());
        let all = names(&desk, &desk.rep, &both, &page(10)).await;
        assert_eq!(all, ["birch grove", "Birch 100%", "Alder"]);
        let searched = ListViewPage {
            text: Some(("Name".into(), "100%".to_owned())),
            ..page(10)
        };
        assert_eq!(names(&desk, &desk.rep, &both, &searched).await, ["Birch 100%"]);
        let hostile = ListViewPage {
            text: Some(("Name".into(), "') OR (Name LIKE '_".to_owned())),
            ..page(10)
        };
        assert!(names(&desk, &desk.rep, &both, &hostile).await.is_empty());
        let second = ListViewPage {
            order: Some(("Name".into(), Order::Ascending)),
            offset: 1,
            ..page(1)
        };
        let schema = desk.store.schema();
        let object = schema.object("Account").unwrap();
        let found = desk.store.list_view_page(&desk.rep, object, &both, &second).await.unwrap();
        assert_eq!(found.total, 3);
        assert_eq!(found.records[0].text("Name"), "Birch 100%");
    }

    async fn a_pinned_list_is_the_users_own_until_another_is_pinned(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, case) = (&desk.store, "Case".into());
        assert_eq!(store.pinned_list(&desk.rep, &case).await.unwrap(), None);
        store.pin_list(&desk.rep, &case, Some("mine")).await.unwrap();
        store.pin_list(&desk.rep, &case, Some("recent")).await.unwrap();
        let pinned = store.pinned_list(&desk.rep, &case).await.unwrap();
        assert_eq!(pinned.as_deref(), Some("recent"));
        assert_eq!(store.pinned_list(&desk.agent, &case).await.unwrap(), None);
        store.pin_list(&desk.rep, &case, None).await.unwrap();
        assert_eq!(store.pinned_list(&desk.rep, &case).await.unwrap(), None);
    }
}

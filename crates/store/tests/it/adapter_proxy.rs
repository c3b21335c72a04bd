//! The switch of the adapter proxy and its address.

use offhook_store::cti::CallCenterError;

use crate::cti::definition;
use crate::databases::on_both_databases;
use crate::desk::Desk;

on_both_databases! {
    async fn an_adapter_is_found_by_its_secret_while_the_proxy_is_on(database: TestDatabase) {
        let desk = Desk::new(database.open().await).await;
        let (store, admin) = (&desk.store, &desk.admin);
        let center = store.import_call_center(admin, &definition("Phones")).await.unwrap();
        assert_eq!(store.adapter_proxy(&center).await.unwrap(), None);
        let by_rep = store.set_adapter_proxy(&desk.rep, &center, true).await;
        assert!(matches!(by_rep, Err(CallCenterError::NotAllowed)));
        store.set_adapter_proxy(admin, &center, true).await.unwrap();
        let first = store.adapter_proxy(&center).await.unwrap().unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(store.proxied_call_center(&first).await.unwrap().unwrap().id, center);
        // Switched on again, it has another address.
        store.set_adapter_proxy(admin, &center, true).await.unwrap();
        let second = store.adapter_proxy(&center).await.unwrap().unwrap();
        assert_ne!(first, second);
        assert_eq!(store.proxied_call_center(&first).await.unwrap(), None);
        store.set_adapter_proxy(admin, &center, false).await.unwrap();
        assert_eq!(store.adapter_proxy(&center).await.unwrap(), None);
        assert_eq!(store.proxied_call_center(&second).await.unwrap(), None);
        store.set_adapter_proxy(admin, &center, true).await.unwrap();
        store.delete_call_center(admin, &center, 0).await.unwrap();
        assert_eq!(store.adapter_proxy(&center).await.unwrap(), None);
    }
}

//! Every route of both origins, in one table, and the layers around them.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::console::{
    about, delete, edit, files, home, inline, list, login, lookup_search, own_lists, personal,
    record, record_type, recycle_bin, related, search,
};
use crate::{
    AppState, apex_pages, assets, csrf, error, headers, oauth, opencti, provider, proxy, session,
    setup, tls,
};

/// The console's origin.
pub(crate) fn console(state: AppState) -> Router {
    Router::new()
        .route("/", get(home::start))
        .route("/login", get(login::form).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/about", get(about::page))
        .route("/lightning/page/home", get(home::page))
        .route("/lightning/search", get(search::page))
        .route(personal::PATH, get(personal::page).post(personal::save))
        .route(
            "/lightning/settings/personal/password",
            post(personal::change_password),
        )
        .route(
            "/lightning/settings/personal/sessions",
            post(personal::end_sessions),
        )
        .route("/lightning/recycle-bin", get(recycle_bin::page))
        .route("/lightning/recycle-bin/empty", get(recycle_bin::ask).post(recycle_bin::empty))
        .route("/lightning/o/{object}/home", get(list::home))
        .route("/lightning/o/{object}/list", get(list::page))
        .merge(own_list_routes())
        .route("/lightning/r/{object}", get(record::by_id))
        .route("/lightning/r/{object}/view", get(record::by_id))
        .route("/lightning/r/{object}/{id}/view", get(record::page))
        .route("/lightning/o/{object}/new", get(edit::new_form).post(edit::create))
        .route("/lightning/r/{object}/{id}/edit", get(edit::edit_form).post(edit::update))
        .route("/lightning/r/{object}/{id}/field/{field}", get(inline::open).post(inline::save))
        .route("/lightning/r/{object}/{id}/recordtype", get(record_type::change))
        .route("/lightning/lookup/{object}/{field}", get(lookup_search::search))
        .route("/lightning/r/{object}/{id}/delete", get(delete::ask).post(delete::delete))
        .route("/lightning/r/{object}/{id}/restore", post(delete::restore))
        .route("/lightning/r/{object}/{id}/complete", post(delete::complete))
        .route("/lightning/r/{object}/{id}/related/{other}/view", get(related::page))
        .merge(opencti::routes())
        .merge(apex_pages::console_routes())
        .merge(setup::routes())
        .merge(oauth::routes())
        .merge(files::routes())
        .fallback(error::no_such_page)
        .layer(from_fn_with_state(state.clone(), csrf::guard))
        .merge(files::upload_routes())
        .layer(from_fn_with_state(state.clone(), error::dress))
        .layer(from_fn_with_state(state.clone(), session::load))
        // Below this line no session is looked up: files that are the same for everyone.
        .merge(common())
        .layer(from_fn_with_state(state.clone(), headers::console))
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// List views that users make themselves.
fn own_list_routes() -> Router<AppState> {
    let base = "/lightning/o/{object}/lists";
    let form = get(own_lists::edit_form).post(own_lists::update);
    let delete = get(own_lists::ask).post(own_lists::delete);
    Router::new()
        .route(
            &format!("{base}/new"),
            get(own_lists::new_form).post(own_lists::create),
        )
        .route(&format!("{base}/pin"), post(own_lists::pin))
        .route(&format!("{base}/{{id}}/edit"), form)
        .route(&format!("{base}/{{id}}/delete"), delete)
}

/// The pages origin: everything that runs in the frame.
pub(crate) fn pages(state: AppState) -> Router {
    Router::new()
        .merge(provider::routes())
        .merge(apex_pages::routes())
        .merge(proxy::routes())
        .merge(common())
        .fallback(proxy::strayed)
        .layer(from_fn_with_state(state.clone(), headers::pages))
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// What both origins serve.
fn common() -> Router<AppState> {
    Router::new()
        .route("/assets/{*name}", get(assets::serve))
        .route("/favicon.svg", get(about::favicon))
        .route("/healthz", get(|| async { "ok" }))
        .route("/.well-known/acme-challenge/{token}", get(tls::challenge))
        .merge(opencti::library_routes())
}

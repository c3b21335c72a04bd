//! Setup: what an admin arranges, and where an admin looks when calls do not do what they should.
//! Every page needs the permission View Setup; the pages about calls and call centers need Manage
//! Call Centers as well.

mod access;
mod api_access;
mod api_usage;
mod audit_check;
mod backups;
mod call_center_delete;
mod call_center_edit;
mod call_center_groups;
mod call_center_history;
mod call_center_import;
mod call_center_proxy;
mod call_center_users;
mod call_center_view;
mod call_centers;
mod calls;
mod certificate;
mod change_data_capture;
mod code;
mod code_form;
mod company;
mod connected_app_form;
mod connected_apps;
mod csv;
mod frame;
mod home;
mod line_diff;
mod login_history;
mod object_manager;
mod person_accounts;
mod phone_check;
mod phone_system;
mod places;
mod rights;
mod roles;
mod row_lists;
mod rows;
mod screen_pops;
mod script_desk;
mod sharing;
mod show;
mod softphone_layout_assignment;
mod softphone_layout_form;
mod softphone_layouts;
mod static_resources;
mod storage;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{get, post};
use offhook_org::cti::call_center_xml::DEFINITION_SIZE_MAX;

use crate::AppState;

/// A definition file with the form around it. One that is a little too large still arrives, so
/// that it is refused with a sentence.
const IMPORT_SIZE_MAX: usize = DEFINITION_SIZE_MAX + 512 * 1024;

/// A static resource with the form around it; one that is a little too large still arrives.
const CODE_SIZE_MAX: usize = offhook_store::sources::RESOURCE_SIZE_MAX + 512 * 1024;

/// Routes of the console origin, below `/lightning/setup`.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/lightning/setup",
            get(|| async { Redirect::to("/lightning/setup/home") }),
        )
        .route("/lightning/setup/home", get(home::page))
        .merge(call_center_routes())
        .merge(api_routes())
        .merge(code_routes())
        .merge(object_manager::routes())
        .merge(softphone_layout_routes())
        .route("/lightning/setup/screen-pops", get(screen_pops::page))
        .route("/lightning/setup/calls", get(calls::page))
        .route("/lightning/setup/calls/resend", post(calls::resend))
        .route("/lightning/setup/phone-system", get(phone_system::page))
        .route(
            "/lightning/setup/phone-system/test-call",
            post(phone_system::test_call),
        )
        .route("/lightning/setup/users", get(users::page))
        .route(
            "/lightning/setup/change-data-capture",
            get(change_data_capture::page).post(change_data_capture::save),
        )
        .route(
            "/lightning/setup/company",
            get(company::page).post(company::save),
        )
        .route(
            "/lightning/setup/person-accounts",
            get(person_accounts::page).post(person_accounts::save),
        )
        .route(
            "/lightning/setup/api-usage",
            get(api_usage::page).post(api_usage::save_limit),
        )
        .route("/lightning/setup/backups", get(backups::page))
        .route("/lightning/setup/certificate", get(certificate::page))
        .route(
            "/lightning/setup/certificate/again",
            post(certificate::again),
        )
        .route("/lightning/setup/storage", get(storage::page))
        .route("/lightning/setup/login-history", get(login_history::page))
        .route(
            "/lightning/setup/login-history/export",
            get(login_history::export),
        )
        .merge(rights_routes())
}

fn softphone_layout_routes() -> Router<AppState> {
    Router::new()
        .route(
            "/lightning/setup/softphone-layouts",
            get(softphone_layouts::list),
        )
        .route(
            "/lightning/setup/softphone-layouts/{name}",
            get(softphone_layouts::detail),
        )
        .route(
            "/lightning/setup/softphone-layouts/{name}/edit",
            get(softphone_layouts::edit).post(softphone_layouts::save),
        )
        .route(
            "/lightning/setup/softphone-layouts/{name}/delete",
            get(softphone_layouts::confirm_delete).post(softphone_layouts::delete),
        )
        .route(
            "/lightning/setup/softphone-layout-new",
            get(softphone_layouts::new).post(softphone_layouts::create),
        )
        .route(
            softphone_layout_assignment::PATH,
            get(softphone_layout_assignment::page).post(softphone_layout_assignment::save),
        )
}

fn rights_routes() -> Router<AppState> {
    let (rows, users) = (
        "/lightning/setup/rows/{object}",
        "/lightning/setup/users/{id}",
    );
    let sharing = "/lightning/setup/sharing";
    Router::new()
        .route(rows, get(rows::list))
        .route(&format!("{rows}/new"), get(rows::new).post(rows::create))
        .route(&format!("{rows}/{{id}}"), get(rows::edit).post(rows::save))
        .route(
            &format!("{rows}/{{id}}/delete"),
            get(rows::confirm_delete).post(rows::delete),
        )
        .merge(rights_tables())
        .route("/lightning/setup/roles", get(roles::page))
        .route(
            "/lightning/setup/audit-trail/verify",
            get(audit_check::page),
        )
        .route(&format!("{users}/access"), get(access::page))
        .route(&format!("{sharing}/record/{{id}}"), get(access::readers))
        .route(&format!("{users}/freeze"), post(users::freeze))
        .route(&format!("{users}/unfreeze"), post(users::unfreeze))
        .route(&format!("{users}/password"), post(users::reset_password))
        .route(sharing, get(sharing::page))
        .route(&format!("{sharing}/default"), post(sharing::set_default))
        .route(&format!("{sharing}/rule"), post(sharing::add_rule))
        .route(
            &format!("{sharing}/rule/delete"),
            post(sharing::delete_rule),
        )
}

fn rights_tables() -> Router<AppState> {
    let one = "/lightning/setup/rights/{id}";
    Router::new()
        .route(one, get(rights::page).post(rights::save))
        .route(&format!("{one}/copy"), post(rights::copy))
        .route(&format!("{one}/compare"), get(rights::compare))
        .route(
            &format!("{one}/fields/{{object}}"),
            get(rights::fields_page).post(rights::save_fields),
        )
}

fn call_center_routes() -> Router<AppState> {
    let root = "/lightning/setup/call-centers";
    let import = Router::new()
        .route(
            &format!("{root}/import"),
            get(call_center_import::form).post(call_center_import::preview),
        )
        .route(
            &format!("{root}/import/confirm"),
            post(call_center_import::confirm),
        )
        .layer(DefaultBodyLimit::max(IMPORT_SIZE_MAX));
    let one = format!("{root}/{{id}}");
    let users = format!("{one}/users");
    Router::new()
        .route(root, get(call_centers::list))
        .merge(import)
        .route(&one, get(call_centers::detail))
        .route(&format!("{one}/reveal"), post(call_centers::reveal))
        .route(
            &format!("{one}/edit"),
            get(call_center_edit::form).post(call_center_edit::save),
        )
        .route(
            &format!("{one}/mend-mode"),
            post(call_center_edit::mend_mode),
        )
        .route(
            &format!("{one}/clone"),
            get(call_center_edit::clone_form).post(call_center_edit::clone),
        )
        .route(&format!("{one}/history"), get(call_center_history::page))
        .route(
            &format!("{one}/rollback"),
            post(call_center_history::roll_back),
        )
        .route(
            &format!("{one}/delete"),
            get(call_center_delete::confirm).post(call_center_delete::delete),
        )
        .route(&format!("{one}/restore"), post(call_center_delete::restore))
        .route(&format!("{one}/export"), get(call_centers::export))
        .route(
            &format!("{root}/{{id}}/proxy"),
            get(call_center_proxy::page).post(call_center_proxy::save),
        )
        .route(&users, get(call_center_users::page))
        .route(&format!("{users}/add"), post(call_center_users::add))
        .route(&format!("{users}/move"), post(call_center_users::move_here))
        .route(&format!("{users}/remove"), post(call_center_users::remove))
        .route(&format!("{one}/groups"), post(call_center_groups::map))
        .route(
            &format!("{one}/groups/{{group}}/remove"),
            get(call_center_groups::confirm_remove).post(call_center_groups::remove),
        )
        .route(
            &format!("{root}/conflicts"),
            get(call_center_groups::conflicts),
        )
        .route("/lightning/setup/users/{id}/phone", get(phone_check::page))
}

/// Server scripts, pages and what pages load.
fn code_routes() -> Router<AppState> {
    let root = "/lightning/setup/code/{kind}";
    let one = format!("{root}/{{id}}");
    let class = "/lightning/setup/code/classes/{id}";
    let version = format!("{one}/versions/{{version}}");
    let resources = "/lightning/setup/static-resources";
    let log = "/lightning/setup/script-log";
    Router::new()
        .route(root, get(code::list))
        .route(
            &format!("{root}/new"),
            get(code_form::new).post(code_form::create),
        )
        .route(&one, get(code::detail))
        .route(
            &format!("{one}/edit"),
            get(code_form::edit).post(code_form::save),
        )
        .route(
            &format!("{one}/delete"),
            get(code::confirm_delete).post(code::delete),
        )
        .route(&version, get(code::version))
        .route(&format!("{version}/restore"), post(code::restore))
        .route(&format!("{class}/tests"), post(script_desk::test))
        .route(&format!("{class}/try"), post(script_desk::try_it))
        .route(log, get(script_desk::log))
        .route(&format!("{log}/capture"), post(script_desk::capture))
        .route(
            resources,
            get(static_resources::list).post(static_resources::upload),
        )
        .route(
            &format!("{resources}/delete"),
            post(static_resources::delete),
        )
        .layer(DefaultBodyLimit::max(CODE_SIZE_MAX))
}

fn api_routes() -> Router<AppState> {
    let root = "/lightning/setup/connected-apps";
    let one = format!("{root}/{{id}}");
    Router::new()
        .route(root, get(connected_apps::list))
        .route(
            &format!("{root}/new"),
            get(connected_app_form::new).post(connected_app_form::create),
        )
        .route(&one, get(connected_apps::detail))
        .route(
            &format!("{one}/edit"),
            get(connected_app_form::edit).post(connected_app_form::save),
        )
        .route(&format!("{one}/secret"), post(connected_apps::rotate))
        .route(
            &format!("{one}/revoke"),
            get(connected_apps::confirm_revoke).post(connected_apps::revoke),
        )
        .route(
            &format!("{one}/delete"),
            get(connected_apps::confirm_delete).post(connected_apps::delete),
        )
        .route(
            "/lightning/setup/api-access",
            get(api_access::page).post(api_access::save),
        )
        .route(
            "/lightning/setup/api-access/security-token",
            post(api_access::reset_security_token),
        )
}

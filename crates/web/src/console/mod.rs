//! The console: what a rep works with all day.

pub(crate) mod about;
pub(crate) mod control;
pub(crate) mod delete;
pub(crate) mod dependent;
pub(crate) mod draft;
pub(crate) mod edit;
pub(crate) mod failure;
pub(crate) mod flash;
pub(crate) mod form;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod inline;
pub(crate) mod list;
pub(crate) mod list_views;
pub(crate) mod login;
pub(crate) mod lookup;
pub(crate) mod lookup_search;
pub(crate) mod own_lists;
pub(crate) mod record;
pub(crate) mod record_type;
pub(crate) mod recycle_bin;
pub(crate) mod related;
pub(crate) mod search;
pub(crate) mod shell;
pub(crate) mod timeline;
pub(crate) mod value;

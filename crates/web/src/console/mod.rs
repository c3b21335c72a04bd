//! The console: what a rep works with all day.

pub(crate) mod about;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod failure;
pub(crate) mod flash;
pub(crate) mod form;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod lookup;
pub(crate) mod record;
pub(crate) mod recycle_bin;
pub(crate) mod related;
pub(crate) mod search;
pub(crate) mod shell;
pub(crate) mod timeline;
pub(crate) mod value;

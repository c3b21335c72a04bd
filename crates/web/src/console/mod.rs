//! The console: what a rep works with all day.

pub(crate) mod about;
pub(crate) mod failure;
pub(crate) mod flash;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod record;
pub(crate) mod related;
pub(crate) mod shell;
pub(crate) mod timeline;
pub(crate) mod value;

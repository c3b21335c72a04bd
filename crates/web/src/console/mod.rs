//! The console: what a rep works with all day.

pub(crate) mod about;
pub(crate) mod failure;
pub(crate) mod flash;
pub(crate) mod home;
pub(crate) mod login;
pub(crate) mod shell;

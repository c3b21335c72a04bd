//! The two origins as browsers and adapters meet them, over HTTP, with a real store in a folder.

mod classic;
mod code;
mod doors;
mod host;
mod house;
mod injections;
mod lists;
mod matrix;
mod metadata;
mod oauth;
mod operations;
mod pages;
mod personal;
mod proxy;
mod scripts;
mod setup;
mod setup_apps;
mod setup_pages;
mod setup_phone;
mod setup_rights;
mod sign_ins;
mod softphone;

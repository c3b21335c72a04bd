//! The two origins as browsers and adapters meet them, over HTTP, with a real store in a folder.

mod host;
mod house;
mod setup;
mod softphone;

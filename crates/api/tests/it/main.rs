//! The API as clients meet it, request by request, with a real store in a folder.

mod doors;
mod house;
mod streaming;

//! The telephone with real sockets on loopback: what a network, a browser and a person outside
//! can see of it.

mod answering_party;
mod browser;
mod conversation;
mod door;
mod ending;
mod house;
mod inbound;
mod logging;
mod outbound;
mod wire;

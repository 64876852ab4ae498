//! One Tomcat, spoken to over AJP/1.3 as the module does: the messages are those of its own room `ajp`.
//!
//! - [`place`] is where it listens, [`link`] a connection to it;
//! - [`exchange`] is a request on it, with [`body`] to go and an answer to come;
//! - [`trouble`] is all that goes wrong in between.

pub mod body;
pub mod exchange;
pub mod link;
pub mod place;
pub mod trouble;

pub use exchange::{Call, End, Head, Taker};
pub use link::Link;
pub use place::Place;
pub use trouble::Trouble;

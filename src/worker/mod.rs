//! What `type=` can name, and how a request meets it.

pub mod ajp13;
pub mod errands;
pub mod lb;
pub mod maintain;
pub mod outcome;
mod pause;
pub mod progress;
pub mod registry;
pub mod request;

pub use ajp13::Names;
pub use outcome::{Failure, Outcome};
pub use progress::Progress;
pub use request::{Assignment, Body, Client, ClientGone, Request, ServiceNotes, Then};

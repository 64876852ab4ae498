//! What `type=` can name, and how a request meets it.

pub(crate) mod ajp13;
pub(crate) mod bell;
mod cause;
pub(crate) mod errands;
pub(crate) mod in_force;
pub(crate) mod lb;
pub(crate) mod maintain;
pub(crate) mod outcome;
mod pause;
pub(crate) mod persist;
pub(crate) mod prober;
pub(crate) mod progress;
pub(crate) mod proof;
pub(crate) mod registry;
pub(crate) mod request;
pub(crate) mod resolver;
pub(crate) mod status;

pub(crate) use ajp13::{HostAddresses, Named};
pub(crate) use cause::Cause;
pub(crate) use outcome::{Failure, Outcome};
pub(crate) use progress::Progress;
pub(crate) use request::{
    Assignment, Body, Client, ClientGone, NobodyWaits, ServiceNotes, Then, WorkerRequest,
};

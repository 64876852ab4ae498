//! A balancer over scripted members, and the ways of requests through it.

mod bench;
mod failover;
mod figures;
mod probes;
mod properties;
mod recovery;
mod spread;

pub(in crate::worker) use bench::{failed, Bench, NoClient, TestRequest};

//! Apache Tomcat connector for httpd 2.4: `mod_jk.so`, the module `jk_module`.
//!
//! The life of a request:
//!
//! 1. `translate_name` asks the virtual host's compiled [`mapping`] for a rule (worker and extensions).
//! 2. `map_to_storage` skips the file system for requests that are ours.
//! 3. The content handler adapts httpd's request (`service`) and hands it to a [`worker`].
//! 4. A load balancer worker chooses a member by the records in [`shared`] memory; an ajp13 worker takes a
//!    pooled connection and speaks AJP/1.3 ([`ajp`]).
//! 5. Every exchange ends in one [`worker::Outcome`]; retries, the member's state and the HTTP status follow
//!    from it.
//! 6. `log_transaction` writes the request log.
//!
//! [`config`] is what the administrator wrote, and [`log`] is JkLogFile. All unsafe code
//! is in two rooms: `entry`, the roof, where httpd calls us, and `ffi`, the ground, where we call httpd.
//!
//! Without the feature `httpd`, the rooms that talk to it are left out: so the sources serve `jkctl`, too.

#![deny(unreachable_pub)]
// Much of what remains without httpd is there for it.
#![cfg_attr(not(feature = "httpd"), allow(dead_code, unused_imports, unused_macros, unreachable_pub))]

pub mod admin;
pub mod ajp;
pub mod config;
#[cfg(feature = "httpd")]
#[allow(unsafe_code)]
mod entry;
#[allow(unsafe_code)]
mod ffi;
mod log;
pub mod mapping;
mod plan;
mod rights;
#[cfg(feature = "httpd")]
mod service;
mod shared;
mod text;
mod worker;

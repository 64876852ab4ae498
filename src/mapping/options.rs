//! Rule extensions: what a mount says beyond its worker (`worker;name=value;...`).

use std::time::Duration;

use crate::config::settings::{Activation, FailStatus};

/// The extensions of one rule, typed. `Default` is a rule without extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleOptions {
    /// `reply_timeout`: `None` keeps the worker's, `Some(None)` is no limit.
    pub reply_timeout: Option<Option<Duration>>,
    /// `sticky_ignore`: sessions are not looked at.
    pub sticky_ignore: bool,
    /// `stateless`: never counted as a new session.
    pub stateless: bool,
    /// `active`, `disabled`, `stopped`: per-rule activation of members by name, in effect order; for a member
    /// named twice the later entry wins.
    pub activations: Vec<ActivationRule>,
    /// `fail_on_status`: replaces the worker's list if not empty.
    pub fail_on_status: Vec<FailStatus>,
    /// `use_server_errors`: statuses from here on get httpd's error page.
    pub use_server_errors: Option<u16>,
    /// `session_cookie`: replaces the balancer's.
    pub session_cookie: Option<String>,
    /// `session_path`: replaces the balancer's, including its `;`.
    pub session_path: Option<String>,
    /// `set_session_cookie`.
    pub set_session_cookie: bool,
    /// `session_cookie_path`: replaces the balancer's.
    pub session_cookie_path: Option<String>,
}

/// Activation of one member for the requests of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationRule {
    /// Member name.
    pub member: String,
    /// What it is for this rule.
    pub activation: Activation,
}

//! Which worker a URI belongs to.

pub mod options;

pub use options::{ActivationRule, RuleOptions};

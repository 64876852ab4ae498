//! What the administrator wrote: directives, `workers.properties`, and every complaint about them.

pub mod diagnostic;
pub mod directives;
pub mod live;
pub mod properties;
pub mod settings;
pub mod stray;
pub mod workers;

pub use diagnostic::{nearest, Diagnostic, Origin, Report, Severity};

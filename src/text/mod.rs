//! Text and numbers, for every floor: octets in, plain values out.
//!
//! What differs by a blank or a sign between formats has a name of its own here, so that nobody reads one format by
//! the rules of another.

mod blanks;
mod name;
mod number;
mod pattern;
mod shown;
mod typography;
mod words;

pub(crate) use blanks::{is_c_space, trim_c_spaces, trim_header_value};
pub(crate) use name::is_same_name;
pub(crate) use number::{content_length, LeadingNumber};
pub(crate) use pattern::{begins_as_path, begins_as_path_or_wildcard, split_prefixes};
pub(crate) use shown::Shown;
pub(crate) use typography::{is_quoted, odd_character};
pub(crate) use words::Counted;
pub use words::Reason;

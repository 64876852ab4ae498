//! Text and numbers, for every floor: octets in, plain values out.
//!
//! What differs by a blank or a sign between formats has a name of its own here, so that nobody reads one format by
//! the rules of another.

mod blanks;
mod number;
mod typography;
mod words;

pub use blanks::{is_c_space, trim_c_spaces, trim_header_value};
pub use number::{content_length, LeadingNumber};
pub use typography::{is_quoted, odd_character};
pub use words::{Counted, Reason};

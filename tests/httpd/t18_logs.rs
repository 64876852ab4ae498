//! What administrators read, and that writing it holds nobody up.
//!
//! Rules: "directives, section 5"; promise to the operating system: logging never blocks or fails a request.

mod sinks;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("logs")
        .test("a_fifo_without_reader_holds_up_neither_start_nor_requests", sinks::fifo)
        .test("the_default_log_is_named_once", sinks::default_log)
        .test("a_line_has_an_id_and_a_source_only_where_that_helps", sinks::heads)
}

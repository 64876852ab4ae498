//! What administrators read, and that writing it holds nobody up.
//!
//! Rules: "directives, section 5"; promise to the operating system: logging never blocks or fails a request.

mod doubts;
mod mishaps;
mod sinks;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("logs")
        .test("a_fifo_without_reader_holds_up_neither_start_nor_requests", sinks::fifo)
        .test("the_default_log_is_named_once", sinks::default_log)
        .test("a_line_has_an_id_and_a_source_only_where_that_helps", sinks::heads)
        .test("every_mishap_is_one_line_that_says_where_to_look", mishaps::every_mishap)
        .test("a_balancer_accounts_for_each_member_and_tells_who_is_back", mishaps::balancer)
        .test("a_missing_or_wrong_secret_is_hinted_at_once", mishaps::secrets)
        .test("a_port_that_never_answers_is_told_while_the_request_waits", mishaps::silence)
        .test("a_mount_with_a_bar_is_one_warning", doubts::one_mount)
        .test("a_map_file_is_refused_by_each_process_and_told_of_by_one", doubts::refused_map)
        .test("a_map_file_that_children_cannot_read_is_told_at_start", doubts::unreadable_map)
}

//! What the lines of the log look like, and where they go: JkLogFormat, repeats, syslog, httpd's ErrorLog, the line at
//! a start, and what is said where rights are missing.
//!
//! Rules: docs/book/src/logs.md.

mod formats;
mod packets;
mod permissions;
mod places;
mod repeats;
mod start;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("log lines")
        .test("a_line_of_json_tells_what_a_line_of_text_does", formats::same_facts)
        .test("whatever_a_client_sends_a_line_stays_one_object", formats::any_octets)
        .test("a_long_uri_hides_neither_status_nor_cause", formats::long_requests)
        .test("requests_are_objects_with_the_facts_of_their_format", formats::requests)
        .test("each_server_has_its_own_format", formats::per_server)
        .test("an_unknown_format_is_refused_with_the_nearest_word", formats::unknown)
        .test("trace_shows_packets_without_secrets", packets::shown)
        .test("debug_shows_no_packets", packets::only_at_trace)
        .test("repeats_are_counted_and_told_within_a_second", repeats::counted)
        .test("attempts_of_different_requests_are_no_repeats", repeats::per_request)
        .test("a_process_that_ends_tells_its_counts", repeats::end)
        .test("a_note_of_repeats_has_the_words_of_other_logs", repeats::text)
        .test("syslog_is_reached_when_it_can_be_and_holds_nothing_up", places::syslog)
        .test("lines_go_to_the_error_log_of_their_server_at_its_levels", places::error_log)
        .test("configtest_knows_the_names_of_other_logs", places::words)
        .test("a_start_says_in_one_line_what_is_configured", start::one_line)
        .test("a_start_is_told_once_where_httpds_log_is_ours", start::in_error_log)
        .test("a_start_counts_pools_of_each_worker_and_threads_of_http2", start::connections)
        .test("configtest_knows_a_log_program_that_is_not_there", start::program)
        .test("configtest_starts_nothing", start::configtest)
        .test("a_log_or_segment_without_rights_names_who_where_and_what_mends_it", permissions::files)
        .test("a_configuration_without_rights_names_who_where_and_what_mends_it", permissions::configuration)
        .test("a_socket_without_rights_names_who_where_and_what_mends_it", permissions::socket)
}

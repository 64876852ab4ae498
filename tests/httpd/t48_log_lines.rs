//! What the lines of the log look like, and where they go: JkLogFormat, repeats, syslog, httpd's ErrorLog, the line at
//! a start, and what is said where rights are missing.
//!
//! Rules: docs/logs.md.

mod formats;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("log lines")
        .test("a_line_of_json_tells_what_a_line_of_text_does", formats::same_facts)
        .test("whatever_a_client_sends_a_line_stays_one_object", formats::any_octets)
        .test("requests_are_objects_with_the_facts_of_their_format", formats::requests)
        .test("each_server_has_its_own_format", formats::per_server)
        .test("an_unknown_format_is_refused_with_the_nearest_word", formats::unknown)
}

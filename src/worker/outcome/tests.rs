//! Every row of the table, and when a request may be sent again.

use super::*;

const NONE: RecoveryOptions = RecoveryOptions::empty();

/// Each failure once.
const EVERY: [Failure; 17] = [
    Failure::NoConnection,
    Failure::Busy,
    Failure::RequestTooLarge,
    Failure::Connect,
    Failure::Send,
    Failure::ClientRead,
    Failure::ClientWrite,
    Failure::ReplyTimeout,
    Failure::ConnectionLost,
    Failure::Framing,
    Failure::Malformed,
    Failure::BadResponse,
    Failure::BodySend,
    Failure::FatalStatus(500),
    Failure::SoftStatus(500),
    Failure::Truncated(Culprit::Container, MemberEvent::Error),
    Failure::NoMember,
];

fn attempt(method: &str, recovery: RecoveryOptions, headers_received: bool) -> Attempt<'_> {
    Attempt { method: method.as_bytes(), recovery, headers_received }
}

fn repeats(failure: Failure, attempt: &Attempt<'_>) -> (bool, bool) {
    let progress = Progress::default();
    (
        failure.may_repeat(Resend::Retry, attempt, &progress),
        failure.may_repeat(Resend::Failover, attempt, &progress),
    )
}

#[test]
fn failures_before_sending_are_always_repeated() {
    let post = attempt("POST", RecoveryOptions::all(), false);
    assert_eq!(repeats(Failure::Connect, &post), (true, true));
    for failure in [Failure::NoConnection, Failure::Busy, Failure::FatalStatus(503), Failure::SoftStatus(503)]
    {
        assert_eq!(repeats(failure, &post), (false, true), "{failure:?}");
    }
}

#[test]
fn failures_of_client_or_page_and_begun_responses_are_final() {
    let get = attempt("GET", RecoveryOptions::ALWAYS_GET, false);
    let truncated = Failure::Truncated(Culprit::Container, MemberEvent::Error);
    let of_client = [Failure::ClientRead, Failure::ClientWrite, Failure::RequestTooLarge];
    for failure in of_client.into_iter().chain([Failure::BadResponse, Failure::BodySend, truncated]) {
        assert_eq!(repeats(failure, &get), (false, false), "{failure:?}");
    }
}

#[test]
fn what_may_have_been_executed_is_repeated_by_method() {
    let cases = [
        ("GET", true),
        ("HEAD", true),
        ("PUT", true),
        ("DELETE", true),
        ("PROPFIND", true),
        ("BASELINE-CONTROL", true),
        ("POST", false),
        ("PATCH", false),
        ("LOCK", false),
        ("get", false),
        ("BREW", false),
    ];
    let failures =
        [Failure::ReplyTimeout, Failure::ConnectionLost, Failure::Framing, Failure::Malformed, Failure::Send];
    for (method, expected) in cases {
        for failure in failures {
            assert_eq!(
                repeats(failure, &attempt(method, NONE, false)),
                (expected, expected),
                "{method} after {failure:?}"
            );
        }
        let original = attempt(method, RecoveryOptions::REPEAT_ANY_METHOD, false);
        assert_eq!(repeats(Failure::ConnectionLost, &original), (true, true), "{method} with bit 32");
    }
}

#[test]
fn recovery_options_are_looked_at_one_by_one() {
    use RecoveryOptions as R;
    let cases = [
        ("GET", R::NOT_AFTER_REQUEST, false, false),
        ("GET", R::NOT_AFTER_REQUEST, true, true),
        ("GET", R::NOT_AFTER_HEADERS, false, true),
        ("GET", R::NOT_AFTER_HEADERS, true, false),
        ("GET", R::NOT_AFTER_REQUEST | R::ALWAYS_GET, false, true),
        ("GET", R::NOT_AFTER_REQUEST | R::ALWAYS_HEAD, false, false),
        ("GET", R::NOT_AFTER_REQUEST | R::ALWAYS_HEAD | R::ALWAYS_GET, false, true),
        ("HEAD", R::NOT_AFTER_REQUEST | R::ALWAYS_HEAD, false, true),
        ("HEAD", R::NOT_AFTER_HEADERS | R::ALWAYS_HEAD, true, true),
        ("POST", R::NOT_AFTER_REQUEST | R::REPEAT_ANY_METHOD, false, false),
        ("POST", R::ALWAYS_GET | R::ALWAYS_HEAD, false, false),
    ];
    for (method, recovery, headers_received, expected) in cases {
        let attempt = attempt(method, recovery, headers_received);
        assert_eq!(repeats(Failure::ConnectionLost, &attempt).0, expected, "{attempt:?}");
    }
}

#[test]
fn nothing_is_repeated_once_something_was_used_up() {
    let get = attempt("GET", NONE, false);
    for progress in [
        Progress { delivered: true, ..Progress::default() },
        Progress { body_consumed: true, ..Progress::default() },
    ] {
        assert!(!Failure::Connect.may_repeat(Resend::Failover, &get, &progress));
        assert!(!get.may_outlive_stale_connection(&progress));
    }
}

#[test]
fn what_client_or_page_did_never_counts_against_the_member() {
    let harmless = [MemberEvent::ClientError, MemberEvent::LocalError];
    for failure in EVERY.into_iter().filter(|f| matches!(f.culprit(), Culprit::Client | Culprit::Page)) {
        assert!(harmless.contains(&failure.event()) && failure.repeat() == Repeat::Never, "{failure:?}");
    }
    let of_page: Vec<_> = EVERY.into_iter().filter(|failure| failure.culprit() == Culprit::Page).collect();
    assert_eq!(of_page, [Failure::BadResponse]);
}

#[test]
fn a_stale_connection_is_met_once_per_request() {
    let before = Progress { fresh_only: true, ..Progress::default() };
    assert!(before.is_repeatable() && !attempt("GET", NONE, false).may_outlive_stale_connection(&before));
}

#[test]
fn stale_connections_are_no_failure_of_any_method() {
    let fresh = Progress::default();
    assert!(attempt("POST", NONE, false).may_outlive_stale_connection(&fresh));
    let strict = RecoveryOptions::NOT_AFTER_REQUEST;
    assert!(!attempt("POST", strict, false).may_outlive_stale_connection(&fresh));
}

#[test]
fn statuses_follow_the_failure_table() {
    let truncated = Failure::Truncated(Culprit::Container, MemberEvent::ReplyTimeout);
    let cases = [
        (Failure::NoConnection, 503),
        (Failure::Busy, 503),
        (Failure::RequestTooLarge, 413),
        (Failure::Connect, 503),
        (Failure::Send, 503),
        (Failure::ClientRead, 400),
        (Failure::ClientWrite, 200),
        (Failure::ReplyTimeout, 504),
        (Failure::ConnectionLost, 502),
        (Failure::Framing, 502),
        (Failure::Malformed, 502),
        (Failure::BadResponse, 502),
        (Failure::BodySend, 502),
        (Failure::FatalStatus(500), 503),
        (Failure::SoftStatus(500), 503),
        (truncated, 502),
        (Failure::NoMember, 503),
    ];
    for (failure, status) in cases {
        assert_eq!(failure.status(), status, "{failure:?}");
    }
}

#[test]
fn a_truncated_response_is_judged_by_its_cause() {
    let truncated = Failure::Truncated(Culprit::Container, MemberEvent::ReplyTimeout);
    assert_eq!((truncated.culprit(), truncated.event()), (Culprit::Container, MemberEvent::ReplyTimeout));
    assert_eq!(Outcome::ServerError(500).event(), MemberEvent::Success);
}

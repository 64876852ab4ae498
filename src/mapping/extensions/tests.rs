//! Extensions as they are written, and what is said of those that are wrong.

use super::*;

fn parse(text: &str) -> (String, RuleOptions, Vec<String>) {
    let mut report = Report::default();
    let (worker, options) = parse_worker(text.as_bytes(), &Origin::new(&"map".into(), 1), &mut report);
    (worker, options, report.iter().map(|complaint| complaint.message.clone()).collect())
}

fn options(text: &str) -> RuleOptions {
    let (_, options, complaints) = parse(&format!("lb;{text}"));
    assert!(complaints.is_empty(), "{text}: {complaints:?}");
    options
}

fn complaint(text: &str) -> (RuleOptions, String) {
    let (_, options, mut complaints) = parse(&format!("lb;{text}"));
    assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
    (options, complaints.remove(0))
}

#[test]
fn worker_alone_has_no_options() {
    for (text, worker) in [("w1", "w1"), ("w1;", "w1"), ("w1 ", "w1 "), ("", ""), (";w1", ""), ("*", "*")] {
        let (name, options, _) = parse(text);
        assert_eq!((name.as_str(), options), (worker, RuleOptions::default()), "{text}");
    }
}

#[test]
fn each_extension_has_its_type() {
    let all = options(
        "reply_timeout=60000;sticky_ignore=1;stateless=2;fail_on_status=-404,500 503;use_server_errors=400;\
         session_cookie=SID;session_path=;sid;set_session_cookie=1;session_cookie_path=/app",
    );
    let status = |status, soft| FailStatus { status, soft };
    let expected = RuleOptions {
        reply_timeout: Some(Some(Duration::from_secs(60))),
        sticky_ignore: true,
        stateless: true,
        activations: Vec::new(),
        fail_on_status: vec![status(404, true), status(500, false), status(503, false)],
        use_server_errors: Some(400),
        session_cookie: Some("SID".into()),
        session_path: Some(";sid".into()),
        set_session_cookie: true,
        session_cookie_path: Some("/app".into()),
    };
    assert_eq!(all, expected);
}

#[test]
fn reply_timeout_zero_is_no_limit_and_negative_is_not_set() {
    assert_eq!(options("reply_timeout=0").reply_timeout, Some(None));
    assert_eq!(complaint("reply_timeout=-1").0.reply_timeout, None);
    assert_eq!(
        options("reply_timeout=5;reply_timeout=7").reply_timeout,
        Some(Some(Duration::from_millis(7)))
    );
}

#[test]
fn activations_take_effect_in_fixed_order() {
    let rules = options("stopped=c;active=a b,,d;disabled=e").activations;
    let shown: Vec<_> = rules.iter().map(|rule| (rule.member.as_str(), rule.activation.code())).collect();
    assert_eq!(shown, [("a", "ACT"), ("b", "ACT"), ("d", "ACT"), ("e", "DIS"), ("c", "STP")]);
}

#[test]
fn later_activation_replaces_earlier_with_a_warning() {
    let (options, text) = complaint("stopped=m;active=m");
    assert_eq!(options.activations.last().unwrap().activation, Activation::Stopped);
    assert_eq!(text, "rule extension stopped replaces active for member m");
}

#[test]
fn session_path_takes_the_next_piece() {
    assert_eq!(options("session_path=sid;stateless=1").session_path.unwrap(), ";sid");
    let quirk = options("session_path=;stateless=1");
    assert_eq!((quirk.session_path.unwrap().as_str(), quirk.stateless), (";stateless=1", false));
    let (missing, text) = complaint("session_path=");
    assert_eq!(missing.session_path, None);
    assert_eq!(text, "rule extension session_path has no value and is ignored");
}

#[test]
fn complaints_name_the_word_and_keep_the_effect_of_the_original() {
    let cases: &[(&str, &str)] = &[
        ("replytimeout=5", "replytimeout is unknown and ignored, did you mean reply_timeout?"),
        ("Stateless=1", "Stateless is unknown and ignored, did you mean stateless?"),
        (" stateless=1", " stateless is unknown and ignored, did you mean stateless?"),
        ("stateless", "stateless has no value and is ignored, expected stateless=..."),
        ("sticky_ignore=yes", "sticky_ignore=yes: expected a number, taken as 0"),
        ("reply_timeout=5s", "reply_timeout=5s: expected a number, taken as 5"),
        ("reply_timeout=99999999999", "reply_timeout=99999999999: expected a number, taken as 2147483647"),
        ("reply_timeout=-5", "reply_timeout=-5: expected 0 or more, ignored"),
        ("stopped=a;stopped=b", "stopped is allowed once, b is ignored"),
        ("session_cookie=a;session_cookie=b", "session_cookie is allowed once, b is ignored"),
        ("set_session_cookie=1;set_session_cookie=0", "set_session_cookie is allowed once, 0 is ignored"),
        ("fail_on_status=500;fail_on_status=503", "fail_on_status is allowed once, 503 is ignored"),
        ("fail_on_status=99999", "fail_on_status: 99999 is no HTTP status and is ignored"),
    ];
    for (text, expected) in cases {
        assert_eq!(complaint(text).1, format!("rule extension {expected}"), "{text}");
    }
    assert!(!complaint("sticky_ignore=yes").0.sticky_ignore);
    assert_eq!(complaint("session_cookie=a;session_cookie=b").0.session_cookie.unwrap(), "a");
    assert!(complaint("set_session_cookie=1;set_session_cookie=0").0.set_session_cookie);
    assert!(options("set_session_cookie=0;set_session_cookie=1").set_session_cookie);
}

proptest::proptest! {
    #[test]
    fn never_panics(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
        let mut report = Report::default();
        parse_worker(&text, &Origin::new(&"map".into(), 1), &mut report);
    }

    #[test]
    fn number_agrees_with_the_standard_parser(number in proptest::prelude::any::<i32>()) {
        let text = number.to_string();
        proptest::prop_assert_eq!(LeadingNumber::of(text.as_bytes()).clamped(), number);
    }
}

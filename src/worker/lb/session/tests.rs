//! Session ids in cookies and paths.

use proptest::prelude::*;

use super::*;
use crate::config::settings::samples::lb_settings;
use crate::log::Logger;
use crate::worker::lb::tests::TestRequest;

/// Presence of a session and its routes, joined by `|`.
fn read(request: &TestRequest) -> (bool, String) {
    let settings = lb_settings("lb", &["a"]);
    let session = request.with(&Logger::discard(), |request| Session::of(request, &settings));
    let routes = session.routes.iter().map(|route| String::from_utf8_lossy(route).into_owned());
    (session.present, routes.collect::<Vec<_>>().join("|"))
}

fn request(uri: &str, cookies: &[&str]) -> TestRequest {
    let cookies = cookies.iter().map(|cookie| (*cookie).to_owned()).collect();
    TestRequest { uri: uri.to_owned(), cookies, ..TestRequest::new() }
}

#[test]
fn ids_in_the_path() {
    let table = [
        ("/app;jsessionid=abc.r1", true, "r1"),
        ("/app;jsessionid=abc.r1.domain", true, "r1.domain"),
        ("/app;jsessionid=abc.r1/page;x=1", true, "r1"),
        ("/app;jsessionid=abc.r1;x=1", true, "r1"),
        ("/app;jsessionid=abc.r1?x=1", true, "r1"),
        ("/app;x=1;jsessionid=abc.r1", true, "r1"),
        ("/app;jsessionid=one.r1/sub;jsessionid=two.r2", true, "r1"),
        ("/app;jsessionid=no-route", true, ""),
        ("/app;jsessionid=.", true, ""),
        ("/app;JSESSIONID=abc.r1", false, ""),
        ("/app;jsessionidx=abc.r1", false, ""),
        ("/app;xjsessionid=abc.r1", false, ""),
        ("/app/jsessionid=abc.r1", false, ""),
        ("/app;jsessionid", false, ""),
        ("/app;jsessionid=", false, ""),
        ("/app;", false, ""),
        ("", false, ""),
    ];
    for (uri, present, routes) in table {
        assert_eq!(read(&request(uri, &[])), (present, routes.to_owned()), "{uri}");
    }
}

#[test]
fn ids_in_cookies() {
    let table: [(&[&str], bool, &str); 25] = [
        (&["JSESSIONID=abc.r1"], true, "r1"),
        (&["a=b; JSESSIONID=abc.r1; c=d"], true, "r1"),
        (&["a=b;JSESSIONID=abc.r1"], true, "r1"),
        (&["a=b,JSESSIONID=abc.r1,c=d"], true, "r1"),
        (&["a\tJSESSIONID=abc.r1"], true, "r1"),
        (&["JSESSIONID =abc.r1"], true, "r1"),
        (&["JSESSIONID \t =abc.r1"], true, "r1"),
        (&["JSESSIONID=\"abc.r1\""], true, "r1"),
        (&["JSESSIONID=\"abc.r1"], true, "r1"),
        (&["JSESSIONID=\""], true, ""),
        (&["JSESSIONID=abc.r1 "], true, "r1 "),
        (&["JSESSIONID=abc.r1 ; b=c"], true, "r1 "),
        (&["JSESSIONID=abc.r1; JSESSIONID=def.r2"], true, "r1|r2"),
        (&["JSESSIONID=abc.r1", "x=y; JSESSIONID=def.r2"], true, "r1|r2"),
        (&["JSESSIONID=abc; JSESSIONID=def.r2"], true, "r2"),
        (&["JSESSIONID=;JSESSIONID=def.r2"], true, "r2"),
        (&["JSESSIONIDJSESSIONID=abc.r1"], false, ""),
        (&["XJSESSIONID=abc.r1"], false, ""),
        (&["jsessionid=abc.r1"], false, ""),
        (&["JSESSIONIDX=abc.r1"], false, ""),
        (&["JSESSIONID"], false, ""),
        (&["JSESSIONID="], false, ""),
        (&["JSESSIONID=; x=y"], false, ""),
        (&["JSESSIONID=\"\""], false, ""),
        (&[""], false, ""),
    ];
    for (cookies, present, routes) in table {
        assert_eq!(read(&request("/app", cookies)), (present, routes.to_owned()), "{cookies:?}");
    }
}

#[test]
fn the_path_wins_over_cookies_also_when_it_is_empty() {
    let cookies = ["JSESSIONID=abc.r2"];
    assert_eq!(read(&request("/app;jsessionid=abc.r1", &cookies)), (true, "r1".to_owned()));
    assert_eq!(read(&request("/app;jsessionid=/page", &cookies)), (false, String::new()));
    assert_eq!(read(&request("/app;jsessionid=", &cookies)), (true, "r2".to_owned()));
}

#[test]
fn the_fixed_route_replaces_everything() {
    let fixed = TestRequest {
        route: Some("r9".to_owned()),
        ..request("/app;jsessionid=abc.r1", &["JSESSIONID=abc.r2"])
    };
    assert_eq!(read(&fixed), (true, "r9".to_owned()));
}

#[test]
fn the_rule_replaces_the_names() {
    let mut named = request("/app;jsessionid=a.r1;sid=b.r2", &["JSESSIONID=c.r3; SID=d.r4"]);
    named.rule.session_path = Some("sid".to_owned());
    assert_eq!(read(&named), (true, "r2".to_owned()));
    named.rule.session_path = Some(";none".to_owned());
    named.rule.session_cookie = Some("SID".to_owned());
    assert_eq!(read(&named), (true, "r4".to_owned()));
    named.rule.session_cookie = Some(String::new());
    assert_eq!(read(&named), (false, String::new()), "a name without octets is found nowhere");
}

#[test]
fn stickiness_can_be_switched_off() {
    let with = |rule: bool, environment: Option<bool>| {
        let mut sticky = TestRequest { sticky_ignore: environment, ..TestRequest::session("x.r1") };
        sticky.rule.sticky_ignore = rule;
        read(&sticky).0
    };
    assert!(with(false, None) && with(true, Some(false)));
    assert!(!with(true, None) && !with(false, Some(true)));
    let mut settings = lb_settings("lb", &["a"]);
    settings.sticky_session = false;
    let session = TestRequest { route: Some("r1".to_owned()), ..TestRequest::session("x.r1") }
        .with(&Logger::discard(), |request| Session::of(request, &settings));
    assert_eq!(session, Session::default());
}

#[test]
fn a_flood_of_ids_is_bounded() {
    let cookie = "JSESSIONID=x.y;".repeat(1000);
    assert_eq!(read(&request("/app", &[&cookie])).1.split('|').count(), MAX_IDS);
}

proptest! {
    #[test]
    fn any_path_and_cookie_can_be_read(
        uri in "[/;=?.a-c]{0,20}(;jsessionid=?)?[/;=?.a-c]{0,20}",
        cookie in "[;, =\"a.]{0,20}(JSESSIONID)?[;, =\"a.]{0,20}(JSESSIONID)?[;, =\"a.]{0,10}",
    ) {
        let (present, routes) = read(&request(&uri, &[&cookie]));
        prop_assert!(present || routes.is_empty());
        prop_assert!(!routes.contains(';') && !routes.contains(','));
    }

    #[test]
    fn any_octets_can_be_read(uri in prop::collection::vec(any::<u8>(), 0..60), name in prop::collection::vec(any::<u8>(), 0..4)) {
        if let Some(value) = path_parameter(&uri, &name) {
            prop_assert!(!value.iter().any(|octet| b";?/".contains(octet)));
        }
        for value in cookie_values(&uri, &name) {
            prop_assert!(!value.iter().any(|octet| b";,".contains(octet)));
        }
    }

    #[test]
    fn a_cookie_is_found_wherever_it_stands(before in "([a-z]{1,4}=[a-z.]{0,6}; ?){0,4}", id in "[A-F0-9]{1,8}", route in "[a-z0-9]{1,6}") {
        let cookie = format!("{before}JSESSIONID={id}.{route}; last=1");
        prop_assert_eq!(read(&request("/", &[&cookie])), (true, route));
    }
}

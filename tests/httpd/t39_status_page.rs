//! The page of the status worker, as browsers ask for it: forms that are posted, and headers.
//!
//! Rules: "status-worker, sections 2 and 10" and "decisions, rows 21 and 60".

use crate::support::backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("status_page")
        .under(&[Mpm::Event, Mpm::Prefork], "a_posted_form_changes_what_it_says", posted)
        .test("what_is_no_form_or_too_long_changes_nothing", refused)
        .test("the_page_says_what_a_browser_may_do_with_it", headers)
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn site(mpm: Mpm) -> Httpd {
    let workers =
        "worker.list=lb,st\nworker.st.type=status\nworker.lb.type=lb\nworker.lb.balance_workers=t1,t2\n";
    let members = [backend::worker("t1", 9), backend::worker("t2", 10)].concat();
    Site::new(mpm)
        .workers(&format!("{workers}{members}"))
        .conf("JkMount /status st\nJkMount /app/* lb\n")
        .start()
}

/// Activation and factor of t1.
fn member(httpd: &Httpd) -> [String; 2] {
    let xml = httpd.get("/status?cmd=show&w=lb&sw=t1&mime=xml").text();
    ["activation", "lbfactor"].map(|name| {
        let (_, rest) = xml.split_once(&format!(" {name}=\"")).expect("it is told");
        rest.split('"').next().expect("a value").to_owned()
    })
}

fn posted(mpm: Mpm) {
    let httpd = site(mpm);
    let form = httpd.get("/status?cmd=edit&w=lb&sw=t1&from=list").text();
    let (_, action) = form.split_once("<form method=\"post\" action=\"").expect("a form");
    let action = action.split('"').next().expect("an address").replace("&amp;", "&");
    assert_eq!(action, "?cmd=update&w=lb&sw=t1&from=list");
    let target = format!("/status{action}");
    let answer = httpd.client().send("POST", &target, &[FORM], b"vwa=Disabled&vwf=3&vwn=t1");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(text.contains("Result: OK - You will be redirected in 3 seconds."), "{text}");
    assert!(text.contains("content=\"3; url=?cmd=list\""), "{text}");
    assert_eq!(member(&httpd), ["DIS", "3"]);
    let charset = [("Content-Type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")];
    let answer = httpd.client().send("POST", &target, &charset, b"vwa=Active&vwf=0");
    let expected =
        "Result: ERROR - Update failed: vwf=0 (lbfactor of sub worker &#39;t1&#39;): expected 1 or more";
    assert!(answer.text().contains(expected), "{}", answer.text());
    assert_eq!(member(&httpd), ["DIS", "3"]);
    let all =
        httpd.client().send("POST", "/status?cmd=update&w=lb&att=vwa", &[FORM], b"val0=Active&val1=Stopped");
    assert!(all.text().contains("Result: OK"), "{}", all.text());
    assert_eq!(member(&httpd), ["ACT", "3"]);
}

fn refused() {
    let httpd = site(Mpm::Event);
    let send = |target: &str, kind: &str, body: &[u8]| {
        httpd.client().send("POST", target, &[("Content-Type", kind)], body)
    };
    let target = "/status?cmd=update&w=lb&sw=t1";
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        assert_eq!(send(target, kind, b"vwf=3").status, 200, "{kind}");
    }
    let by_body = send("/status?cmd=list", FORM.1, b"cmd=update&w=lb&sw=t1&vwf=3");
    assert!(!by_body.text().contains("Result:"), "what is done stands in the address");
    let put = httpd.client().send("PUT", target, &[FORM], b"vwf=3");
    assert_eq!(put.status, 200);
    let long = [b"vwf=3&x=".as_slice(), &[b'x'; 65_536]].concat();
    assert_eq!(send(target, FORM.1, &long).status, 413);
    assert_eq!(member(&httpd), ["ACT", "1"]);
    assert_eq!(send(target, FORM.1, &long[..65_536]).status, 200);
    assert_eq!(member(&httpd), ["ACT", "3"]);
}

fn headers() {
    let httpd = site(Mpm::Event);
    let page = httpd.get("/status");
    assert_eq!(page.header("content-type"), Some("text/html; charset=UTF-8"));
    assert_eq!(page.header("cache-control"), Some("no-store, no-cache"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let text = httpd.get("/status?mime=txt");
    assert_eq!(text.header("content-type"), Some("text/plain"));
    assert_eq!(text.header("cache-control"), Some("no-cache"));
    assert_eq!(text.header("content-security-policy"), None);
}

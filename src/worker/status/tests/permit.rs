//! Which changes are refused for the way in which they come.

use super::*;

const CHANGE: &str = "cmd=stop&w=lb&sw=t1";

const FORMATS: [&str; 6] = ["html", "xml", "txt", "prop", "json", "prometheus"];

fn browser(site: &'static str) -> Origin<'static> {
    Origin { fetch_site: Some(site.as_bytes()), ..Origin::default() }
}

/// Status and page of an answer.
fn answer(bench: &Bench, query: &str, change: impl FnOnce(&mut Ask<'_>)) -> (u16, String) {
    let mut ask = bench.asking(query, "");
    change(&mut ask);
    let answer = bench.answer_as(&ask);
    (answer.status, answer.body)
}

#[test]
fn with_update_methods_post_other_methods_change_nothing() {
    let mut bench = Bench::new();
    bench.page.settings.update_methods = UpdateMethods::Post;
    let before = bench.changes();
    for method in ["GET", "HEAD", "PUT", "post"] {
        for format in FORMATS {
            for command in ["stop&sw=t1", "update&sw=t1&vwa=s", "reset", "switch&domain=d"] {
                let query = format!("cmd={command}&w=lb&mime={format}");
                let answer = bench.answer_as(&Ask { method: method.as_bytes(), ..bench.asking(&query, "") });
                assert_eq!(answer.status, 405, "{method} {query}");
                assert!(answer.headers.contains(&("Allow", "POST".into())), "{query}");
                assert!(answer.body.contains("update_methods=post"), "{}", answer.body);
            }
        }
    }
    assert_eq!(bench.changes(), before);
    for query in ["cmd=list", "cmd=edit&w=lb", "cmd=confirm&do=stop&w=lb&sw=t1"] {
        assert_eq!(answer(&bench, query, |_| {}).0, 200, "{query} changes nothing");
    }
    let (status, _) = answer(&bench, CHANGE, |ask| ask.method = b"POST");
    assert_eq!((status, bench.changes()), (200, before + 1));
}

#[test]
fn a_browsers_form_carries_the_nonce_of_the_page() {
    let bench = Bench::new();
    let nonce = bench.shared.nonce();
    let before = bench.changes();
    let with = |nonce: &str| format!("{CHANGE}&nonce={nonce}");
    let own = Origin { origin: Some(b"http://a.example"), host: Some(b"a.example"), ..Origin::default() };
    for format in FORMATS {
        let query = format!("{CHANGE}&mime={format}");
        for origin in [browser("same-origin"), own] {
            let (status, body) = answer(&bench, &query, |ask| (ask.method, ask.origin) = (b"POST", origin));
            assert_eq!(status, 403);
            assert!(body.contains("this form is none of the status page"), "{body}");
        }
        for method in ["GET", "POST"] {
            for wrong in ["", "x", "0123456789abcdef0123456789abcdef", &nonce[1..]] {
                let query = format!("{}&mime={format}", with(wrong));
                let (status, body) = answer(&bench, &query, |ask| ask.method = method.as_bytes());
                assert_eq!(status, 403, "{method} {query}");
                let message = body.replace("&#39;", "'").replace("&apos;", "'");
                assert!(message.contains("this form is older than the server's last start"), "{body}");
            }
        }
    }
    assert_eq!(bench.changes(), before);
    for (method, origin, nonce) in [
        ("POST", Origin::default(), None),
        ("GET", Origin::default(), None),
        ("POST", browser("none"), None),
        ("GET", browser("same-origin"), None),
        ("POST", browser("same-origin"), Some(&nonce)),
        ("POST", own, Some(&nonce)),
    ] {
        let before = bench.changes();
        let query = nonce.map_or_else(|| CHANGE.to_owned(), |nonce| with(nonce));
        let (status, _) =
            answer(&bench, &query, |ask| (ask.method, ask.origin) = (method.as_bytes(), origin));
        assert_eq!(status, 200, "{method} {origin:?} {nonce:?}");
        bench.ask("cmd=activate&w=lb&sw=t1");
        assert_eq!(bench.changes(), before + 2);
    }
    let elsewhere = Origin { origin: Some(b"http://front.example"), ..own };
    let (status, _) = answer(&bench, &with(&nonce), |ask| (ask.method, ask.origin) = (b"POST", elsewhere));
    assert_eq!(status, 200, "a proxy in between has changed Host");
    bench.ask("cmd=activate&w=lb&sw=t1");
    let (status, _) = answer(&bench, &with(&nonce), |ask| ask.origin = browser("cross-site"));
    assert_eq!(status, 403, "nobody else knows it, and nobody else may use it");
}

/// To a server without TLS browsers send no Sec-Fetch-Site, and a page can have them keep Referer back.
#[test]
fn a_browser_has_to_say_for_which_page_it_asks() {
    let bench = Bench::new();
    let before = bench.changes();
    let agent = |agent: &'static str, language| Origin {
        agent: Some(agent.as_bytes()),
        language,
        ..Origin::default()
    };
    let (firefox, english) = ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0)", Some(b"en".as_slice()));
    for format in FORMATS {
        let query = format!("{CHANGE}&mime={format}");
        let (status, body) = answer(&bench, &query, |ask| ask.origin = agent(firefox, english));
        assert!(status == 403 && body.contains("does not say for which page"), "{body}");
    }
    assert_eq!(bench.changes(), before);
    let of_the_page =
        Origin { host: Some(b"a"), referer: Some(b"http://a/status"), ..agent(firefox, english) };
    let typed = Origin { fetch_site: Some(b"none"), ..agent(firefox, english) };
    for origin in
        [of_the_page, typed, agent("curl/8.14", english), agent("Mozilla/5.0 WindowsPowerShell/5.1", None)]
    {
        assert_eq!(answer(&bench, CHANGE, |ask| ask.origin = origin).0, 200, "{origin:?}");
    }
    assert_eq!(answer(&bench, "cmd=edit&w=lb", |ask| ask.origin = agent(firefox, english)).0, 200);
}

#[test]
fn a_form_that_is_too_old_is_shown_again() {
    let bench = Bench::new();
    let (before, fresh) = (bench.changes(), format!("name=\"nonce\" value=\"{}\"", bench.shared.nonce()));
    let send = |query: &str, form: &str| {
        let origin = browser("same-origin");
        bench.answer_as(&Ask { origin, ..bench.asking(query, form) })
    };
    let edit = send("cmd=update&w=lb&sw=t1", "nonce=0&vwf=17&vwn=t1");
    assert_eq!(edit.status, 403);
    for part in [fresh.as_str(), "name=\"vwf\" value=\"17\""] {
        assert!(edit.body.contains(part), "{}", edit.body);
    }
    let question = send("cmd=drain&w=lb&sw=t1", "nonce=0&timeout=33");
    for part in [fresh.as_str(), "<h2>Drain t1?</h2>", "name=\"timeout\" value=\"33\""] {
        assert!(question.body.contains(part), "{}", question.body);
    }
    let none = send("cmd=update&w=lb&sw=t1", "vwf=17");
    assert!(!none.body.contains("<form"), "a page that is not this one fills in nothing: {}", none.body);
    assert_eq!(bench.changes(), before);
}

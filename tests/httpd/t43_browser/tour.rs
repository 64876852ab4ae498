//! Every page, on wide and narrow screens, in light and dark: it breaks no rule of axe-core, is no wider than the
//! screen, and nothing in it is told off by the browser.
//!
//! With `JK_SCREENSHOTS=directory` pictures of what is seen are written there.

use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::{json, Value};

use super::shop::Shop;
use crate::support::backend;
use crate::support::browser::{Browser, Look};
use crate::support::site::{Mpm, Site};
use crate::support::{paths, ports};

/// Pages, with a name for their picture.
const PAGES: [(&str, &str); 18] = [
    ("list", ""),
    ("refreshed", "re=5"),
    ("read-only", "opt=32"),
    ("show-balancer", "cmd=show&w=shop"),
    ("show-member", "cmd=show&w=shop&sw=shop3"),
    ("show-worker", "cmd=show&w=reports"),
    ("edit-member", "cmd=edit&w=shop&sw=shop1&from=list"),
    ("edit-balancer", "cmd=edit&w=shop&from=list"),
    ("edit-all", "cmd=edit&w=shop&att=vwf&from=list"),
    ("confirm", "cmd=confirm&do=stop&w=office&sw=office1&from=list"),
    ("drain", "cmd=confirm&do=drain&w=shop&sw=shop1,shop2&from=list"),
    ("explain", "cmd=explain&uri=/shop/cart&session=x.shop2"),
    ("explain-nothing", "cmd=explain&uri=/elsewhere"),
    ("refused", "cmd=update&w=shop&sw=shop1&vwf=x&vwd=7&from=list"),
    ("done", "cmd=update&w=shop&sw=shop1&vwd=0&from=list"),
    ("error", "cmd=show&w=nix"),
    ("version", "cmd=version"),
    ("dump", "cmd=dump"),
];

const LOOKS: [Look; 4] = [
    Look { width: 1280, dark: false },
    Look { width: 1280, dark: true },
    Look { width: 360, dark: false },
    Look { width: 360, dark: true },
];

/// Widths of other screens, on which no page may be wider either.
const WIDTHS: [u32; 4] = [320, 768, 1060, 1800];

/// Rounds of requests before the tour, and before pictures are taken.
const ROUNDS: [usize; 2] = [40, 1_000];

/// What README shows: the balancers alone.
const OF_README: (&str, &str) = ("status-page", "opt=20");

/// Most pixels of a picture from top to bottom.
const HIGHEST: u32 = 6_000;

pub fn tour() {
    let browser = Browser::start();
    let shop = match pictures() {
        None => Shop::after_a_while(ROUNDS[0], ports::free()),
        Some(_) => Shop::after_a_while(ROUNDS[1], 8009),
    };
    if pictures().is_some() {
        browser.look(LOOKS[0]);
        browser.open(&shop.url(OF_README.1));
        picture(&browser, OF_README.0, LOOKS[0]);
    }
    browser.open(&shop.url(""));
    let dead = browser.find("tr[id='w/shop/shop3']").text();
    assert!(
        dead.contains("ERR") && dead.contains("asked by CPing within") && dead.contains("connect"),
        "{dead}"
    );
    let axe = fs::read_to_string(paths::axe()).expect("axe-core is there after apxs/setup test");
    for (name, query) in PAGES {
        browser.open(&shop.url(query));
        keep_still(&browser);
        for look in LOOKS {
            browser.look(look);
            picture(&browser, name, look);
            assert_eq!(wider(&browser), json!([]), "{name}, {look:?}");
        }
        unfold(&browser);
        for width in WIDTHS {
            browser.look(Look { width, dark: false });
            assert_eq!(wider(&browser), json!([]), "{name}, {width} pixels");
        }
        browser.run(&axe, &[]);
        for look in LOOKS {
            browser.look(look);
            if pictures().is_some() {
                picture(&browser, &format!("{name}-unfolded"), look);
            }
            assert_eq!(wider(&browser), json!([]), "{name}, unfolded, {look:?}");
            assert_eq!(violations(&browser), json!([]), "{name}, {look:?}");
        }
        assert_eq!(browser.console(), Vec::<String>::new(), "{name}");
    }
}

/// A balancer of 500 members.
pub fn many() {
    let names: Vec<String> = (1..=500).map(|number| format!("node{number:03}")).collect();
    let workers: String = (1..).zip(&names).map(|(port, name)| backend::worker(name, port)).collect();
    let httpd = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=grid,jkstatus\nworker.jkstatus.type=status\nworker.grid.type=lb\n\
             worker.grid.balance_workers={}\n{workers}",
            names.join(",")
        ))
        .conf("JkMount /status jkstatus\nJkMount /grid|/* grid")
        .start();
    httpd.get("/status?cmd=update&w=grid&sw=node007&vwa=d");
    httpd.get("/status?cmd=update&w=grid&sw=node4*2&vwa=s");
    let browser = Browser::start();
    for look in LOOKS {
        browser.look(look);
        browser.open(&format!("http://127.0.0.1:{}/status", httpd.port()));
        picture(&browser, "many", look);
        assert_eq!(wider(&browser), json!([]), "{look:?}");
        let folded = browser.run("return document.documentElement.scrollHeight < 2500", &[]);
        assert_eq!(folded, true, "{look:?}: 500 members are folded");
        assert_eq!(browser.find(".attention").text().matches("node").count(), 11);
        browser.find("nav input[type=search]").enter("node25 active");
        browser.wait_for_text("10 of 500 members shown");
        assert!(browser.find("tr[id='w/grid/node250']").text().contains("Active"));
        assert_eq!(wider(&browser), json!([]), "{look:?}");
        assert_eq!(browser.console(), Vec::<String>::new());
    }
}

/// Has no page lead elsewhere, or change, while it is looked at.
fn keep_still(browser: &Browser) {
    browser.run("for (let timer = setTimeout(() => {}); timer > 0; timer--) clearTimeout(timer)", &[]);
}

fn unfold(browser: &Browser) {
    browser.run("document.querySelectorAll('details').forEach(each => { each.open = true; })", &[]);
}

/// What sticks out of the page on the right, if the page is wider than the screen.
fn wider(browser: &Browser) -> Value {
    browser.run(
        "const width = document.documentElement.clientWidth;
         const whole = document.documentElement.scrollWidth;
         if (whole <= width) return [];
         const parts = [...document.body.querySelectorAll('*')]
             .filter(each => each.getBoundingClientRect().right > width && !each.closest('.scroll'))
             .map(each => `${each.tagName} ${each.className} ${each.textContent.slice(0, 40)}`);
         return [whole, ...parts]",
        &[],
    )
}

/// Rules of axe-core that the page breaks, with what breaks them.
fn violations(browser: &Browser) -> Value {
    browser.run_later(
        "const done = arguments[0];
         axe.run({resultTypes: ['violations'], preload: false}).then(
             found => done(found.violations.map(rule =>
                 [rule.id, rule.nodes.map(node => `${node.html} ${node.failureSummary}`)])),
             error => done([String(error)]))",
        &[],
    )
}

fn pictures() -> Option<PathBuf> {
    env::var_os("JK_SCREENSHOTS").map(PathBuf::from)
}

/// What is seen is a picture, which is kept if somebody wants it.
fn picture(browser: &Browser, name: &str, look: Look) {
    let picture = browser.picture(look, HIGHEST);
    assert!(picture.starts_with(b"\x89PNG\r\n"), "{name}");
    if let Some(directory) = pictures() {
        let scheme = if look.dark { "-dark" } else { "" };
        let path = directory.join(format!("{name}-{}{scheme}.png", look.width));
        fs::write(&path, picture).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

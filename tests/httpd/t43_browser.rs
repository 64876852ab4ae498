//! The page of the status worker in a real browser: what people do with it, and whether everybody can.
//!
//! Rules: "status-worker, section 10" and "decisions, row 60"; WCAG 2 by the rules of axe-core.

mod operate;
mod shop;
mod tour;

use serde_json::json;

use crate::support::browser::{Browser, Look};
use crate::support::suite::Suite;
use shop::Shop;

pub fn suite() -> Suite {
    Suite::new("browser")
        .test("b_the_page_takes_a_tomcat_out_and_back", operate::edited)
        .test("b_a_deployment_by_page_loses_no_request", operate::deployed)
        .test("an_action_is_asked_about_and_done", operate::confirmed)
        .test("several_members_are_chosen", operate::chosen)
        .test("without_scripts_forms_do_it_all", operate::without_scripts)
        .test("figures_refresh_in_their_places", refreshed)
        .test("members_are_filtered", filtered)
        .test("a_keyboard_is_enough", by_keyboard)
        .test("a_uri_is_explained", explained)
        .test("every_page_is_for_everybody", tour::tour)
        .test("many_members_are_folded_and_found", tour::many)
}

fn refreshed() {
    let mut shop = Shop::open();
    let browser = Browser::start();
    browser.open(&shop.url("cmd=list&re=1"));
    browser.run("window.stayed = true; document.querySelector('details.legend').open = true", &[]);
    let row = "document.getElementById('w/shop/shop1')";
    browser.wait_for(&format!("return !!{row}.querySelector('svg.spark polyline')"));
    let before = shop.requests("shop1");
    shop.serve(9);
    let after = shop.requests("shop1");
    assert!(after > before, "{before} {after}");
    browser.wait_for(&format!("return {row}.dataset.requests === '{after}'"));
    browser.wait_for(&format!("return {row}.cells[3].textContent.startsWith('{after}')"));
    let stayed = "return window.stayed && document.querySelector('details.legend').open";
    assert_eq!(browser.run(stayed, &[]), true, "nothing but the figures is new");
    assert_eq!(browser.console(), Vec::<String>::new());
    shop.httpd.stop();
    browser.wait_for_text("These figures are old: the server does not answer");
}

fn filtered() {
    let shop = Shop::open();
    let browser = Browser::start();
    browser.open(&shop.url(""));
    let shown = || {
        browser.run("return [...document.querySelectorAll('table.members tbody tr')].filter(row => !row.hidden).map(row => row.id)", &[])
    };
    let filter = browser.find("nav input[type=search]");
    assert_eq!(shown().as_array().map(Vec::len), Some(6));
    for (text, expected) in
        [("shop2", json!(["w/shop/shop2"])), (" active", json!(["w/shop/shop2"])), (" nix", json!([]))]
    {
        filter.enter(text);
        assert_eq!(shown(), expected, "{text}");
    }
    browser.wait_for_text("0 of 6 members shown");
    browser.run("document.querySelector('nav input[type=search]').value = ''", &[]);
    filter.enter(" ");
    assert_eq!(shown().as_array().map(Vec::len), Some(6));
}

fn explained() {
    let shop = Shop::open();
    let browser = Browser::start();
    browser.open(&shop.url(""));
    browser.find("nav details summary").click();
    let uri = browser.find("input[name=uri]");
    uri.enter("/office/cart");
    browser.find("nav details form button").click();
    browser.wait_for_text("worker office takes it");
    assert_eq!(browser.console(), Vec::<String>::new());
}

/// Tab leads to a way around the controls, and to everything that can be done with a member.
fn by_keyboard() {
    const TAB: &str = "\u{E004}";
    const ENTER: &str = "\u{E007}";
    let shop = Shop::open();
    let browser = Browser::start();
    browser.look(Look { width: 1280, dark: false });
    browser.open(&shop.url(""));
    browser.find("body").enter(TAB);
    let skip = browser.find(":focus");
    assert_eq!(skip.text(), "Skip to the content");
    skip.enter(ENTER);
    let mut met = Vec::new();
    for _ in 0..40 {
        browser.find("body").enter(TAB);
        met.push(browser.find(":focus").text());
        if met.last().is_some_and(|text| text == "Disable") {
            break;
        }
    }
    assert_eq!(met.last().map(String::as_str), Some("Disable"), "{met:?}");
    assert!(!met.iter().any(|text| text == "Dump"), "the controls were skipped: {met:?}");
    browser.find(":focus").enter(ENTER);
    browser.wait_for_text("Disable shop1?");
}

//! What an operator does by the page, and what becomes of requests meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use super::shop::Shop;
use crate::support::browser::{Browser, Element};
use crate::support::client::Client;
use crate::support::example::{Example, Running};
use crate::support::load::{by_route, Load};
use crate::support::site::Mpm;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::{ports, wait};

const LIMIT: Duration = Duration::from_secs(30);

const NAMES: [&str; 3] = ["tomcat1", "tomcat2", "tomcat3"];

/// Set-up B: `conf-examples/b-status-page` over three Tomcats, of which the first has a process of its own.
struct SetUp {
    port: u16,
    first: Tomcat,
    _others: Tomcat,
    _httpd: Running,
}

impl SetUp {
    fn start() -> Self {
        let services = NAMES.map(Service::new);
        let [first, others] = Tomcat::start([&services[..1], &services[1..]]);
        let port = ports::free();
        let example = Example::new("b-status-page", Mpm::Event).set("HTTP_PORT", port);
        let example = services.iter().fold(example, |example, service| {
            example.set(&format!("{}_AJP", service.route.to_uppercase()), service.port)
        });
        let verdict = example.configtest();
        assert!(verdict.ok && verdict.output.trim() == "Syntax OK", "{}", verdict.output);
        Self { port, first, _others: others, _httpd: example.start(port) }
    }

    fn page(&self) -> String {
        format!("http://127.0.0.1:{}/jkmanager/", self.port)
    }

    /// Who answers nine requests without a session.
    fn nine(&self) -> BTreeMap<String, usize> {
        let mut shares = BTreeMap::new();
        for _ in 0..9 {
            let route = Client::new(self.port).get("/facts").fact("route").expect("a Tomcat answers");
            *shares.entry(route).or_default() += 1;
        }
        shares
    }

    fn threes() -> BTreeMap<String, usize> {
        NAMES.map(|name| (name.to_owned(), 3)).into()
    }
}

fn row<'b>(browser: &'b Browser, balancer: &str, member: &str) -> Element<'b> {
    browser.find(&format!("tr[id='w/{balancer}/{member}']"))
}

/// Waits for the result, and until the page has gone back to where it was.
fn done(browser: &Browser, balancer: &str, member: &str) {
    browser.wait_for_text("Result: OK");
    row(browser, balancer, member);
}

fn edit(browser: &Browser, member: &str, activation: &str) {
    row(browser, "load_balancer", member).link("Edit").click();
    browser.find("select[name=vwa]").choose(activation);
    browser.find(".question button").click();
    done(browser, "load_balancer", member);
}

/// By a link in the row, and the button on the page that asks.
fn act(browser: &Browser, balancer: &str, member: &str, action: &str) {
    row(browser, balancer, member).link(action).click();
    browser.wait_for_text(&format!("{action} {member}?"));
    browser.find(".question button").click();
    done(browser, balancer, member);
}

pub fn edited() {
    let set_up = SetUp::start();
    let browser = Browser::start();
    assert_eq!(set_up.nine(), SetUp::threes());
    browser.open(&set_up.page());
    edit(&browser, "tomcat1", "Disabled");
    assert!(row(&browser, "load_balancer", "tomcat1").text().contains("Disabled"));
    let shares = set_up.nine();
    assert!(!shares.contains_key("tomcat1") && shares.values().all(|share| *share >= 4), "{shares:?}");
    edit(&browser, "tomcat1", "Active");
    assert_eq!(set_up.nine(), SetUp::threes());
    assert_eq!(browser.console(), Vec::<String>::new());
}

pub fn deployed() {
    let mut set_up = SetUp::start();
    let browser = Browser::start();
    let load = Load::start(4, set_up.port, Duration::from_millis(5), |_| ("/facts", Vec::new()), by_route);
    browser.open(&set_up.page());
    act(&browser, "load_balancer", "tomcat1", "Stop");
    let busy = "return document.getElementById('w/load_balancer/tomcat1').cells[7].firstChild.data";
    browser.open(&format!("{}?re=1", set_up.page()));
    browser.wait_for(&format!("{busy} === '0'"));
    set_up.first.kill();
    set_up.first.restart();
    browser.open(&set_up.page());
    let served = |set_up: &SetUp| set_up.first.access_log("tomcat1").lines().count();
    let before = served(&set_up);
    act(&browser, "load_balancer", "tomcat1", "Activate");
    wait::until_true("requests to the new one", LIMIT, || served(&set_up) > before + 20);
    load.stop().assert_all_good(200);
}

pub fn confirmed() {
    let shop = Shop::open();
    let browser = Browser::start();
    browser.open(&shop.url(""));
    row(&browser, "shop", "shop1").link("Disable").click();
    browser.wait_for_text("Disable shop1?");
    assert_eq!(shop.activation("shop1"), "Active", "a question changes nothing");
    browser.link("Cancel").click();
    act(&browser, "shop", "shop1", "Disable");
    assert_eq!(shop.activation("shop1"), "Disabled");
    assert!(browser.url().ends_with("?cmd=list"), "{}", browser.url());
    act(&browser, "shop", "shop1", "Activate");
    assert_eq!(shop.activation("shop1"), "Active");
    assert_eq!(browser.console(), Vec::<String>::new());
}

pub fn chosen() {
    let shop = Shop::open();
    let browser = Browser::start();
    browser.open(&shop.url("re=1"));
    for member in ["shop1", "shop3"] {
        row(&browser, "shop", member).find("input[type=checkbox]").click();
    }
    let row1 = "document.getElementById('w/shop/shop1')";
    shop.serve(3);
    browser.wait_for(&format!("return {row1}.dataset.requests === '1'"));
    browser.find("section[id='w/shop'] button[value=drain]").click();
    browser.wait_for_text("Drain 2 members of shop?");
    browser.find(".question button").click();
    done(&browser, "shop", "shop1");
    let activations = ["shop1", "shop2", "shop3"].map(|member| shop.activation(member));
    assert_eq!(activations, ["Disabled", "Active", "Disabled"], "a choice outlives a refresh");
    assert_eq!(browser.console(), Vec::<String>::new());
}

pub fn without_scripts() {
    let shop = Shop::open();
    let browser = Browser::without_scripts();
    browser.open(&shop.url(""));
    row(&browser, "shop", "shop1").link("Edit").click();
    browser.find("select[name=vwa]").choose("Disabled");
    browser.find(".question button").click();
    done(&browser, "shop", "shop1");
    assert_eq!(shop.activation("shop1"), "Disabled");
    act(&browser, "shop", "shop1", "Activate");
    assert_eq!(shop.activation("shop1"), "Active");
    browser.find("nav form button").click();
    wait::until_true("the page that is refreshed", LIMIT, || browser.url().contains("re=10"));
    browser.open(&shop.url("re=1"));
    let before = shop.requests("shop1");
    shop.serve(9);
    let after = shop.requests("shop1");
    assert!(after > before);
    browser.find(&format!("tr[id='w/shop/shop1'][data-requests='{after}']"));
}

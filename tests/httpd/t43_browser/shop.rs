//! A server to look at: two balancers of three members each, and a worker that stands alone.

use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::ajp::Forward;
use crate::support::backend::{Answer, Backend};
use crate::support::client::Client;
use crate::support::httpd::Httpd;
use crate::support::ports;
use crate::support::site::{Mpm, Site};

const NAMES: [&str; 7] = ["shop1", "shop2", "shop3", "office1", "office2", "office3", "reports"];

/// The server with what is behind it.
pub struct Shop {
    pub httpd: Httpd,
    backends: Vec<Backend>,
}

impl Shop {
    /// As it is after a start.
    pub fn open() -> Self {
        Self::with_tomcats_at(ports::free())
    }

    fn with_tomcats_at(port: u16) -> Self {
        let address = |index: usize| Ipv4Addr::new(127, 0, 0, 11 + index as u8);
        let backend = |index| Backend::start_on(address(index), port, |connection| connection.serve(&answer));
        let backends = (0..NAMES.len()).map(backend).collect();
        let workers: String =
            NAMES.iter().enumerate().map(|(index, name)| worker(name, address(index), port)).collect();
        let httpd = Site::new(Mpm::Event)
            .workers(&format!("{BALANCERS}{workers}"))
            .conf("JkMount /status jkstatus\nJkMount /shop|/* shop\nJkMount /office|/* office\nJkMount /reports|/* reports")
            .start();
        Self { httpd, backends }
    }

    /// As it is after a while, with Tomcats that listen on `port` of several addresses: one member of `shop` is gone, one of `office` is being drained, and some answers were bad.
    pub fn after_a_while(rounds: usize, port: u16) -> Self {
        let mut shop = Self::with_tomcats_at(port);
        shop.visit(rounds);
        shop.change("cmd=drain&w=office&sw=office2&timeout=600");
        shop.backends.remove(2);
        shop.visit(rounds / 4 + 1);
        shop
    }

    /// Four people at a time look at things.
    fn visit(&self, rounds: usize) {
        let visitor = |number: usize| {
            let client = self.httpd.client();
            for round in 0..rounds {
                let page = round * 4 + number;
                let application = if page % 3 == 0 { "office" } else { "shop" };
                let session = format!("JSESSIONID={number}.{application}{}", 1 + page / 3 % 3);
                let cookie = [("Cookie", session.as_str())];
                client.get_with(&format!("/{application}/{page}"), if page % 2 == 0 { &cookie } else { &[] });
                if page % 5 == 0 {
                    client.get(&format!("/reports/{page}"));
                }
            }
        };
        thread::scope(|scope| (0..4).for_each(|number| drop(scope.spawn(move || visitor(number)))));
    }

    /// Some requests to `shop`, without a session.
    pub fn serve(&self, count: usize) {
        let client = self.httpd.client();
        (0..count).for_each(|number| assert_eq!(client.get(&format!("/shop/{number}")).status, 200));
    }

    /// An address of its page.
    pub fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/status?{query}", self.httpd.port())
    }

    /// Requests that a member of `shop` had.
    pub fn requests(&self, member: &str) -> u64 {
        self.member(member)["used"].as_u64().expect("a number")
    }

    /// What the administrator wants of a member of `shop`.
    pub fn activation(&self, member: &str) -> String {
        self.member(member)["settings"]["activation"].as_str().expect("a word").to_owned()
    }

    fn member(&self, member: &str) -> Value {
        let text = self.httpd.get(&format!("/status?cmd=show&w=shop&sw={member}&mime=json")).body;
        let answer: Value = serde_json::from_slice(&text).expect("JSON");
        answer["balancers"][0]["members"][0].clone()
    }

    fn change(&self, query: &str) {
        let result = Client::new(self.httpd.port()).get(&format!("/status?{query}&mime=txt")).text();
        assert!(result.contains("type=OK"), "{result}");
    }
}

const BALANCERS: &str =
    "worker.maintain=10\nworker.list=shop,office,reports,jkstatus\nworker.jkstatus.type=status\n\
                         worker.shop.type=lb\nworker.shop.balance_workers=shop1,shop2,shop3\n\
                         worker.office.type=lb\nworker.office.balance_workers=office1,office2,office3\n";

fn worker(name: &str, ip: Ipv4Addr, port: u16) -> String {
    format!(
        "worker.{name}.host={ip}\nworker.{name}.port={port}\nworker.{name}.connection_pool_size=16\n\
         worker.{name}.connection_pool_minsize=0\nworker.{name}.connection_pool_timeout=30\n\
         worker.{name}.busy_limit=200\n"
    )
}

/// A page as large as its number says, and as slow.
fn answer(forward: &Forward) -> Answer {
    let number: u64 = forward.uri.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let is_slow = scattered % 25 == 0;
    thread::sleep(Duration::from_millis(2 + scattered % 7 + if is_slow { 60 } else { 0 }));
    let status = if scattered % 61 == 7 { 500 } else { 200 };
    Answer::page(status, vec![b'x'; 1_000 + scattered as usize % 30_000])
}

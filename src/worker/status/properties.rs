//! `mime=prop` ("status-worker, section 6"): a line `key=value` for each value.
//!
//! Times of members stand under the name of their balancer, as in the original.

use std::fmt::Write;

use super::explain::records;
use super::fields::{self, Field, Order};
use super::page::{Content, Page, MODULE};
use super::report::{Alone, Balancer, Maps, Shown, Tomcat};
use super::text::line;

/// The lines.
pub(super) fn render(page: &Page<'_>) -> String {
    let mut properties = Properties { page, out: String::new() };
    properties.lines();
    properties.out
}

struct Properties<'a> {
    page: &'a Page<'a>,
    out: String,
}

impl Properties<'_> {
    fn lines(&mut self) {
        let page = self.page;
        if page.names_server() {
            self.own("server_name", &page.server_name());
            self.own("server_port", &page.ask.server.1.to_string());
        }
        if page.names_time() {
            self.own("time_datetime", &page.local("%Y%m%d%H%M%S", page.now));
            self.own("time_tz", &page.local("%z", page.now));
            self.own("time_unix", &page.now.to_string());
            self.own("web_server", page.software);
            self.own("jk_version", MODULE);
        }
        match &page.outcome {
            Ok(Content::List(list)) => {
                if let Some(balancers) = &list.balancers {
                    self.own("lb_count", &balancers.len().to_string());
                    balancers.iter().for_each(|balancer| self.balancer(balancer));
                }
                if let Some(workers) = &list.workers {
                    self.own("ajp_count", &workers.len().to_string());
                    workers.iter().for_each(|worker| self.worker(worker));
                }
            }
            Ok(Content::Show(Shown::Balancer(balancer))) => self.balancer(balancer),
            Ok(Content::Show(Shown::Alone(worker))) => self.worker(worker),
            Ok(Content::Dump(properties)) => {
                for (name, value) in properties {
                    let _ = writeln!(self.out, "{}={}", line(name), line(value));
                }
            }
            Ok(Content::Explain(explained)) => {
                for record in records(explained) {
                    let dot = if record.key.is_empty() { "" } else { "." };
                    self.fields(&format!("explain{dot}{}", record.key), &record.fields);
                }
            }
            Ok(
                Content::Show(Shown::Status)
                | Content::Edit(_)
                | Content::Confirm(_)
                | Content::Version
                | Content::Done,
            )
            | Err(_) => {}
        }
        let (word, message) = page.result();
        self.own("result.type", word);
        self.own("result.message", message);
    }

    fn balancer(&mut self, balancer: &Balancer) {
        let name = balancer.settings.name.as_str();
        self.own("list", name);
        self.fields(name, &fields::balancer(balancer, Order::Others));
        for member in &balancer.members {
            let own = member.tomcat.settings.name.as_str();
            self.value(name, "balance_workers", own);
            self.fields(own, &fields::member(member, Order::Others));
            self.times(name, &member.tomcat);
        }
        self.maps(name, &balancer.maps);
    }

    fn worker(&mut self, worker: &Alone) {
        let name = worker.tomcat.settings.name.as_str();
        self.value(name, "list", name);
        self.fields(name, &fields::alone(worker, Order::Others));
        self.times(name, &worker.tomcat);
        self.maps(name, &worker.maps);
    }

    /// Two keys have a blank in the original.
    fn times(&mut self, name: &str, tomcat: &Tomcat) {
        self.fields(name, &fields::reset(tomcat.reset));
        for field in fields::error(self.page, tomcat) {
            let key = match field.name {
                "error_time_unix_seconds" => "error_time_unix seconds",
                "error_time_ago" => "error_time_ago seconds",
                key => key,
            };
            self.value(name, key, &field.value);
        }
    }

    fn maps(&mut self, name: &str, maps: &Maps) {
        for map in &maps.shown {
            self.fields(&format!("{name}.map.{}", map.id), &fields::map(map));
        }
    }

    fn fields(&mut self, name: &str, fields: &[Field]) {
        fields.iter().for_each(|field| self.value(name, field.name, &field.value));
    }

    fn value(&mut self, name: &str, key: &str, value: &str) {
        self.own(&format!("{name}.{key}"), value);
    }

    fn own(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.out, "{}.{key}={}", self.page.settings.prefix, line(value));
    }
}

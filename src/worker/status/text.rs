//! `mime=txt` ("status-worker, section 6"): a line for each thing, blanks between its values.

use std::fmt::Write;

use super::fields::{self, Field, Order};
use super::page::{Content, Page, MODULE};
use super::report::{Alone, Balancer, Maps, Shown};

/// The lines.
pub(super) fn render(page: &Page<'_>) -> String {
    let mut text = Text { page, out: String::new() };
    text.lines();
    text.out
}

struct Text<'a> {
    page: &'a Page<'a>,
    out: String,
}

impl Text<'_> {
    fn lines(&mut self) {
        let page = self.page;
        if page.names_server() {
            let (name, port) = (line(&page.server_name()), page.ask.server.1);
            let _ = writeln!(self.out, "Server: name={name} port={port}");
        }
        if page.names_time() {
            let (datetime, zone) = (page.local("%Y%m%d%H%M%S", page.now), page.local("%z", page.now));
            let _ = writeln!(self.out, "Time: datetime={datetime} tz={zone} unix={}", page.now);
            let _ =
                writeln!(self.out, "Software: web_server=\"{}\" jk_version={MODULE}", line(page.software));
        }
        match &page.outcome {
            Ok(Content::List(list)) => {
                if let Some(balancers) = &list.balancers {
                    let _ = writeln!(self.out, "Balancer Workers: count={}", balancers.len());
                    balancers.iter().for_each(|balancer| self.balancer(balancer));
                }
                if let Some(workers) = &list.workers {
                    let _ = writeln!(self.out, "AJP Workers: count={}", workers.len());
                    workers.iter().for_each(|worker| self.worker(worker));
                }
            }
            Ok(Content::Show(Shown::Balancer(balancer))) => self.balancer(balancer),
            Ok(Content::Show(Shown::Alone(worker))) => self.worker(worker),
            Ok(Content::Dump(properties)) => {
                self.out.push_str("Configuration:\n");
                for (name, value) in properties {
                    let _ = writeln!(self.out, "{}={}", line(name), line(value));
                }
            }
            Ok(Content::Explain(explained)) => {
                for (what, text) in explained.statements() {
                    let _ = writeln!(self.out, "{what}: {}", line(&text));
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
        let _ = writeln!(self.out, "Result: type={word} message=\"{}\"", line(message));
    }

    fn balancer(&mut self, balancer: &Balancer) {
        let fields = fields::balancer(balancer, Order::Others);
        self.fields("Balancer Worker:", ("name", &balancer.settings.name), &fields);
        for member in &balancer.members {
            let mut fields = fields::member(member, Order::Others);
            fields.extend(fields::reset(member.tomcat.reset));
            fields.extend(fields::error(self.page, &member.tomcat));
            self.fields("Member:", ("name", &member.tomcat.settings.name), &fields);
        }
        self.maps(&balancer.maps);
    }

    fn worker(&mut self, worker: &Alone) {
        let mut fields = fields::alone(worker, Order::Others);
        fields.extend(fields::reset(worker.tomcat.reset));
        fields.extend(fields::error(self.page, &worker.tomcat));
        self.fields("AJP Worker:", ("name", &worker.tomcat.settings.name), &fields);
        self.maps(&worker.maps);
    }

    fn maps(&mut self, maps: &Maps) {
        for map in &maps.shown {
            self.fields("Map:", ("id", &map.id.to_string()), &fields::map(map));
        }
    }

    fn fields(&mut self, title: &str, (name, value): (&str, &str), fields: &[Field]) {
        let _ = write!(self.out, "{title} {name}={}", line(value));
        for field in fields {
            let quote = if field.quoted { "\"" } else { "" };
            let _ = write!(self.out, " {}={quote}{}{quote}", field.name, line(&field.value));
        }
        self.out.push('\n');
    }
}

/// `text` without what would end its line.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

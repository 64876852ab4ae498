//! `mime=xml` ("status-worker, section 5"): as the original's, but values are escaped.

use std::fmt::Write;

use super::explain::{records, Explained};
use super::fields::{self, Field, Order};
use super::page::{Content, Page, MODULE};
use super::report::{Alone, Balancer, List, Maps, Shown};

/// The document.
pub(super) fn render(page: &Page<'_>) -> String {
    let mut xml = Xml { page, out: String::new() };
    xml.document();
    xml.out
}

struct Xml<'a> {
    page: &'a Page<'a>,
    out: String,
}

/// How an element ends after its attributes.
#[derive(Clone, Copy)]
enum End {
    Empty,
    /// Others follow in it.
    Open,
}

impl Xml<'_> {
    fn document(&mut self) {
        let settings = self.page.settings;
        self.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n");
        if let Some(doctype) = &settings.doctype {
            let _ = writeln!(self.out, "{doctype}");
        }
        let _ = write!(self.out, "<{}status", settings.ns);
        if !settings.xmlns.is_empty() {
            let _ = write!(self.out, "\n  {}", settings.xmlns);
        }
        self.out.push_str(">\n");
        self.head();
        self.content();
        let (word, message) = self.page.result();
        self.element(2, "result", [("type", word), ("message", message)], End::Empty);
        self.close(0, "status");
    }

    fn head(&mut self) {
        let page = self.page;
        if page.names_server() {
            let port = page.ask.server.1.to_string();
            self.element(0, "server", [("name", page.server_name().as_str()), ("port", &port)], End::Empty);
        }
        if page.names_time() {
            let (datetime, zone) = (page.local("%Y%m%d%H%M%S", page.now), page.local("%z", page.now));
            let unix = page.now.to_string();
            self.element(
                0,
                "time",
                [("datetime", datetime.as_str()), ("tz", &zone), ("unix", &unix)],
                End::Empty,
            );
            let software = [("web_server", page.software), ("jk_version", MODULE)];
            self.element(0, "software", software, End::Empty);
        }
    }

    fn content(&mut self) {
        match &self.page.outcome {
            Ok(Content::List(list)) => self.list(list),
            Ok(Content::Show(Shown::Balancer(balancer))) => self.balancer(balancer),
            Ok(Content::Show(Shown::Alone(worker))) => self.worker(worker),
            Ok(Content::Dump(properties)) => {
                let named = properties.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                self.element(2, "configuration", named, End::Empty);
            }
            Ok(Content::Explain(explained)) => self.explanation(explained),
            Ok(
                Content::Show(Shown::Status)
                | Content::Edit(_)
                | Content::Confirm(_)
                | Content::Version
                | Content::Done,
            )
            | Err(_) => {}
        }
    }

    fn list(&mut self, list: &List) {
        if let Some(balancers) = &list.balancers {
            self.element(0, "balancers", [("count", balancers.len().to_string().as_str())], End::Open);
            balancers.iter().for_each(|balancer| self.balancer(balancer));
            self.close(0, "balancers");
        }
        if let Some(workers) = &list.workers {
            self.element(0, "ajp_workers", [("count", workers.len().to_string().as_str())], End::Open);
            workers.iter().for_each(|worker| self.worker(worker));
            self.close(0, "ajp_workers");
        }
    }

    fn balancer(&mut self, balancer: &Balancer) {
        let fields = fields::balancer(balancer, Order::Xml);
        self.fields(2, "balancer", ("name", &balancer.settings.name), &fields, End::Open);
        for member in &balancer.members {
            let mut fields = fields::member(member, Order::Xml);
            fields.extend(fields::reset(member.tomcat.reset));
            fields.extend(fields::error(self.page, &member.tomcat));
            self.fields(6, "member", ("name", &member.tomcat.settings.name), &fields, End::Empty);
        }
        self.maps(&balancer.maps);
        self.close(2, "balancer");
    }

    fn worker(&mut self, worker: &Alone) {
        let mut fields = fields::alone(worker, Order::Xml);
        fields.extend(fields::reset(worker.tomcat.reset));
        fields.extend(fields::error(self.page, &worker.tomcat));
        self.fields(2, "ajp", ("name", &worker.tomcat.settings.name), &fields, End::Empty);
        self.maps(&worker.maps);
    }

    fn maps(&mut self, maps: &Maps) {
        for map in &maps.shown {
            self.fields(6, "map", ("id", &map.id.to_string()), &fields::map(map), End::Empty);
        }
    }

    fn explanation(&mut self, explained: &Explained) {
        for (number, record) in records(explained).iter().enumerate() {
            let fields = record.fields.iter().map(|field| (field.name, field.value.as_str()));
            match number {
                0 => self.element(2, record.element, fields, End::Open),
                _ => self.element(6, record.element, fields, End::Empty),
            }
        }
        self.close(2, "explanation");
    }

    fn fields(&mut self, indent: usize, name: &str, first: (&str, &str), fields: &[Field], end: End) {
        let rest = fields.iter().map(|field| (field.name, field.value.as_str()));
        self.element(indent, name, std::iter::once(first).chain(rest), end);
    }

    fn element<'v>(
        &mut self,
        indent: usize,
        name: &str,
        attributes: impl IntoIterator<Item = (&'v str, &'v str)>,
        end: End,
    ) {
        let ns = &self.page.settings.ns;
        let _ = writeln!(self.out, "{:indent$}<{ns}{name}", "");
        for (attribute, value) in attributes {
            let _ = writeln!(self.out, "{:indent$}  {attribute}=\"{}\"", "", escaped(value));
        }
        let end = match end {
            End::Empty => "/>",
            End::Open => ">",
        };
        let _ = writeln!(self.out, "{:indent$}{end}", "");
    }

    fn close(&mut self, indent: usize, name: &str) {
        let _ = writeln!(self.out, "{:indent$}</{}{name}>", "", self.page.settings.ns);
    }
}

/// `text` as value of an attribute; what XML has no room for becomes a blank.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

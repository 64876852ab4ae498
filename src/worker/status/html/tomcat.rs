//! What is told of every Tomcat, in balancers or alone: the cells that both tables have.

use std::fmt::Display;

use super::figures::{Millis, Octets, Span};
use super::link::view;
use super::markup::Html;
use crate::config::settings::{socket_path, Ajp13Settings};
use crate::shared::Served;
use crate::worker::status::page::Page;
use crate::worker::status::report::Tomcat;

/// Seconds of a day, within which a time needs no date.
const DAY: i64 = 86_400;

/// How long it takes: what 95 percent took no longer than, and beside it the half and 99 percent.
pub(super) fn latency(html: &mut Html, tomcat: &Tomcat) {
    let latency = &tomcat.latency;
    let (Some(p50), Some(p95), Some(p99)) = (latency.p50, latency.p95, latency.p99) else {
        html.raw("\u{2013}");
        return;
    };
    html.text(Millis(p95)).small(format_args!("p50 {}", Millis(p50)));
    html.small(format_args!("p99 {}", Millis(p99)));
}

/// What went wrong apart from the errors that are its own.
pub(super) fn other_errors(html: &mut Html, tomcat: &Tomcat) {
    let (counters, figures) = (&tomcat.counters, &tomcat.figures);
    for (name, count) in [
        ("5xx", figures.served[Served::ServerError as usize]),
        ("client", counters.client_errors),
        ("timeouts", counters.reply_timeouts.into()),
        ("retries", figures.retries),
    ] {
        if count > 0 {
            html.small(format_args!("{name} {count}"));
        }
    }
}

/// Requests in flight.
pub(super) fn busy(html: &mut Html, tomcat: &Tomcat) {
    html.text(tomcat.counters.busy);
    limit(html, tomcat.settings.busy_limit);
    html.small(format_args!("max {}", tomcat.counters.max_busy));
}

/// Connections of all processes.
pub(super) fn connections(html: &mut Html, tomcat: &Tomcat) {
    html.text(tomcat.counters.connected);
    limit(html, tomcat.pool.limit);
    html.small(format_args!("idle {}", tomcat.pool.idle));
    html.small(format_args!("max {}", tomcat.counters.max_connected));
}

fn limit(html: &mut Html, limit: Option<impl Display>) {
    if let Some(limit) = limit {
        html.raw(" <small class=\"of\">of ").text(limit).raw("</small>");
    }
}

/// What went to it and came back.
pub(super) fn octets(html: &mut Html, tomcat: &Tomcat) {
    let period = u64::try_from(tomcat.reset.ago).unwrap_or(0);
    let (written, read) = (tomcat.counters.transferred, tomcat.counters.read);
    for (arrow, name, octets) in [("\u{2191} ", "to Tomcat ", written), ("\u{2193} ", "from Tomcat ", read)] {
        html.raw("<span class=\"way\"><span aria-hidden=\"true\">")
            .raw(arrow)
            .raw("</span><span class=\"unseen\">");
        html.raw(name).raw("</span>").text(Octets(octets));
        if let Some(rate) = octets.checked_div(period) {
            html.raw(" <small>").text(Octets(rate)).raw("/s</small>");
        }
        html.raw("</span>");
    }
}

/// The last error of its requests, and in words why; or when the last one `was`, and how long ago, if no more is known.
pub(super) fn last_error(html: &mut Html, page: &Page<'_>, tomcat: &Tomcat, was: Option<(i64, i64)>) {
    let told = tomcat.last_error.as_ref();
    let Some(time) = told.map(|error| error.time).or(was.map(|(time, _)| time)) else {
        html.raw("none");
        return;
    };
    let ago = page.now.saturating_sub(time);
    html.text(Span(ago)).raw(" ago");
    html.small(page.local(if ago < DAY { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" }, time));
    let Some(error) = told else { return };
    html.raw(if view(page.query) == "show" { "<details open><summary>" } else { "<details><summary>" });
    html.text(error.fault.word().replace('_', " ")).raw("</summary>").text(&error.text).raw("</details>");
}

/// Host and port, or the socket; a narrow column breaks between them.
pub(super) fn place(html: &mut Html, settings: &Ajp13Settings) {
    html.text(&settings.host);
    if socket_path(&settings.host).is_none() {
        html.raw("<wbr>:").text(settings.port);
    }
}

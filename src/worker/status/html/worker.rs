//! A worker that stands alone: its card.

use super::balancer::Anchor;
use super::figures::{Rate, Span};
use super::link::Link;
use super::maps::maps;
use super::markup::Html;
use super::{settings, tomcat as cells};
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::query::Hide;
use crate::worker::status::report::{Alone, Tomcat};

const HEAD: &str = "<thead><tr><th scope=\"col\">Tomcat</th><th scope=\"col\">Requests</th>\
                    <th scope=\"col\">Latency p95</th><th scope=\"col\">Errors</th>\
                    <th scope=\"col\">Busy</th><th scope=\"col\">Connected</th>\
                    <th scope=\"col\">Octets</th><th scope=\"col\">Last Error</th></tr></thead>\n<tbody>\n";

/// Seconds for which an error is called a recent one.
const RECENT: i64 = 60;

/// The card.
pub(super) fn card(html: &mut Html, page: &Page<'_>, worker: &Alone) {
    let tomcat = &worker.tomcat;
    html.raw("<section class=\"card\"").attribute("id", Anchor(&tomcat.settings.name, None));
    html.attribute("aria-labelledby", format_args!("{}.name", Anchor(&tomcat.settings.name, None)))
        .raw(">\n");
    header(html, page, tomcat);
    table(html, page, tomcat);
    html.raw("<div class=\"folds\">\n");
    if !page.query.options().contains(Hide::AJP_CONFIGURATION) {
        settings::tomcats(html, "Settings", &tomcat.settings.name, std::iter::once(tomcat));
    }
    maps(html, page, &tomcat.settings.name, &worker.maps);
    html.raw("</div>\n</section>\n");
}

fn header(html: &mut Html, page: &Page<'_>, tomcat: &Tomcat) {
    let name = &tomcat.settings.name;
    let anchor = Anchor(name, None);
    html.raw("<header>\n<h3").attribute("id", format_args!("{anchor}.name")).raw(">");
    html.link(&Link::to(page, "show").and("w", name), name).raw("</h3>\n");
    html.raw("<p aria-live=\"polite\" data-live").attribute("id", format_args!("{anchor}.state")).raw(">");
    let (word, class) = state(tomcat);
    html.raw("<strong class=\"pill ").raw(class).raw("\">").raw(word).raw("</strong></p>\n");
    if !page.read_only {
        let link = |command: &str| Link::to(page, command).and("w", name).with_way_back(page);
        html.raw("<p class=\"actions\">").link(&link("edit"), "Edit").raw(" ");
        html.link(&link("confirm").and("do", Deed::Reset.word()), "Reset").raw("</p>\n");
    }
    html.raw("</header>\n");
}

/// What can be said of a Tomcat that nobody balances: nothing is tried but requests.
fn state(tomcat: &Tomcat) -> (&'static str, &'static str) {
    match tomcat.error {
        _ if !tomcat.address.contains(':') => ("NO ADDRESS", "bad"),
        Some((_, ago)) if ago < RECENT => ("ERRORS", "warn"),
        _ if tomcat.counters.used == 0 => ("OK/IDLE", "good"),
        _ => ("OK", "good"),
    }
}

fn table(html: &mut Html, page: &Page<'_>, tomcat: &Tomcat) {
    let (settings, counters, period) = (&tomcat.settings, &tomcat.counters, tomcat.reset.ago);
    html.scroll(format_args!("Figures of {}", settings.name));
    html.raw("\n<table class=\"alone\"><caption>Figures of ")
        .text(&settings.name)
        .raw("</caption>\n")
        .raw(HEAD);
    html.raw("<tr data-live").attribute("id", Anchor(&settings.name, Some("row")));
    html.attribute("data-requests", counters.used).raw("><th scope=\"row\">");
    cells::place(html, settings);
    html.small(&tomcat.address).raw("</th><td>");
    html.text(counters.used).small(format_args!("{} for {}", Rate(counters.used, period), Span(period)));
    html.raw("</td><td>");
    cells::latency(html, tomcat);
    html.raw("</td><td>").text(counters.errors);
    cells::other_errors(html, tomcat);
    html.raw("</td><td>");
    cells::busy(html, tomcat);
    html.raw("</td><td>");
    cells::connections(html, tomcat);
    html.raw("</td><td>");
    cells::octets(html, tomcat);
    html.raw("</td><td>");
    cells::last_error(html, page, tomcat, tomcat.error);
    html.raw("</td></tr>\n</tbody></table></div>\n");
}

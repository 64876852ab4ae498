//! What stands around the content: head, server, controls, results and the end.

use std::fmt::Display;

use super::explain;
use super::link::{refresh, view, Link};
use super::markup::Html;
use super::policy::{SCRIPT, STYLE};
use crate::worker::status::command::Format;
use crate::worker::status::page::{Content, Page, MODULE};
use crate::worker::status::query::Hide;

/// Seconds for which a result stays.
const RESULT_STAYS: u32 = 3;

/// Seconds that the form for refreshing begins with.
const REFRESH: u32 = 10;

/// What can be left out, with its name.
const PARTS: [(Hide, &str); 8] = [
    (Hide::BALANCERS, "load balancing workers"),
    (Hide::WORKERS, "AJP workers"),
    (Hide::MEMBERS, "members"),
    (Hide::LB_SUMMARY, "summaries"),
    (Hide::LB_CONFIGURATION, "settings of balancers"),
    (Hide::AJP_CONFIGURATION, "settings of Tomcats"),
    (Hide::MAPS, "URI maps"),
    (Hide::LEGEND, "legend"),
];

/// Everything up to the content.
pub(super) fn head(html: &mut Html, page: &Page<'_>) {
    html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>JK Status Manager</title>\n");
    // The script does both without losing the reader's place.
    let interval = refresh(page.query).filter(|_| is_view(page));
    if let Some(interval) = interval {
        reload(html, interval);
    }
    if matches!(page.outcome, Ok(Content::Done)) {
        reload(html, format_args!("{RESULT_STAYS}; url={}", Link::back(page)));
    }
    match &page.settings.css {
        Some(css) => html.raw("<link rel=\"stylesheet\"").attribute("href", css).raw(">\n"),
        None => html.raw("<style>").raw(STYLE).raw("</style>\n"),
    };
    html.raw("</head>\n<body");
    if let Some(interval) = interval {
        html.attribute("data-refresh", interval);
    }
    html.raw(">\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n");
    title(html, page);
    if page.names_time() {
        server(html, page);
    }
    controls(html, page);
    html.raw("</header>\n<p id=\"told\" role=\"status\"></p>\n<main id=\"content\">\n");
}

fn reload(html: &mut Html, content: impl Display) {
    html.raw("<noscript><meta http-equiv=\"refresh\"").attribute("content", content).raw("></noscript>\n");
}

/// Tells whether the page shows workers.
fn is_view(page: &Page<'_>) -> bool {
    matches!(page.outcome, Ok(Content::List(_) | Content::Show(_)))
}

fn title(html: &mut Html, page: &Page<'_>) {
    html.raw("<h1>JK Status Manager for ").text(page.server_name()).raw(":").text(page.ask.server.1);
    html.raw(if page.read_only { " (read only)</h1>\n" } else { "</h1>\n" });
}

fn server(html: &mut Html, page: &Page<'_>) {
    html.raw("<dl class=\"facts server\" id=\"server\" data-live>");
    html.fact("Server Version", page.software);
    html.fact("Server Time", page.local("%Y-%m-%d %H:%M:%S %z", page.now));
    html.fact("JK Version", MODULE).fact("Unix Seconds", page.now).raw("</dl>\n");
}

fn controls(html: &mut Html, page: &Page<'_>) {
    html.raw("<nav aria-label=\"Page\">\n");
    match (&page.outcome, is_view(page)) {
        (_, true) => {
            refreshing(html, page);
            ways(html, page);
            explain::folded(html, page);
            parts(html, page);
        }
        (Ok(Content::Version | Content::Dump(_) | Content::Explain(_)), _) => ways(html, page),
        (Ok(Content::Edit(_) | Content::Confirm(_)), _) => {
            html.link(&Link::back(page), "Back without a change").raw("\n");
        }
        _ => {}
    }
    html.raw("</nav>\n");
}

fn refreshing(html: &mut Html, page: &Page<'_>) {
    if let Some(interval) = refresh(page.query) {
        html.raw("<span>Refreshed every ").text(interval).raw(" s ");
        html.link(&Link::refreshed(page, None), "Stop").raw("</span>\n");
        return;
    }
    html.raw("<form class=\"inline\">").hidden("cmd", view(page.query));
    for name in ["w", "sw", "opt"] {
        if let Some(value) = page.query.get(name) {
            html.hidden(name, value);
        }
    }
    html.raw("<label>Refresh every <input name=\"re\" type=\"number\" min=\"1\" max=\"86400\" required");
    html.attribute("value", REFRESH).raw("> s</label> <button>Start</button></form>\n");
}

/// Other formats, other commands, and whether anything may be changed.
fn ways(html: &mut Html, page: &Page<'_>) {
    html.raw("<span>Format:");
    let has = |format: &str| match format {
        "html" => false,
        "prometheus" => view(page.query) != "explain",
        _ => true,
    };
    for format in Format::words().filter(|format| has(format)) {
        html.raw(" ").link(&Link::in_format(page, format), format);
    }
    html.raw("</span>\n");
    if view(page.query) != "list" {
        html.link(&Link::to(page, "list"), "Back to worker list").raw("\n");
    }
    if page.query.get("sw").is_some() {
        html.link(&Link::to(page, "show").and_named(page.query, &["w"]), "Back to worker view").raw("\n");
    }
    let options = page.query.options();
    if !page.settings.read_only {
        let name = if options.contains(Hide::READ_ONLY) { "Read/Write" } else { "Read Only" };
        html.link(&Link::with_options(page, options ^ Hide::READ_ONLY), name).raw("\n");
    }
    if view(page.query) != "dump" {
        html.link(&Link::to(page, "dump"), "Dump").raw("\n");
    }
}

fn parts(html: &mut Html, page: &Page<'_>) {
    let options = page.query.options();
    html.raw("<details class=\"menu\"><summary>View</summary><ul>");
    let whole_list = Hide::BALANCERS | Hide::WORKERS;
    for (bit, name) in PARTS {
        if view(page.query) != "list" && whole_list.contains(bit) {
            continue;
        }
        let action = if options.contains(bit) { "Show" } else { "Hide" };
        let link = Link::with_options(page, options ^ bit);
        html.raw("<li>").link(&link, format_args!("{action} {name}")).raw("</li>");
    }
    html.raw("</ul></details>\n");
}

/// The result of a change.
pub(super) fn done(html: &mut Html, page: &Page<'_>) {
    html.raw("<p class=\"result good\" role=\"alert\"><strong>Result: OK - You will be redirected in ");
    html.text(RESULT_STAYS).raw(" seconds.</strong></p>\n<p>");
    html.text(view(page.query)).raw(" ").text(page.query.get("w").unwrap_or_default());
    if let Some(member) = page.query.get("sw") {
        html.raw(", member ").text(member);
    }
    if let Some(domain) = page.query.get("domain") {
        html.raw(", domain ").text(domain);
    }
    html.raw("</p>\n<p><a data-back");
    html.attribute("data-after", RESULT_STAYS).attribute("href", Link::back(page)).raw(">Back now</a></p>\n");
}

/// Why nothing was done.
pub(super) fn failed(html: &mut Html, page: &Page<'_>, message: &str) {
    html.raw("<p class=\"result bad\" role=\"alert\"><strong>Result: ERROR - ").text(message);
    html.raw("</strong></p>\n");
    if page.query.get("from").is_some() && page.refused.is_none() {
        html.raw("<p>").link(&Link::back(page), "Back without a change").raw("</p>\n");
    }
}

/// Everything behind the content.
pub(super) fn foot(html: &mut Html, page: &Page<'_>) {
    html.raw("</main>\n<footer class=\"footer\">")
        .link(&Link::to(page, "list"), "JK Status Manager Start Page");
    html.raw(" <small>")
        .raw(MODULE)
        .raw("</small></footer>\n<script>")
        .raw(SCRIPT)
        .raw("</script>\n</body>\n</html>\n");
}

//! The rules that lead to a worker.

use super::markup::Html;
use crate::worker::status::page::Page;
use crate::worker::status::query::Hide;
use crate::worker::status::report::{Map, Maps};

const HEAD: &str = "<thead><tr><th scope=\"col\">Server</th><th scope=\"col\">URI</th>\
                    <th scope=\"col\">Match Type</th><th scope=\"col\">Source</th>\
                    <th scope=\"col\">Reply Timeout</th><th scope=\"col\">Sticky Ignore</th>\
                    <th scope=\"col\">Stateless</th><th scope=\"col\">Fail on Status</th>\
                    <th scope=\"col\">Active</th><th scope=\"col\">Disabled</th><th scope=\"col\">Stopped</th>\
                    <th scope=\"col\">Use Server Errors</th></tr></thead>\n<tbody>\n";

/// The table, folded.
pub(super) fn maps(html: &mut Html, page: &Page<'_>, worker: &str, maps: &Maps) {
    if page.query.options().contains(Hide::MAPS) {
        return;
    }
    html.raw("<details><summary>URI maps <small>(").text(maps.count).raw(")</small></summary>\n");
    if maps.shown.is_empty() {
        html.raw("<p>No rule leads to ").text(worker).raw(".</p></details>\n");
        return;
    }
    html.scroll(format_args!("URI maps of {worker}")).raw("<table><caption>URI maps of ");
    html.text(worker).raw("</caption>\n").raw(HEAD);
    maps.shown.iter().for_each(|map| row(html, map));
    html.raw("</tbody></table></div></details>\n");
}

fn row(html: &mut Html, map: &Map) {
    html.raw("<tr><td>").text(&map.server).raw("</td><th scope=\"row\">").text(&map.uri).raw("</th><td>");
    html.text(&map.kind).raw("</td><td>").text(map.source);
    if let Some(origin) = &map.origin {
        html.small(origin);
    }
    html.raw("</td><td>");
    match map.reply_timeout {
        -1 => html.raw("\u{2013}"),
        timeout => html.text(timeout).raw(" ms"),
    };
    for switch in [map.sticky_ignore, map.stateless] {
        html.raw("</td><td>").raw(if switch { "yes" } else { "no" });
    }
    for text in [&map.fail_on_status, &map.active, &map.disabled, &map.stopped] {
        html.raw("</td><td>");
        match text.as_str() {
            "" => html.raw("\u{2013}"),
            text => html.text(text),
        };
    }
    html.raw("</td><td>").text(map.use_server_errors).raw("</td></tr>\n");
}

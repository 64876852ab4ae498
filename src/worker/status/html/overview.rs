//! The whole: child processes, files that were read anew, and what happened last.

use super::markup::Html;
use crate::shared::{Event, Reload};
use crate::worker::status::page::Page;

/// The section, folded; its title tells the last event.
pub(super) fn overview(html: &mut Html, page: &Page<'_>) {
    html.raw("<details class=\"card\"><summary>Events <small id=\"event\" data-live>");
    match page.overview.events.last() {
        Some(Event { time, subject, text, .. }) => {
            html.text(page.local("%H:%M:%S", *time)).raw(" ").text(subject).raw(": ").text(text)
        }
        None => html.raw("none yet"),
    };
    html.raw("</small></summary>\n");
    facts(html, page);
    events(html, page);
    html.raw("</details>\n");
}

fn facts(html: &mut Html, page: &Page<'_>) {
    let count = |reload: Reload| page.overview.reloads[reload as usize];
    html.raw("<dl class=\"facts\" id=\"whole\" data-live>").fact("Child Processes", page.overview.processes);
    for (name, taken, refused) in [
        ("Workers at Restarts", Reload::WorkersTaken, Reload::WorkersRefused),
        ("Changed Map Files", Reload::MapTaken, Reload::MapRefused),
    ] {
        html.fact(name, format_args!("{} taken, {} refused", count(taken), count(refused)));
    }
    html.raw("</dl>\n");
}

/// Newest first.
fn events(html: &mut Html, page: &Page<'_>) {
    html.scroll("Events").raw("<table class=\"events\"><caption>The last events, newest first</caption>\n");
    html.raw("<thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Kind</th>");
    html.raw("<th scope=\"col\">Of</th><th scope=\"col\">Event</th></tr></thead>\n");
    html.raw("<tbody id=\"events\" data-live>");
    for Event { time, kind, subject, text } in page.overview.events.iter().rev() {
        html.raw("<tr><td>").text(page.local("%Y-%m-%d %H:%M:%S", *time)).raw("</td><td>").raw(kind.word());
        html.raw("</td><th scope=\"row\">").text(subject).raw("</th><td>").text(text).raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}

//! Several members at once: a box in each row of a balancer's table, and buttons that lead to the question.

use super::edit::post;
use super::link::Link;
use super::markup::Html;
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::query::BOXES;
use crate::worker::status::report::Balancer;

/// What can be done with those that are chosen.
const DEEDS: [(Deed, &str); 4] =
    [(Deed::Activate, "Activate"), (Deed::Disable, "Disable"), (Deed::Drain, "Drain"), (Deed::Stop, "Stop")];

/// Tells whether there is anything to choose from.
pub(super) fn is_offered(page: &Page<'_>, balancer: &Balancer) -> bool {
    !page.read_only && balancer.members.len() > 1
}

/// Begins the form, which goes around the table.
pub(super) fn begin(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    post(html, page, &Link::to(page, "confirm").and("w", &balancer.settings.name).with_way_back(page));
}

/// The box of a member.
pub(super) fn choice(html: &mut Html, member: &str) {
    html.raw("<input type=\"checkbox\"").attribute("name", BOXES).attribute("value", member);
    html.attribute("aria-label", format_args!("Choose {member}")).raw("> ");
}

/// The buttons, and the end of the form.
pub(super) fn end(html: &mut Html) {
    html.raw("<p class=\"chosen\">Chosen members:");
    for (deed, word) in DEEDS {
        html.raw(" <button name=\"do\"").attribute("value", deed.word()).raw(">").raw(word).raw("</button>");
    }
    html.raw("</p></form>\n");
}

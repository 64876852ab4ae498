//! The members of a balancer: a table with a row for each, which becomes a card where there is no room.

use super::balancer::Anchor;
use super::chosen;
use super::figures::{percent, Rate, Span};
use super::link::Link;
use super::markup::Html;
use super::tomcat;
use crate::config::settings::Activation;
use crate::shared::MemberState;
use crate::text::Counted;
use crate::worker::lb::NextProbe;
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::report::{Balancer, Member};

/// The columns; the style sheet repeats their names for cards.
const HEAD: &str = "<thead><tr><th scope=\"col\">Member</th><th scope=\"col\">State</th><th scope=\"col\">Load</th>\
                    <th scope=\"col\">Requests</th><th scope=\"col\">Sessions</th>\
                    <th scope=\"col\">Latency p95</th><th scope=\"col\">Errors</th><th scope=\"col\">Busy</th>\
                    <th scope=\"col\">Connected</th><th scope=\"col\">Octets</th>\
                    <th scope=\"col\">Route</th><th scope=\"col\">Last Error</th>";

/// The table.
pub(super) fn table(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let name = &balancer.settings.name;
    html.scroll(format_args!("Members of {name}")).raw("\n<table class=\"members\">");
    html.raw("<caption>Members of ").text(name).raw("</caption>\n").raw(HEAD);
    html.raw(if page.read_only { "</tr></thead>\n<tbody>\n" } else { ACTIONS });
    balancer.members.iter().for_each(|member| row(html, page, balancer, member));
    html.raw("</tbody></table></div>\n");
}

const ACTIONS: &str = "<th scope=\"col\">Actions</th></tr></thead>\n<tbody>\n";

fn row(html: &mut Html, page: &Page<'_>, balancer: &Balancer, member: &Member) {
    let (settings, counters) = (&member.tomcat.settings, &member.tomcat.counters);
    let (lb, period) = (&balancer.settings.name, member.tomcat.reset.ago);
    html.raw("<tr data-live").attribute("id", Anchor(lb, Some(&settings.name)));
    html.attribute("data-requests", counters.used).raw("><th scope=\"row\">");
    if chosen::is_offered(page, balancer) {
        chosen::choice(html, &settings.name);
    }
    html.link(&Link::to(page, "show").and("w", lb).and("sw", &settings.name), &settings.name);
    html.raw("<small>");
    tomcat::place(html, settings);
    html.raw("</small></th><td>");
    state(html, member);
    draining(html, member);
    next_try(html, member);
    html.raw("</td><td>");
    load(html, balancer, member);
    html.raw("</td><td>").text(counters.used);
    html.small(Rate(counters.used, period));
    if member.tomcat.reset.at != balancer.reset.at {
        html.small(format_args!("reset {} ago", Span(period)));
    }
    html.raw("</td><td>");
    html.text(member.sessions).small(Rate(member.sessions, period)).raw("</td><td>");
    tomcat::latency(html, &member.tomcat);
    html.raw("</td><td>");
    errors(html, member);
    html.raw("</td><td>");
    tomcat::busy(html, &member.tomcat);
    html.raw("</td><td>");
    tomcat::connections(html, &member.tomcat);
    html.raw("</td><td>");
    tomcat::octets(html, &member.tomcat);
    html.raw("</td><td>");
    route(html, member);
    html.raw("</td><td>");
    tomcat::last_error(html, page, &member.tomcat, member.last_error);
    html.raw("</td>");
    if !page.read_only {
        html.raw("<td class=\"actions\">");
        actions(html, page, lb, member);
        html.raw("</td>");
    }
    html.raw("</tr>\n");
}

/// Activation and state, in words and colours.
pub(super) fn state(html: &mut Html, member: &Member) {
    let activation = match member.settings.activation {
        Activation::Active => "<span>Active</span> ",
        Activation::Disabled => "<span class=\"pill warn\">Disabled</span> ",
        Activation::Stopped => "<span class=\"pill off\">Stopped</span> ",
    };
    let class = match member.health.state {
        MemberState::Idle | MemberState::Ok => "<span class=\"pill good\">",
        MemberState::Recover | MemberState::Force | MemberState::Probe | MemberState::Busy => {
            "<span class=\"pill warn\">"
        }
        MemberState::Error => "<span class=\"pill bad\">",
    };
    html.raw(activation).raw(class).raw(member.health.state.text()).raw("</span>");
}

/// How far it is with getting empty, if it is not active.
pub(super) fn draining(html: &mut Html, member: &Member) {
    let Some(draining) = member.draining else { return };
    html.raw(" <small>for ").text(Span(draining.ago)).raw(", ");
    html.text(Counted(member.session_requests.into(), "session request"));
    html.raw(" a minute, ").text(member.tomcat.counters.busy).raw(" in flight");
    match draining.left {
        Some(0) => html.raw(", stopped any moment"),
        Some(left) => html.raw(", stopped in ").text(Span(left)),
        None => html,
    };
    if draining.ordered && draining.left != Some(0) {
        html.raw(if draining.left.is_some() { " or" } else { ", stopped" }).raw(" when silent");
    }
    html.raw("</small>");
}

/// When one that is in doubt is tried again, and how.
fn next_try(html: &mut Html, member: &Member) {
    let (least, most) = member.recovery;
    match member.probe {
        Some(NextProbe::UnderWay) => html.raw(" ").small("asked by CPing now"),
        Some(probe @ NextProbe::In(_)) => {
            let most = probe.seconds().unwrap_or_default();
            html.raw(" ").small(format_args!("asked by CPing within {}", Span(most)))
        }
        Some(NextProbe::Never) => html.raw(" ").small("not asked by CPing: it has no address"),
        None if member.health.state == MemberState::Error => {
            html.raw(" ").small(format_args!("next try in {least} to {most} s"))
        }
        None => html,
    };
}

/// Its load for its factor: as a bar beside the member that has most, and as share of the sum.
fn load(html: &mut Html, balancer: &Balancer, member: &Member) {
    let share = percent(member.load, balancer.total_load);
    html.raw("<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    html.raw("<rect class=\"rest\" width=\"100\" height=\"8\"/><rect height=\"8\"");
    html.attribute("width", percent(member.load, balancer.highest_load))
        .raw("/></svg><span class=\"share\">");
    html.text(share).raw(" % <small><span class=\"unseen\">value </span>").text(member.load);
    html.raw("</small></span>");
    if member.settings.lbfactor != 1 {
        html.small(format_args!("factor {}", member.settings.lbfactor));
    }
}

fn errors(html: &mut Html, member: &Member) {
    html.raw(if member.errors > 0 { "<strong class=\"some\">" } else { "<strong>" });
    html.text(member.errors).raw("</strong>");
    tomcat::other_errors(html, &member.tomcat);
}

fn route(html: &mut Html, member: &Member) {
    let settings = &member.settings;
    html.text(&settings.route);
    if let Some(route) = &settings.redirect {
        html.small(format_args!("redirect {route}"));
    }
    if let Some(domain) = &settings.domain {
        html.small(format_args!("domain {domain}"));
    }
    if settings.distance != 0 {
        html.small(format_args!("distance {}", settings.distance));
    }
}

fn actions(html: &mut Html, page: &Page<'_>, lb: &str, member: &Member) {
    let name = &member.tomcat.settings.name;
    let link = |command: &str| Link::to(page, command).and("w", lb).and("sw", name).with_way_back(page);
    html.link(&link("edit"), "Edit");
    for (deed, word) in deeds(member) {
        html.raw(" ").link(&link("confirm").and("do", deed.word()), word);
    }
}

/// What makes sense for a member as it is.
fn deeds(member: &Member) -> impl Iterator<Item = (Deed, &'static str)> {
    let (activation, state) = (member.settings.activation, member.health.state);
    let drains = member.draining.is_some_and(|draining| draining.ordered);
    let all = [
        (Deed::Activate, "Activate", activation != Activation::Active),
        (Deed::Disable, "Disable", activation != Activation::Disabled || drains),
        (Deed::Drain, "Drain", activation != Activation::Stopped && !drains),
        (Deed::Stop, "Stop", activation != Activation::Stopped),
        (Deed::Recover, "Recover", state == MemberState::Error),
        (Deed::Reset, "Reset", true),
    ];
    all.into_iter().filter(|(_, _, makes_sense)| *makes_sense).map(|(deed, word, _)| (deed, word))
}

//! A balancer: a card that says at a glance how it does, and all that can be asked about it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use super::figures::Span;
use super::link::{Encoding, Link};
use super::maps::maps;
use super::markup::Html;
use super::{chosen, edit, member, settings};
use crate::config::settings::Activation;
use crate::shared::Balanced;
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::query::Hide;
use crate::worker::status::rating::Rating;
use crate::worker::status::report::{Balancer, Member};

/// More members than this are folded; those that are not good are named above them.
const UNFOLDED: usize = 50;

/// Most members that are named above the folded ones.
const NAMED: usize = 30;

/// How requests to it ended, and what the page calls that; bad ends are told where there are any.
const ENDS: [(Balanced, &str); Balanced::ALL.len()] = [
    (Balanced::Answered, "Answered"),
    (Balanced::ClientError, "Client Errors"),
    (Balanced::Error, "Errors"),
    (Balanced::Truncated, "Truncated"),
    (Balanced::NoMember, "No Member"),
];

/// The card.
pub(super) fn card(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let name = &balancer.settings.name;
    let hidden = page.query.options();
    html.raw("<section class=\"card\"").attribute("id", Anchor(name, None));
    html.attribute("aria-labelledby", format_args!("{}.name", Anchor(name, None))).raw(">\n");
    header(html, page, balancer);
    if !hidden.contains(Hide::LB_SUMMARY) {
        summary(html, balancer);
    }
    if !balancer.members.is_empty() {
        members(html, page, balancer);
    }
    folds(html, page, balancer);
    html.raw("</section>\n");
}

/// What is not asked for often.
fn folds(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let (name, hidden) = (&balancer.settings.name, page.query.options());
    html.raw("<div class=\"folds\">\n");
    if !hidden.contains(Hide::LB_CONFIGURATION) {
        html.raw("<details><summary>Settings of ").text(name).raw("</summary><dl class=\"facts\">");
        html.fact("Type", "lb");
        settings::facts(html, &balancer.settings);
        html.raw("</dl></details>\n");
    }
    if !balancer.members.is_empty() && !hidden.contains(Hide::AJP_CONFIGURATION) {
        let tomcats = balancer.members.iter().map(|member| &member.tomcat);
        settings::tomcats(html, "Settings of its Tomcats", name, tomcats);
    }
    maps(html, page, name, &balancer.maps);
    if !balancer.members.is_empty() && !page.read_only && page.query.get("sw").is_none() {
        edit::choice(html, page, balancer);
    }
    html.raw("</div>\n");
}

fn header(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let name = &balancer.settings.name;
    let anchor = Anchor(name, None);
    html.raw("<header>\n<h3").attribute("id", format_args!("{anchor}.name")).raw(">");
    html.link(&Link::to(page, "show").and("w", name), name).raw("</h3>\n");
    html.raw("<p aria-live=\"polite\" data-live").attribute("id", format_args!("{anchor}.state")).raw(">");
    let (word, class) = state(balancer);
    html.raw("<strong class=\"pill ").raw(class).raw("\">").raw(word).raw("</strong> ");
    html.text(balancer.good).raw(" good, ").text(balancer.degraded).raw(" degraded, ");
    html.text(balancer.bad).raw(" bad/stopped</p>\n");
    if !page.read_only {
        let link = |command: &str| Link::to(page, command).and("w", name).with_way_back(page);
        html.raw("<p class=\"actions\">").link(&link("edit"), "Edit").raw(" ");
        html.link(&link("confirm").and("do", Deed::Reset.word()), "Reset");
        for domain in domains(balancer) {
            let link = link("confirm").and("do", Deed::Switch.word()).and("domain", domain);
            html.raw(" ").link(&link, format_args!("Switch to {domain}"));
        }
        html.raw("</p>\n");
    }
    html.raw("</header>\n");
}

/// The domains to which new sessions can be led: if there are several, those whose members are not all active.
fn domains(balancer: &Balancer) -> Vec<&str> {
    let mut all = BTreeMap::new();
    for member in &balancer.members {
        if let Some(domain) = member.settings.domain.as_deref() {
            *all.entry(domain).or_insert(true) &= member.settings.activation == Activation::Active;
        }
    }
    match all.len() {
        0 | 1 => Vec::new(),
        _ => all.into_iter().filter(|(_, is_active)| !is_active).map(|(domain, _)| domain).collect(),
    }
}

/// How it does, in a word and a colour.
fn state(balancer: &Balancer) -> (&'static str, &'static str) {
    match balancer.member_count {
        count if balancer.good == count => ("OK", "good"),
        count if balancer.bad == count => ("DOWN", "bad"),
        _ => ("DEGRADED", "warn"),
    }
}

fn summary(html: &mut Html, balancer: &Balancer) {
    let (least, most) = balancer.maintenance;
    html.raw("<dl class=\"facts line\" data-live");
    html.attribute("id", format_args!("{}.summary", Anchor(&balancer.settings.name, None))).raw(">");
    html.fact("Busy", balancer.busy).fact("Max Busy", balancer.max_busy);
    for (how, name) in ENDS {
        let count = balancer.balanced[how as usize];
        if count > 0 || how == Balanced::Answered {
            html.fact(name, count);
        }
    }
    html.fact("Next Maintenance", format_args!("in {least} to {most} s"));
    html.fact("Last Reset", format_args!("{} ago", Span(balancer.reset.ago))).raw("</dl>\n");
}

fn members(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let folded = balancer.members.len() > UNFOLDED;
    if folded {
        attention(html, page, balancer);
        html.raw("<details class=\"members\"><summary>Members <small>(").text(balancer.members.len());
        html.raw(")</small></summary>\n");
    }
    match chosen::is_offered(page, balancer) {
        true => {
            chosen::begin(html, page, balancer);
            member::table(html, page, balancer);
            chosen::end(html);
        }
        false => member::table(html, page, balancer),
    }
    if folded {
        html.raw("</details>\n");
    }
}

/// Those of many members that are not good.
fn attention(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    let is_doubtful = |member: &&Member| member.rating != Rating::Good;
    let mut doubtful = balancer.members.iter().filter(is_doubtful);
    let name = &balancer.settings.name;
    html.raw("<p class=\"attention\" data-live")
        .attribute("id", format_args!("{}.attention", Anchor(name, None)));
    html.raw(">");
    for member in doubtful.by_ref().take(NAMED) {
        let own = &member.tomcat.settings.name;
        html.raw("<span class=\"one\">")
            .link(&Link::to(page, "show").and("w", name).and("sw", own), own)
            .raw(" ");
        member::state(html, member);
        html.raw("</span> ");
    }
    let more = doubtful.count();
    if more > 0 {
        html.raw("and ").text(more).raw(" more");
    }
    html.raw("</p>\n");
}

/// The id of what shows a worker, or a member of it. Ids have no blanks inside.
#[derive(Clone, Copy)]
pub(super) struct Anchor<'a>(pub(super) &'a str, pub(super) Option<&'a str>);

impl Display for Anchor<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("w/")?;
        Encoding(out).write_str(self.0)?;
        let Some(member) = self.1 else { return Ok(()) };
        out.write_str("/")?;
        Encoding(out).write_str(member)
    }
}

//! Asks before something is done: what will happen, and a button that does it.

use super::edit::post;
use super::link::Link;
use super::markup::Html;
use super::member;
use crate::config::settings::Activation;
use crate::shared::MemberState;
use crate::text::Counted;
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::report::{Balancer, Member, Question, Shown};

/// What says whom a question is about.
const NAMES: [&str; 5] = ["w", "sw", "domain", "from", "psw"];

/// The question.
pub(super) fn question(html: &mut Html, page: &Page<'_>, question: &Question) {
    let (deed, subject) = (question.deed, subject(page, question));
    html.raw("<section class=\"question\">\n<h2>").raw(verb(deed)).raw(" ").text(&subject).raw("?</h2>\n");
    let of_worker = question.members.is_empty();
    html.raw("<p>").raw(meaning(deed, of_worker)).raw("</p>\n");
    if let Shown::Balancer(balancer) = &question.shown {
        about_members(html, balancer, question);
    }
    form(html, page, question);
    html.raw("<p class=\"actions\"><button>").raw(verb(deed)).raw(" ").text(&subject).raw("</button> ");
    html.link(&Link::back(page), "Cancel").raw("</p></form>\n</section>\n");
}

fn subject(page: &Page<'_>, question: &Question) -> String {
    let worker = page.query.get("w").unwrap_or_default();
    let member = |balancer: &Balancer, index: &usize| balancer.members[*index].tomcat.settings.name.clone();
    match (&question.shown, question.deed, &question.members[..]) {
        (_, Deed::Switch, _) => {
            format!("{worker} to domain {}", page.query.get("domain").unwrap_or_default())
        }
        (Shown::Balancer(balancer), _, [index]) => member(balancer, index),
        (_, _, []) => worker.to_owned(),
        (_, _, members) => format!("{} members of {worker}", members.len()),
    }
}

fn about_members(html: &mut Html, balancer: &Balancer, question: &Question) {
    let (deed, chosen) = (question.deed, |index: usize| question.members.contains(&index));
    let (meant, others): (Vec<_>, Vec<_>) =
        balancer.members.iter().enumerate().partition(|(index, _)| chosen(*index));
    let [meant, others] =
        [meant, others].map(|all| all.into_iter().map(|(_, member)| member).collect::<Vec<_>>());
    if let ([member], true) = (&meant[..], deed != Deed::Switch) {
        html.raw("<p>It is now: ");
        now(html, member);
        html.raw("</p>\n");
        if let (Deed::Disable, Some(timeout)) = (deed, member.settings.drain_timeout) {
            html.raw("<p>After ").text(timeout.as_secs()).raw(" s (drain_timeout) it is stopped.</p>\n");
        }
    } else {
        list(html, if deed == Deed::Switch { "Activated:" } else { "They are now:" }, &meant);
    }
    if deed == Deed::Switch {
        list(html, "Drained, unless stopped:", &others);
    }
    let takes_over: &[&Member] = match deed {
        Deed::Disable | Deed::Stop | Deed::Drain => &others,
        Deed::Switch => &meant,
        _ => return,
    };
    let is_active =
        |member: &&&Member| deed == Deed::Switch || member.settings.activation == Activation::Active;
    if !takes_over.iter().filter(is_active).any(|member| member.health.state != MemberState::Error) {
        html.raw("<p class=\"result warn\"><strong>No other member of ").text(&balancer.settings.name);
        html.raw(" is active and works: requests will fail with 503.</strong></p>\n");
    }
}

fn list(html: &mut Html, title: &'static str, members: &[&Member]) {
    if members.is_empty() {
        return;
    }
    html.raw("<p>").raw(title).raw("</p>\n<ul>");
    for member in members {
        html.raw("<li>").text(&member.tomcat.settings.name).raw(" ");
        now(html, member);
        html.raw("</li>");
    }
    html.raw("</ul>\n");
}

fn now(html: &mut Html, member: &Member) {
    member::state(html, member);
    member::draining(html, member);
    if member.draining.is_none() {
        let busy = Counted(member.tomcat.counters.busy.into(), "request");
        html.raw(" ").small(format_args!("{busy} in flight"));
    }
}

/// Begins the form that does it. A long list of members has no room in an address.
fn form(html: &mut Html, page: &Page<'_>, question: &Question) {
    let list = page.query.get("sw").filter(|names| names.contains(','));
    let names = NAMES.iter().copied().filter(|name| *name != "sw" || list.is_none());
    let link = Link::to(page, question.deed.word()).and_named(page.query, &names.collect::<Vec<_>>());
    post(html, page, &link);
    if let Some(names) = list {
        html.hidden("sw", names);
    }
    if matches!(question.deed, Deed::Drain | Deed::Switch) {
        timeout(html, page, question);
    }
}

fn timeout(html: &mut Html, page: &Page<'_>, question: &Question) {
    let of_member = match (&question.shown, &question.members[..], question.deed) {
        (Shown::Balancer(balancer), [index], Deed::Drain) => balancer.members[*index].settings.drain_timeout,
        _ => None,
    };
    let refused = page.outcome.as_ref().err().filter(|_| page.refused.is_some());
    let entered = page.query.get("timeout").filter(|_| refused.is_some()).map(str::to_owned);
    let usual = || of_member.map(|timeout| timeout.as_secs().to_string()).unwrap_or_default();
    html.raw("<fieldset><legend>Drain</legend>\n<div class=\"field\">");
    html.raw("<label for=\"timeout\">Stopped after <small>s</small></label>");
    html.raw("<input type=\"number\" min=\"0\"").attribute("max", i32::MAX);
    html.raw(" id=\"timeout\" name=\"timeout\"");
    if refused.is_some_and(|message| message.starts_with("timeout=")) {
        html.raw(" aria-invalid=\"true\"");
    }
    html.attribute("value", entered.unwrap_or_else(usual));
    html.raw("><small>at the latest; 0 is no limit, nothing is <code>drain_timeout</code></small></div>");
    html.raw("</fieldset>\n");
}

fn verb(deed: Deed) -> &'static str {
    match deed {
        Deed::Activate => "Activate",
        Deed::Disable => "Disable",
        Deed::Stop => "Stop",
        Deed::Drain => "Drain",
        Deed::Switch => "Switch",
        Deed::Reset => "Reset",
        Deed::Recover => "Recover",
    }
}

fn meaning(deed: Deed, of_worker: bool) -> &'static str {
    match deed {
        Deed::Activate => "All requests are given again.",
        Deed::Disable => "New sessions go to other members; requests of sessions that are there go on.",
        Deed::Stop => "No more requests are given; sessions go to other members. Requests in flight go on.",
        Deed::Drain => {
            "New sessions go to other members; requests of sessions that are there go on until a minute brings none, \
             or until time is up. Then it is stopped."
        }
        Deed::Switch => {
            "New sessions go to this domain. Requests of sessions elsewhere go on until a minute brings a member none, \
             or until time is up. Then it is stopped."
        }
        Deed::Reset if !of_worker => "Counters begin anew, and errors are forgotten.",
        Deed::Reset => "All counters of the worker and of its members begin anew, and errors are forgotten.",
        Deed::Recover => "The next request may try it, though recover_time has not passed. It must be in error.",
    }
}

//! Asks before something is done: what will happen, and a button that does it.

use super::edit::post;
use super::link::Link;
use super::markup::Html;
use super::member;
use crate::config::live::Live;
use crate::config::settings::{Activation, MemberSettings};
use crate::config::workers::table::Property;
use crate::shared::MemberState;
use crate::text::Counted;
use crate::worker::status::command::Deed;
use crate::worker::status::page::Page;
use crate::worker::status::report::{Balancer, Member, Shown, Subject};

/// The question.
pub(super) fn question(html: &mut Html, page: &Page<'_>, deed: Deed, subject: &Subject) {
    let member = match &subject.shown {
        Shown::Balancer(balancer) => subject.member.and_then(|index| balancer.members.get(index)),
        _ => None,
    };
    let name = page.query.get("sw").or(page.query.get("w")).unwrap_or_default();
    html.raw("<section class=\"question\">\n<h2>").raw(verb(deed)).raw(" ").text(name).raw("?</h2>\n");
    match (&subject.shown, member) {
        (Shown::Balancer(balancer), Some(member)) => of_member(html, page, deed, balancer, member),
        _ => {
            html.raw("<p>").raw(meaning(deed, false)).raw("</p>\n");
        }
    }
    let command = if deed == Deed::Reset || deed == Deed::Recover { deed.word() } else { "update" };
    let link = Link::to(page, command).and_named(page.query, &["w", "sw", "from", "psw"]);
    post(html, page, &link);
    if let Some((parameter, word)) = activation(deed) {
        html.hidden(parameter, word);
    }
    html.raw("<p class=\"actions\"><button>").raw(verb(deed)).raw(" ").text(name).raw("</button> ");
    html.link(&Link::back(page), "Cancel").raw("</p></form>\n</section>\n");
}

fn of_member(html: &mut Html, page: &Page<'_>, deed: Deed, balancer: &Balancer, member: &Member) {
    html.raw("<p>").raw(meaning(deed, true)).raw("</p>\n<p>It is now: ");
    member::state(html, member);
    member::draining(html, page, member);
    if member.draining.is_none() {
        let busy = Counted(member.tomcat.counters.busy.into(), "request");
        html.raw(" ").small(format_args!("{busy} in flight"));
    }
    html.raw("</p>\n");
    if let (Deed::Disable, Some(timeout)) = (deed, member.settings.drain_timeout) {
        html.raw("<p>After ").text(timeout.as_secs()).raw(" s (drain_timeout) it is stopped.</p>\n");
    }
    if matches!(deed, Deed::Disable | Deed::Stop) && !has_others(balancer, member) {
        html.raw("<p class=\"result warn\"><strong>No other member of ").text(&balancer.settings.name);
        html.raw(" is active and works: requests will fail with 503.</strong></p>\n");
    }
}

/// Tells whether another member can take its requests.
fn has_others(balancer: &Balancer, member: &Member) -> bool {
    let is_usable = |other: &&Member| {
        other.tomcat.settings.name != member.tomcat.settings.name
            && other.settings.activation == Activation::Active
            && other.health.state != MemberState::Error
    };
    balancer.members.iter().any(|other| is_usable(&other))
}

fn verb(deed: Deed) -> &'static str {
    match deed {
        Deed::Activate => "Activate",
        Deed::Disable => "Disable",
        Deed::Stop => "Stop",
        Deed::Reset => "Reset",
        Deed::Recover => "Recover",
    }
}

fn meaning(deed: Deed, of_member: bool) -> &'static str {
    match deed {
        Deed::Activate => "It takes all requests again.",
        Deed::Disable => {
            "New sessions go to other members; requests of its own sessions go on, so it gets empty."
        }
        Deed::Stop => "It gets no more requests; its sessions go to other members. Requests in flight go on.",
        Deed::Reset if of_member => "Its counters begin anew, and its errors are forgotten.",
        Deed::Reset => "All counters of the worker and of its members begin anew, and errors are forgotten.",
        Deed::Recover => {
            "The next request may try it, though recover_time has not passed. It must be in error."
        }
    }
}

/// The parameter that sets an activation, and its value.
fn activation(deed: Deed) -> Option<(&'static str, &'static str)> {
    let activation = match deed {
        Deed::Activate => Activation::Active,
        Deed::Disable => Activation::Disabled,
        Deed::Stop => Activation::Stopped,
        Deed::Reset | Deed::Recover => return None,
    };
    let spec = Property::Activation.spec();
    let word = spec.kind.words().get(activation as usize)?;
    Some((spec.live_in(MemberSettings::SCOPE)?.parameter, word))
}

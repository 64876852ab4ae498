//! What `cmd=explain` tells.

use super::settings;
use super::writer::Object;
use crate::mapping::{Rule, Verdict};
use crate::worker::status::explain::{Balance, Candidate, Explained, SessionTold, Target, TargetKind};

pub(super) fn explanation(out: &mut Object<'_>, explained: &Explained) {
    out.object("explanation", |out| {
        out.value("uri", &explained.uri);
        out.value("clean", explained.clean.as_deref());
        out.value("host", explained.host.as_deref());
        out.value("server", &explained.server);
        out.value("origin", explained.place.as_deref());
        out.value("chosen_by", explained.chosen_by.word());
        out.value("ignored_port", explained.ignored_port);
        out.value("verdict", explained.word());
        out.value("text", explained.verdict());
        out.value("objection", explained.objection);
        let explanation = explained.outcome.as_ref().ok();
        let (mount, by) = match explanation.map(|explanation| &explanation.verdict) {
            Some(Verdict::Taken(mount)) => (Some(mount), None),
            Some(Verdict::Excluded { mount, by } | Verdict::Disabled { mount, by }) => {
                (Some(mount), Some(by))
            }
            Some(Verdict::Unmatched) | None => (None, None),
        };
        out.object_or_null("rule", mount.map(|mount| &**mount), rule);
        out.object_or_null("by", by.map(|by| &**by), rule);
        out.object_or_null("target", explained.target.as_ref(), target);
        let passed_over = explanation.into_iter().flat_map(|explanation| &explanation.passed_over);
        out.array("passed_over", passed_over, |out, passed| {
            rule(out, &passed.rule);
            out.value("why", passed.why.to_string());
        });
        let left_out = explained.left_out();
        out.value("matching", explanation.map_or(0, |explanation| explanation.matching));
        out.value("not_matching", explanation.map_or(0, |explanation| explanation.not_matching));
        out.value("matching_left_out", left_out.matching);
        out.value("not_matching_left_out", left_out.not_matching);
    });
}

fn rule(out: &mut Object<'_>, rule: &Rule) {
    out.value("uri", rule.pattern.to_string());
    out.value("worker", &rule.worker);
    out.value("type", rule.type_words());
    out.value("source", rule.source.words());
    out.value("origin", rule.origin.as_ref().map(ToString::to_string));
    out.value("extensions", rule.options.to_string());
}

fn target(out: &mut Object<'_>, target: &Target) {
    out.value("name", &target.name);
    out.value("type", target.word());
    let (address, balance) = match &target.kind {
        TargetKind::Alone(address) => (Some(address), None),
        TargetKind::Balancer(balance) => (None, Some(balance)),
        TargetKind::Unknown | TargetKind::Status => (None, None),
    };
    out.value("address", address);
    out.object_or_null("balance", balance, self::balance);
}

fn balance(out: &mut Object<'_>, balance: &Balance) {
    out.value("method", balance.method);
    out.array("asked", &balance.asked, candidate);
    out.array("not_asked", &balance.others, |out, (member, why)| {
        candidate(out, member);
        out.value("why", why);
    });
    out.value("forced", balance.forced);
    out.value("per_round", balance.per_round);
    out.value("ignores_session", balance.ignores_session);
    out.object_or_null("session", balance.session.as_ref(), session);
}

fn candidate(out: &mut Object<'_>, member: &Candidate) {
    out.value("name", member.name());
    out.value("address", &member.address);
    out.object("settings", |out| settings(out, &member.settings));
    out.value("state", member.state);
    out.value("load", member.load);
}

fn session(out: &mut Object<'_>, session: &SessionTold) {
    out.array("routes", &session.routes, |out, route| out.value("route", route));
    out.value("leads_to", session.lead.word());
    out.array("asked", &session.asked, |out, name| out.value("name", name));
    let (own, why) = session.own.as_ref().map_or((None, None), |(own, why)| (Some(own), why.as_ref()));
    out.value("own", own);
    out.value("own_why", why);
}
